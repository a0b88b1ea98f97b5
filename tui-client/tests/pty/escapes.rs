//! A strict reader of what a program wrote to its terminal. It knows the few control sequences that our programs write on
//! purpose; whatever else would make a terminal do something is a finding, with the place where it stands.

use std::ops::Range;

/// One thing in the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A character to show.
    Text(char),
    /// A control character by itself.
    Control(u8),
    /// `ESC [` up to and with the final byte, without the introducer.
    Csi(String),
    /// What stands in `ESC ] … ESC \`; an end with BEL is none of ours and comes as [`Piece::Alien`].
    Osc(String),
    /// Anything else: other escape sequences, sequences without an end, bytes that are not UTF-8, C1.
    Alien(String),
}

/// Takes the output apart, each piece with the bytes it was made of.
pub fn pieces(raw: &[u8]) -> Vec<(Range<usize>, Piece)> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let (length, piece) = piece(&raw[at..]);
        all.push((at..at + length, piece));
        at += length;
    }
    all
}

/// The first thing in `raw`, which is not empty.
fn piece(raw: &[u8]) -> (usize, Piece) {
    match raw {
        [0x1b, b'[', rest @ ..] => control_sequence(rest),
        [0x1b, b']', rest @ ..] => command(rest),
        [0x1b, ..] => alien(&raw[..raw.len().min(2)]),
        [byte @ (0..=0x1f | 0x7f), ..] => (1, Piece::Control(*byte)),
        _ => character(raw),
    }
}

/// ECMA-48 section 5.4: parameters, intermediates, one final byte.
fn control_sequence(rest: &[u8]) -> (usize, Piece) {
    let inside = rest.iter().take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
    match rest.get(inside) {
        Some(0x40..=0x7e) => (inside + 3, Piece::Csi(String::from_utf8_lossy(&rest[..=inside]).into_owned())),
        _ => alien(&[b"\x1b[", &rest[..inside]].concat()),
    }
}

/// An operating system command, which has to hold nothing but characters.
fn command(rest: &[u8]) -> (usize, Piece) {
    let body = rest.iter().take_while(|byte| !matches!(byte, 0..=0x1f | 0x7f)).count();
    match (std::str::from_utf8(&rest[..body]), rest.get(body..body + 2)) {
        (Ok(text), Some(b"\x1b\\")) if !text.contains(char::is_control) => (body + 4, Piece::Osc(text.to_owned())),
        _ => alien(&[b"\x1b]", &rest[..body]].concat()),
    }
}

fn character(raw: &[u8]) -> (usize, Piece) {
    let head = &raw[..raw.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    match valid.chars().next() {
        Some(c) if !c.is_control() => (c.len_utf8(), Piece::Text(c)),
        Some(c) => alien(&raw[..c.len_utf8()]),
        None => alien(&raw[..1]),
    }
}

fn alien(bytes: &[u8]) -> (usize, Piece) {
    (bytes.len(), Piece::Alien(bytes.escape_ascii().to_string()))
}

/// What `raw` holds that is not `allowed`, each with what stands around it.
pub fn findings(raw: &[u8], mut allowed: impl FnMut(&Piece) -> bool) -> Vec<String> {
    let found = pieces(raw).into_iter().filter(|(_, piece)| !allowed(piece));
    found
        .map(|(Range { start, end }, piece)| {
            let around = &raw[start.saturating_sub(120)..raw.len().min(end + 40)];
            format!("{piece:?} at byte {start}, in {}", around.escape_ascii())
        })
        .collect()
}

/// Whether a sequence only sets colours and attributes.
pub fn is_colour(csi: &str) -> bool {
    csi.strip_suffix('m').is_some_and(|numbers| numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'))
}

#[test]
fn the_reader_finds_what_it_should() {
    let raw = b"a\x1b[1;2Hb\x07\x1b]2;title\x1b\\\x1b]0;x\x07\x1bc\xc2\x9b\xff\x1b[12\x1b[3m\xe2\x86\x92";
    let found: Vec<Piece> = pieces(raw).into_iter().map(|(_, piece)| piece).collect();
    let alien = |text: &str| Piece::Alien(text.to_owned());
    let want = [
        Piece::Text('a'),
        Piece::Csi("1;2H".to_owned()),
        Piece::Text('b'),
        Piece::Control(7),
        Piece::Osc("2;title".to_owned()),
        alien("\\x1b]0;x"),
        Piece::Control(7),
        alien("\\x1bc"),
        alien("\\xc2\\x9b"),
        alien("\\xff"),
        alien("\\x1b[12"),
        Piece::Csi("3m".to_owned()),
        Piece::Text('→'),
    ];
    assert_eq!(found, want);
}
