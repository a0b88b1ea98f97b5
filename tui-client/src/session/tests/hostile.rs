use proptest::prelude::*;

use super::*;
use crate::model::Model;

/// Words of which strangers may make lines.
const WORDS: &[&str] = &[
    "CAP",
    "LS",
    "ACK",
    "NAK",
    "NEW",
    "DEL",
    "*",
    "AUTHENTICATE",
    "+",
    "REGISTER",
    "SUCCESS",
    "PRIVMSG",
    "NOTICE",
    "TAGMSG",
    "JOIN",
    "PART",
    "KICK",
    "QUIT",
    "NICK",
    "MODE",
    "TOPIC",
    "INVITE",
    "AWAY",
    "ACCOUNT",
    "SETNAME",
    "CHGHOST",
    "BATCH",
    "+b",
    "-b",
    "chathistory",
    "CHATHISTORY",
    "TARGETS",
    "FAIL",
    "NOTE",
    "SERVER_SHUTDOWN",
    "TAKEN_OVER",
    "ERROR",
    "PING",
    "ACK",
    "001",
    "005",
    "PREFIX=(",
    "PREFIX=(ov)@+",
    "-PREFIX",
    "CHANTYPES=",
    "353",
    "366",
    "352",
    "315",
    "332",
    "433",
    "404",
    "471",
    "900",
    "903",
    "904",
    "376",
    "#lobby",
    "lior",
    "amy",
    "@+amy",
    "+o",
    "-o",
    ":",
    "::",
    "@batch=b",
    "@label=m1",
    "@label=h1",
    "@time=2026-11-24T10:00:00.000Z",
    "@msgid=1",
    ":lior!l@h",
    ":amy!a@h",
    ":srv",
    ":\u{1b}[2J",
    "\u{202e}",
    "\u{1}ACTION",
    "\u{1}",
    "",
    "=",
    "secret",
];

fn line() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(WORDS), 0..8).prop_map(|words| words.join(" "));
    prop_oneof![8 => words, 1 => ".{0,80}".prop_map(|text: String| text.replace(['\r', '\n'], ""))]
}

/// What may stand in a text that is shown.
fn is_clean(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}'))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_lines_of_a_server_can_do_harm(lines in prop::collection::vec(line(), 0..60), signed_in in any::<bool>()) {
        let mut script = if signed_in { Script::in_lobby() } else { Script::new(Script::log_in()) };
        let mut model = Model::default();
        for (number, line) in lines.iter().enumerate() {
            script.hears(&[line]);
            if number % 7 == 0 {
                script.says("#lobby", line);
                script.passes(5_000);
            }
            if number % 23 == 22 {
                script.breaks();
                script.session.open(script.now, &mut script.out);
            }
            for output in std::mem::take(&mut script.out) {
                match output {
                    Output::Event(event) => {
                        model.apply(event);
                    }
                    Output::Send(line) => prop_assert!(!line.contains(['\r', '\n', '\0']), "{:?}", line),
                    Output::Close(reason) => prop_assert!(is_clean(&reason), "{:?}", reason),
                }
            }
        }
        for room in model.rooms() {
            prop_assert!(is_clean(&room.name) && is_clean(&room.topic));
            let mut ids = std::collections::BTreeSet::new();
            for line in room.history.iter() {
                prop_assert!(is_clean(&format!("{:?}", line.body).replace("\\\"", "")), "{:?}", line);
                prop_assert!(line.id.as_ref().is_none_or(|id| ids.insert(id.clone())), "twice: {:?}", line.id);
            }
        }
    }
}

#[test]
fn every_text_of_an_event_is_clean() {
    let mut script = Script::in_lobby();
    let evil = "\u{1b}[31m\u{9b}2J\u{7}\u{202e}\u{3}4x\u{200b}";
    script.hears(&[
        &format!(":a{evil}!a@h PRIVMSG #lobby :{evil}"),
        &format!(":a{evil}!a@h JOIN #lobby acc{evil} :{evil} name"),
        &format!(":a{evil}!a@h PART #lobby :{evil}"),
        &format!(":a{evil}!a@h TOPIC #lobby :{evil}"),
        &format!(":a{evil}!a@h INVITE lior #r{evil}"),
        &format!(":a{evil}!a@h MODE #lobby +k {evil}"),
        &format!(":srv 311 lior {evil} {evil} {evil} * :{evil}"),
        &format!(":srv 352 lior * {evil} {evil} srv {evil} H :0 {evil}"),
        &format!(":srv 999 lior {evil} :{evil}"),
        &format!(":srv 005 lior NETWORK={evil} :are supported"),
        &format!("FAIL X Y {evil} :{evil}"),
    ]);
    assert_eq!(script.events().len(), 12);
    for event in script.events() {
        let shown = format!("{event:?}");
        assert!(!shown.contains("\\u{"), "{shown}");
        assert!(is_clean(&shown), "{shown}");
    }
}

/// "Numerics with missing or extra parameters": each of them, with none to six, in every phase of a session.
#[test]
fn no_numeric_with_any_number_of_parameters_does_harm_in_any_phase() {
    let openings: [&[&str]; 4] = [
        &[],
        &[":srv CAP * LS :sasl=PLAIN message-tags batch", ":srv CAP * ACK :sasl message-tags batch"],
        &[":srv CAP * LS :message-tags", ":srv CAP * ACK :message-tags"],
        &[":srv 001"],
    ];
    for code in 0..1_000 {
        for opening in openings {
            for params in
                ["", " lior", " * #lobby", " lior #lobby amy", " lior = #lobby :@ + :", " a b c d e :f", " : "]
            {
                let mut script = Script::new(Script::log_in());
                script.hears(opening);
                script.hears(&[&format!(":srv {code:03}{params}"), &format!("{code:03}{params}")]);
                script.passes(1_000);
                assert!(script.sent().iter().all(|line| !line.contains(['\r', '\n', '\0'])), "{code:03}{params}");
            }
        }
    }
}

/// "Empty nicks, messages from nobody": nothing that has no name joins, speaks, leaves or is anybody.
#[test]
fn who_has_no_name_does_nothing() {
    let mut script = Script::in_lobby();
    let mut model = Model::default();
    let follow = |script: &mut Script, model: &mut Model| {
        for output in std::mem::take(&mut script.out) {
            if let Output::Event(event) = output {
                model.apply(event);
            }
        }
    };
    script.hears(&[
        "@time=2026-11-24T10:00:00.000Z :lior!lior@host JOIN #lobby lior :Lior",
        ":srv 353 lior = #lobby :amy lior",
        ":srv 366 lior #lobby :end",
    ]);
    follow(&mut script, &mut model);
    let people = |model: &Model| model.rooms().iter().map(|room| room.roster.iter().count()).sum::<usize>();
    let before = (people(&model), model.rooms().len());
    for source in ["", ":", ": ", ":!u@h ", ":@h ", ":\u{200b} ", ":\u{3164}!u@h "] {
        for line in [
            "JOIN #lobby",
            "JOIN",
            "NICK",
            "NICK :",
            "NICK :\u{200b}",
            "QUIT",
            "QUIT :x",
            "PART #lobby",
            "KICK #lobby",
            "KICK #lobby :",
            "AWAY :x",
            "ACCOUNT *",
            "SETNAME :x",
            "TAGMSG #lobby",
            "PRIVMSG lior :",
            "353 lior = #lobby :",
            "353 lior = #lobby :@ + @+ !u@h",
        ] {
            script.hears(&[&format!("{source}{line}")]);
            follow(&mut script, &mut model);
        }
    }
    script.hears(&[":srv 353 lior = #lobby :amy lior", ":srv 366 lior #lobby :end"]);
    follow(&mut script, &mut model);
    assert_eq!((people(&model), model.rooms().len()), before);
}
