//! From the form to the chat, and every way in which that can fail.

use klatch::net::NetFailure;
use klatch_protocol::Fingerprint;

use super::*;

#[test]
fn a_log_in_shows_its_steps_and_ends_in_the_lobby() {
    let mut flow = Flow::new();
    flow.sees("Server     [ attic").sees("23791").types("secret").sees_no("secret").key("Enter");
    let dialled = |effect: &Effect| matches!(effect, Effect::Dial { target, known: None } if target.host == "attic");
    assert!(flow.effects.iter().any(dialled));
    flow.net(NetEvent::Step(Step::Found)).sees("found · connecting");
    flow.net(NetEvent::Step(Step::Secured)).sees("found · TLS ok");
    flow.net(NetEvent::Ready).sees("(Esc stops)");
    flow.comes_in().sees("#lobby").sees("Good to see you Lior Ben-Ami!").sees("@amy").sees("● online");
    let recent = Recent { host: "attic".into(), port: 23_791, user: "lior".into() };
    assert!(flow.effects.contains(&Effect::Remember(recent)));
    assert!(flow.effects.contains(&Effect::Title("#lobby – klatch".into())));
}

#[test]
fn esc_stops_the_attempt_and_keeps_what_was_typed() {
    let mut flow = Flow::new();
    flow.types("secret").key("Enter").net(NetEvent::Step(Step::Found)).key("Esc");
    assert!(flow.effects.contains(&Effect::HangUp));
    flow.sees_no("(Esc stops)").sees("••••••");
    flow.net(NetEvent::Ready).sees_no("TLS ok");
}

#[test]
fn every_failure_is_a_sentence_in_the_form() {
    let no_link = [
        (NetFailure::Closed { port: 23_791 }, "nothing listens on port 23791"),
        (NetFailure::NotFound { host: "attic".into() }, "there is no server called attic"),
        (NetFailure::TimedOut { waiting_for: "the server" }, "no answer"),
    ];
    for (failure, sentence) in no_link {
        Flow::new()
            .types("secret")
            .key("Enter")
            .net(NetEvent::Failed(failure))
            .sees(sentence)
            .sees("lior")
            .sees("••••••");
    }
    let mut flow = Flow::new();
    flow.types("wrong").key("Enter").links();
    flow.hears(&[":srv CAP * LS :sasl", ":srv CAP * ACK :sasl", "AUTHENTICATE +", ":srv 904 lior :SASL failed"]);
    flow.sees("user name or password is wrong").sees("•••••");
    assert!(flow.effects.contains(&Effect::HangUp));
    flow.types("x").sees_no("user name or password is wrong");
    let mut flow = Flow::new();
    flow.types("wrong").key("Enter").links();
    flow.hears(&[":srv CAP * LS :sasl standard-replies", ":srv CAP * ACK :sasl standard-replies", "AUTHENTICATE +"]);
    flow.hears(&["FAIL AUTHENTICATE TOO_MANY_ATTEMPTS 37 :Too many attempts; try again in 37 seconds"]);
    flow.sees("Too many attempts; try").sees("again in 37 seconds").sees("lior").sees("•••••");
    let mut flow = Flow::new();
    flow.types("secret").key("Enter").links().breaks().sees("the connection ended before you were in");
}

#[test]
fn an_unknown_key_is_shown_in_words_and_kept_when_trusted() {
    let seen = Fingerprint::of(b"certificate");
    let mut flow = Flow::new();
    flow.types("secret").key("Enter").net(NetEvent::UnknownKey { seen });
    flow.sees("First visit to attic").sees(&seen.words().join(" ")).sees(&seen.to_string()[..20]);
    flow.key("Enter");
    assert!(flow.effects.iter().any(|effect| matches!(effect, Effect::Trust { seen: kept, .. } if *kept == seen)));
    assert!(
        flow.effects.iter().any(|effect| matches!(effect, Effect::Dial { known: Some(kept), .. } if *kept == seen))
    );
    flow.links().comes_in().sees("#lobby");
}

#[test]
fn a_key_that_is_not_trusted_leads_back_to_the_form() {
    let mut flow = Flow::new();
    flow.types("secret").key("Enter").net(NetEvent::UnknownKey { seen: Fingerprint::of(b"x") }).key("Esc");
    flow.sees_no("First visit").sees("••••••").sees_no("(Esc stops)");
    assert!(!flow.effects.iter().any(|effect| matches!(effect, Effect::Trust { .. })));
}

#[test]
fn a_changed_key_is_a_full_stop_that_no_key_press_overrides() {
    let (known, seen) = (Fingerprint::of(b"before"), Fingerprint::of(b"now"));
    let mut flow = Flow::new();
    flow.types("secret").key("Enter");
    flow.effects.clear();
    flow.net(NetEvent::ChangedKey { known, seen });
    flow.sees("another key than before").sees(&known.words().join(" ")).sees(&seen.words().join(" "));
    flow.sees("known_servers.toml");
    flow.key("Enter").types("y").sees("another key than before");
    assert_eq!(flow.dials(), 0);
    flow.key("Esc").sees_no("another key than before");
    assert_eq!(flow.dials(), 0);
}

#[test]
fn an_account_in_use_can_be_taken_over() {
    let mut flow = Flow::new();
    flow.types("secret").key("Enter").links();
    let in_use = "FAIL AUTHENTICATE ACCOUNT_IN_USE :in use on another device";
    let caps = format!(":srv CAP * LS :{CAPS} klatch.chat/take-over");
    flow.hears(&[&caps, &format!(":srv CAP * ACK :{CAPS}"), "AUTHENTICATE +", &format!(":srv {in_use}")]);
    flow.hears(&[":srv 904 lior :refused"]).sees("in use on another device").sees("take over");
    flow.net(NetEvent::Closed { reason: "closed".into() }).sees("take over");
    flow.effects.clear();
    flow.key("Enter");
    assert_eq!(flow.dials(), 1);
    flow.links().hears(&[&caps]);
    assert!(flow.sent().iter().any(|line| line.contains("klatch.chat/take-over")));
}

#[test]
fn a_sign_up_needs_the_same_password_twice() {
    let mut flow = Flow::new();
    // The switch goes to the display name, the first field that is empty.
    flow.key("Ctrl-T")
        .key("Tab")
        .key("Tab")
        .types("secret")
        .key("Tab")
        .types("secreT")
        .key("Enter")
        .sees("The two passwords differ");
    assert_eq!(flow.dials(), 0);
    flow.key("Backspace").types("t").key("Enter");
    assert_eq!(flow.dials(), 1);
    let offered = format!(":srv CAP * LS :{CAPS}=PLAIN draft/account-registration=before-connect");
    flow.links().hears(&[&offered, &format!(":srv CAP * ACK :{CAPS}")]).sees("signing up");
    flow.hears(&[":srv FAIL REGISTER ACCOUNT_EXISTS lior :taken"]).sees("lior is taken");
}

#[test]
fn what_was_filled_in_last_time_is_there_unless_something_else_is_asked_for() {
    let mut flow = Flow::start(Address::default(), None, Settings::default());
    flow.sees("old.example").sees("1234").sees("remembered");
    let elsewhere = Address { host: "new.example".into(), ..Address::default() };
    let mut flow = Flow::start(elsewhere, None, Settings::default());
    flow.sees("new.example").sees("23791").sees("remembered");
}

#[test]
fn a_connection_without_encryption_says_so_beforehand() {
    let plain = Address { host: "attic".into(), plain_text: true, ..Address::default() };
    let mut flow = Flow::start(plain, None, Settings::default());
    flow.sees("not encrypted").types("secret").key("Enter").net(NetEvent::Ready).sees("found · not encrypted");
    Flow::new().sees_no("not encrypted");
}

#[test]
fn exit_typed_into_the_form_leaves_and_a_password_may_be_anything() {
    let mut flow = Flow::new();
    flow.types("exit()").key("Enter");
    assert!(!flow.exits(), "it may be a password");
    let mut flow = Flow::start(Address::default(), None, Settings::default());
    flow.key("Shift-Tab").key("Ctrl-U").types("exit()").key("Enter");
    assert!(flow.exits());
}
