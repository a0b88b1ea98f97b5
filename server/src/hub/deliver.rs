//! Brings one line to those who should hear it. The connection that caused it finds it in its reply, so that labels and
//! order are right; everybody else gets shared bytes.

use bytes::Bytes;
use klatch_protocol::Caps;

use super::{
    Hub,
    audience::{Audience, Group, groups},
    io::{ConnId, Effects, Ranks, Recipients, RoomId, Send},
    render::{Line, Rendering},
    reply::Reply,
    session::Session,
    world::{User, UserId},
};

/// Whom a line goes to.
pub(super) enum Hearers<'a> {
    /// Everybody in a room.
    Room(RoomId),
    /// These connections.
    Conns(&'a [ConnId]),
}

/// What the connection that caused a line gets of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// The line, in its reply.
    Echo,
    /// Nothing.
    Silence,
}

impl Hub {
    /// Sends one line to `to`; `own` says what becomes of the copy for the connection of `reply`.
    pub(super) fn deliver(
        &mut self,
        line: Line<'_>,
        to: &Hearers<'_>,
        own: Own,
        effects: &mut Effects,
        reply: Option<&mut Reply>,
    ) {
        let mut rendering = Rendering::new(line);
        match to {
            Hearers::Conns(conns) => self.deliver_to_conns(&mut rendering, conns, own, effects, reply),
            Hearers::Room(room) => self.deliver_to_room(&mut rendering, *room, own, effects, reply),
        }
    }

    fn deliver_to_conns(
        &self,
        rendering: &mut Rendering<'_>,
        conns: &[ConnId],
        own: Own,
        effects: &mut Effects,
        reply: Option<&mut Reply>,
    ) {
        let origin = reply.as_ref().map(|reply| reply.conn);
        let others = conns.iter().filter(|conn| Some(**conn) != origin);
        for Group { caps, conns } in groups(others.map(|conn| (self.caps_of(*conn), *conn))) {
            if rendering.line.is_for(caps) {
                send(Recipients { conns, except: None, group: None }, rendering.form(caps), effects);
            }
        }
        if let Some(reply) = reply.filter(|reply| conns.contains(&reply.conn)) {
            self.answer(rendering, own, reply);
        }
    }

    fn deliver_to_room(
        &mut self,
        rendering: &mut Rendering<'_>,
        room: RoomId,
        own: Own,
        effects: &mut Effects,
        reply: Option<&mut Reply>,
    ) {
        let origin = reply.as_ref().map(|reply| reply.conn);
        for (caps, recipients) in self.audience_of(room).groups(origin) {
            if rendering.line.is_for(caps) {
                send(recipients, rendering.form(caps), effects);
            }
        }
        if let Some(reply) = reply.filter(|reply| self.hears(reply.conn, room)) {
            self.answer(rendering, own, reply);
        }
    }

    /// Whether a connection is of somebody in a room.
    fn hears(&self, conn: ConnId, room: RoomId) -> bool {
        let user = self.sessions.get(&conn).and_then(Session::user);
        user.is_some_and(|user| self.world.room(room).is_some_and(|room| room.present.contains_key(&user)))
    }

    /// The copy for the connection that caused the line.
    pub(super) fn answer(&self, rendering: &mut Rendering<'_>, own: Own, reply: &mut Reply) {
        let caps = self.caps_of(reply.conn);
        if own == Own::Echo && rendering.line.is_for(caps) {
            reply.push(rendering.form(caps));
        }
    }

    /// What a connection negotiated.
    pub(super) fn caps_of(&self, conn: ConnId) -> Caps {
        self.sessions.get(&conn).map(|session| session.caps).unwrap_or_default()
    }

    /// The connections of somebody.
    pub(super) fn devices_of(&self, user: UserId) -> Vec<ConnId> {
        self.devices.get(&user).cloned().unwrap_or_default()
    }

    /// The connections of everybody who shares a room with somebody, their own included, each once.
    pub(super) fn acquainted(&self, user: &User) -> Vec<ConnId> {
        let mut conns = self.devices_of(user.id);
        for room in &user.rooms {
            conns.extend(self.witnesses_in(*room, user.id));
        }
        conns.sort_unstable();
        conns.dedup();
        conns
    }

    /// The connections of those in a room who may know that somebody is in it, their own included.
    pub(super) fn witnesses_in(&self, room: RoomId, user: UserId) -> Vec<ConnId> {
        let mut conns: Vec<ConnId> = match self.world.is_seen(room, user) {
            true => return self.room_conns(room).collect(),
            false => self.ranked_conns(room, Ranks::HALF_OPERATOR, user),
        };
        conns.extend(self.devices_of(user));
        conns
    }

    /// The connections of those in a room who have `least` or a higher rank, but not `except`'s.
    pub(super) fn ranked_conns(&self, room: RoomId, least: Ranks, except: UserId) -> Vec<ConnId> {
        let Some(room) = self.world.room(room) else { return Vec::new() };
        let members = room.present.keys().filter(|id| **id != except && self.world.ranks(room, **id).reach(least));
        members.filter_map(|user| self.devices.get(user)).flatten().copied().collect()
    }

    /// The connections of everybody in a room.
    pub(super) fn room_conns(&self, room: RoomId) -> impl Iterator<Item = ConnId> {
        let members = self.world.room(room).into_iter().flat_map(|room| room.present.keys());
        members.filter_map(|user| self.devices.get(user)).flatten().copied()
    }

    fn audience_of(&mut self, room: RoomId) -> Audience {
        let (world, devices, sessions) = (&self.world, &self.devices, &self.sessions);
        self.audiences.of(room, || {
            let members = world.room(room).into_iter().flat_map(|room| room.present.keys());
            let conns = members.filter_map(|user| devices.get(user)).flatten();
            conns.filter_map(|conn| sessions.get(conn).map(|session| (session.caps, *conn)))
        })
    }

    /// Somebody came into a room.
    pub(super) fn add_to_audience(&mut self, room: RoomId, user: UserId) {
        for conn in self.devices_of(user) {
            self.audiences.add(room, self.caps_of(conn), conn);
        }
    }

    /// Somebody left a room.
    pub(super) fn remove_from_audience(&mut self, room: RoomId, user: UserId) {
        for conn in self.devices_of(user) {
            self.audiences.remove(room, conn);
        }
    }

    /// Somebody's connections or capabilities changed: the groups of their rooms are not right any more.
    pub(super) fn forget_audiences_of(&mut self, user: UserId) {
        if let Some(user) = self.world.user(user) {
            for room in &user.rooms {
                self.audiences.forget(*room);
            }
        }
    }
}

fn send(recipients: Recipients, bytes: Bytes, effects: &mut Effects) {
    let mut some = recipients.iter();
    let send = match (some.next(), some.next()) {
        (None, _) => return,
        (Some(one), None) => Send::One(one, bytes),
        _ => {
            drop(some);
            Send::Many(recipients, bytes)
        }
    };
    effects.sends.push(send);
}
