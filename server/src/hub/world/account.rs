//! Accounts: who can come in, and what the server remembers of them.

use std::collections::BTreeSet;

use crate::hub::io::{AccountRow, RoomId};

/// An account and the rooms that it belongs to.
#[derive(Debug, Clone)]
pub struct Account {
    /// As it is kept.
    pub row: AccountRow,
    /// Its rooms, entered again at each log-in.
    pub rooms: BTreeSet<RoomId>,
}
