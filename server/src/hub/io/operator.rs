//! What the operator of the server asks for, gets for it, and sees happen.

use klatch_protocol::UnixMs;

use super::{Ban, Deed, Peer, Rank, Secret};

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
    /// Make an account, whoever may sign up otherwise.
    AddAccount {
        /// Its name.
        name: String,
        /// Its password, of 1 to 1024 bytes.
        password: Secret,
    },
    /// Keep somebody out, and disconnect them.
    Ban {
        /// An account, an address, a network or a mask.
        target: String,
        /// For how many milliseconds; `None` for good.
        length: Option<u64>,
        /// Why; may be empty.
        reason: String,
    },
    /// Take a ban back.
    Unban {
        /// Its target.
        target: String,
    },
    /// The bans that count.
    Bans,
    /// What operators did lately.
    Audit,
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
    /// To [`OperatorVerb::Bans`], oldest first.
    Bans(Vec<Ban>),
    /// To [`OperatorVerb::Audit`], oldest first, at most [`DEEDS_TOLD`](super::DEEDS_TOLD).
    Audit(Vec<Deed>),
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
        /// The user name that was tried.
        account: String,
        /// From where.
        peer: Peer,
    },
    /// An operator did something, or somebody tried to become one.
    Deed(Deed),
    /// The server is about to end.
    ShuttingDown {
        /// Milliseconds until then.
        delay: u64,
        /// Why.
        reason: Option<String>,
    },
}
