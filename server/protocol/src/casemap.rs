//! Which names are the same (modern.ircdocs.horse "CASEMAPPING parameter"), and which look the same.

use std::fmt;

use precis_profiles::{UsernameCaseMapped, precis_core::profile::Profile};

/// A name brought to the one form under which it is compared and stored. Displays as that form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Folded(Box<str>);

impl Folded {
    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Folded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for Folded {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// How a network folds names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CaseMapping {
    /// `A` to `Z` are `a` to `z`. What counts where nothing is known: it takes the fewest names for the same.
    #[default]
    Ascii,
    /// As ASCII, and `[]\~` are `{}|^`.
    Rfc1459,
    /// As ASCII, and `[]\` are `{}|`.
    Rfc1459Strict,
    /// All of Unicode, by the profile UsernameCaseMapped (RFC 8265 section 3.3).
    Precis,
}

impl CaseMapping {
    /// The mapping that ISUPPORT calls `name`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "ascii" => Some(CaseMapping::Ascii),
            "rfc1459" => Some(CaseMapping::Rfc1459),
            "rfc1459-strict" | "strict-rfc1459" => Some(CaseMapping::Rfc1459Strict),
            "precis" => Some(CaseMapping::Precis),
            _ => None,
        }
    }

    /// What ISUPPORT calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            CaseMapping::Ascii => "ascii",
            CaseMapping::Rfc1459 => "rfc1459",
            CaseMapping::Rfc1459Strict => "rfc1459-strict",
            CaseMapping::Precis => "precis",
        }
    }

    /// Whether two names are the same under this mapping.
    #[must_use]
    pub fn same(self, a: &str, b: &str) -> bool {
        a == b || self.fold(a) == self.fold(b)
    }

    /// The folded form of `name` under this mapping. Texts that are no names, such as masks, have one as well.
    #[must_use]
    pub fn fold(self, name: &str) -> Folded {
        if self == CaseMapping::Precis && !name.is_ascii() {
            let known = UsernameCaseMapped::new().enforce(name);
            return Folded(known.map_or_else(|_| name.to_lowercase(), Into::into).into());
        }
        let one = |c: char| match (self, c) {
            (CaseMapping::Rfc1459 | CaseMapping::Rfc1459Strict, '[') => '{',
            (CaseMapping::Rfc1459 | CaseMapping::Rfc1459Strict, ']') => '}',
            (CaseMapping::Rfc1459 | CaseMapping::Rfc1459Strict, '\\') => '|',
            (CaseMapping::Rfc1459, '~') => '^',
            (_, c) => c.to_ascii_lowercase(),
        };
        Folded(name.chars().map(one).collect())
    }
}

/// The folded form of `name` under [`CaseMapping::Ascii`].
#[must_use]
pub fn fold(name: &str) -> Folded {
    Folded(name.to_ascii_lowercase().into_boxed_str())
}

/// Whether two names are the same.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// What `name` looks like: two names with the same skeleton are hard to tell apart (UTS 39 section 4).
#[must_use]
pub fn skeleton(name: &str) -> String {
    unicode_security::skeleton(name).collect::<String>().to_lowercase()
}

/// Whether a name has only characters that names of people may have, wherever they stand (RFC 8265 section 3).
pub(crate) fn is_username(name: &str) -> bool {
    UsernameCaseMapped::new().enforce(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unicode_is_folded_under_precis_only() {
        assert_eq!(CaseMapping::Precis.fold("ÄMY").as_str(), "ämy");
        assert_eq!(CaseMapping::Precis.fold("#Ä☃ b").as_str(), "#ä☃ b", "no name, but folded");
        assert_eq!(CaseMapping::Precis.fold("Amy[").as_str(), "amy[");
        assert!(CaseMapping::Precis.same("Işıl", "işıl") && !CaseMapping::Ascii.same("Ämy", "ämy"));
    }

    #[test]
    fn letters_of_other_scripts_look_the_same() {
        assert_eq!(skeleton("еvan"), skeleton("Evan"));
        assert_eq!(skeleton("#lоbby"), skeleton("#lobby"));
        assert_ne!(skeleton("amy"), skeleton("bob"));
    }

    #[test]
    fn mappings_differ_in_the_brackets() {
        assert_eq!(CaseMapping::Ascii.fold("Amy[~]").as_str(), "amy[~]");
        assert_eq!(CaseMapping::Rfc1459.fold("Amy[~]\\").as_str(), "amy{^}|");
        assert_eq!(CaseMapping::Rfc1459Strict.fold("Amy[~]").as_str(), "amy{~}");
        assert_eq!(fold("Amy"), CaseMapping::Ascii.fold("aMY"));
        assert!(same("Amy", "aMY") && !same("a[", "a{"));
    }
}
