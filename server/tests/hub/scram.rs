//! SCRAM-SHA-256 against the hub, with a client that does its own arithmetic (RFC 5802 section 3).

#[path = "../support/scram.rs"]
mod client;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::stage::Stage;

/// Sends `text` and gives the server's answer back, decoded.
fn exchange(stage: &mut Stage, text: &str) -> String {
    stage.line("amy", &format!("AUTHENTICATE {}", STANDARD.encode(text)));
    let line = stage.next_line("amy").unwrap();
    match line.strip_prefix("AUTHENTICATE ") {
        Some(answer) => String::from_utf8(STANDARD.decode(answer).unwrap()).unwrap(),
        None => line,
    }
}

/// Begins an exchange; the server's first message.
fn begin(stage: &mut Stage, name: &str) -> String {
    stage.line("amy", "AUTHENTICATE SCRAM-SHA-256");
    assert_eq!(stage.next_line("amy").as_deref(), Some("AUTHENTICATE +"));
    exchange(stage, &client::first(name))
}

/// Proves a password; the server's last message and the one that was expected if the password is right.
fn prove(stage: &mut Stage, name: &str, password: &str, answer: &str) -> (String, String) {
    let (last, expected) = client::last(name, password, answer);
    (exchange(stage, &last), expected)
}

fn with_account() -> Stage {
    let mut stage = Stage::new();
    stage.connect("amy", false);
    for line in ["NICK amanda", "USER a 0 * :A", "REGISTER * * secret", "QUIT"] {
        stage.line("amy", line);
    }
    stage.connect("amy", false);
    stage
}

#[test]
fn the_right_password_logs_in_after_the_servers_own_proof() {
    let mut stage = with_account();
    let first = begin(&mut stage, "amanda");
    let (last, expected) = prove(&mut stage, "amanda", "secret", &first);
    assert_eq!(last, expected);
    assert_eq!(stage.next_line("amy"), None, "nothing before the client consents");
    stage.line("amy", "AUTHENTICATE +");
    assert!(stage.next_line("amy").unwrap().contains(" 900 "));
    assert!(stage.next_line("amy").unwrap().contains(" 903 "));
}

#[test]
fn a_wrong_password_and_an_unknown_name_look_the_same() {
    let mut stage = with_account();
    let mut answers = Vec::new();
    for name in ["amanda", "nobody"] {
        let (one, two) = (begin(&mut stage, name), {
            stage.line("amy", "AUTHENTICATE *");
            stage.next_line("amy");
            begin(&mut stage, name)
        });
        let salt = |first: &str| first.split(',').nth(1).unwrap().to_owned();
        assert_eq!(salt(&one), salt(&two), "a name has one salt");
        assert_ne!(one, two, "a nonce comes once");
        let (last, _) = prove(&mut stage, name, "other", &two);
        answers.push(last);
    }
    assert!(answers[0].contains(" 904 "));
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn nonsense_is_refused() {
    let mut stage = with_account();
    assert!(begin(&mut stage, "").contains(" 904 "));
    begin(&mut stage, "amanda");
    assert!(exchange(&mut stage, "c=biws").contains(" 904 "));
}
