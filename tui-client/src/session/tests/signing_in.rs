use super::*;

#[test]
fn a_log_in_asks_for_what_is_offered_and_proves_who_we_are() {
    let mut script = Script::new(Script::log_in());
    assert_eq!(script.sent(), ["CAP LS 302", "NICK lior", "USER lior 0 * :lior"]);
    script.clear();
    script.hears(&[":srv CAP * LS * :batch sasl=PLAIN,SCRAM-SHA-256", ":srv CAP * LS :echo-message x/unknown"]);
    assert_eq!(script.sent(), ["CAP REQ :echo-message batch sasl"]);
    script.clear();
    script.hears(&[":srv CAP * ACK :echo-message batch sasl"]);
    assert_eq!(script.sent(), ["AUTHENTICATE PLAIN"]);
    script.clear();
    script.hears(&["AUTHENTICATE +"]);
    assert_eq!(script.sent(), ["AUTHENTICATE AGxpb3IAc2VjcmV0"]);
    script.clear();
    script.hears(&[":srv 903 lior :ok"]);
    assert_eq!(script.sent(), ["CAP END"]);
    script.hears(&[":srv 001 Lior :Welcome", ":srv 005 Lior NETWORK=Attic :are supported"]);
    let welcome = Event::Welcome { nick: "Lior".into(), network: "srv".into(), first: true, history: false };
    assert!(script.events().contains(&&welcome));
    assert!(script.events().contains(&&Event::Network("Attic".into())));
    assert!(script.session.is_in());
}

#[test]
fn a_long_password_goes_in_pieces_of_four_hundred() {
    let password = Zeroizing::new("x".repeat(294));
    let mut script = Script::new(Way::LogIn { password, take_over: false });
    script.hears(&[":srv CAP * LS :sasl", ":srv CAP * ACK :sasl"]);
    script.clear();
    script.hears(&["AUTHENTICATE +"]);
    let sent = script.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].len(), "AUTHENTICATE ".len() + 400);
    assert_eq!(sent[1], "AUTHENTICATE +");
}

#[test]
fn a_sign_up_makes_the_account_and_is_in() {
    let mut script = Script::new(Script::sign_up());
    script.session.intent.code = Some(Zeroizing::new("ABCD-1234".into()));
    script.clear();
    script.session.open(script.now, &mut script.out);
    assert_eq!(script.sent(), ["CAP LS 302", "PASS ABCD-1234", "NICK lior", "USER lior 0 * :Lior Ben-Ami"]);
    script.clear();
    script.hears(&[&format!(":srv CAP * LS :{CAPS}"), &format!(":srv CAP * ACK :{GRANTED}")]);
    assert_eq!(*script.sent().last().unwrap(), "REGISTER * * :secret");
    assert!(!script.sent()[0].contains("take-over"));
    script.clear();
    script.hears(&[":srv 900 lior lior!lior@host lior :in", ":srv REGISTER SUCCESS lior :Account created"]);
    assert_eq!(script.sent(), ["CAP END"]);
    script.hears(&[":srv 001 lior :Welcome"]);
    assert!(script.session.is_in());
    script.breaks();
    script.clear();
    script.session.open(script.now, &mut script.out);
    assert_eq!(script.sent(), ["CAP LS 302", "NICK lior", "USER lior 0 * :lior"]);
    script.hears(&[&format!(":srv CAP * LS :{CAPS}"), &format!(":srv CAP * ACK :{GRANTED}")]);
    assert_eq!(*script.sent().last().unwrap(), "AUTHENTICATE PLAIN", "who has an account logs in");
}

#[test]
fn a_sign_up_waits_for_the_welcome_where_it_has_to() {
    let mut script = Script::new(Script::sign_up());
    script.hears(&[":srv CAP * LS :draft/account-registration", ":srv 001 lior :Welcome"]);
    assert_eq!(*script.sent().last().unwrap(), "REGISTER * * :secret");
    assert!(!script.session.is_in());
    script.hears(&["REGISTER SUCCESS lior :ok"]);
    assert!(script.session.is_in());
}

#[test]
fn refusals_are_failures_beside_their_fields() {
    let sign_up = |line: &str| {
        let mut script = Script::new(Script::sign_up());
        script.hears(&[":srv CAP * LS :draft/account-registration=before-connect,custom", line]);
        let failure = script.failure().unwrap_or_else(|| panic!("{line}")).clone();
        assert!(script.closed().is_some(), "{line}");
        (failure.field(), script.session.ending().cloned(), failure)
    };
    let log_in = |lines: &[&str]| {
        let mut script = Script::new(Script::log_in());
        script.hears(&[":srv CAP * LS :sasl standard-replies", ":srv CAP * ACK :sasl standard-replies"]);
        script.hears(lines);
        let count = script.events().iter().filter(|event| matches!(event, Event::Failed(_))).count();
        assert_eq!(count, 1, "{lines:?}");
        script.failure().unwrap().clone()
    };
    let ended = Some(Ending::Refused);
    let (field, ending, _) = sign_up("FAIL REGISTER ACCOUNT_EXISTS lior :taken");
    assert_eq!((field, ending), (Field::User, ended.clone()));
    assert_eq!(sign_up("FAIL REGISTER WEAK_PASSWORD lior :too short").0, Field::Password);
    assert_eq!(sign_up("FAIL REGISTER BAD_ACCOUNT_NAME lior :odd").0, Field::User);
    assert_eq!(sign_up("FAIL REGISTER INVITE_REQUIRED lior :no").0, Field::Code);
    assert_eq!(sign_up("FAIL REGISTER REGISTRATION_CLOSED lior :no").2, Failure::Closed);
    let (field, ending, later) = sign_up("FAIL REGISTER TEMPORARILY_UNAVAILABLE lior :Try again in 5 hours");
    assert_eq!((field, ending, later), (Field::Form, None, Failure::Says("Try again in 5 hours".into())));
    assert_eq!(sign_up(":srv 433 * lior :in use").0, Field::User);
    assert_eq!(sign_up(":srv 432 * lior :bad").0, Field::User);
    assert_eq!(sign_up("ERROR :Closing link: \u{1b}[31mgo away").2, Failure::Says("Closing link: ␛go away".into()));
    assert_eq!(log_in(&[":srv 904 lior :no", "ERROR :bye"]), Failure::WrongDetails);
    assert_eq!(log_in(&["FAIL AUTHENTICATE ACCOUNT_IN_USE :busy", ":srv 904 lior :no"]), Failure::InUse);
    let later = Failure::Says("Try again in 9 seconds".into());
    let throttled = ["FAIL AUTHENTICATE TOO_MANY_ATTEMPTS 9 :Try again in 9 seconds", ":srv 904 lior :no"];
    assert_eq!(log_in(&throttled), later);
    let throttled = ["FAIL PASS TOO_MANY_ATTEMPTS 9 :Try again in 9 seconds", ":srv 464 lior :no"];
    assert_eq!(log_in(&throttled), later);
    assert_eq!(log_in(&[":srv 465 lior :banned"]), Failure::Banned { says: "banned".into() });
    let mut script = Script::new(Script::sign_up());
    script.hears(&[":srv CAP * LS :sasl"]);
    script.hears(&[":srv CAP * ACK :sasl"]);
    assert_eq!(script.failure(), Some(&Failure::NoSignUp));
}

#[test]
fn taking_over_is_asked_for_only_when_wanted_and_only_once() {
    let mut script = Script::new(Way::LogIn { password: Zeroizing::new("secret".into()), take_over: true });
    script.hears(&[&format!(":srv CAP * LS :{CAPS}")]);
    assert!(script.sent().last().unwrap().contains("klatch.chat/take-over"));
    script.come_in();
    script.breaks();
    script.clear();
    script.session.open(script.now, &mut script.out);
    script.hears(&[&format!(":srv CAP * LS :{CAPS}")]);
    assert!(!script.sent().last().unwrap().contains("klatch.chat/take-over"));
}

#[test]
fn a_server_without_anything_is_joined_by_nick_alone() {
    let mut script = Script::new(Script::log_in());
    script.session.rooms.insert(klatch_protocol::fold("#rust"), Wanted::new("#rust"));
    script.hears(&[":srv 421 * CAP :Unknown command", ":srv 433 * lior :Nickname is already in use"]);
    assert_eq!(script.failure(), None);
    let mut script = Script::new(Way::Guest);
    script.session.rooms.insert(klatch_protocol::fold("#rust"), Wanted::new("#rust"));
    script.hears(&[":srv 421 * CAP :Unknown command", ":srv 433 * lior :Nickname is already in use"]);
    assert_eq!(*script.sent().last().unwrap(), "NICK lior_");
    script.hears(&[":srv 001 lior_ :Welcome", ":srv 422 lior_ :no MOTD"]);
    assert_eq!(*script.sent().last().unwrap(), "JOIN #rust");
    assert_eq!(script.session.nick(), "lior_");
    let told =
        |event: &&Event| matches!(event, Event::Info { text, .. } if text.contains("so you are lior_; /nick lior"));
    assert!(script.events().iter().any(told), "{:?}", script.events());
}

#[test]
fn a_nick_that_seemed_taken_is_asked_for_again_after_the_password() {
    let mut script = Script::new(Script::log_in());
    script.hears(&[":srv CAP * LS :sasl", ":srv 433 * lior :in use", ":srv CAP * ACK :sasl", "AUTHENTICATE +"]);
    script.clear();
    script.hears(&[":srv 903 * :ok"]);
    assert_eq!(script.sent(), ["CAP END", "NICK lior"]);
}

#[test]
fn silence_while_signing_in_ends_it_and_may_pass() {
    let mut script = Script::new(Script::log_in());
    assert_eq!(script.session.deadline(), Some(1_000 + keepalive::SIGN_IN));
    script.passes(keepalive::SIGN_IN - 1);
    assert_eq!(script.closed(), None);
    script.passes(1);
    assert_eq!(script.failure(), Some(&Failure::Silent));
    assert_eq!(script.session.ending(), None);
    assert_eq!(script.session.deadline(), None);
}

#[test]
fn an_idle_link_is_asked_and_given_up() {
    let mut script = Script::in_lobby();
    script.passes(14_999);
    assert_eq!(script.sent(), Vec::<&str>::new());
    script.passes(1);
    assert_eq!(script.sent(), ["PING klatch"]);
    script.hears(&[":srv PONG srv klatch"]);
    script.clear();
    script.passes(15_000);
    script.passes(4_999);
    assert_eq!(script.closed(), None);
    script.passes(1);
    assert_eq!(script.closed(), Some("the server does not answer any more"));
    assert_eq!(script.session.ending(), None);
}

#[test]
fn the_server_says_how_it_ends() {
    let mut script = Script::in_lobby();
    script.hears(&[":srv NOTE * SERVER_SHUTDOWN 30 :The server shuts down in 30 seconds"]);
    let told = Event::ShuttingDown { seconds: Some(30), text: "The server shuts down in 30 seconds".into() };
    assert!(script.events().contains(&&told));
    assert_eq!(script.session.ending(), None, "it is still there");
    script.hears(&[":srv NOTE * SERVER_SHUTDOWN 0 :Server shutting down", "ERROR :Server shutting down"]);
    assert_eq!(script.closed(), Some("Server shutting down"));
    assert_eq!(script.session.ending(), Some(&Ending::Shutdown));
    let mut script = Script::in_lobby();
    script.hears(&[":srv NOTE * SERVER_RESTART :back soon", "ERROR :Server restarting"]);
    assert!(script.events().contains(&&Event::Restarting { text: "back soon".into() }));
    assert_eq!(script.session.ending(), None);
    let mut script = Script::in_lobby();
    script.hears(&[":srv FAIL * TAKEN_OVER :another device", "ERROR :taken over from another device"]);
    assert_eq!(script.session.ending(), Some(&Ending::TakenOver));
    let mut script = Script::in_lobby();
    script.hears(&[":srv FAIL * KICKED_BY_OPERATOR :too loud", "ERROR :too loud"]);
    assert_eq!(script.closed(), Some("too loud"));
    assert_eq!(script.session.ending(), Some(&Ending::Kicked));
}

/// In the lobby and two other rooms, one of which we have said something in; then the connection breaks and returns.
fn back_from_a_break(keeps_rooms: bool) -> Script {
    let mut script = Script::in_lobby();
    script.hears(&["@msgid=1 :lior!lior@host JOIN #team lior :Lior", ":lior!lior@host JOIN #old lior :Lior"]);
    script.breaks();
    script.says("#old", "still there?");
    script.session.open(script.now, &mut script.out);
    let keeps = if keeps_rooms { "klatch.chat/KEEPS_ROOMS" } else { "NETWORK=Attic" };
    script.hears(&[
        &format!(":srv CAP * LS :{CAPS}"),
        &format!(":srv CAP * ACK :{GRANTED}"),
        "AUTHENTICATE +",
        ":srv 903 lior :SASL authentication successful",
        ":srv 001 lior :Welcome",
        &format!(":srv 005 lior {keeps} :are supported"),
    ]);
    script.clear();
    script.hears(&[":srv 376 lior :End of MOTD", ":lior!lior@host JOIN #lobby lior :Lior"]);
    script
}

#[test]
fn rooms_are_joined_again_where_the_server_forgets_them() {
    let script = back_from_a_break(false);
    for room in ["#lobby", "#old", "#team"] {
        assert!(script.sent().contains(&format!("JOIN {room}").as_str()), "{:?}", script.sent());
    }
}

#[test]
fn a_room_lost_during_a_break_stays_lost_where_the_server_keeps_rooms() {
    let mut script = back_from_a_break(true);
    script.hears(&[":lior!lior@host JOIN #team lior :Lior", ":srv PONG srv klatch-rooms"]);
    let sent = script.sent();
    assert!(sent.contains(&"PING klatch-rooms") && !sent.iter().any(|line| line.starts_with("JOIN")), "{sent:?}");
    let told = script.events().into_iter().filter_map(|event| match event {
        Event::Info { window: Window::Named(room), text, .. } => Some((room.as_str(), text.as_str())),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [("#old", "you are not in #old any more; /join #old goes there")]);
    assert!(matches!(script.fates().as_slice(), [(1, Fate::Refused(_))]), "{:?}", script.fates());
}
