//! Password work, which takes too long for the hub.

use std::{fmt, net::IpAddr, sync::Arc};

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::Ticket;

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

/// What is kept of a password, in one text: the Argon2id hash in PHC form, and after a space the keys of SCRAM-SHA-256 in
/// that of RFC 5803. Accounts from before SCRAM have the hash only, until their next log-in.
#[derive(Debug, Clone, Copy)]
pub struct Credentials<'a> {
    /// The hash.
    pub hash: &'a str,
    /// The keys, if there are any.
    pub keys: Option<&'a str>,
}

impl<'a> Credentials<'a> {
    /// The parts of `text`.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        match text.split_once(' ') {
            Some((hash, keys)) => Credentials { hash, keys: Some(keys) },
            None => Credentials { hash: text, keys: None },
        }
    }
}

/// How soon password work should be done. The first goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Urgency {
    /// A log-in from where the account logged in before.
    Known,
    /// A log-in from elsewhere.
    Stranger,
    /// A new account.
    SignUp,
}

/// Password work, and who waits for it.
#[derive(Debug)]
pub struct AuthRequest {
    /// Ties the [`Input::Auth`](super::Input::Auth) to this.
    pub ticket: Ticket,
    /// How soon it should be done.
    pub urgency: Urgency,
    /// The address that waits, which gets its turn and no more than its share of the queue; `None` where addresses are not
    /// counted.
    pub from: Option<IpAddr>,
    /// What to do.
    pub job: AuthJob,
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
    /// What to keep of it: see [`Credentials`].
    Hashed(Arc<str>),
    /// The password was right, and this is better to keep than what was kept so far.
    Renewed(Arc<str>),
    /// Whether the password was right.
    Verified(bool),
    /// Too much is waiting already; try again later.
    Busy,
}

impl fmt::Debug for AuthOutcome {
    /// Without what is kept: no secret in any log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AuthOutcome::Hashed(_) => f.write_str("Hashed"),
            AuthOutcome::Renewed(_) => f.write_str("Renewed"),
            AuthOutcome::Verified(ok) => write!(f, "Verified({ok})"),
            AuthOutcome::Busy => f.write_str("Busy"),
        }
    }
}
