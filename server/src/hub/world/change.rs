//! What comes of a command: everything that changed in the world, as it happened.

use std::sync::Arc;

use klatch_protocol::{RoomName, UnixMs};

use super::{About, ModeChange, Target, User, UserId, UserModes};
use crate::hub::io::{
    AccountId, AccountRow, Ban, BanId, Place, Ranks, Record, RecordKind, RoomId, RoomRow, Seq, Subject, Topic,
};

/// The name of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageId {
    /// It is in the history.
    Kept(Seq),
    /// It is not kept: typing notices, and what guests say to each other.
    Passing(u64),
}

/// One thing that happened. In order, these tell everything that changed.
#[derive(Debug)]
pub enum Change {
    /// An account was made.
    AccountCreated(AccountRow),
    /// Something else is kept of an account's password.
    HashSet(AccountId, Arc<str>),
    /// The owner code was used up.
    OwnerCodeUsed,
    /// An invitation was used up.
    InviteUsed(String),
    /// An invitation came into being.
    InviteAdded(String, UnixMs),
    /// A ban was made.
    Banned(Ban),
    /// A ban is over or was taken back.
    Unbanned(BanId),
    /// Somebody came in.
    Entered(UserId),
    /// Somebody left.
    Left {
        /// Who they were.
        user: Box<User>,
        /// What stays of it in each room.
        traces: Vec<Trace>,
        /// Who shared a room with them.
        witnesses: Vec<UserId>,
        /// When.
        at: UnixMs,
        /// Why.
        reason: String,
    },
    /// Somebody here logged in.
    LoggedIn(UserId),
    /// Somebody has another nick.
    Renamed {
        /// Who.
        user: UserId,
        /// Their source before.
        from: Arc<str>,
    },
    /// Somebody went away or came back.
    AwaySet(UserId),
    /// Somebody has another display name.
    DisplaySet(UserId),
    /// Somebody has other modes.
    ModesSet {
        /// Who.
        user: UserId,
        /// What was set.
        on: UserModes,
        /// What was cleared.
        off: UserModes,
    },
    /// Somebody became or is no more an operator of the server.
    RankSet(UserId),
    /// A room was made.
    RoomCreated(RoomRow),
    /// A room is gone.
    RoomDeleted(RoomId),
    /// The room where a room sends people is gone.
    ForwardGone(RoomId),
    /// Somebody is in a room.
    Joined {
        /// Who.
        user: UserId,
        /// Where.
        room: RoomId,
        /// The ranks with which the account became a member by it, if it did.
        enrolled: Option<Ranks>,
        /// When.
        at: UnixMs,
        /// What stays of it.
        trace: Trace,
    },
    /// An account became a member of a room that its owner was in already.
    Enrolled {
        /// Where.
        room: RoomId,
        /// Who.
        account: AccountId,
        /// With which ranks.
        ranks: Ranks,
        /// When.
        at: UnixMs,
    },
    /// Somebody left a room.
    Parted {
        /// Who.
        user: UserId,
        /// Where.
        room: RoomId,
        /// The room's name; it may be gone by now.
        name: RoomName,
        /// Why.
        reason: String,
        /// What stays of it.
        trace: Trace,
    },
    /// Somebody was thrown out of a room.
    Kicked {
        /// Who did it.
        by: UserId,
        /// Who was thrown out.
        whom: UserId,
        /// Where.
        room: RoomId,
        /// The room's name; it may be gone by now.
        name: RoomName,
        /// Why.
        reason: String,
        /// What stays of it.
        trace: Trace,
    },
    /// Somebody was asked into a room.
    Invited {
        /// Who asked.
        by: UserId,
        /// Whom.
        whom: UserId,
        /// Where.
        room: RoomId,
    },
    /// A room's modes changed.
    RoomModesSet {
        /// Where.
        room: RoomId,
        /// What really changed, in order.
        changes: Vec<ModeChange>,
        /// For the history; the text is what the MODE line says behind the room's name.
        record: Record,
    },
    /// A room has another name.
    RoomRenamed {
        /// Who did it.
        by: UserId,
        /// Which.
        room: RoomId,
        /// The name before.
        from: RoomName,
        /// Why.
        reason: String,
        /// When.
        at: UnixMs,
    },
    /// A room's topic changed.
    TopicSet {
        /// Where.
        room: RoomId,
        /// Who.
        by: UserId,
        /// The new one.
        topic: Option<Topic>,
        /// For the history.
        record: Record,
    },
    /// Something was said.
    Said {
        /// Who.
        by: UserId,
        /// To whom.
        to: Target,
        /// When.
        at: UnixMs,
        /// Its name.
        id: MessageId,
        /// Where it is kept, if it is.
        place: Option<Place>,
        /// PRIVMSG, NOTICE or TAGMSG.
        kind: RecordKind,
        /// Client-only tags in wire form.
        tags: String,
        /// The text.
        text: String,
    },
    /// Something that was said is taken back.
    Redacted {
        /// Who did it.
        by: UserId,
        /// To whom it was said.
        to: Target,
        /// What.
        seq: Seq,
        /// Why.
        reason: Option<String>,
        /// What stays of it.
        record: Record,
    },
    /// Something else is said about somebody or a room.
    MetadataSet {
        /// Who did it.
        by: UserId,
        /// About whom or what.
        about: About,
        /// Under what it is kept, unless about a guest.
        kept: Option<Subject>,
        /// The key.
        key: String,
        /// The value; `None` when the key is gone.
        value: Option<String>,
    },
    /// Somebody has read up to a time.
    Marked {
        /// Who.
        user: UserId,
        /// What, as they named it.
        target: String,
        /// Up to when.
        at: UnixMs,
    },
}

/// What stays of somebody's coming or going.
#[derive(Debug)]
pub enum Trace {
    /// A record for the history: everybody in the room may know of it.
    Record(Record),
    /// Its number among what is not kept: only some in the room may know of it (mode `u`), and what is played back is shown
    /// to all.
    Passing(u64),
}

impl Trace {
    /// Whether everybody in the room may know of it.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        matches!(self, Trace::Record(_))
    }

    /// What its line is called.
    #[must_use]
    pub fn id(&self) -> MessageId {
        match self {
            Trace::Record(record) => MessageId::Kept(record.seq),
            Trace::Passing(count) => MessageId::Passing(*count),
        }
    }

    /// The record, where there is one.
    #[must_use]
    pub fn kept(self) -> Option<Record> {
        match self {
            Trace::Record(record) => Some(record),
            Trace::Passing(_) => None,
        }
    }
}
