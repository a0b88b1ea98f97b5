//! The whole surface of the hub: what goes in, what comes out. Plain data, nothing else.
//!
//! The hub never waits and never fails. Whatever needs a clock, chance, a disk or much computing is an [`Input`] that
//! somebody else delivers, or a request in [`Effects`] that somebody else answers with an [`Input`].

use std::{fmt, net::IpAddr, sync::Arc};

use bytes::Bytes;
use klatch_protocol::{AccountName, RoomName, UnixMs};
use zeroize::Zeroizing;

/// One connection, from accept to close. Never used twice while the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// An account's number in the store. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u64);

/// A room's number in the store. A room that is made anew under an old name gets a new one, so it starts without the
/// old one's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(pub u64);

/// The place of a record in the one order of everything that was ever said. Starts at 1, without gaps or repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seq(pub u64);

/// The two clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The wall clock, for what people see. May jump.
    pub wall: UnixMs,
    /// Milliseconds that never go back, for deadlines. Starts anywhere.
    pub mono: u64,
}

/// Where a connection comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The address of the other end.
    pub addr: IpAddr,
    /// Its port, for the operator's eyes.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub secure: bool,
}

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// A connection was accepted.
    Open {
        /// The new connection.
        conn: ConnId,
        /// Its other end.
        peer: Peer,
    },
    /// A line came in, valid UTF-8 and within the limits, without its CR LF.
    Line {
        /// Where from.
        conn: ConnId,
        /// The line.
        line: String,
    },
    /// Something came in that is not a line.
    BadFrame {
        /// Where from.
        conn: ConnId,
        /// What is wrong with it.
        fault: FrameFault,
    },
    /// The connection is gone, or its writer gave up. The hub may not send to it any more.
    Closed {
        /// Which one.
        conn: ConnId,
        /// Why, as others will see it in QUIT: `Connection closed`, `Reader too slow`, `Connection reset` …
        reason: String,
    },
    /// The answer to a [`Query`]. Comes exactly once for each.
    Answer {
        /// The query's ticket.
        ticket: Ticket,
        /// What the store found.
        answer: Answer,
    },
    /// The result of an [`AuthJob`]. Comes exactly once for each.
    Auth {
        /// The job's ticket.
        ticket: Ticket,
        /// How it went.
        outcome: AuthOutcome,
    },
    /// The time that [`crate::hub::Hub::next_deadline`] named has come.
    Tick,
    /// The operator wants something.
    Operator {
        /// Ties the [`Effects::operator`] answer to this.
        ticket: Ticket,
        /// What.
        verb: OperatorVerb,
    },
}

/// Ties an answer to its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(pub u64);

/// What a frame that is no line suffers from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameFault {
    /// Over the limits; answered with ERR_INPUTTOOLONG (417).
    TooLong,
    /// Not UTF-8; answered with FAIL INVALID_UTF8 (ircv3.net "UTF8ONLY").
    NotUtf8,
    /// No end of line in sight; the connection is closed.
    Endless,
}

/// What the hub wants done. `writes` first, in one durable transaction; only then everything else.
#[derive(Debug, Default)]
pub struct Effects {
    /// What has to be on disk before anyone hears of it.
    pub writes: Vec<Write>,
    /// Lines and closes, in the order in which they have to happen.
    pub sends: Vec<Send>,
    /// Questions to the store. They see everything in `writes`.
    pub queries: Vec<(Ticket, Query)>,
    /// Password work.
    pub auth: Vec<(Ticket, AuthJob)>,
    /// What the operator should see happen.
    pub news: Vec<News>,
    /// Answers to [`Input::Operator`].
    pub operator: Vec<(Ticket, OperatorAnswer)>,
    /// The server should end now: everyone has been told.
    pub stop: bool,
}

/// One thing for the connections.
#[derive(Debug, Clone)]
pub enum Send {
    /// A line (or several), CR LF included, for one connection.
    One(ConnId, Bytes),
    /// The same bytes for each of many connections, shared by all.
    Many(Arc<[ConnId]>, Bytes),
    /// Close the connection after what was sent to it before.
    Close(ConnId),
}

// ---------------------------------------------------------------------------------------------------------------------
// The store
// ---------------------------------------------------------------------------------------------------------------------

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

/// An account as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its number.
    pub id: AccountId,
    /// The user name.
    pub name: AccountName,
    /// The display name.
    pub display: String,
    /// The Argon2id hash, in PHC form.
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

/// A room as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRow {
    /// Its number.
    pub id: RoomId,
    /// Its name.
    pub name: RoomName,
    /// When it was made.
    pub created: UnixMs,
    /// What it is about.
    pub topic: Option<Topic>,
}

/// What a room is about, and who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// The text, never empty.
    pub text: String,
    /// The nick of who set it.
    pub by: String,
    /// When.
    pub at: UnixMs,
}

/// One entry of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in the one order.
    pub seq: Seq,
    /// When.
    pub at: UnixMs,
    /// Where.
    pub place: Place,
    /// `nick!user@host` of who did it.
    pub source: String,
    /// The account of who did it, by name.
    pub account: Option<AccountName>,
    /// What it was.
    pub kind: RecordKind,
    /// Client-only tags in wire form; empty for none.
    pub tags: String,
    /// The text of a message, or the reason of a leave.
    pub text: String,
}

/// Where something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// In a room.
    Room(RoomId),
    /// Between two accounts; the smaller number first. Both are the same for notes to oneself.
    Direct(AccountId, AccountId),
}

impl Place {
    /// The place of what two accounts say to each other.
    #[must_use]
    pub fn direct(a: AccountId, b: AccountId) -> Self {
        Place::Direct(a.min(b), a.max(b))
    }
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// PRIVMSG.
    Privmsg,
    /// NOTICE.
    Notice,
    /// TAGMSG; only its tags count.
    Tagmsg,
    /// Somebody came into a room; the text is their display name.
    Join,
    /// Somebody left a room; the text is the reason.
    Part,
    /// Somebody left the server; one record in each room that saw it.
    Quit,
    /// A room's topic changed; the text is the new one.
    Topic,
    /// Somebody was thrown out of a room; the text is their nick, a space and the reason.
    Kick,
    /// A room's modes changed; the text is what stands behind the room's name in the MODE line.
    Mode,
}

impl RecordKind {
    /// Whether it is something said, rather than an event that only `draft/event-playback` shows.
    #[must_use]
    pub fn is_message(self) -> bool {
        matches!(self, RecordKind::Privmsg | RecordKind::Notice | RecordKind::Tagmsg)
    }
}

/// A question to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// A page of history (ircv3.net "chathistory").
    History {
        /// Of what.
        place: Place,
        /// Which part.
        page: Page,
        /// The most records.
        limit: u32,
        /// Whether events count as well, or only PRIVMSG and NOTICE. TAGMSG come only with events.
        events: bool,
    },
    /// The direct conversations and rooms with something said between two times.
    Targets {
        /// Whose direct conversations.
        account: AccountId,
        /// Which rooms to look at besides.
        rooms: Vec<RoomId>,
        /// One end, not included.
        from: UnixMs,
        /// The other end, not included. May be before `from`.
        to: UnixMs,
        /// The most targets. Counted from `from`'s side.
        limit: u32,
    },
}

/// Which part of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The newest; only those after the anchor, if there is one.
    Latest(Option<Anchor>),
    /// The newest before the anchor.
    Before(Anchor),
    /// The oldest after the anchor.
    After(Anchor),
    /// Those between the two, neither included, counted from the first towards the second.
    Between(Anchor, Anchor),
    /// Those around the anchor, itself included; half before, half after.
    Around(Anchor),
}

/// A point in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// A record.
    Seq(Seq),
    /// A time.
    Time(UnixMs),
}

/// What the store found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To [`Query::History`], oldest first.
    History(Vec<Record>),
    /// To [`Query::Targets`]: each with the time of its newest message within the range, oldest first.
    Targets(Vec<(Place, UnixMs)>),
    /// The store could not answer; the reason is for the log.
    Failed(String),
}

/// Everything the hub has to know at the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Made by chance when the store came into being, so that message ids of two stores never meet.
    pub epoch: u32,
    /// The newest record's place; 0 for none.
    pub last_seq: u64,
    /// The highest account number ever given; 0 for none.
    pub last_account: u64,
    /// The highest room number ever given; 0 for none.
    pub last_room: u64,
    /// All accounts.
    pub accounts: Vec<AccountRow>,
    /// All rooms.
    pub rooms: Vec<RoomRow>,
    /// Who is a member of what, and whether as an operator of it.
    pub members: Vec<(RoomId, AccountId, bool)>,
    /// Invitation codes not used yet.
    pub invites: Vec<String>,
    /// The owner code, until it is used.
    pub owner_code: Option<String>,
}

// ---------------------------------------------------------------------------------------------------------------------
// Passwords
// ---------------------------------------------------------------------------------------------------------------------

/// Password work. It takes long on purpose, so it is done elsewhere.
pub enum AuthJob {
    /// Make a hash.
    Hash {
        /// Of this.
        password: Zeroizing<String>,
    },
    /// Compare. Without a hash (no such account) it takes as long and fails.
    Verify {
        /// The stored hash.
        hash: Option<Arc<str>>,
        /// What was given.
        password: Zeroizing<String>,
    },
}

impl fmt::Debug for AuthJob {
    /// Without the password: no secret in any log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AuthJob::Hash { .. } => "Hash",
            AuthJob::Verify { .. } => "Verify",
        })
    }
}

/// How password work went.
pub enum AuthOutcome {
    /// The hash, in PHC form.
    Hashed(Arc<str>),
    /// Whether the password was right.
    Verified(bool),
    /// Too much is waiting already; try again later.
    Busy,
}

impl fmt::Debug for AuthOutcome {
    /// Without the hash: no secret in any log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AuthOutcome::Hashed(_) => f.write_str("Hashed"),
            AuthOutcome::Verified(ok) => write!(f, "Verified({ok})"),
            AuthOutcome::Busy => f.write_str("Busy"),
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The operator
// ---------------------------------------------------------------------------------------------------------------------

/// What the operator of the server can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorVerb {
    /// Who is here.
    Who,
    /// Figures about the hub.
    Status,
    /// Disconnect somebody.
    Kick {
        /// The user name.
        user: String,
        /// Why; shown to all.
        reason: Option<String>,
    },
    /// Say something to everybody.
    Say(String),
    /// Add an invitation code. The caller made it by chance.
    Invite {
        /// The code.
        code: String,
    },
    /// End the server for good; clients are told to end.
    Shutdown {
        /// Milliseconds until it happens.
        delay: u64,
        /// Why; shown to all.
        reason: Option<String>,
    },
    /// End the server for a while (SIGTERM, SIGINT); clients are told to come back. Happens at once.
    Restart {
        /// Why; shown to all.
        reason: Option<String>,
    },
}

/// What the operator gets for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorAnswer {
    /// Done; what was done, in a sentence.
    Done(String),
    /// To [`OperatorVerb::Who`].
    Who(Vec<Present>),
    /// To [`OperatorVerb::Status`].
    Status(Status),
    /// Not done; why, and what to do.
    Refused(String),
}

/// Somebody who is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// The nick.
    pub nick: String,
    /// The display name.
    pub display: String,
    /// The other end.
    pub peer: Peer,
    /// Since when.
    pub since: UnixMs,
    /// Whether away.
    pub away: bool,
    /// The rank of the account.
    pub rank: Rank,
}

/// Figures about the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Connections, registered or not.
    pub connections: usize,
    /// People who are logged in.
    pub online: usize,
    /// Accounts.
    pub accounts: usize,
    /// Rooms.
    pub rooms: usize,
    /// Records ever made.
    pub records: u64,
}

/// What happens, for the operator's screen and the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// An account was made.
    AccountCreated {
        /// Its name.
        account: String,
        /// From where.
        peer: Peer,
    },
    /// Somebody came in.
    Connected {
        /// The display name.
        display: String,
        /// The nick.
        nick: String,
        /// From where.
        peer: Peer,
    },
    /// Somebody left.
    Disconnected {
        /// The display name.
        display: String,
        /// The nick.
        nick: String,
        /// From where.
        peer: Peer,
        /// Why.
        reason: String,
    },
    /// A log-in was refused.
    LoginFailed {
        /// The user name that was tried, cleaned.
        account: String,
        /// From where.
        peer: Peer,
    },
    /// The server is about to end.
    ShuttingDown {
        /// Milliseconds until then.
        delay: u64,
        /// Why.
        reason: Option<String>,
    },
}
