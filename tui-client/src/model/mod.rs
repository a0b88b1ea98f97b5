//! What the client knows: rooms, the people in them and what was said. Plain data, changed only by what the session
//! reports and what the user does; it never draws and never sends.

mod apply;
pub mod commands;
mod completion;
mod history;
mod line;
mod looks;
mod mention;
mod redaction;
mod renaming;
mod room;
mod roster;
mod speaking;

pub use completion::{Candidate, Completion};
pub use history::{History, Older};
pub use line::{Body, Delivery, Line, LineKey};
pub use room::{Room, RoomKind};
pub use roster::{Member, Roster};

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use klatch_protocol::{CaseMapping, Folded, UnixMs};

use redaction::Redactions;

use crate::session::{OutId, Place, Request};

/// Everything there is to show of one server. Rooms come first, then direct conversations, then the server's window,
/// each group in the order in which they were opened.
#[derive(Debug)]
pub struct Model {
    rooms: Vec<Room>,
    /// Always within `rooms`, which is never empty.
    active: usize,
    /// The room looked at before, by name.
    previous: Option<String>,
    me: Me,
    network: String,
    /// Which names are the same on this network.
    names: CaseMapping,
    /// Whether the server keeps a history that can be asked for.
    keeps_history: bool,
    /// Whether the user sees the newest line of the active room.
    watching: bool,
    /// A room the user asked for: it becomes the active one when we are in.
    wanted: Option<String>,
    /// Whether the greeting is still due.
    greet: bool,
    last_key: u64,
    redactions: Redactions,
    /// Where our own messages are shown that have not got to their end.
    outgoing: HashMap<OutId, (Place, LineKey)>,
    /// Rooms whose windows are closed while the server has not said yet that we left them.
    leaving: HashSet<Folded>,
}

/// Who we are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Me {
    /// Our nick.
    pub nick: String,
    /// Our display name, once known.
    pub display: Option<String>,
    /// Whether we are away.
    pub away: bool,
}

impl Me {
    /// The name to be greeted with.
    #[must_use]
    pub fn name(&self) -> &str {
        self.display.as_deref().filter(|d| !d.is_empty()).unwrap_or(&self.nick)
    }
}

/// Something that wants the user's attention: a bell, a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// The room's name.
    pub room: String,
    /// The shown name of who spoke.
    pub who: String,
    /// What they said.
    pub text: String,
    /// Whether it is a direct message rather than a mention.
    pub direct: bool,
}

impl Default for Model {
    fn default() -> Self {
        Model {
            rooms: vec![Room::new("", RoomKind::Server)],
            active: 0,
            previous: None,
            me: Me::default(),
            network: String::new(),
            names: CaseMapping::default(),
            keeps_history: true,
            watching: true,
            wanted: None,
            greet: false,
            last_key: 0,
            redactions: Redactions::default(),
            outgoing: HashMap::new(),
            leaving: HashSet::new(),
        }
    }
}

impl Model {
    /// The most rooms and conversations open at a time; strangers can open conversations. What would be one more is
    /// shown in the server's window.
    pub const MOST_ROOMS: usize = 500;

    /// All rooms, in the order in which they are listed.
    #[must_use]
    pub fn rooms(&self) -> &[Room] {
        &self.rooms
    }

    /// The room the user looks at.
    #[must_use]
    pub fn active(&self) -> &Room {
        &self.rooms[self.active]
    }

    /// The room the user looks at, to be changed.
    pub fn active_mut(&mut self) -> &mut Room {
        &mut self.rooms[self.active]
    }

    /// Where [`Model::active`] stands in [`Model::rooms`].
    #[must_use]
    pub fn active_index(&self) -> usize {
        self.active
    }

    /// The room or conversation with this name.
    #[must_use]
    pub fn room(&self, name: &str) -> Option<&Room> {
        self.rooms.iter().find(|room| room.kind != RoomKind::Server && self.names.same(&room.name, name))
    }

    /// Who we are.
    #[must_use]
    pub fn me(&self) -> &Me {
        &self.me
    }

    /// What the network calls itself; empty before it was told.
    #[must_use]
    pub fn network(&self) -> &str {
        &self.network
    }

    /// Looks at room number `index` of [`Model::rooms`]; nothing happens when there is none. The unread line of the room
    /// left behind goes away, unless something below it was not seen. Whether the newest line of the other one is seen,
    /// [`Model::set_watching`] tells.
    pub fn switch_to(&mut self, index: usize) {
        if index >= self.rooms.len() || index == self.active {
            return;
        }
        let before = &mut self.rooms[self.active];
        if before.unread == 0 {
            before.unread_from = None;
        }
        self.previous = Some(before.name.clone());
        self.active = index;
    }

    /// Looks at the room called `name`, if it is open; says whether it is.
    pub fn switch_to_name(&mut self, name: &str) -> bool {
        let index =
            self.rooms.iter().position(|room| room.kind != RoomKind::Server && self.names.same(&room.name, name));
        if let Some(index) = index {
            self.switch_to(index);
        }
        index.is_some()
    }

    /// Looks at the room looked at before.
    pub fn switch_back(&mut self) {
        if let Some(index) = self.previous.take().and_then(|name| self.rooms.iter().position(|r| r.name == name)) {
            self.switch_to(index);
        }
    }

    /// The next room by importance: one with mentions, else a direct conversation with something unread, else any room
    /// with something unread.
    #[must_use]
    pub fn most_important(&self) -> Option<usize> {
        let rank = |room: &Room| match room {
            room if room.mentions > 0 && room.kind == RoomKind::Room => 3,
            room if room.unread > 0 && room.kind == RoomKind::Direct => 2,
            room if room.unread > 0 => 1,
            _ => 0,
        };
        let others = self.rooms.iter().enumerate().filter(|(index, room)| *index != self.active && rank(room) > 0);
        // The first of the most important ones: `max_by_key` takes the last, so the search goes backwards.
        others.rev().max_by_key(|(_, room)| rank(room)).map(|(index, _)| index)
    }

    /// Tells whether the user sees the newest line of the active room: the window has the focus and is not scrolled up.
    pub fn set_watching(&mut self, watching: bool) {
        self.watching = watching;
        if watching {
            self.rooms[self.active].seen();
        }
    }

    /// The user is done with the unread line of the active room.
    pub fn clear_unread_line(&mut self) {
        self.active_mut().unread_from = None;
    }

    /// The room called `name` is to become the active one as soon as we are in; at once, if we are.
    pub fn expect(&mut self, name: &str) {
        if self.room(name).is_some_and(|room| room.joined) {
            self.switch_to_name(name);
        } else {
            self.wanted = Some(name.to_owned());
        }
    }

    /// Opens a direct conversation with `nick` and looks at it.
    pub fn query(&mut self, nick: &str) {
        let index = self.open(&Place::Direct(nick.to_owned()));
        self.switch_to(index);
    }

    /// Closes the window of the room called `name`, which we have left or are leaving; the server's window stays. If it was
    /// looked at, the one looked at before is next.
    pub fn close(&mut self, name: &str) {
        let Some(index) = self.rooms.iter().position(|r| r.kind != RoomKind::Server && self.names.same(&r.name, name))
        else {
            return;
        };
        let room = self.rooms.remove(index);
        if room.kind == RoomKind::Room && room.joined {
            self.leaving.insert(self.names.fold(&room.name));
        }
        let before = self.previous.as_ref().and_then(|name| self.rooms.iter().position(|room| room.name == *name));
        match before {
            Some(before) if self.active == index => {
                self.active = before;
                self.previous = None;
            }
            _ if self.active > index || self.active == self.rooms.len() => self.active -= 1,
            _ => {}
        }
    }

    /// Whether the window of `place` is closed and we are about to leave it.
    fn is_leaving(&self, place: &Place) -> bool {
        matches!(place, Place::Room(name) if self.leaving.contains(&self.names.fold(name)))
    }

    /// Whether something that was missed is still being fetched, in any room that we are in.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.rooms.iter().any(|room| room.joined && room.gap.is_some())
    }

    /// What to ask for to get older lines of the active room; `None` when there are none, or they are on their way.
    pub fn older(&mut self) -> Option<Request> {
        let room = self.active_mut();
        if !room.history.can_grow() || room.kind == RoomKind::Server {
            return None;
        }
        let (id, at) = room.history.oldest()?;
        let before = (id.map(str::to_owned), at);
        room.history.older = Older::Fetching;
        Some(Request::Older { place: room.name.clone(), before })
    }

    /// Shows something to know in the active room.
    pub fn note(&mut self, text: &str, at: UnixMs) {
        self.append(self.active, Body::Info(text.to_owned()), at);
    }

    /// Shows something that went wrong in the active room.
    pub fn complain(&mut self, text: &str, at: UnixMs) {
        self.append(self.active, Body::Error(text.to_owned()), at);
    }

    /// The name to show for `nick` in `room`: see [`Roster::shown`]. For a direct conversation, whoever is known by that
    /// nick anywhere.
    #[must_use]
    pub fn shown_name<'a>(&'a self, room: &'a Room, nick: &'a str) -> Cow<'a, str> {
        match room.kind {
            RoomKind::Room => room.roster.shown_name(nick),
            RoomKind::Direct | RoomKind::Server => self
                .rooms
                .iter()
                .find_map(|room| room.roster.get(nick).map(|member| room.roster.shown(member)))
                .unwrap_or(Cow::Borrowed(nick)),
        }
    }

    fn key(&mut self) -> LineKey {
        self.last_key += 1;
        LineKey(self.last_key)
    }

    fn append(&mut self, index: usize, body: Body, at: UnixMs) -> LineKey {
        let key = self.key();
        self.rooms[index].history.append(Line { key, id: None, at, body });
        key
    }

    /// Where `place` stands in `rooms`.
    fn index_of(&self, place: &Place) -> Option<usize> {
        self.rooms.iter().position(|room| match place {
            Place::Room(name) => room.kind == RoomKind::Room && self.names.same(&room.name, name),
            Place::Direct(nick) => room.kind == RoomKind::Direct && self.names.same(&room.name, nick),
            Place::Server => room.kind == RoomKind::Server,
        })
    }

    /// Where `place` stands in `rooms`, after opening it if need be.
    fn open(&mut self, place: &Place) -> usize {
        if let Some(index) = self.index_of(place) {
            return index;
        }
        let (name, kind) = match place {
            Place::Room(name) => (name, RoomKind::Room),
            Place::Direct(nick) => (nick, RoomKind::Direct),
            Place::Server => return self.server(),
        };
        if self.rooms.len() >= Self::MOST_ROOMS {
            return self.server();
        }
        let after = |room: &&Room| match kind {
            RoomKind::Room => room.kind == RoomKind::Room,
            RoomKind::Direct | RoomKind::Server => room.kind != RoomKind::Server,
        };
        let index = self.rooms.iter().take_while(after).count();
        let mut room = Room::new(name, kind);
        room.roster.compare_names(self.names);
        if !self.keeps_history {
            room.history.older = Older::NotKept;
        }
        self.rooms.insert(index, room);
        if index <= self.active {
            self.active += 1;
        }
        index
    }

    /// The server's window, which is always the last.
    fn server(&self) -> usize {
        self.rooms.len() - 1
    }
}

#[cfg(test)]
mod tests;
