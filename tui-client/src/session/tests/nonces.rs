//! Messages that are sent again, where the server knows nonces (docs/protocol.md, "`klatch.chat/nonce`").

use super::*;

/// As if the server had offered it from the start.
fn knows_nonces(script: &mut Script) {
    script.hears(&[":srv CAP lior NEW :klatch.chat/nonce", ":srv CAP lior ACK :klatch.chat/nonce"]);
}

fn nonce_of(script: &Script, text: &str) -> String {
    let line = script.sent().into_iter().find(|line| line.ends_with(text)).unwrap();
    let (_, rest) = line.split_once("+klatch.chat/nonce=").unwrap_or_else(|| panic!("no nonce in {line}"));
    rest.split([';', ' ']).next().unwrap().to_owned()
}

/// Nothing can be found out about the lobby's history.
fn history_fails(script: &mut Script) {
    for words in ["AFTER #lobby msgid", "AFTER #lobby timestamp"] {
        let (label, _) = script.question(words);
        script.hears(&[&format!("@label={label} FAIL CHATHISTORY MESSAGE_ERROR AFTER #lobby :no")]);
    }
}

#[test]
fn what_may_have_arrived_is_sent_again_under_the_same_nonce() {
    let mut script = Script::in_lobby();
    script.hears(&["@msgid=1;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #lobby :seen"]);
    script.says("#lobby", "first");
    script.says("#lobby", "second");
    let nonces = ["first", "second"].map(|text| nonce_of(&script, text));
    assert_ne!(nonces[0], nonces[1]);
    script.breaks();
    script.comes_back();
    knows_nonces(&mut script);
    script.out.retain(|output| matches!(output, Output::Send(line) if line.contains("AFTER #lobby")));
    history_fails(&mut script);
    assert_eq!(["first", "second"].map(|text| nonce_of(&script, text)), nonces, "again, in order, and nobody is asked");
    assert!(!script.fates().iter().any(|(_, fate)| matches!(fate, Fate::Refused(_))));
}

#[test]
fn what_is_found_in_the_history_by_its_nonce_is_not_sent_again() {
    let mut script = Script::in_lobby();
    knows_nonces(&mut script);
    script.hears(&["@msgid=1;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #lobby :seen"]);
    script.says("#lobby", "same");
    script.says("#lobby", "same");
    let second = script.sent().into_iter().rfind(|line| line.ends_with(":same")).unwrap();
    let second = second.split_once("nonce=").unwrap().1.split(' ').next().unwrap().to_owned();
    script.breaks();
    script.clear();
    script.comes_back();
    knows_nonces(&mut script);
    let (label, _) = script.question("AFTER #lobby msgid=1");
    script.clear();
    script.hears(&[
        &format!("@label={label} :srv BATCH +b chathistory #lobby"),
        &format!(
            "@batch=b;msgid=2;time=2026-11-24T10:02:00.000Z;+klatch.chat/nonce={second} :lior!l@h PRIVMSG #lobby :same"
        ),
        ":srv BATCH -b",
    ]);
    assert_eq!(script.fates(), [(2, Fate::Done { id: Some("2".into()), at: at("10:02:00") })]);
}

#[test]
fn what_is_unsent_goes_on_in_the_next_run() {
    let mut script = Script::in_lobby();
    script.says("#lobby", "on its way");
    let nonce = nonce_of(&script, "on its way");
    script.breaks();
    script.says("#lobby", "offline");
    let kept = script.session.unsent_messages();
    assert_eq!(kept.iter().map(|unsent| unsent.sent.is_some()).collect::<Vec<_>>(), [true, false]);

    let mut script = Script::new(Script::log_in());
    script.clear();
    script.session.restore(script.now, kept, &mut script.out);
    let queued =
        script.events().into_iter().filter(|event| matches!(event, Event::Outgoing { fate: Fate::Queued, .. }));
    assert_eq!(queued.count(), 2);
    script.come_in();
    assert!(!script.sent().iter().any(|line| line.contains("PRIVMSG")), "first it is looked whether it arrived");
    let (label, _) = script.question("LATEST #lobby");
    script.answer(&label, "#lobby", &[]);
    assert_eq!(nonce_of(&script, "on its way"), nonce);
    script.label_of("offline");
}

#[test]
fn all_that_is_left_goes_on_even_if_it_is_more_than_one_run_would_take() {
    let place = Place::Room("#lobby".into());
    let unsent = |number: usize| Unsent {
        place: place.clone(),
        text: format!("line {number}"),
        manner: Manner::Plain,
        nonce: format!("other-{number}"),
        sent: None,
    };
    let kept: Vec<Unsent> = (0..1_500).map(unsent).collect();
    let mut script = Script::new(Script::log_in());
    script.session.restore(script.now, kept.clone(), &mut script.out);
    assert_eq!(script.session.unsent_messages(), kept);
    script.clear();
    script.says("#lobby", "one more");
    assert!(matches!(script.events()[..], [Event::Error { .. }]), "{:?}", script.events());
}

/// Back after the link broke while a message with this nonce was on its way; before it `seen` was heard, with the id 1.
fn in_doubt() -> (Script, String) {
    let mut script = Script::in_lobby();
    knows_nonces(&mut script);
    script.hears(&["@msgid=1;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #lobby :seen"]);
    script.says("#lobby", "in doubt");
    let nonce = nonce_of(&script, "in doubt");
    script.breaks();
    script.clear();
    script.comes_back();
    knows_nonces(&mut script);
    (script, nonce)
}

#[test]
fn the_echo_of_a_repeat_sets_nothing_back() {
    let (mut script, nonce) = in_doubt();
    // Of this history the message in doubt is not a part any more, and others were said behind it.
    let (label, _) = script.question("AFTER #lobby msgid=1");
    script.answer(&label, "#lobby", &[("8", "10:08:00", "amy", "eight"), ("9", "10:09:00", "amy", "nine")]);
    let (label, _) = script.question("AFTER #lobby msgid=9");
    script.answer(&label, "#lobby", &[]);
    let label = script.label_of(":in doubt");
    script.clear();
    script.hears(&[&format!(
        "@label={label};msgid=2;time=2026-11-24T10:02:00.000Z;+klatch.chat/nonce={nonce} :lior!l@h PRIVMSG #lobby :in doubt"
    )]);
    assert_eq!(script.fates(), [(1, Fate::Done { id: Some("2".into()), at: at("10:02:00") })]);
    script.breaks();
    script.clear();
    script.comes_back();
    script.question("AFTER #lobby msgid=9");
}

#[test]
fn the_echo_of_a_repeat_is_no_news_where_the_message_has_come_before() {
    let (mut script, nonce) = in_doubt();
    let (label, _) = script.question("AFTER #lobby msgid=1");
    script.answer(&label, "#lobby", &[]);
    let label = script.label_of(":in doubt");
    // It was under way to all of our devices when the link broke.
    let said =
        format!("msgid=2;time=2026-11-24T10:02:00.000Z;+klatch.chat/nonce={nonce} :lior!l@h PRIVMSG #lobby :in doubt");
    script.clear();
    script.hears(&[&format!("@{said}")]);
    assert_eq!(script.fates(), [(1, Fate::Done { id: Some("2".into()), at: at("10:02:00") })]);
    script.hears(&["@msgid=3;time=2026-11-24T10:03:00.000Z :amy!a@h PRIVMSG #lobby :three"]);
    script.clear();
    script.hears(&[&format!("@label={label};{said}")]);
    assert_eq!(script.events(), Vec::<&Event>::new());
    script.breaks();
    script.clear();
    script.comes_back();
    script.question("AFTER #lobby msgid=3");
}
