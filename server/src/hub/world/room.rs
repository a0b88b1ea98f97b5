//! A room: who is in it now, which accounts belong to it even while they are offline, and how it is set.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::UserId;
use crate::hub::io::{AccountId, Flags, List, Mask, Ranks, RoomRow};

/// What somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Member {
    /// The ranks they were given.
    pub ranks: Ranks,
}

/// A place to talk.
#[derive(Debug, Clone)]
pub struct Room {
    /// As it is kept.
    pub row: RoomRow,
    /// Its lists, in the order of adding.
    pub masks: Vec<Mask>,
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
        Room { row, masks: Vec::new(), present: BTreeMap::new(), kept: HashMap::new(), invited: HashSet::new() }
    }

    /// Whether it is set so.
    #[must_use]
    pub fn is(&self, flag: Flags) -> bool {
        self.row.settings.flags.contains(flag)
    }

    /// Whether those outside may not know that it exists.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.row.settings.flags.intersects(Flags::SECRET | Flags::PRIVATE)
    }

    /// Whether those outside may not know who is in it and what is spoken of: it is hidden, or not everybody may come in.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.is_hidden() || self.is(Flags::INVITE_ONLY) || self.row.settings.key.is_some()
    }

    /// The entries of one list.
    pub fn list(&self, list: List) -> impl Iterator<Item = &Mask> {
        self.masks.iter().filter(move |mask| mask.list == list)
    }

    /// Whether nobody belongs to it any more, and nothing else keeps it.
    #[must_use]
    pub fn is_deserted(&self) -> bool {
        self.present.is_empty() && self.kept.is_empty() && !self.is(Flags::PERMANENT)
    }
}
