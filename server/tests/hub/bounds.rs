//! Each bound of what people may take, driven over by real lines, and the table in docs/operating.md that names it.

use klatch_server::{hub::policy::Flood, net::NetLimits};

use crate::{script::come_in, stage::Stage};

/// Something that is bounded.
struct Bound {
    /// As the table in the book calls it.
    what: &'static str,
    /// How often `line` may come.
    most: usize,
    /// What comes before.
    before: &'static [&'static str],
    /// The line that takes the place of this number, from 1.
    line: fn(usize) -> String,
    /// A part of the answer to one line too many, which no line before it has.
    refused: &'static str,
}

const BOUNDS: &[Bound] = &[
    Bound {
        what: "rooms of a person",
        most: 100,
        before: &[],
        line: |number| format!("JOIN #r{number}"),
        refused: " 405 ",
    },
    Bound {
        what: "rooms of a founder that stay without members",
        most: 20,
        before: &[],
        line: |number| format!("JOIN #r{number}\nMODE #r{number} +P\nPART #r{number}"),
        refused: "FAIL MODE|405|478|482",
    },
    Bound {
        what: "masks of a room",
        most: 100,
        before: &["JOIN #a"],
        line: |number| format!("MODE #a +b n{number}!*@*"),
        refused: " 478 ",
    },
    Bound {
        what: "nicks on MONITOR",
        most: 100,
        before: &[],
        line: |number| format!("MONITOR + n{number}"),
        refused: " 734 ",
    },
    Bound {
        what: "keys of metadata",
        most: 100,
        before: &[],
        line: |number| format!("METADATA * SET k{number} :v"),
        refused: "LIMIT_REACHED",
    },
    Bound {
        what: "metadata subscriptions of a connection",
        most: 100,
        before: &[],
        line: |number| format!("METADATA * SUB k{number}"),
        refused: "TOO_MANY_SUBS",
    },
    Bound {
        what: "read markers of an account",
        most: 1000,
        before: &[],
        line: |number| format!("MARKREAD #r{number} timestamp=2020-01-01T00:00:00.000Z"),
        refused: "FAIL MARKREAD INTERNAL_ERROR",
    },
    Bound {
        what: "lines of one message",
        most: 32,
        before: &["JOIN #a", "BATCH +1 draft/multiline #a"],
        line: |number| format!("@batch=1 PRIVMSG #a :{number}"),
        refused: "MULTILINE_MAX_LINES",
    },
    Bound {
        what: "bytes of one message of several lines",
        most: 10,
        before: &["JOIN #a", "BATCH +1 draft/multiline #a"],
        line: |_| format!("@batch=1 PRIVMSG #a :{}", "x".repeat(400)),
        refused: "MULTILINE_MAX_BYTES",
    },
    Bound {
        what: "chunks of 400 bytes in one SASL message",
        most: 8,
        before: &["AUTHENTICATE PLAIN"],
        line: |_| format!("AUTHENTICATE {}", "A".repeat(400)),
        refused: " 904 ",
    },
    Bound {
        what: "rooms in one JOIN",
        most: 20,
        before: &[],
        line: |number| format!("JOIN {}", (1..=number).map(|room| format!("#r{room}")).collect::<Vec<_>>().join(",")),
        refused: " 407 ",
    },
    Bound {
        what: "targets of one message",
        most: 8,
        before: &[],
        line: |number| format!("PRIVMSG {} :x", vec!["amanda"; number].join(",")),
        refused: " 407 ",
    },
];

fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.connect("amanda", false);
    let caps = "sasl message-tags batch draft/multiline draft/metadata-2 draft/read-marker standard-replies";
    let lines = ["CAP LS 302", &format!("CAP REQ :{caps}"), "NICK amanda", "USER amanda 0 * :A", "REGISTER * * secret"];
    lines.into_iter().chain(["CAP END"]).for_each(|line| stage.line("amanda", line));
    stage.forget_lines("amanda");
    stage
}

/// What comes back for some lines.
fn answers(stage: &mut Stage, lines: &str) -> Vec<String> {
    lines.split('\n').for_each(|line| stage.line("amanda", line));
    std::iter::from_fn(|| stage.next_line("amanda")).collect()
}

#[test]
fn one_more_than_the_bound_is_refused_and_nothing_before_it() {
    for bound in BOUNDS {
        let mut stage = stage();
        bound.before.iter().for_each(|line| drop(answers(&mut stage, line)));
        let is_refused =
            |said: &[String]| said.iter().any(|line| bound.refused.split('|').any(|part| line.contains(part)));
        for number in 1..=bound.most {
            let said = answers(&mut stage, &(bound.line)(number));
            assert!(!is_refused(&said), "{}, {number}: {said:?}", bound.what);
        }
        let said = answers(&mut stage, &(bound.line)(bound.most + 1));
        assert!(is_refused(&said), "{}: {said:?}", bound.what);
    }
}

#[test]
fn the_book_names_every_bound() {
    let book = include_str!("../../../docs/operating.md");
    for Bound { what, most, .. } in BOUNDS {
        // Ten lines of 400 bytes are what fits into 4096.
        let most = if what.starts_with("bytes") { 4096 } else { *most };
        let row = format!("| {what} | {most} |");
        assert!(book.contains(&row), "docs/operating.md lacks `{row}`");
    }
}

#[test]
fn what_is_too_long_is_cut_or_refused() {
    let x = |length: usize| "x".repeat(length);
    let mut stage = stage();
    answers(&mut stage, "JOIN #a");
    for (line, part) in [
        (format!("TOPIC #a :{}", x(400)), format!(":{}", x(300))),
        (format!("MODE #a +k {}", x(33)), " 696 ".to_owned()),
        (format!("MODE #a +b {}!*@*", x(150)), " 696 ".to_owned()),
        (format!("METADATA * SET {} :v", x(33)), "KEY_INVALID".to_owned()),
        (format!("METADATA * SET k :{}", x(301)), "VALUE_INVALID".to_owned()),
        (format!("NICK {}", x(33)), " 432 ".to_owned()),
        (format!("JOIN #{}", x(64)), " 403 ".to_owned()),
        (format!("PING {}", x(400)), x(300)),
    ] {
        let said = answers(&mut stage, &line);
        assert!(said.iter().any(|said| said.contains(&part) && said.len() < 510), "{line}: {said:?}");
        assert!(!said.iter().any(|said| said.starts_with(':') && said.contains(&x(450))), "{line}: {said:?}");
    }
}

/// Every message as large as there can be, read by the client for which it is largest: one that gets its lines one by one,
/// each with all tags.
#[test]
fn a_page_of_history_fits_where_it_waits_to_be_written() {
    let mut stage = stage();
    come_in(&mut stage, "robert", "enters with message-tags draft/chathistory soju.im/search").unwrap();
    answers(&mut stage, "JOIN #a");
    stage.line("robert", "JOIN #a");
    let tags = format!("+a={}", "x".repeat(4_000));
    for number in 0..20 {
        answers(&mut stage, &format!("@{tags} BATCH +1 draft/multiline #a"));
        (0..32).for_each(|line| drop(answers(&mut stage, &format!("@batch=1 PRIVMSG #a :tea {number} {line}"))));
        answers(&mut stage, "BATCH -1");
    }
    for (question, newest) in [
        ("CHATHISTORY LATEST #a * 200", true),
        ("SEARCH text=tea", true),
        ("CHATHISTORY AFTER #a timestamp=2020-01-01T00:00:00.000Z 200", false),
    ] {
        stage.forget_lines("robert");
        stage.line("robert", question);
        let lines: Vec<String> = std::iter::from_fn(|| stage.next_line("robert")).collect();
        let bytes: usize = lines.iter().map(|line| line.len() + 2).sum();
        assert!(bytes <= NetLimits::default().outbox, "{question}: {bytes} bytes");
        let end = if newest {
            lines.last().map(|line| line.ends_with(":tea 19 31"))
        } else {
            lines.first().map(|line| line.ends_with(":tea 0 0"))
        };
        assert_eq!(end, Some(true), "{question}");
    }
}

/// However much is said between two looks at what is old.
#[test]
fn no_more_is_kept_than_the_operator_wants_however_fast_it_comes() {
    let mut stage = stage();
    (stage.policy.history_most, stage.policy.history_page) = (Some(10), 5_000);
    stage.reload(Ok(String::new()));
    come_in(&mut stage, "robert", "enters with draft/chathistory").unwrap();
    stage.line("robert", "JOIN #a");
    for _ in 0..10 {
        (0..500).for_each(|number| stage.line("robert", &format!("PRIVMSG #a :{number}")));
        stage.wait(0);
    }
    stage.forget_lines("robert");
    stage.line("robert", "CHATHISTORY LATEST #a * 5000");
    let kept = std::iter::from_fn(|| stage.next_line("robert")).count();
    assert!(kept <= 1_500, "{kept} records are kept");
}

/// As many as ask so all the time would keep the server busy with nothing else.
#[test]
fn who_looks_at_many_people_or_rooms_waits_the_longer() {
    let mut stage = Stage::new();
    stage.policy.ping_after = u64::MAX / 4;
    let names: Vec<String> = (0..1_000).map(|number| format!("n{number}")).chain(["amy".to_owned()]).collect();
    stage.connect("amy", false);
    stage.line("amy", "NICK amy");
    stage.line("amy", "USER amy 0 * :Amy");
    stage.line("amy", "JOIN #a");
    for name in names.iter().filter(|name| *name != "amy") {
        stage.connect(name, false);
        let lines = [&format!("NICK {name}"), "USER n 0 * :N", "JOIN #a", &format!("JOIN #{name}")];
        lines.iter().for_each(|line| stage.line(name, line));
        stage.forget_lines(name);
    }
    stage.policy.flood = Some(Flood { burst: 4, ..Flood::default() });
    stage.reload(Ok(String::new()));
    for (question, at_once) in [
        ("TIME", 3),
        ("WHO nobody*", 1),
        ("WHO #a", 1),
        ("WHO #n1", 3),
        ("NAMES #a", 1),
        ("LIST", 1),
        ("LUSERS", 1),
        ("INVITE", 1),
        ("RENAME #a #b", 0),
    ] {
        stage.wait(60_000);
        stage.forget_lines("amy");
        stage.line("amy", question);
        (0..3).for_each(|_| stage.line("amy", "PING x"));
        let answered = std::iter::from_fn(|| stage.next_line("amy")).filter(|line| line.contains(" PONG ")).count();
        assert_eq!(answered, at_once, "{question}");
        // Not so long that who waits for a PONG gives the server up.
        stage.wait(10_000);
        let others = std::iter::from_fn(|| stage.next_line("amy")).filter(|line| line.contains(" PONG ")).count();
        assert_eq!(answered + others, 3, "{question}");
    }
}
