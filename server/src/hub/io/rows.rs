//! Accounts as they are kept, and everything together at the start.

use std::{fmt, sync::Arc};

use klatch_protocol::{AccountName, UnixMs};

use super::{AccountId, Ban, Deed, KeptNonces, KnownAddress, Mask, Ranks, RoomId, RoomRow, Secret};

/// An account as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its number.
    pub id: AccountId,
    /// The user name.
    pub name: AccountName,
    /// The display name.
    pub display: String,
    /// What is kept of the password: see [`Credentials`](super::Credentials).
    pub hash: Arc<str>,
    /// What it may do.
    pub rank: Rank,
    /// When it was made.
    pub created: UnixMs,
    /// When it was last connected, if ever.
    pub seen: Option<UnixMs>,
}

impl fmt::Debug for AccountRow {
    /// Without the hash: no secret in any log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountRow")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("rank", &self.rank)
            .finish_non_exhaustive()
    }
}

/// What an account may do on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Rank {
    /// Chat.
    #[default]
    Member,
    /// Keep order as well.
    Operator,
    /// Everything; made by the owner code.
    Owner,
}

/// What metadata that is kept is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// An account.
    Account(AccountId),
    /// A room.
    Room(RoomId),
}

/// Everything the hub has to know at the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Made by chance when the store came into being, so that message ids of two stores never meet.
    pub epoch: u32,
    /// The newest record's place; 0 for none.
    pub last_seq: u64,
    /// The newest record's time, if there is one: times go on from there.
    pub last_time: Option<UnixMs>,
    /// The highest account number ever given; 0 for none.
    pub last_account: u64,
    /// The highest room number ever given; 0 for none.
    pub last_room: u64,
    /// All accounts.
    pub accounts: Vec<AccountRow>,
    /// All rooms.
    pub rooms: Vec<RoomRow>,
    /// Who is a member of what, and with which ranks.
    pub members: Vec<(RoomId, AccountId, Ranks)>,
    /// The masks of all rooms, in the order in which they were added.
    pub masks: Vec<(RoomId, Mask)>,
    /// How far who has read what: account, casefolded target, time.
    pub markers: Vec<(AccountId, String, UnixMs)>,
    /// All bans, also those that are over.
    pub bans: Vec<Ban>,
    /// The newest things operators did, at most [`DEEDS_TOLD`](super::DEEDS_TOLD), oldest first.
    pub deeds: Vec<Deed>,
    /// What is said about accounts and rooms: key and value.
    pub metadata: Vec<(Subject, String, String)>,
    /// The stamps of messages.
    pub nonces: KeptNonces,
    /// From where owners of names logged in before, oldest first.
    pub known_addresses: Vec<KnownAddress>,
    /// What nobody outside can know: from it come SCRAM's nonces, and its salts for names without an account.
    pub secret: Secret,
    /// Invitation codes not used yet.
    pub invites: Vec<String>,
    /// The owner code, until it is used.
    pub owner_code: Option<String>,
}
