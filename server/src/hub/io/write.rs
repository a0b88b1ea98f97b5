//! What has to be on disk before anyone hears of it.

use klatch_protocol::UnixMs;

use super::{AccountId, AccountRow, Rank, Record, RoomId, RoomRow, Seq, Topic};

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
    /// An account became a member.
    Join {
        /// Of what.
        room: RoomId,
        /// Who.
        account: AccountId,
        /// Whether as an operator of the room.
        operator: bool,
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
