//! Who belongs to which room.

use klatch_protocol::{RoomName, UnixMs};

use super::{Change, Member, Refusal, Room, UserId, World};
use crate::hub::io::{AccountId, Ranks, RecordKind, RoomId, RoomRow};

impl World {
    pub(super) fn join(
        &mut self,
        now: UnixMs,
        id: UserId,
        name: &RoomName,
        key: Option<&str>,
    ) -> Result<Vec<Change>, Refusal> {
        let (user, room) = (self.known(id)?, self.room_by_name(name.as_str()));
        if room.is_some_and(|room| room.present.contains_key(&id)) {
            return Err(Refusal::AlreadyInRoom);
        }
        if user.rooms.len() >= self.policy.max_rooms {
            return Err(Refusal::TooManyRooms);
        }
        match room {
            Some(room) => self.check_entry(room, user, key)?,
            None if self.room_names.holder(name.as_str(), name.folded()).is_some() => {
                return Err(Refusal::RoomNameTaken);
            }
            None => {}
        }
        self.admit(now, id, name)
    }

    /// Lets somebody into a room, however many they are in: coming back to one's own rooms is never too much.
    pub(super) fn admit(&mut self, now: UnixMs, id: UserId, name: &RoomName) -> Result<Vec<Change>, Refusal> {
        let user = self.known(id)?.clone();
        let mut changes = Vec::with_capacity(2);
        let room_id = match self.room_names.get(name.folded()) {
            Some(room) if user.rooms.contains(&room) => return Err(Refusal::AlreadyInRoom),
            Some(room) => room,
            None => self.make_room(now, name, user.account, &mut changes),
        };
        let lobby = self.policy.lobby.as_ref() == Some(name);
        let room = self.rooms.get_mut(&room_id).ok_or(Refusal::Gone)?;
        // Who makes a room keeps order in it: an account for as long as there is the room, a guest as long as they are
        // there. Nobody made the lobby.
        let ranks = match (user.account, room.row.founder) {
            (Some(account), Some(founder)) if account == founder => Ranks::OPERATOR,
            _ if !changes.is_empty() && !lobby => Ranks::OPERATOR,
            _ => Ranks::empty(),
        };
        let mut member = Member { ranks };
        let mut enrolled = None;
        if let Some(account) = user.account {
            match room.kept.get(&account) {
                Some(kept) => member = *kept,
                None => {
                    room.kept.insert(account, member);
                    enrolled = Some(member.ranks);
                }
            }
            if let Some(account) = self.accounts.get_mut(&account) {
                account.rooms.insert(room_id);
            }
        }
        room.invited.remove(&id);
        room.present.insert(id, member);
        if let Some(user) = self.users.get_mut(&id) {
            user.rooms.push(room_id);
        }
        // A JOIN that is played back tells the display name, as extended-join does.
        let seen = self.is_seen(room_id, id);
        let trace = self.trace(now, (&user, seen), room_id, RecordKind::Join, user.display.clone());
        changes.push(Change::Joined { user: id, room: room_id, enrolled, at: now, trace });
        Ok(changes)
    }

    fn make_room(
        &mut self,
        now: UnixMs,
        name: &RoomName,
        founder: Option<AccountId>,
        changes: &mut Vec<Change>,
    ) -> RoomId {
        self.last_room += 1;
        let id = RoomId(self.last_room);
        let founder = founder.filter(|_| self.policy.lobby.as_ref() != Some(name));
        let row = RoomRow { founder, ..RoomRow::new(id, name.clone(), now) };
        self.room_names.take(name.as_str(), name.folded(), id);
        self.rooms.insert(id, Room::from_row(row.clone()));
        changes.push(Change::RoomCreated(row));
        id
    }

    pub(super) fn part(
        &mut self,
        now: UnixMs,
        id: UserId,
        room: RoomId,
        reason: String,
    ) -> Result<Vec<Change>, Refusal> {
        let user = self.known(id)?.clone();
        let seen = self.is_seen(room, id);
        let name = self.remove_member(id, room)?;
        let trace = self.trace(now, (&user, seen), room, RecordKind::Part, reason.clone());
        let mut changes = vec![Change::Parted { user: id, room, name, reason, trace }];
        changes.extend(self.delete_if_deserted(room));
        Ok(changes)
    }

    /// Takes somebody out of a room, for good; tells the room's name.
    pub(super) fn remove_member(&mut self, id: UserId, room_id: RoomId) -> Result<RoomName, Refusal> {
        let room = self.rooms.get_mut(&room_id).ok_or(Refusal::Gone)?;
        let user = self.users.get_mut(&id).ok_or(Refusal::Gone)?;
        if room.present.remove(&id).is_none() {
            return Err(Refusal::NotInRoom);
        }
        user.rooms.retain(|known| *known != room_id);
        if let Some(account) = user.account {
            room.kept.remove(&account);
            if let Some(account) = self.accounts.get_mut(&account) {
                account.rooms.remove(&room_id);
            }
        }
        Ok(room.row.name.clone())
    }

    /// A room to which nobody belongs is gone, except for the lobby. Nobody is sent on to it any more: who makes another one
    /// of its name was trusted by nobody.
    pub(super) fn delete_if_deserted(&mut self, id: RoomId) -> Vec<Change> {
        if self.rooms.get(&id).is_none_or(|room| !room.is_deserted() || self.is_lobby(room)) {
            return Vec::new();
        }
        let Some(room) = self.rooms.remove(&id) else { return Vec::new() };
        let name = room.row.name;
        self.room_names.free(name.as_str(), name.folded(), id);
        self.metadata.forget_room(id);
        let mut changes = vec![Change::RoomDeleted(id)];
        for other in self.rooms.values_mut().filter(|other| other.row.settings.forward.as_ref() == Some(&name)) {
            other.row.settings.forward = None;
            changes.push(Change::ForwardGone(other.row.id));
        }
        changes
    }
}
