//! What happened in a room, told to those in it: who came and went, what was changed, who was asked in.

use klatch_protocol::{Caps, RoomName};

use super::{
    Hub,
    deliver::{Hearers, Own},
    io::{ConnId, Effects, Flags, Ranks, Record, RoomId},
    render::{Body, Line, Rendering},
    reply::Reply,
    world::{Trace, UserId},
};

impl Hub {
    /// Somebody came into a room: its people hear of it, and they are told what the room is like.
    pub(super) fn show_join(
        &mut self,
        id: UserId,
        room: RoomId,
        trace: &Trace,
        effects: &mut Effects,
        mut reply: Option<&mut Reply>,
    ) {
        self.add_to_audience(room, id);
        let (Some(name), Some(user)) = (self.room_name(room), self.world.user(id).cloned()) else { return };
        let account = self.world.account_name(&user).cloned();
        let body = Body::Join { room: name.as_str(), display: &user.display };
        let line = self.coming_and_going(&user, account.as_ref(), trace, body);
        if trace.is_seen() {
            self.deliver(line, &Hearers::Room(room), Own::Echo, effects, reply.as_deref_mut());
        } else {
            let hearers = self.witnesses_in(room, id);
            self.deliver(line, &Hearers::Conns(&hearers), Own::Echo, effects, reply.as_deref_mut());
        }
        self.show_away(id, Some(room), effects);
        self.introduce(id, room, effects);
        for conn in self.devices_of(id) {
            match reply.as_deref_mut().filter(|reply| reply.conn == conn) {
                Some(reply) => self.describe_room(room, reply),
                None => self.describe_aside(room, conn, effects),
            }
        }
    }

    fn describe_aside(&mut self, room: RoomId, conn: ConnId, effects: &mut Effects) {
        let mut aside = Reply::new(conn);
        self.describe_room(room, &mut aside);
        self.finish(aside, effects);
    }

    /// Somebody is out of a room, by themselves or by `by`: those who stay and knew of them hear of it, and so do they.
    pub(super) fn show_departure(
        &mut self,
        (by, gone): (UserId, UserId),
        room: RoomId,
        trace: &Trace,
        body: Body<'_>,
        effects: &mut Effects,
        mut reply: Option<&mut Reply>,
    ) {
        self.remove_from_audience(room, gone);
        let Some(user) = self.world.user(by).cloned() else { return };
        let account = self.world.account_name(&user).cloned();
        let line = self.coming_and_going(&user, account.as_ref(), trace, body);
        if trace.is_seen() {
            self.deliver(line.clone(), &Hearers::Room(room), Own::Echo, effects, reply.as_deref_mut());
        } else {
            let hearers = self.ranked_conns(room, Ranks::HALF_OPERATOR, gone);
            self.deliver(line.clone(), &Hearers::Conns(&hearers), Own::Echo, effects, reply.as_deref_mut());
        }
        self.deliver(line, &Hearers::Conns(&self.devices_of(gone)), Own::Echo, effects, reply);
    }

    /// Something about a room, to everybody in it.
    pub(super) fn show_event(
        &mut self,
        room: RoomId,
        record: &Record,
        body: impl for<'b> Fn(&'b str, &'b str) -> Body<'b>,
        effects: &mut Effects,
        reply: Option<&mut Reply>,
    ) {
        let Some(name) = self.room_name(room) else { return };
        let line = self.event(record, body(name.as_str(), &record.text));
        self.deliver(line, &Hearers::Room(room), Own::Echo, effects, reply);
    }

    /// An invitation: to who is invited, and to those in the room who might have asked them in themselves
    /// (ircv3.net "invite-notify").
    pub(super) fn show_invite(
        &mut self,
        by: UserId,
        whom: UserId,
        room: RoomId,
        effects: &mut Effects,
        reply: Option<&mut Reply>,
    ) {
        let (Some(user), Some(other), Some(known)) =
            (self.world.user(by).cloned(), self.world.user(whom).cloned(), self.world.room(room))
        else {
            return;
        };
        let name = known.row.name.clone();
        let least = if known.is(Flags::INVITE_ONLY) { Ranks::HALF_OPERATOR } else { Ranks::empty() };
        let account = self.world.account_name(&user).cloned();
        let origin = reply.map(|reply| reply.conn);
        let mut hearers = self.ranked_conns(room, least, whom);
        hearers.retain(|conn| self.caps_of(*conn).contains(Caps::INVITE_NOTIFY) && Some(*conn) != origin);
        hearers.extend(self.devices_of(whom));
        let line = self.about(&user, account.as_ref(), Body::Invite { nick: other.nick.as_str(), room: name.as_str() });
        self.deliver(line, &Hearers::Conns(&hearers), Own::Silence, effects, None);
    }

    /// A room has another name. Who does not understand RENAME sees a PART and a JOIN of their own, unless only the case
    /// changed (ircv3.net "channel-rename", "Fallback").
    pub(super) fn show_room_renamed(
        &mut self,
        by: UserId,
        room: RoomId,
        from: &RoomName,
        reason: &str,
        effects: &mut Effects,
        mut reply: Option<&mut Reply>,
    ) {
        let (Some(user), Some(to)) = (self.world.user(by).cloned(), self.room_name(room)) else { return };
        let account = self.world.account_name(&user).cloned();
        let body = Body::Rename { from: from.as_str(), to: to.as_str(), reason };
        let line = self.about(&user, account.as_ref(), body);
        self.deliver(line, &Hearers::Room(room), Own::Echo, effects, reply.as_deref_mut());
        if from.folded() == to.folded() {
            return;
        }
        let members: Vec<UserId> =
            self.world.room(room).map(|known| known.present.keys().copied().collect()).unwrap_or_default();
        for member in members {
            for conn in self.devices_of(member) {
                match reply.as_deref_mut().filter(|reply| reply.conn == conn) {
                    Some(reply) => self.follow_rename(member, room, (from, reason), reply),
                    None => {
                        let mut aside = Reply::new(conn);
                        self.follow_rename(member, room, (from, reason), &mut aside);
                        self.finish(aside, effects);
                    }
                }
            }
        }
    }

    /// Who has understood RENAME hears how far they have read under the new name (ircv3.net "read-marker", "Command
    /// flows"); everybody else leaves the old one and enters the new one.
    fn follow_rename(&self, member: UserId, room: RoomId, told: (&RoomName, &str), reply: &mut Reply) {
        let caps = self.caps_of(reply.conn);
        if !caps.contains(Caps::CHANNEL_RENAME) {
            return self.move_device(member, room, told, reply);
        }
        if let (true, Some(user), Some(name)) =
            (caps.contains(Caps::READ_MARKER), self.world.user(member), self.room_name(room))
        {
            self.tell_marker(user, name.as_str(), reply);
        }
    }

    fn move_device(&self, member: UserId, room: RoomId, (from, reason): (&RoomName, &str), reply: &mut Reply) {
        let (Some(user), Some(to)) = (self.world.user(member), self.room_name(room)) else { return };
        let account = self.world.account_name(user);
        let bodies =
            [Body::Part { room: from.as_str(), reason }, Body::Join { room: to.as_str(), display: &user.display }];
        for body in bodies {
            let line: Line<'_> = self.about(user, account, body);
            self.answer(&mut Rendering::new(line), Own::Echo, reply);
        }
        self.describe_room(room, reply);
    }
}
