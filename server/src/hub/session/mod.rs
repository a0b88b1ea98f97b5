//! What the hub knows about one connection: how far its registration has come, its capabilities, an unfinished SASL
//! exchange, and the lines that have to wait.

mod flood;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use klatch_protocol::{AccountName, Caps, Nick};
use zeroize::Zeroizing;

pub(super) use self::flood::Bucket;
use super::{
    commands::{Draft, Exchange, Redaction, Stamped},
    io::{AccountId, FrameFault, Peer, Rank, Ticket},
    reply::Reply,
    throttle::Attempt,
    world::UserId,
};

/// One connection.
#[derive(Debug)]
pub(super) struct Session {
    /// Its other end.
    pub(super) peer: Peer,
    /// When it has to be registered, by the monotonic clock.
    pub(super) register_by: u64,
    /// How far it is.
    pub(super) stage: Stage,
    /// The account it proved or made.
    pub(super) account: Option<AccountId>,
    /// What it negotiated.
    pub(super) caps: Caps,
    /// Whether it understands CAP 302.
    pub(super) modern: bool,
    /// A SASL exchange under way.
    pub(super) sasl: Option<Exchange>,
    /// What METADATA said while it registered.
    pub(super) early_metadata: BTreeMap<String, String>,
    /// The keys of metadata it wants to hear of.
    pub(super) subscriptions: BTreeSet<String>,
    /// A message of several lines that has begun.
    pub(super) draft: Option<Draft>,
    /// Whether PASS gave the server's password.
    pub(super) admitted: bool,
    /// What else PASS gave: an owner or invitation code.
    pub(super) code: Option<Zeroizing<String>>,
    /// The command whose answer needs somebody else's; everything after it waits.
    pub(super) pending: Option<Pending>,
    /// What waits, oldest first.
    pub(super) queue: VecDeque<Received>,
    /// The bytes of what waits.
    pub(super) queued: usize,
    /// Its allowance of lines.
    pub(super) bucket: Bucket,
    /// When it last sent anything.
    pub(super) heard: u64,
    /// Whether it was pinged since.
    pub(super) pinged: bool,
}

impl Session {
    /// A connection that was just accepted.
    pub(super) fn new(peer: Peer, now: u64, register_within: u64) -> Self {
        Session {
            peer,
            register_by: now.saturating_add(register_within),
            stage: Stage::Registering(Registration::default()),
            account: None,
            caps: Caps::empty(),
            modern: false,
            sasl: None,
            early_metadata: BTreeMap::new(),
            subscriptions: BTreeSet::new(),
            draft: None,
            admitted: false,
            code: None,
            pending: None,
            queue: VecDeque::new(),
            queued: 0,
            bucket: Bucket::default(),
            heard: now,
            pinged: false,
        }
    }

    /// Who it is, once registered.
    pub(super) fn user(&self) -> Option<UserId> {
        match &self.stage {
            Stage::Chatting(user) => Some(*user),
            Stage::Registering(_) => None,
        }
    }

    /// Nick and user name, while registration goes on and once both are known.
    pub(super) fn names(&self) -> Option<(&str, &str)> {
        match &self.stage {
            Stage::Registering(Registration { nick: Some(nick), ident: Some(ident), .. }) => {
                Some((nick.as_str(), ident))
            }
            _ => None,
        }
    }

    /// The registration, while it goes on.
    pub(super) fn registration(&mut self) -> Option<&mut Registration> {
        match &mut self.stage {
            Stage::Registering(registration) => Some(registration),
            Stage::Chatting(_) => None,
        }
    }
}

/// How far a connection is.
#[derive(Debug)]
pub(super) enum Stage {
    /// It says who it is (modern.ircdocs.horse "Connection Registration").
    Registering(Registration),
    /// It belongs to somebody who is here.
    Chatting(UserId),
}

/// What a connection said about itself so far.
#[derive(Debug, Default)]
pub(super) struct Registration {
    /// From NICK, or the account's name.
    pub(super) nick: Option<Nick>,
    /// From USER.
    pub(super) ident: Option<String>,
    /// From USER.
    pub(super) display: String,
    /// Whether capability negotiation holds the registration up.
    pub(super) negotiating: bool,
    /// From AWAY (`draft/pre-away`).
    pub(super) away: Option<String>,
}

/// Something that came in and waits for its turn.
#[derive(Debug)]
pub(super) enum Received {
    /// A line.
    Line(Zeroizing<String>),
    /// Something that is no line.
    Fault(FrameFault),
}

/// What something that waits takes besides its text: its place in the queue, which may be half empty, and that of the text.
const PLACE: usize = 64;

impl Received {
    /// The memory it holds. Never nothing, or what waits would have no bound.
    pub(super) fn bytes(&self) -> usize {
        let text = match self {
            Received::Line(line) => line.len(),
            Received::Fault(FrameFault::NotUtf8 { head }) => head.len(),
            Received::Fault(_) => 0,
        };
        PLACE + text
    }
}

/// A command that waits for an answer from outside the hub.
#[derive(Debug)]
pub(super) struct Pending {
    /// What to do with it.
    pub(super) job: Job,
    /// The question, if it is one to the store or the password threads.
    pub(super) ticket: Option<Ticket>,
    /// What was answered so far.
    pub(super) reply: Reply,
}

/// What to do once the answer is there.
#[derive(Debug)]
pub(super) enum Job {
    /// Log in, if the password was right.
    LogIn {
        /// The account, if there is one of that name.
        account: Option<AccountId>,
        /// The name that was given.
        name: String,
        /// Where it was counted.
        attempt: Attempt,
    },
    /// Log in, if the account's older connection stays silent.
    Probe {
        /// The account; its password was right.
        account: AccountId,
        /// Until when it has to stay silent.
        until: u64,
    },
    /// Become an operator of the server, if the password was right.
    BecomeOperator {
        /// The name that was given.
        name: String,
        /// What it is good for; `None` for nothing, whatever the password.
        rank: Option<Rank>,
        /// Whether a password that is kept as it is was right already; the work is for the time it takes.
        right: bool,
        /// Where it was counted.
        attempt: Attempt,
    },
    /// Make an account with the hash.
    SignUp {
        /// Its name.
        name: AccountName,
        /// Where it was counted.
        attempt: Attempt,
    },
    /// Send a page of history.
    History {
        /// The subcommand, for errors.
        subcommand: String,
        /// The target as it was named.
        target: String,
    },
    /// Send what was found.
    Search,
    /// Send the list of conversations.
    Targets,
    /// Say something, unless it was said before.
    Say(Box<Stamped>),
    /// Take something back.
    Redact(Redaction),
}
