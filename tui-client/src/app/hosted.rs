//! The server that runs inside this program, as far as the application has to know it: where it is, how others get in, who
//! is there. It runs elsewhere ([`crate::host`]); this is what is shown and asked about it.

use std::collections::{BTreeSet, VecDeque};

use klatch_protocol::{Fingerprint, UnixMs};

use crate::net::Target;

/// The most lines kept for the time before there is a window to show them in.
const KEPT: usize = 100;

/// A server hosted by this program.
#[derive(Debug, Clone)]
pub struct Hosted {
    /// Where we reach it ourselves.
    pub target: Target,
    /// Its certificate, which we know at first hand.
    pub fingerprint: Fingerprint,
    /// The code that makes its owner, while there is none.
    pub owner_code: Option<String>,
    /// How others get in and where its log is, a sentence each.
    pub about: Vec<String>,
}

/// Something that happened on the hosted server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostNews {
    /// What, in a line. Clean.
    pub text: String,
    /// Whether somebody came or left, if that is what happened.
    pub moved: Option<Moved>,
}

/// Somebody came or left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// Came in, by nick.
    In(String),
    /// Left, by nick.
    Out(String),
}

/// What has happened on the hosted server.
#[derive(Debug)]
pub(super) struct Hosting {
    people: BTreeSet<String>,
    /// What there was to say and no window for it yet.
    unsaid: VecDeque<(String, UnixMs)>,
}

impl Hosting {
    pub(super) fn new(server: Hosted, at: UnixMs) -> Self {
        let unsaid = server.about.into_iter().map(|line| (line, at)).collect();
        Hosting { people: BTreeSet::new(), unsaid }
    }

    /// Follows the news.
    pub(super) fn note(&mut self, news: HostNews, at: UnixMs) {
        match news.moved {
            Some(Moved::In(nick)) => _ = self.people.insert(nick),
            Some(Moved::Out(nick)) => _ = self.people.remove(&nick),
            None => {}
        }
        if self.unsaid.len() == KEPT {
            self.unsaid.pop_front();
        }
        self.unsaid.push_back((news.text, at));
    }

    /// What there is to say since this was last asked.
    pub(super) fn say(&mut self) -> impl Iterator<Item = (String, UnixMs)> {
        self.unsaid.drain(..)
    }

    /// How many people besides `me` are there.
    pub(super) fn others(&self, me: &str) -> usize {
        self.people.iter().filter(|nick| !klatch_protocol::casemap::same(nick, me)).count()
    }
}
