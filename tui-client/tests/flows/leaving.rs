//! Broken connections, ends of the server, and every way out.

use klatch::event::Signal;

use super::*;

#[test]
fn all_the_ways_to_quit() {
    for way in ["exit()", "/quit", "/exit"] {
        let mut flow = Flow::in_lobby();
        flow.types(way).key("Enter");
        assert!(flow.exits(), "{way}");
        assert!(flow.sent().iter().any(|line| line.starts_with("QUIT")), "{way}");
    }
    let mut flow = Flow::in_lobby();
    flow.key("Ctrl-Q");
    assert!(flow.exits());
    let mut flow = Flow::in_lobby();
    flow.types("\\exit()").key("Enter").types("say exit() to leave").key("Enter");
    assert!(!flow.exits());
    for event in [Event::Signal(Signal::End), Event::TerminalGone] {
        let mut flow = Flow::in_lobby();
        flow.does(event);
        assert!(flow.exits());
    }
}

#[test]
fn words_at_leaving_reach_the_others() {
    let mut flow = Flow::in_lobby();
    flow.types("/quit so long").key("Enter");
    assert!(flow.sent().iter().any(|line| line == "QUIT :so long"));
}

#[test]
fn a_broken_connection_is_shown_and_tried_again_and_nothing_typed_is_lost() {
    let mut flow = Flow::in_lobby();
    flow.types("half a sen").breaks().sees("connection lost").sees("connection reset").sees("connecting");
    assert_eq!(flow.dials(), 1, "the first attempt is at once");
    flow.effects.clear();
    flow.net(NetEvent::Failed(klatch::net::NetFailure::Closed { port: 23_791 })).sees("retry ");
    assert_eq!(flow.dials(), 0);
    flow.types("tence").key("Enter").sees("half a sentence").sees("1 unsent");
    assert!(flow.app.deadline().is_some_and(|at| at <= flow.now.mono + 1_250), "the count-down needs waking");
    flow.passes(2_000);
    assert_eq!(flow.dials(), 1);
    flow.types("next draft").links().comes_in().sees("● online").sees("next draft");
    assert!(flow.sent().iter().any(|line| line.ends_with("PRIVMSG #lobby :half a sentence")));
}

#[test]
fn a_new_connection_can_be_asked_for_while_there_is_one_and_nothing_gets_lost_on_the_way() {
    let mut flow = Flow::in_lobby();
    flow.types("under way").key("Enter").types("/reconnect").key("Enter");
    assert_eq!(flow.dials(), 1);
    flow.effects.clear();
    flow.types("too early").key("Enter").sees("2 unsent");
    assert_eq!(flow.sent(), Vec::<String>::new(), "nobody is there to hear it");
    flow.links();
    assert_eq!(flow.sent()[0], "CAP LS 302");
    flow.comes_in().sees("● online").sees("it may have arrived");
    let sent = flow.sent();
    assert!(sent.iter().any(|line| line.ends_with("PRIVMSG #lobby :too early")), "{sent:?}");
}

#[test]
fn who_stayed_after_a_shutdown_can_go_back_when_the_server_is_there_again() {
    let mut flow = Flow::in_lobby();
    flow.hears(&[":srv NOTE * SERVER_SHUTDOWN 0 :Server shutting down"]).breaks().key("Up");
    flow.types("/reconnect").key("Enter");
    assert_eq!(flow.dials(), 1);
    flow.links().comes_in().sees("● online").sees_no("SHUTTING DOWN");
    flow.effects.clear();
    flow.breaks();
    assert_eq!(flow.dials(), 1, "a break is a break again");
}

#[test]
fn a_shutdown_that_was_announced_on_a_connection_that_broke_is_not_announced_any_more() {
    let mut flow = Flow::in_lobby();
    flow.hears(&[":srv NOTE * SERVER_SHUTDOWN 600 :The server shuts down in 10 minutes"]).sees("SHUTTING DOWN");
    flow.breaks().sees("SHUTTING DOWN").links().comes_in().sees_no("SHUTTING DOWN");
}

#[test]
fn a_key_that_nobody_vouches_for_ends_a_chat_that_came_about_by_one_that_somebody_did() {
    let mut flow = Flow::in_lobby();
    flow.types("on").breaks();
    flow.net(NetEvent::UnknownKey { seen: klatch_protocol::Fingerprint::of(b"somebody between us") });
    // Enter ends what was being typed; it is no answer to a question that came up in that moment.
    flow.sees("the server shows a key now that").sees_no("First visit").key("Enter");
    assert!(!flow.effects.iter().any(|effect| matches!(effect, Effect::Trust { .. })), "{:?}", flow.effects);
}

#[test]
fn the_same_refusal_is_told_once_however_often_klatch_tries() {
    let mut flow = Flow::in_lobby();
    flow.breaks();
    for _ in 0..3 {
        flow.net(NetEvent::Ready).hears(&["ERROR :Too many connections"]).passes(60_000);
    }
    assert_eq!(flow.screen().matches("Too many connections").count(), 1, "{}", flow.screen());
}

#[test]
fn leaving_with_something_unsent_is_asked_about_once() {
    let mut flow = Flow::in_lobby();
    flow.breaks().types("unsent").key("Enter").key("Ctrl-Q").sees("1 message is not sent yet");
    assert!(!flow.exits());
    flow.key("Esc").sees_no("not sent yet").key("Ctrl-Q").key("Enter");
    assert!(flow.exits());
}

#[test]
fn while_something_missed_is_being_fetched_the_status_row_says_so() {
    let mut flow = Flow::new();
    flow.types("secret").key("Enter");
    super::windows::come_in(&mut flow);
    super::windows::answers(&mut flow, "#lobby", &[]);
    flow.hears(&["@msgid=1;time=2026-11-24T10:00:01.000Z :amy!a@h PRIVMSG #lobby :seen"]).sees("● online");
    flow.breaks();
    super::windows::come_in(&mut flow);
    flow.sees("● catching up").sees("fetching what was missed");
    super::windows::answers(&mut flow, "#lobby", &[]);
    flow.sees("● online").sees_no("fetching");
}

#[test]
fn nothing_is_said_to_be_fetched_where_nothing_can_be() {
    // On a server without history, in a room in which nobody had said anything.
    let mut flow = Flow::in_lobby();
    flow.breaks().sees("messages may be missing here").links().comes_in().sees("● online").sees_no("fetching");
    // With somebody of whom the server knows nothing.
    let mut flow = Flow::new();
    flow.types("secret").key("Enter");
    super::windows::come_in(&mut flow);
    super::windows::answers(&mut flow, "#lobby", &[]);
    flow.types("/msg nobody hello").key("Enter");
    let sent = flow.sent();
    let said = sent.iter().find(|line| line.contains("PRIVMSG nobody :hello")).expect("a message");
    let label = said.split("label=").nth(1).unwrap().split([' ', ';']).next().unwrap();
    flow.hears(&[&format!("@label={label} :srv 401 lior nobody :No such nick")]).sees("not sent").breaks();
    super::windows::come_in(&mut flow);
    super::windows::answers(&mut flow, "#lobby", &[]);
    flow.sees("not sent").sees_no("fetching what").sees("● online");
}

#[test]
fn a_shutdown_is_counted_down_and_ends_klatch() {
    let mut flow = Flow::in_lobby();
    flow.hears(&[":srv NOTE * SERVER_SHUTDOWN 10 :The server shuts down in 10 seconds: new disks"]);
    flow.sees("SERVER IS SHUTTING DOWN: new disks").sees("in 10 s").types("bye").sees("bye");
    flow.passes(4_000).sees("in 6 s");
    flow.hears(&["ERROR :Server shutting down: new disks"]).breaks().sees("klatch ends in 5 s");
    flow.passes(4_999).sees("klatch ends in 1 s");
    assert!(!flow.exits());
    flow.passes(1);
    assert!(flow.effects.contains(&Effect::Exit(Some("the server was shut down".into()))));
    assert_eq!(flow.dials(), 0, "there is nothing to come back to");
}

#[test]
fn any_key_keeps_the_window_open_for_reading() {
    let mut flow = Flow::in_lobby();
    flow.hears(&[":srv NOTE * SERVER_SHUTDOWN 0 :Server shutting down"]).breaks().sees("any key stays").key("Up");
    flow.passes(60_000).sees("SERVER IS SHUTTING DOWN").sees("Ctrl-Q leaves");
    assert!(!flow.exits());
    flow.key("Ctrl-Q");
    assert!(flow.exits());
}

#[test]
fn a_restart_is_said_and_waited_for() {
    let mut flow = Flow::in_lobby();
    flow.hears(&[":srv NOTE * SERVER_RESTART :Server restarting", "ERROR :Server restarting"]).breaks();
    flow.sees("the server restarts").sees_no("connection lost");
    assert_eq!(flow.dials(), 1);
}

#[test]
fn who_is_taken_over_is_told_so_and_does_not_come_back_by_itself() {
    let mut flow = Flow::in_lobby();
    flow.types("draft").hears(&[":srv FAIL * TAKEN_OVER :Your account was taken over", "ERROR :taken over"]).breaks();
    flow.sees("your account went on on another device").sees("attic").sees("••••••");
    assert_eq!(flow.dials(), 0);
    flow.passes(60_000);
    assert_eq!(flow.dials(), 0);
    flow.key("Enter").links().comes_in().sees("› draft");
}

#[test]
fn who_is_thrown_out_of_the_server_stays_out_and_keeps_the_drafts_of_all_rooms() {
    let mut flow = Flow::in_lobby();
    flow.hears(&[":lior!l@h JOIN #team lior :Lior"]).types("for the lobby").key("Alt-2").sees("#team");
    flow.types("for the team").hears(&[":srv FAIL * KICKED_BY_OPERATOR :too loud", "ERROR :too loud"]).breaks();
    flow.sees("an operator of the server disconnected").sees("too loud").passes(60_000);
    assert_eq!(flow.dials(), 0);
    flow.key("Enter").links().comes_in().sees("› for the lobby");
    flow.hears(&[":lior!l@h JOIN #team lior :Lior"]).key("Alt-2").sees("› for the team");
}

#[test]
fn what_was_being_typed_on_one_server_does_not_turn_up_on_another() {
    let mut flow = Flow::in_lobby();
    flow.types("draft").hears(&[":srv FAIL * TAKEN_OVER :Your account was taken over", "ERROR :taken over"]).breaks();
    // The focus is on the button, the first field is behind it.
    flow.sees("attic").key("Tab").key("Ctrl-U").types("elsewhere").sees("elsewhere").key("Enter").links().comes_in();
    flow.sees("#lobby").sees_no("draft");
    flow.hears(&[":srv FAIL * TAKEN_OVER :Your account was taken over", "ERROR :taken over"]).breaks();
    flow.key("Tab").key("Ctrl-U").types("attic").key("Enter").links().comes_in().sees("› draft");
}

#[test]
fn signals_stop_and_continue_the_program() {
    let mut flow = Flow::in_lobby();
    flow.key("Ctrl-Z").does(Event::Signal(Signal::Continue));
    let wanted = [Effect::Suspend, Effect::Retake];
    assert!(wanted.iter().all(|effect| flow.effects.contains(effect)), "{:?}", flow.effects);
}

#[test]
fn nothing_wakes_an_idle_klatch_but_questions_to_the_server_and_the_clock() {
    let flow = Flow::in_lobby();
    let next = flow.app.deadline().unwrap();
    assert!(next >= flow.now.mono + 10_000, "{next} after {}", flow.now.mono);
    let form = Flow::new();
    assert_eq!(form.app.deadline(), None);
}
