//! What can be done to the world.

use std::sync::Arc;

use klatch_protocol::{AccountName, Nick, RoomName, UnixMs};
use zeroize::Zeroizing;

use super::{About, ModeChange, UserId, UserModes};
use crate::hub::io::{AccountId, BanId, BanTarget, Place, Rank, Ranks, RecordKind, RoomId, Seq};

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
        /// Where it is kept.
        place: Place,
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
