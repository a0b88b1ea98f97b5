//! What goes into the form and what comes out of it.

use std::fmt;

use zeroize::Zeroizing;

/// A part of the form that can have the focus and an error below it, in the order of Tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The server's name or address.
    Server,
    /// Its port.
    Port,
    /// Whether to log in or to sign up.
    Mode,
    /// The name that others see (sign-up).
    Display,
    /// The user name.
    User,
    /// The password.
    Password,
    /// The password again (sign-up).
    Again,
    /// The owner's or an invitation's code (sign-up, may be empty).
    Code,
    /// The button; errors that belong to no other field stand below it.
    Connect,
}

/// Whether an account exists already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    #[default]
    LogIn,
    /// It is to be made.
    SignUp,
}

/// What the fields hold at first.
#[derive(Clone, Default)]
pub struct Defaults {
    /// The server's name or address.
    pub host: String,
    /// Its port; 23791 if there is none.
    pub port: Option<u16>,
    /// The user name.
    pub user: String,
    /// The name that others see.
    pub display: String,
    /// The owner's or an invitation's code.
    pub code: Zeroizing<String>,
    /// Log-in or sign-up.
    pub mode: Mode,
    /// Whether there will be no encryption, which is then said below the server.
    pub plain_text: bool,
}

/// A form in which every field is valid. Its `Debug` form leaves out what is secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Filled {
    /// The server's name or address, an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user name, which is a valid nick.
    pub user: String,
    /// The password.
    pub password: Zeroizing<String>,
    /// What a sign-up needs besides; `None` for a log-in.
    pub sign_up: Option<SignUp>,
}

/// What a sign-up needs besides. Its `Debug` form leaves out what is secret.
#[derive(Clone, PartialEq, Eq)]
pub struct SignUp {
    /// The name that others see; the user name if none was typed.
    pub display: String,
    /// The owner's or an invitation's code, if one was typed.
    pub code: Option<Zeroizing<String>>,
}

impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Filled { host, port, user, sign_up, .. } = self;
        f.debug_struct("Filled")
            .field("host", host)
            .field("port", port)
            .field("user", user)
            .field("sign_up", sign_up)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SignUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignUp").field("display", &self.display).finish_non_exhaustive()
    }
}

/// What Enter or a click on the form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormAction {
    /// Nothing beyond the form.
    None,
    /// Connect with what was typed.
    Submit(Filled),
    /// Leave the program: `exit()` was typed.
    Quit,
}
