use super::*;

fn person(nick: &str) -> Person {
    Person { nick: nick.into(), ..Person::default() }
}

#[test]
fn the_roster_is_told_with_ranks_and_asked_for_names() {
    let mut script = Script::new(Script::log_in());
    script.come_in();
    let people =
        vec![Person { operator: Some(true), ..person("amy") }, Person { operator: Some(false), ..person("lior") }];
    assert!(script.events().contains(&&Event::Present { room: "#lobby".into(), people }));
    assert!(script.sent().contains(&"WHO #lobby"));
    script.clear();
    script.hears(&[":srv 352 lior #lobby amy host srv amy G@ :0 Amy Adams", ":srv 315 lior #lobby :End of WHO"]);
    let amy = Person { display: Some("Amy Adams".into()), away: Some(true), ..person("amy") };
    assert_eq!(script.events(), [&Event::About { room: None, person: amy }]);
}

#[test]
fn coming_going_and_changing_are_told() {
    let mut script = Script::in_lobby();
    script.hears(&[
        "@time=2026-11-24T10:01:00.000Z :bob!b@h JOIN #lobby bob :Bob \u{202e}B",
        "@time=2026-11-24T10:02:00.000Z :bob!b@h PART #lobby :see you",
        "@time=2026-11-24T10:03:00.000Z :amy!a@h KICK #lobby eve :spam",
        "@time=2026-11-24T10:04:00.000Z :eve!e@h QUIT :Ping timeout",
        "@time=2026-11-24T10:05:00.000Z :amy!a@h NICK :amelia",
        ":amelia!a@h AWAY :lunch",
        ":amelia!a@h ACCOUNT *",
        ":amelia!a@h SETNAME :Amelia",
        "@time=2026-11-24T10:06:00.000Z :amelia!a@h TOPIC #lobby :new",
        "@time=2026-11-24T10:07:00.000Z :amelia!a@h MODE #lobby +vo-o lior lior amelia",
        "@time=2026-11-24T10:08:00.000Z :amelia!a@h INVITE lior #ops",
    ]);
    let bob = Person { display: Some("Bob B".into()), account: Some("bob".into()), away: Some(false), ..person("bob") };
    let room = || "#lobby".to_owned();
    let operator = |nick: &str, operator| Event::Operator {
        room: room(),
        nick: nick.into(),
        operator,
        by: "amelia".into(),
        at: at("10:07:00"),
    };
    let about = |person| Event::About { room: None, person };
    let parted = |nick: &str, reason: &str, kicked_by: Option<&str>, time| Event::Parted {
        room: room(),
        nick: nick.into(),
        reason: Some(reason.into()),
        kicked_by: kicked_by.map(str::to_owned),
        mine: false,
        at: at(time),
    };
    let expected = [
        Event::Joined { room: room(), person: bob, mine: false, at: at("10:01:00") },
        parted("bob", "see you", None, "10:02:00"),
        parted("eve", "spam", Some("amy"), "10:03:00"),
        Event::Quit { nick: "eve".into(), reason: Some("Ping timeout".into()), at: at("10:04:00") },
        Event::Renamed { old: "amy".into(), new: "amelia".into(), mine: false, at: at("10:05:00") },
        about(Person { away: Some(true), ..person("amelia") }),
        about(Person { account: Some(String::new()), ..person("amelia") }),
        about(Person { display: Some("Amelia".into()), ..person("amelia") }),
        Event::Topic { room: room(), text: "new".into(), changed: Some(("amelia".into(), at("10:06:00"))) },
        operator("lior", true),
        operator("amelia", false),
        Event::Invited { room: "#ops".into(), by: "amelia".into(), at: at("10:08:00") },
    ];
    assert_eq!(script.events(), expected.iter().collect::<Vec<_>>());
}

#[test]
fn prefixes_may_change_in_mid_session() {
    let mut script = Script::in_lobby();
    script.hears(&[
        ":srv 005 lior PREFIX=(qaohv)~&@%+ :are supported",
        ":srv 353 lior = #lobby :~@amy!a@h %+bob!b@h &eve",
        ":srv 366 lior #lobby :end",
    ]);
    let people = vec![
        Person { operator: Some(true), ..person("amy") },
        Person { operator: Some(false), ..person("bob") },
        Person { operator: Some(true), ..person("eve") },
    ];
    assert!(script.events().contains(&&Event::Present { room: "#lobby".into(), people }));
}

#[test]
fn rooms_are_gone_back_to_unless_we_left_them() {
    let mut script = Script::in_lobby();
    script.hears(&[
        ":lior!l@h JOIN #keep",
        ":lior!l@h JOIN #leave",
        ":lior!l@h PART #leave",
        ":lior!l@h JOIN #thrown",
        ":amy!a@h KICK #thrown lior :out",
        ":srv 471 lior #full :Cannot join channel (+l)",
    ]);
    script.breaks();
    script.clear();
    script.comes_back();
    let joins: Vec<&str> = script.sent().into_iter().filter(|line| line.starts_with("JOIN")).collect();
    assert_eq!(joins, ["JOIN #keep", "JOIN #lobby"]);
}

#[test]
fn answers_are_for_people() {
    let mut script = Script::in_lobby();
    script.asks(Request::Names("#lobby".into()));
    script.hears(&[":srv 353 lior = #lobby :@amy lior", ":srv 366 lior #lobby :end"]);
    script.asks(Request::Whois("amy".into()));
    script.hears(&[
        ":srv 311 lior amy amy host * :Amy Adams",
        ":srv 317 lior amy 7300 1795500000 :seconds idle, signon time",
        ":srv 318 lior amy :End of /WHOIS list",
        ":srv 482 lior #lobby :You're not channel operator",
    ]);
    let texts: Vec<&str> = script
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Info { text, .. } | Event::Error { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        texts,
        [
            "2 in #lobby: @amy, lior",
            "amy is Amy Adams (amy@host)",
            "amy has been idle for 2 h 1 min",
            "you are no operator of #lobby"
        ]
    );
}

#[test]
fn names_are_the_same_as_the_network_says() {
    let mut script = Script::new(Script::log_in());
    script.come_in();
    assert!(script.events().contains(&&Event::Names(CaseMapping::Rfc1459)), "where nothing is said");
    let is_in = |script: &Script, room: &str| {
        let folded = script.session.names.fold(room);
        script.session.rooms.contains_key(&folded) && script.session.link.joined.contains(&folded)
    };
    script.hears(&[":lior!l@h NICK lior[]", ":LIOR{}!l@h JOIN #a[b]"]);
    assert!(is_in(&script, "#A{B}"));
    script.hears(&[":lior{]!l@h PART #A{B}"]);
    assert!(!is_in(&script, "#a[b]"));

    // It may be told otherwise at any time; what is known stays known under its own name.
    script.hears(&[":lior[]!l@h JOIN #a[b]", ":srv 005 lior[] CASEMAPPING=ascii :are supported"]);
    assert!(script.events().contains(&&Event::Names(CaseMapping::Ascii)));
    script.hears(&[":lior[]!l@h PART #A{B}", ":lior{}!l@h PART #a[b]"]);
    assert!(is_in(&script, "#A[b]") && !is_in(&script, "#a{b}"));
    script.hears(&[":srv 005 lior[] CASEMAPPING=rfc7613 :are supported", ":lior[]!l@h JOIN #\u{c4}\u{df}"]);
    assert!(is_in(&script, "#\u{e4}\u{df}") && is_in(&script, "#A[B]"), "one that is not known folds all scripts");
    script.clear();
    script.hears(&[":srv 005 lior[] -CASEMAPPING :are supported"]);
    assert_eq!(script.events(), [&Event::Names(CaseMapping::Rfc1459)]);
    // The next connection begins with what was known.
    script.breaks();
    script.session.open(script.now, &mut script.out);
    assert_eq!(script.session.names, CaseMapping::Rfc1459);
}

#[test]
fn who_was_away_is_away_after_a_break_as_well() {
    let mut script = Script::in_lobby();
    script.asks(Request::Away(Some("lunch".into())));
    script.breaks();
    script.clear();
    script.comes_back();
    assert!(script.sent().contains(&"AWAY :lunch"), "{:?}", script.sent());
    script.asks(Request::Away(None));
    script.breaks();
    script.clear();
    script.comes_back();
    assert!(!script.sent().iter().any(|line| line.starts_with("AWAY")), "{:?}", script.sent());
}

#[test]
fn a_room_with_a_key_is_gone_back_to_with_the_key() {
    let mut script = Script::in_lobby();
    script.asks(Request::Join { room: "#vault".into(), key: Some("sesame".into()) });
    script.hears(&[":lior!l@h JOIN #vault"]);
    script.breaks();
    script.clear();
    script.comes_back();
    assert!(script.sent().contains(&"JOIN #vault sesame"), "{:?}", script.sent());
    script.hears(&[":lior!l@h JOIN #vault", ":lior!l@h PART #vault", ":lior!l@h JOIN #vault"]);
    script.breaks();
    script.clear();
    script.comes_back();
    assert!(script.sent().contains(&"JOIN #vault"), "the key went with the room: {:?}", script.sent());
}

#[test]
fn a_room_with_another_name_is_the_same_room() {
    let mut script = Script::in_lobby();
    script.hears(&[
        ":lior!l@h JOIN #ops",
        "@msgid=1;time=2026-11-24T10:01:00.000Z :amy!a@h PRIVMSG #ops :seen",
        "@+typing=active :amy!a@h TAGMSG #ops",
    ]);
    script.says("#ops", "under way");
    let latest = script.question("LATEST #ops").0;
    script.clear();
    script.hears(&["@time=2026-11-24T10:02:00.000Z :amy!a@h RENAME #ops #dev :it builds"]);
    let renamed = Event::RoomRenamed {
        from: "#ops".into(),
        to: "#dev".into(),
        by: "amy".into(),
        reason: Some("it builds".into()),
        at: at("10:02:00"),
    };
    assert_eq!(script.events(), [&renamed]);
    // What was asked under the old name is answered about the new one.
    script.answer(&latest, "#ops", &[("0", "09:59:00", "amy", "before")]);
    let page =
        |event: &&Event| matches!(event, Event::History(Page { place: Place::Room(room), .. }) if room == "#dev");
    assert!(script.events().iter().any(page), "{:?}", script.events());
    assert!(script.label_of("PRIVMSG #dev :under way").starts_with('m'), "it waited for that answer");
    script.clear();
    script.passes(6_000);
    let place = Place::Room("#dev".into());
    assert!(script.events().contains(&&Event::Typing { place, nick: "amy".into(), state: Typing::Done }));
    script.breaks();
    script.clear();
    script.comes_back();
    assert!(script.sent().contains(&"JOIN #dev"), "{:?}", script.sent());
    script.clear();
    script.hears(&[":lior!l@h JOIN #dev"]);
    script.question("AFTER #dev msgid=1");
    script.clear();
    script.hears(&[":amy!a@h RENAME #elsewhere #far", ":amy!a@h RENAME #dev amy", ":amy!a@h RENAME #dev"]);
    assert_eq!(script.events(), Vec::<&Event>::new(), "none of that is about us");
}

#[test]
fn that_somebody_is_away_is_told_once_until_it_is_news() {
    let mut script = Script::in_lobby();
    let mut told = |lines: &[&str]| {
        script.clear();
        script.hears(lines);
        script
            .events()
            .iter()
            .filter(|event| matches!(event, Event::Info { text, .. } if text.contains("away")))
            .count()
    };
    let lunch = ":srv 301 lior amy :lunch";
    assert_eq!(told(&[lunch, lunch, ":srv 301 lior AMY :lunch"]), 1);
    assert_eq!(told(&[":srv 301 lior bob :lunch", ":srv 301 lior amy :asleep"]), 2, "another person, other words");
    assert_eq!(told(&[":amy!a@h AWAY", ":srv 301 lior amy :asleep"]), 1, "away once more");
    assert_eq!(told(&[":srv 311 lior amy amy host * :Amy Adams", ":srv 301 lior amy :asleep"]), 1, "who asks is told");
}
