//! What can be done to the world, what comes of it, and why it may be refused.

use std::sync::Arc;

use klatch_protocol::{AccountName, Nick, RoomName, UnixMs};
use zeroize::Zeroizing;

use super::{About, ModeChange, User, UserId, UserModes};
use crate::hub::io::{
    AccountId, AccountRow, Ban, BanId, BanTarget, Place, Rank, Ranks, Record, RecordKind, RoomId, RoomRow, Seq,
    Subject, Topic,
};

/// One wish. Everything that changes shared state is one of these.
#[derive(Debug)]
pub enum Command {
    /// Make an account; its hash was made elsewhere.
    CreateAccount {
        /// Its name, and its owner's nick.
        name: AccountName,
        /// The display name.
        display: String,
        /// The Argon2id hash.
        hash: Arc<str>,
        /// The owner code or an invitation, if one was given.
        code: Option<Zeroizing<String>>,
        /// Who asks, where somebody here does: their own nick is no obstacle.
        by: Option<UserId>,
    },
    /// Make an account in the name of the server's operator, who needs no code.
    AddAccount {
        /// Its name; the display name is the same until its owner changes it.
        name: AccountName,
        /// The Argon2id hash.
        hash: Arc<str>,
    },
    /// Keep something else of an account's password.
    SetHash {
        /// Whose.
        account: AccountId,
        /// What: see [`Credentials`](crate::hub::io::Credentials).
        hash: Arc<str>,
    },
    /// Come in; with an account its nick is taken and its rooms are entered.
    Enter {
        /// The nick of a guest.
        nick: Nick,
        /// What stands between `!` and `@`.
        ident: String,
        /// The display name.
        display: String,
        /// The account that was proven.
        account: Option<AccountId>,
        /// Away from the beginning (`draft/pre-away`).
        away: Option<String>,
    },
    /// Somebody who is here proved an account.
    LogIn {
        /// Who.
        user: UserId,
        /// Which.
        account: AccountId,
    },
    /// Leave the server.
    Leave {
        /// Who.
        user: UserId,
        /// Why, as all see it.
        reason: String,
    },
    /// Take another nick.
    Rename {
        /// Who.
        user: UserId,
        /// The new one.
        nick: Nick,
    },
    /// Go away or come back.
    SetAway {
        /// Who.
        user: UserId,
        /// Why; `None` when back.
        away: Option<String>,
    },
    /// Change the display name.
    SetDisplay {
        /// Who.
        user: UserId,
        /// The new one.
        display: String,
    },
    /// Set and clear modes of oneself.
    SetModes {
        /// Who.
        user: UserId,
        /// What to set.
        on: UserModes,
        /// What to clear.
        off: UserModes,
    },
    /// Keep order on the whole server, or do so no more, until they leave.
    SetRank {
        /// Who.
        user: UserId,
        /// The new rank; the account keeps its own.
        rank: Rank,
    },
    /// Enter a room, making it if need be.
    Join {
        /// Who.
        user: UserId,
        /// Where.
        room: RoomName,
        /// The room's key, if one was given.
        key: Option<String>,
    },
    /// Leave a room for good.
    Part {
        /// Who.
        user: UserId,
        /// Where.
        room: RoomId,
        /// Why; may be empty.
        reason: String,
    },
    /// Throw somebody out of a room.
    Kick {
        /// Who does.
        user: UserId,
        /// Where.
        room: RoomId,
        /// Who is thrown out.
        whom: UserId,
        /// Why.
        reason: String,
    },
    /// Ask somebody into a room.
    Invite {
        /// Who asks.
        user: UserId,
        /// Where.
        room: RoomId,
        /// Whom.
        whom: UserId,
    },
    /// Change the modes of a room, all of these or none.
    SetRoomModes {
        /// Who does.
        user: UserId,
        /// Where.
        room: RoomId,
        /// The changes, in order.
        changes: Vec<ModeChange>,
    },
    /// Give a room another name.
    RenameRoom {
        /// Who does.
        user: UserId,
        /// Which.
        room: RoomId,
        /// The new name.
        name: RoomName,
        /// Why; may be empty.
        reason: String,
    },
    /// Set or clear a room's topic.
    SetTopic {
        /// Who.
        user: UserId,
        /// Where.
        room: RoomId,
        /// The text; empty clears.
        text: String,
    },
    /// Keep somebody out.
    Ban {
        /// Who does: a nick, or `the console`.
        by: String,
        /// Whom.
        target: BanTarget,
        /// Why.
        reason: String,
        /// Until when; `None` for good.
        until: Option<UnixMs>,
    },
    /// Take a ban back.
    Unban {
        /// Which.
        id: BanId,
    },
    /// Hear from somebody without an account in spite of the mode `R`, or do so no more.
    Accept {
        /// Who.
        user: UserId,
        /// Whom.
        whom: UserId,
        /// Accept or no more.
        on: bool,
    },
    /// Say something.
    Say {
        /// Who.
        user: UserId,
        /// To whom.
        to: Target,
        /// PRIVMSG, NOTICE or TAGMSG.
        kind: RecordKind,
        /// Client-only tags in wire form.
        tags: String,
        /// The text.
        text: String,
    },
    /// Take something back that was said.
    Redact {
        /// Who wants it.
        user: UserId,
        /// To whom it was said.
        to: Target,
        /// What.
        seq: Seq,
        /// Whose account said it.
        author: Option<AccountName>,
        /// Why.
        reason: Option<String>,
    },
    /// Say something about oneself or a room.
    SetMetadata {
        /// Who does.
        user: UserId,
        /// About whom or what.
        about: About,
        /// The key; its form was checked.
        key: String,
        /// The value; `None` removes the key.
        value: Option<String>,
    },
    /// Say how far one has read.
    Mark {
        /// Who.
        user: UserId,
        /// What: a nick or a room's name.
        target: String,
        /// Up to when.
        at: UnixMs,
    },
    /// Add an invitation code.
    AddInvite {
        /// The code.
        code: String,
    },
}

/// Whom something is said to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Everybody in a room.
    Room(RoomId),
    /// Those in a room who have this rank or a higher one, named so by the speaker (ISUPPORT `STATUSMSG`).
    Ranked(RoomId, Ranks),
    /// Those who keep order in a room, because the room is set so (mode `U`); the speaker named the room.
    Moderators(RoomId),
    /// Somebody who is here.
    User(UserId),
    /// Somebody who has an account and is not here.
    Account(AccountId),
}

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
        /// One for each room.
        records: Vec<Record>,
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
    /// Somebody is in a room.
    Joined {
        /// Who.
        user: UserId,
        /// Where.
        room: RoomId,
        /// The ranks with which the account became a member by it, if it did.
        enrolled: Option<Ranks>,
        /// For the history.
        record: Record,
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
        /// Whether everybody in the room could see them (mode `u`).
        seen: bool,
        /// For the history.
        record: Record,
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
        /// Whether everybody in the room could see them (mode `u`).
        seen: bool,
        /// Why.
        reason: String,
        /// For the history.
        record: Record,
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
        /// When it was taken back.
        at: UnixMs,
        /// Why.
        reason: Option<String>,
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

/// Why a wish is not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody else has the nick, or it belongs to an account.
    NickTaken,
    /// The nick of an account is its name.
    NickIsAccount,
    /// The account has a connection already.
    AlreadyHere,
    /// An account of that name exists, or somebody here has the nick.
    AccountExists,
    /// A code is needed, or the given one is not known.
    CodeNeeded,
    /// Only the owner code works.
    SignUpClosed,
    /// The nick, room or account is gone.
    Gone,
    /// They are in that room already.
    AlreadyInRoom,
    /// They are not in that room.
    NotInRoom,
    /// The other one is not in that room.
    OtherNotInRoom,
    /// The other one is in that room already.
    OtherInRoom,
    /// In too many rooms.
    TooManyRooms,
    /// Their rank in the room does not allow it.
    NotOperator,
    /// There are as many bans as there can be.
    TooManyBans,
    /// They accepted as many people as one can.
    TooManyAccepted,
    /// Nobody but who is asked in may come in.
    InviteOnly,
    /// They are banned from the room, or silenced there.
    Banned,
    /// The key is missing or wrong.
    BadKey,
    /// As many are in the room as may be.
    RoomFull,
    /// Only for those who are logged in: a room so set, or somebody who hears from others only if they accepted them.
    AccountNeeded,
    /// Only those with a rank may speak.
    Moderated,
    /// No CTCP in this room, or to this person.
    NoCtcp,
    /// The room's lists are full.
    ListFull,
    /// There is no such room.
    NoSuchRoom,
    /// Another room has the name, or one that looks like it.
    RoomNameTaken,
    /// The lobby's name is the operator's to choose.
    Unchangeable,
    /// Nobody would get it: guests have no history.
    NobodyThere,
    /// As many of these as are kept are there already.
    TooMany,
}
