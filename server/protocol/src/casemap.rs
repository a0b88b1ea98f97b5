//! Which names are the same: ISUPPORT `CASEMAPPING=ascii` (modern.ircdocs.horse "CASEMAPPING parameter").

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

/// The folded form of `name`.
#[must_use]
pub fn fold(name: &str) -> Folded {
    Folded(name.to_ascii_lowercase().into_boxed_str())
}

/// Whether two names are the same.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}
