//! What is typed and sent: text, commands, pastes, and what was typed before.

use super::{
    chat::{Chat, Turn},
    connection::Report,
};
use crate::{
    action::{Action, Edit},
    keymap::Keymap,
    model::{
        RoomKind,
        commands::{self, Typed},
    },
    session::{Request, Typing},
    ui::input::InputBox,
};

/// What sending asks the application for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// Nothing.
    Done,
    /// To do what a key would do.
    Act(Action),
    /// To take the mouse, or to release it.
    Mouse(bool),
    /// To leave, with these words to the others.
    Leave(Option<String>),
}

impl Chat {
    /// Enter: sends what was typed, or does what it says.
    pub(super) fn send(&mut self, keymap: &Keymap, turn: &mut Turn<'_>) -> Sent {
        let text = self.input.take();
        self.completing = None;
        self.recall.keep(&text);
        self.say(&text, keymap, turn)
    }

    /// As if `text` had been typed and sent.
    pub(super) fn say(&mut self, text: &str, keymap: &Keymap, turn: &mut Turn<'_>) -> Sent {
        if let Some(action) = keymap.typed(text.trim()) {
            return if action == Action::Quit { Sent::Leave(None) } else { Sent::Act(action) };
        }
        match text.trim() {
            "/mouse on" => return Sent::Mouse(true),
            "/mouse off" => return Sent::Mouse(false),
            _ => {}
        }
        match commands::parse(text, self.here()) {
            Typed::Nothing => {}
            Typed::Ask(request) => {
                // Of several rooms the first is the one to look at.
                let to = match &request {
                    Request::Join { room, .. } => {
                        self.model.expect(room.split(',').next().unwrap_or_default());
                        None
                    }
                    Request::Say { to, .. } => Some(to.clone()),
                    _ => None,
                };
                let said = self.ask(request, turn);
                if let Some(to) = to {
                    // What is said is looked at where it is said.
                    self.model.switch_to_name(&to);
                    // What was not taken stays to be sent later.
                    if !said && self.input.is_empty() {
                        self.input.set_text(text);
                    }
                }
            }
            Typed::Leave(words) => return Sent::Leave(words),
            Typed::Query { nick, text } => {
                self.model.query(&nick);
                if let Some(text) = text {
                    let manner = crate::session::Manner::Plain;
                    self.ask(Request::Say { to: nick, text, manner }, turn);
                }
            }
            Typed::Close => self.close(turn),
            Typed::Clear => {
                self.model.active_mut().history.clear();
                // What was taken away does not come back by itself.
                self.put_off_older();
            }
            Typed::Help => return Sent::Act(Action::Help),
            Typed::Switch(number) => self.switch(number, turn.now),
            Typed::Reconnect => self.reconnect(turn),
            Typed::Hint(hint) => {
                self.model.note(&hint, self.connection.clock(turn.now));
                // Nothing came of it, so it stays to be mended.
                self.input.set_text(text);
            }
        }
        Sent::Done
    }

    /// The name that what is typed goes to; empty in the server's window.
    fn here(&self) -> &str {
        let room = self.model.active();
        if room.kind == RoomKind::Server { "" } else { &room.name }
    }

    fn close(&mut self, turn: &mut Turn<'_>) {
        let room = self.model.active();
        let name = room.name.clone();
        match room.kind {
            RoomKind::Server => return self.notice("the server's window stays open", turn.now),
            RoomKind::Room if room.joined => _ = self.ask(Request::Part { room: name.clone(), reason: None }, turn),
            RoomKind::Room | RoomKind::Direct => {}
        }
        self.model.close(&name);
        self.panes.remove(&name);
    }

    fn reconnect(&mut self, turn: &mut Turn<'_>) {
        for report in self.connection.reconnect(turn.now, turn.effects) {
            if let Report::Session(event) = report {
                self.follow(event, turn.now);
            }
        }
    }

    /// Tells the others that we are typing, or have stopped. Commands are nobody's business.
    pub(super) fn tell_typing(&mut self, turn: &mut Turn<'_>) {
        let room = self.model.active();
        if room.kind == RoomKind::Server || !room.joined {
            return;
        }
        let to = room.name.clone();
        let text = self.input.text();
        let state = if text.is_empty() { Typing::Done } else { Typing::Active };
        if !text.starts_with('/') {
            self.ask(Request::Typing { to, state }, turn);
        }
    }

    /// Ctrl-C: what was typed goes into the input history; with nothing typed it says how to leave.
    pub(super) fn put_aside(&mut self, turn: &mut Turn<'_>) {
        if self.input.is_empty() {
            return self.notice("Ctrl-Q quits, and so does exit()", turn.now);
        }
        let text = self.input.take();
        self.recall.keep(&text);
        self.notice("put aside; Ctrl-P brings it back", turn.now);
        self.tell_typing(turn);
    }

    pub(super) fn recall_older(&mut self) {
        if let Some(text) = self.recall.older(&self.input.text()) {
            self.input.set_text(text);
        }
    }

    pub(super) fn recall_newer(&mut self) {
        if let Some(text) = self.recall.newer() {
            self.input.set_text(text);
        }
    }

    /// Puts one line of pasted text in at the cursor, or edits all of it.
    pub(super) fn insert(&mut self, text: &str, turn: &mut Turn<'_>) {
        self.completing = None;
        if !self.input.insert(text) {
            self.notice("too long: the end was left out", turn.now);
        }
        self.tell_typing(turn);
    }
}

/// Replaces the last `count` characters before the cursor.
pub(super) fn replace_before(input: &mut InputBox, count: usize, text: &str) {
    for _ in 0..count {
        input.edit(Edit::Backspace);
    }
    input.insert(text);
}
