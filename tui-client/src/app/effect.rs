//! What the application wants done in the world. Plain data: the runtime performs it, tests look at it.

use klatch_protocol::Fingerprint;

use crate::{net::Target, session::Unsent, settings::Recent, unsent::Account};

/// One thing to be done. They are done in the order in which they come.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Give up the link there is, if any, and begin to make one.
    Dial {
        /// Where to.
        target: Target,
        /// The certificate to trust; `None`: the one that is known for this target, if any.
        known: Option<Fingerprint>,
    },
    /// Send a line on the link.
    Line(String),
    /// End the link after what was sent before has left.
    HangUp,
    /// Keep a certificate as the trusted one.
    Trust {
        /// Of what.
        target: Target,
        /// The certificate.
        seen: Fingerprint,
    },
    /// Keep what the form was filled in with.
    Remember(Recent),
    /// Tell, by [`Event::Unsent`](crate::event::Event::Unsent), what is kept of this account's words that were not
    /// confirmed.
    Recall(Account),
    /// Keep these of an account's words, which are not confirmed, instead of what was kept. Lines that come later leave
    /// only when these are on the disk; nothing else waits for that.
    Keep(Account, Vec<Unsent>),
    /// Set the window's title to this text.
    Title(String),
    /// Ring the bell.
    Bell,
    /// Show a notification on the desktop.
    Notify(String),
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Draw the whole screen anew.
    Repaint,
    /// Take the terminal again: others may have used it.
    Retake,
    /// Stop the program until the shell continues it.
    Suspend,
    /// End the program, the hosted server first. The words, if any, are printed where klatch was started.
    Exit(Option<String>),
}
