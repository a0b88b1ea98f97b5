//! The connect form and everything that can stand in its way.

use std::net::TcpListener;

use crate::{
    klatch::{Klatch, LARGE, MEDIUM, PASSWORD, SMALL},
    server::Server,
    terminal::{CTRL_Q, ENTER, ESC, Modes, TAB},
};

#[test]
fn the_first_start_shows_the_form_at_every_size() {
    for (name, size) in [("100x30", LARGE), ("60x20", MEDIUM), ("40x12", SMALL)] {
        let mut klatch = Klatch::open(&[], size);
        klatch.wait_text("User name");
        insta::assert_snapshot!(format!("form_{name}"), klatch.text());
        klatch.press(CTRL_Q);
        assert!(klatch.wait_exit().success());
        assert_eq!(klatch.modes(), Modes::RESTORED);
    }
}

#[test]
fn signing_up_and_coming_back() {
    let server = Server::start();
    let mut klatch = Klatch::at(&server, LARGE);
    klatch.fill_sign_up("Amy Pond", "amypond", PASSWORD);
    assert!(!klatch.shows(PASSWORD), "a password is masked");
    klatch.press(ENTER);
    klatch.wait_text("First visit to");
    assert!(klatch.shows(&server.fingerprint[..23]), "the server's own fingerprint is shown:\n{}", klatch.text());
    klatch.press(ENTER);
    klatch.wait_in();
    klatch.wait_text("Good to see you Amy Pond!");
    klatch.enter("exit()");
    assert!(klatch.wait_exit().success());

    // The certificate is trusted now, host, port and user name are remembered, the password is not.
    let mut again = Klatch::open_in(klatch.into_home(), &[], LARGE);
    again.wait_text("amypond");
    again.wait_text(&server.port.to_string());
    again.press(PASSWORD);
    again.press(ENTER);
    again.wait_in();
    assert!(!again.shows("First visit to"));
}

#[test]
fn a_wrong_password_is_said_beside_it_and_nothing_is_lost() {
    let server = Server::start();
    let mut amy = Klatch::at(&server, LARGE);
    amy.sign_up("Amy", "amypond");
    amy.enter("/quit");
    assert!(amy.wait_exit().success());

    let mut klatch = Klatch::at(&server, LARGE);
    klatch.fill_log_in("amypond", "not the password");
    klatch.press(ENTER);
    klatch.trust();
    klatch.wait_text("user name or password is wrong");
    assert!(klatch.shows("amypond"));
    for _ in 0.."not the password".len() {
        klatch.press("\x7f");
    }
    klatch.press(PASSWORD);
    klatch.press(ENTER);
    klatch.wait_in();
}

#[test]
fn a_taken_name_is_said_beside_it() {
    let server = Server::start();
    let mut amy = Klatch::at(&server, LARGE);
    amy.sign_up("Amy", "amypond");

    let mut klatch = Klatch::at(&server, LARGE);
    klatch.fill_sign_up("Another", "AmyPond", PASSWORD);
    klatch.press(ENTER);
    klatch.trust();
    klatch.wait_text("is taken");
    assert!(klatch.shows("Another"));
}

#[test]
fn a_closed_port_is_said_beside_it() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    drop(listener);
    let mut klatch = Klatch::at_port(port, LARGE);
    klatch.fill_log_in("amypond", PASSWORD);
    klatch.press(ENTER);
    klatch.wait_text(&format!("nothing listens on port {port}"));
    assert!(klatch.shows("amypond"));
}

#[test]
fn a_second_device_is_refused_and_may_take_over() {
    let server = Server::start();
    let mut first = Klatch::at(&server, LARGE);
    first.sign_up("Amy", "amypond");

    let mut second = Klatch::at(&server, LARGE);
    second.fill_log_in("amypond", PASSWORD);
    second.press(ENTER);
    second.trust();
    second.wait_text("Taking over logs");
    second.press(ESC);
    second.wait_gone("Taking over logs");
    second.wait_text("in use on another device");
    assert!(first.shows("online"), "{}", first.text());

    second.press(ENTER);
    second.wait_text("Taking over logs");
    second.press(ENTER);
    second.wait_in();
    first.wait_text("another device");
}

#[test]
fn one_command_hosts_a_chat() {
    let mut amy = Klatch::open(&["host", "--listen", "127.0.0.1:0", "--ephemeral"], LARGE);
    amy.wait_text("User name");
    // Where nobody has an account yet, the form is for signing up, with the owner's code filled in.
    for part in ["Amy", TAB, "amypond", TAB, PASSWORD, TAB, PASSWORD, ENTER] {
        amy.press(part);
    }
    amy.wait_in();
    amy.enter("to myself");
    amy.wait_text("✓");
    amy.enter("exit()");
    assert!(amy.wait_exit().success());
    assert_eq!(amy.modes(), Modes::RESTORED);
}

#[test]
fn another_certificate_than_before_stops_everything() {
    let mut server = Server::start();
    let mut amy = Klatch::at(&server, LARGE);
    amy.sign_up("Amy", "amypond");
    amy.enter("exit()");
    assert!(amy.wait_exit().success());
    server.kill();
    let impostor = server.replaced();

    let mut again = Klatch::open_in(amy.into_home(), &[], LARGE);
    again.wait_text("amypond");
    again.press(PASSWORD);
    again.press(ENTER);
    again.wait_text("shows another key than before");
    for fingerprint in [&server.fingerprint, &impostor.fingerprint] {
        assert!(again.shows(&fingerprint[..23]), "{}", again.text());
    }
    again.press(ENTER);
    again.press(ESC);
    again.wait_gone("shows another key than before");
    assert!(!again.shows("#lobby"), "nobody is let through:\n{}", again.text());
}
