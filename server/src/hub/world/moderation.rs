//! Keeping order in a room: topics, names, throwing out and asking in.

use klatch_protocol::{RoomName, UnixMs};

use super::{Change, Refusal, UserId, World};
use crate::hub::io::{Flags, Ranks, RecordKind, RoomId, Topic};

impl World {
    pub(super) fn kick(
        &mut self,
        now: UnixMs,
        id: UserId,
        room: RoomId,
        whom: UserId,
        reason: String,
    ) -> Result<Vec<Change>, Refusal> {
        let known = self.known_room(room)?;
        if !known.present.contains_key(&id) {
            return Err(Refusal::NotInRoom);
        }
        let user = self.known(id)?.clone();
        let authority = self.authority(known, &user);
        if !authority.reach(Ranks::HALF_OPERATOR) {
            return Err(Refusal::NotOperator);
        }
        if !known.present.contains_key(&whom) {
            return Err(Refusal::OtherNotInRoom);
        }
        if !authority.may_kick(self.standing(known, whom)) {
            return Err(Refusal::NotOperator);
        }
        let other = self.known(whom)?.nick.clone();
        let seen = self.is_seen(room, whom);
        let name = self.remove_member(whom, room).map_err(|_| Refusal::OtherNotInRoom)?;
        let text = format!("{other} {reason}");
        let trace = self.trace(now, (&user, seen), room, RecordKind::Kick, text);
        let mut changes = vec![Change::Kicked { by: id, whom, room, name, reason, trace }];
        changes.extend(self.delete_if_deserted(room));
        Ok(changes)
    }

    pub(super) fn invite(&mut self, id: UserId, room: RoomId, whom: UserId) -> Result<Vec<Change>, Refusal> {
        let known = self.known_room(room)?;
        if !known.present.contains_key(&id) {
            return Err(Refusal::NotInRoom);
        }
        // modern.ircdocs.horse "INVITE message": of a room that is closed to all but invited people, only operators may ask
        // somebody in. Where people do not see each other, others would find out by it who is there already.
        let authority = self.authority(known, self.known(id)?);
        if (known.is(Flags::INVITE_ONLY) || known.is(Flags::AUDITORIUM)) && !authority.reach(Ranks::HALF_OPERATOR) {
            return Err(Refusal::NotOperator);
        }
        if known.present.contains_key(&whom) {
            return Err(Refusal::OtherInRoom);
        }
        self.known(whom)?;
        let room_mut = self.rooms.get_mut(&room).ok_or(Refusal::Gone)?;
        room_mut.invited.insert(whom);
        Ok(vec![Change::Invited { by: id, whom, room }])
    }

    pub(super) fn set_topic(
        &mut self,
        now: UnixMs,
        id: UserId,
        room: RoomId,
        text: String,
    ) -> Result<Vec<Change>, Refusal> {
        let known = self.known_room(room)?;
        if !known.present.contains_key(&id) {
            return Err(Refusal::NotInRoom);
        }
        let user = self.known(id)?.clone();
        if known.is(Flags::TOPIC) && !self.authority(known, &user).reach(Ranks::HALF_OPERATOR) {
            return Err(Refusal::NotOperator);
        }
        let known = self.rooms.get_mut(&room).ok_or(Refusal::Gone)?;
        let topic =
            (!text.is_empty()).then(|| Topic { text: text.clone(), by: user.nick.as_str().to_owned(), at: now });
        if known.row.topic.as_ref().map(|t| &t.text) == topic.as_ref().map(|t| &t.text) {
            return Ok(Vec::new());
        }
        known.row.topic.clone_from(&topic);
        let record = self.record(now, &user, room, RecordKind::Topic, text);
        Ok(vec![Change::TopicSet { room, by: id, topic, record }])
    }

    /// Gives a room another name; everything else of it stays (ircv3.net "channel-rename"), and what is known or set under
    /// the old name goes along: how far people have read, and what sends people here (mode `f`).
    pub(super) fn rename_room(
        &mut self,
        now: UnixMs,
        id: UserId,
        room_id: RoomId,
        name: RoomName,
        reason: String,
    ) -> Result<Vec<Change>, Refusal> {
        let (user, room) = (self.known(id)?, self.known_room(room_id)?);
        if !room.present.contains_key(&id) {
            return Err(Refusal::NotInRoom);
        }
        if !self.authority(room, user).reach(Ranks::OPERATOR) {
            return Err(Refusal::NotOperator);
        }
        if self.is_lobby(room) || self.policy.lobby.as_ref() == Some(&name) {
            return Err(Refusal::Unchangeable);
        }
        if self.room_names.holder(name.as_str(), name.folded()).is_some_and(|other| other != room_id) {
            return Err(Refusal::RoomNameTaken);
        }
        let from = room.row.name.clone();
        self.room_names.free(from.as_str(), from.folded(), room_id);
        self.room_names.take(name.as_str(), name.folded(), room_id);
        self.markers.rename(from.folded(), name.folded());
        for room in self.rooms.values_mut().filter(|room| room.row.settings.forward.as_ref() == Some(&from)) {
            room.row.settings.forward = Some(name.clone());
        }
        self.rooms.get_mut(&room_id).ok_or(Refusal::Gone)?.row.name = name;
        Ok(vec![Change::RoomRenamed { by: id, room: room_id, from, reason, at: now }])
    }
}
