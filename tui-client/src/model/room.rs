//! A room as the client sees it.

use std::collections::HashSet;

use super::{History, LineKey, Roster};

/// A room, a direct conversation, or the server's own window.
#[derive(Debug, Clone)]
pub struct Room {
    /// The name as the server writes it; for a direct conversation the nick.
    pub name: String,
    /// What it is.
    pub kind: RoomKind,
    /// Whether we are in it; direct conversations and the server's window always count as such.
    pub joined: bool,
    /// What it is about; empty for nothing.
    pub topic: String,
    /// Who is here.
    pub roster: Roster,
    /// What was said.
    pub history: History,
    /// Messages since the user last saw the newest.
    pub unread: usize,
    /// Of those, the ones that name us; for a direct conversation all of them.
    pub mentions: usize,
    /// The lines of unread messages, as many as fit into a history.
    pub(super) new: HashSet<LineKey>,
    /// The first line the user has not seen: the unread line stands above it.
    pub unread_from: Option<LineKey>,
    /// Who is typing now, by nick.
    pub typing: Vec<String>,
    /// Where lines that were missed go, while they are being fetched.
    pub(super) gap: Option<LineKey>,
}

/// What kind of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomKind {
    /// A room.
    Room,
    /// Two people.
    Direct,
    /// What the server says to us alone.
    Server,
}

impl Room {
    /// An empty room.
    #[must_use]
    pub fn new(name: &str, kind: RoomKind) -> Self {
        Room {
            name: name.to_owned(),
            kind,
            joined: kind != RoomKind::Room,
            topic: String::new(),
            roster: Roster::default(),
            history: History::default(),
            unread: 0,
            new: HashSet::new(),
            mentions: 0,
            unread_from: None,
            typing: Vec::new(),
            gap: None,
        }
    }

    /// The user looks at the newest line: nothing is unread, but the unread line stays where it is.
    pub fn seen(&mut self) {
        self.unread = 0;
        self.new.clear();
        self.mentions = 0;
    }
}
