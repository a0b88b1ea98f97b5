//! Logging in and the rule of one device: a log-in while another connection of the account is open takes its place at
//! once if the client can do that, and otherwise asks the other whether it is alive (docs/protocol.md, "One account, one
//! device").

use std::sync::Arc;

use klatch_protocol::{Caps, LineBuilder, Nick, Numeric, scram};

use super::{
    Hub, error_line,
    io::{AccountId, AuthOutcome, ConnId, Effects, News, Now, Rank, Send, Ticket},
    session::{Job, Pending},
    throttle::Attempt,
    turn::{Turn, standard_reply},
    world::{Command, source_of},
};

impl Hub {
    /// Password work is done.
    pub(super) fn resume_auth(&mut self, now: Now, ticket: Ticket, outcome: AuthOutcome, effects: &mut Effects) {
        if self.finish_account(ticket, &outcome, effects) {
            return;
        }
        let Some(Pending { job, reply, .. }) = self.take_pending(ticket) else { return };
        let conn = reply.conn;
        self.turn(now, reply, effects, |turn| match job {
            Job::LogIn { account, name, attempt } => turn.resume_log_in(account, &name, attempt, outcome),
            Job::BecomeOperator { name, rank, right, attempt } => {
                turn.resume_operator(&name, rank, right, attempt, &outcome);
            }
            Job::SignUp { name, attempt } => match outcome {
                AuthOutcome::Hashed(hash) => turn.sign_up(&name, hash),
                _ => {
                    turn.hub.throttle.give_back(attempt);
                    turn.fail("REGISTER", "TEMPORARILY_UNAVAILABLE", &[name.as_str()], TOO_BUSY);
                }
            },
            // Tickets are never shared, so no other job can wait for this outcome.
            Job::Probe { .. } | Job::History { .. } | Job::Targets | Job::Search | Job::Say(_) | Job::Redact(_) => {}
        });
        self.pump(now, conn, effects);
    }

    /// A connection said something: if it was asked whether it is alive, who waits for the answer is refused.
    pub(super) fn show_life(&mut self, now: Now, conn: ConnId, effects: &mut Effects) {
        for newcomer in self.probed.remove(&conn).unwrap_or_default() {
            self.resume_probe(now, newcomer, effects, |turn, _| turn.refuse_device());
        }
    }

    /// A connection is gone: who waited for it may go on, and it waits for nobody any more.
    pub(super) fn end_probes(&mut self, conn: ConnId) {
        for waiting in self.probed.values_mut() {
            waiting.retain(|newcomer| *newcomer != conn);
        }
        self.unblocked.extend(self.probed.remove(&conn).unwrap_or_default());
    }

    /// The older connections that `newcomer` waits for stayed silent for too long: they are dead.
    pub(super) fn end_probe(&mut self, newcomer: ConnId, effects: &mut Effects) {
        let silent = self.probed.iter().filter(|(_, waiting)| waiting.contains(&newcomer));
        let mut silent: Vec<ConnId> = silent.map(|(conn, _)| *conn).collect();
        silent.sort_unstable();
        for other in silent {
            self.expel(other, "No sign of life when the account logged in again", effects);
        }
    }

    /// Lets those go on whose obstacle is gone, unless there is another.
    pub(super) fn go_on(&mut self, now: Now, effects: &mut Effects) {
        while let Some(newcomer) = self.unblocked.pop_front() {
            if !self.probed.values().any(|waiting| waiting.contains(&newcomer)) {
                self.resume_probe(now, newcomer, effects, |turn, account| {
                    turn.log_in(account);
                });
            }
        }
    }

    fn resume_probe(
        &mut self,
        now: Now,
        newcomer: ConnId,
        effects: &mut Effects,
        work: impl FnOnce(&mut Turn<'_>, AccountId),
    ) {
        let Some(session) = self.sessions.get_mut(&newcomer) else { return };
        let Some(Pending { job: Job::Probe { account, .. }, reply, .. }) =
            session.pending.take_if(|pending| matches!(pending.job, Job::Probe { .. }))
        else {
            return;
        };
        for waiting in self.probed.values_mut() {
            waiting.retain(|conn| *conn != newcomer);
        }
        self.turn(now, reply, effects, |turn| work(turn, account));
        self.pump(now, newcomer, effects);
    }

    /// The other connections that proved an account.
    fn other_logins(&self, account: AccountId, conn: ConnId) -> Vec<ConnId> {
        let known = self.logins.get(&account).map(Vec::as_slice).unwrap_or_default();
        known.iter().copied().filter(|other| *other != conn).collect()
    }

    /// A connection has nothing to do with an account any more.
    pub(super) fn forget_login(&mut self, account: AccountId, conn: ConnId) {
        if let Some(conns) = self.logins.get_mut(&account) {
            conns.retain(|known| *known != conn);
            if conns.is_empty() {
                self.logins.remove(&account);
            }
        }
    }

    /// Before an end after which a client must not come back by itself: why, in a form that programs understand.
    pub(super) fn tell_not_to_return(&self, conn: ConnId, code: &str, text: &str, effects: &mut Effects) {
        if self.caps_of(conn).contains(Caps::STANDARD_REPLIES) {
            let line = standard_reply(&self.policy.server_name, "FAIL", "*", code, &[], text);
            effects.sends.push(Send::One(conn, line.into()));
        }
    }

    /// Another device takes over.
    fn evict(&mut self, conn: ConnId, effects: &mut Effects) {
        let text = "Your account was taken over from another device";
        self.tell_not_to_return(conn, "TAKEN_OVER", text, effects);
        effects.sends.push(Send::One(conn, error_line(text)));
        effects.sends.push(Send::Close(conn));
        self.drop_connection(conn, "Taken over from another device", effects);
    }
}

/// What is said when too much password work waits.
const TOO_BUSY: &str = "Too busy now; try again in a moment";

impl Turn<'_> {
    fn resume_log_in(&mut self, account: Option<AccountId>, name: &str, attempt: Attempt, outcome: AuthOutcome) {
        match (account, outcome) {
            (_, AuthOutcome::Busy | AuthOutcome::Hashed(_)) => {
                self.hub.throttle.give_back(attempt);
                self.fail_or_notice("AUTHENTICATE", "TEMPORARILY_UNAVAILABLE", TOO_BUSY);
                self.refuse(Numeric::ERR_SASLFAIL, &[]);
            }
            // Without an account it was somebody else's hash.
            (None, _) | (_, AuthOutcome::Verified(false)) => self.reject_log_in(name),
            (Some(account), outcome) => {
                self.attempt_was_right(name, attempt);
                if let AuthOutcome::Renewed(hash) = outcome {
                    // Only an account that is gone could be refused.
                    let _ = self.apply(Command::SetHash { account, hash });
                }
                self.log_in(account);
            }
        }
    }

    fn resume_operator(
        &mut self,
        name: &str,
        rank: Option<Rank>,
        right: bool,
        attempt: Attempt,
        outcome: &AuthOutcome,
    ) {
        let right = match outcome {
            AuthOutcome::Verified(verdict) => right || *verdict,
            AuthOutcome::Renewed(_) => true,
            AuthOutcome::Busy | AuthOutcome::Hashed(_) => {
                self.hub.throttle.give_back(attempt);
                return self.numeric(Numeric::RPL_TRYAGAIN, &["OPER", TOO_BUSY]);
            }
        };
        match rank.filter(|_| right) {
            Some(rank) => {
                self.attempt_was_right(name, attempt);
                self.become_operator(name, rank);
            }
            None => self.reject_operator(name),
        }
    }

    /// What is verified for a name that no account has, so that it takes as long as for one that has: the hash of some
    /// account, always the same for a name. `None` where there are no accounts.
    pub(super) fn hash_of_nobody(&self, name: &str) -> Option<Arc<str>> {
        let number = scram::number_of_nobody(self.hub.secret.reveal().as_bytes(), self.world().fold(name).as_str());
        self.world().some_account(number).map(|account| account.row.hash.clone())
    }

    /// The password was right; the rule of one device decides what comes next.
    pub(super) fn log_in(&mut self, account: AccountId) {
        if self.is_account_banned(account) {
            return;
        }
        let others = self.hub.other_logins(account, self.conn());
        if others.is_empty() || self.hub.policy.many_devices {
            return self.finish_log_in(account);
        }
        if self.caps().contains(Caps::TAKE_OVER) {
            for other in others {
                self.hub.evict(other, self.effects);
            }
            return self.finish_log_in(account);
        }
        let until = self.now.mono.saturating_add(self.hub.policy.probe_within);
        let conn = self.conn();
        self.hub.deadlines.at_latest(conn, until);
        for other in others {
            self.hub.ping(other, self.effects);
            self.hub.probed.entry(other).or_default().push(conn);
        }
        self.park(Job::Probe { account, until });
    }

    /// The other device is alive, and it stays.
    fn refuse_device(&mut self) {
        let text = "The account is in use on another device; leave there first";
        self.fail_or_notice("AUTHENTICATE", "ACCOUNT_IN_USE", text);
        self.refuse(Numeric::ERR_SASLFAIL, &[]);
    }

    /// A wrong name and a wrong password look the same.
    pub(super) fn reject_log_in(&mut self, name: &str) {
        let peer = self.session().peer.clone();
        self.effects.news.push(News::LoginFailed { account: name.to_owned(), peer });
        self.refuse(Numeric::ERR_SASLFAIL, &[]);
    }

    /// 900 and 903 come before what the log-in changes, so that nothing stands between the client and its answer.
    fn finish_log_in(&mut self, account: AccountId) {
        let me = self.me();
        if me.is_some() && self.world().person_of(account).is_some_and(|person| Some(person.id) != me) {
            return self.refuse_device();
        }
        self.remember_login(account);
        self.tell_logged_in();
        self.tell_display_name(account);
        self.refuse(Numeric::RPL_SASLSUCCESS, &[]);
        if let Some(user) = me {
            // The account's person is who asks, or is not here, so nothing is refused.
            let _ = self.apply(Command::LogIn { user, account });
        }
        self.try_to_register();
    }

    /// From now on this connection is the account's.
    pub(super) fn remember_login(&mut self, account: AccountId) {
        let conn = self.conn();
        if let Some(before) = self.session().account.replace(account) {
            self.hub.forget_login(before, conn);
        }
        self.hub.logins.entry(account).or_default().push(conn);
        if !self.hub.policy.nick_is_account {
            return;
        }
        let name = self.world().account(account).map(|known| Nick::from(&known.row.name));
        if let Some(registration) = self.session().registration() {
            registration.nick = name;
        }
    }

    /// While a connection registers: that the account's display name counts, where USER said another (ircv3.net "setname":
    /// servers "directly inform clients about such a change").
    fn tell_display_name(&mut self, account: AccountId) {
        if !self.hub.policy.nick_is_account || !self.caps().contains(Caps::SETNAME) {
            return;
        }
        let Some(display) = self.world().account(account).map(|known| known.row.display.clone()) else { return };
        let registration = self.session().registration().filter(|known| known.ident.is_some());
        if registration.is_some_and(|known| known.display != display) {
            let source = self.own_source();
            let line = LineBuilder::new().source(source).command("SETNAME").trailing(display);
            self.reply.push(line.end());
        }
    }

    /// The connection as others see it or will.
    fn own_source(&mut self) -> Arc<str> {
        let ident = self.session().registration().and_then(|registration| registration.ident.clone());
        let nick = self.nick();
        match self.myself() {
            Some(user) => user.source.clone(),
            None => source_of(&nick, ident.as_deref().unwrap_or("*")),
        }
    }

    /// RPL_LOGGEDIN (ircv3.net "SASL 3.1", "Numerics").
    pub(super) fn tell_logged_in(&mut self) {
        let account = self.session().account;
        let Some(name) = account.and_then(|id| self.world().account(id)).map(|known| known.row.name.clone()) else {
            return;
        };
        let source = self.own_source();
        let text = format!("You are now logged in as {name}");
        self.numeric(Numeric::RPL_LOGGEDIN, &[&source, name.as_str(), &text]);
    }
}
