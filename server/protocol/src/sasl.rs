//! SASL as it travels in AUTHENTICATE lines (ircv3.net "sasl-3.1", "sasl-3.2") and the PLAIN mechanism (RFC 4616).
//!
//! It owns cutting a payload into parameters, putting it together within bounds, and the form of PLAIN. Which mechanism is
//! used and whether the credentials are right is decided elsewhere. Everything secret is wiped from memory after use.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// The most bytes of base64 in one AUTHENTICATE line ("sasl-3.1", "The AUTHENTICATE command").
pub const CHUNK: usize = 400;
/// The most chunks taken for one payload. PLAIN with the longest names and password fits into four.
const MAX_CHUNKS: usize = 8;

/// The parameters of the AUTHENTICATE lines that carry `payload`, in order. Where the last one would be exactly
/// [`CHUNK`] long, or there is nothing to send, a `+` ends them.
#[must_use]
pub fn chunks(payload: &[u8]) -> Vec<Zeroizing<String>> {
    let text = Zeroizing::new(STANDARD.encode(payload));
    let mut chunks = Vec::with_capacity(text.len() / CHUNK + 1);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, so every place is a character border.
        let (chunk, tail) = rest.split_at(rest.len().min(CHUNK));
        chunks.push(Zeroizing::new(chunk.to_owned()));
        rest = tail;
    }
    if text.len().is_multiple_of(CHUNK) {
        chunks.push(Zeroizing::new("+".to_owned()));
    }
    chunks
}

/// Puts the parameters of AUTHENTICATE lines together again.
#[derive(Default)]
pub struct Collector {
    text: Zeroizing<String>,
}

impl fmt::Debug for Collector {
    /// Without the text: no secret in any log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Collector({} bytes)", self.text.len())
    }
}

/// What a parameter of AUTHENTICATE brought about.
#[derive(PartialEq, Eq)]
pub enum Step {
    /// More has to come.
    More,
    /// This is the payload, which may be empty.
    Payload(Zeroizing<Vec<u8>>),
    /// The client gave up (`*`); the answer is ERR_SASLABORTED (906).
    Aborted,
}

impl fmt::Debug for Step {
    /// Without the payload: no secret in any log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::More => "More",
            Step::Payload(_) => "Payload",
            Step::Aborted => "Aborted",
        })
    }
}

/// Why a parameter of AUTHENTICATE cannot be taken. The exchange ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SaslError {
    /// More than [`CHUNK`] bytes, or too many chunks; the answer is ERR_SASLTOOLONG (905).
    #[error("the SASL message is too long")]
    TooLong,
    /// Not base64; the answer is ERR_SASLFAIL (904).
    #[error("the SASL message is not base64")]
    NotBase64,
}

impl Collector {
    /// Adds the parameter of one AUTHENTICATE line. After anything but [`Step::More`] the collector is empty again.
    ///
    /// # Errors
    /// [`SaslError`] when it is too long or not base64.
    pub fn push(&mut self, chunk: &str) -> Result<Step, SaslError> {
        if chunk == "*" {
            self.text = Zeroizing::default();
            return Ok(Step::Aborted);
        }
        if chunk.len() > CHUNK || self.text.len() + chunk.len() > MAX_CHUNKS * CHUNK {
            self.text = Zeroizing::default();
            return Err(SaslError::TooLong);
        }
        if self.text.capacity() == 0 {
            // All at once, so that growing leaves no copies of secrets behind.
            self.text.reserve_exact(MAX_CHUNKS * CHUNK);
        }
        if chunk != "+" {
            self.text.push_str(chunk);
        }
        if chunk.len() == CHUNK {
            return Ok(Step::More);
        }
        let text = std::mem::take(&mut self.text);
        match STANDARD.decode(text.as_bytes()) {
            Ok(payload) => Ok(Step::Payload(Zeroizing::new(payload))),
            Err(_) => Err(SaslError::NotBase64),
        }
    }
}

/// What the PLAIN mechanism carries (RFC 4616 section 2).
#[derive(Clone, PartialEq, Eq)]
pub struct Plain {
    /// Whom to act as; empty for the same as `authcid`.
    pub authzid: String,
    /// Whose password it is.
    pub authcid: String,
    /// The password.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for Plain {
    /// Without the password: no secret in any log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain").field("authzid", &self.authzid).field("authcid", &self.authcid).finish_non_exhaustive()
    }
}

impl Plain {
    /// The payload: the three texts with NUL between them. A NUL inside them, which RFC 4616 does not allow, would be
    /// refused by the other end.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let parts = [&self.authzid, &self.authcid, self.password.as_str()];
        let mut out = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum()));
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                out.push(0);
            }
            out.extend_from_slice(part.as_bytes());
        }
        out
    }

    /// Takes a payload apart. `None` when it is not UTF-8, has not exactly three parts, or no name or password.
    #[must_use]
    pub fn decode(payload: &[u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(payload).ok()?.split('\0');
        let (authzid, authcid, password) = (parts.next()?, parts.next()?, parts.next()?);
        let good = parts.next().is_none() && !authcid.is_empty() && !password.is_empty();
        good.then(|| Plain {
            authzid: authzid.to_owned(),
            authcid: authcid.to_owned(),
            password: Zeroizing::new(password.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(payload: &[u8]) -> (usize, Vec<u8>) {
        let mut collector = Collector::default();
        let chunks = chunks(payload);
        for chunk in &chunks[..chunks.len() - 1] {
            assert_eq!(collector.push(chunk), Ok(Step::More));
        }
        match collector.push(&chunks[chunks.len() - 1]) {
            Ok(Step::Payload(got)) => (chunks.len(), got.to_vec()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn payloads_of_every_length_arrive() {
        // 300 bytes are 400 of base64, 600 are 800: there a `+` has to follow.
        for (length, lines) in [(0, 1), (1, 1), (299, 2), (300, 2), (301, 2), (600, 3), (601, 3), (2000, 7)] {
            let payload = vec![b'x'; length];
            assert_eq!(collect(&payload), (lines, payload), "{length} bytes");
        }
        assert_eq!(chunks(b"")[0].as_str(), "+");
    }

    #[test]
    fn aborts_and_nonsense_end_the_exchange() {
        let mut collector = Collector::default();
        assert_eq!(collector.push(&"A".repeat(400)), Ok(Step::More));
        assert_eq!(collector.push("*"), Ok(Step::Aborted));
        assert_eq!(collector.push("+"), Ok(Step::Payload(Zeroizing::new(Vec::new()))));
        assert_eq!(collector.push("not base64"), Err(SaslError::NotBase64));
        assert_eq!(collector.push(&"A".repeat(401)), Err(SaslError::TooLong));
        for _ in 0..MAX_CHUNKS {
            assert_eq!(collector.push(&"A".repeat(400)), Ok(Step::More));
        }
        assert_eq!(collector.push(&"A".repeat(400)), Err(SaslError::TooLong));
        assert_eq!(collector.push(&"A".repeat(400)), Ok(Step::More));
    }

    #[test]
    fn plain_is_three_parts() {
        let plain = Plain { authzid: String::new(), authcid: "amy".into(), password: Zeroizing::new("p w:d".into()) };
        assert_eq!(plain.encode().as_slice(), b"\0amy\0p w:d");
        assert_eq!(Plain::decode(&plain.encode()), Some(plain.clone()));
        assert!(!format!("{plain:?}").contains("p w"));
        for bad in [&b""[..], b"amy", b"\0amy", b"\0amy\0", b"\0\0pw", b"\0amy\0pw\0x", b"\0am\xff\0pw"] {
            assert_eq!(Plain::decode(bad), None, "{bad:?}");
        }
    }
}
