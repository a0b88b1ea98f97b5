//! A room as a connection gets to see it: topic and names, on entering and when asked.

use klatch_protocol::{Caps, Numeric, encode::MAX_LINE};

use super::{
    Hub,
    io::{Flags, Ranks, RoomId},
    numerics,
    reply::Reply,
    turn::Turn,
    world::{About, Room, User, UserId},
};

impl Turn<'_> {
    /// The room of this name, if the asker may know that there is one.
    pub(super) fn visible_room(&self, name: &str) -> Option<&Room> {
        self.world().room_by_name(name).filter(|room| sees_room(self.myself(), room))
    }
}

impl Hub {
    /// What follows a JOIN: the topic, if there is one, and the names, unless the client does without
    /// (ircv3.net "no-implicit-names").
    pub(super) fn describe_room(&self, room: RoomId, reply: &mut Reply) {
        let Some(room) = self.world.room(room) else { return };
        // "The command MUST be sent before the RPL_ENDOFNAMES reply" (ircv3.net "read-marker", "Command flows").
        if let Some(user) = self.viewer(reply).filter(|_| self.caps_of(reply.conn).contains(Caps::READ_MARKER)) {
            self.tell_marker(user, room.row.name.as_str(), reply);
        }
        if room.row.topic.is_some() {
            self.tell_topic(room, reply);
        }
        if !self.caps_of(reply.conn).contains(Caps::NO_IMPLICIT_NAMES) {
            self.tell_names(room, reply);
            let end = numerics::sentence(Numeric::RPL_ENDOFNAMES);
            self.tell(Numeric::RPL_ENDOFNAMES, &[room.row.name.as_str(), end], reply);
        }
        self.sync(About::Room(room.row.id), reply);
    }

    /// 332 and 333, or 331 (modern.ircdocs.horse "TOPIC message").
    pub(super) fn tell_topic(&self, room: &Room, reply: &mut Reply) {
        let name = room.row.name.as_str();
        match &room.row.topic {
            Some(topic) => {
                let at = topic.at.seconds().to_string();
                self.tell(Numeric::RPL_TOPIC, &[name, &topic.text], reply);
                self.tell(Numeric::RPL_TOPICWHOTIME, &[name, &topic.by, &at], reply);
            }
            None => self.tell(Numeric::RPL_NOTOPIC, &[name, numerics::sentence(Numeric::RPL_NOTOPIC)], reply),
        }
    }

    /// 353 in as few lines as they fit in (modern.ircdocs.horse "NAMES message"); 366 has to follow.
    pub(super) fn tell_names(&self, room: &Room, reply: &mut Reply) {
        let (name, caps) = (room.row.name.as_str(), self.caps_of(reply.conn));
        // RFC 2812 section 5.1, "RPL_NAMREPLY".
        let symbol = match (room.is(Flags::SECRET), room.is(Flags::PRIVATE)) {
            (true, _) => "@",
            (false, true) => "*",
            (false, false) => "=",
        };
        let head =
            numerics::line(&self.policy.server_name, Numeric::RPL_NAMREPLY, &self.nick_of(reply), &[symbol, name, ""]);
        let space = MAX_LINE.saturating_sub(head.len());
        let mut names = String::with_capacity(space);
        for user in self.visible_members(room, self.viewer(reply)) {
            let prefix = self.prefix(room, user.id, caps);
            let text = if caps.contains(Caps::USERHOST_IN_NAMES) { &*user.source } else { user.nick.as_str() };
            let needed = prefix.len() + text.len() + 1;
            if !names.is_empty() && names.len() + needed > space {
                self.tell(Numeric::RPL_NAMREPLY, &[symbol, name, &names], reply);
                names.clear();
            }
            if !names.is_empty() {
                names.push(' ');
            }
            names.push_str(&prefix);
            names.push_str(text);
        }
        if !names.is_empty() {
            self.tell(Numeric::RPL_NAMREPLY, &[symbol, name, &names], reply);
        }
    }

    /// Those in a room whom somebody may know to be in it: nobody in a closed room for who is outside, and in one where
    /// people without a rank do not see each other (mode `u`) those with a rank.
    pub(super) fn visible_members<'a>(
        &'a self,
        room: &'a Room,
        viewer: Option<&'a User>,
    ) -> impl Iterator<Item = &'a User> {
        let members = room.present.keys().filter(move |id| self.sees_member(viewer, room, **id));
        members.filter_map(|id| self.world.user(*id)).filter(move |user| sees(viewer, user))
    }

    /// Whether somebody may know that `user` is in a room.
    pub(super) fn sees_member(&self, viewer: Option<&User>, room: &Room, user: UserId) -> bool {
        let rank = viewer.map(|viewer| self.world.authority(room, viewer)).unwrap_or_default();
        (is_inside(room, viewer) || !room.is_closed())
            && (rank.reach(Ranks::HALF_OPERATOR) || self.world.is_seen(room.row.id, user))
    }

    /// The ranks somebody has in a room, as prefixes: all of them for who negotiated `multi-prefix`, else the highest
    /// (ircv3.net "multi-prefix").
    pub(super) fn prefix(&self, room: &Room, user: UserId, caps: Caps) -> String {
        let most = if caps.contains(Caps::MULTI_PREFIX) { usize::MAX } else { 1 };
        self.world.ranks(room, user).prefixes().take(most).collect()
    }

    fn viewer(&self, reply: &Reply) -> Option<&User> {
        let session = self.sessions.get(&reply.conn)?;
        self.world.user(session.user()?)
    }

    fn nick_of(&self, reply: &Reply) -> String {
        self.viewer(reply).map_or_else(|| "*".to_owned(), |user| user.nick.as_str().to_owned())
    }

    fn tell(&self, numeric: Numeric, params: &[&str], reply: &mut Reply) {
        let line = numerics::line(&self.policy.server_name, numeric, &self.nick_of(reply), params);
        reply.push(line);
    }
}

/// Whether somebody may know that there is this room. Operators of the server may.
pub(super) fn sees_room(viewer: Option<&User>, room: &Room) -> bool {
    !room.is_hidden() || is_inside(room, viewer)
}

/// Whether somebody is in a room, or may look into it as an operator of the server.
pub(super) fn is_inside(room: &Room, viewer: Option<&User>) -> bool {
    viewer.is_some_and(|viewer| viewer.is_operator() || room.present.contains_key(&viewer.id))
}

/// Whether `viewer` may know that `user` is here: everybody may, unless `user` hides (mode `i`) and they share no room.
pub(super) fn sees(viewer: Option<&User>, user: &User) -> bool {
    !user.is_invisible()
        || viewer.is_some_and(|viewer| {
            viewer.id == user.id || viewer.is_operator() || viewer.rooms.iter().any(|room| user.rooms.contains(room))
        })
}
