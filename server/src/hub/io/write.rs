//! What has to be on disk before anyone hears of it.

use std::sync::Arc;

use klatch_protocol::{RoomName, UnixMs};

use super::{
    AccountId, AccountRow, Ban, BanId, Deed, KnownAddress, List, Mask, NonceRow, Rank, Ranks, Record, RoomId, RoomRow,
    Seq, Settings, Subject, Topic,
};

/// One change of what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A new account.
    CreateAccount(AccountRow),
    /// An account's display name changed.
    SetDisplay {
        /// Whose.
        account: AccountId,
        /// The new one.
        display: String,
    },
    /// What is kept of an account's password changed.
    SetHash {
        /// Whose.
        account: AccountId,
        /// The new text: see [`Credentials`](super::Credentials).
        hash: Arc<str>,
    },
    /// An account's rank changed.
    SetRank {
        /// Whose.
        account: AccountId,
        /// The new one.
        rank: Rank,
    },
    /// An account was seen, so that `who is offline since` can be told.
    Seen {
        /// Whose.
        account: AccountId,
        /// When.
        at: UnixMs,
    },
    /// A new room.
    CreateRoom(RoomRow),
    /// A room is gone. Its records stay, but nobody can reach them.
    DeleteRoom(RoomId),
    /// A room's topic changed or was cleared.
    SetTopic {
        /// Whose.
        room: RoomId,
        /// The new one.
        topic: Option<Topic>,
    },
    /// A room has another name, and so have the places in it up to which people have read.
    RenameRoom {
        /// Which.
        room: RoomId,
        /// The one before.
        from: RoomName,
        /// The new one.
        name: RoomName,
    },
    /// A room is set otherwise.
    SetRoom {
        /// Which.
        room: RoomId,
        /// How.
        settings: Settings,
    },
    /// A mask was added to a list of a room.
    AddMask {
        /// Whose.
        room: RoomId,
        /// The mask, in none of this list's entries so far.
        mask: Mask,
    },
    /// A mask was taken from a list of a room.
    RemoveMask {
        /// Whose.
        room: RoomId,
        /// Which list.
        list: List,
        /// The mask, as it was written when it was added.
        text: String,
    },
    /// An account became a member, or has other ranks.
    Join {
        /// Of what.
        room: RoomId,
        /// Who.
        account: AccountId,
        /// With which ranks.
        ranks: Ranks,
        /// When.
        at: UnixMs,
    },
    /// An account is no member any more.
    Part {
        /// Of what.
        room: RoomId,
        /// Who.
        account: AccountId,
    },
    /// Something was said or happened.
    Record(Record),
    /// What was said last was stamped. Stamps that are both older than a week and not among the newest ten thousand go by
    /// themselves, whether their record is still there or not.
    Nonce(NonceRow),
    /// The owner of a name logged in from an address. The newest [`ADDRESSES_KNOWN`](super::ADDRESSES_KNOWN) of a name
    /// are kept.
    KnowAddress(KnownAddress),
    /// A record was taken back by who may do that.
    Redact(Seq),
    /// Records that are too old or too many are forgotten, a bounded number at a time.
    Forget {
        /// Those of before this time, if there is such a limit.
        before: Option<UnixMs>,
        /// Those up to this place, if there is such a limit.
        upto: Option<Seq>,
    },
    /// Somebody has read up to a time.
    Mark {
        /// Who.
        account: AccountId,
        /// What they have read: a nick or a room's name, casefolded.
        target: String,
        /// Up to when.
        at: UnixMs,
    },
    /// A new ban.
    AddBan(Ban),
    /// A ban is over or was taken back.
    RemoveBan(BanId),
    /// An operator did something. The newest [`DEEDS_KEPT`](super::DEEDS_KEPT) are kept.
    Deed(Deed),
    /// Something is said about an account or a room, or not any more.
    SetMetadata {
        /// About what.
        subject: Subject,
        /// The key.
        key: String,
        /// The value; `None` when the key is gone.
        value: Option<String>,
    },
    /// An invitation code came into being.
    AddInvite {
        /// The code as it is handed out.
        code: String,
        /// When.
        at: UnixMs,
    },
    /// An invitation code was used up.
    UseInvite {
        /// The code.
        code: String,
    },
    /// The owner code was used up: there is an owner.
    UseOwnerCode,
}
