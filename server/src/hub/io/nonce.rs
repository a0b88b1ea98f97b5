//! What messages are stamped with so that a repeat is known as one (docs/protocol.md, "`klatch.chat/nonce`").

use klatch_protocol::UnixMs;

use super::{AccountId, Seq};

/// The most nonces that the hub remembers by itself; older ones it asks the store for. Some megabytes.
pub const NONCES_IN_MEMORY: usize = 50_000;

/// The stamp of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NonceRow {
    /// Whose message.
    pub account: AccountId,
    /// The stamp, at most 64 bytes.
    pub nonce: String,
    /// The message's place.
    pub seq: Seq,
    /// When it was said.
    pub at: UnixMs,
}

/// The stamps that are kept, as far as the hub needs them at the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptNonces {
    /// The newest [`NONCES_IN_MEMORY`], oldest first.
    pub newest: Vec<NonceRow>,
    /// The accounts that have older ones besides.
    pub older: Vec<AccountId>,
}
