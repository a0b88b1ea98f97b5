//! Why a command may be refused.

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
