//! One line of the protocol, taken apart without copying.
//!
//! Follows the grammar of modern.ircdocs.horse "Message Format" and of RFC 2812 section 2.3.1: at most 15 parameters,
//! the last of which takes the rest of the line.

use std::fmt;

use crate::{Source, Tags};

/// The most parameters one message can have (RFC 2812 section 2.3.1). The fifteenth takes the rest of the line.
pub const MAX_PARAMS: usize = 15;

/// A parsed line. All parts are slices of the line it was parsed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// The tags before the message (ircv3.net "Message Tags"); empty where there were none.
    pub tags: Tags<'a>,
    /// Who it comes from. Servers ignore what a client puts here.
    pub source: Option<Source<'a>>,
    /// The command word or three-digit numeric, as it was written. Compare without regard to case.
    pub command: &'a str,
    params: [&'a str; MAX_PARAMS],
    count: usize,
}

/// Why a line is not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing but white space, tags or a source. Servers silently ignore such lines.
    #[error("the line has no command")]
    NoCommand,
    /// The command word holds something other than letters and digits.
    #[error("the command word holds something other than letters and digits")]
    BadCommand,
}

impl<'a> Message<'a> {
    /// Parses one line, given without its CR LF.
    ///
    /// # Errors
    /// [`ParseError`] when there is no command, or when it is not made of ASCII letters and digits.
    pub fn parse(line: &'a str) -> Result<Self, ParseError> {
        let mut rest = line.trim_start_matches(' ');
        let mut tags = Tags::default();
        if let Some(after) = rest.strip_prefix('@') {
            let (raw, tail) = split_word(after);
            tags = Tags::from_raw(raw);
            rest = tail;
        }
        let mut source = None;
        if let Some(after) = rest.strip_prefix(':') {
            let (raw, tail) = split_word(after);
            source = Some(Source::parse(raw));
            rest = tail;
        }
        let (command, mut rest) = split_word(rest);
        if command.is_empty() {
            return Err(ParseError::NoCommand);
        }
        if !command.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(ParseError::BadCommand);
        }
        let mut message = Message { tags, source, command, params: [""; MAX_PARAMS], count: 0 };
        while !rest.is_empty() {
            if let Some(trailing) = rest.strip_prefix(':') {
                message.push(trailing);
                break;
            }
            if message.count == MAX_PARAMS - 1 {
                message.push(rest);
                break;
            }
            let (param, tail) = split_word(rest);
            message.push(param);
            rest = tail;
        }
        Ok(message)
    }

    fn push(&mut self, param: &'a str) {
        self.params[self.count] = param;
        self.count += 1;
    }

    /// All parameters, the trailing one last.
    #[must_use]
    pub fn params(&self) -> &[&'a str] {
        &self.params[..self.count]
    }

    /// Parameter number `index`, counted from zero.
    #[must_use]
    pub fn param(&self, index: usize) -> Option<&'a str> {
        self.params().get(index).copied()
    }

    /// Parameter number `index`, where an empty one counts as missing, as most commands take it.
    #[must_use]
    pub fn given(&self, index: usize) -> Option<&'a str> {
        self.param(index).filter(|p| !p.is_empty())
    }

    /// The last parameter, which carries the text of most messages.
    #[must_use]
    pub fn last(&self) -> Option<&'a str> {
        self.params().last().copied()
    }

    /// Whether the command is `word`, without regard to ASCII case.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.command.eq_ignore_ascii_case(word)
    }
}

impl fmt::Display for Message<'_> {
    /// The line again, without CR LF. Parsing it gives an equal message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.tags.raw().is_empty() {
            write!(f, "@{} ", self.tags.raw())?;
        }
        if let Some(source) = &self.source {
            write!(f, ":{source} ")?;
        }
        f.write_str(self.command)?;
        let Some((last, middle)) = self.params().split_last() else {
            return Ok(());
        };
        for param in middle {
            write!(f, " {param}")?;
        }
        write!(f, " :{last}")
    }
}

/// Splits at the first run of spaces.
fn split_word(text: &str) -> (&str, &str) {
    match text.split_once(' ') {
        Some((word, rest)) => (word, rest.trim_start_matches(' ')),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_full_line_apart() {
        let m = Message::parse("@id=1;+x=a\\sb :amy!a@h PRIVMSG #lobby :hello  there").unwrap();
        assert_eq!(m.tags.get("id").as_deref(), Some("1"));
        assert_eq!(m.tags.get("+x").as_deref(), Some("a b"));
        assert_eq!(m.source.as_ref().map(|s| s.name), Some("amy"));
        assert!(m.is("privmsg"));
        assert_eq!(m.params(), ["#lobby", "hello  there"]);
        assert_eq!(m.to_string(), "@id=1;+x=a\\sb :amy!a@h PRIVMSG #lobby :hello  there");
    }

    #[test]
    fn the_fifteenth_parameter_takes_the_rest() {
        let m = Message::parse("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17").unwrap();
        assert_eq!(m.params().len(), MAX_PARAMS);
        assert_eq!(m.last(), Some("15 16 17"));
    }

    #[test]
    fn refuses_what_is_no_message() {
        assert_eq!(Message::parse(""), Err(ParseError::NoCommand));
        assert_eq!(Message::parse("@a=b"), Err(ParseError::NoCommand));
        assert_eq!(Message::parse(":amy  "), Err(ParseError::NoCommand));
        assert_eq!(Message::parse("h\u{e9}llo x"), Err(ParseError::BadCommand));
    }
}
