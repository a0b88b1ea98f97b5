//! The whole surface of the hub: what goes in, what comes out. Plain data, nothing else.
//!
//! The hub never waits and never fails. Whatever needs a clock, chance, a disk or much computing is an [`Input`] that
//! somebody else delivers, or a request in [`Effects`] that somebody else answers with an [`Input`].

mod bans;
mod effects;
mod history;
mod network;
mod nonce;
mod operator;
mod password;
mod recipients;
mod rooms;
mod rows;
mod write;

use std::net::IpAddr;

use klatch_protocol::UnixMs;

use super::policy::Policy;

pub use self::{
    bans::{Ban, BanId, BanTarget, DEEDS_KEPT, DEEDS_TOLD, Deed, Suspect, span},
    effects::{Effects, Send},
    history::{Anchor, Answer, Asker, Page, Place, Query, Record, RecordKind, Scope, Search},
    network::{ADDRESSES_KNOWN, KnownAddress, Network, listed, neighbourhood, origin},
    nonce::{KeptNonces, NONCES_IN_MEMORY, NonceRow},
    operator::{News, OperatorAnswer, OperatorVerb, Present, Status},
    password::{AuthJob, AuthOutcome, AuthRequest, Credentials, Secret, Urgency},
    recipients::{Conns, GroupId, Recipients},
    rooms::{Flags, List, Mask, Ranks, RoomRow, Settings, Topic},
    rows::{AccountRow, Rank, Snapshot, Subject},
    write::Write,
};

/// One connection, from accept to close. Never used twice while the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// An account's number in the store. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u64);

impl AccountId {
    /// Above all accounts' numbers.
    const GUEST: u64 = 1 << 62;

    /// The number under which a guest's conversations with accounts are kept: made of the place of the first thing that
    /// was said, so it is never used twice.
    #[must_use]
    pub fn guest(first: Seq) -> Self {
        AccountId(Self::GUEST | first.0)
    }

    /// Whether it stands for a guest.
    #[must_use]
    pub fn is_guest(self) -> bool {
        self.0 & Self::GUEST != 0
    }
}

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
    /// The answer to a [`Query`]. Comes exactly once for each that was not given up.
    Answer {
        /// The query's ticket.
        ticket: Ticket,
        /// What the store found.
        answer: Answer,
    },
    /// The result of an [`AuthJob`]. Comes exactly once for each that was not given up.
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
    /// The operator decided anew. The answer names what of it cannot count before a restart; it is empty for nothing.
    Decide {
        /// Ties the [`Effects::operator`] answer to this.
        ticket: Ticket,
        /// The decisions.
        policy: Box<Policy>,
    },
    /// What [`Effects::reload`] asked for was done; before this came [`Input::Decide`], unless there is a fault.
    Reread {
        /// What was done, or what is wrong, in a sentence.
        outcome: Result<String, String>,
    },
}

/// Ties an answer to its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(pub u64);

/// What a frame that is no line suffers from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameFault {
    /// Over the limits; answered with ERR_INPUTTOOLONG (417).
    TooLong,
    /// Not UTF-8; answered with FAIL INVALID_UTF8 (ircv3.net "UTF8ONLY").
    NotUtf8 {
        /// Its words before the one that is not; enough for the label and the command.
        head: String,
    },
    /// No end of line in sight; the connection is closed.
    Endless,
}
