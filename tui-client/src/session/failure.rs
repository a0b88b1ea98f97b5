//! Why somebody does not get in, as a sentence beside the field of the form that it belongs to.

use std::fmt;

/// A field of the connect form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The server's name or address.
    Host,
    /// The port.
    Port,
    /// The display name.
    Display,
    /// The user name.
    User,
    /// The password.
    Password,
    /// The owner's or an invitation's code.
    Code,
    /// No field: the form as a whole.
    Form,
}

/// Why signing in failed. Displays as a sentence that says what happened and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// User name and password do not belong together; which of them is wrong is not told.
    WrongDetails,
    /// Another device is logged in and alive. Logging in with `take_over` takes its place.
    InUse,
    /// Somebody has that user name.
    NameTaken {
        /// The user name.
        user: String,
    },
    /// That cannot be a user name here.
    BadName {
        /// The server's words.
        says: String,
    },
    /// The password is too weak.
    WeakPassword {
        /// The server's words.
        says: String,
    },
    /// A code is needed to sign up, or the code is wrong.
    InviteRequired,
    /// Nobody can sign up here.
    Closed,
    /// The server does not know how to make accounts.
    NoSignUp,
    /// We are not welcome.
    Banned {
        /// The server's words.
        says: String,
    },
    /// The server did not answer in time.
    Silent,
    /// Something else; the server's words.
    Says(String),
}

impl Failure {
    /// The field it belongs to.
    #[must_use]
    pub fn field(&self) -> Field {
        match self {
            Failure::WrongDetails | Failure::WeakPassword { .. } => Field::Password,
            Failure::InUse | Failure::NameTaken { .. } | Failure::BadName { .. } => Field::User,
            Failure::InviteRequired => Field::Code,
            Failure::Silent => Field::Host,
            Failure::Closed | Failure::NoSignUp | Failure::Banned { .. } | Failure::Says(_) => Field::Form,
        }
    }

    /// Whether trying the same again later can go better.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Failure::Silent | Failure::Says(_))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::WrongDetails => f.write_str("user name or password is wrong"),
            Failure::InUse => f.write_str("the account is in use on another device; leave there, or take over"),
            Failure::NameTaken { user } => write!(f, "{user} is taken; log in, or pick another name"),
            Failure::BadName { says } => write!(f, "that name cannot be used: {says}"),
            Failure::WeakPassword { says } => write!(f, "that password is too weak: {says}"),
            Failure::InviteRequired => f.write_str("this server wants an invitation code; ask its operator for one"),
            Failure::Closed => f.write_str("this server takes no new accounts; ask its operator"),
            Failure::NoSignUp => f.write_str("this server cannot make accounts; log in, or sign up on its web site"),
            Failure::Banned { says } => write!(f, "the server does not let you in: {says}"),
            Failure::Silent => f.write_str("the server did not answer in time; is this a chat server?"),
            Failure::Says(says) => write!(f, "the server says: {says}"),
        }
    }
}
