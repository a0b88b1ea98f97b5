//! What is known about the present connection and forgotten when it breaks.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use klatch_protocol::{Caps, CaseMapping, Folded, Isupport, UnixMs};

use super::{Now, OutId, Person, batches::Batches, keepalive::Keepalive, typists::Typists};

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Phase {
    /// There is none.
    #[default]
    Closed,
    /// Finding out what the server can do.
    Negotiating,
    /// Making the account.
    SigningUp,
    /// Proving who we are.
    SigningIn,
    /// Waiting for the welcome.
    Entering,
    /// We are in.
    In,
}

#[derive(Debug)]
pub(super) struct Link {
    pub phase: Phase,
    pub keepalive: Keepalive,
    /// The capabilities offered, with their values.
    pub offered: BTreeMap<String, String>,
    /// The capabilities that are switched on.
    pub caps: Caps,
    /// CAP REQ lines that were not answered yet.
    pub cap_requests: usize,
    pub isupport: Isupport,
    pub batches: Batches,
    /// NAMES answers that have not ended.
    pub names: HashMap<Folded, Vec<Person>>,
    /// Rooms whose NAMES the user wants to read.
    pub names_asked: BTreeSet<Folded>,
    /// Rooms whose WHO we asked for ourselves, to learn display names.
    pub who_silent: BTreeSet<Folded>,
    /// Rooms we are in on this connection.
    pub joined: BTreeSet<Folded>,
    /// The keys of rooms that the user wants to go into.
    pub keys: HashMap<Folded, String>,
    /// The length of `user@host` as others see us, once known.
    pub userhost: Option<usize>,
    /// The server's clock minus ours.
    pub skew: Option<i64>,
    /// Whether the server told which conversations went on.
    pub knows_conversations: bool,
    /// The newest time that the server told.
    pub newest: Option<UnixMs>,
    /// Whether the server knows that the account is ours.
    pub proven: bool,
    /// Whether our nick was refused before we had proven who we are.
    pub nick_refused: bool,
    /// How many other nicks were tried.
    pub nick_tries: u32,
    /// Whether REGISTER has to wait until we are in.
    pub register_later: bool,
    /// Whether the server's greeting is over, so that we can ask for things.
    pub ready: bool,
    /// Whether the server said that it will be shut down.
    pub shutdown_announced: bool,
    /// Who else is typing.
    pub typists: Typists,
    /// When we last told that we type, by target.
    pub typing: HashMap<Folded, u64>,
    /// Questions whether messages have been taken, by their numbers, with the messages.
    pub unanswered: VecDeque<(u64, Vec<OutId>)>,
    /// Who is away, and why, as it was told already.
    pub away_told: HashMap<Folded, String>,
}

impl Default for Link {
    /// No connection.
    fn default() -> Self {
        Link {
            phase: Phase::Closed,
            keepalive: Keepalive::new(Now { mono: 0, wall: UnixMs(0) }),
            offered: BTreeMap::new(),
            caps: Caps::empty(),
            cap_requests: 0,
            isupport: Isupport::default(),
            batches: Batches::default(),
            names: HashMap::new(),
            names_asked: BTreeSet::new(),
            who_silent: BTreeSet::new(),
            joined: BTreeSet::new(),
            keys: HashMap::new(),
            userhost: None,
            skew: None,
            knows_conversations: false,
            newest: None,
            proven: false,
            nick_refused: false,
            nick_tries: 0,
            register_later: false,
            ready: false,
            shutdown_announced: false,
            typists: Typists::default(),
            typing: HashMap::new(),
            unanswered: VecDeque::new(),
            away_told: HashMap::new(),
        }
    }
}

impl Link {
    /// A connection that is ready. Names are compared as on the last one, until the server says how.
    pub(super) fn new(now: Now, names: CaseMapping) -> Self {
        let mut link = Link { phase: Phase::Negotiating, keepalive: Keepalive::new(now), ..Link::default() };
        link.typists.compare_names(names);
        link
    }

    /// Names are compared otherwise from now on. What is folded here lives for moments only, so the folded names do.
    pub(super) fn compare_names(&mut self, names: CaseMapping) {
        let again = |folded: Folded| names.fold(folded.as_str());
        self.names = std::mem::take(&mut self.names).into_iter().map(|(room, people)| (again(room), people)).collect();
        self.names_asked = std::mem::take(&mut self.names_asked).into_iter().map(again).collect();
        self.who_silent = std::mem::take(&mut self.who_silent).into_iter().map(again).collect();
        self.keys = std::mem::take(&mut self.keys).into_iter().map(|(room, key)| (again(room), key)).collect();
        self.typing = std::mem::take(&mut self.typing).into_iter().map(|(to, at)| (again(to), at)).collect();
        // Worst, it is told again.
        self.away_told.clear();
        self.typists.compare_names(names);
    }

    pub(super) fn has(&self, caps: Caps) -> bool {
        self.caps.contains(caps)
    }

    /// Whether history can be asked for.
    pub(super) fn has_history(&self) -> bool {
        self.has(Caps::CHATHISTORY | Caps::BATCH | Caps::SERVER_TIME)
    }

    /// Learns from a line that was sent just now what the server's clock says. The largest difference comes from the line
    /// that was under way for the shortest time.
    pub(super) fn learn_time(&mut self, told: UnixMs, wall: UnixMs) {
        self.newest = self.newest.max(Some(told));
        let difference = told.0.saturating_sub(wall.0);
        self.skew = Some(self.skew.map_or(difference, |known| known.max(difference)));
    }
}
