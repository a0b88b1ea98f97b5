//! From bytes without frames to messages: the original sends each message with one write and trusts that it arrives with
//! one read. Messages may arrive in pieces or glued together, so they are told by the heads they begin with, and the last
//! one by a pause behind it.

use std::fmt;

use zeroize::Zeroizing;

use crate::hub::io::Secret;

/// The most bytes of a message.
const MAX_MESSAGE: usize = 1024;

const PROBE: &[u8] = b":REMOVE:";
const SIGN_UP: &[u8] = b"[NEW]:signup:";
const LOG_IN: &[u8] = b"[NEW]:login:";
const SAY: &[u8] = b"[ACTIVE]:";
/// What a message begins with.
const HEADS: [&[u8]; 4] = [PROBE, SIGN_UP, LOG_IN, SAY];

/// Who somebody says they are. The original sends it with every message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// The display name.
    pub name: String,
    /// The user name.
    pub user: String,
    /// In clear, as the original sends it.
    pub password: Secret,
}

/// What the original's client says.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// Is a server there?
    Probe,
    /// An account is to be made.
    SignUp(Details),
    /// Somebody wants in.
    LogIn(Details),
    /// Somebody says this.
    Say(Details, String),
    /// Something that is none of these: too long, not text, fields missing.
    Refused,
}

/// What has come in and is not taken yet. Holds at most one message and one read.
#[derive(Default)]
pub struct Segments {
    bytes: Zeroizing<Vec<u8>>,
    /// Whether what comes belongs to a message that was refused already.
    skipping: bool,
}

impl fmt::Debug for Segments {
    /// Without the bytes, which hold passwords: no secret in any log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segments({} bytes)", self.bytes.len())
    }
}

impl Segments {
    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Gives up what waits.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.skipping = false;
    }

    /// The next message that is whole. After a pause (`paused`) the last one needs no other behind it.
    pub fn next(&mut self, paused: bool) -> Option<Request> {
        loop {
            if self.bytes.is_empty() {
                self.skipping &= !paused;
                return None;
            }
            let head = HEADS.into_iter().find(|head| self.bytes.starts_with(head));
            let Some(head) = head else {
                if HEADS.iter().any(|head| head.starts_with(&self.bytes)) {
                    return None;
                }
                let first = !std::mem::replace(&mut self.skipping, true);
                let end = next_head(&self.bytes).unwrap_or_else(|| keep_from(&self.bytes));
                self.bytes.drain(..end);
                if first {
                    return Some(Request::Refused);
                }
                if end == 0 {
                    return None;
                }
                continue;
            };
            self.skipping = false;
            if head == PROBE {
                self.bytes.drain(..head.len());
                return Some(Request::Probe);
            }
            let following = next_head(&self.bytes[head.len()..]).map(|at| head.len() + at);
            // What may be the beginning of the next one does not count.
            let least = following.unwrap_or_else(|| head.len() + keep_from(&self.bytes[head.len()..]));
            if least > MAX_MESSAGE {
                self.bytes.drain(..least);
                self.skipping = true;
                return Some(Request::Refused);
            }
            let end = following.unwrap_or(self.bytes.len());
            let message = read(head, &self.bytes[head.len()..end], paused || following.is_some());
            if message.is_none() && following.is_none() {
                return None;
            }
            self.bytes.drain(..end);
            return Some(message.unwrap_or(Request::Refused));
        }
    }
}

/// Where the next message begins.
fn next_head(bytes: &[u8]) -> Option<usize> {
    (0..bytes.len()).find(|at| HEADS.iter().any(|head| bytes[*at..].starts_with(head)))
}

/// Where in what is skipped a head may begin whose rest is still to come.
fn keep_from(bytes: &[u8]) -> usize {
    (0..bytes.len()).find(|at| HEADS.iter().any(|head| head.starts_with(&bytes[*at..]))).unwrap_or(bytes.len())
}

/// What stands behind `head`, if it is whole. `ended` says that nothing more belongs to it.
fn read(head: &[u8], bytes: &[u8], ended: bool) -> Option<Request> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return ended.then_some(Request::Refused);
    };
    let mut fields = text.splitn(4, ':');
    let (name, user, password) = (fields.next()?, fields.next()?, fields.next()?);
    let socket = Socket::read(fields.next()?, ended)?;
    let details = Details { name: name.to_owned(), user: user.to_owned(), password: Secret::from(password.to_owned()) };
    match head {
        SAY if ended => socket.rest.map(|said| Request::Say(details, said.to_owned())),
        SAY => None,
        SIGN_UP => Some(Request::SignUp(details)),
        _ => Some(Request::LogIn(details)),
    }
}

/// The textual form of a socket, which means nothing, and what stands behind its colon.
struct Socket<'a> {
    rest: Option<&'a str>,
}

impl<'a> Socket<'a> {
    /// It is in angle brackets, and may hold colons when it names IPv6 addresses. Anything else ends at the next colon.
    fn read(text: &'a str, ended: bool) -> Option<Self> {
        if text.starts_with('<') {
            return match text.split_once(">:") {
                Some((_, rest)) => Some(Socket { rest: Some(rest) }),
                None => text.ends_with('>').then_some(Socket { rest: None }),
            };
        }
        match text.split_once(':') {
            Some((_, rest)) => Some(Socket { rest: Some(rest) }),
            None => (ended && !text.is_empty()).then_some(Socket { rest: None }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOCKET: &str = "<socket.socket fd=3, family=2, laddr=('127.0.0.1', 50000), raddr=('127.0.0.1', 23791)>";

    fn lior() -> Details {
        Details { name: "Lior".into(), user: "lior1".into(), password: "secret".to_owned().into() }
    }

    fn say(text: &str) -> Request {
        Request::Say(lior(), text.into())
    }

    /// What comes of `pieces`, with a pause after the last.
    fn all(pieces: &[&[u8]]) -> Vec<Request> {
        let mut segments = Segments::default();
        let mut messages = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            segments.push(piece);
            while let Some(message) = segments.next(index + 1 == pieces.len()) {
                messages.push(message);
            }
        }
        messages
    }

    #[test]
    fn messages_are_told_however_they_arrive() {
        let login = format!("[NEW]:login:Lior:lior1:secret:{SOCKET}");
        let hello = format!("[ACTIVE]:Lior:lior1:secret:{SOCKET}:hello: all");
        let bye = "[ACTIVE]:Lior:lior1:secret:sock:exit()".to_owned();
        let sixth = "[ACTIVE]:Lior:lior1:secret:<socket laddr=('::1', 5, 0, 0)>:six".to_owned();
        let glued = [login.clone(), hello.clone(), bye, sixth].concat();
        let want = [Request::LogIn(lior()), say("hello: all"), say("exit()"), say("six")];
        for size in [1, 2, 7, 64, glued.len()] {
            let pieces: Vec<&[u8]> = glued.as_bytes().chunks(size).collect();
            assert_eq!(all(&pieces), want, "in pieces of {size}");
        }
        let sign_up = format!("[NEW]:signup:Lior:lior1:secret:{SOCKET}");
        assert_eq!(all(&[b":REMOVE:"]), [Request::Probe]);
        assert_eq!(all(&[sign_up.as_bytes()]), [Request::SignUp(lior())]);
    }

    #[test]
    fn the_last_message_waits_for_a_pause_and_an_unfinished_one_for_its_rest() {
        let mut segments = Segments::default();
        segments.push(format!("[ACTIVE]:Lior:lior1:secret:{SOCKET}:hel").as_bytes());
        assert_eq!(segments.next(false), None);
        segments.push(b"lo");
        assert_eq!(segments.next(true), Some(say("hello")));
        segments.push(b"[NEW]:login:Lior:lior1:secret:<socket");
        assert_eq!(segments.next(true), None);
        segments.push(b" laddr=('::1', 5)>");
        assert_eq!(segments.next(false), Some(Request::LogIn(lior())));
        assert!(segments.is_empty());
    }

    #[test]
    fn the_longest_message_is_taken_although_the_next_has_begun() {
        let head = format!("[ACTIVE]:Lior:lior1:secret:{SOCKET}:");
        let longest = "x".repeat(MAX_MESSAGE - head.len());
        let glued = format!("{head}{longest}{head}next");
        for size in [1, 100, 1030, glued.len()] {
            let pieces: Vec<&[u8]> = glued.as_bytes().chunks(size).collect();
            assert_eq!(all(&pieces), [say(&longest), say("next")], "in pieces of {size}");
        }
        let too_long = format!("{head}{longest}x{head}next");
        for size in [1, 100, 1030, too_long.len()] {
            let pieces: Vec<&[u8]> = too_long.as_bytes().chunks(size).collect();
            assert_eq!(all(&pieces), [Request::Refused, say("next")], "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused_once_and_skipped() {
        let good = format!("[ACTIVE]:Lior:lior1:secret:{SOCKET}:fine");
        let long = format!("[ACTIVE]:Lior:lior1:secret:{SOCKET}:{}", "x".repeat(2000));
        let binary = [format!("[ACTIVE]:Lior:lior1:secret:{SOCKET}:").as_bytes(), &[0xff, 0xfe]].concat();
        for bad in [&b"\x16\x03\x01garbage"[..], b"GET / HTTP/1.1\r\n\r\n", long.as_bytes(), &binary, b"[ACTIVE]:a:b"] {
            let glued = [bad, good.as_bytes()].concat();
            assert_eq!(all(&[&glued]), [Request::Refused, say("fine")], "{bad:?}");
            let pieces: Vec<&[u8]> = bad.chunks(100).chain([good.as_bytes()]).collect();
            assert_eq!(all(&pieces), [Request::Refused, say("fine")], "{bad:?}");
        }
    }

    #[test]
    fn any_bytes_are_taken_without_growing() {
        let mut segments = Segments::default();
        for seed in 0..2_000_u32 {
            let noise = seed.wrapping_mul(2_654_435_761).to_le_bytes();
            segments.push(&noise);
            segments.push(HEADS[seed as usize % 4].get(..(seed as usize / 4) % 14).unwrap_or(b":::<>"));
            while segments.next(seed % 7 == 0).is_some() {}
            assert!(segments.bytes.len() < MAX_MESSAGE + 32, "{}", segments.bytes.len());
        }
    }
}
