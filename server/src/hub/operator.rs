//! What the operator of the server asks for, and the end of the server.

use klatch_protocol::{AccountName, Caps, LineBuilder};

use super::{
    Hub,
    bans::Wish,
    io::{
        AuthJob, AuthOutcome, AuthRequest, ConnId, Effects, News, Now, OperatorAnswer, OperatorVerb, Present, Rank,
        Secret, Send, Status, Ticket, Urgency, Write,
    },
    turn::standard_reply,
    world::Command,
};

/// Seconds before the end at which everybody is reminded of it.
const REMINDERS: [u64; 6] = [600, 300, 60, 30, 10, 5];

/// Who did it, where the operator who runs the server did.
const CONSOLE: &str = "the console";

/// The most bytes of a password that the operator gives. More would not fit into a SASL exchange.
const MAX_PASSWORD: usize = 1024;

/// An end that was announced.
#[derive(Debug)]
pub(super) struct Shutdown {
    /// When, by the monotonic clock.
    at: u64,
    /// Why.
    reason: Option<String>,
    /// Seconds before the end at which something is still to be said; the last is the next one.
    reminders: Vec<u64>,
}

impl Shutdown {
    /// When something is to be said or done.
    pub(super) fn next(&self) -> u64 {
        let reminder = self.reminders.first().map_or(0, |seconds| seconds.saturating_mul(1_000));
        self.at.saturating_sub(reminder)
    }
}

impl Hub {
    /// Does what the operator wants.
    pub(super) fn obey(&mut self, now: Now, ticket: Ticket, verb: OperatorVerb, effects: &mut Effects) {
        let answer = match verb {
            // Answered when the hash is there.
            OperatorVerb::AddAccount { name, password } => {
                match self.hash_for_account(ticket, &name, &password, effects) {
                    Ok(()) => return,
                    Err(reason) => OperatorAnswer::Refused(reason),
                }
            }
            OperatorVerb::Ban { target, length, reason } => {
                let (by, rank, conn) = (CONSOLE, Rank::Owner, None);
                done(self.ban(&Wish { by, rank, conn, target: &target, length, reason: &reason }, effects))
            }
            OperatorVerb::Unban { target } => done(self.unban(CONSOLE, &target, effects)),
            OperatorVerb::Bans => OperatorAnswer::Bans(self.world.bans(self.clock).cloned().collect()),
            OperatorVerb::Audit => OperatorAnswer::Audit(self.deeds.iter().cloned().collect()),
            OperatorVerb::Who => OperatorAnswer::Who(self.who_is_here()),
            OperatorVerb::Status => OperatorAnswer::Status(self.status()),
            OperatorVerb::Kick { user, reason } => self.disconnect_user(&user, reason, effects),
            OperatorVerb::Say(text) => self.say_to_all(&text, effects),
            OperatorVerb::Invite { code } => self.add_invite(code, effects),
            OperatorVerb::Shutdown { delay, reason } => self.plan_shutdown(now, delay, reason, effects),
            OperatorVerb::Restart { reason } => {
                self.end("SERVER_RESTART", &[], "Server restarting", reason.as_deref(), effects);
                OperatorAnswer::Done("Restarting; everybody was told to come back.".into())
            }
        };
        effects.operator.push((ticket, answer));
    }

    fn who_is_here(&self) -> Vec<Present> {
        let present = self.world.users().filter_map(|user| {
            let session = self.devices.get(&user.id)?.first().and_then(|conn| self.sessions.get(conn))?;
            Some(Present {
                nick: user.nick.as_str().to_owned(),
                display: user.display.clone(),
                peer: session.peer.clone(),
                since: user.since,
                away: user.away.is_some(),
                rank: user.rank,
            })
        });
        present.collect()
    }

    fn status(&self) -> Status {
        Status {
            connections: self.sessions.len(),
            online: self.world.online_count(),
            accounts: self.world.account_count(),
            rooms: self.world.room_count(),
            records: self.world.record_count(),
        }
    }

    fn disconnect_user(&mut self, nick: &str, reason: Option<String>, effects: &mut Effects) -> OperatorAnswer {
        let Some(user) = self.world.by_nick(nick) else {
            return OperatorAnswer::Refused(format!("{nick} is not here; `who` lists who is."));
        };
        let (id, nick) = (user.id, user.nick.clone());
        let reason = reason.map_or_else(|| "Disconnected by the operator".to_owned(), |r| clean(&r));
        for conn in self.devices_of(id) {
            self.kick_out(conn, &reason, effects);
        }
        self.put_on_record(CONSOLE, format!("disconnected {nick} ({reason})"), effects);
        OperatorAnswer::Done(format!("{nick} was disconnected."))
    }

    fn say_to_all(&mut self, text: &str, effects: &mut Effects) -> OperatorAnswer {
        let text = clean(text);
        if text.is_empty() {
            return OperatorAnswer::Refused("There is nothing to say.".into());
        }
        // A notice to the lobby's name would look like a member's; one to each nick is the server's own.
        let users: Vec<_> = self.world.users().map(|user| (user.id, user.nick.clone())).collect();
        for (user, nick) in &users {
            let line =
                LineBuilder::new().source(&self.policy.server_name).command("NOTICE").param(nick).trailing(&text);
            let bytes = bytes::Bytes::from(line.end());
            effects.sends.extend(self.devices_of(*user).into_iter().map(|conn| Send::One(conn, bytes.clone())));
        }
        OperatorAnswer::Done(format!("Said to {} here.", users.len()))
    }

    fn add_invite(&mut self, code: String, effects: &mut Effects) -> OperatorAnswer {
        let done = OperatorAnswer::Done(format!("{code} makes one account."));
        match self.apply(Command::AddInvite { code }, effects, None) {
            Ok(_) => {
                self.put_on_record(CONSOLE, "made an invitation".to_owned(), effects);
                done
            }
            Err(_) => OperatorAnswer::Refused("The code could not be added.".into()),
        }
    }

    /// Asks for the hash of a new account's password.
    fn hash_for_account(
        &mut self,
        asked: Ticket,
        name: &str,
        password: &Secret,
        effects: &mut Effects,
    ) -> Result<(), String> {
        let account = AccountName::under(self.policy.casemapping, name)
            .map_err(|fault| format!("The name {} {fault}.", clean(name)))?;
        self.world.check_free(&account, None).map_err(|_| taken(&account))?;
        if !(1..=MAX_PASSWORD).contains(&password.reveal().len()) {
            return Err(format!("A password has 1 to {MAX_PASSWORD} bytes."));
        }
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.new_accounts.insert(ticket, (asked, account));
        let job = AuthJob::Hash { password: password.reveal().clone() };
        effects.auth.push(AuthRequest { ticket, urgency: Urgency::Known, from: None, job });
        Ok(())
    }

    /// The hash is there: makes the account, if its name is still free. Whether it was asked for here at all.
    pub(super) fn finish_account(&mut self, ticket: Ticket, outcome: &AuthOutcome, effects: &mut Effects) -> bool {
        let Some((asked, name)) = self.new_accounts.remove(&ticket) else { return false };
        let answer = match outcome {
            AuthOutcome::Hashed(hash) => {
                let (done, command) = (name.clone(), Command::AddAccount { name, hash: hash.clone() });
                match self.apply(command, effects, None) {
                    Ok(_) => {
                        self.put_on_record(CONSOLE, format!("made the account {done}"), effects);
                        OperatorAnswer::Done(format!("The account {done} was made."))
                    }
                    Err(_) => OperatorAnswer::Refused(taken(&done)),
                }
            }
            _ => OperatorAnswer::Refused("Too many log in just now; try again in a moment.".into()),
        };
        effects.operator.push((asked, answer));
        true
    }

    fn plan_shutdown(&mut self, now: Now, delay: u64, reason: Option<String>, effects: &mut Effects) -> OperatorAnswer {
        let reason = reason.map(|reason| clean(&reason)).filter(|reason| !reason.is_empty());
        effects.news.push(News::ShuttingDown { delay, reason: reason.clone() });
        let seconds = delay.div_ceil(1_000);
        let reminders = REMINDERS.into_iter().filter(|before| before.saturating_mul(1_000) < delay).collect();
        self.shutdown = Some(Shutdown { at: now.mono.saturating_add(delay), reason, reminders });
        if delay == 0 {
            self.advance_shutdown(now, effects);
            return OperatorAnswer::Done("The server ends now.".into());
        }
        self.announce(seconds, effects);
        OperatorAnswer::Done(format!("The server ends in {seconds} seconds; everybody was told."))
    }

    /// Reminds of the end, and ends when its time has come.
    pub(super) fn advance_shutdown(&mut self, now: Now, effects: &mut Effects) {
        let Some(plan) = &mut self.shutdown else { return };
        if now.mono >= plan.at {
            let reason = plan.reason.take();
            self.end("SERVER_SHUTDOWN", &["0"], "Server shutting down", reason.as_deref(), effects);
            return;
        }
        let left = (plan.at - now.mono).div_ceil(1_000);
        let before = plan.reminders.len();
        plan.reminders.retain(|seconds| *seconds < left);
        if plan.reminders.len() < before {
            self.announce(left, effects);
        }
    }

    fn announce(&mut self, seconds: u64, effects: &mut Effects) {
        let reason = self.shutdown.as_ref().and_then(|plan| plan.reason.as_deref());
        let text = with_reason(&format!("The server shuts down in {seconds} seconds"), reason);
        self.note_to_all("SERVER_SHUTDOWN", &[&seconds.to_string()], &text, effects);
    }

    /// Everybody is told and disconnected, and the server ends.
    fn end(&mut self, code: &str, context: &[&str], text: &str, reason: Option<&str>, effects: &mut Effects) {
        let text = with_reason(text, reason);
        self.note_to_all(code, context, &text, effects);
        let error = super::error_line(&text);
        for conn in self.all_conns() {
            effects.sends.push(Send::One(conn, error.clone()));
            effects.sends.push(Send::Close(conn));
        }
        let at = self.clock;
        let seen = self.world.users().filter_map(|user| user.account);
        effects.writes.extend(seen.map(|account| Write::Seen { account, at }));
        effects.stop = true;
        self.stopped = true;
    }

    /// NOTE to all who understand it, NOTICE to the others (ircv3.net "standard replies").
    fn note_to_all(&mut self, code: &str, context: &[&str], text: &str, effects: &mut Effects) {
        let server = &self.policy.server_name;
        let note = bytes::Bytes::from(standard_reply(server, "NOTE", "*", code, context, text));
        let notice = LineBuilder::new().source(server).command("NOTICE").param("*").trailing(text).end();
        let notice = bytes::Bytes::from(notice);
        for conn in self.all_conns() {
            let modern = self.caps_of(conn).contains(Caps::STANDARD_REPLIES);
            effects.sends.push(Send::One(conn, if modern { note.clone() } else { notice.clone() }));
        }
    }

    /// All connections, registered or not.
    pub(super) fn all_conns(&self) -> Vec<ConnId> {
        let mut conns: Vec<ConnId> = self.sessions.keys().copied().collect();
        conns.sort_unstable();
        conns
    }
}

fn taken(name: &AccountName) -> String {
    format!("The name {name} is taken.")
}

fn with_reason(text: &str, reason: Option<&str>) -> String {
    reason.map_or_else(|| text.to_owned(), |reason| format!("{text}: {reason}"))
}

/// What an operator typed, as one line.
fn clean(text: &str) -> String {
    text.replace(['\0', '\r', '\n'], " ").trim().to_owned()
}

fn done(outcome: Result<String, String>) -> OperatorAnswer {
    outcome.map_or_else(OperatorAnswer::Refused, OperatorAnswer::Done)
}
