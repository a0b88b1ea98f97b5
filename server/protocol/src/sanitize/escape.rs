//! How far an escape sequence goes (ECMA-48 section 5), so that it can be taken out as a whole.

/// The bytes that belong to the escape sequence whose ESC stood before `rest`. Always ends on a character border, since
/// only ASCII (or the whole of a C1 terminator) belongs to a sequence.
///
/// A string sequence (title, clipboard, device control) without its end counts as its introducer alone: the text behind
/// stays visible, so nobody can hide the rest of a message.
pub(super) fn length(rest: &str) -> usize {
    match rest.as_bytes().first() {
        Some(b'[') => 1 + control_sequence(&rest.as_bytes()[1..]),
        Some(b']' | b'P' | b'X' | b'^' | b'_') => 1 + string(&rest[1..]),
        Some(0x20..=0x7E) => plain(rest.as_bytes()),
        _ => 0,
    }
}

/// Parameters, intermediates and the final byte behind `ESC [`.
fn control_sequence(bytes: &[u8]) -> usize {
    let parameters = count(bytes, 0x30..=0x3F);
    let intermediates = count(&bytes[parameters..], 0x20..=0x2F);
    let end = parameters + intermediates;
    end + usize::from(matches!(bytes.get(end), Some(0x40..=0x7E)))
}

/// Everything up to BEL or ST. Ends nowhere at another ESC or a new line: both break the sequence off.
fn string(text: &str) -> usize {
    for (at, c) in text.char_indices() {
        match c {
            '\u{7}' | '\u{9C}' => return at + c.len_utf8(),
            '\u{1B}' if text.as_bytes().get(at + 1) == Some(&b'\\') => return at + 2,
            '\u{1B}' | '\n' | '\r' => return 0,
            _ => {}
        }
    }
    0
}

/// Intermediates and the final byte of any other sequence.
fn plain(bytes: &[u8]) -> usize {
    let intermediates = count(bytes, 0x20..=0x2F);
    intermediates + usize::from(matches!(bytes.get(intermediates), Some(0x30..=0x7E)))
}

fn count(bytes: &[u8], class: std::ops::RangeInclusive<u8>) -> usize {
    bytes.iter().take_while(|b| class.contains(b)).count()
}
