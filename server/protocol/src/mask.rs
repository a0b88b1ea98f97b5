//! Masks of `*` and `?`, and whom a room's lists of masks mean (RFC 2812 section 2.5; modern.ircdocs.horse "Masks").
//!
//! Masks and texts are compared as they are given; who wants them without regard to case folds both.

/// Whether `text` fits a mask of `*` and `?`. Takes time proportional to the product of the lengths at worst, both of
/// which a line bounds.
#[must_use]
pub fn fits(mask: &str, text: &str) -> bool {
    let (mask, text): (Vec<char>, Vec<char>) = (mask.chars().collect(), text.chars().collect());
    let (mut m, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match mask.get(m) {
            Some('*') => {
                retry = Some((m, t));
                m += 1;
            }
            Some(c) if *c == '?' || text.get(t) == Some(c) => {
                m += 1;
                t += 1;
            }
            _ => match &mut retry {
                Some((star, from)) => {
                    *from += 1;
                    (m, t) = (*star + 1, *from);
                }
                None => return false,
            },
        }
    }
    mask.iter().skip(m).all(|c| *c == '*')
}

/// What an entry of a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// It takes the voice and nothing else (`m:`).
    pub mute: bool,
    /// Who is meant.
    pub whom: Whom<'a>,
}

/// Whom a mask means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom<'a> {
    /// Everybody whose `nick!user@host` fits.
    Source(&'a str),
    /// Everybody who is logged in to an account that fits (`a:`, ircv3.net "account-extban").
    Account(&'a str),
}

impl<'a> Entry<'a> {
    /// Takes an entry apart: `m:` and `a:` in front, in this order, each at most once.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let (mute, rest) = text.strip_prefix("m:").map_or((false, text), |rest| (true, rest));
        let whom = rest.strip_prefix("a:").map_or(Whom::Source(rest), Whom::Account);
        Entry { mute, whom }
    }
}

/// The entry that a person meant: `amy` is `amy!*@*`, `amy!x` is `amy!x@*`, `x@host` is `*!x@host`. What stands behind an
/// account prefix is left as it is; nothing comes of nothing.
#[must_use]
pub fn complete(text: &str) -> Option<String> {
    let Entry { mute, whom } = Entry::parse(text);
    let whom = match whom {
        Whom::Account("") | Whom::Source("") => return None,
        Whom::Account(name) => format!("a:{name}"),
        Whom::Source(mask) => match (mask.contains('!'), mask.contains('@')) {
            (true, true) => mask.to_owned(),
            (true, false) => format!("{mask}@*"),
            (false, true) => format!("*!{mask}"),
            (false, false) => format!("{mask}!*@*"),
        },
    };
    Some(if mute { format!("m:{whom}") } else { whom })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks() {
        for (mask, text) in [("*", ""), ("a*c", "abbc"), ("a?c", "aéc"), ("*an1", "#chan1"), ("a**b*", "ab"), ("", "")]
        {
            assert!(fits(mask, text), "{mask} {text}");
        }
        for (mask, text) in [("a", "ab"), ("a*c", "abcd"), ("?", ""), ("", "a"), ("*x*y", "yx"), ("A", "a")] {
            assert!(!fits(mask, text), "{mask} {text}");
        }
    }

    #[test]
    fn entries_are_completed_and_read() {
        for (given, whole) in [
            ("amy", "amy!*@*"),
            ("amy!x", "amy!x@*"),
            ("x@h", "*!x@h"),
            ("*!*@h", "*!*@h"),
            ("m:amy", "m:amy!*@*"),
            ("a:amy", "a:amy"),
            ("m:a:amy", "m:a:amy"),
        ] {
            assert_eq!(complete(given).as_deref(), Some(whole));
        }
        assert_eq!((complete(""), complete("m:"), complete("m:a:")), (None, None, None));
        assert_eq!(Entry::parse("m:a:amy"), Entry { mute: true, whom: Whom::Account("amy") });
    }
}
