use std::collections::VecDeque;

use super::*;

fn pages(script: &Script) -> Vec<(Part, Vec<String>, bool)> {
    let pages = script.events().into_iter().filter_map(|event| match event {
        Event::History(page) => {
            Some((page.part, page.lines.iter().map(|line| line.text.clone()).collect(), page.complete))
        }
        _ => None,
    });
    pages.collect()
}

fn caught_up(script: &Script) -> bool {
    script.events().contains(&&Event::CaughtUp(Place::Room("#lobby".into())))
}

#[test]
fn entering_a_room_fetches_the_newest() {
    let mut script = Script::new(Script::log_in());
    script.come_in();
    let (label, line) = script.question("#lobby");
    assert_eq!(line, format!("@label={label} CHATHISTORY LATEST #lobby * 100"));
    script.answer(&label, "#lobby", &[("1", "09:00:00", "amy", "early"), ("2", "09:01:00", "bob", "later")]);
    assert_eq!(pages(&script), [(Part::Latest, vec!["early".into(), "later".into()], false)]);
    assert!(script.sent().is_empty());
}

#[test]
fn scrolling_back_asks_for_what_was_before_until_there_is_no_more() {
    let mut script = Script::in_lobby();
    script.asks(Request::Older { place: "#lobby".into(), before: (Some("1".into()), at("09:00:00")) });
    let (label, line) = script.question("BEFORE");
    assert!(line.ends_with("CHATHISTORY BEFORE #lobby msgid=1 100"));
    script.answer(&label, "#lobby", &[]);
    assert_eq!(pages(&script), [(Part::Before, vec![], true)]);
    script.asks(Request::Older { place: "#lobby".into(), before: (None, at("09:00:00")) });
    let (label, line) = script.question("BEFORE");
    assert!(line.ends_with("BEFORE #lobby timestamp=2026-11-24T09:00:00.000Z 100"));
    script.clear();
    script.hears(&[&format!("@label={label} FAIL CHATHISTORY INVALID_TARGET BEFORE #lobby :no such room")]);
    let failed = Event::OlderFailed { place: Place::Room("#lobby".into()), reason: "no such room".into() };
    assert_eq!(script.events(), [&failed]);
}

#[test]
fn after_a_break_everything_missed_is_paged_in_from_the_last_line_of_the_server() {
    let mut script = Script::in_lobby();
    script.hears(&["@msgid=1;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #lobby :seen"]);
    script.says("#lobby", "unconfirmed");
    script.breaks();
    assert!(script.events().contains(&&Event::Lost));
    script.clear();
    script.comes_back();
    let (label, line) = script.question("#lobby");
    assert!(line.ends_with("AFTER #lobby msgid=1 100"), "{line}");
    script.hears(&["@msgid=5;time=2026-11-24T10:05:00.000Z :amy!a@h PRIVMSG #lobby :live"]);
    script.answer(&label, "#lobby", &[("2", "10:02:00", "amy", "two"), ("3", "10:03:00", "amy", "three")]);
    assert!(!caught_up(&script));
    let (label, line) = script.question("AFTER");
    assert!(line.ends_with("AFTER #lobby msgid=3 100"), "{line}");
    assert!(!script.sent().iter().any(|line| line.contains("unconfirmed")), "catching up comes first");
    script.answer(&label, "#lobby", &[("4", "10:04:00", "amy", "four"), ("5", "10:05:00", "amy", "live")]);
    let (label, _) = script.question("AFTER #lobby msgid=5");
    script.answer(&label, "#lobby", &[]);
    assert!(caught_up(&script));
    script.label_of(":unconfirmed");
}

#[test]
fn a_break_while_catching_up_goes_on_where_it_was() {
    let mut script = Script::in_lobby();
    script.hears(&["@msgid=1;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #lobby :seen"]);
    script.breaks();
    script.comes_back();
    let (label, _) = script.question("AFTER #lobby msgid=1");
    script.answer(&label, "#lobby", &[("2", "10:02:00", "amy", "two")]);
    script.hears(&["@msgid=9;time=2026-11-24T10:09:00.000Z :amy!a@h PRIVMSG #lobby :live, beyond the gap"]);
    script.breaks();
    script.clear();
    script.comes_back();
    let (label, _) = script.question("AFTER #lobby msgid=2");
    script.answer(&label, "#lobby", &[]);
    script.hears(&["@msgid=10;time=2026-11-24T10:10:00.000Z :amy!a@h PRIVMSG #lobby :now all is known"]);
    script.breaks();
    script.clear();
    script.comes_back();
    script.question("AFTER #lobby msgid=10");
}

#[test]
fn a_break_before_the_first_page_goes_on_behind_what_came_by_itself() {
    let mut script = Script::new(Script::log_in());
    script.come_in();
    script.question("LATEST #lobby");
    script.hears(&["@msgid=7;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #lobby :seen"]);
    script.breaks();
    script.clear();
    script.comes_back();
    let (label, line) = script.question("#lobby");
    assert!(line.ends_with("AFTER #lobby msgid=7 100"), "{line}");
    script.answer(&label, "#lobby", &[("8", "10:02:00", "amy", "missed")]);
    let (label, _) = script.question("AFTER #lobby msgid=8");
    script.answer(&label, "#lobby", &[]);
    assert!(caught_up(&script));
}

#[test]
fn what_an_earlier_run_left_in_doubt_may_stand_before_what_came_by_itself() {
    let mut script = Script::new(Script::log_in());
    let text = "in doubt".to_owned();
    let unsent = Unsent {
        place: Place::Room("#lobby".into()),
        text,
        manner: Manner::Plain,
        nonce: "n".into(),
        sent: Some(at("09:00:00")),
    };
    script.session.restore(script.now, vec![unsent], &mut script.out);
    script.come_in();
    script.hears(&["@msgid=7;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #lobby :seen"]);
    script.breaks();
    script.clear();
    script.comes_back();
    let (label, _) = script.question("AFTER #lobby msgid=7");
    script.answer(&label, "#lobby", &[]);
    assert!(matches!(script.fates()[..], [(1, Fate::Refused(_))]), "without nonces its author decides");
}

#[test]
fn what_was_said_while_we_were_out_of_a_room_is_fetched_when_we_are_back() {
    let mut script = Script::in_lobby();
    script.hears(&[
        "@msgid=1;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #lobby :seen",
        ":lior!l@h PART #lobby",
        ":lior!l@h JOIN #lobby lior :Lior",
    ]);
    let (label, line) = script.question("#lobby");
    assert!(line.ends_with("AFTER #lobby msgid=1 100"), "{line}");
    script.answer(&label, "#lobby", &[("2", "10:02:00", "amy", "without us")]);
    assert_eq!(pages(&script), [(Part::Missed, vec!["without us".into()], false)]);
}

#[test]
fn what_arrived_before_the_break_is_not_sent_again() {
    let mut script = Script::in_lobby();
    script.hears(&["@msgid=1;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #lobby :seen"]);
    for text in ["arrived", "same", "same", "lost"] {
        script.says("#lobby", text);
    }
    script.breaks();
    script.says("#lobby", "typed offline");
    script.comes_back();
    let (label, _) = script.question("AFTER #lobby msgid=1");
    script.answer(&label, "#lobby", &[("2", "10:02:00", "lior", "arrived"), ("3", "10:02:01", "lior", "same")]);
    let done = |id: &str, time| Fate::Done { id: Some(id.into()), at: at(time) };
    assert_eq!(script.fates(), [(1, done("2", "10:02:00")), (2, done("3", "10:02:01"))]);
    let (label, _) = script.question("AFTER #lobby msgid=3");
    script.answer(&label, "#lobby", &[]);
    let texts: Vec<&str> =
        script.sent().iter().filter_map(|line| line.split_once(" :").map(|(_, text)| text)).collect();
    assert_eq!(texts, ["same", "lost", "typed offline"]);
}

#[test]
fn an_old_message_with_the_same_words_is_not_taken_for_the_one_in_doubt() {
    let mut script = Script::in_lobby();
    script.says("amy", "ok");
    script.breaks();
    script.clear();
    script.comes_back();
    let (label, _) = script.question("LATEST amy");
    script.answer(&label, "amy", &[("1", "08:00:00", "lior", "ok")]);
    assert!(script.fates().iter().all(|(_, fate)| !matches!(fate, Fate::Done { .. })));
    script.label_of(":ok");
}

#[test]
fn a_message_the_server_forgot_is_found_by_its_time() {
    let mut script = Script::in_lobby();
    script.hears(&["@msgid=1;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #lobby :seen"]);
    script.says("#lobby", "in doubt");
    script.breaks();
    script.comes_back();
    let (label, _) = script.question("AFTER #lobby msgid=1");
    script.clear();
    script.hears(&[&format!("@label={label} FAIL CHATHISTORY MESSAGE_ERROR AFTER #lobby msgid=1 :unknown")]);
    let (label, line) = script.question("AFTER");
    assert!(line.ends_with("timestamp=2026-11-24T10:00:59.999Z 100"), "{line}");
    script.clear();
    script.hears(&[&format!("@label={label} FAIL CHATHISTORY MESSAGE_ERROR AFTER #lobby :still not")]);
    assert!(script.events().contains(&&Event::StillMissing(Place::Room("#lobby".into()))));
    assert!(matches!(script.fates()[..], [(1, Fate::Refused(_))]), "its author decides");
}

#[test]
fn conversations_that_went_on_without_us_are_fetched() {
    let mut script = Script::new(Script::log_in());
    script.come_in();
    let (label, line) = script.question("TARGETS");
    assert!(line.contains("TARGETS timestamp=9999-12-31T23:59:59.999Z timestamp=2026-10-25T10:00:00.000Z"), "{line}");
    script.answer_targets(&label, &["amy", "#lobby"]);
    let (label, line) = script.question("amy");
    assert!(line.contains("LATEST amy *"));
    script.answer(&label, "amy", &[("1", "09:59:00", "amy", "psst")]);
    script.breaks();
    script.clear();
    script.comes_back();
    script.question("AFTER amy msgid=1");
    let (label, line) = script.question("TARGETS");
    assert!(line.contains("TARGETS timestamp=9999-12-31T23:59:59.999Z timestamp=2026-11-24T09:59:00.000Z"), "{line}");
    script.answer_targets(&label, &["amy", "bob"]);
    script.question("AFTER bob timestamp=2026-11-24T09:59:00.000Z");
    assert!(!script.sent().iter().any(|line| line.contains("amy")), "amy is asked for already");
}

#[test]
fn at_most_four_questions_are_open_and_each_in_its_time() {
    let mut script = Script::in_lobby();
    for number in 0..10 {
        script.hears(&[&format!(":lior!l@h JOIN #r{number}")]);
    }
    let asked = |script: &Script| script.sent().iter().filter(|line| line.contains("CHATHISTORY")).count();
    assert_eq!(asked(&script), 4);
    script.clear();
    for _ in 0..2 {
        script.passes(15_000);
        script.hears(&[":srv PONG srv klatch"]);
    }
    script.passes(0);
    assert_eq!(asked(&script), 4, "the first four are given up");
}

#[test]
fn without_history_a_gap_stays_and_the_author_decides() {
    let mut script = Script::new(Way::Guest);
    let hello = [
        ":srv CAP * LS :echo-message server-time",
        ":srv CAP * ACK :echo-message server-time",
        ":srv 001 lior :Hi",
        ":srv 376 lior :",
        ":lior!l@h JOIN #x",
    ];
    script.hears(&hello);
    script.hears(&[":amy!a@h PRIVMSG #x :hi"]);
    script.says("#x", "in doubt");
    script.breaks();
    script.says("#x", "typed offline");
    script.session.open(script.now, &mut script.out);
    script.clear();
    script.hears(&hello);
    assert!(script.events().contains(&&Event::StillMissing(Place::Room("#x".into()))));
    assert!(matches!(script.fates()[..], [(1, Fate::Refused(_)), (2, Fate::Sent)]), "{:?}", script.fates());
}

#[test]
fn a_labelled_answer_may_hold_the_page_in_a_batch_of_its_own() {
    let mut script = Script::new(Script::log_in());
    script.come_in();
    let (label, _) = script.question("LATEST");
    script.clear();
    script.hears(&[
        &format!("@label={label} :srv BATCH +o labeled-response"),
        "@batch=o :srv BATCH +i chathistory #lobby",
        "@batch=i;msgid=1;time=2026-11-24T09:00:00.000Z :amy!a@h PRIVMSG #lobby :inside",
        "@batch=o :srv BATCH -i",
        ":srv BATCH -o",
    ]);
    assert_eq!(pages(&script), [(Part::Latest, vec!["inside".into()], false)]);
    assert!(caught_up(&script));
}

/// Answers a question about conversations with those of `(nick, second)` in a list, as far as it asks for them.
fn answer_conversations(script: &mut Script, (label, line): &(String, String), all: &[(&str, u32)], most: usize) {
    let words: Vec<&str> = line.split(' ').collect();
    let [until, since] = [words[3], words[4]].map(|word| word.strip_prefix("timestamp=").unwrap());
    let limit = words[5].parse::<usize>().unwrap().min(most);
    let time = |second: u32| format!("2026-11-24T09:59:{second:02}.000Z");
    let found = all.iter().map(|(nick, second)| (nick, time(*second)));
    let found: Vec<_> = found.filter(|(_, at)| since < at.as_str() && at.as_str() < until).collect();
    script.out.clear();
    script.hears(&[&format!("@label={label} :srv BATCH +t draft/chathistory-targets")]);
    for (nick, at) in &found[found.len().saturating_sub(limit)..] {
        script.hears(&[&format!("@batch=t :srv CHATHISTORY TARGETS {nick} {at}")]);
    }
    script.hears(&[":srv BATCH -t"]);
}

/// Who is found of `all` by somebody who was away, at a server that tells at most so many at a time.
fn conversations_found(all: &[(&str, u32)], most: usize) -> Vec<String> {
    let mut script = Script::in_lobby();
    script.breaks();
    script.clear();
    script.session.open(script.now, &mut script.out);
    script.come_in_where_a_page_has(2);
    let (mut found, mut questions) = (Vec::new(), VecDeque::new());
    for _ in 0..100 {
        questions.extend(script.sent().into_iter().filter(|line| line.contains(" CHATHISTORY ")).map(str::to_owned));
        let Some(line) = questions.pop_front() else {
            found.sort();
            return found;
        };
        let label = line.strip_prefix("@label=").and_then(|line| line.split(' ').next()).unwrap().to_owned();
        if line.contains(" TARGETS ") {
            answer_conversations(&mut script, &(label, line), all, most);
        } else {
            let place = line.split(' ').nth(3).unwrap();
            script.answer(&label, place, &[]);
            found.extend((!place.starts_with('#')).then(|| place.to_owned()));
        }
    }
    panic!("it comes to no end");
}

#[test]
fn conversations_of_one_time_are_not_parted_by_a_page() {
    let all = [("amy", 1), ("bob", 5), ("cleo", 5), ("dora", 5), ("eve", 5), ("fay", 5), ("gus", 7), ("hal", 9)];
    let nicks = all.map(|(nick, _)| nick.to_owned());
    assert_eq!(conversations_found(&all, 1_000), nicks);
    assert_eq!(conversations_found(&all[1..6], 1_000), nicks[1..6], "all of one time");
    // Elsewhere nobody can ask for more of one time than the server tells, but for those before.
    assert_eq!(conversations_found(&all, 2), ["amy", "eve", "fay", "gus", "hal"]);
}

#[test]
fn a_server_that_does_not_tell_so_many_at_once_is_asked_for_those_before() {
    let mut script = Script::new(Script::log_in());
    script.come_in_where_a_page_has(2);
    let (label, _) = script.question("TARGETS");
    script.answer_targets(&label, &["amy", "bob"]);
    let (label, line) = script.question("TARGETS");
    assert!(line.contains("TARGETS timestamp=2026-11-24T09:59:00.001Z timestamp=") && line.ends_with(" 4"), "{line}");
    script.clear();
    script.hears(&[&format!("@label={label} FAIL CHATHISTORY INVALID_PARAMS TARGETS 4 :Invalid limit")]);
    let (label, line) = script.question("TARGETS");
    assert!(line.contains("TARGETS timestamp=2026-11-24T09:59:00.000Z timestamp=") && line.ends_with(" 2"), "{line}");
    script.answer_targets(&label, &[]);
    assert!(!script.sent().iter().any(|line| line.contains("TARGETS")), "that was the last");
}
