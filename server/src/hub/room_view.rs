//! A room as a connection gets to see it: topic and names, on entering and when asked.

use klatch_protocol::{Caps, Numeric, encode::MAX_LINE};

use super::{
    Hub,
    io::RoomId,
    numerics,
    reply::Reply,
    world::{Room, User, UserId},
};

impl Hub {
    /// What follows a JOIN: the topic, if there is one, and the names, unless the client does without
    /// (ircv3.net "no-implicit-names").
    pub(super) fn describe_room(&self, room: RoomId, reply: &mut Reply) {
        let Some(room) = self.world.room(room) else { return };
        // "The command MUST be sent before the RPL_ENDOFNAMES reply" (ircv3.net "read-marker", "Command flows").
        if let Some(user) = self.viewer(reply).filter(|_| self.caps_of(reply.conn).contains(Caps::READ_MARKER)) {
            self.tell_marker(user, room.name.as_str(), reply);
        }
        if room.topic.is_some() {
            self.tell_topic(room, reply);
        }
        if !self.caps_of(reply.conn).contains(Caps::NO_IMPLICIT_NAMES) {
            self.tell_names(room, reply);
            let end = numerics::sentence(Numeric::RPL_ENDOFNAMES);
            self.tell(Numeric::RPL_ENDOFNAMES, &[room.name.as_str(), end], reply);
        }
    }

    /// 332 and 333, or 331 (modern.ircdocs.horse "TOPIC message").
    pub(super) fn tell_topic(&self, room: &Room, reply: &mut Reply) {
        let name = room.name.as_str();
        match &room.topic {
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
        let (name, caps) = (room.name.as_str(), self.caps_of(reply.conn));
        let viewer = self.viewer(reply);
        let head =
            numerics::line(&self.policy.server_name, Numeric::RPL_NAMREPLY, &self.nick_of(reply), &["=", name, ""]);
        let space = MAX_LINE.saturating_sub(head.len());
        let mut names = String::with_capacity(space);
        let visible = room.present.keys().filter_map(|id| self.world.user(*id));
        for user in visible.filter(|user| sees(viewer, user)) {
            let prefix = self.prefix(room, user.id);
            let text = if caps.contains(Caps::USERHOST_IN_NAMES) { &*user.source } else { user.nick.as_str() };
            let needed = prefix.len() + text.len() + 1;
            if !names.is_empty() && names.len() + needed > space {
                self.tell(Numeric::RPL_NAMREPLY, &["=", name, &names], reply);
                names.clear();
            }
            if !names.is_empty() {
                names.push(' ');
            }
            names.push_str(prefix);
            names.push_str(text);
        }
        if !names.is_empty() {
            self.tell(Numeric::RPL_NAMREPLY, &["=", name, &names], reply);
        }
    }

    /// The rank somebody has in a room. There is one rank, so `multi-prefix` changes nothing.
    pub(super) fn prefix(&self, room: &Room, user: UserId) -> &'static str {
        if self.world.is_room_operator(room, user) { "@" } else { "" }
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

/// Whether `viewer` may know that `user` is here: everybody may, unless `user` hides (mode `i`) and they share no room.
pub(super) fn sees(viewer: Option<&User>, user: &User) -> bool {
    !user.is_invisible()
        || viewer.is_some_and(|viewer| {
            viewer.id == user.id || viewer.is_operator() || viewer.rooms.iter().any(|room| user.rooms.contains(room))
        })
}
