//! Whatever clients send, in whatever order: the hub never panics, everything it says is a line of the protocol within its
//! limits, it says nothing to who is gone, and what it wrote is what it finds again after a restart.

use std::collections::HashSet;

use klatch_protocol::{Message, UnixMs, encode::MAX_LINE, tags::MAX_TAGS};
use klatch_server::{
    hub::{
        Hub,
        io::{
            AuthJob, AuthOutcome, ConnId, Effects, FrameFault, Input, Now, OperatorAnswer, OperatorVerb, Peer, Send,
            Status, Ticket,
        },
        policy::Policy,
    },
    store::{Memory, Store},
};
use proptest::prelude::*;

/// Something that happens to the hub.
#[derive(Debug, Clone)]
enum Step {
    Open,
    Line(usize, String),
    Fault(usize, FrameFault),
    Close(usize),
    Pass(u64),
    Operator(OperatorVerb),
}

/// The hub with a store, and what the network knows of its connections.
struct House {
    hub: Hub,
    store: Memory,
    policy: Policy,
    now: Now,
    open: Vec<ConnId>,
    gone: HashSet<ConnId>,
}

impl House {
    fn new(policy: Policy) -> Self {
        let store = Memory::new(7, "owner-code".to_owned());
        let now = Now { wall: UnixMs(1_700_000_000_000), mono: 0 };
        let hub = Hub::new(policy.clone(), store.load().expect("an empty store loads"), now.wall);
        House { hub, store, policy, now, open: Vec::new(), gone: HashSet::new() }
    }

    fn take(&mut self, step: Step) {
        let conn = |house: &House, index: usize| house.open.get(index % house.open.len().max(1)).copied();
        let input = match step {
            Step::Open => {
                let conn = ConnId((self.open.len() + self.gone.len()) as u64);
                self.open.push(conn);
                let peer = Peer { addr: [127, 0, 0, 1].into(), port: 4000, secure: conn.0.is_multiple_of(2) };
                Some(Input::Open { conn, peer })
            }
            Step::Line(index, line) => conn(self, index).map(|conn| Input::Line { conn, line }),
            Step::Fault(index, fault) => conn(self, index).map(|conn| Input::BadFrame { conn, fault }),
            Step::Close(index) => conn(self, index).map(|conn| {
                self.forget(conn);
                Input::Closed { conn, reason: "Connection closed".to_owned() }
            }),
            Step::Pass(ms) => {
                self.now = Now { wall: UnixMs(self.now.wall.0 + ms as i64), mono: self.now.mono + ms };
                Some(Input::Tick)
            }
            Step::Operator(verb) => Some(Input::Operator { ticket: Ticket(0), verb }),
        };
        if let Some(input) = input {
            self.settle(input);
        }
    }

    /// Hands an input in, and the answers to everything that the hub asks because of it.
    fn settle(&mut self, input: Input) -> Option<OperatorAnswer> {
        let mut waiting = vec![input];
        let mut told = None;
        while let Some(input) = waiting.pop() {
            let mut effects = Effects::default();
            self.hub.handle(self.now, input, &mut effects);
            self.store.commit(&effects.writes).expect("memory takes everything");
            for send in &effects.sends {
                self.check(send);
            }
            for (ticket, query) in effects.queries {
                waiting.push(Input::Answer { ticket, answer: self.store.query(&query) });
            }
            for (ticket, job) in effects.auth {
                let outcome = match job {
                    AuthJob::Hash { password } => AuthOutcome::Hashed(password.as_str().into()),
                    AuthJob::Verify { hash, password } => {
                        AuthOutcome::Verified(hash.as_deref() == Some(password.as_str()))
                    }
                };
                waiting.push(Input::Auth { ticket, outcome });
            }
            told = effects.operator.pop().map(|(_, answer)| answer).or(told);
        }
        told
    }

    fn check(&mut self, send: &Send) {
        let (conns, bytes) = match send {
            Send::One(conn, bytes) => (vec![*conn], bytes),
            Send::Many(conns, bytes) => (conns.to_vec(), bytes),
            Send::Close(conn) => {
                assert!(!self.gone.contains(conn), "closed twice: {conn:?}");
                return self.forget(*conn);
            }
        };
        for conn in conns {
            assert!(!self.gone.contains(&conn), "something is said to who is gone: {conn:?}");
        }
        let text = std::str::from_utf8(bytes).expect("lines are UTF-8");
        for line in text.strip_suffix("\r\n").expect("lines end with CR LF").split("\r\n") {
            assert!(!line.contains(['\0', '\r', '\n']), "{line:?}");
            let message = Message::parse(line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
            let tags = message.tags.raw().len();
            assert!(tags + 2 <= MAX_TAGS, "too many tags: {line:?}");
            let body = line.len() - if tags == 0 { 0 } else { tags + 2 } + 2;
            assert!(body <= MAX_LINE, "{body} bytes: {line:?}");
        }
    }

    fn forget(&mut self, conn: ConnId) {
        self.open.retain(|known| *known != conn);
        self.gone.insert(conn);
    }

    fn status(&mut self) -> Status {
        match self.settle(Input::Operator { ticket: Ticket(0), verb: OperatorVerb::Status }) {
            Some(OperatorAnswer::Status(status)) => status,
            other => panic!("no status: {other:?}"),
        }
    }
}

const COMMANDS: &[&str] = &[
    "PRIVMSG",
    "TAGMSG",
    "NOTICE",
    "PING",
    "PONG",
    "JOIN",
    "PART",
    "NAMES",
    "LIST",
    "KICK",
    "INVITE",
    "TOPIC",
    "MODE",
    "CHATHISTORY",
    "WHO",
    "WHOIS",
    "ISON",
    "USERHOST",
    "AWAY",
    "SETNAME",
    "CAP",
    "PASS",
    "NICK",
    "USER",
    "QUIT",
    "AUTHENTICATE",
    "REGISTER",
    "VERIFY",
    "MOTD",
    "LUSERS",
    "VERSION",
    "TIME",
    "INFO",
    "ADMIN",
    "HELP",
    "FOO",
    "001",
];

const WORDS: &[&str] = &[
    "amyp",
    "rory",
    "river",
    "AMYP",
    "#lobby",
    "#room",
    "#LOBBY",
    "#",
    "*",
    "",
    ":",
    "+o",
    "-o",
    "+oooo",
    "+b",
    "+nt",
    "0",
    "-1",
    "50",
    "99999999999",
    "LATEST",
    "BEFORE",
    "AFTER",
    "BETWEEN",
    "AROUND",
    "TARGETS",
    "timestamp=2023-11-14T22:13:20.000Z",
    "timestamp=x",
    "msgid=000000071",
    "msgid=000000072",
    "msgid=x",
    "LS",
    "302",
    "REQ",
    "ACK",
    "END",
    "LIST",
    "PLAIN",
    "+",
    "amyp,rory",
    "#lobby,#room",
    "#lobby,,",
    ">0",
    "C<9",
    "*a*",
    "owner-code",
    "klatch.local",
    "secret99",
    "o",
    "%tcuh",
];

fn parameter() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => "[!-~]{1,12}",
        1 => "\\PC{0,20}",
        1 => "[a-z漢é ]{1,3}".prop_map(|word| word.repeat(130)),
    ]
}

fn any_line() -> impl Strategy<Value = String> {
    let tags = prop::sample::select(vec![
        "",
        "",
        "",
        "@label=abc ",
        "@+typing=active ",
        "@+a=b\\s;label=x;+c ",
        "@time=1;msgid=2 ",
    ]);
    let parts = (tags, prop::sample::select(COMMANDS), prop::collection::vec(parameter(), 0..5), any::<bool>());
    parts.prop_map(|(tags, command, parameters, trailing)| {
        let mut line = format!("{tags}{command}");
        for (index, parameter) in parameters.iter().enumerate() {
            line.push_str(if trailing && index + 1 == parameters.len() { " :" } else { " " });
            line.push_str(&parameter.replace(['\0', '\r', '\n'], ""));
        }
        // What is longer never gets through the framer.
        let body =
            line.split_once(' ').map_or(0, |(first, _)| if first.starts_with('@') { first.len() + 1 } else { 0 });
        let end = line.floor_char_boundary(body + MAX_LINE - 2);
        line.truncate(end);
        line
    })
}

fn step() -> impl Strategy<Value = Step> {
    let verb = prop_oneof![
        Just(OperatorVerb::Who),
        Just(OperatorVerb::Say("x".repeat(600))),
        Just(OperatorVerb::Kick { user: "rory".into(), reason: Some("\u{1b}[31m".repeat(200)) }),
        Just(OperatorVerb::Invite { code: "code".into() }),
        Just(OperatorVerb::Shutdown { delay: 3_600_000, reason: Some("é".repeat(500)) }),
    ];
    let fault = prop::sample::select(vec![FrameFault::TooLong, FrameFault::NotUtf8, FrameFault::Endless]);
    prop_oneof![
        1 => Just(Step::Open),
        40 => (0_usize..4, any_line()).prop_map(|(conn, line)| Step::Line(conn, line)),
        1 => (0_usize..4, fault).prop_map(|(conn, fault)| Step::Fault(conn, fault)),
        1 => (0_usize..4).prop_map(Step::Close),
        2 => (0_u64..200_000).prop_map(Step::Pass),
        1 => verb.prop_map(Step::Operator),
    ]
}

/// Three people come in, so that most of what follows finds somebody there.
fn arrival(index: usize, nick: &str, caps: &str) -> Vec<Step> {
    let lines = [
        "CAP LS 302".to_owned(),
        format!("CAP REQ :{caps}"),
        format!("NICK {nick}"),
        format!("USER {nick} 0 * :{}", "Display ".repeat(12)),
        "REGISTER * * secret99".to_owned(),
        "CAP END".to_owned(),
        "JOIN #room".to_owned(),
    ];
    std::iter::once(Step::Open).chain(lines.into_iter().map(|line| Step::Line(index, line))).collect()
}

fn play(policy: Policy, steps: Vec<Step>) {
    let mut house = House::new(policy);
    let everything = "message-tags server-time account-tag account-notify extended-join echo-message batch labeled-response \
                      draft/chathistory standard-replies setname multi-prefix userhost-in-names away-notify draft/event-playback";
    let arrivals = [arrival(0, "amyp", everything), arrival(1, "rory", "echo-message"), arrival(2, "river", "batch")];
    for step in arrivals.into_iter().flatten().chain(steps) {
        house.take(step);
    }
    let before = house.status();
    let snapshot = house.store.load().expect("the store loads");
    house.hub = Hub::new(house.policy.clone(), snapshot, house.now.wall);
    let after = house.status();
    assert_eq!((before.accounts, before.records), (after.accounts, after.records));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_that_clients_send_breaks_the_hub(steps in prop::collection::vec(step(), 0..120)) {
        play(Policy { flood: None, ..Policy::default() }, steps);
    }

    #[test]
    fn nor_where_guests_may_come_in_and_accounts_have_many_devices(steps in prop::collection::vec(step(), 0..120)) {
        play(Policy { account_required: false, many_devices: true, ..Policy::default() }, steps);
    }
}
