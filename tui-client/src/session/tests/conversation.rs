use super::*;

fn said(script: &Script) -> Vec<(Place, String, String)> {
    let said = script.events().into_iter().filter_map(|event| match event {
        Event::Said { place, spoken } => Some((place.clone(), spoken.nick.clone(), spoken.text.clone())),
        _ => None,
    });
    said.collect()
}

#[test]
fn what_others_say_is_heard_where_it_belongs() {
    let mut script = Script::in_lobby();
    script.hears(&[
        "@msgid=1;time=2026-11-24T10:01:00.000Z;account=amy :amy!a@h PRIVMSG #lobby :hi \u{2}all\u{2} \u{3}04red",
        ":amy!a@h PRIVMSG lior :psst",
        ":amy!a@h PRIVMSG #lobby :\u{1}ACTION waves\u{1}",
        ":amy!a@h NOTICE @#lobby :look",
        ":srv.example NOTICE lior :you are host x",
        ":NickServ NOTICE lior :hello",
        "NOTICE * :*** Looking up your hostname",
        "PRIVMSG #lobby :from nobody",
        ":amy!a@h PRIVMSG lior :\u{1}VERSION\u{1}",
        "@+typing=active :amy!a@h TAGMSG #lobby",
    ]);
    let expected = [
        (Place::Room("#lobby".into()), "amy", "hi all red"),
        (Place::Direct("amy".into()), "amy", "psst"),
        (Place::Room("#lobby".into()), "amy", "waves"),
        (Place::Room("#lobby".into()), "amy", "look"),
        (Place::Direct("NickServ".into()), "NickServ", "hello"),
        (Place::Room("#lobby".into()), "", "from nobody"),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(place, nick, text)| (place, nick.into(), text.into())).collect();
    assert_eq!(said(&script), expected);
    let told = script.events().into_iter().filter_map(|event| match event {
        Event::Info { window: Window::Active, text, .. } => Some(text.clone()),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), ["you are host x", "*** Looking up your hostname"], "what the server says");
    let first = script.events().into_iter().find_map(|event| match event {
        Event::Said { spoken, .. } => Some(spoken.clone()),
        _ => None,
    });
    let first = first.unwrap();
    assert_eq!((first.id.as_deref(), first.at, first.account.as_deref()), (Some("1"), at("10:01:00"), Some("amy")));
    let typing = Event::Typing { place: Place::Room("#lobby".into()), nick: "amy".into(), state: Typing::Active };
    assert!(script.events().contains(&&typing));
}

#[test]
fn our_words_are_pending_until_they_come_back() {
    let mut script = Script::in_lobby();
    script.says("#lobby", "hello");
    let label = script.label_of(":hello");
    assert_eq!(script.sent(), [format!("@label={label} PRIVMSG #lobby :hello")]);
    assert!(matches!(script.events()[0], Event::Outgoing { fate: Fate::Queued, .. }));
    assert_eq!(script.fates(), [(1, Fate::Sent)]);
    assert_eq!(script.session.unsent(), 1);
    script.clear();
    script.hears(&[&format!("@label={label};msgid=7;time=2026-11-24T10:01:00.000Z :lior!l@h PRIVMSG #lobby :hello")]);
    assert_eq!(script.fates(), [(1, Fate::Done { id: Some("7".into()), at: at("10:01:00") })]);
    assert_eq!(said(&script), []);
    assert_eq!(script.session.unsent(), 0);
}

#[test]
fn what_another_device_of_ours_says_is_heard() {
    let mut script = Script::in_lobby();
    script.says("#lobby", "hello");
    script.clear();
    script.hears(&["@msgid=8 :lior!l@h PRIVMSG amy :from the phone"]);
    assert_eq!(said(&script), [(Place::Direct("amy".into()), "lior".into(), "from the phone".into())]);
    assert_eq!(script.session.unsent(), 1);
}

#[test]
fn what_another_device_of_ours_says_is_not_ours_though_the_words_are_the_same() {
    let mut script = Script::in_lobby();
    script.says("#lobby", "hello");
    let label = script.label_of(":hello");
    script.clear();
    script.hears(&[
        "@msgid=8;+klatch.chat/nonce=phone-1 :lior!l@h PRIVMSG #lobby :hello",
        "@msgid=9 :lior!l@h PRIVMSG #lobby :hello",
    ]);
    assert_eq!(said(&script).len(), 2);
    assert_eq!(script.session.unsent(), 1, "ours has not come back");
    script.hears(&[&format!("@label={label};msgid=10 :lior!l@h PRIVMSG #lobby :hello")]);
    assert!(
        matches!(&script.fates()[..], [(1, Fate::Done { id: Some(id), .. })] if id == "10"),
        "{:?}",
        script.fates()
    );
}

#[test]
fn what_is_refused_says_why_and_can_be_sent_again() {
    let mut script = Script::in_lobby();
    script.says("#ops", "one");
    script.says("#ops", "two");
    let (one, two) = (script.label_of(":one"), script.label_of(":two"));
    script.clear();
    script.hears(&[
        &format!("@label={two} :srv 404 lior #ops :Cannot send to channel"),
        &format!("@label={one} FAIL PRIVMSG INVALID_UTF8 :not UTF-8"),
    ]);
    assert_eq!(
        script.fates(),
        [
            (2, Fate::Refused("you cannot speak in #ops: Cannot send to channel".into())),
            (1, Fate::Refused("not UTF-8".into()))
        ]
    );
    script.clear();
    script.asks(Request::Again { to: "#OPS".into() });
    assert_eq!(script.fates(), [(1, Fate::Queued), (2, Fate::Queued), (1, Fate::Sent), (2, Fate::Sent)]);
    assert!(script.sent()[0].ends_with(":one"));
}

#[test]
fn long_texts_fit_the_line_that_others_get() {
    let mut script = Script::in_lobby();
    let text = format!("{} {}\n\nsecond line", "word ".repeat(200), "👩\u{200d}👩\u{200d}👧".repeat(60));
    script.says("#lobby", &text);
    let sent = script.sent();
    assert!(sent.len() > 3, "{sent:?}");
    for line in &sent {
        let bare = line.split_once(' ').unwrap().1;
        assert!(format!(":lior!lior@host {bare}\r\n").len() <= 512, "{line}");
        let text = line.split_once(" :").unwrap().1;
        assert!(!text.starts_with('\u{200d}') && !text.ends_with('\u{200d}'), "{line}");
    }
    assert!(sent.last().unwrap().ends_with(":second line"));
}

#[test]
fn only_so_many_are_on_their_way_at_a_time() {
    let mut script = Script::in_lobby();
    let text = (0..40).map(|number| format!("line {number}")).collect::<Vec<_>>().join("\n");
    script.says("#lobby", &text);
    let labels: Vec<String> = (0..16).map(|number| script.label_of(&format!(":line {number}"))).collect();
    assert_eq!(script.sent().len(), 16);
    script.clear();
    script.hears(&[&format!("@label={};msgid=0 :lior!l@h PRIVMSG #lobby :line 0", labels[0])]);
    assert!(script.sent()[0].ends_with(":line 16"));
    script.clear();
    script.says("#lobby", &"x\n".repeat(501));
    assert!(script.sent().is_empty());
    assert!(matches!(script.events()[..], [Event::Error { .. }]));
}

#[test]
fn without_labels_the_echo_is_known_by_its_words() {
    let mut script = Script::new(Way::Guest);
    script.hears(&[
        ":srv CAP * LS :echo-message",
        ":srv CAP * ACK :echo-message",
        ":srv 001 lior :Hi",
        ":srv 376 lior :",
    ]);
    script.clear();
    script.says("#x", "hello");
    assert_eq!(script.sent(), ["PRIVMSG #x :hello"]);
    script.hears(&[":lior!l@h PRIVMSG #X :hello"]);
    assert!(matches!(script.fates()[1], (1, Fate::Done { .. })));
    script.says("#gone", "hello");
    script.hears(&[":srv 403 lior #gone :No such channel"]);
    assert_eq!(script.fates().last().unwrap().1, Fate::Refused("there is no room #gone".into()));
}

/// In a server that knows nothing but the first standard.
fn without_echo() -> Script {
    let mut script = Script::new(Way::Guest);
    script.hears(&[":srv 001 lior :Hi", ":srv 376 lior :"]);
    script.clear();
    script
}

/// What the server is asked behind messages, to be answered with.
fn asked_behind(script: &Script) -> String {
    let sent = script.sent();
    let ping = sent.last().and_then(|line| line.strip_prefix("PING "));
    ping.unwrap_or_else(|| panic!("nothing is asked: {sent:?}")).to_owned()
}

#[test]
fn without_echo_a_sign_of_life_behind_a_message_confirms_it() {
    let mut script = without_echo();
    let sent_at = script.session.clock(script.now.wall);
    script.says("#x", "hello");
    script.says("nobody", "hello");
    let behind = asked_behind(&script);
    assert_eq!(script.fates(), [(1, Fate::Sent), (2, Fate::Sent)]);
    script.clear();
    script.passes(1_000);
    script.hears(&[":srv PONG srv :klatch", ":srv 401 lior nobody :No such nick", &format!(":srv PONG srv :{behind}")]);
    let done = Fate::Done { id: None, at: sent_at };
    assert_eq!(script.fates(), [(2, Fate::Refused("there is nobody called nobody here".into())), (1, done)]);
    assert_eq!(script.session.unsent(), 0);
    // Not every server says which question it answers.
    script.says("#x", "again");
    script.clear();
    script.hears(&[":srv PONG srv"]);
    assert!(matches!(script.fates()[..], [(3, Fate::Done { .. })]), "{:?}", script.fates());
}

#[test]
fn without_echo_a_dead_link_takes_nothing_for_sent() {
    let mut script = without_echo();
    script.says("lior2", "hello");
    let behind = asked_behind(&script);
    script.breaks();
    assert_eq!(script.session.unsent(), 1);
    script.session.open(script.now, &mut script.out);
    script.clear();
    script.hears(&[":srv 001 lior :Hi", ":srv 376 lior :", &format!(":srv PONG srv :{behind}")]);
    let [(1, Fate::Refused(why))] = &script.fates()[..] else { panic!("{:?}", script.fates()) };
    assert!(why.contains("it may have arrived"), "{why}");
}

#[test]
fn typing_is_told_at_most_every_three_seconds() {
    let mut script = Script::in_lobby();
    let typing = |state| Request::Typing { to: "#lobby".into(), state };
    for _ in 0..5 {
        script.asks(typing(Typing::Active));
    }
    script.passes(3_000);
    script.asks(typing(Typing::Active));
    script.asks(typing(Typing::Done));
    script.asks(typing(Typing::Done));
    let told: Vec<_> = script.sent().into_iter().map(|line| line.split_once(';').unwrap().1).collect();
    let active = "+typing=active TAGMSG #lobby";
    assert_eq!(told, [active, active, "+typing=done TAGMSG #lobby"]);
}

#[test]
fn who_stops_typing_without_a_word_is_forgotten_after_six_seconds() {
    let mut script = Script::in_lobby();
    script.hears(&["@+typing=active :amy!a@h TAGMSG #lobby", "@+typing=active :bob!b@h TAGMSG #lobby"]);
    script.hears(&[":bob!b@h PRIVMSG #lobby :there"]);
    script.clear();
    assert_eq!(script.session.deadline(), Some(script.now.mono + 6_000));
    script.passes(5_999);
    assert!(script.events().is_empty());
    script.passes(1);
    let stopped = Event::Typing { place: Place::Room("#lobby".into()), nick: "amy".into(), state: Typing::Done };
    assert_eq!(script.events(), [&stopped]);
}

#[test]
fn a_ping_is_answered_and_requests_become_lines() {
    let mut script = Script::in_lobby();
    script.hears(&["PING :a b"]);
    script.asks(Request::Join { room: "#ops".into(), key: Some("k".into()) });
    script.asks(Request::Part { room: "#ops".into(), reason: Some("so long".into()) });
    script.asks(Request::Topic { room: "#ops".into(), text: Some(String::new()) });
    script.asks(Request::Away(None));
    script.asks(Request::Mode { target: "#ops".into(), change: "+o amy".into() });
    script.asks(Request::Raw("VERSION\r\nQUIT".into()));
    script.asks(Request::SetName("Lior".into()));
    script.asks(Request::Quit(Some("bye".into())));
    assert_eq!(
        script.sent(),
        [
            "PONG :a b",
            "JOIN #ops k",
            "PART #ops :so long",
            "TOPIC #ops :",
            "AWAY",
            "MODE #ops +o amy",
            "VERSIONQUIT",
            "SETNAME :Lior",
            "QUIT :bye"
        ]
    );
    assert_eq!(script.session.ending(), Some(&Ending::Quit));
}

#[test]
fn a_batch_that_never_ends_keeps_nothing_back() {
    let mut script = Script::in_lobby();
    script.hears(&[
        ":srv BATCH +n somewhere",
        "@batch=n;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #lobby :still here",
    ]);
    assert_eq!(script.events(), [] as [&Event; 0]);
    let said = |script: &Script| {
        let said = script.events().into_iter().filter_map(|event| match event {
            Event::Said { spoken, .. } => Some(spoken.text.clone()),
            _ => None,
        });
        said.collect::<Vec<_>>()
    };
    for _ in 0..3 {
        assert_eq!(said(&script), [] as [String; 0]);
        assert!(script.session.deadline().is_some_and(|at| at <= script.now.mono + 30_000));
        script.passes(10_000);
        script.hears(&[":srv PONG srv :klatch"]);
    }
    assert_eq!(said(&script), ["still here"]);
    script.hears(&["@batch=n :amy!a@h PRIVMSG #lobby :and later", ":srv BATCH -n"]);
    assert_eq!(said(&script), ["still here", "and later"]);
}

#[test]
fn nobody_is_told_that_their_typing_was_refused() {
    let mut script = Script::in_lobby();
    script.asks(Request::Typing { to: "bob".into(), state: Typing::Active });
    let label = script.label_of("TAGMSG bob");
    script.clear();
    script.hears(&[&format!("@label={label} :srv 401 lior bob :No such nick")]);
    assert_eq!(script.events(), Vec::<&Event>::new());
    script.asks(Request::Whois("bob".into()));
    script.hears(&[":srv 401 lior bob :No such nick"]);
    assert!(matches!(script.events()[..], [Event::Error { .. }]), "what was asked for is told");

    // Without labels the first refusal after we told that we type is about that, unless a message may be meant.
    let mut script = Script::in_lobby();
    script.hears(&[":srv CAP lior DEL :labeled-response"]);
    script.asks(Request::Typing { to: "#quiet".into(), state: Typing::Active });
    script.clear();
    let refused = ":srv 404 lior #quiet :Cannot send to channel";
    script.hears(&[refused]);
    assert_eq!(script.events(), Vec::<&Event>::new());
    script.passes(5_000);
    script.asks(Request::Typing { to: "#quiet".into(), state: Typing::Active });
    script.says("#quiet", "hello");
    script.clear();
    script.hears(&[refused]);
    assert!(matches!(script.fates()[..], [(1, Fate::Refused(_))]), "{:?}", script.events());
}

#[test]
fn what_is_taken_back_is_told_live_and_by_the_history() {
    let mut script = Script::in_lobby();
    let redaction = |place: Place, id: &str, by: &str, reason: Option<&str>| {
        Event::Redacted(Redaction { place, id: id.into(), by: by.into(), reason: reason.map(str::to_owned) })
    };
    script.hears(&[
        ":amy!a@h REDACT #lobby 7 :wrong \u{2}room",
        ":amy!a@h REDACT lior 8",
        ":lior!l@h REDACT amy 9 :",
        ":amy!a@h REDACT #lobby",
    ]);
    let (lobby, amy) = (Place::Room("#lobby".into()), Place::Direct("amy".into()));
    let told = [
        redaction(lobby.clone(), "7", "amy", Some("wrong room")),
        redaction(amy.clone(), "8", "amy", None),
        redaction(amy, "9", "lior", None),
    ];
    assert_eq!(script.events(), told.iter().collect::<Vec<_>>());
    script.hears(&["@msgid=1;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #lobby :seen"]);
    script.breaks();
    script.clear();
    script.comes_back();
    let (label, _) = script.question("AFTER #lobby msgid=1");
    script.clear();
    script.hears(&[
        &format!("@label={label} :srv BATCH +b chathistory #lobby"),
        "@batch=b;time=2026-11-24T10:02:00.000Z :amy!a@h REDACT #lobby 1",
        ":srv BATCH -b",
    ]);
    assert!(script.events().contains(&&redaction(lobby.clone(), "1", "amy", None)));
    assert!(script.events().contains(&&Event::CaughtUp(lobby)), "it is no message, so nothing is missing");
}
