//! A room as the client sees it, its roster and its history.

use std::collections::{BTreeMap, VecDeque};

use klatch_protocol::{Folded, UnixMs, fold};

use super::{Line, LineKey};

/// A room, a direct conversation, or the server's own window.
#[derive(Debug, Clone)]
pub struct Room {
    /// The name as the server writes it; for a direct conversation the nick.
    pub name: String,
    /// What it is.
    pub kind: RoomKind,
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
    /// The first line the user has not seen: the unread line stands above it.
    pub unread_from: Option<LineKey>,
    /// Who is typing now, by nick.
    pub typing: Vec<String>,
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

/// Who is in a room, sorted: operators first, then by name.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    members: BTreeMap<Folded, Member>,
}

/// One person in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The nick.
    pub nick: String,
    /// The display name, once known.
    pub display: Option<String>,
    /// The account, once known.
    pub account: Option<String>,
    /// Whether they have a say in the room (`@`).
    pub operator: bool,
    /// Whether away.
    pub away: bool,
}

impl Roster {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nobody is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The one with this nick.
    #[must_use]
    pub fn get(&self, nick: &str) -> Option<&Member> {
        self.members.get(&fold(nick))
    }

    /// The one with this nick, to be changed; not their nick, which is the key.
    pub fn get_mut(&mut self, nick: &str) -> Option<&mut Member> {
        self.members.get_mut(&fold(nick))
    }

    /// Adds or replaces one.
    pub fn insert(&mut self, member: Member) {
        self.members.insert(fold(&member.nick), member);
    }

    /// Takes one out.
    pub fn remove(&mut self, nick: &str) -> Option<Member> {
        self.members.remove(&fold(nick))
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        self.members.clear();
    }

    /// Everybody, operators first, each group by nick.
    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        let (operators, others): (Vec<_>, Vec<_>) = self.members.values().partition(|m| m.operator);
        operators.into_iter().chain(others)
    }
}

/// What was said in a room, oldest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    lines: VecDeque<Line>,
    /// Counts every change, so that caches know when they are stale.
    revision: u64,
    /// Whether the oldest line here is the oldest there is.
    pub complete: bool,
    /// Whether older lines are being fetched.
    pub fetching: bool,
}

impl History {
    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Line number `index`, counted from the oldest.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Line> {
        self.lines.get(index)
    }

    /// All lines, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter()
    }

    /// Where the line called `key` stands.
    #[must_use]
    pub fn index_of(&self, key: LineKey) -> Option<usize> {
        self.lines.iter().rposition(|line| line.key == key)
    }

    /// A number that is different after every change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Puts a line where its time belongs: behind all that are not newer.
    pub fn insert(&mut self, line: Line) {
        let at = self.lines.iter().rposition(|other| other.at <= line.at).map_or(0, |index| index + 1);
        self.lines.insert(at, line);
        self.revision += 1;
    }

    /// Changes the line called `key`.
    pub fn update(&mut self, key: LineKey, change: impl FnOnce(&mut Line)) {
        if let Some(index) = self.index_of(key) {
            change(&mut self.lines[index]);
            self.revision += 1;
        }
    }

    /// Takes the line called `key` out.
    pub fn remove(&mut self, key: LineKey) -> Option<Line> {
        let index = self.index_of(key)?;
        self.revision += 1;
        self.lines.remove(index)
    }

    /// The time of the oldest line with a message id, where fetching older ones begins.
    #[must_use]
    pub fn oldest(&self) -> Option<(&str, UnixMs)> {
        self.lines.iter().find_map(|line| Some((line.id.as_deref()?, line.at)))
    }
}

impl Room {
    /// An empty room.
    #[must_use]
    pub fn new(name: &str, kind: RoomKind) -> Self {
        Room {
            name: name.to_owned(),
            kind,
            topic: String::new(),
            roster: Roster::default(),
            history: History::default(),
            unread: 0,
            mentions: 0,
            unread_from: None,
            typing: Vec::new(),
        }
    }
}
