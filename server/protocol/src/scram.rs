//! SCRAM-SHA-256 (RFC 5802, RFC 7677): keys from which a password can be proved but not used, and the server's side of
//! the exchange.
//!
//! It owns the messages and the arithmetic. Salts and nonces are chosen elsewhere, since chance is; channel binding is not
//! offered.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The iterations of new keys: four times the least that RFC 7677 section 4 asks for, about what one Argon2id hash takes.
pub const ITERATIONS: u32 = 16_384;
/// The most bytes of a message of the client's.
const MAX_MESSAGE: usize = 1_024;

/// What a server keeps of a password (RFC 5802 section 3).
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    iterations: u32,
    salt: Vec<u8>,
    stored: [u8; 32],
    server: [u8; 32],
}

impl fmt::Debug for Keys {
    /// Without the keys: no secret in any log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

impl Keys {
    /// The keys of a password. Takes long on purpose: `iterations` times two rounds of SHA-256.
    #[must_use]
    pub fn derive(password: &str, salt: &[u8], iterations: u32) -> Self {
        // Hi() of RFC 5802 section 2.2.
        let mut block = mac(password.as_bytes(), &[salt, &[0, 0, 0, 1]]);
        let mut salted = block;
        for _ in 1..iterations {
            block = mac(password.as_bytes(), &[&block]);
            salted.iter_mut().zip(block).for_each(|(sum, byte)| *sum ^= byte);
        }
        let client = mac(&salted, &[b"Client Key"]);
        Keys {
            iterations,
            salt: salt.to_vec(),
            stored: Sha256::digest(client).into(),
            server: mac(&salted, &[b"Server Key"]),
        }
    }

    /// Keys that no password has, the same for the same name: what stands for an account that does not exist.
    #[must_use]
    pub fn of_nobody(secret: &[u8], name: &str) -> Self {
        let part = |what: &[u8]| mac(secret, &[what, name.as_bytes()]);
        let salt = part(b"salt of nobody ")[..16].to_vec();
        Keys {
            iterations: ITERATIONS,
            salt,
            stored: part(b"stored key of nobody "),
            server: part(b"server key of nobody "),
        }
    }
}

impl fmt::Display for Keys {
    /// As RFC 5803 section 3 writes them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [salt, stored, server] = [&self.salt[..], &self.stored, &self.server].map(|bytes| STANDARD.encode(bytes));
        write!(f, "SCRAM-SHA-256${}:{salt}${stored}:{server}", self.iterations)
    }
}

impl FromStr for Keys {
    type Err = NotKeys;

    fn from_str(text: &str) -> Result<Self, NotKeys> {
        let parse = || {
            let (scheme, rest) = text.split_once('$')?;
            let (costs, keys) = rest.split_once('$').filter(|_| scheme == "SCRAM-SHA-256")?;
            let ((iterations, salt), (stored, server)) = (costs.split_once(':')?, keys.split_once(':')?);
            let bytes = |text: &str| STANDARD.decode(text).ok();
            Some(Keys {
                iterations: iterations.parse().ok()?,
                salt: bytes(salt)?,
                stored: bytes(stored)?.try_into().ok()?,
                server: bytes(server)?.try_into().ok()?,
            })
        };
        parse().ok_or(NotKeys)
    }
}

/// A text that holds no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these are no SCRAM-SHA-256 keys")]
pub struct NotKeys;

/// The first message of the client: who it is, and its nonce (RFC 5802 section 7, `client-first-message`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFirst {
    /// Whom to act as; empty for the same as `name`.
    pub authzid: String,
    /// Whose password it knows.
    pub name: String,
    header: String,
    bare: String,
    nonce: String,
}

impl ClientFirst {
    /// Takes the message apart. `None` for one that is malformed or wants what is not offered.
    #[must_use]
    pub fn decode(message: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(message).ok().filter(|text| text.len() <= MAX_MESSAGE)?;
        let mut parts = text.splitn(3, ',');
        // "y": the client could bind and believes that the server cannot, which is so.
        let (binding, authzid, bare) = (parts.next()?, parts.next()?, parts.next()?);
        if !matches!(binding, "n" | "y") {
            return None;
        }
        let authzid = match authzid {
            "" => String::new(),
            given => unescape(given.strip_prefix("a=")?)?,
        };
        let mut fields = bare.split(',');
        let name = unescape(fields.next()?.strip_prefix("n=")?)?;
        let nonce = fields.next()?.strip_prefix("r=").filter(|nonce| !nonce.is_empty())?.to_owned();
        let header = text[..text.len() - bare.len()].to_owned();
        (!name.is_empty()).then(|| ClientFirst { authzid, name, header, bare: bare.to_owned(), nonce })
    }

    /// The server's answer with its own nonce, and what has to be remembered until the client's next message.
    #[must_use]
    pub fn answer(&self, nonce: &str, keys: Keys) -> (String, Challenge) {
        let nonce = format!("{}{nonce}", self.nonce);
        let first = format!("r={nonce},s={},i={}", STANDARD.encode(&keys.salt), keys.iterations);
        let channel = STANDARD.encode(&self.header);
        let begun = format!("{},{first}", self.bare);
        (first, Challenge { begun, channel, nonce, keys })
    }
}

/// An exchange that waits for the client's proof.
#[derive(Debug)]
pub struct Challenge {
    begun: String,
    channel: String,
    nonce: String,
    keys: Keys,
}

impl Challenge {
    /// The server's last message, if the client proved that it knows the password; compared in constant time.
    #[must_use]
    pub fn finish(&self, message: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(message).ok().filter(|text| text.len() <= MAX_MESSAGE)?;
        let (without_proof, proof) = text.rsplit_once(",p=")?;
        let mut fields = without_proof.split(',');
        let channel = fields.next()?.strip_prefix("c=")?;
        let nonce = fields.next()?.strip_prefix("r=")?;
        let proof: [u8; 32] = STANDARD.decode(proof).ok()?.try_into().ok()?;
        let whole = format!("{},{without_proof}", self.begun);
        let mut client = mac(&self.keys.stored, &[whole.as_bytes()]);
        client.iter_mut().zip(proof).for_each(|(key, byte)| *key ^= byte);
        let right = <[u8; 32]>::from(Sha256::digest(client)).ct_eq(&self.keys.stored);
        let same = channel == self.channel && nonce == self.nonce;
        (same && bool::from(right))
            .then(|| format!("v={}", STANDARD.encode(mac(&self.keys.server, &[whole.as_bytes()]))))
    }
}

/// A nonce that nobody can foretell who does not know `secret`; `count` must not come twice with the same `run`.
#[must_use]
pub fn nonce(secret: &[u8], run: i64, count: u64) -> String {
    STANDARD.encode(&mac(secret, &[b"nonce", &run.to_be_bytes(), &count.to_be_bytes()])[..18])
}

/// A number for a name that nobody can foretell who does not know `secret`, always the same: whatever has to stand for what
/// is not there is chosen by it.
#[must_use]
pub fn number_of_nobody(secret: &[u8], name: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = mac(secret, &[b"number of nobody ", name.as_bytes()]);
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of every length (RFC 2104 section 2).
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// `=2C` and `=3D` stand for `,` and `=`; nothing else may follow a `=` ("saslname").
fn unescape(text: &str) -> Option<String> {
    let plain = text.replace("=2C", ",").replace("=3D", "\0");
    (!plain.contains('=') && !text.contains('\0')).then(|| plain.replace('\0', "="))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7677 section 3.
    const SALT: &str = "W22ZaJ0SNY7soEsUEjb6gQ==";
    const FIRST: &[u8] = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const FINAL: &[u8] =
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    fn keys() -> Keys {
        Keys::derive("pencil", &STANDARD.decode(SALT).unwrap(), 4096)
    }

    #[test]
    fn the_example_of_the_specification_works() {
        let client = ClientFirst::decode(FIRST).unwrap();
        assert_eq!((client.name.as_str(), client.authzid.as_str()), ("user", ""));
        let (first, challenge) = client.answer(NONCE, keys());
        assert_eq!(first, format!("r=rOprNGfwEbeRWgbNEkqO{NONCE},s={SALT},i=4096"));
        assert_eq!(challenge.finish(FINAL).as_deref(), Some("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    }

    #[test]
    fn a_wrong_proof_nonce_or_header_is_refused() {
        let client = ClientFirst::decode(FIRST).unwrap();
        let (_, challenge) = client.answer(NONCE, Keys::derive("pencils", b"salt", 4096));
        assert_eq!(challenge.finish(FINAL), None);
        let (_, challenge) = client.answer("other", keys());
        assert_eq!(challenge.finish(FINAL), None);
        let (_, challenge) = ClientFirst::decode(b"y,,n=user,r=rOprNGfwEbeRWgbNEkqO").unwrap().answer(NONCE, keys());
        assert_eq!(challenge.finish(FINAL), None);
        for bad in [&b""[..], b"c=biws", b"c=biws,r=x,p=", b"c=biws,r=x,p=%%%", b"\xff,p=AA=="] {
            assert_eq!(challenge.finish(bad), None);
        }
    }

    #[test]
    fn malformed_beginnings_are_refused() {
        for bad in
            [&b""[..], b"n,,", b"n,,n=user", b"n,,n=,r=x", b"n,,n=a=b,r=x", b"p=tls-unique,,n=a,r=x", b"n,x,n=a,r=x"]
        {
            assert_eq!(ClientFirst::decode(bad), None, "{}", String::from_utf8_lossy(bad));
        }
        let client = ClientFirst::decode(b"n,a=me,n=a=2Cb=3Dc,r=x,ext=1").unwrap();
        assert_eq!((client.name.as_str(), client.authzid.as_str()), ("a,b=c", "me"));
    }

    #[test]
    fn keys_are_read_back() {
        let keys = keys();
        assert_eq!(keys.to_string().parse(), Ok(keys.clone()));
        assert!(!format!("{keys:?}").contains("stored"));
        assert_eq!("SCRAM-SHA-1$1:a$b:c".parse::<Keys>(), Err(NotKeys));
        assert_eq!(Keys::of_nobody(b"s", "amy"), Keys::of_nobody(b"s", "amy"));
        assert_ne!(Keys::of_nobody(b"s", "amy").salt, Keys::of_nobody(b"s", "bob").salt);
    }
}
