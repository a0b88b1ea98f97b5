//! Building a line, so that no text in it can break out of its place.
//!
//! NUL, CR and LF never pass ("A relayed carriage return let users forge protocol lines" happened elsewhere), and a
//! parameter that cannot stand in the middle becomes the trailing one, or one word when another follows.

use std::fmt::{Display, Write as _};

use crate::tags::escape_into;

/// The most bytes of a line without its tags, CR LF counted (RFC 2812 section 2.3).
pub const MAX_LINE: usize = 512;

/// Builds one line: tags first, then the source, the command and its parameters.
///
/// ```
/// use klatch_protocol::LineBuilder;
/// let line = LineBuilder::new().tag("id", "a b").source("amy!a@h").command("PRIVMSG").param("#lobby").trailing("hi").end();
/// assert_eq!(line, "@id=a\\sb :amy!a@h PRIVMSG #lobby :hi\r\n");
/// ```
#[derive(Debug, Default, Clone)]
pub struct LineBuilder {
    line: String,
    tagged: bool,
    sourced: bool,
    /// Where what is not tags begins.
    body_at: usize,
    /// Where the trailing parameter begins, with the space before its colon.
    trailing_at: Option<usize>,
}

impl LineBuilder {
    /// An empty line.
    #[must_use]
    pub fn new() -> Self {
        LineBuilder { line: String::with_capacity(128), ..LineBuilder::default() }
    }

    /// Adds a tag; `value` is escaped, and left out with its `=` when empty. Call before `source` and `command`.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        debug_assert!(!self.sourced, "tags stand before the source and the command");
        self.line.push(if self.tagged { ';' } else { '@' });
        self.tagged = true;
        self.push_word(key);
        if !value.is_empty() {
            self.line.push('=');
            escape_into(&mut self.line, value);
        }
        self
    }

    /// Adds tags already in wire form, `key=value` pairs joined by `;`. An empty text adds nothing.
    #[must_use]
    pub fn raw_tags(mut self, raw: &str) -> Self {
        debug_assert!(!self.sourced, "tags stand before the source and the command");
        if raw.is_empty() {
            return self;
        }
        self.line.push(if self.tagged { ';' } else { '@' });
        self.tagged = true;
        self.push_word(raw);
        self
    }

    /// Adds who it comes from.
    #[must_use]
    pub fn source(mut self, source: impl Display) -> Self {
        self.end_tags();
        self.line.push(':');
        let mut word = String::new();
        let _ = write!(word, "{source}");
        self.push_word(&word);
        self.line.push(' ');
        self
    }

    /// Adds the command word or numeric.
    #[must_use]
    pub fn command(mut self, command: impl Display) -> Self {
        self.end_tags();
        let mut word = String::new();
        let _ = write!(word, "{command}");
        self.push_word(&word);
        self
    }

    /// Adds a parameter. One that is empty, begins with `:` or holds a space is written as the trailing one; if another
    /// one follows after all, it is made one word: without its spaces and the colons in front, `*` if nothing is left.
    #[must_use]
    pub fn param(self, param: impl AsRef<str>) -> Self {
        let param = param.as_ref();
        if param.is_empty() || param.starts_with(':') || param.contains(' ') {
            return self.trailing(param);
        }
        let mut line = self.end_trailing();
        line.line.push(' ');
        let border = line.line.len();
        push_clean(&mut line.line, param);
        // Nothing may be left of a parameter of control characters only, or a colon come to stand in front.
        if line.line[border..].is_empty() || line.line[border..].starts_with(':') {
            let rest = line.line.split_off(border);
            line.line.truncate(border - 1);
            return line.trailing(rest);
        }
        line
    }

    /// Adds the trailing parameter, always written with `:`.
    #[must_use]
    pub fn trailing(self, text: impl AsRef<str>) -> Self {
        let mut line = self.end_trailing();
        line.trailing_at = Some(line.line.len());
        line.line.push_str(" :");
        push_clean(&mut line.line, text.as_ref());
        line
    }

    /// The line with its CR LF. What does not fit into [`MAX_LINE`] bytes besides the tags is cut off at a character
    /// border, as servers have always done with what they relay: other programs rely on the limit.
    #[must_use]
    pub fn end(mut self) -> String {
        let most = self.body_at + MAX_LINE - 2;
        self.line.truncate(self.line.floor_char_boundary(most));
        self.line.push_str("\r\n");
        self.line
    }

    /// The line without CR LF, however long it is: for a client, which knows what its server takes.
    #[must_use]
    pub fn end_bare(self) -> String {
        self.line
    }

    /// Turns a trailing parameter that turns out not to be the last one into one word.
    fn end_trailing(mut self) -> Self {
        if let Some(at) = self.trailing_at.take() {
            let text = self.line.split_off(at);
            let word: String = text.chars().filter(|c| *c != ' ').collect();
            let word = word.trim_start_matches(':');
            self.line.push(' ');
            self.line.push_str(if word.is_empty() { "*" } else { word });
        }
        self
    }

    fn end_tags(&mut self) {
        if self.tagged && !self.sourced {
            self.line.push(' ');
        }
        if !self.sourced {
            self.body_at = self.line.len();
        }
        self.sourced = true;
    }

    /// A text that must stay one word: spaces are left out as well.
    fn push_word(&mut self, word: &str) {
        self.line.extend(word.chars().filter(|c| !matches!(c, '\0' | '\r' | '\n' | ' ')));
    }
}

fn push_clean(out: &mut String, text: &str) {
    if text.bytes().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
        out.extend(text.chars().filter(|c| !matches!(c, '\0' | '\r' | '\n')));
    } else {
        out.push_str(text);
    }
}

/// The longest prefix of `text` that has at most `max` bytes and ends on a character border.
#[must_use]
pub fn truncate(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out() {
        let line = LineBuilder::new().source("a b\r\nc").command("NOTICE").param("x").param("one two\r\nQUIT").end();
        assert_eq!(line, ":abc NOTICE x :one twoQUIT\r\n");
        let line = LineBuilder::new().tag("k", "").tag("v", "1;2").command("PING").param(":x").end();
        assert_eq!(line, "@k;v=1\\:2 PING ::x\r\n");
        let line = LineBuilder::new().command("NOTICE").param("\r").param("\n:x").trailing("y").end();
        assert_eq!(line, "NOTICE * x :y\r\n");
        assert_eq!(truncate("aé", 2), "a");
    }

    #[test]
    fn a_line_is_cut_at_512_bytes_without_its_tags() {
        let line =
            LineBuilder::new().tag("k", "v").source("amy").command("PRIVMSG").param("#a").trailing("é".repeat(300));
        let line = line.end();
        assert_eq!(line.len(), "@k=v ".len() + MAX_LINE - 1, "a character of two bytes does not fit into the last one");
        assert!(line.ends_with("é\r\n"));
    }

    #[test]
    fn what_cannot_stand_in_the_middle_becomes_one_word() {
        let line = LineBuilder::new().command("403").param("amy").param("#a b").trailing("No such channel").end_bare();
        assert_eq!(line, "403 amy #ab :No such channel");
        let line = LineBuilder::new().command("461").param("").param("::").param("x").end_bare();
        assert_eq!(line, "461 * * x");
    }
}
