//! Which connections hear a room, in groups of equal capabilities, so that a line is written once for each group and
//! its bytes and its list of recipients are shared. A room's groups are made when they are needed and forgotten when
//! anybody in the room comes, goes or changes capabilities.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use klatch_protocol::Caps;

use super::io::{ConnId, RoomId};

/// Connections of equal capabilities.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// What they have in common.
    pub(super) caps: Caps,
    /// Who they are.
    pub(super) conns: Arc<[ConnId]>,
}

/// The groups of the rooms that were spoken in lately.
#[derive(Debug, Default)]
pub(super) struct Audiences {
    rooms: HashMap<RoomId, Arc<[Group]>>,
}

impl Audiences {
    /// The groups of `room`; `members` tells them where they are not known.
    pub(super) fn of<I>(&mut self, room: RoomId, members: impl FnOnce() -> I) -> Arc<[Group]>
    where
        I: Iterator<Item = (Caps, ConnId)>,
    {
        self.rooms.entry(room).or_insert_with(|| groups(members())).clone()
    }

    /// Somebody in `room` came, went or changed.
    pub(super) fn forget(&mut self, room: RoomId) {
        self.rooms.remove(&room);
    }
}

/// Puts connections of equal capabilities together.
pub(super) fn groups(members: impl Iterator<Item = (Caps, ConnId)>) -> Arc<[Group]> {
    let mut by_caps: BTreeMap<Caps, Vec<ConnId>> = BTreeMap::new();
    for (caps, conn) in members {
        by_caps.entry(caps).or_default().push(conn);
    }
    by_caps.into_iter().map(|(caps, conns)| Group { caps, conns: conns.into() }).collect()
}
