//! The chat screen's state: one server, its rooms, where each pane stands, and what is being typed. Follows what the
//! connection reports and does what keys ask for.

use std::collections::{HashMap, HashSet};

use jiff::tz::TimeZone;

use super::{
    Effect,
    completing::Completing,
    connection::{Connection, Phase, Report},
    farewell::Farewell,
    recall::Recall,
};
use crate::{
    action::{Action, Edit},
    keymap::Keymap,
    model::{Attention, Model, RoomKind},
    session::{self, Now, Place, Request},
    ui::{
        input::InputBox,
        pane::{Feed, Motion, Pane, Standing},
        theme::Theme,
    },
};

/// How long a notice stays in the status row, in milliseconds.
const NOTICE: u64 = 4_000;
/// Rows that one turn of the wheel scrolls.
const WHEEL: u16 = 3;

/// A turn of the application: the time, and where effects go.
pub(super) struct Turn<'a> {
    pub(super) now: Now,
    pub(super) effects: &'a mut Vec<Effect>,
}

/// The chat screen.
pub(super) struct Chat {
    pub(super) connection: Connection,
    pub(super) model: Model,
    pub(super) panes: HashMap<String, Pane>,
    pub(super) input: InputBox,
    /// What is being typed in rooms that are not on screen.
    drafts: HashMap<String, String>,
    /// The room that the text in the input box is for.
    typing_in: String,
    pub(super) recall: Recall,
    pub(super) completing: Option<Completing>,
    /// Rooms whose older lines could not be fetched, or were taken away. They are asked for when the user scrolls there.
    stalled: HashSet<String>,
    pub(super) farewell: Option<Farewell>,
    /// Whether the server said that it restarts.
    restarting: bool,
    /// Why we did not get in again, as it was told last.
    refusal: Option<String>,
    notice: Option<(String, u64)>,
    pub(super) theme: Theme,
    pub(super) zone: TimeZone,
}

impl Chat {
    pub(super) fn new(
        connection: Connection,
        model: Model,
        drafts: HashMap<String, String>,
        theme: Theme,
        zone: TimeZone,
    ) -> Self {
        Chat {
            connection,
            model,
            panes: HashMap::new(),
            input: InputBox::new(),
            drafts,
            typing_in: String::new(),
            recall: Recall::default(),
            completing: None,
            stalled: HashSet::new(),
            farewell: None,
            restarting: false,
            refusal: None,
            notice: None,
            theme,
            zone,
        }
    }

    /// Asks the session for something and follows what comes of it. Says whether a message of ours does.
    pub(super) fn ask(&mut self, request: Request, turn: &mut Turn<'_>) -> bool {
        let mut said = false;
        for report in self.connection.ask(turn.now, request, turn.effects) {
            if let Report::Session(event) = report {
                said |= matches!(event, session::Event::Outgoing { .. });
                self.model.apply(event);
            }
        }
        said
    }

    /// Follows an event of the session. Returns what the user should be told of beyond the screen.
    pub(super) fn follow(&mut self, event: session::Event, now: Now) -> Option<Attention> {
        match &event {
            session::Event::ShuttingDown { seconds, text } => {
                self.farewell = Some(Farewell::announced(seconds.unwrap_or(0), text, now.mono));
            }
            session::Event::Restarting { .. } => self.restarting = true,
            // What comes after the end of the server is not missed, and there is nothing to fetch it from.
            session::Event::Lost if self.connection.ending().is_some() => return None,
            session::Event::OlderFailed { place: Place::Room(name) | Place::Direct(name), .. } => {
                self.stalled.insert(name.clone());
            }
            session::Event::Welcome { .. } => {
                self.stalled.clear();
                // What was announced was the end of another connection.
                (self.farewell, self.refusal) = (None, None);
            }
            session::Event::Failed(failure) => {
                let why = failure.to_string();
                if self.refusal.as_ref() != Some(&why) {
                    self.model.complain(&why, self.connection.clock(now));
                    self.refusal = Some(why);
                }
            }
            session::Event::Away(away) if *away != self.model.me().away => {
                let text = if *away { "you are away; /back ends it" } else { "you are back" };
                self.model.note(text, self.connection.clock(now));
            }
            session::Event::Renamed { old, new, .. } | session::Event::RoomRenamed { from: old, to: new, .. } => {
                let (old, new) = (old.clone(), new.clone());
                return self.follow_rename(event, &old, &new);
            }
            _ => {}
        }
        self.model.apply(event)
    }

    /// Somebody or a room has another name: what belongs to the window called `old` goes with it, if it is called `new` now.
    fn follow_rename(&mut self, event: session::Event, old: &str, new: &str) -> Option<Attention> {
        let before = self.model.room(old).map(|room| room.name.clone());
        let attention = self.model.apply(event);
        let is_there = |name: &str| self.model.rooms().iter().any(|room| room.name == name);
        if let Some(before) = before.filter(|before| !is_there(before) && is_there(new)) {
            let pane = self.panes.remove(&before).unwrap_or_default();
            self.panes.insert(new.to_owned(), pane);
            if self.stalled.remove(&before) {
                self.stalled.insert(new.to_owned());
            }
            if let Some(draft) = self.drafts.remove(&before) {
                self.drafts.insert(new.to_owned(), draft);
            }
            if self.typing_in == before {
                new.clone_into(&mut self.typing_in);
            }
        }
        attention
    }

    /// The link is gone: try again, and say so once.
    pub(super) fn broken(&mut self, reason: &str, was_in: bool, turn: &mut Turn<'_>) {
        if was_in {
            let at = self.connection.clock(turn.now);
            if std::mem::take(&mut self.restarting) {
                let text = "the server restarts; klatch comes back by itself, and what you type is sent then";
                self.model.note(text, at);
            } else {
                let text = format!("connection lost: {reason}; klatch keeps trying, and what you type is sent then");
                self.model.complain(&text, at);
            }
        }
        self.connection.try_later(turn.now, turn.effects);
    }

    /// Says something in the status row for a moment.
    pub(super) fn notice(&mut self, text: impl Into<String>, now: Now) {
        self.notice = Some((text.into(), now.mono.saturating_add(NOTICE)));
    }

    /// What the status row says for a moment.
    pub(super) fn current_notice(&self, now: Now) -> Option<&str> {
        self.notice.as_ref().filter(|(_, until)| *until > now.mono).map(|(text, _)| text.as_str())
    }

    /// Does what a key asks for, if it is about the chat. Keys that open something or leave are the application's.
    pub(super) fn act(&mut self, action: Action, keymap: &Keymap, turn: &mut Turn<'_>) {
        let action = match (action, &self.completing) {
            // The list is open: the arrows go through it, and closing it is all that Esc does.
            (Action::LineUp, Some(_)) => Action::CompleteBack,
            (Action::LineDown, Some(_)) => Action::Complete,
            (Action::Back, Some(_)) => return self.completing = None,
            (action, _) => action,
        };
        if !matches!(action, Action::Complete | Action::CompleteBack) {
            self.completing = None;
        }
        match action {
            Action::LineUp => self.up(),
            Action::LineDown => self.down(),
            Action::PageUp => self.scroll(Motion::PageUp),
            Action::PageDown => self.scroll(Motion::PageDown),
            Action::Home if self.input.is_empty() || self.input.at_line_start() => self.scroll(Motion::Oldest),
            Action::Home => self.input.edit(Edit::LineStart),
            Action::End if self.input.is_empty() || self.input.at_line_end() => self.scroll(Motion::Newest),
            Action::End => self.input.edit(Edit::LineEnd),
            Action::Oldest => self.scroll(Motion::Oldest),
            Action::Newest => self.scroll(Motion::Newest),
            Action::FirstUnread => self.first_unread(turn.now),
            Action::Back => self.back(),
            Action::Room(number) => self.switch(usize::from(number), turn.now),
            Action::LastRoom => self.model.switch_back(),
            Action::PreviousRoom => self.step(-1),
            Action::NextRoom => self.step(1),
            Action::NextImportant => self.next_important(turn.now),
            Action::Complete => self.complete(1, keymap, turn.now),
            Action::CompleteBack => self.complete(-1, keymap, turn.now),
            Action::OlderInput => self.recall_older(),
            Action::NewerInput => self.recall_newer(),
            Action::PutAside => self.put_aside(turn),
            Action::HowToLeave => self.notice("Ctrl-Q quits, and so does exit()", turn.now),
            Action::Edit(edit) => {
                self.input.edit(edit);
                self.tell_typing(turn);
            }
            _ => {}
        }
    }

    /// Scrolls with the wheel.
    pub(super) fn wheel(&mut self, up: bool) {
        self.scroll(if up { Motion::Up(WHEEL) } else { Motion::Down(WHEEL) });
    }

    /// Up belongs to the pane, except within a text of several lines.
    fn up(&mut self) {
        if !self.input.up() {
            self.scroll(Motion::Up(1));
        }
    }

    fn down(&mut self) {
        if !self.input.down() {
            self.scroll(Motion::Down(1));
        }
    }

    pub(super) fn scroll(&mut self, motion: Motion) {
        if matches!(motion, Motion::Up(_) | Motion::PageUp | Motion::Oldest) {
            self.stalled.remove(&self.model.active().name);
        }
        let room = self.model.active();
        let feed = Feed { room, own: &self.model.me().nick, zone: &self.zone, theme: self.theme };
        self.panes.entry(room.name.clone()).or_default().go(motion, &feed);
    }

    /// Older lines of the room on screen are not asked for until the user scrolls there.
    pub(super) fn put_off_older(&mut self) {
        self.stalled.insert(self.model.active().name.clone());
    }

    /// Where the pane on screen stands, and whether it wants older lines.
    pub(super) fn standing(&self) -> (Standing, bool) {
        let room = self.model.active();
        let feed = Feed { room, own: &self.model.me().nick, zone: &self.zone, theme: self.theme };
        match self.panes.get(&room.name) {
            Some(pane) => (pane.standing(&feed), pane.wants_older(&feed)),
            None => (Standing::Newest, false),
        }
    }

    fn first_unread(&mut self, now: Now) {
        if self.model.active().unread_from.is_some() {
            self.scroll(Motion::Unread);
        } else {
            self.notice("nothing is unread here", now);
        }
    }

    /// Esc: back to the newest line; there, the unread line goes.
    fn back(&mut self) {
        if self.standing().0 == Standing::Newest {
            self.model.clear_unread_line();
        } else {
            self.scroll(Motion::Newest);
        }
    }

    /// Goes to room `number`, counted from 1.
    pub(super) fn switch(&mut self, number: usize, now: Now) {
        match number.checked_sub(1).filter(|index| *index < self.model.rooms().len()) {
            Some(index) => self.model.switch_to(index),
            None => self.notice(format!("there is no room {number}"), now),
        }
    }

    fn step(&mut self, by: isize) {
        let count = self.model.rooms().len();
        let next = (self.model.active_index() + count).saturating_add_signed(by) % count;
        self.model.switch_to(next);
    }

    fn next_important(&mut self, now: Now) {
        match self.model.most_important() {
            Some(index) => self.model.switch_to(index),
            None => self.notice("nothing is unread anywhere", now),
        }
    }

    /// To be called once after everything that happened and before the next frame: drafts go with their rooms, what is
    /// seen counts as read, and older lines are fetched before they are missed.
    pub(super) fn settle(&mut self, focused: bool, turn: &mut Turn<'_>) {
        self.change_draft();
        let (standing, wants_older) = self.standing();
        self.model.set_watching(focused && standing == Standing::Newest);
        if wants_older
            && self.connection.has_history()
            && !self.stalled.contains(&self.model.active().name)
            && let Some(request) = self.model.older()
        {
            self.ask(request, turn);
        }
    }

    /// Looks at the window that a text is meant for, with its own draft. Where it is gone the text is put aside, which is said.
    pub(super) fn return_to(&mut self, name: &str, text: &str, now: Now) -> bool {
        let is_there = self.model.active().name == name || self.model.switch_to_name(name);
        if is_there {
            self.change_draft();
        } else {
            self.recall.keep(text);
            self.notice("its window is gone; Ctrl-P brings it back", now);
        }
        is_there
    }

    fn change_draft(&mut self) {
        let room = self.model.active().name.clone();
        if room == self.typing_in {
            return;
        }
        let before = std::mem::replace(&mut self.typing_in, room);
        // From the server's window klatch itself moves on to the first room, while somebody may be typing already.
        let moved_on = before.is_empty() && !self.drafts.contains_key(&self.typing_in);
        if !moved_on {
            let draft = self.input.take();
            if !draft.is_empty() {
                self.drafts.insert(before, draft);
            }
            self.input.set_text(&self.drafts.remove(&self.typing_in).unwrap_or_default());
        }
        self.completing = None;
    }

    /// All that is being typed, by room.
    pub(super) fn take_drafts(&mut self) -> HashMap<String, String> {
        let mut drafts = std::mem::take(&mut self.drafts);
        let here = self.input.take();
        if !here.is_empty() {
            drafts.insert(self.typing_in.clone(), here);
        }
        drafts
    }

    /// The time by which something on this screen changes by itself.
    pub(super) fn deadline(&self, now: Now) -> Option<u64> {
        let notice = self.notice.as_ref().map(|(_, until)| *until).filter(|until| *until > now.mono);
        let farewell = self.farewell.as_ref().and_then(|farewell| farewell.deadline(now.mono));
        let retry = match self.connection.phase() {
            Phase::Waiting(until) if until > now.mono => Some(until - (until - now.mono - 1) / 1_000 * 1_000),
            _ => None,
        };
        let minute = 60_000 - u64::try_from(now.wall.0.rem_euclid(60_000)).unwrap_or(0);
        let clock = Some(now.mono.saturating_add(minute));
        [notice, farewell, retry, clock, self.connection.deadline()].into_iter().flatten().min()
    }

    /// The name of what is on screen, for the window's title.
    pub(super) fn place(&self) -> Option<&str> {
        let room = self.model.active();
        let name = if room.kind == RoomKind::Server { self.model.network() } else { &room.name };
        (!name.is_empty()).then_some(name)
    }
}
