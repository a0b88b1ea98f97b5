//! Who was here under which nick, for WHOWAS: the newest few, in memory only.

use std::collections::VecDeque;

use klatch_protocol::{Folded, Nick, UnixMs};

use super::world::User;

/// How many are remembered. The oldest is forgotten for the newest.
const REMEMBERED: usize = 1024;

/// Somebody who has a nick no more.
#[derive(Debug, Clone)]
pub(super) struct Past {
    /// The nick.
    pub(super) nick: Nick,
    /// What stood between `!` and `@`.
    pub(super) ident: String,
    /// The display name.
    pub(super) display: String,
    /// When they left it, or the server.
    pub(super) at: UnixMs,
}

/// All who are remembered, the newest first.
#[derive(Debug, Default)]
pub(super) struct Pasts(VecDeque<Past>);

impl Pasts {
    /// `user` had `nick` until `at`.
    pub(super) fn remember(&mut self, nick: Nick, user: &User, at: UnixMs) {
        self.0.truncate(REMEMBERED - 1);
        self.0.push_front(Past { nick, ident: user.ident.clone(), display: user.display.clone(), at });
    }

    /// Who had a nick, the newest first.
    pub(super) fn of(&self, nick: &Folded) -> impl Iterator<Item = &Past> {
        self.0.iter().filter(move |past| past.nick.folded() == nick)
    }
}
