//! A room: who is in it now, and which accounts belong to it even while they are offline.

use std::collections::{BTreeMap, HashMap, HashSet};

use klatch_protocol::{RoomName, UnixMs};

use super::UserId;
use crate::hub::io::{AccountId, RoomId, RoomRow, Topic};

/// What somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Member {
    /// Keeps order in the room (`@`).
    pub operator: bool,
}

/// A place to talk.
#[derive(Debug, Clone)]
pub struct Room {
    /// Which one.
    pub id: RoomId,
    /// Its name as its maker wrote it.
    pub name: RoomName,
    /// When it was made.
    pub created: UnixMs,
    /// What it is about.
    pub topic: Option<Topic>,
    /// Who is in it now. Ordered, so that every run gives the same answers.
    pub present: BTreeMap<UserId, Member>,
    /// The accounts that belong to it, here or not.
    pub kept: HashMap<AccountId, Member>,
    /// Who was asked in and has not come yet. Forgotten with the room, and when they leave the server.
    pub invited: HashSet<UserId>,
}

impl Room {
    /// A room as the store knows it, with nobody in it.
    #[must_use]
    pub fn from_row(row: RoomRow) -> Self {
        Room {
            id: row.id,
            name: row.name,
            created: row.created,
            topic: row.topic,
            present: BTreeMap::new(),
            kept: HashMap::new(),
            invited: HashSet::new(),
        }
    }

    /// Whether nobody belongs to it any more.
    #[must_use]
    pub fn is_deserted(&self) -> bool {
        self.present.is_empty() && self.kept.is_empty()
    }
}
