//! What those outside learn of a room, over every way to ask.

use crate::stage::Stage;

/// Every question about a room that somebody outside can ask. `R` is the room, `amanda` is in it.
const QUESTIONS: &[&str] = &[
    "NAMES R",
    "NAMES",
    "LIST",
    "LIST R",
    "LIST *",
    "LIST >0",
    "WHO R",
    "WHO R %tcuhnfar,1",
    "WHO amanda",
    "WHO *",
    "WHOIS amanda",
    "WHOWAS amanda",
    "TOPIC R",
    "TOPIC R :mine",
    "MODE R",
    "MODE R b",
    "MODE R +b x",
    "KICK R amanda",
    "INVITE bob R",
    "PART R",
    "RENAME R #mine",
    "PRIVMSG R :let me in",
    "PRIVMSG @R :let me in",
    "NOTICE R :let me in",
    "TAGMSG R",
    "REDACT R beef00000000000000000002",
    "MARKREAD R",
    "CHATHISTORY LATEST R * 10",
    "CHATHISTORY BEFORE R timestamp=2100-01-01T00:00:00.000Z 10",
    "CHATHISTORY AFTER R timestamp=2000-01-01T00:00:00.000Z 10",
    "CHATHISTORY AROUND R timestamp=2023-11-14T22:13:20.000Z 10",
    "CHATHISTORY BETWEEN R timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10",
    "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10",
    "SEARCH in=R;text=gold",
    "USERHOST amanda",
    "ISON amanda",
    "MONITOR + amanda",
    "METADATA R GET motto",
    "METADATA R LIST",
    "METADATA R SYNC",
    "METADATA R SET motto :mine",
    "METADATA R CLEAR",
    "METADATA amanda SYNC",
    "METADATA * SUB motto",
];

/// A room where amanda is alone and speaks of gold, set so, with platinum for its motto, and bob outside.
fn stage(modes: &str) -> Stage {
    let mut stage = Stage::new();
    for who in ["amanda", "bob"] {
        stage.connect(who, false);
        let caps = "CAP REQ :message-tags server-time batch draft/chathistory draft/event-playback";
        let more = "CAP REQ :draft/message-redaction draft/read-marker invite-notify multi-prefix draft/metadata-3";
        let lines = ["CAP LS 302", caps, more, &format!("NICK {who}"), &format!("USER {who} 0 * :{who}"), "CAP END"];
        lines.into_iter().for_each(|line| stage.line(who, line));
    }
    let modes = format!("MODE #vault {modes}");
    let motto = "METADATA #vault SET motto :platinum";
    let lines = ["JOIN #vault", "TOPIC #vault :silver", "PRIVMSG #vault :gold", motto, &modes];
    lines.into_iter().for_each(|line| stage.line("amanda", line));
    stage.forget_lines("amanda");
    stage.forget_lines("bob");
    stage
}

/// What bob is told when he asks about `room`.
fn ask(stage: &mut Stage, question: &str, room: &str) -> Vec<String> {
    let word = |word: &str| match word {
        "R" => room.to_owned(),
        "@R" => format!("@{room}"),
        other => other.replace("in=R", &format!("in={room}")),
    };
    stage.line("bob", &question.split(' ').map(word).collect::<Vec<_>>().join(" "));
    std::iter::from_fn(|| stage.next_line("bob")).collect()
}

fn ask_nameless(stage: &mut Stage, question: &str, room: &str) -> Vec<String> {
    ask(stage, question, room).into_iter().map(|line| line.replace(room, "ROOM")).collect()
}

/// Whoever asks about a secret or private room hears what they would hear of one that does not exist.
#[test]
fn a_hidden_room_is_as_good_as_none() {
    for modes in ["+s", "+p", "+sk sesame", "+si", "+pR"] {
        for question in QUESTIONS {
            let hidden = ask_nameless(&mut stage(modes), question, "#vault");
            let missing = ask_nameless(&mut stage(modes), question, "#other");
            assert_eq!(hidden, missing, "{modes}: {question}");
            let told = hidden.iter().any(|line| line.contains("vault"));
            assert!(!told, "{modes}: {question}: {hidden:?}");
        }
        let mut stage = stage(modes);
        QUESTIONS.iter().for_each(|question| {
            ask(&mut stage, question, "#vault");
        });
        assert_eq!(stage.next_line("amanda"), None, "{modes}: nothing gets in");
    }
}

/// Of a room that not everybody may enter there is the name, and nothing else: neither who is in it nor what they say.
#[test]
fn a_closed_room_has_a_name_and_nothing_else() {
    for modes in ["+i", "+k sesame", "+ik sesame"] {
        for question in QUESTIONS {
            let mut stage = stage(modes);
            let told = ask_nameless(&mut stage, question, "#vault");
            let secrets = ["gold", "silver", "sesame", "platinum", "@amanda", "amanda@"];
            let leak = told.iter().any(|line| line.contains("ROOM") && secrets.iter().any(|word| line.contains(word)));
            assert!(!leak, "{modes}: {question}: {told:?}");
            let in_room = told.iter().any(|line| line.contains("ROOM amanda") || line.contains(" 319 "));
            assert!(!in_room, "{modes}: {question}: {told:?}");
            assert_eq!(stage.next_line("amanda"), None, "{modes}: {question} gets in");
        }
    }
}

/// What is said about a room is told inside, and what somebody says about themselves to those who share a room with them; who
/// hides (mode `i`) cannot be asked about from elsewhere either.
#[test]
fn who_subscribed_outside_hears_nothing() {
    for modes in ["+n", "+s", "+i", "+k sesame"] {
        let mut stage = stage(modes);
        stage.line("bob", "METADATA * SUB motto");
        stage.line("amanda", "MODE amanda +i");
        stage.line("amanda", "METADATA * SET motto :ruby");
        stage.forget_lines("bob");
        stage.line("amanda", "METADATA #vault SET motto :iron");
        stage.line("amanda", "METADATA * SET motto :quartz");
        assert_eq!(stage.next_line("bob"), None, "{modes}");
        for question in ["METADATA amanda GET motto", "METADATA amanda LIST", "METADATA amanda SYNC"] {
            stage.line("bob", question);
            let told = stage.next_line("bob").unwrap();
            assert!(told.contains("FAIL METADATA INVALID_TARGET amanda"), "{modes}: {question}: {told}");
        }
        assert_eq!(stage.next_line("bob"), None, "{modes}");
    }
}

/// The questions are good ones: of an open room, and inside of a closed one, they tell something.
#[test]
fn who_is_inside_is_told() {
    let (outside, inside) = (&["silver", "amanda", "vault"][..], &["gold", "silver", "sesame", "platinum"][..]);
    for (modes, words) in [("+n", outside), ("+sik sesame", inside)] {
        let mut stage = stage(modes);
        if modes != "+n" {
            stage.line("amanda", "INVITE bob #vault");
            stage.line("bob", "JOIN #vault");
            stage.forget_lines("bob");
        }
        let questions = QUESTIONS.iter().filter(|question| **question != "PART R");
        let told: Vec<String> = questions.flat_map(|question| ask(&mut stage, question, "#vault")).collect();
        for word in words {
            assert!(told.iter().any(|line| line.contains(word)), "{modes}: {word}");
        }
    }
}
