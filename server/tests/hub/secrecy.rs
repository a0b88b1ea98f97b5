//! What those outside learn of a room, over every way to ask.

use crate::stage::Stage;

/// Every question about a room that somebody outside can ask. `R` is the room, `amanda` is in it, and [`ID`] is what she said
/// there; `#bobs` is a room in which who asks is alone.
pub(crate) const QUESTIONS: &[&str] = &[
    "NAMES R",
    "NAMES",
    "LIST",
    "LIST R",
    "LIST *",
    "LIST >0",
    "LIST C<60",
    "LIST T<60",
    "LIST T>0",
    "LUSERS",
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
    "MODE #bobs +f R",
    "KICK R amanda",
    "INVITE bob R",
    "INVITE amanda R",
    "INVITE",
    "PART R",
    "RENAME R #mine",
    "PRIVMSG R :let me in",
    "PRIVMSG @R :let me in",
    "NOTICE R :let me in",
    "TAGMSG R",
    "REDACT R 0000beef4",
    "REDACT #bobs 0000beef4",
    "@+draft/reply=0000beef4;+draft/react=x TAGMSG amanda",
    "MARKREAD R",
    "CHATHISTORY LATEST R * 10",
    "CHATHISTORY BEFORE R timestamp=2100-01-01T00:00:00.000Z 10",
    "CHATHISTORY AFTER R timestamp=2000-01-01T00:00:00.000Z 10",
    "CHATHISTORY AROUND R timestamp=2023-11-14T22:13:20.000Z 10",
    "CHATHISTORY BETWEEN R timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10",
    "CHATHISTORY AROUND R msgid=0000beef4 10",
    "CHATHISTORY AROUND #bobs msgid=0000beef4 10",
    "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10",
    "SEARCH in=R;text=gold",
    "SEARCH text=gold",
    "SEARCH from=amanda",
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

/// What amanda says in the room; `who_is_inside_is_told` sees to it that this is right.
const ID: &str = "0000beef4";

/// A room where amanda is alone and speaks of gold, set so, with platinum for its motto, and bob outside, in a room of his
/// own; without modes there is no room of hers.
fn stage(modes: Option<&str>) -> Stage {
    let mut stage = Stage::new();
    for who in ["amanda", "bob"] {
        stage.connect(who, false);
        let caps = "CAP REQ :message-tags server-time batch draft/chathistory draft/event-playback soju.im/search";
        let more = "CAP REQ :draft/message-redaction draft/read-marker invite-notify multi-prefix draft/metadata-3";
        let lines = ["CAP LS 302", caps, more, &format!("NICK {who}"), &format!("USER {who} 0 * :{who}"), "CAP END"];
        lines.into_iter().for_each(|line| stage.line(who, line));
    }
    stage.line("bob", "JOIN #bobs");
    if let Some(modes) = modes {
        let modes = format!("MODE #vault {modes}");
        let motto = "METADATA #vault SET motto :platinum";
        let lines = ["JOIN #vault", "TOPIC #vault :silver", "PRIVMSG #vault :gold", motto, &modes];
        lines.into_iter().for_each(|line| stage.line("amanda", line));
    }
    stage.forget_lines("amanda");
    stage.forget_lines("bob");
    stage
}

/// What bob is told when he asks about `room`.
pub(crate) fn ask(stage: &mut Stage, question: &str, room: &str) -> Vec<String> {
    let word = |word: &str| match word {
        "R" => room.to_owned(),
        "@R" => format!("@{room}"),
        other => other.replace("in=R", &format!("in={room}")),
    };
    stage.line("bob", &question.split(' ').map(word).collect::<Vec<_>>().join(" "));
    std::iter::from_fn(|| stage.next_line("bob")).collect()
}

/// Whoever asks about a secret or private room hears what they would hear if there were no such room.
#[test]
fn a_hidden_room_is_as_good_as_none() {
    for modes in ["+s", "+p", "+sk sesame", "+si", "+pR"] {
        for question in QUESTIONS {
            let mut hidden = stage(Some(modes));
            let told = ask(&mut hidden, question, "#vault");
            assert_eq!(told, ask(&mut stage(None), question, "#vault"), "{modes}: {question}");
            let heard = hidden.next_line("amanda");
            assert!(heard.is_none_or(|line| line.contains("TAGMSG amanda")), "{modes}: {question} gets in");
        }
    }
}

/// Of a room that not everybody may enter there is the name, and nothing else: neither who is in it nor what they say.
#[test]
fn a_closed_room_has_a_name_and_nothing_else() {
    for modes in ["+i", "+k sesame", "+ik sesame"] {
        for question in QUESTIONS {
            let mut stage = stage(Some(modes));
            let told = ask(&mut stage, question, "#vault");
            let told: Vec<String> = told.into_iter().map(|line| line.replace("#vault", "ROOM")).collect();
            let secrets = ["gold", "silver", "sesame", "platinum", "@amanda", "amanda@"];
            let leak = told.iter().any(|line| line.contains("ROOM") && secrets.iter().any(|word| line.contains(word)));
            assert!(!leak, "{modes}: {question}: {told:?}");
            let in_room = told.iter().any(|line| line.contains("ROOM amanda") || line.contains(" 319 "));
            assert!(!in_room, "{modes}: {question}: {told:?}");
            let since = question.starts_with("LIST T") && told.iter().any(|line| line.contains(" 322 "));
            assert!(!since, "{modes}: {question} tells when the topic was set: {told:?}");
            let heard = stage.next_line("amanda");
            assert!(heard.is_none_or(|line| line.contains("TAGMSG amanda")), "{modes}: {question} gets in");
        }
    }
}

/// What is said about a room is told inside, and what somebody says about themselves to those who share a room with them; who
/// hides (mode `i`) cannot be asked about from elsewhere either.
#[test]
fn who_subscribed_outside_hears_nothing() {
    for modes in ["+n", "+s", "+i", "+k sesame"] {
        let mut stage = stage(Some(modes));
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
        let mut stage = stage(Some(modes));
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
        let id = format!("msgid={ID}");
        let spoken = told.iter().any(|line| line.contains(&id) && line.ends_with(":gold"));
        assert_eq!(spoken, modes != "+n", "{modes}: the questions know the id of the message: {told:?}");
    }
}

/// Where people without a rank do not see each other (mode `u`), nothing tells one of them whether another one is there;
/// LIST tells how many are, as it does of every room that is not hidden.
#[test]
fn who_is_unseen_is_as_good_as_absent() {
    let questions = [
        "NAMES #vault",
        "WHO #vault",
        "WHO cid",
        "WHO *",
        "WHOIS cid",
        "KICK #vault cid",
        "INVITE cid #vault",
        "MODE #vault +v cid",
        "MODE #vault -o cid",
        "MODE #vault +b cid",
        "CHATHISTORY LATEST #vault * 50",
        "SEARCH in=#vault;from=cid",
        "METADATA #vault SYNC",
        "METADATA cid LIST",
        "METADATA cid SYNC",
        "USERHOST cid",
        "MONITOR + cid",
    ];
    let ask = |inside: bool, question: &str| {
        let mut stage = stage(Some("+u"));
        stage.line("bob", "CAP REQ soju.im/search");
        stage.line("bob", "JOIN #vault");
        stage.line("bob", "METADATA * SUB motto");
        stage.connect("cid", false);
        let more =
            ["CAP REQ :draft/metadata-3", "NICK cid", "USER cid 0 * :cid", "CAP END", "METADATA * SET motto :iron"];
        more.into_iter().for_each(|line| stage.line("cid", line));
        stage.forget_lines("bob");
        if inside {
            let lines =
                ["JOIN #vault", "PART #vault", "JOIN #vault", "AWAY :out", "SETNAME :Cid", "AWAY", "SETNAME :cid"];
            lines.into_iter().for_each(|line| stage.line("cid", line));
            assert_eq!(stage.next_line("bob"), None, "nothing of it is shown live");
        }
        stage.line("bob", question);
        std::iter::from_fn(|| stage.next_line("bob")).collect::<Vec<_>>()
    };
    for question in questions {
        assert_eq!(ask(true, question), ask(false, question), "{question}");
    }
}
