//! Cleaning of text that strangers wrote, once, where it enters a program.
//!
//! What comes out holds no control sequence, cannot reorder what stands beside it, hides nothing in characters of no
//! width, and has no cluster so large that one cell of a screen would have to hold hundreds of bytes. It owns what
//! happens to each character; it does not know mIRC formatting, which [`crate::format`] takes out *before* (the codes
//! are control characters and would only leave their digits behind).
//!
//! Every function is idempotent: cleaning what is clean changes nothing, and allocates nothing.

mod class;
mod cluster;
mod escape;

use std::borrow::Cow;

use cluster::Clusters;

/// The most combining marks one letter may carry. Real scripts need fewer; a flood of them spills over other lines.
pub const MAX_MARKS: usize = 4;
/// The most characters one grapheme cluster may have. The longest emoji in use has ten.
pub const MAX_CLUSTER: usize = 16;
/// The deepest nesting of directional isolates. Deeper ones are dropped.
const MAX_ISOLATES: usize = 4;
/// What stands where an escape sequence was.
const ESCAPE_SYMBOL: char = '\u{241B}';

/// Cleans what has to be one line: a message without newlines, a topic, a reason, an error text.
///
/// Newlines of every kind become a space, TAB four; control characters are dropped, a run of escape sequences leaves one
/// `␛`; overrides and embeddings of direction are dropped, isolates are closed at the end; characters of no width are
/// dropped, except a joiner inside an emoji; at most [`MAX_MARKS`] marks stay on a letter.
///
/// ```
/// use klatch_protocol::sanitize::clean_line;
/// assert_eq!(clean_line("one\ntwo \u{1b}[31mred\u{1b}[0m \u{202E}txt"), "one two ␛red␛ txt");
/// ```
#[must_use]
pub fn clean_line(text: &str) -> Cow<'_, str> {
    clean(text, Kind::Line)
}

/// As [`clean_line`], but keeps `\n`: for messages of several lines. CR LF and a lone CR become `\n`; isolates are closed
/// at the end of each line.
#[must_use]
pub fn clean_text(text: &str) -> Cow<'_, str> {
    clean(text, Kind::Text)
}

/// Cleans a name: a nick, a room, a display name, a server.
///
/// As [`clean_line`], but nothing of no width is left at all, isolates neither; every blank (also the Hangul fillers and
/// the empty Braille pattern) becomes a space, runs of them become one, and those at the ends are taken off. A name of
/// blanks only comes out empty; who shows it has to show something else.
#[must_use]
pub fn clean_name(text: &str) -> Cow<'_, str> {
    clean(text, Kind::Name)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Line,
    Text,
    Name,
}

fn clean(text: &str, kind: Kind) -> Cow<'_, str> {
    if is_plain(text, kind) {
        return Cow::Borrowed(text);
    }
    let mut cleaner = Cleaner { kind, rest: text, out: Clusters::with_capacity(text.len()), isolates: 0 };
    while let Some(c) = cleaner.next() {
        cleaner.take(c);
    }
    cleaner.close_isolates();
    let mut out = cleaner.out.into_string();
    if kind == Kind::Name {
        out.truncate(out.trim_end_matches(' ').len());
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// Whether a glance at the bytes is enough: printable ASCII has nothing to clean.
fn is_plain(text: &str, kind: Kind) -> bool {
    let printable = text.bytes().all(|b| matches!(b, b' '..=b'~') || (b == b'\n' && kind == Kind::Text));
    printable && (kind != Kind::Name || !(text.starts_with(' ') || text.ends_with(' ') || text.contains("  ")))
}

struct Cleaner<'a> {
    kind: Kind,
    rest: &'a str,
    out: Clusters,
    /// Isolates open on this line.
    isolates: usize,
}

impl Cleaner<'_> {
    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self, c: char) {
        match c {
            '\n' => self.newline(),
            '\r' => {
                if self.peek() != Some('\n') {
                    self.newline();
                }
            }
            '\t' if self.kind == Kind::Name => self.blank(),
            '\t' => (0..4).for_each(|_| self.blank()),
            '\u{85}' | '\u{2028}' | '\u{2029}' => self.blank(),
            '\u{1B}' => {
                self.rest = &self.rest[escape::length(self.rest)..];
                if self.out.last() != Some(ESCAPE_SYMBOL) {
                    self.out.push(ESCAPE_SYMBOL);
                }
            }
            _ if c.is_control() || class::is_override(c) => {}
            _ if class::is_filler(c) => self.blank(),
            _ if self.kind == Kind::Name && class::is_blank(c) => self.blank(),
            '\u{2066}'..='\u{2069}' => self.isolate(c),
            class::JOINER => self.joiner(),
            class::BLACK_FLAG => self.flag(),
            _ if class::is_hidden(c) => {}
            _ => self.out.push(c),
        }
    }

    fn newline(&mut self) {
        if self.kind != Kind::Text {
            return self.blank();
        }
        self.close_isolates();
        self.out.push('\n');
    }

    /// A space; in a name only one between words and none at the start.
    fn blank(&mut self) {
        if self.kind != Kind::Name || !matches!(self.out.last(), None | Some(' ')) {
            self.out.push(' ');
        }
    }

    /// Isolates may reorder what is inside them, so each has to end on the line on which it began.
    fn isolate(&mut self, c: char) {
        if self.kind == Kind::Name {
            return;
        }
        if c == class::ISOLATE_END {
            if self.isolates > 0 {
                self.isolates -= 1;
                self.out.push(c);
            }
        } else if self.isolates < MAX_ISOLATES {
            self.isolates += 1;
            self.out.push(c);
        }
    }

    fn close_isolates(&mut self) {
        for _ in 0..std::mem::take(&mut self.isolates) {
            self.out.push(class::ISOLATE_END);
        }
    }

    /// A zero-width joiner stays only where it joins two pictures into one.
    fn joiner(&mut self) {
        if self.kind == Kind::Name {
            return;
        }
        if let Some(next) = self.peek()
            && class::is_picture(next)
        {
            self.out.push_joiner(next);
        }
    }

    /// A black flag, with the tag characters that make it the flag of a region, if they are well formed.
    fn flag(&mut self) {
        self.out.push(class::BLACK_FLAG);
        let tags = class::region_tags(self.rest);
        if tags > 0 && self.kind != Kind::Name && self.out.push_tags(&self.rest[..tags]) {
            self.rest = &self.rest[tags..];
        }
    }
}
