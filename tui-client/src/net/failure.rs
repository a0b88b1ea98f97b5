//! Why there is no link, as a sentence beside the field of the form that it belongs to.

use std::{fmt, io};

use crate::session::Field;

/// Why no link came about. Displays as a sentence that says what happened and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetFailure {
    /// There is no address for the name.
    NotFound {
        /// The name.
        host: String,
    },
    /// Nothing listens there.
    Closed {
        /// The port.
        port: u16,
    },
    /// No answer in time.
    TimedOut {
        /// What was waited for: `the name`, `the server`, `TLS`.
        waiting_for: &'static str,
    },
    /// There is no way to that address.
    Unreachable {
        /// What the system says.
        why: String,
    },
    /// The other end does not speak TLS.
    NotTls {
        /// The port.
        port: u16,
    },
    /// TLS failed otherwise.
    Tls {
        /// What the library says.
        why: String,
    },
}

impl NetFailure {
    /// The field it belongs to.
    #[must_use]
    pub fn field(&self) -> Field {
        match self {
            NetFailure::NotFound { .. } | NetFailure::TimedOut { .. } | NetFailure::Unreachable { .. } => Field::Host,
            NetFailure::Closed { .. } | NetFailure::NotTls { .. } => Field::Port,
            NetFailure::Tls { .. } => Field::Form,
        }
    }

    pub(super) fn of_connect(error: &io::Error, port: u16) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => NetFailure::Closed { port },
            io::ErrorKind::TimedOut => NetFailure::TimedOut { waiting_for: "the server" },
            _ => NetFailure::Unreachable { why: plain(error) },
        }
    }

    /// Of several addresses' failures the one that says most: somebody is there but does not listen.
    pub(super) fn more_telling(self, other: Self) -> Self {
        if matches!(self, NetFailure::Closed { .. }) { self } else { other }
    }
}

impl fmt::Display for NetFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NetFailure::NotFound { host } => {
                write!(f, "there is no server called {host}; check the spelling, or use its address")
            }
            NetFailure::Closed { port } => {
                write!(f, "nothing listens on port {port}; is the server running, and is this its port?")
            }
            NetFailure::TimedOut { waiting_for } => {
                write!(f, "no answer while waiting for {waiting_for}; check the address and the network")
            }
            NetFailure::Unreachable { why } => write!(f, "there is no way to this server: {why}"),
            NetFailure::NotTls { port } => {
                write!(f, "port {port} does not speak TLS; try another port, or irc:// for a server without encryption")
            }
            NetFailure::Tls { why } => write!(f, "no secure connection: {why}"),
        }
    }
}

/// An error's words, without the number that Rust puts behind them.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
