//! Where scripts play: a hub, the store of `--ephemeral`, and what each connection was sent. No time passes but what the
//! script says, and no real hash is computed.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::IpAddr,
    sync::Arc,
};

use klatch_protocol::{UnixMs, scram::Keys};
use klatch_server::{
    hub::{
        Hub,
        io::{
            Answer, AuthJob, AuthOutcome, AuthRequest, ConnId, Credentials, Effects, FrameFault, Input, News, Now,
            OperatorAnswer, OperatorVerb, Peer, Query, Send, Ticket, Write,
        },
        policy::Policy,
    },
    store::{Memory, Store},
};

/// The owner code of every script.
pub(crate) const OWNER_CODE: &str = "owner-code";

/// Everything a script acts upon.
pub(crate) struct Stage {
    pub(crate) policy: Policy,
    hub: Option<Hub>,
    store: Memory,
    now: Now,
    conns: HashMap<String, ConnId>,
    inboxes: HashMap<ConnId, VecDeque<String>>,
    closed: HashSet<ConnId>,
    last_conn: u64,
    /// Where the next connections come from.
    pub(crate) address: IpAddr,
    pub(crate) answers: VecDeque<OperatorAnswer>,
    pub(crate) news: VecDeque<News>,
    pub(crate) stopped: bool,
    /// The most bytes that one input had the hub send.
    pub(crate) most_sent: usize,
    /// Password work is kept back while this is on.
    pub(crate) auth_waits: bool,
    /// Password work is answered with "busy".
    pub(crate) auth_busy: bool,
    auth: VecDeque<AuthRequest>,
    /// The hashes that passwords were compared with.
    pub(crate) verified: Vec<Option<Arc<str>>>,
    /// Questions are kept back while this is on.
    pub(crate) store_waits: bool,
    /// Questions are answered with a failure.
    pub(crate) store_says: Option<Answer>,
    queries: VecDeque<(Ticket, Query)>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let policy = Policy {
            server_name: "klatch.test".into(),
            network: "Test".into(),
            motd: vec!["Be kind.".into()],
            account_required: false,
            lobby: None,
            flood: None,
            ..Policy::default()
        };
        Stage {
            policy,
            hub: None,
            store: Memory::new(0xbeef, OWNER_CODE.to_owned()),
            now: Now { wall: UnixMs(1_700_000_000_000), mono: 5_000 },
            conns: HashMap::new(),
            inboxes: HashMap::new(),
            closed: HashSet::new(),
            last_conn: 0,
            address: [127, 0, 0, 1].into(),
            answers: VecDeque::new(),
            news: VecDeque::new(),
            stopped: false,
            most_sent: 0,
            auth_waits: false,
            auth_busy: false,
            auth: VecDeque::new(),
            verified: Vec::new(),
            store_waits: false,
            store_says: None,
            queries: VecDeque::new(),
        }
    }

    /// How much the hub knows and how much the store would tell another one: their lengths, written out.
    pub(crate) fn remembered(&mut self) -> (usize, usize) {
        (format!("{:?}", self.hub()).len(), format!("{:?}", self.store.load().unwrap()).len())
    }

    /// What an earlier run of the server left in the store.
    pub(crate) fn keep(&mut self, writes: &[Write]) {
        assert!(self.hub.is_none(), "the hub has looked already");
        self.store.commit(writes).unwrap();
    }

    pub(crate) fn connect(&mut self, who: &str, secure: bool) {
        self.last_conn += 1;
        let conn = ConnId(self.last_conn);
        self.conns.insert(who.to_owned(), conn);
        self.inboxes.insert(conn, VecDeque::new());
        let peer = Peer { addr: self.address, port: 40_000, secure };
        self.input(Input::Open { conn, peer });
    }

    pub(crate) fn line(&mut self, who: &str, line: &str) {
        let conn = self.conn(who);
        self.input(Input::Line { conn, line: line.to_owned() });
    }

    pub(crate) fn fault(&mut self, who: &str, fault: FrameFault) {
        let conn = self.conn(who);
        self.input(Input::BadFrame { conn, fault });
    }

    pub(crate) fn disconnect(&mut self, who: &str, reason: &str) {
        let conn = self.conn(who);
        self.closed.insert(conn);
        self.input(Input::Closed { conn, reason: reason.to_owned() });
    }

    pub(crate) fn operator(&mut self, verb: OperatorVerb) {
        self.input(Input::Operator { ticket: Ticket(0), verb });
    }

    /// The next line `who` was sent.
    pub(crate) fn next_line(&mut self, who: &str) -> Option<String> {
        let conn = self.conn(who);
        self.inboxes.get_mut(&conn)?.pop_front()
    }

    pub(crate) fn forget_lines(&mut self, who: &str) {
        let conn = self.conn(who);
        self.inboxes.insert(conn, VecDeque::new());
    }

    pub(crate) fn is_closed(&self, who: &str) -> bool {
        self.closed.contains(&self.conn(who))
    }

    /// Whether `who` is connected. Nobody is after a restart.
    pub(crate) fn is_open(&self, who: &str) -> bool {
        self.conns.get(who).is_some_and(|conn| !self.closed.contains(conn))
    }

    /// Time passes; whatever is due on the way happens.
    pub(crate) fn wait(&mut self, ms: u64) {
        let end = self.now.mono + ms;
        loop {
            let due = self.hub().next_deadline().filter(|due| *due <= end);
            let to = due.unwrap_or(end).max(self.now.mono);
            self.now.wall.0 += i64::try_from(to - self.now.mono).unwrap();
            self.now.mono = to;
            if due.is_none() {
                return;
            }
            self.input(Input::Tick);
        }
    }

    /// The server is killed and comes up again with what the store kept.
    pub(crate) fn restart(&mut self) {
        self.hub = None;
        self.stopped = false;
        self.conns.clear();
        self.hub();
    }

    /// The settings of the stage are read again, if that goes well, and count from now on.
    pub(crate) fn reload(&mut self, outcome: Result<String, String>) {
        if outcome.is_ok() {
            let policy = Box::new(self.policy.clone());
            self.input(Input::Decide { ticket: Ticket(0), policy });
        }
        self.input(Input::Reread { outcome });
    }

    /// Lets go of what was kept back.
    pub(crate) fn go_on(&mut self) {
        self.auth_waits = false;
        self.store_waits = false;
        self.answer_questions();
    }

    fn conn(&self, who: &str) -> ConnId {
        *self.conns.get(who).unwrap_or_else(|| panic!("{who} is not connected"))
    }

    fn hub(&mut self) -> &mut Hub {
        let (policy, store, started) = (&self.policy, &self.store, self.now.wall);
        self.hub.get_or_insert_with(|| Hub::new(policy.clone(), store.load().unwrap(), started))
    }

    fn input(&mut self, input: Input) {
        let (now, mut effects) = (self.now, Effects::default());
        self.hub().handle(now, input, &mut effects);
        self.perform(effects);
        self.answer_questions();
    }

    fn perform(&mut self, effects: Effects) {
        self.store.commit(&effects.writes).unwrap();
        let bytes = |send: &Send| match send {
            Send::One(_, bytes) | Send::Many(_, bytes) => bytes.len(),
            Send::Close(_) => 0,
        };
        self.most_sent = self.most_sent.max(effects.sends.iter().map(bytes).sum());
        for send in effects.sends {
            match send {
                Send::One(conn, bytes) => self.deliver(conn, &bytes),
                Send::Many(all, bytes) => all.iter().for_each(|conn| self.deliver(conn, &bytes)),
                Send::Close(conn) => {
                    assert!(self.closed.insert(conn), "closed twice");
                }
            }
        }
        self.queries.extend(effects.queries);
        self.auth.extend(effects.auth);
        self.news.extend(effects.news);
        self.answers.extend(effects.operator.into_iter().map(|(_, answer)| answer));
        self.stopped |= effects.stop;
    }

    fn deliver(&mut self, conn: ConnId, bytes: &[u8]) {
        assert!(!self.closed.contains(&conn), "sent to a closed connection");
        let text = std::str::from_utf8(bytes).unwrap();
        let lines = text.strip_suffix("\r\n").expect("lines end with CR LF").split("\r\n");
        self.inboxes.entry(conn).or_default().extend(lines.map(str::to_owned));
    }

    fn answer_questions(&mut self) {
        while !self.store_waits
            && let Some((ticket, query)) = self.queries.pop_front()
        {
            let answer = self.store_says.clone().unwrap_or_else(|| self.store.query(&query));
            self.input(Input::Answer { ticket, answer });
        }
        while !self.auth_waits
            && let Some(AuthRequest { ticket, job, .. }) = self.auth.pop_front()
        {
            let outcome = match job {
                _ if self.auth_busy => AuthOutcome::Busy,
                AuthJob::Hash { password } => {
                    let keys = Keys::derive(&password, b"salt", 2);
                    AuthOutcome::Hashed(format!("hash-of-{} {keys}", *password).into())
                }
                AuthJob::Verify { hash, password } => {
                    self.verified.push(hash.clone());
                    let right = format!("hash-of-{}", *password);
                    AuthOutcome::Verified(hash.is_some_and(|hash| Credentials::parse(&hash).hash == right))
                }
            };
            self.input(Input::Auth { ticket, outcome });
        }
    }
}
