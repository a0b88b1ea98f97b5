//! The keys themselves: one table, from which the lookup, the help overlay and the documentation are made.

use crossterm::event::KeyCode::{
    Backspace, Char, Delete, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab, Up,
};

use super::{
    Binding, Context, Key, Section,
    When::{Always, Empty, Filled},
};
use crate::action::{Action, Edit};

const fn plain(code: crossterm::event::KeyCode) -> Key {
    Key::plain(code)
}

const fn ctrl(c: char) -> Key {
    Key::ctrl(Char(c))
}

const fn alt(c: char) -> Key {
    Key::alt(Char(c))
}

/// One row of the table, short enough to be read as one.
macro_rules! rows {
    ($($context:ident, $section:ident: {
        $($when:ident [$($key:expr),*] $typed:literal => $action:expr, $help:literal;)*
    })*) => {
        &[$($(Binding {
            context: Context::$context,
            section: Section::$section,
            when: $when,
            keys: &[$($key),*],
            typed: $typed,
            action: $action,
            help: $help,
        },)*)*]
    };
}

/// Every binding. The first that fits wins. The string before the arrow is what can be typed instead of pressing a key.
pub(super) const BINDINGS: &[Binding] = rows! {
    Everywhere, Leaving: {
        Always [ctrl('q')] "exit()" => Action::Quit, "quit";
        Always [ctrl('z')] "/suspend" => Action::Suspend, "back to the shell; fg returns";
    }
    Everywhere, View: {
        Always [plain(F(1))] "/help" => Action::Help, "this help";
        Always [ctrl('l')] "/repaint" => Action::Repaint, "draw the screen anew";
    }
    Chat, View: {
        Empty [plain(Char('?'))] "/help" => Action::Help, "this help, when nothing is typed";
        Always [plain(F(8)), alt('s')] "/sidebar" => Action::Sidebar, "who is here: show or hide";
        Always [plain(F(3))] "/bare" => Action::Bare, "bare: select text with the mouse";
        Always [] "/mouse" => Action::Mouse, "take or release the mouse";
    }
    Chat, Reading: {
        Always [plain(Up)] "" => Action::LineUp, "one line up";
        Always [plain(Down)] "" => Action::LineDown, "one line down";
        Always [plain(PageUp)] "" => Action::PageUp, "one page up";
        Always [plain(PageDown)] "" => Action::PageDown, "one page down";
        Always [plain(Home)] "" => Action::Home, "start of the line; again: oldest";
        Always [plain(End)] "" => Action::End, "end of the line; again: newest";
        Always [Key::ctrl(Home), alt('<')] "/oldest" => Action::Oldest, "oldest line";
        Always [Key::ctrl(End), alt('>')] "/newest" => Action::Newest, "newest line";
        Always [alt('u')] "/unread" => Action::FirstUnread, "first unread line";
        Always [plain(Esc)] "" => Action::Back, "close, then newest line";
    }
    Chat, Rooms: {
        Empty [ctrl('k')] "/rooms" => Action::Rooms, "pick a room, when nothing is typed";
        Always [ctrl('g')] "/rooms" => Action::Rooms, "pick a room";
        Always [alt('a')] "/next" => Action::NextImportant, "next room that needs you";
        Always [Key::alt(Left)] "/left" => Action::PreviousRoom, "room before";
        Always [Key::alt(Right)] "/right" => Action::NextRoom, "room after";
        Always [alt('0')] "/0" => Action::LastRoom, "room you were in before";
        Always [alt('1')] "/1" => Action::Room(1), "room 1";
        Always [alt('2')] "/2" => Action::Room(2), "room 2";
        Always [alt('3')] "/3" => Action::Room(3), "room 3";
        Always [alt('4')] "/4" => Action::Room(4), "room 4";
        Always [alt('5')] "/5" => Action::Room(5), "room 5";
        Always [alt('6')] "/6" => Action::Room(6), "room 6";
        Always [alt('7')] "/7" => Action::Room(7), "room 7";
        Always [alt('8')] "/8" => Action::Room(8), "room 8";
        Always [alt('9')] "/9" => Action::Room(9), "room 9";
    }
    Chat, Writing: {
        Always [plain(Enter)] "" => Action::Send, "send";
        Always [ctrl('j'), Key::alt(Enter), Key::shift(Enter)] "" => Action::Edit(Edit::NewLine), "new line";
        Always [plain(Tab)] "" => Action::Complete, "complete a name, #room, /command, :emoji";
        Always [Key::shift(Tab)] "" => Action::CompleteBack, "complete, the other way round";
        Always [ctrl('p'), Key::ctrl(Up)] "" => Action::OlderInput, "what you typed before";
        Always [ctrl('n'), Key::ctrl(Down)] "" => Action::NewerInput, "what you typed after";
        Always [ctrl('c')] "" => Action::PutAside, "put the text aside";
        Empty [ctrl('d')] "" => Action::HowToLeave, "how to leave, when nothing is typed";
    }
    Chat, Editing: {
        Always [plain(Left)] "" => Action::Edit(Edit::Left), "one character back";
        Always [plain(Right)] "" => Action::Edit(Edit::Right), "one character on";
        Always [Key::ctrl(Left), alt('b')] "" => Action::Edit(Edit::WordLeft), "one word back";
        Always [Key::ctrl(Right), alt('f')] "" => Action::Edit(Edit::WordRight), "one word on";
        Always [ctrl('a')] "" => Action::Edit(Edit::LineStart), "start of the line";
        Always [ctrl('e')] "" => Action::Edit(Edit::LineEnd), "end of the line";
        Always [plain(Backspace)] "" => Action::Edit(Edit::Backspace), "delete the character before";
        Filled [plain(Delete), ctrl('d')] "" => Action::Edit(Edit::Delete), "delete the character here";
        Always [ctrl('w'), Key::alt(Backspace)] "" => Action::Edit(Edit::CutWord), "cut the word before";
        Always [ctrl('u')] "" => Action::Edit(Edit::CutToStart), "cut back to the start";
        Filled [ctrl('k')] "" => Action::Edit(Edit::CutToEnd), "cut to the end";
        Always [ctrl('y')] "" => Action::Edit(Edit::Paste), "insert what was cut";
    }
    Form, Form: {
        Always [plain(Tab), plain(Down)] "" => Action::NextField, "next field";
        Always [Key::shift(Tab), plain(Up)] "" => Action::PreviousField, "field before";
        Always [plain(Enter)] "" => Action::Connect, "connect";
        Always [ctrl('t'), plain(F(2))] "" => Action::SwitchSignUp, "log in or sign up";
        Always [ctrl('r')] "" => Action::Reveal, "show or mask the passwords";
        Always [plain(Esc)] "" => Action::Back, "stop connecting, go back";
        Always [plain(Left)] "" => Action::Edit(Edit::Left), "one character back";
        Always [plain(Right)] "" => Action::Edit(Edit::Right), "one character on";
        Always [Key::ctrl(Left), alt('b')] "" => Action::Edit(Edit::WordLeft), "one word back";
        Always [Key::ctrl(Right), alt('f')] "" => Action::Edit(Edit::WordRight), "one word on";
        Always [plain(Home), ctrl('a')] "" => Action::Edit(Edit::LineStart), "start of the field";
        Always [plain(End), ctrl('e')] "" => Action::Edit(Edit::LineEnd), "end of the field";
        Always [plain(Backspace)] "" => Action::Edit(Edit::Backspace), "delete the character before";
        Always [plain(Delete)] "" => Action::Edit(Edit::Delete), "delete the character here";
        Always [ctrl('w'), Key::alt(Backspace)] "" => Action::Edit(Edit::CutWord), "cut the word before";
        Always [ctrl('u')] "" => Action::Edit(Edit::CutToStart), "cut back to the start";
        Always [ctrl('k')] "" => Action::Edit(Edit::CutToEnd), "cut to the end";
        Always [ctrl('y')] "" => Action::Edit(Edit::Paste), "insert what was cut";
    }
    List, Lists: {
        Always [plain(Up), ctrl('p')] "" => Action::LineUp, "entry before";
        Always [plain(Down), ctrl('n')] "" => Action::LineDown, "next entry";
        Always [plain(PageUp)] "" => Action::PageUp, "one page up";
        Always [plain(PageDown)] "" => Action::PageDown, "one page down";
        Always [plain(Home)] "" => Action::Oldest, "first entry";
        Always [plain(End)] "" => Action::Newest, "last entry";
        Always [plain(Enter)] "" => Action::Choose, "take it";
        Always [plain(Backspace)] "" => Action::Edit(Edit::Backspace), "delete the character before";
        Always [plain(Esc), ctrl('c'), ctrl('g')] "" => Action::Back, "close";
    }
    Question, Questions: {
        Always [plain(Enter)] "" => Action::Accept, "yes";
        Always [plain(Char('e')), plain(Char('E'))] "" => Action::EditPaste, "change pasted text first";
        Always [plain(Esc), ctrl('c')] "" => Action::Refuse, "no";
    }
};

/// The bindings that the `irc` preset puts before all others: Ctrl-P and Ctrl-N go from room to room, as in WeeChat,
/// irssi and senpai; Ctrl-Up and Ctrl-Down still bring back what was typed.
pub(super) const IRC: &[Binding] = rows! {
    Chat, Rooms: {
        Always [ctrl('p')] "/left" => Action::PreviousRoom, "room before";
        Always [ctrl('n')] "/right" => Action::NextRoom, "room after";
    }
};
