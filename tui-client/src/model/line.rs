//! One entry of a room's history, ready to be shown: all text in it has been cleaned.

use klatch_protocol::UnixMs;

/// Names a line within this process, for ever. Not an order: a line fetched later may be older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineKey(pub u64);

/// One entry of a room's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name within this process.
    pub key: LineKey,
    /// The server's message id, once known.
    pub id: Option<String>,
    /// When it happened: the server's time, or ours while it is unconfirmed.
    pub at: UnixMs,
    /// What happened.
    pub body: Body,
}

/// What a line shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Somebody said something.
    Said {
        /// The nick.
        nick: String,
        /// The name to show when it is not just the nick: the display name as [`super::Roster::shown`] gave it then.
        display: Option<String>,
        /// The text; may hold newlines.
        text: String,
        /// Whether it was `/me`.
        action: bool,
        /// Whether it was a notice.
        notice: bool,
        /// Whether we said it.
        mine: bool,
        /// Whether it names us.
        mention: bool,
        /// How far our own words have come; `Done` for those of others.
        delivery: Delivery,
    },
    /// Somebody came in.
    Joined {
        /// The nick.
        nick: String,
        /// The name to show when it is not just the nick.
        display: Option<String>,
    },
    /// Somebody left, for whatever reason.
    Left {
        /// The nick.
        nick: String,
        /// The name to show when it is not just the nick.
        display: Option<String>,
        /// Why, if told.
        reason: Option<String>,
    },
    /// Something to know: topic changes, new names, answers to commands.
    Info(String),
    /// Something went wrong; what, where, and what to do.
    Error(String),
    /// Here something may be missing; it is being fetched, or could not be.
    Gap {
        /// Whether it is being fetched now.
        fetching: bool,
    },
}

/// How far a message of our own has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Typed while there was no connection; it is sent when there is one.
    Queued,
    /// Sent, not confirmed: `…`
    Pending,
    /// On the server's disk: `✓`
    Done,
    /// Refused: `!`, with the reason.
    Refused(String),
}
