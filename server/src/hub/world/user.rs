//! Who is here: one [`User`] for each person, however many connections they have.

use std::sync::Arc;

use klatch_protocol::{Nick, UnixMs};

use super::UserModes;
use crate::hub::io::{AccountId, Rank, RoomId};

/// What stands for everybody's address in sources. Nobody but operators sees where somebody comes from.
pub const HIDDEN_HOST: &str = "private";

/// Somebody who is here. Never used twice while the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub u64);

/// Somebody who is here, logged in or a guest.
#[derive(Debug, Clone)]
pub struct User {
    /// Which one.
    pub id: UserId,
    /// The name people write to.
    pub nick: Nick,
    /// What stands between `!` and `@`; no claim to be true.
    pub ident: String,
    /// The display name; IRC's real name.
    pub display: String,
    /// The account, unless a guest.
    pub account: Option<AccountId>,
    /// The account's rank.
    pub rank: Rank,
    /// Why they are away, if they are.
    pub away: Option<String>,
    /// What they set on themselves.
    pub modes: UserModes,
    /// Who may write to them in spite of the mode `R`, in the order of accepting.
    pub accepted: Vec<UserId>,
    /// Of a guest who talked to somebody with an account: under which number that is kept.
    pub correspondent: Option<AccountId>,
    /// The rooms they are in, in the order of joining.
    pub rooms: Vec<RoomId>,
    /// Since when they are here.
    pub since: UnixMs,
    /// When they last said something.
    pub active: UnixMs,
    /// `nick!ident@host`, shared by every line they cause.
    pub source: Arc<str>,
}

impl User {
    /// Somebody new, in no room.
    #[must_use]
    pub fn new(id: UserId, nick: Nick, ident: String, display: String, now: UnixMs) -> Self {
        let source = source_of(nick.as_str(), &ident);
        User {
            id,
            nick,
            ident,
            display,
            account: None,
            rank: Rank::Member,
            away: None,
            modes: UserModes::empty(),
            accepted: Vec::new(),
            correspondent: None,
            rooms: Vec::new(),
            since: now,
            active: now,
            source,
        }
    }

    /// Whether they keep order on the whole server.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        self.rank >= Rank::Operator
    }

    /// Whether they hide from those who share no room.
    #[must_use]
    pub fn is_invisible(&self) -> bool {
        self.modes.contains(UserModes::INVISIBLE)
    }

    /// For how many seconds they have said nothing.
    #[must_use]
    pub fn idle(&self, now: UnixMs) -> i64 {
        (now.seconds() - self.active.seconds()).max(0)
    }

    /// Their modes as 221 tells them.
    #[must_use]
    pub fn mode_string(&self) -> String {
        let operator = self.is_operator().then_some('o');
        std::iter::once('+').chain(self.modes.letters()).chain(operator).collect()
    }

    /// Whether a program.
    #[must_use]
    pub fn is_bot(&self) -> bool {
        self.modes.contains(UserModes::BOT)
    }

    /// The tags of everything they cause, in wire form (ircv3.net "bot-mode", "The bot tag").
    #[must_use]
    pub fn own_tags(&self) -> &'static str {
        if self.is_bot() { "bot" } else { "" }
    }

    /// Gives them another nick.
    pub fn rename(&mut self, nick: Nick) {
        self.source = source_of(nick.as_str(), &self.ident);
        self.nick = nick;
    }
}

/// `nick!ident@host` as others see it.
#[must_use]
pub fn source_of(nick: &str, ident: &str) -> Arc<str> {
    format!("{nick}!{ident}@{HIDDEN_HOST}").into()
}
