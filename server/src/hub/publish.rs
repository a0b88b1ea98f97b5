//! What happened in the world, told to everybody whom it concerns and to the store.

use std::sync::Arc;

use klatch_protocol::{AccountName, Caps, RoomName, UnixMs};

use super::{
    Hub,
    deliver::{Hearers, Own},
    io::{ConnId, Effects, Ranks, Record, RecordKind, RoomId, Seq},
    persist,
    render::{Body, Line, Rendering},
    reply::Reply,
    world::{Change, MessageId, Target, Trace, User, UserId, UserModes},
};

impl Hub {
    /// Tells of `changes`, in order. Lines for the connection that caused them go into its reply.
    pub(super) fn publish(&mut self, changes: Vec<Change>, effects: &mut Effects, mut reply: Option<&mut Reply>) {
        for change in changes {
            self.show(&change, effects, reply.as_deref_mut());
            persist::keep(change, &self.world, &mut effects.writes);
        }
    }

    /// The lines of one change.
    fn show(&mut self, change: &Change, effects: &mut Effects, reply: Option<&mut Reply>) {
        match change {
            Change::Joined { user, room, trace, .. } => self.show_join(*user, *room, trace, effects, reply),
            Change::Parted { user, room, name, reason, trace } => {
                let body = Body::Part { room: name.as_str(), reason };
                self.show_departure((*user, *user), *room, trace, body, effects, reply);
            }
            Change::Kicked { by, whom, room, name, reason, trace } => {
                if let Some(nick) = self.world.user(*whom).map(|user| user.nick.clone()) {
                    let body = Body::Kick { room: name.as_str(), whom: nick.as_str(), reason };
                    self.show_departure((*by, *whom), *room, trace, body, effects, reply);
                }
            }
            Change::Left { user, traces, witnesses, at, reason } => {
                let id = traces.iter().find(|trace| trace.is_seen()).or(traces.first()).map(Trace::id);
                self.show_quit(user, witnesses, (*at, id), reason, effects);
                self.tell_offline(user.nick.as_str(), effects);
                self.past.remember(user.nick.clone(), user, *at);
            }
            Change::RoomModesSet { room, record, .. } => {
                self.show_event(*room, record, |target, change| Body::Mode { target, change }, effects, reply);
            }
            Change::RoomRenamed { by, room, from, reason, .. } => {
                self.show_room_renamed(*by, *room, from, reason, effects, reply);
            }
            Change::TopicSet { room, record, .. } => {
                self.show_event(*room, record, |room, text| Body::Topic { room, text }, effects, reply);
            }
            Change::Said { by, to, at, id, kind, tags, text, .. } => {
                let message = Message { to: *to, at: *at, id: *id, kind: *kind, tags, text };
                self.show_message(*by, &message, effects, reply);
            }
            Change::Invited { by, whom, room } => self.show_invite(*by, *whom, *room, effects, reply),
            Change::Entered(user) => self.tell_online(*user, effects),
            Change::Renamed { user, from } => {
                self.show_rename(*user, from, effects, reply);
                self.tell_renamed(*user, from, effects);
            }
            Change::AwaySet(user) => self.show_away(*user, None, effects),
            Change::DisplaySet(user) => {
                self.show_person(*user, |user| Body::Setname { display: &user.display }, effects, reply);
            }
            Change::LoggedIn(user) => self.show_person(*user, |_| Body::Account, effects, reply),
            Change::ModesSet { user, on, off } => {
                let part = |sign: char, modes: UserModes| -> String {
                    let sign = (!modes.is_empty()).then_some(sign);
                    sign.into_iter().chain(modes.letters()).collect()
                };
                self.show_own_mode(*user, &(part('+', *on) + &part('-', *off)), effects, reply);
            }
            Change::RankSet(user) => {
                let operator = self.world.user(*user).is_some_and(User::is_operator);
                self.show_own_mode(*user, if operator { "+o" } else { "-o" }, effects, reply);
            }
            Change::Redacted { by, to, seq, reason, record } => {
                self.show_redaction(*by, *to, (*seq, record.at), reason.as_deref(), effects, reply);
            }
            Change::MetadataSet { about, key, value, .. } => {
                self.show_metadata(*about, key, value.as_deref(), effects, reply.as_deref());
            }
            Change::Marked { user, target, at } => self.show_marker(*user, target, *at, effects, reply),
            Change::RoomDeleted(room) => self.audiences.forget(*room),
            Change::AccountCreated(_)
            | Change::HashSet(..)
            | Change::OwnerCodeUsed
            | Change::Banned(_)
            | Change::Unbanned(_)
            | Change::ForwardGone(_)
            | Change::InviteUsed(_)
            | Change::InviteAdded(..)
            | Change::Enrolled { .. }
            | Change::RoomCreated(_) => {}
        }
    }

    fn show_quit(
        &mut self,
        user: &User,
        witnesses: &[UserId],
        (at, id): (UnixMs, Option<MessageId>),
        reason: &str,
        effects: &mut Effects,
    ) {
        for room in &user.rooms {
            self.audiences.forget(*room);
        }
        let account = self.world.account_name(user).cloned();
        let id = id.map(|id| self.ids.write(id));
        let account = account.as_ref().map(AccountName::as_str);
        let line = Line { source: &user.source, account, at, id, tags: user.own_tags(), body: Body::Quit { reason } };
        let hearers = witnesses.iter().filter_map(|user| self.devices.get(user)).flatten();
        let hearers: Vec<ConnId> = hearers.copied().collect();
        self.deliver(line, &Hearers::Conns(&hearers), Own::Silence, effects, None);
    }

    /// Another nick, to themselves and everybody who shares a room with them.
    fn show_rename(&mut self, id: UserId, from: &Arc<str>, effects: &mut Effects, reply: Option<&mut Reply>) {
        let Some(user) = self.world.user(id).cloned() else { return };
        let account = self.world.account_name(&user).cloned();
        let mut line = self.about(&user, account.as_ref(), Body::Nick { nick: user.nick.as_str() });
        line.source = from;
        self.deliver(line, &Hearers::Conns(&self.acquainted(&user)), Own::Echo, effects, reply);
    }

    /// Something about a person, to themselves, everybody who shares a room with them and who watches them closely.
    fn show_person(
        &mut self,
        id: UserId,
        body: impl for<'b> Fn(&'b User) -> Body<'b>,
        effects: &mut Effects,
        reply: Option<&mut Reply>,
    ) {
        let Some(user) = self.world.user(id).cloned() else { return };
        let account = self.world.account_name(&user).cloned();
        let line = self.about(&user, account.as_ref(), body(&user));
        self.deliver(line, &Hearers::Conns(&self.interested(&user)), Own::Echo, effects, reply);
    }

    fn interested(&self, user: &User) -> Vec<ConnId> {
        let mut conns = self.acquainted(user);
        conns.extend(self.close_watchers(user));
        conns.sort_unstable();
        conns.dedup();
        conns
    }

    /// Away or back, to those who share a room or watch closely (ircv3.net "away-notify"), but not to oneself; or, for who comes into a
    /// room and is away, to those in it.
    pub(super) fn show_away(&mut self, id: UserId, joined: Option<RoomId>, effects: &mut Effects) {
        let Some(user) = self.world.user(id).cloned() else { return };
        if joined.is_some() && user.away.is_none() {
            return;
        }
        let account = self.world.account_name(&user).cloned();
        let own = self.devices_of(id);
        let mut hearers = match joined {
            Some(room) => self.witnesses_in(room, id),
            None => self.interested(&user),
        };
        hearers.retain(|conn| !own.contains(conn));
        let line = self.about(&user, account.as_ref(), Body::Away { reason: user.away.as_deref() });
        self.deliver(line, &Hearers::Conns(&hearers), Own::Silence, effects, None);
    }

    /// A message: to those it is for, to the other devices of who said it, and as an echo to who asked for that
    /// (ircv3.net "echo-message").
    fn show_message(&mut self, by: UserId, said: &Message<'_>, effects: &mut Effects, reply: Option<&mut Reply>) {
        let Some(user) = self.world.user(by) else { return };
        let (source, account) = (user.source.clone(), self.world.account_name(user).cloned());
        let Some(target) = self.target_name(said.to) else { return };
        let line = Line {
            source: &source,
            account: account.as_ref().map(AccountName::as_str),
            at: said.at,
            id: Some(self.ids.write(said.id)),
            tags: said.tags,
            body: Body::Message { kind: said.kind, target: &target, text: said.text },
        };
        let origin = reply.as_ref().map(|reply| reply.conn);
        let echoes = origin.is_some_and(|conn| self.caps_of(conn).contains(Caps::ECHO_MESSAGE));
        let own = if echoes { Own::Echo } else { Own::Silence };
        let hearers = match said.to {
            Target::Room(room) if self.world.room(room).is_some_and(|room| room.present.contains_key(&by)) => {
                return self.deliver(line, &Hearers::Room(room), own, effects, reply);
            }
            to => self.conversation_conns(by, to, origin),
        };
        if let Some(reply) = reply {
            self.answer(&mut Rendering::new(line.clone()), own, reply);
        }
        // What one says to oneself arrives as anybody's would, besides the echo and without its label
        // (ircv3.net "Labeled responses", "Tags").
        self.deliver(line, &Hearers::Conns(&hearers), Own::Silence, effects, None);
    }

    /// A message that was said before is echoed as it was then, and told to nobody else.
    pub(super) fn show_repeat(&mut self, by: UserId, said: &Repeat<'_>, reply: &mut Reply) {
        let Some(user) = self.world.user(by) else { return };
        let (source, account) = (user.source.clone(), self.world.account_name(user).cloned());
        let line = Line {
            source: &source,
            account: account.as_ref().map(AccountName::as_str),
            at: said.at,
            id: Some(self.ids.write(MessageId::Kept(said.seq))),
            tags: said.tags,
            body: Body::Message { kind: said.kind, target: said.target, text: said.text },
        };
        let own = if self.caps_of(reply.conn).contains(Caps::ECHO_MESSAGE) { Own::Echo } else { Own::Silence };
        self.answer(&mut Rendering::new(line), own, reply);
    }

    /// Who hears what `by` says to one person, to some of a room or from outside into it; their own other devices as
    /// well.
    pub(super) fn conversation_conns(&self, by: UserId, to: Target, origin: Option<ConnId>) -> Vec<ConnId> {
        let mut hearers = match to {
            Target::User(other) => self.devices_of(other),
            Target::Room(room) => self.room_conns(room).collect(),
            Target::Ranked(room, rank) => self.ranked_conns(room, rank, by),
            Target::Moderators(room) => self.ranked_conns(room, Ranks::HALF_OPERATOR, by),
            Target::Account(_) => Vec::new(),
        };
        if to != Target::User(by) {
            hearers.extend(self.devices_of(by).into_iter().filter(|conn| Some(*conn) != origin));
        }
        hearers
    }

    pub(super) fn target_name(&self, target: Target) -> Option<String> {
        match target {
            Target::Room(room) | Target::Moderators(room) => self.room_name(room).map(|name| name.as_str().to_owned()),
            Target::Ranked(room, rank) => {
                let name = self.room_name(room)?;
                Some(rank.prefixes().chain(name.as_str().chars()).collect())
            }
            Target::User(user) => self.world.user(user).map(|user| user.nick.as_str().to_owned()),
            Target::Account(account) => self.world.account(account).map(|known| known.row.name.as_str().to_owned()),
        }
    }

    pub(super) fn room_name(&self, room: RoomId) -> Option<RoomName> {
        self.world.room(room).map(|room| room.row.name.clone())
    }

    /// A line about something that is recorded.
    pub(super) fn event<'a>(&self, record: &'a Record, body: Body<'a>) -> Line<'a> {
        let account = record.account.as_ref().map(AccountName::as_str);
        let id = Some(self.ids.write(MessageId::Kept(record.seq)));
        Line { source: &record.source, account, at: record.at, id, tags: &record.tags, body }
    }

    /// A line about somebody who came or went, recorded or not.
    pub(super) fn coming_and_going<'a>(
        &self,
        user: &'a User,
        account: Option<&'a AccountName>,
        trace: &Trace,
        body: Body<'a>,
    ) -> Line<'a> {
        let id = Some(self.ids.write(trace.id()));
        Line { id, ..self.about(user, account, body) }
    }

    /// A line about a person that is not recorded.
    pub(super) fn about<'a>(&self, user: &'a User, account: Option<&'a AccountName>, body: Body<'a>) -> Line<'a> {
        Line {
            source: &user.source,
            account: account.map(AccountName::as_str),
            at: self.clock,
            id: None,
            tags: user.own_tags(),
            body,
        }
    }
}

/// A message, by reference.
struct Message<'a> {
    to: Target,
    at: UnixMs,
    id: MessageId,
    kind: RecordKind,
    tags: &'a str,
    text: &'a str,
}

/// A message that was said before, at `seq` and `at`.
pub(super) struct Repeat<'a> {
    pub(super) target: &'a str,
    pub(super) seq: Seq,
    pub(super) at: UnixMs,
    pub(super) kind: RecordKind,
    pub(super) tags: &'a str,
    pub(super) text: &'a str,
}
