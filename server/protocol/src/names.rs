//! Names that have been checked: a value of one of these types is a name that may be used.

use std::{fmt, sync::Arc};

use crate::{CaseMapping, Folded, casemap::is_username, sanitize::clean_name};

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

            /// Checks `text` as a name under the mapping `ascii`.
            ///
            /// # Errors
            /// [`NameError`] says what is wrong with it.
            pub fn new(text: &str) -> Result<Self, NameError> {
                Self::under(CaseMapping::Ascii, text)
            }

            /// Checks `text`. Under `precis` every name of the other mappings is one as well.
            ///
            /// # Errors
            /// [`NameError`] says what is wrong with it.
            pub fn under(mapping: CaseMapping, text: &str) -> Result<Self, NameError> {
                if text.is_empty() {
                    return Err(NameError::Empty);
                }
                if text.len() > Self::MAX {
                    return Err(NameError::TooLong(Self::MAX));
                }
                $check(mapping, text)?;
                Ok($name { text: text.into(), folded: mapping.fold(text) })
            }

            /// The same name, compared under another mapping.
            #[must_use]
            pub fn refold(&self, mapping: CaseMapping) -> Self {
                $name { text: self.text.clone(), folded: mapping.fold(&self.text) }
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
    /// A nick: ASCII letters, digits and `` []\`_^{|}- ``, not beginning with a digit or `-` (RFC 2812 section 2.3.1);
    /// under `precis` also what RFC 8265 section 3 lets names have of the rest of Unicode.
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

fn check_nick(mapping: CaseMapping, text: &str) -> Result<(), NameError> {
    for (index, c) in text.char_indices() {
        match c {
            c if !c.is_ascii() && mapping == CaseMapping::Precis => {}
            'a'..='z' | 'A'..='Z' | '[' | ']' | '\\' | '`' | '_' | '^' | '{' | '|' | '}' => {}
            '0'..='9' | '-' if index > 0 => {}
            '0'..='9' | '-' => return Err(NameError::BadStart),
            other => return Err(NameError::BadCharacter(other)),
        }
    }
    if text.is_ascii() {
        return Ok(());
    }
    let alone = |c: &char| !is_username(c.encode_utf8(&mut [0; 4]));
    match first_cleaned(text).or_else(|| text.chars().find(alone)) {
        Some(bad) => Err(NameError::BadCharacter(bad)),
        // Each character may be used, but not in this order: directions are mixed, or a mark stands in front.
        None if !is_username(text) => Err(NameError::BadStart),
        None => Ok(()),
    }
}

fn check_room(_: CaseMapping, text: &str) -> Result<(), NameError> {
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
    fn unicode_names() {
        let precis = |text| Nick::under(CaseMapping::Precis, text);
        assert_eq!(precis("Işıl").unwrap(), precis("işıl").unwrap());
        assert!(precis("漢字").is_ok() && precis("Amy[1]").is_ok());
        assert_eq!(Nick::new("Işıl").unwrap_err(), NameError::BadCharacter('ş'));
        for (text, bad) in
            [("a☃", '☃'), ("a b", ' '), ("ab!", '!'), ("a\u{200b}", '\u{200b}'), ("a\u{202e}", '\u{202e}')]
        {
            assert_eq!(precis(text).unwrap_err(), NameError::BadCharacter(bad));
        }
        assert_eq!(precis("1ä").unwrap_err(), NameError::BadStart);
        assert!(precis("אaב").is_err(), "mixed directions");
        let room = RoomName::new("#Größe[").unwrap();
        assert_eq!(room.refold(CaseMapping::Precis).folded().as_str(), "#größe[");
        assert_eq!(room.refold(CaseMapping::Rfc1459).folded().as_str(), "#größe{");
    }

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
