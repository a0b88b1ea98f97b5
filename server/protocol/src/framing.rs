//! Bytes to lines. A [`Framer`] keeps what has not ended yet, within bounds, and never copies a finished line.
//!
//! Lines end with LF, a CR before it is dropped (RFC 2812 section 2.3: empty lines are ignored). A line too long is
//! thrown away up to its end and reported once; a peer that never ends its line is reported as [`Frame::Endless`].

use zeroize::Zeroize as _;

use crate::{encode::MAX_LINE, tags::MAX_TAGS};

/// How long lines may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of the tag section, `@` and the space behind counted.
    pub tags: usize,
    /// The most bytes of the rest, CR LF counted.
    pub body: usize,
    /// The most bytes without an end of line before the connection is given up.
    pub endless: usize,
}

impl Limits {
    /// What a server takes from a client: 4096 bytes of tags and 512 of message; 16 KiB without an end are too much.
    pub const FROM_CLIENT: Limits = Limits { tags: 4096, body: MAX_LINE, endless: 16 * 1024 };
    /// What a client takes from a server: generous, since networks differ, but bounded.
    pub const FROM_SERVER: Limits = Limits { tags: MAX_TAGS + 1, body: 16 * 1024, endless: 64 * 1024 };
}

/// One thing found in the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A line within the limits, without its end.
    Line(&'a str),
    /// A line whose bytes are not UTF-8, without its end.
    NotUtf8(&'a [u8]),
    /// A line over the limits; it was thrown away.
    TooLong,
    /// More than [`Limits::endless`] bytes without an end of line. Nothing sensible follows.
    Endless,
}

/// Cuts a byte stream into lines.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    buffer: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// How far the search for LF has come.
    searched: usize,
    /// Bytes of the present over-long line that were already thrown away.
    discarded: usize,
}

impl Framer {
    /// An empty framer.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Framer { limits, buffer: Vec::new(), start: 0, searched: 0, discarded: 0 }
    }

    /// Adds what was read. Take all frames with [`Framer::next_frame`] before adding more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.forget_taken();
        self.buffer.extend_from_slice(bytes);
    }

    /// Lines that were taken may hold passwords, so nothing of them stays.
    fn forget_taken(&mut self) {
        if self.start > 0 {
            let rest = self.buffer.len() - self.start;
            self.buffer.copy_within(self.start.., 0);
            self.buffer[rest..].zeroize();
            self.buffer.truncate(rest);
            self.searched -= self.start;
            self.start = 0;
        }
    }

    /// The next frame, or `None` until more bytes come.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        loop {
            let Some(offset) = self.buffer[self.searched..].iter().position(|b| *b == b'\n') else {
                return self.wait();
            };
            let end = self.searched + offset;
            let begin = self.start;
            // As when the line comes in pieces: `wait` would have given up before its end was seen.
            if self.discarded + end - begin > self.limits.endless {
                return Some(Frame::Endless);
            }
            self.start = end + 1;
            self.searched = self.start;
            if std::mem::take(&mut self.discarded) > 0 {
                return Some(Frame::TooLong);
            }
            let mut line = &self.buffer[begin..end];
            if let [rest @ .., b'\r'] = line {
                line = rest;
            }
            if line.is_empty() {
                continue;
            }
            if !within(line, self.limits) {
                return Some(Frame::TooLong);
            }
            // Borrowed anew: the borrow checker cannot see that the loop ends here.
            let line = &self.buffer[begin..begin + line.len()];
            return Some(match std::str::from_utf8(line) {
                Ok(text) => Frame::Line(text),
                Err(_) => Frame::NotUtf8(line),
            });
        }
    }

    /// No end of line in what is there: keep it, or throw it away when it cannot become a good line any more.
    fn wait(&mut self) -> Option<Frame<'_>> {
        self.searched = self.buffer.len();
        let pending = self.buffer.len() - self.start;
        if self.discarded + pending > self.limits.endless {
            return Some(Frame::Endless);
        }
        if self.discarded > 0 || pending > self.limits.tags + self.limits.body {
            self.discarded += pending;
            self.buffer.zeroize();
            self.start = 0;
            self.searched = 0;
        }
        // A quiet connection should hold on to neither memory nor what it said.
        self.forget_taken();
        if self.buffer.is_empty() && self.buffer.capacity() > 4096 {
            self.buffer = Vec::new();
            self.start = 0;
            self.searched = 0;
        }
        None
    }
}

/// Whether a line (without its end) keeps both limits; CR LF count as two bytes of the body.
fn within(line: &[u8], limits: Limits) -> bool {
    let tags = match line {
        [b'@', ..] => line.iter().position(|b| *b == b' ').map_or(line.len(), |i| i + 1),
        _ => 0,
    };
    tags <= limits.tags && line.len() - tags + 2 <= limits.body
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limits = Limits { tags: 8, body: 12, endless: 64 };

    fn all(framer: &mut Framer) -> Vec<String> {
        let mut out = Vec::new();
        while let Some(frame) = framer.next_frame() {
            let end = frame == Frame::Endless;
            out.push(match frame {
                Frame::Line(text) => text.to_owned(),
                other => format!("{other:?}"),
            });
            if end {
                break;
            }
        }
        out
    }

    #[test]
    fn lines_in_any_cut() {
        let stream =
            b"PING a\r\n\r\nPING b\nPI\xff\r\n@abc PING c\r\n@abcdefgh X\r\n0123456789\r\n0123456789x\r\nPING d\r\n";
        for size in 1..stream.len() {
            let mut framer = Framer::new(SMALL);
            let mut got = Vec::new();
            for chunk in stream.chunks(size) {
                framer.push(chunk);
                got.extend(all(&mut framer));
            }
            let want = [
                "PING a",
                "PING b",
                "NotUtf8([80, 73, 255])",
                "@abc PING c",
                "TooLong",
                "0123456789",
                "TooLong",
                "PING d",
            ];
            assert_eq!(got, want, "in pieces of {size}");
        }
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let mut framer = Framer::new(SMALL);
        for _ in 0..8 {
            framer.push(&[b'x'; 8]);
            assert_eq!(framer.next_frame(), None);
        }
        framer.push(b"x");
        assert_eq!(framer.next_frame(), Some(Frame::Endless));
    }
}
