//! What concerns one person or one conversation: own modes, read markers and what is taken back, told to all the
//! connections that it is for.

use klatch_protocol::{AccountName, UnixMs};

use super::{
    Hub,
    deliver::{Hearers, Own},
    io::{ConnId, Effects, Seq},
    render::{Body, Line},
    reply::Reply,
    world::{MessageId, Target, User, UserId},
};

impl Hub {
    /// A user mode, to oneself.
    pub(super) fn show_own_mode(&mut self, id: UserId, change: &str, effects: &mut Effects, reply: Option<&mut Reply>) {
        let Some(user) = self.world.user(id).cloned() else { return };
        let line = self.about(&user, None, Body::Mode { target: user.nick.as_str(), change });
        self.deliver(line, &Hearers::Conns(&self.devices_of(id)), Own::Echo, effects, reply);
    }

    /// How far somebody has read, to all their connections (ircv3.net "read-marker", "Command flows").
    pub(super) fn show_marker(
        &mut self,
        id: UserId,
        target: &str,
        at: UnixMs,
        effects: &mut Effects,
        reply: Option<&mut Reply>,
    ) {
        let policy = self.policy.clone();
        let at = marker_text(Some(at));
        let line = self.server_line(&policy.server_name, Body::Markread { target, at: &at });
        self.deliver(line, &Hearers::Conns(&self.devices_of(id)), Own::Echo, effects, reply);
    }

    /// How far `user` has read `target`, to one of their connections.
    pub(super) fn tell_marker(&self, user: &User, target: &str, reply: &mut Reply) {
        let at = marker_text(self.world.read_marker(user, target));
        let line = self.server_line(&self.policy.server_name, Body::Markread { target, at: &at });
        reply.push(line.write(self.caps_of(reply.conn)));
    }

    /// Something was taken back: told "in the same way as PRIVMSG messages" (ircv3.net "message-redaction"), and always to
    /// who did it.
    pub(super) fn show_redaction(
        &mut self,
        by: UserId,
        to: Target,
        (seq, at): (Seq, UnixMs),
        reason: Option<&str>,
        effects: &mut Effects,
        reply: Option<&mut Reply>,
    ) {
        let (Some(user), Some(target)) = (self.world.user(by).cloned(), self.target_name(to)) else { return };
        let account = self.world.account_name(&user).cloned();
        let id = self.ids.write(MessageId::Kept(seq));
        let body = Body::Redact { target: &target, id: &id, reason };
        let account = account.as_ref().map(AccountName::as_str);
        let line = Line { source: &user.source, account, at, id: None, tags: user.own_tags(), body };
        let conns: Vec<ConnId> = match to {
            Target::Room(room) => return self.deliver(line, &Hearers::Room(room), Own::Echo, effects, reply),
            to => {
                let mut conns = self.conversation_conns(by, to, None);
                conns.sort_unstable();
                conns.dedup();
                conns
            }
        };
        self.deliver(line, &Hearers::Conns(&conns), Own::Echo, effects, reply);
    }

    fn server_line<'a>(&self, name: &'a str, body: Body<'a>) -> Line<'a> {
        Line { source: name, account: None, at: self.clock, id: None, tags: "", body }
    }
}

/// A marker as it stands in MARKREAD; `*` for none.
fn marker_text(at: Option<UnixMs>) -> String {
    at.map_or_else(|| "*".to_owned(), |at| format!("timestamp={at}"))
}
