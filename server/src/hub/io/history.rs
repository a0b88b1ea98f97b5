//! What was said and happened: as it is kept, and how it is asked for.

use std::net::IpAddr;

use klatch_protocol::{AccountName, UnixMs};

use super::{AccountId, RoomId, Seq};

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
    /// Between two accounts; the smaller number first. Both are the same for notes to oneself. A guest who talks to
    /// somebody with an account has a number of their own there ([`AccountId::guest`]).
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
    /// Something said was taken back; the text is its place in the one order, a space and the reason.
    Redact,
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
    /// One record.
    Record(Seq),
    /// The message that an account stamped with a nonce.
    Nonce {
        /// Whose.
        account: AccountId,
        /// The stamp.
        nonce: String,
    },
    /// What was said and fits; answered with [`Answer::History`], [`Answer::Busy`] or [`Answer::TooLong`].
    Search {
        /// Whose turn it takes.
        by: Asker,
        /// What to look for.
        search: Box<Search>,
    },
    /// A page of history (ircv3.net "chathistory"), with what was taken back in the stretch that it covers, which does not
    /// count.
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
    /// The direct conversations and rooms in which the newest message was said between two times.
    Targets {
        /// Whose direct conversations.
        account: AccountId,
        /// Which rooms to look at besides.
        rooms: Vec<RoomId>,
        /// The guests who are here. Others cannot be asked for any more, so they take no place on a page.
        guests: Vec<AccountId>,
        /// One end, not included.
        from: UnixMs,
        /// The other end, not included. May be before `from`.
        to: UnixMs,
        /// The most targets. Counted from `from`'s side.
        limit: u32,
    },
}

/// Who has turns and places of their own among those who search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    /// All connections of an account.
    Account(AccountId),
    /// Everybody without an account from one [neighbourhood](super::neighbourhood).
    Guests(IpAddr),
}

/// What to look for. Everything has to fit; what is `None` fits always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Where.
    pub scope: Scope,
    /// The nick of who said it, without regard to ASCII case.
    pub from: Option<String>,
    /// Not before this time. With it, the oldest are counted first, else the newest.
    pub after: Option<UnixMs>,
    /// Not after this time.
    pub before: Option<UnixMs>,
    /// A part of the text, without regard to case.
    pub text: Option<String>,
    /// The most records.
    pub limit: u32,
}

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// In one place.
    Place(Place),
    /// In all conversations of an account, and in these rooms.
    All {
        /// The account; 0 for none.
        account: AccountId,
        /// The rooms.
        rooms: Vec<RoomId>,
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
    /// To [`Query::Record`]; `None` where there is none, or not any more.
    Record(Option<Box<Record>>),
    /// To [`Query::Nonce`]: the message's place and time; `None` where there is none.
    Nonce(Option<(Seq, UnixMs)>),
    /// To [`Query::History`], oldest first.
    History(Vec<Record>),
    /// To [`Query::Targets`]: each with the time of its newest message, oldest first.
    Targets(Vec<(Place, UnixMs)>),
    /// Too many searches wait, of the same asker or in all.
    Busy,
    /// The search was broken off, as it took too long.
    TooLong,
    /// The store could not answer; the reason is for the log.
    Failed(String),
}
