//! What a key press can mean. A closed list: the keymap names these, the application performs them, and nothing else
//! knows about keys.

/// Something the user can ask for with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Leave the program.
    Quit,
    /// Stop the program until the shell's `fg`.
    Suspend,
    /// Draw the whole screen anew.
    Repaint,
    /// Show the keys.
    Help,
    /// Close what is open, else return to the newest line. Never deletes text.
    Back,

    /// Scroll one line towards the oldest.
    LineUp,
    /// Scroll one line towards the newest.
    LineDown,
    /// Scroll a page towards the oldest.
    PageUp,
    /// Scroll a page towards the newest.
    PageDown,
    /// Go to the start of the input line; from there, or with no text, to the oldest line.
    Home,
    /// Go to the end of the input line; from there, or with no text, to the newest line.
    End,
    /// Go to the oldest line.
    Oldest,
    /// Go to the newest line.
    Newest,
    /// Go to the first line not seen yet.
    FirstUnread,

    /// Pick a room from a list.
    Rooms,
    /// Go to the room with this number in the order shown, counted from 1.
    Room(u8),
    /// Go to the room that was on screen before this one.
    LastRoom,
    /// Go to the room before this one in the order shown.
    PreviousRoom,
    /// Go to the room after this one in the order shown.
    NextRoom,
    /// Go to the room that needs attention most: a mention, then a direct message, then anything unread.
    NextImportant,

    /// Show or hide who is here.
    Sidebar,
    /// Bare mode: no sidebar, no mouse, so that the terminal's own selection takes whole lines.
    Bare,
    /// Take or release the mouse.
    Mouse,

    /// Send what was typed.
    Send,
    /// Complete the word before the cursor; the next candidate when pressed again.
    Complete,
    /// As [`Action::Complete`], the other way round.
    CompleteBack,
    /// Bring back what was typed before.
    OlderInput,
    /// The opposite of [`Action::OlderInput`].
    NewerInput,
    /// Put what was typed aside (it stays in the input history); with nothing typed, say how to leave.
    PutAside,
    /// Say how to leave: these keys end many programs, but here they must not cost anybody a draft.
    HowToLeave,
    /// Change the text being typed.
    Edit(Edit),

    /// The next field of the form.
    NextField,
    /// The field before this one.
    PreviousField,
    /// Log in instead of signing up, or the other way round.
    SwitchSignUp,
    /// Show or mask the passwords.
    Reveal,
    /// Go ahead with what the form says.
    Connect,

    /// Take the chosen entry of a list.
    Choose,
    /// Say yes to the question on screen.
    Accept,
    /// Put the pasted text into the input box, to be changed before it is sent.
    EditPaste,
    /// Say no to the question on screen.
    Refuse,
}

/// One change of a text, as readline users know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edit {
    /// One character back.
    Left,
    /// One character on.
    Right,
    /// One word back.
    WordLeft,
    /// One word on.
    WordRight,
    /// To the start of the line.
    LineStart,
    /// To the end of the line.
    LineEnd,
    /// Begin a new line.
    NewLine,
    /// Delete the character before the cursor.
    Backspace,
    /// Delete the character under the cursor.
    Delete,
    /// Cut the word before the cursor.
    CutWord,
    /// Cut everything from the start of the line to the cursor.
    CutToStart,
    /// Cut everything from the cursor to the end of the line.
    CutToEnd,
    /// Insert what was cut last.
    Paste,
}
