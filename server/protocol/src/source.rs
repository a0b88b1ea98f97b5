//! Who a message comes from: `nick!user@host`, or the name of a server (modern.ircdocs.horse "Source").

use std::fmt;

/// The source of a message, as slices of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// A nick, or a server's name.
    pub name: &'a str,
    /// What stands between `!` and `@`.
    pub user: Option<&'a str>,
    /// What stands behind `@`.
    pub host: Option<&'a str>,
}

impl<'a> Source<'a> {
    /// Takes `name[!user][@host]` apart. Every text is a source.
    #[must_use]
    pub fn parse(raw: &'a str) -> Self {
        let (rest, host) = match raw.split_once('@') {
            Some((rest, host)) => (rest, Some(host)),
            None => (raw, None),
        };
        let (name, user) = match rest.split_once('!') {
            Some((name, user)) => (name, Some(user)),
            None => (rest, None),
        };
        Source { name, user, host }
    }
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if let Some(user) = self.user {
            write!(f, "!{user}")?;
        }
        if let Some(host) = self.host {
            write!(f, "@{host}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let s = Source::parse("amy!a@h");
        assert_eq!((s.name, s.user, s.host), ("amy", Some("a"), Some("h")));
        for raw in ["amy", "amy!a", "amy@h", "amy!a@h", "irc.example"] {
            assert_eq!(Source::parse(raw).to_string(), raw);
        }
    }
}
