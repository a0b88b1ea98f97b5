//! What somebody fills into the connect form: who they are and how they want in.

use zeroize::Zeroizing;

/// Who wants in, and how.
#[derive(Clone)]
pub struct Intent {
    /// The user name, which becomes the nick.
    pub user: String,
    /// How.
    pub way: Way,
    /// The owner's or an invitation's code, or a server's password; sent as PASS before anything else.
    pub code: Option<Zeroizing<String>>,
    /// Rooms to go into once in, besides those the server puts us into.
    pub rooms: Vec<String>,
}

/// How somebody gets in.
#[derive(Clone)]
pub enum Way {
    /// With an account that is there already (SASL PLAIN).
    LogIn {
        /// The password.
        password: Zeroizing<String>,
        /// Whether to take the place of another device of the account instead of being refused.
        take_over: bool,
    },
    /// With a new account (ircv3.net "draft/account-registration").
    SignUp {
        /// The display name.
        display: String,
        /// The password.
        password: Zeroizing<String>,
    },
    /// With nothing but a nick, where the server allows it.
    Guest,
}

impl Intent {
    /// The display name to introduce ourselves with.
    #[must_use]
    pub fn display(&self) -> &str {
        match &self.way {
            Way::SignUp { display, .. } if !display.trim().is_empty() => display,
            _ => &self.user,
        }
    }

    pub(super) fn password(&self) -> Option<&str> {
        match &self.way {
            Way::LogIn { password, .. } | Way::SignUp { password, .. } => Some(password),
            Way::Guest => None,
        }
    }

    /// We are in. To come back means to log in, and to take nobody's place: who took ours meant it.
    pub(super) fn arrived(&mut self) {
        if let Way::LogIn { password, .. } | Way::SignUp { password, .. } = &self.way {
            self.way = Way::LogIn { password: password.clone(), take_over: false };
        }
    }
}

impl std::fmt::Debug for Intent {
    /// Without password and code: no secret in any log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let way = match self.way {
            Way::LogIn { take_over, .. } => format!("LogIn {{ take_over: {take_over} }}"),
            Way::SignUp { .. } => "SignUp".to_owned(),
            Way::Guest => "Guest".to_owned(),
        };
        f.debug_struct("Intent").field("user", &self.user).field("way", &way).finish_non_exhaustive()
    }
}
