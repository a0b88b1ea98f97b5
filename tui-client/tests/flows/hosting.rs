//! `klatch host`: the form that points at the server in here, its news, and leaving it.

use klatch::{
    app::{HostNews, Moved},
    net::{Security, Target},
};
use klatch_protocol::Fingerprint;

use super::*;

fn hosted(code: Option<&str>) -> Hosted {
    Hosted {
        target: Target { host: "192.168.1.5".into(), port: 23_791, security: Security::Tls },
        fingerprint: Fingerprint::of(b"ours"),
        owner_code: code.map(str::to_owned),
        about: vec!["others come in with: klatch --host 192.168.1.5".into()],
    }
}

fn news(text: &str, moved: Moved) -> Event {
    Event::Hosted(HostNews { text: text.into(), moved: Some(moved) })
}

#[test]
fn the_first_start_opens_the_sign_up_with_the_owner_code_and_the_key_known() {
    let mut flow = Flow::start(Address::default(), Some(hosted(Some("ABCD-1234"))), Settings::default());
    flow.sees("192.168.1.5").sees("(•) sign up").sees("ABCD-1234").sees_no("remembered");
    flow.types("Lior").key("Tab").types("lior").key("Tab").types("secret").key("Tab").types("secret").key("Enter");
    let known = Some(Fingerprint::of(b"ours"));
    assert!(flow.effects.iter().any(|effect| matches!(effect, Effect::Dial { known: seen, .. } if *seen == known)));
}

#[test]
fn later_starts_open_the_log_in_and_remember_the_name_only() {
    let mut flow = Flow::start(Address::default(), Some(hosted(None)), Settings::default());
    flow.sees("192.168.1.5").sees("(•) log in").sees("remembered").types("secret").key("Enter").links().comes_in();
    let recent = Recent { host: "old.example".into(), port: 1_234, user: "remembered".into() };
    assert!(flow.effects.contains(&Effect::Remember(recent)));
}

#[test]
fn news_are_shown_in_the_servers_window_and_others_are_not_cut_off_unasked() {
    let mut flow = Flow::start(Address::default(), Some(hosted(None)), Settings::default());
    flow.does(news("before the log-in", Moved::In("lior".into())));
    flow.types("secret").key("Enter").links().comes_in().key("Alt-2");
    flow.sees("others come in with: klatch --host 192.168.1.5").sees("before the log-in");
    flow.does(news("somebody came", Moved::In("amy".into()))).sees("somebody came");
    flow.key("Ctrl-Q").sees("1 other person is on the server");
    assert!(!flow.exits());
    flow.key("Esc").does(news("and left", Moved::Out("amy".into()))).key("Ctrl-Q");
    assert!(flow.exits());
}

#[test]
fn the_end_of_the_hosted_server_is_said() {
    let mut flow = Flow::start(Address::default(), Some(hosted(None)), Settings::default());
    flow.does(Event::HostEnded(Some("the disk is full".into()))).sees("the server in this program ended");
}

#[test]
fn ctrl_z_does_not_stop_a_server_that_others_use() {
    let mut flow = Flow::start(Address::default(), Some(hosted(None)), Settings::default());
    flow.types("secret").key("Enter").links().comes_in().key("Ctrl-Z").sees("Ctrl-Z would stop the server");
    assert!(!flow.effects.contains(&Effect::Suspend));
}
