//! One SASL exchange: chunks in, credentials out (ircv3.net "SASL Authentication" 3.1 and 3.2, RFC 4616 for PLAIN).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

/// The mechanisms on offer, as 908 and the capability's value list them.
pub(in crate::hub) const MECHANISMS: &str = "PLAIN";

/// A chunk of this length is followed by another (SASL 3.1, "The AUTHENTICATE command").
const CHUNK: usize = 400;

/// The most encoded bytes: room for a password far beyond what can be chosen.
const MAX_PAYLOAD: usize = 4 * CHUNK;

/// An exchange that has begun.
#[derive(Debug, Default)]
pub(in crate::hub) struct Exchange {
    payload: Zeroizing<String>,
}

/// What a chunk leads to.
pub(in crate::hub) enum Step {
    /// More has to come.
    More,
    /// The chunk is too long.
    TooLong,
    /// Not a PLAIN message, or far too long for one.
    Malformed,
    /// Name and password.
    Credentials(Plain),
}

/// The content of a PLAIN message.
pub(in crate::hub) struct Plain {
    /// The user name.
    pub(in crate::hub) name: String,
    /// The password.
    pub(in crate::hub) password: Zeroizing<String>,
}

impl Exchange {
    /// Takes the parameter of an AUTHENTICATE line. Anything but [`Step::More`] ends the exchange.
    pub(in crate::hub) fn take(&mut self, chunk: &str) -> Step {
        if chunk.len() > CHUNK {
            return Step::TooLong;
        }
        if self.payload.len() + chunk.len() > MAX_PAYLOAD {
            return Step::Malformed;
        }
        if chunk != "+" {
            self.payload.push_str(chunk);
        }
        if chunk.len() == CHUNK {
            return Step::More;
        }
        let Ok(bytes) = BASE64_STANDARD.decode(self.payload.as_bytes()).map(Zeroizing::new) else {
            return Step::Malformed;
        };
        plain(&bytes).map_or(Step::Malformed, Step::Credentials)
    }
}

/// `[authzid] NUL authcid NUL passwd`, UTF-8 (RFC 4616 section 2). Acting as somebody else is not offered, so the first
/// part has to be empty or the same.
fn plain(bytes: &[u8]) -> Option<Plain> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut parts = text.splitn(3, '\0');
    let (acting_as, name, password) = (parts.next()?, parts.next()?, parts.next()?);
    let valid = !name.is_empty() && !password.is_empty() && (acting_as.is_empty() || acting_as == name);
    valid.then(|| Plain { name: name.to_owned(), password: Zeroizing::new(password.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunks: &[&str]) -> String {
        let mut exchange = Exchange::default();
        for chunk in chunks {
            match exchange.take(chunk) {
                Step::More => {}
                Step::TooLong => return "too long".into(),
                Step::Malformed => return "malformed".into(),
                Step::Credentials(plain) => return format!("{} {}", plain.name, plain.password.len()),
            }
        }
        "more".into()
    }

    #[test]
    fn a_message_in_one_or_several_chunks() {
        assert_eq!(read(&["AGFteQBzZWNyZXQ="]), "amy 6");
        assert_eq!(read(&["YW15AGFteQBzZWNyZXQ="]), "amy 6");
        let long = BASE64_STANDARD.encode(format!("\0amy\0{}", "x".repeat(595)));
        assert_eq!(long.len(), 800);
        assert_eq!(read(&[&long[..400], &long[400..]]), "more");
        assert_eq!(read(&[&long[..400], &long[400..], "+"]), "amy 595");
    }

    #[test]
    fn what_is_no_plain_message_is_refused() {
        assert_eq!(read(&["+"]), "malformed");
        assert_eq!(read(&["!!!"]), "malformed");
        assert_eq!(read(&["Ym9iAGFteQBzZWNyZXQ="]), "malformed", "acting as bob");
        assert_eq!(read(&["AAB4"]), "malformed", "no name");
        assert_eq!(read(&["A".repeat(401).as_str()]), "too long");
        assert_eq!(read(&["A".repeat(400).as_str(); 5]), "malformed");
    }
}
