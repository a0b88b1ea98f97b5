//! Bounds of what more than one person is needed to reach, or all together share, driven over by real lines.

use klatch_protocol::UnixMs;
use klatch_server::hub::{
    io::{Ban, BanId, OperatorAnswer, OperatorVerb, Secret, Write},
    policy::{Flood, OperatorLogin, Proof},
};

use crate::stage::Stage;

/// Somebody who is in, and may become an operator.
fn stage() -> Stage {
    open_to_operators(Stage::new())
}

fn open_to_operators(mut stage: Stage) -> Stage {
    let proof = Proof::Password(Secret::from("secret".to_owned()));
    stage.policy.operator_logins.push(OperatorLogin { name: "root".to_owned(), proof });
    enter(&mut stage, "amanda");
    stage
}

fn enter(stage: &mut Stage, name: &str) {
    stage.connect(name, false);
    [format!("NICK {name}"), format!("USER {name} 0 * :N")].iter().for_each(|line| stage.line(name, line));
    stage.forget_lines(name);
}

/// What comes back for a line.
fn answers(stage: &mut Stage, line: &str) -> String {
    stage.line("amanda", line);
    std::iter::from_fn(|| stage.next_line("amanda")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_server_knows_ten_thousand_bans_and_no_more() {
    let target = |number: u64| format!("10.{}.{}.1", number / 250, number % 250);
    let known = |number: u64| Ban {
        id: BanId(number + 1),
        target: target(number).parse().unwrap(),
        reason: "spam".to_owned(),
        by: "the console".to_owned(),
        at: UnixMs(0),
        until: None,
    };
    let mut stage = Stage::new();
    stage.keep(&(0..9_990).map(|number| Write::AddBan(known(number))).collect::<Vec<_>>());
    let mut stage = open_to_operators(stage);
    let ban = |stage: &mut Stage, number: u64, length: Option<u64>| {
        stage.operator(OperatorVerb::Ban { target: target(number), length, reason: String::new() });
        matches!(stage.answers.pop_front().unwrap(), OperatorAnswer::Done(_))
    };
    for number in 9_990..10_000 {
        assert!(ban(&mut stage, number, (number == 9_990).then_some(60_000)), "{number}");
    }
    assert!(!ban(&mut stage, 10_000, None));
    ["CAP REQ :standard-replies", "OPER root secret"].iter().for_each(|line| drop(answers(&mut stage, line)));
    let refused = answers(&mut stage, "KLINE 192.0.2.1 :one too many");
    assert!(refused.contains("FAIL KLINE NOT_DONE"), "{refused}");
    // The same once more takes the place of the first, and one that is over makes room.
    assert!(ban(&mut stage, 7, None));
    stage.wait(60_000);
    assert!(ban(&mut stage, 10_000, None) && !ban(&mut stage, 10_001, None));
    // It is the same after a restart.
    stage.restart();
    assert!(!ban(&mut stage, 10_001, None));
    stage.operator(OperatorVerb::Unban { target: target(7) });
    stage.answers.pop_front().unwrap();
    assert!(ban(&mut stage, 10_001, None));
}

#[test]
fn somebody_accepts_a_hundred_people_and_no_more() {
    let mut stage = stage();
    (0..=100).for_each(|number| enter(&mut stage, &format!("n{number}")));
    for number in 0..100 {
        assert_eq!(answers(&mut stage, &format!("ACCEPT n{number}")), "");
    }
    assert!(answers(&mut stage, "ACCEPT n100").contains(" 456 "));
    // Who is written to is accepted as well, but not beyond the bound, and nothing is said of it.
    answers(&mut stage, "MODE amanda +R");
    assert_eq!(answers(&mut stage, "PRIVMSG n100 :hi"), "");
    let list = answers(&mut stage, "ACCEPT *");
    assert_eq!(list.matches(" n").count() + list.matches(":n").count(), 100, "{list}");
    assert!(!list.contains("n100"), "{list}");
    // Whoever leaves makes room, and so does who is taken back.
    stage.line("n5", "QUIT");
    answers(&mut stage, "ACCEPT n100");
    assert!(answers(&mut stage, "ACCEPT *").contains("n100"));
}

#[test]
fn whowas_knows_the_newest_1024_nicks_that_were_left() {
    let mut stage = stage();
    enter(&mut stage, "n0000");
    for number in 1..=1024 {
        stage.line("n0000", &format!("NICK n{number:04}"));
    }
    assert!(answers(&mut stage, "WHOWAS n0000").contains(" 314 "));
    stage.line("n0000", "QUIT");
    assert!(answers(&mut stage, "WHOWAS n0000").contains(" 406 "), "the oldest is forgotten");
    for known in ["n0001", "n1024"] {
        assert!(answers(&mut stage, &format!("WHOWAS {known}")).contains(" 314 "), "{known}");
    }
}

#[test]
fn one_batch_is_open_at_a_time_and_no_line_of_another_gets_through() {
    let mut stage = stage();
    for line in ["CAP REQ :message-tags batch draft/multiline standard-replies", "JOIN #a"] {
        answers(&mut stage, line);
    }
    assert_eq!(answers(&mut stage, "BATCH +1 draft/multiline #a"), "");
    let refused = answers(&mut stage, "BATCH +2 draft/multiline #a");
    assert!(refused.contains("FAIL BATCH MULTILINE_INVALID "), "{refused}");
    // Both are given up with that, and what belongs to the one that was open is passed over.
    assert_eq!(answers(&mut stage, "@batch=1 PRIVMSG #a :x"), "");
    assert!(answers(&mut stage, "BATCH -2").contains("MULTILINE_INVALID"));
    // A reference of 64 bytes may be, and no longer one.
    let named = |length: usize| format!("BATCH +{} draft/multiline #a", "x".repeat(length));
    assert!(answers(&mut stage, &named(65)).contains("INVALID_REFTAG"));
    assert_eq!(answers(&mut stage, &named(64)), "");
}

#[test]
fn lines_that_wait_count_what_they_take_however_short_they_are() {
    let mut stage = stage();
    let flood = Flood::default();
    stage.policy.flood = Some(flood);
    stage.restart();
    enter(&mut stage, "amanda");
    let most = flood.burst as usize + flood.backlog / 64;
    for line in 0.. {
        assert!(line <= most, "{line} lines of one byte are kept for {} bytes", flood.backlog);
        stage.line("amanda", "A");
        if stage.is_closed("amanda") {
            break;
        }
    }
    assert!(answers(&mut stage, "A").ends_with("ERROR :Excess Flood"));
}

/// Answers of 40 KB to lines of a few bytes: what waited must not all be done before any of it is handed over.
#[test]
fn what_waited_is_answered_little_by_little() {
    const MANY: usize = 600;
    const MOST: usize = 16 << 20;
    let mut stage = stage();
    answers(&mut stage, "CAP REQ :draft/metadata-2 batch draft/chathistory");
    (0..100).for_each(|key| drop(answers(&mut stage, &format!("METADATA * SET k{key} :{}", "v".repeat(300)))));
    answers(&mut stage, "JOIN #a");
    stage.store_waits = true;
    stage.line("amanda", "CHATHISTORY LATEST #a * 1");
    (0..MANY).for_each(|_| stage.line("amanda", "METADATA * LIST"));
    stage.line("amanda", "PING last");
    stage.go_on();
    assert!(stage.most_sent > MOST / 2 && stage.most_sent < MOST + (1 << 20), "{} bytes at once", stage.most_sent);
    // No time passes until all of it is answered, in its order.
    stage.wait(0);
    let lines: Vec<String> = std::iter::from_fn(|| stage.next_line("amanda")).collect();
    assert_eq!(lines.iter().filter(|line| line.contains(" 761 ")).count(), MANY * 100);
    assert!(lines.last().unwrap().ends_with(":last"));
}
