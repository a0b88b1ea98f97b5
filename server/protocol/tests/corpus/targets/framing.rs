//! The framer against a reader that looks at the whole stream at once and needs no memory of its own.

use klatch_protocol::{Frame, Framer, Limits};

/// Bounds so small that short inputs reach them all.
const SMALL: Limits = Limits { tags: 16, body: 24, endless: 96 };

/// The first byte says how long the pieces are in which the rest comes; a zero byte would be none.
pub fn check(bytes: &[u8]) {
    let Some((size, stream)) = bytes.split_first() else { return };
    for limits in [SMALL, Limits::FROM_CLIENT, Limits::FROM_SERVER] {
        let wanted = expected(stream, limits);
        assert_eq!(frames(stream.chunks(usize::from(*size).max(1)), limits), wanted, "in pieces of {size}");
        assert_eq!(frames(std::iter::once(stream), limits), wanted, "in one piece");
        // Cut where the bytes themselves say, so that pieces of many lengths come together.
        assert_eq!(frames(stream.chunk_by(|a, b| a.wrapping_add(*b) % 5 != 0), limits), wanted, "in uneven pieces");
    }
}

/// A frame, with its own bytes.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Line(String),
    NotUtf8(Vec<u8>),
    TooLong,
    Endless,
}

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>, limits: Limits) -> Vec<Found> {
    let (mut framer, mut found) = (Framer::new(limits), Vec::new());
    for piece in pieces {
        framer.push(piece);
        while let Some(frame) = framer.next_frame() {
            found.push(match frame {
                Frame::Line(text) => Found::Line(text.to_owned()),
                Frame::NotUtf8(bytes) => Found::NotUtf8(bytes.to_owned()),
                Frame::TooLong => Found::TooLong,
                Frame::Endless => Found::Endless,
            });
            if found.last() == Some(&Found::Endless) {
                return found;
            }
        }
    }
    found
}

/// What the rules say of a stream: lines end with LF, one CR before it is dropped, empty lines are no lines.
fn expected(stream: &[u8], limits: Limits) -> Vec<Found> {
    let mut found = Vec::new();
    let mut rest = stream;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if line.len() > limits.endless {
            found.push(Found::Endless);
            return found;
        }
        let bare = line.strip_suffix(b"\r").unwrap_or(line);
        let tags = if bare.starts_with(b"@") {
            bare.iter().position(|b| *b == b' ').map_or(bare.len(), |at| at + 1)
        } else {
            0
        };
        if line.len() > limits.tags + limits.body || tags > limits.tags || bare.len() - tags + 2 > limits.body {
            found.push(Found::TooLong);
        } else if !bare.is_empty() {
            let text = String::from_utf8(bare.to_vec());
            found.push(text.map_or_else(|bytes| Found::NotUtf8(bytes.into_bytes()), Found::Line));
        }
    }
    if rest.len() > limits.endless {
        found.push(Found::Endless);
    }
    found
}
