//! Password work, which takes too long for the hub.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

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
