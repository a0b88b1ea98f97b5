//! Password work, which takes too long for the hub.

use std::{fmt, sync::Arc};

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A password as somebody gave it. Never shown, wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `given` is the same; the time it takes tells nothing but the length. Nothing is the same as none.
    #[must_use]
    pub fn is(&self, given: &str) -> bool {
        !self.is_empty() && bool::from(self.0.as_bytes().ct_eq(given.as_bytes()))
    }

    /// The text, for where it has to be worked on.
    #[must_use]
    pub fn reveal(&self) -> &Zeroizing<String> {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret(Zeroizing::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "none" } else { "secret" })
    }
}

/// Password work. It takes long on purpose, so it is done elsewhere.
pub enum AuthJob {
    /// Make a hash.
    Hash {
        /// Of this.
        password: Zeroizing<String>,
    },
    /// Compare. Without a hash (no such account) it takes as long and fails.
    Verify {
        /// The stored hash.
        hash: Option<Arc<str>>,
        /// What was given.
        password: Zeroizing<String>,
    },
}

impl fmt::Debug for AuthJob {
    /// Without the password: no secret in any log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AuthJob::Hash { .. } => "Hash",
            AuthJob::Verify { .. } => "Verify",
        })
    }
}

/// How password work went.
pub enum AuthOutcome {
    /// The hash, in PHC form.
    Hashed(Arc<str>),
    /// Whether the password was right.
    Verified(bool),
    /// Too much is waiting already; try again later.
    Busy,
}

impl fmt::Debug for AuthOutcome {
    /// Without the hash: no secret in any log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AuthOutcome::Hashed(_) => f.write_str("Hashed"),
            AuthOutcome::Verified(ok) => write!(f, "Verified({ok})"),
            AuthOutcome::Busy => f.write_str("Busy"),
        }
    }
}
