//! SCRAM-SHA-256 against the hub, with a client that does its own arithmetic (RFC 5802 section 3).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::stage::Stage;

fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().into()
}

fn xor(a: [u8; 32], b: [u8; 32]) -> [u8; 32] {
    std::array::from_fn(|at| a[at] ^ b[at])
}

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
    exchange(stage, &format!("n,,n={name},r=abc"))
}

/// Proves a password; the server's last message and the one that was expected if the password is right.
fn prove(stage: &mut Stage, name: &str, password: &str, first: &str) -> (String, String) {
    let field = |key: &str| first.split(',').find_map(|part| part.strip_prefix(key)).unwrap();
    let mut salt = STANDARD.decode(field("s=")).unwrap();
    salt.extend([0, 0, 0, 1]);
    let mut block = mac(password.as_bytes(), &salt);
    let mut salted = block;
    for _ in 1..field("i=").parse::<u32>().unwrap() {
        block = mac(password.as_bytes(), &block);
        salted = xor(salted, block);
    }
    let without = format!("c=biws,r={}", field("r="));
    let whole = format!("n={name},r=abc,{first},{without}");
    let key = mac(&salted, b"Client Key");
    let proof = xor(key, mac(&Sha256::digest(key), whole.as_bytes()));
    let expected = format!("v={}", STANDARD.encode(mac(&mac(&salted, b"Server Key"), whole.as_bytes())));
    (exchange(stage, &format!("{without},p={}", STANDARD.encode(proof))), expected)
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
