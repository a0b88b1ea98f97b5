//! What was said and not confirmed, kept in a private file (0600) while klatch does not run. It owns the directory of these
//! files and knows nothing of connections. Three things have to be true, and hold through a kill or a power cut at any moment:
//!
//! - Before a line that carries a message leaves, the file has that message with its nonce, marked as sent. So whatever may
//!   have reached a server is found in the file by the next run, which asks for its fate instead of saying it anew.
//! - A message leaves the file only after the server confirmed or refused it. That may happen late: a message found there
//!   that is confirmed already is known again by its nonce.
//! - A file belongs to one running klatch, which holds its [`Slot`]. Files that nobody holds are taken over by the next klatch
//!   of that account.
//!
//! Writing waits for the disk, so the [`Keeper`] does it on a thread of its own; what must not overtake it waits for its word.

mod file;
mod keeper;
mod slot;

pub use keeper::{Keeper, Report};
pub use slot::Slot;

use crate::{net::Target, session::Unsent};

/// Whose words they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Where.
    pub target: Target,
    /// The user name.
    pub user: String,
}

/// What earlier runs left for an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// What they could not get confirmed, in order.
    pub messages: Vec<Unsent>,
    /// What went wrong, a sentence each, with what to do.
    pub troubles: Vec<String>,
}
