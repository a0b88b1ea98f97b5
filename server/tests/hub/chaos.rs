//! Whatever several connections send in whatever order: nothing panics, nobody is sent to after the end, and every line
//! that goes out is one that a client can read.

use klatch_server::hub::{
    io::{FrameFault, OperatorAnswer, OperatorVerb},
    policy::Flood,
};
use proptest::prelude::*;

use crate::{hostile::check_line, stage::Stage};

const PEOPLE: [&str; 4] = ["amy1", "bob2", "cid3", "dan4"];

/// Words that get further than chance would.
const WORDS: &[&str] = &[
    "PRIVMSG",
    "NOTICE",
    "TAGMSG",
    "JOIN",
    "PART",
    "QUIT",
    "NICK",
    "USER",
    "PASS",
    "PING",
    "PONG",
    "MODE",
    "TOPIC",
    "KICK",
    "INVITE",
    "NAMES",
    "LIST",
    "WHO",
    "WHOIS",
    "WHOWAS",
    "MONITOR",
    "LINKS",
    "OPER",
    "KILL",
    "WALLOPS",
    "KLINE",
    "UNKLINE",
    "STATS",
    "REHASH",
    "ACCEPT",
    "ISON",
    "USERHOST",
    "AWAY",
    "SETNAME",
    "CAP",
    "LS",
    "REQ",
    "END",
    "302",
    "AUTHENTICATE",
    "PLAIN",
    "+",
    "*",
    "REGISTER",
    "VERIFY",
    "CHATHISTORY",
    "MARKREAD",
    "METADATA",
    "SET",
    "SUB",
    "SYNC",
    "status",
    "draft/metadata-3",
    "REDACT",
    "BATCH",
    "+b",
    "-b",
    "draft/multiline",
    "@batch=b",
    "@batch=b;draft/multiline-concat",
    "draft/multiline draft/read-marker draft/message-redaction",
    "LATEST",
    "BEFORE",
    "BETWEEN",
    "TARGETS",
    "MOTD",
    "LUSERS",
    "VERSION",
    "TIME",
    "INFO",
    "ADMIN",
    "HELP",
    "#room",
    "#tea",
    "#room,#tea",
    "0",
    "amy1",
    "bob2",
    "cid3",
    "dan4",
    "amy1,bob2",
    "+o",
    "-o",
    "+i",
    "-i+nt",
    "secret-word",
    "owner-code",
    "10",
    "<3",
    "C>1",
    ":hello there",
    ":",
    "::x",
    "@label=1",
    "@+a=b;label=2",
    "timestamp=2023-11-14T22:13:20.000Z",
    "msgid=0000beef3",
    "server-time",
    ":batch labeled-response echo-message message-tags draft/chathistory draft/event-playback",
    ":extended-join away-notify account-notify setname klatch.chat/take-over sasl account-tag userhost-in-names",
    "AGFteTEAc2VjcmV0LXdvcmQ=",
    "AGJvYjIAc2VjcmV0LXdvcmQ=",
    "é",
    "😃",
    "\u{202e}",
    "\u{1}ACTION x\u{1}",
];

#[derive(Debug, Clone)]
enum Event {
    Line(usize, String),
    Fault(usize, u8),
    Reconnect(usize),
    Register(usize, bool),
    Wait(u64),
    Operator(u8),
    Hold(bool),
}

fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        12 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
        1 => (1usize..400).prop_map(|n| "x".repeat(n)),
    ];
    let command = prop::sample::select(&WORDS[..56]);
    prop_oneof![
        8 => (command, prop::collection::vec(word.clone(), 0..5))
            .prop_map(|(command, words)| format!("{command} {}", words.join(" "))),
        2 => prop::collection::vec(word, 0..6).prop_map(|words| words.join(" ")),
        1 => "\\PC{0,60}",
        1 => (400usize..500).prop_map(|n| format!("PRIVMSG #room :{}", "y".repeat(n))),
        1 => Just("a\rb\0c".to_owned()),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let who = 0..PEOPLE.len();
    prop_oneof![
        30 => (who.clone(), line()).prop_map(|(who, line)| Event::Line(who, line)),
        4 => (who.clone(), any::<bool>()).prop_map(|(who, sasl)| Event::Register(who, sasl)),
        1 => (who.clone(), 0..3u8).prop_map(|(who, fault)| Event::Fault(who, fault)),
        1 => who.prop_map(Event::Reconnect),
        1 => (0..100_000u64).prop_map(Event::Wait),
        1 => (0..6u8).prop_map(Event::Operator),
        2 => any::<bool>().prop_map(Event::Hold),
    ]
}

fn play(stage: &mut Stage, event: Event) {
    match event {
        Event::Line(who, line) => {
            if stage.is_closed(PEOPLE[who]) {
                stage.connect(PEOPLE[who], true);
                come_in(stage, who, false);
            }
            stage.line(PEOPLE[who], &line);
        }
        Event::Fault(who, fault) => {
            let fault = match fault {
                0 => FrameFault::TooLong,
                1 => FrameFault::NotUtf8 { head: "@label=é PRIVMSG".to_owned() },
                _ => FrameFault::Endless,
            };
            stage.fault(PEOPLE[who], fault);
        }
        Event::Reconnect(who) => {
            stage.disconnect(PEOPLE[who], "gone");
            stage.connect(PEOPLE[who], true);
        }
        Event::Register(who, make) => come_in(stage, who, make),
        Event::Wait(ms) => stage.wait(ms),
        Event::Operator(verb) => stage.operator(match verb {
            0 => OperatorVerb::Who,
            1 => OperatorVerb::Status,
            2 => OperatorVerb::Kick { user: "amy1".into(), reason: Some("\u{1b}[31m\r\n".repeat(200)) },
            3 => OperatorVerb::Say("hear ".repeat(200)),
            4 => OperatorVerb::Ban { target: "bob2*".into(), length: Some(5_000), reason: "é\n".repeat(300) },
            _ => OperatorVerb::Shutdown { delay: 3_600_000_000, reason: Some("é".repeat(500)) },
        }),
        Event::Hold(true) => (stage.auth_waits, stage.store_waits) = (true, true),
        Event::Hold(false) => stage.go_on(),
    }
}

/// Registers; every second person with all capabilities that change what is sent.
fn come_in(stage: &mut Stage, who: usize, make_account: bool) {
    let nick = PEOPLE[who];
    let caps = "server-time message-tags account-tag echo-message labeled-response batch extended-join";
    if who.is_multiple_of(2) {
        stage.line(nick, &format!("CAP REQ :{caps} draft/chathistory draft/event-playback away-notify setname"));
    }
    stage.line(nick, &format!("NICK {nick}"));
    stage.line(nick, "USER u 0 * :Some Body");
    if make_account {
        stage.line(nick, "REGISTER * * secret-word");
    }
    stage.line(nick, "CAP END");
    stage.line(nick, "JOIN #room,#tea");
}

/// How many accounts and records there are.
fn figures(stage: &mut Stage) -> (usize, u64) {
    stage.answers.clear();
    stage.operator(OperatorVerb::Status);
    match stage.answers.pop_front() {
        Some(OperatorAnswer::Status(status)) => (status.accounts, status.records),
        other => panic!("no status: {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_a_client_sends_does_harm(
        events in prop::collection::vec(event(), 1..120),
        many in any::<bool>(),
        lobby in any::<bool>(),
        required in any::<bool>(),
        ready in prop::bool::weighted(0.8),
        metered in any::<bool>(),
    ) {
        let mut stage = Stage::new();
        stage.policy.many_devices = many;
        stage.policy.operator_accounts.extend(klatch_protocol::AccountName::new("amy1"));
        stage.policy.account_required = required;
        stage.policy.flood = metered.then(Flood::default);
        if lobby {
            stage.policy.lobby = klatch_protocol::RoomName::new("#lobby").ok();
        }
        for (who, name) in PEOPLE.into_iter().enumerate() {
            stage.connect(name, false);
            if ready {
                come_in(&mut stage, who, required);
            }
        }
        for event in events {
            play(&mut stage, event);
            for who in PEOPLE {
                while let Some(line) = stage.next_line(who) {
                    check_line(&line);
                }
            }
        }
        // What the store kept makes the same chat again.
        stage.go_on();
        let before = figures(&mut stage);
        stage.restart();
        prop_assert_eq!(before, figures(&mut stage));
    }
}
