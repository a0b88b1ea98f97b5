//! The chat itself: pure, synchronous, infallible. Lines and answers in, bytes and writes out. No tokio, no clock, no
//! SQL, no chance: those are inputs (see [`io`]).
//!
//! [`Hub`] owns the sessions and the world and takes one [`Input`] at a time. A line becomes a `turn::Turn`, finds its
//! command in `commands/`, which asks the world to change; `publish` tells what changed to everybody whom it concerns.

mod attempts;
mod audience;
mod bans;
mod commands;
mod deadlines;
mod decisions;
mod deeds;
mod deliver;
pub mod io;
mod login;
mod metadata;
mod monitor;
mod msgid;
mod multiline;
mod numerics;
mod operator;
mod past;
pub mod persist;
mod personal;
pub mod policy;
mod publish;
mod render;
mod reply;
mod retention;
mod room_news;
mod room_view;
mod session;
mod steady;
mod throttle;
mod timing;
mod turn;
mod welcome;
pub mod world;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use klatch_protocol::{AccountName, LineBuilder, Message, Numeric, UnixMs};

use self::{
    audience::Audiences,
    deadlines::Deadlines,
    io::{AccountId, ConnId, Deed, Effects, FrameFault, Input, News, Now, Peer, Secret, Snapshot, Ticket},
    monitor::Watches,
    msgid::Ids,
    operator::Shutdown,
    past::Pasts,
    policy::{Flood, Policy},
    reply::Reply,
    session::{Bucket, Received, Session},
    throttle::Throttle,
    world::{Command, Refusal, UserId, World},
};

/// The chat. See the module.
#[derive(Debug)]
pub struct Hub {
    policy: Arc<Policy>,
    world: World,
    sessions: HashMap<ConnId, Session>,
    /// The connections of everybody who is here, oldest first.
    devices: HashMap<UserId, Vec<ConnId>>,
    /// How many connections these are.
    chatting: usize,
    /// The connections that proved an account, registered or not.
    logins: HashMap<AccountId, Vec<ConnId>>,
    /// Connections that have to show that they are alive, and who waits for that.
    probed: HashMap<ConnId, Vec<ConnId>>,
    /// Those of them whose obstacle went away during the present input.
    unblocked: VecDeque<ConnId>,
    /// Who waits for which answer.
    tickets: HashMap<Ticket, ConnId>,
    /// Accounts the operator is making: who asked, and the name, by the ticket of the hash.
    new_accounts: HashMap<Ticket, (Ticket, AccountName)>,
    /// Who asked for the operator's decisions to be read again and has not heard how that went.
    rehashing: Vec<ConnId>,
    /// Of the store; see [`Snapshot::secret`].
    secret: Secret,
    /// The allowances of accounts that spoke since the start.
    buckets: HashMap<AccountId, Bucket>,
    /// How often what was tried.
    throttle: Throttle,
    deadlines: Deadlines,
    audiences: Audiences,
    watches: Watches,
    past: Pasts,
    /// What operators did lately, oldest first.
    deeds: VecDeque<Deed>,
    ids: Ids,
    shutdown: Option<Shutdown>,
    /// The end was announced and everybody disconnected; nothing counts any more.
    stopped: bool,
    /// The wall clock of the present input.
    clock: UnixMs,
    started: UnixMs,
    last_ticket: u64,
    last_batch: u64,
    last_nonce: u64,
    /// When the oldest records are looked at again, by the monotonic clock.
    look_at: u64,
    /// How many records there were at the last look.
    looked_upto: u64,
    most_online: usize,
}

impl Hub {
    /// A chat as the store remembers it, with nobody here.
    #[must_use]
    pub fn new(policy: Policy, mut snapshot: Snapshot, started: UnixMs) -> Self {
        let policy = Arc::new(policy);
        let deeds = std::mem::take(&mut snapshot.deeds).into();
        let ids = Ids { epoch: snapshot.epoch, started };
        let secret = snapshot.secret.clone();
        let throttle = Throttle::new(std::mem::take(&mut snapshot.known_addresses));
        let clock = snapshot.last_time.unwrap_or(started);
        Hub {
            world: World::new(policy.clone(), snapshot),
            policy,
            sessions: HashMap::new(),
            devices: HashMap::new(),
            chatting: 0,
            logins: HashMap::new(),
            probed: HashMap::new(),
            unblocked: VecDeque::new(),
            tickets: HashMap::new(),
            new_accounts: HashMap::new(),
            rehashing: Vec::new(),
            secret,
            buckets: HashMap::new(),
            throttle,
            deadlines: Deadlines::default(),
            audiences: Audiences::default(),
            watches: Watches::default(),
            past: Pasts::default(),
            deeds,
            ids,
            shutdown: None,
            stopped: false,
            clock,
            started,
            last_ticket: 0,
            last_batch: 0,
            last_nonce: 0,
            look_at: 0,
            looked_upto: 0,
            most_online: 0,
        }
    }

    /// Takes one thing that happened and adds what has to be done to `effects`.
    pub fn handle(&mut self, now: Now, input: Input, effects: &mut Effects) {
        if self.stopped {
            return;
        }
        let now = Now { wall: steady::steady(self.clock, now.wall), ..now };
        self.clock = now.wall;
        match input {
            Input::Open { conn, peer } => self.open(now, conn, peer, effects),
            // Any line may hold a password, so all are wiped when they are done.
            Input::Line { conn, line } => self.receive(now, conn, Received::Line(line.into()), effects),
            Input::BadFrame { conn, fault } => self.receive(now, conn, Received::Fault(fault), effects),
            Input::Closed { conn, reason } => self.drop_connection(conn, &reason, effects),
            Input::Answer { ticket, answer } => self.resume_history(now, ticket, answer, effects),
            Input::Auth { ticket, outcome } => self.resume_auth(now, ticket, outcome, effects),
            Input::Tick => self.tick(now, effects),
            Input::Operator { ticket, verb } => self.obey(now, ticket, verb, effects),
            Input::Decide { ticket, policy } => self.decide(now, ticket, *policy, effects),
            Input::Reread { outcome } => self.tell_reread(now, &outcome, effects),
        }
        self.go_on(now, effects);
    }

    /// When [`Input::Tick`] has to come, in milliseconds of the monotonic clock.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        let shutdown = self.shutdown.as_ref().map(Shutdown::next);
        self.deadlines.first().into_iter().chain(shutdown).chain(self.next_look()).min().filter(|_| !self.stopped)
    }

    fn open(&mut self, now: Now, conn: ConnId, peer: Peer, effects: &mut Effects) {
        let session = Session::new(peer, now.mono, self.policy.register_within);
        self.deadlines.at_latest(conn, session.register_by);
        self.sessions.insert(conn, session);
        if let Some(text) = self.ban_on(conn).map(bans::sentence) {
            self.expel(conn, &text, effects);
        }
    }

    /// Something came in. It is done at once, unless something earlier still waits.
    fn receive(&mut self, now: Now, conn: ConnId, received: Received, effects: &mut Effects) {
        let flood = self.flood_for(conn);
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        session.heard = now.mono;
        session.pinged = false;
        session.queued += received.bytes();
        session.queue.push_back(received);
        let backlog = flood.map_or(usize::MAX, |flood| flood.backlog).min(timing::MAX_BACKLOG);
        if session.queued > backlog {
            self.expel(conn, "Excess Flood", effects);
            return;
        }
        self.pump(now, conn, effects);
        // After the line, which may have been QUIT: who leaves does not keep others out.
        self.show_life(now, conn, effects);
    }

    /// How the lines of a connection are metered, if they are.
    fn flood_for(&self, conn: ConnId) -> Option<Flood> {
        let exempt = |session: &Session| io::listed(&self.policy.exempt, session.peer.addr);
        self.policy.flood.filter(|_| !self.sessions.get(&conn).is_some_and(exempt))
    }

    /// When the next line may be done: connections of one account share an allowance, besides their own.
    fn ready(&self, conn: ConnId, flood: Flood, now: u64) -> u64 {
        let Some(session) = self.sessions.get(&conn) else { return now };
        let shared = session.account.and_then(|account| self.buckets.get(&account));
        let shared = shared.map_or(now, |bucket| bucket.ready(flood.of_account(), now));
        session.bucket.ready(flood, now).max(shared)
    }

    /// Takes tokens for a line, if lines are metered there.
    fn charge(&mut self, now: Now, conn: ConnId, tokens: u32) {
        let (Some(flood), Some(session)) = (self.flood_for(conn), self.sessions.get_mut(&conn)) else { return };
        session.bucket.take(tokens, flood, now.mono);
        if let Some(account) = session.account {
            self.buckets.entry(account).or_default().take(tokens, flood.of_account(), now.mono);
        }
    }

    /// Does what waits, as far as the flood bucket, answers from elsewhere and what is to be sent already allow.
    fn pump(&mut self, now: Now, conn: ConnId, effects: &mut Effects) {
        let flood = self.flood_for(conn);
        while let Some(session) = self.sessions.get_mut(&conn).filter(|session| session.pending.is_none()) {
            let Some(next) = session.queue.front() else { return };
            let bytes = next.bytes();
            if effects.is_full() {
                self.deadlines.at_latest(conn, now.mono);
                return;
            }
            if let Some(flood) = flood
                && let ready = self.ready(conn, flood, now.mono)
                && ready > now.mono
            {
                self.deadlines.at_latest(conn, ready);
                return;
            }
            self.charge(now, conn, 1);
            let Some(session) = self.sessions.get_mut(&conn) else { return };
            session.queued -= bytes;
            match session.queue.pop_front() {
                Some(Received::Line(line)) => self.run_line(now, conn, &line, effects),
                Some(Received::Fault(fault)) => self.answer_fault(now, conn, fault, effects),
                None => return,
            }
        }
    }

    fn answer_fault(&mut self, now: Now, conn: ConnId, fault: FrameFault, effects: &mut Effects) {
        match fault {
            FrameFault::TooLong => {
                self.turn(now, Reply::new(conn), effects, |turn| turn.refuse(Numeric::ERR_INPUTTOOLONG, &[]));
            }
            // ircv3.net "UTF8ONLY", "Server behavior".
            FrameFault::NotUtf8 { head } => {
                let reply = Reply::to_line(conn, &head, self.caps_of(conn));
                let command = Message::parse(&head).map_or("*", |message| message.command);
                self.turn(now, reply, effects, |turn| {
                    turn.fail(command, "INVALID_UTF8", &[], "The message is not UTF-8, which this server requires");
                });
            }
            FrameFault::Endless => self.expel(conn, "Line without an end", effects),
        }
    }

    /// Changes the world and tells of it; whether anything changed.
    fn apply(&mut self, command: Command, effects: &mut Effects, reply: Option<&mut Reply>) -> Result<bool, Refusal> {
        let changes = self.world.apply(self.clock, command)?;
        let changed = !changes.is_empty();
        self.publish(changes, effects, reply);
        Ok(changed)
    }

    /// The connection gets `ERROR` and is closed.
    fn expel(&mut self, conn: ConnId, reason: &str, effects: &mut Effects) {
        if self.sessions.contains_key(&conn) {
            effects.sends.push(io::Send::One(conn, error_line(reason)));
            effects.sends.push(io::Send::Close(conn));
            self.drop_connection(conn, reason, effects);
        }
    }

    /// As [`Hub::expel`], because an operator of the server wants it.
    fn kick_out(&mut self, conn: ConnId, reason: &str, effects: &mut Effects) {
        self.tell_not_to_return(conn, "KICKED_BY_OPERATOR", reason, effects);
        self.expel(conn, reason, effects);
    }

    /// Forgets a connection; the last one of a person takes them along.
    fn drop_connection(&mut self, conn: ConnId, reason: &str, effects: &mut Effects) {
        let Some(session) = self.sessions.remove(&conn) else { return };
        self.deadlines.remove(conn);
        self.watches.clear(conn);
        if let Some(ticket) = session.pending.as_ref().and_then(|pending| pending.ticket) {
            self.tickets.remove(&ticket);
            effects.given_up.push(ticket);
        }
        if let Some(account) = session.account {
            self.forget_login(account, conn);
        }
        if let Some(user) = session.user() {
            self.chatting -= 1;
            self.forget_audiences_of(user);
            let left = self.devices.get_mut(&user).map_or(0, |devices| {
                devices.retain(|known| *known != conn);
                devices.len()
            });
            if left == 0 {
                self.devices.remove(&user);
                self.say_goodbye(user, session.peer, reason, effects);
            }
        }
        self.end_probes(conn);
    }

    /// The last connection of somebody is gone.
    fn say_goodbye(&mut self, user: UserId, peer: Peer, reason: &str, effects: &mut Effects) {
        let Some(known) = self.world.user(user) else { return };
        let (display, nick) = (known.display.clone(), known.nick.as_str().to_owned());
        effects.news.push(News::Disconnected { display, nick, peer, reason: reason.to_owned() });
        // Gone is gone: the only refusal there is would be that they are not here.
        let _ = self.apply(Command::Leave { user, reason: reason.to_owned() }, effects, None);
    }

    /// A name for a batch, not used before on any connection.
    fn next_batch(&mut self) -> String {
        self.last_batch += 1;
        format!("b{}", self.last_batch)
    }

    /// Sends a finished reply; closes the connection if that was its end.
    fn finish(&mut self, mut reply: Reply, effects: &mut Effects) {
        let (conn, closing) = (reply.conn, reply.closing.take());
        let policy = self.policy.clone();
        reply.send(&policy.server_name, || self.next_batch(), effects);
        if let Some(reason) = closing {
            effects.sends.push(io::Send::Close(conn));
            self.drop_connection(conn, &reason, effects);
        }
    }
}

/// The last line of a connection (RFC 2812 section 3.7.4).
fn error_line(reason: &str) -> Bytes {
    LineBuilder::new().command("ERROR").trailing(reason).end().into()
}
