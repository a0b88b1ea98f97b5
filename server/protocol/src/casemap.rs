//! Which names are the same (modern.ircdocs.horse "CASEMAPPING parameter"). Klatch's own server uses `ascii`.

use std::fmt;

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
    /// `A` to `Z` are `a` to `z`.
    Ascii,
    /// As ASCII, and `[]\~` are `{}|^`.
    #[default]
    Rfc1459,
    /// As ASCII, and `[]\` are `{}|`.
    Rfc1459Strict,
}

impl CaseMapping {
    /// The mapping that ISUPPORT calls `name`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "ascii" => Some(CaseMapping::Ascii),
            "rfc1459" => Some(CaseMapping::Rfc1459),
            "rfc1459-strict" | "strict-rfc1459" => Some(CaseMapping::Rfc1459Strict),
            _ => None,
        }
    }

    /// The folded form of `name` under this mapping.
    #[must_use]
    pub fn fold(self, name: &str) -> Folded {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_differ_in_the_brackets() {
        assert_eq!(CaseMapping::Ascii.fold("Amy[~]").as_str(), "amy[~]");
        assert_eq!(CaseMapping::Rfc1459.fold("Amy[~]\\").as_str(), "amy{^}|");
        assert_eq!(CaseMapping::Rfc1459Strict.fold("Amy[~]").as_str(), "amy{~}");
        assert_eq!(fold("Amy"), CaseMapping::Ascii.fold("aMY"));
        assert!(same("Amy", "aMY") && !same("a[", "a{"));
    }
}
