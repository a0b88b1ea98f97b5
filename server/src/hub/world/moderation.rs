//! Keeping order in a room: topics, operators, throwing out and asking in.

use klatch_protocol::UnixMs;

use super::{Change, Refusal, UserId, World};
use crate::hub::io::{RecordKind, RoomId, Topic};

impl World {
    pub(super) fn kick(
        &mut self,
        now: UnixMs,
        id: UserId,
        room: RoomId,
        whom: UserId,
        reason: String,
    ) -> Result<Vec<Change>, Refusal> {
        self.check_moderator(id, room)?;
        let user = self.known(id)?.clone();
        let other = self.known(whom)?.nick.clone();
        let name = self.remove_member(whom, room).map_err(|_| Refusal::OtherNotInRoom)?;
        let record = self.record(now, &user, room, RecordKind::Kick, format!("{other} {reason}"));
        let mut changes = vec![Change::Kicked { by: id, whom, room, name, reason, record }];
        changes.extend(self.delete_if_deserted(room));
        Ok(changes)
    }

    pub(super) fn invite(&mut self, id: UserId, room: RoomId, whom: UserId) -> Result<Vec<Change>, Refusal> {
        let known = self.known_room(room)?;
        if !known.present.contains_key(&id) {
            return Err(Refusal::NotInRoom);
        }
        if known.present.contains_key(&whom) {
            return Err(Refusal::OtherInRoom);
        }
        self.known(whom)?;
        let room_mut = self.rooms.get_mut(&room).ok_or(Refusal::Gone)?;
        room_mut.invited.insert(whom);
        Ok(vec![Change::Invited { by: id, whom, room }])
    }

    pub(super) fn set_operator(
        &mut self,
        now: UnixMs,
        id: UserId,
        room: RoomId,
        whom: UserId,
        on: bool,
    ) -> Result<Vec<Change>, Refusal> {
        self.check_moderator(id, room)?;
        let user = self.known(id)?.clone();
        let other = self.known(whom)?.clone();
        let known = self.rooms.get_mut(&room).ok_or(Refusal::Gone)?;
        let member = known.present.get_mut(&whom).ok_or(Refusal::OtherNotInRoom)?;
        if member.operator == on {
            return Ok(Vec::new());
        }
        member.operator = on;
        let member = *member;
        if let Some(account) = other.account {
            known.kept.insert(account, member);
        }
        let sign = if on { '+' } else { '-' };
        let record = self.record(now, &user, room, RecordKind::Mode, format!("{sign}o {}", other.nick));
        Ok(vec![Change::OperatorSet { by: id, whom, room, on, record }])
    }

    pub(super) fn set_topic(
        &mut self,
        now: UnixMs,
        id: UserId,
        room: RoomId,
        text: String,
    ) -> Result<Vec<Change>, Refusal> {
        self.check_moderator(id, room)?;
        let user = self.known(id)?.clone();
        let known = self.rooms.get_mut(&room).ok_or(Refusal::Gone)?;
        let topic =
            (!text.is_empty()).then(|| Topic { text: text.clone(), by: user.nick.as_str().to_owned(), at: now });
        if known.topic.as_ref().map(|t| &t.text) == topic.as_ref().map(|t| &t.text) {
            return Ok(Vec::new());
        }
        known.topic.clone_from(&topic);
        let record = self.record(now, &user, room, RecordKind::Topic, text);
        Ok(vec![Change::TopicSet { room, by: id, topic, record }])
    }

    fn check_moderator(&self, id: UserId, room: RoomId) -> Result<(), Refusal> {
        let (user, room) = (self.known(id)?, self.known_room(room)?);
        if !room.present.contains_key(&id) {
            return Err(Refusal::NotInRoom);
        }
        if self.may_moderate(room, user) { Ok(()) } else { Err(Refusal::NotOperator) }
    }
}
