//! Metadata as connections hear of it (ircv3.net "metadata", "Notifications"). Two drafts are spoken: to clients of
//! `draft/metadata-3` everything is the numerics 761 and 766, to those of `draft/metadata-2` notifications are METADATA.

use klatch_protocol::{Caps, LineBuilder, Numeric};

use super::{
    Hub,
    io::{ConnId, Effects, RoomId, Send},
    numerics,
    reply::Reply,
    session::Session,
    world::{About, UserId},
};

/// Either draft.
pub(super) const METADATA: Caps = Caps::METADATA.union(Caps::METADATA_3);

/// The most values that are told at once about a room and its members; what is over is left out.
const MAX_SYNC: usize = 2_000;

/// Everybody sees every value.
const VISIBLE: &str = "*";

impl Hub {
    /// What `about` is called; `None` when it is gone.
    pub(super) fn name_of(&self, about: About) -> Option<String> {
        match about {
            About::User(user) => self.world.user(user).map(|user| user.nick.as_str().to_owned()),
            About::Room(room) => self.world.room(room).map(|room| room.row.name.as_str().to_owned()),
        }
    }

    /// 761, or 766 for a key without value.
    pub(super) fn value_line(&self, conn: ConnId, target: &str, key: &str, value: Option<&str>) -> String {
        let nick = self.nick_of_conn(conn);
        let server = &self.policy.server_name;
        match value {
            Some(value) => numerics::line(server, Numeric::RPL_KEYVALUE, &nick, &[target, key, VISIBLE, value]),
            None => {
                let sentence = numerics::sentence(Numeric::RPL_KEYNOTSET);
                numerics::line(server, Numeric::RPL_KEYNOTSET, &nick, &[target, key, sentence])
            }
        }
    }

    /// The same as a notification.
    fn notification(&self, conn: ConnId, target: &str, key: &str, value: Option<&str>) -> String {
        if self.caps_of(conn).contains(Caps::METADATA_3) {
            return self.value_line(conn, target, key, value);
        }
        let line = LineBuilder::new().source(&self.policy.server_name).command("METADATA");
        let line = line.param(target).param(key).param(VISIBLE);
        value.map_or(line.clone(), |value| line.trailing(value)).end()
    }

    /// A value changed: told to who has to do with it and subscribed to the key; `reply`'s connection knows already.
    pub(super) fn show_metadata(
        &self,
        about: About,
        key: &str,
        value: Option<&str>,
        effects: &mut Effects,
        reply: Option<&Reply>,
    ) {
        let Some(target) = self.name_of(about) else { return };
        let mut conns: Vec<ConnId> = match about {
            About::Room(room) => self.room_conns(room).collect(),
            About::User(user) => self.world.user(user).map(|user| self.acquainted(user)).unwrap_or_default(),
        };
        if let About::User(user) = about
            && let Some(user) = self.world.user(user)
        {
            conns.extend(self.watches.of(user.nick.folded()));
        }
        conns.sort_unstable();
        conns.dedup();
        for conn in conns.into_iter().filter(|conn| reply.is_none_or(|reply| reply.conn != *conn)) {
            if self.wants(conn, key) {
                effects.sends.push(Send::One(conn, self.notification(conn, &target, key, value).into()));
            }
        }
    }

    /// Somebody came into a room: those who are there hear what is said about them.
    pub(super) fn introduce(&self, user: UserId, room: RoomId, effects: &mut Effects) {
        let Some(target) = self.name_of(About::User(user)) else { return };
        let values: Vec<(&str, &str)> = self.world.metadata(About::User(user)).collect();
        if values.is_empty() {
            return;
        }
        let own = self.devices_of(user);
        for conn in self.witnesses_in(room, user).into_iter().filter(|conn| !own.contains(conn)) {
            for (key, value) in values.iter().filter(|(key, _)| self.wants(conn, key)) {
                effects.sends.push(Send::One(conn, self.notification(conn, &target, key, Some(value)).into()));
            }
        }
    }

    /// What `reply`'s connection subscribed to, about a room and everybody else in it or about somebody.
    pub(super) fn sync(&self, about: About, reply: &mut Reply) {
        let conn = reply.conn;
        let subscribed = self.sessions.get(&conn).is_some_and(|session| !session.subscriptions.is_empty());
        if !subscribed {
            return;
        }
        let me = self.sessions.get(&conn).and_then(Session::user).and_then(|user| self.world.user(user));
        let room = match about {
            About::Room(room) => self.world.room(room),
            About::User(_) => None,
        };
        let members = room.into_iter().flat_map(|room| {
            let others = room.present.keys().filter(move |user| me.is_none_or(|me| me.id != **user));
            others.filter(move |user| self.sees_member(me, room, **user)).map(|user| About::User(*user))
        });
        let mut lines = Vec::new();
        for about in std::iter::once(about).chain(members) {
            let Some(target) = self.name_of(about) else { continue };
            let values = self.world.metadata(about).filter(|(key, _)| self.wants(conn, key));
            lines.extend(values.map(|(key, value)| self.notification(conn, &target, key, Some(value))));
            if lines.len() >= MAX_SYNC {
                break;
            }
        }
        lines.into_iter().take(MAX_SYNC).for_each(|line| reply.push(line));
    }

    /// Whether something subscribed to is known about `about`.
    pub(super) fn has_news_for(&self, conn: ConnId, about: About) -> bool {
        self.world.metadata(about).any(|(key, _)| self.wants(conn, key))
    }

    fn wants(&self, conn: ConnId, key: &str) -> bool {
        self.sessions
            .get(&conn)
            .is_some_and(|session| session.caps.intersects(METADATA) && session.subscriptions.contains(key))
    }

    fn nick_of_conn(&self, conn: ConnId) -> String {
        let user = self.sessions.get(&conn).and_then(Session::user);
        user.and_then(|user| self.world.user(user)).map_or_else(|| "*".to_owned(), |user| user.nick.as_str().to_owned())
    }
}
