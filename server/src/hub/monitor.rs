//! Whose coming and going each connection wants to hear of (ircv3.net "Monitor"), by nick, whether or not anybody has it.

use std::collections::{BTreeSet, HashMap};

use klatch_protocol::{Caps, Folded, Nick, Numeric, encode::MAX_LINE};

use super::{
    Hub,
    io::{ConnId, Effects, Send},
    numerics,
    world::{User, UserId},
};

/// The nicks a connection may watch (ISUPPORT `MONITOR`).
pub(super) const MAX_WATCHED: usize = 100;

/// Who watches whom. Each connection watches at most [`MAX_WATCHED`] nicks, so this is as bounded as connections are.
#[derive(Debug, Default)]
pub(super) struct Watches {
    watchers: HashMap<Folded, BTreeSet<ConnId>>,
    /// As they were asked for, in that order.
    lists: HashMap<ConnId, Vec<Nick>>,
}

impl Watches {
    /// From now on `conn` watches `nick`. `false` when its list is full.
    pub(super) fn add(&mut self, conn: ConnId, nick: &Nick) -> bool {
        let list = self.lists.entry(conn).or_default();
        if list.contains(nick) {
            return true;
        }
        if list.len() >= MAX_WATCHED {
            return false;
        }
        list.push(nick.clone());
        self.watchers.entry(nick.folded().clone()).or_default().insert(conn);
        true
    }

    /// `conn` does not watch `nick` any more.
    pub(super) fn remove(&mut self, conn: ConnId, nick: &Nick) {
        if let Some(list) = self.lists.get_mut(&conn) {
            list.retain(|known| known != nick);
        }
        self.unwatch(conn, nick.folded());
    }

    /// `conn` watches nobody any more.
    pub(super) fn clear(&mut self, conn: ConnId) {
        for nick in self.lists.remove(&conn).unwrap_or_default() {
            self.unwatch(conn, nick.folded());
        }
    }

    /// Whom `conn` watches.
    pub(super) fn list(&self, conn: ConnId) -> &[Nick] {
        self.lists.get(&conn).map(Vec::as_slice).unwrap_or_default()
    }

    /// Who watches `nick`.
    pub(super) fn of(&self, nick: &Folded) -> impl Iterator<Item = ConnId> {
        self.watchers.get(nick).into_iter().flatten().copied()
    }

    fn unwatch(&mut self, conn: ConnId, nick: &Folded) {
        if let Some(watchers) = self.watchers.get_mut(nick) {
            watchers.remove(&conn);
            if watchers.is_empty() {
                self.watchers.remove(nick);
            }
        }
    }
}

impl Hub {
    /// 730 to those who watch the nick that somebody has now.
    pub(super) fn tell_online(&self, user: UserId, effects: &mut Effects) {
        if let Some(user) = self.world.user(user) {
            self.tell_watchers(user.nick.folded(), Numeric::RPL_MONONLINE, &user.source, effects);
        }
    }

    /// 731 to those who watch a nick that nobody has any more, written as it last was.
    pub(super) fn tell_offline(&self, nick: &str, effects: &mut Effects) {
        self.tell_watchers(&self.world.fold(nick), Numeric::RPL_MONOFFLINE, nick, effects);
    }

    /// Somebody has another nick; a change of case only is none.
    pub(super) fn tell_renamed(&mut self, user: UserId, from: &str, effects: &mut Effects) {
        let before = from.split('!').next().unwrap_or_default();
        let Some(known) = self.world.user(user) else { return };
        if self.policy.casemapping.same(known.nick.as_str(), before) {
            return;
        }
        if let Ok(nick) = Nick::under(self.policy.casemapping, before) {
            self.past.remember(nick, known, self.clock);
        }
        self.tell_offline(before, effects);
        self.tell_online(user, effects);
    }

    fn tell_watchers(&self, nick: &Folded, numeric: Numeric, text: &str, effects: &mut Effects) {
        let conns: Vec<ConnId> = self.watches.of(nick).filter(|conn| self.sessions.contains_key(conn)).collect();
        if !conns.is_empty() {
            let line = numerics::line(&self.policy.server_name, numeric, "*", &[text]);
            effects.sends.push(Send::Many(conns.into_iter().collect(), line.into()));
        }
    }

    /// The connections that hear what somebody does besides coming and going (ircv3.net "extended-monitor").
    pub(super) fn close_watchers(&self, user: &User) -> impl Iterator<Item = ConnId> {
        self.watches.of(user.nick.folded()).filter(|conn| self.caps_of(*conn).contains(Caps::EXTENDED_MONITOR))
    }

    /// Nicks in as few comma-separated texts as fit in a line besides `head` bytes.
    pub(super) fn in_lines(&self, nicks: &[String], head: usize) -> Vec<String> {
        let space = MAX_LINE.saturating_sub(self.policy.server_name.len() + head + Nick::MAX + ":  000  :\r\n".len());
        let mut lines: Vec<String> = Vec::new();
        for nick in nicks {
            match lines.last_mut().filter(|line| line.len() + 1 + nick.len() <= space) {
                Some(line) => {
                    line.push(',');
                    line.push_str(nick);
                }
                None => lines.push(nick.clone()),
            }
        }
        lines
    }
}
