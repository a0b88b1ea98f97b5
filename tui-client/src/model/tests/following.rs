use super::*;

#[test]
fn coming_in_is_greeted_once_and_shows_the_lobby() {
    let mut model = model();
    assert_eq!(model.active().name, "#lobby");
    assert_eq!(shown(&model, "#lobby"), ["* Good to see you Lior!"]);
    model.apply(Event::Lost);
    model.apply(Event::Welcome { nick: "lior".into(), network: "Attic".into(), first: false, history: true });
    model.apply(joined("lior", "Lior"));
    assert!(!shown(&model, "#lobby").contains(&"+Lior".to_owned()));
    assert_eq!(shown(&model, "#lobby").iter().filter(|line| line.contains("Good to see you")).count(), 1);
}

#[test]
fn people_come_and_go_with_banners() {
    let mut model = model();
    model.apply(joined("moshe", "Moshe"));
    assert_eq!(model.active().roster.len(), 2);
    model.apply(Event::Quit { nick: "moshe".into(), reason: Some("power cut".into()), at: UnixMs(1) });
    model.apply(Event::Quit { nick: "stranger".into(), reason: None, at: UnixMs(1) });
    assert_eq!(shown(&model, "#lobby")[1..], ["+Moshe", "-moshe power cut"]);
    assert_eq!(model.active().roster.len(), 1);
}

#[test]
fn a_names_list_replaces_who_is_here_but_keeps_what_is_known() {
    let mut model = model();
    model.apply(joined("moshe", "Moshe"));
    model.apply(joined("gone", "Gone"));
    let here = |nick: &str| Person { nick: nick.into(), operator: Some(nick == "moshe"), ..Person::default() };
    model.apply(Event::Present { room: "#lobby".into(), people: vec![here("lior"), here("moshe")] });
    let roster = &model.active().roster;
    let moshe = roster.get("moshe").unwrap();
    assert_eq!((moshe.display.as_deref(), moshe.operator, roster.len()), (Some("Moshe"), true, 2));
}

#[test]
fn who_spoke_before_the_name_was_known_is_named_afterwards() {
    let mut model = model();
    let here = Person { nick: "amy".into(), ..Person::default() };
    model.apply(Event::Present { room: "#lobby".into(), people: vec![here] });
    model.apply(said(lobby(), 1, "amy", "hi"));
    assert_eq!(shown(&model, "#lobby").last().unwrap(), "amy: hi");
    model.apply(Event::About { room: None, person: person("amy", "Amy Adams") });
    assert_eq!(shown(&model, "#lobby").last().unwrap(), "Amy Adams: hi");
}

#[test]
fn a_mention_and_a_direct_message_want_attention_unless_they_are_seen() {
    let mut model = model();
    assert_eq!(model.apply(said(lobby(), 1, "amy", "lior: look")), None, "the user looks at it");
    model.set_watching(false);
    let attention = model.apply(said(lobby(), 2, "amy", "Lior, look")).unwrap();
    assert_eq!((attention.room.as_str(), attention.direct), ("#lobby", false));
    assert_eq!(model.apply(said(lobby(), 3, "amy", "look")), None);
    let attention = model.apply(said(Place::Direct("amy".into()), 4, "amy", "psst")).unwrap();
    assert!(attention.direct);
    assert_eq!((model.active().unread, model.active().mentions), (2, 1));
    let amy = model.room("amy").unwrap();
    assert_eq!((amy.unread, amy.mentions), (1, 1));
    assert_eq!(model.most_important(), Some(1));
}

#[test]
fn the_unread_line_stays_until_the_room_is_left() {
    let mut model = model();
    model.set_watching(false);
    model.apply(said(lobby(), 1, "amy", "one"));
    let first = model.active().unread_from;
    model.apply(said(lobby(), 2, "amy", "two"));
    model.set_watching(true);
    assert_eq!((model.active().unread, model.active().unread_from), (0, first));
    assert!(first.is_some());
    model.query("amy");
    assert_eq!(model.room("#lobby").unwrap().unread_from, None);
    model.switch_back();
    assert_eq!(model.active().name, "#lobby");
}

#[test]
fn our_own_message_moves_to_where_the_server_put_it() {
    let mut model = model();
    let out = crate::session::OutId(1);
    model.apply(Event::Outgoing {
        out,
        place: lobby(),
        text: "mine".into(),
        manner: Manner::Plain,
        at: UnixMs(500),
        fate: Fate::Queued,
    });
    let delivery =
        |model: &Model| match &model.active().history.iter().find(|line| line.key == LineKey(2)).unwrap().body {
            Body::Said { delivery, .. } => delivery.clone(),
            other => panic!("{other:?}"),
        };
    assert_eq!(delivery(&model), Delivery::Queued);
    model.apply(Event::Fate { out, fate: Fate::Sent });
    assert_eq!(delivery(&model), Delivery::Pending);
    model.apply(said(lobby(), 1, "amy", "first"));
    model.apply(Event::Fate { out, fate: Fate::Refused("no".into()) });
    assert_eq!(delivery(&model), Delivery::Refused("no".into()));
    model.apply(Event::Fate { out, fate: Fate::Done { id: Some("x".into()), at: UnixMs(2_000) } });
    assert_eq!(delivery(&model), Delivery::Done);
    assert_eq!(shown(&model, "#lobby")[1..], ["amy: first", "Lior: mine"]);
}

#[test]
fn a_message_that_came_with_the_history_is_not_shown_twice() {
    let mut model = model();
    let out = crate::session::OutId(1);
    let text = "mine".to_owned();
    model.apply(Event::Outgoing { out, place: lobby(), text, manner: Manner::Plain, at: UnixMs(5), fate: Fate::Sent });
    model.apply(Event::Lost);
    let lines = vec![spoken(1, 1_000, "lior", "mine")];
    model.apply(Event::History(Page { place: lobby(), part: Part::Missed, lines, complete: false }));
    model.apply(Event::Fate { out, fate: Fate::Done { id: Some("id1".into()), at: UnixMs(1_000) } });
    model.apply(Event::CaughtUp(lobby()));
    assert_eq!(shown(&model, "#lobby")[1..], ["Lior: mine"]);
}

#[test]
fn a_gap_shows_until_it_is_filled_or_given_up() {
    let mut model = model();
    model.apply(said(lobby(), 1, "amy", "one"));
    model.apply(Event::Lost);
    model.apply(Event::Lost);
    let gap = "(gap, fetching: true)".to_owned();
    assert_eq!(shown(&model, "#lobby")[1..], ["amy: one".to_owned(), gap.clone()]);
    model.apply(said(lobby(), 4, "amy", "four"));
    let lines = vec![spoken(2, 2_000, "amy", "two")];
    model.apply(Event::History(Page { place: lobby(), part: Part::Missed, lines, complete: false }));
    assert_eq!(shown(&model, "#lobby")[2..], ["amy: two".to_owned(), gap, "amy: four".to_owned()]);
    let mut filled = model;
    let mut given_up = Model::default();
    given_up.apply(joined("lior", "Lior"));
    given_up.apply(said(lobby(), 1, "amy", "one"));
    given_up.apply(Event::Lost);
    given_up.apply(Event::StillMissing(lobby()));
    filled.apply(Event::CaughtUp(lobby()));
    assert!(!shown(&filled, "#lobby").iter().any(|line| line.contains("gap")));
    assert_eq!(shown(&given_up, "#lobby").last().unwrap(), "(gap, fetching: false)");
}

#[test]
fn what_somebody_wrote_since_our_last_word_is_unread_when_we_come_in() {
    let mut model = model();
    let amy = || Place::Direct("amy".into());
    let lines = vec![spoken(1, 1, "amy", "old"), spoken(2, 2, "lior", "answered"), spoken(3, 3, "amy", "new")];
    model.apply(Event::History(Page { place: amy(), part: Part::Latest, lines, complete: false }));
    let room = model.room("amy").unwrap();
    assert_eq!((room.unread, room.history.len()), (1, 3));
}

#[test]
fn a_message_that_comes_twice_in_one_page_is_unread_once() {
    let amy = || Place::Direct("amy".into());
    for part in [Part::Latest, Part::Missed] {
        let mut model = model();
        let lines = vec![spoken(1, 1, "amy", "Lior?"), spoken(1, 1, "amy", "Lior?"), spoken(2, 2, "amy", "hello")];
        model.apply(Event::History(Page { place: amy(), part, lines, complete: true }));
        model.apply(Event::CaughtUp(amy()));
        let room = model.room("amy").unwrap();
        assert_eq!((room.unread, room.mentions, room.history.len()), (2, 2, 2), "{part:?}");
        assert_eq!(room.unread_from, room.history.get(0).map(|line| line.key), "{part:?}");
    }
}

#[test]
fn rooms_are_listed_in_groups_and_the_active_one_stays() {
    let mut model = model();
    model.apply(said(Place::Direct("amy".into()), 1, "amy", "psst"));
    model.apply(Event::Joined { room: "#ops".into(), person: person("lior", "Lior"), mine: true, at: UnixMs(0) });
    let names: Vec<&str> = model.rooms().iter().map(|room| room.name.as_str()).collect();
    assert_eq!(names, ["#lobby", "#ops", "amy", ""]);
    assert_eq!(model.active().name, "#lobby");
    model.expect("#dev");
    model.apply(Event::Joined { room: "#dev".into(), person: person("lior", "Lior"), mine: true, at: UnixMs(0) });
    assert_eq!(model.active().name, "#dev");
    model.close("#lobby");
    assert_eq!(model.active().name, "#dev");
    model.close("#dev");
    assert_eq!(model.active().name, "amy");
    for name in ["amy", "#ops", ""] {
        model.close(name);
    }
    assert_eq!(model.rooms().len(), 1);
    model.note("nobody is here", UnixMs(0));
}

#[test]
fn strangers_cannot_open_windows_without_end() {
    let mut model = model();
    for number in 0..1_000 {
        model.apply(said(Place::Direct(format!("spam{number}")), number, "x", "buy"));
    }
    assert_eq!(model.rooms().len(), Model::MOST_ROOMS);
    assert_eq!(model.rooms().last().unwrap().kind, RoomKind::Server);
}

#[test]
fn things_are_told_where_they_belong() {
    let mut model = model();
    let info = |window| Event::Info { window, text: "x".into(), at: UnixMs(0) };
    model.apply(info(Window::Server));
    model.apply(info(Window::Named("#LOBBY".into())));
    model.apply(info(Window::Named("#closed".into())));
    assert_eq!(model.rooms().last().unwrap().history.len(), 1);
    assert_eq!(model.active().history.len(), 3);
}

#[test]
fn tab_completes_nicks_rooms_and_commands() {
    let mut model = model();
    for (number, nick) in ["bob", "bea", "berta"].into_iter().enumerate() {
        model.apply(joined(nick, nick));
        model.apply(said(lobby(), number, nick, "hi"));
    }
    let labels = |text: &str| {
        let completion = model.complete(text, text.len());
        completion.candidates.into_iter().map(|candidate| candidate.insert).collect::<Vec<_>>()
    };
    assert_eq!(labels("be"), ["berta: ", "bea: "], "who spoke last comes first");
    assert_eq!(labels("ask B"), ["berta ", "bea ", "bob "]);
    assert_eq!(labels("@bo"), ["@bob "]);
    assert_eq!(labels("see #l"), ["#lobby "]);
    assert_eq!(labels("/jo"), ["/join "]);
    assert_eq!(labels("say :thumbsu"), ["👍 "]);
    assert_eq!(labels(":tada:"), ["🎉 "]);
    assert_eq!(labels(":smile")[0], "😄 ", "the whole name first");
    assert_eq!(labels("ah :)"), Vec::<String>::new());
    assert_eq!(labels("say /jo"), Vec::<String>::new());
    assert_eq!(labels("li"), Vec::<String>::new(), "not ourselves");
    assert_eq!(labels(""), Vec::<String>::new());
    assert_eq!(model.complete("é be", 99).range, 3..5);
    assert_eq!(model.complete("é", 1).range, 0..0);
}

#[test]
fn people_and_rooms_are_found_as_the_network_compares_names() {
    let mut model = model();
    model.apply(Event::Names(CaseMapping::Rfc1459));
    model.apply(joined("amy[1]", "amy[1]"));
    model.apply(Event::Quit { nick: "AMY{1}".into(), reason: None, at: UnixMs(1) });
    assert_eq!(shown(&model, "#LOBBY").last().map(String::as_str), Some("-amy[1] "));
    model.apply(joined("bob[1]", "bob[1]"));
    let here = |model: &Model, nick: &str| model.active().roster.get(nick).is_some();
    assert!(here(&model, "BOB{1}"));
    model.apply(Event::Names(CaseMapping::Ascii));
    assert!(here(&model, "BOB[1]") && !here(&model, "bob{1}"));
    // Who is told of anew is compared so as well.
    model.apply(Event::Names(CaseMapping::Precis));
    model.apply(Event::Present {
        room: "#lobby".into(),
        people: vec![person("\u{c4}my", "Amy"), person("lior", "Lior")],
    });
    assert!(here(&model, "\u{e4}MY"));
}

#[test]
fn what_an_earlier_run_left_has_our_name_once_we_are_in() {
    let mut model = Model::default();
    model.apply(Event::Outgoing {
        out: crate::session::OutId(1),
        place: lobby(),
        text: "left over".into(),
        manner: Manner::Plain,
        at: UnixMs(1_000),
        fate: Fate::Queued,
    });
    model.apply(Event::Welcome { nick: "lior".into(), network: "Attic".into(), first: true, history: true });
    assert_eq!(shown(&model, "#lobby"), ["lior: left over"]);
}

#[test]
fn tab_finds_people_of_other_rooms_where_there_is_nobody_of_that_name() {
    let mut model = model();
    model.apply(joined("bob", "Bob Bell"));
    model.apply(said(Place::Direct("berta".into()), 1, "berta", "psst"));
    model.query("berta");
    let labels = |text: &str| {
        let candidates = model.complete(text, text.len()).candidates;
        candidates.into_iter().map(|one| (one.insert, one.about)).collect::<Vec<_>>()
    };
    assert_eq!(labels("/whois b"), [("berta ".to_owned(), String::new()), ("bob ".to_owned(), "Bob Bell".to_owned())]);
    assert_eq!(labels("lior"), [], "not ourselves");
}
