//! The client's side of SCRAM-SHA-256 with arithmetic of its own (RFC 5802 section 3).
#![allow(dead_code, reason = "each test target uses its own part")]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// The client's first message: who it is, and its nonce.
pub fn first(name: &str) -> String {
    format!("n,,n={name},r=abc")
}

/// What stands behind `key` in a message of the server's.
pub fn field<'a>(message: &'a str, key: &str) -> &'a str {
    message.split(',').find_map(|part| part.strip_prefix(key)).unwrap()
}

/// The client's last message, which proves `password` after the server's `answer` to the first, and what the server has to
/// say if the password is right.
pub fn last(name: &str, password: &str, answer: &str) -> (String, String) {
    let mut salt = STANDARD.decode(field(answer, "s=")).unwrap();
    salt.extend([0, 0, 0, 1]);
    let mut block = mac(password.as_bytes(), &salt);
    let mut salted = block;
    for _ in 1..field(answer, "i=").parse::<u32>().unwrap() {
        block = mac(password.as_bytes(), &block);
        salted = xor(salted, block);
    }
    let without = format!("c=biws,r={}", field(answer, "r="));
    let whole = format!("n={name},r=abc,{answer},{without}");
    let key = mac(&salted, b"Client Key");
    let proof = xor(key, mac(&Sha256::digest(key), whole.as_bytes()));
    let expected = format!("v={}", STANDARD.encode(mac(&mac(&salted, b"Server Key"), whole.as_bytes())));
    (format!("{without},p={}", STANDARD.encode(proof)), expected)
}

fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().into()
}

fn xor(a: [u8; 32], b: [u8; 32]) -> [u8; 32] {
    std::array::from_fn(|at| a[at] ^ b[at])
}
