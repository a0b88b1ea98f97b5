//! Names that have been checked: a value of one of these types is a name that may be used.

use std::{fmt, sync::Arc};

use crate::{Folded, fold, sanitize::clean_name};

/// Why a name cannot be used. Displays as the end of a sentence that begins with the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing.
    #[error("is empty")]
    Empty,
    /// More bytes than allowed.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// Its first character cannot stand there.
    #[error("begins with a character that cannot stand there")]
    BadStart,
    /// A character that no such name may have.
    #[error("holds {0:?}, which is not allowed")]
    BadCharacter(char),
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:ident, $max:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            text: Arc<str>,
            folded: Folded,
        }

        impl $name {
            /// The most bytes such a name may have.
            pub const MAX: usize = $max;

            /// Checks `text`.
            ///
            /// # Errors
            /// [`NameError`] says what is wrong with it.
            pub fn new(text: &str) -> Result<Self, NameError> {
                if text.is_empty() {
                    return Err(NameError::Empty);
                }
                if text.len() > Self::MAX {
                    return Err(NameError::TooLong(Self::MAX));
                }
                $check(text)?;
                Ok($name { text: text.into(), folded: fold(text) })
            }

            /// The name as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.text
            }

            /// The form under which it is compared.
            #[must_use]
            pub fn folded(&self) -> &Folded {
                &self.folded
            }
        }

        impl PartialEq for $name {
            /// Two names are equal when their folded forms are.
            fn eq(&self, other: &Self) -> bool {
                self.folded == other.folded
            }
        }

        impl Eq for $name {}

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.folded.hash(state);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.text
            }
        }
    };
}

name!(
    /// A nick: ASCII letters, digits and `` []\`_^{|}- ``, not beginning with a digit or `-` (RFC 2812 section 2.3.1).
    Nick,
    check_nick,
    32
);
name!(
    /// The name of an account. It is the owner's nick as well, so the same rules apply.
    AccountName,
    check_nick,
    32
);
name!(
    /// The name of a room: `#`, then anything but blanks, comma, control characters (RFC 2812 section 1.3) and what
    /// [`crate::sanitize::clean_name`] would take out, at most 64 bytes.
    RoomName,
    check_room,
    64
);

impl From<&AccountName> for Nick {
    fn from(account: &AccountName) -> Self {
        Nick { text: account.text.clone(), folded: account.folded.clone() }
    }
}

impl From<&Nick> for AccountName {
    fn from(nick: &Nick) -> Self {
        AccountName { text: nick.text.clone(), folded: nick.folded.clone() }
    }
}

impl RoomName {
    /// Whether `target` is meant as a room's name rather than a nick.
    #[must_use]
    pub fn looks_like(target: &str) -> bool {
        target.starts_with('#')
    }
}

fn check_nick(text: &str) -> Result<(), NameError> {
    for (index, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' | '[' | ']' | '\\' | '`' | '_' | '^' | '{' | '|' | '}' => {}
            '0'..='9' | '-' if index > 0 => {}
            '0'..='9' | '-' => return Err(NameError::BadStart),
            other => return Err(NameError::BadCharacter(other)),
        }
    }
    Ok(())
}

fn check_room(text: &str) -> Result<(), NameError> {
    let Some(rest) = text.strip_prefix('#') else {
        return Err(NameError::BadStart);
    };
    if rest.is_empty() {
        return Err(NameError::Empty);
    }
    let bad = |c: &char| *c == ',' || c.is_control() || c.is_whitespace();
    match rest.chars().find(bad).or_else(|| first_cleaned(text)) {
        Some(bad) => Err(NameError::BadCharacter(bad)),
        None => Ok(()),
    }
}

/// The first character that cleaning would take out or replace.
fn first_cleaned(text: &str) -> Option<char> {
    let clean = clean_name(text);
    let mut kept = clean.chars();
    text.chars().find(|c| kept.next() != Some(*c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_be_used() {
        assert_eq!(Nick::new("Amy-1").unwrap(), Nick::new("aMY-1").unwrap());
        assert_eq!(Nick::new("1amy").unwrap_err(), NameError::BadStart);
        assert_eq!(Nick::new("a:b").unwrap_err(), NameError::BadCharacter(':'));
        assert_eq!(Nick::new(&"a".repeat(33)).unwrap_err(), NameError::TooLong(32));
        assert!(RoomName::new("#lobby").is_ok());
        assert_eq!(RoomName::new("lobby").unwrap_err(), NameError::BadStart);
        assert_eq!(RoomName::new("#").unwrap_err(), NameError::Empty);
        assert_eq!(RoomName::new("#a\u{7}").unwrap_err(), NameError::BadCharacter('\u{7}'));
        assert_eq!(RoomName::new("#a\u{202e}b").unwrap_err(), NameError::BadCharacter('\u{202e}'));
        assert_eq!(RoomName::new("#a\u{200b}").unwrap_err(), NameError::BadCharacter('\u{200b}'));
        assert!(RoomName::new("#größe-漢字").is_ok());
    }
}
