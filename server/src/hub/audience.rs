//! Which connections hear a room, in groups of equal capabilities, so that a line is written once for each group and
//! its bytes and its list of recipients are shared. A room's groups are made when they are needed, follow who comes and
//! goes, and are forgotten when somebody's capabilities change.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use klatch_protocol::Caps;

use super::io::{ConnId, Conns, GroupId, Recipients, RoomId};

/// Connections of equal capabilities.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// What they have in common.
    pub(super) caps: Caps,
    /// Who they are.
    pub(super) conns: Conns,
}

/// Those who hear a room.
#[derive(Debug, Clone)]
pub(super) struct Audience {
    /// See [`GroupId::audience`].
    id: u64,
    groups: Arc<Vec<Group>>,
}

impl Audience {
    /// The groups, each with its recipients, `except` one connection.
    pub(super) fn groups(&self, except: Option<ConnId>) -> impl Iterator<Item = (Caps, Recipients)> {
        self.groups.iter().enumerate().map(move |(number, group)| {
            let id = GroupId { audience: self.id, group: number };
            (group.caps, Recipients { conns: group.conns.clone(), except, group: Some(id) })
        })
    }
}

/// The audiences of the rooms that were spoken in lately.
#[derive(Debug, Default)]
pub(super) struct Audiences {
    rooms: HashMap<RoomId, Audience>,
    last: u64,
}

impl Audiences {
    /// The audience of `room`; `members` tells it where it is not known.
    pub(super) fn of<I>(&mut self, room: RoomId, members: impl FnOnce() -> I) -> Audience
    where
        I: Iterator<Item = (Caps, ConnId)>,
    {
        let last = &mut self.last;
        let audience = self.rooms.entry(room).or_insert_with(|| {
            *last += 1;
            Audience { id: *last, groups: Arc::new(groups(members())) }
        });
        audience.clone()
    }

    /// A connection hears `room` from now on.
    pub(super) fn add(&mut self, room: RoomId, caps: Caps, conn: ConnId) {
        let Some(audience) = self.rooms.get_mut(&room) else { return };
        let groups = Arc::make_mut(&mut audience.groups);
        match groups.iter_mut().find(|group| group.caps == caps) {
            Some(group) => group.conns.push(conn),
            None => groups.push(Group { caps, conns: [conn].into_iter().collect() }),
        }
    }

    /// A connection does not hear `room` any more.
    pub(super) fn remove(&mut self, room: RoomId, conn: ConnId) {
        let Some(audience) = self.rooms.get_mut(&room) else { return };
        if Arc::make_mut(&mut audience.groups).iter_mut().any(|group| group.conns.remove(conn)) {
            self.last += 1;
            audience.id = self.last;
        }
    }

    /// Something else changed in `room`, or it is gone.
    pub(super) fn forget(&mut self, room: RoomId) {
        self.rooms.remove(&room);
    }
}

/// Puts connections of equal capabilities together.
pub(super) fn groups(members: impl Iterator<Item = (Caps, ConnId)>) -> Vec<Group> {
    let mut by_caps: BTreeMap<Caps, Conns> = BTreeMap::new();
    for (caps, conn) in members {
        by_caps.entry(caps).or_default().push(conn);
    }
    by_caps.into_iter().map(|(caps, conns)| Group { caps, conns }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(1);

    fn known(audiences: &mut Audiences) -> Vec<(Caps, Vec<u64>, GroupId)> {
        let audience = audiences.of(ROOM, || -> std::iter::Empty<_> { panic!("it is known") });
        let shown = audience.groups(None).map(|(caps, all)| (caps, all.iter().map(|conn| conn.0).collect(), all.group));
        shown.map(|(caps, all, group)| (caps, all, group.unwrap())).collect()
    }

    #[test]
    fn groups_follow_who_comes_and_goes() {
        let mut audiences = Audiences::default();
        let (old, new) = (Caps::empty(), Caps::SERVER_TIME);
        audiences.add(ROOM, old, ConnId(9));
        let first = audiences.of(ROOM, || [(old, ConnId(1)), (new, ConnId(2)), (old, ConnId(3))].into_iter());
        assert_eq!(first.groups(Some(ConnId(3))).map(|(_, all)| all.iter().count()).collect::<Vec<_>>(), [1, 1]);
        audiences.add(ROOM, new, ConnId(4));
        let grown = known(&mut audiences);
        let of = |group| GroupId { audience: 1, group };
        assert_eq!(grown, [(old, vec![1, 3], of(0)), (new, vec![2, 4], of(1))]);
        audiences.remove(ROOM, ConnId(2));
        let of = |group| GroupId { audience: 2, group };
        assert_eq!(known(&mut audiences), [(old, vec![1, 3], of(0)), (new, vec![4], of(1))]);
    }
}
