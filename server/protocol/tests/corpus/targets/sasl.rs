//! SASL: putting payloads together within bounds, PLAIN, and both messages of a SCRAM client.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use klatch_protocol::{
    sasl::{CHUNK, Collector, Plain, Step, chunks},
    scram::{ClientFirst, Keys},
};
use sha2::{Digest as _, Sha256};

/// The most bytes of base64 that are put together: eight chunks.
const MOST: usize = 8 * CHUNK;

/// Each line is the parameter of an AUTHENTICATE; all of the bytes are a payload as well, and a message of SCRAM.
pub fn check(bytes: &[u8]) {
    collects_within_bounds(&String::from_utf8_lossy(bytes));
    payload_arrives(bytes);
    plain_is_read_as_written(bytes);
    scram_takes_nothing_but_a_proof(bytes);
}

fn collects_within_bounds(text: &str) {
    let mut collector = Collector::default();
    let mut held = 0;
    for chunk in text.split('\n') {
        let step = collector.push(chunk);
        held = if step == Ok(Step::More) { held + chunk.len() } else { 0 };
        assert!(held <= MOST, "{held} bytes are kept");
        assert_eq!(format!("{collector:?}"), format!("Collector({held} bytes)"), "after {step:?}");
        match step {
            Ok(Step::More) => assert_eq!(chunk.len(), CHUNK),
            Ok(Step::Payload(payload)) => assert!(payload.len() <= MOST / 4 * 3),
            Ok(Step::Aborted) => assert_eq!(chunk, "*"),
            Err(_) => {}
        }
    }
}

fn payload_arrives(payload: &[u8]) {
    let chunks = chunks(payload);
    let mut collector = Collector::default();
    let (last, before) = chunks.split_last().expect("there is always something to send");
    assert!(chunks.iter().all(|chunk| !chunk.is_empty() && chunk.len() <= CHUNK));
    if STANDARD.encode(payload).len() > MOST {
        return;
    }
    before.iter().for_each(|chunk| assert_eq!(collector.push(chunk), Ok(Step::More)));
    match collector.push(last) {
        Ok(Step::Payload(got)) => assert_eq!(&got[..], payload),
        // Eight full chunks, with nothing left for the end.
        other => assert!(before.len() * CHUNK == MOST, "{other:?}"),
    }
}

fn plain_is_read_as_written(payload: &[u8]) {
    let Some(plain) = Plain::decode(payload) else { return };
    assert!(!plain.authcid.is_empty() && !plain.password.is_empty());
    let parts = [&plain.authzid, &plain.authcid, plain.password.as_str()];
    assert!(parts.iter().all(|part| !part.contains('\0')));
    assert_eq!(plain.encode().as_slice(), payload);
    let other = Plain { password: "another".to_owned().into(), ..plain.clone() };
    assert_eq!(format!("{plain:?}"), format!("{other:?}"), "what a log shows depends on the password");
}

/// The messages before and behind the first line end. Whatever they are, only the right proof gets an answer.
fn scram_takes_nothing_but_a_proof(bytes: &[u8]) {
    let (first, last) = bytes.iter().position(|byte| *byte == b'\n').map_or((bytes, &[][..]), |at| bytes.split_at(at));
    let Some(client) = ClientFirst::decode(first) else { return };
    assert!(!client.name.is_empty());
    let keys = Keys::derive("pencil", b"salt", 2);
    assert_eq!(keys.to_string().parse(), Ok(keys.clone()));
    let (challenge_text, challenge) = client.answer("srv", keys.clone());
    assert!(challenge_text.len() <= first.len() + 64, "{challenge_text}");
    assert_eq!(challenge.finish(last.get(1..).unwrap_or_default()), None, "let in without the password");

    let text = std::str::from_utf8(first).expect("what was taken is text");
    let bare = text.splitn(3, ',').nth(2).expect("three parts");
    let header = &text[..text.len() - bare.len()];
    let nonce = challenge_text.split(",s=").next().expect("a nonce");
    let whole = |bare: &str, rest: &str| format!("{bare},{challenge_text},{rest}");
    let without = format!("c={},{nonce}", STANDARD.encode(header));
    let right = format!("{without},p={}", STANDARD.encode(proof("pencil", &whole(bare, &without))));
    let wrong = format!("{without},p={}", STANDARD.encode(proof("pencils", &whole(bare, &without))));
    assert_eq!(challenge.finish(wrong.as_bytes()), None, "let in with another password");
    // A nonce may hold whatever the client likes, so the right answer may be longer than what is taken.
    assert_eq!(challenge.finish(right.as_bytes()).is_some(), right.len() <= 1024, "{right}");
}

/// The proof of a client that knows `password` (RFC 5802 section 3), for the salt and iterations above.
fn proof(password: &str, whole: &str) -> [u8; 32] {
    let first = mac(password.as_bytes(), &[b"salt", &[0, 0, 0, 1][..]].concat());
    let second = mac(password.as_bytes(), &first);
    let salted: [u8; 32] = std::array::from_fn(|at| first[at] ^ second[at]);
    let key = mac(&salted, b"Client Key");
    let signature = mac(&Sha256::digest(key), whole.as_bytes());
    std::array::from_fn(|at| key[at] ^ signature[at])
}

fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}
