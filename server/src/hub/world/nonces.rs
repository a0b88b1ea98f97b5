//! Which messages are repeats: a client that cannot know whether a message arrived sends it again under the nonce it had
//! the first time (docs/protocol.md, "`klatch.chat/nonce`"). Remembered from the moment something is said, not from when
//! it is durable: what answers a repeat is released after the commit that keeps the original.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use klatch_protocol::{Tags, UnixMs};

use crate::hub::io::{AccountId, KeptNonces, NONCES_IN_MEMORY, NonceRow, Seq};

/// The tag that carries it.
const TAG: &str = "+klatch.chat/nonce";
/// The longest, in bytes. A longer one counts as none.
const LONGEST: usize = 64;

/// Whether something was said before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// It was, at this place and time.
    Said(Seq, UnixMs),
    /// It was not.
    Never,
    /// Only the store can tell: the account has older ones there than are remembered here.
    AskStore,
}

/// The newest nonces, at most [`NONCES_IN_MEMORY`].
#[derive(Debug, Default)]
pub(super) struct Nonces {
    known: HashMap<(AccountId, Arc<str>), (Seq, UnixMs)>,
    order: VecDeque<(AccountId, Arc<str>)>,
    /// The accounts that have others in the store.
    older: HashSet<AccountId>,
}

impl Nonces {
    pub(super) fn new(kept: KeptNonces) -> Self {
        let mut nonces = Nonces { older: kept.older.into_iter().collect(), ..Nonces::default() };
        for NonceRow { account, nonce, seq, at } in kept.newest {
            nonces.remember(account, &nonce, seq, at);
        }
        nonces
    }

    pub(super) fn before(&self, account: AccountId, nonce: &str) -> Before {
        match self.known.get(&(account, nonce.into())) {
            Some((seq, at)) => Before::Said(*seq, *at),
            None if self.older.contains(&account) => Before::AskStore,
            None => Before::Never,
        }
    }

    pub(super) fn remember(&mut self, account: AccountId, nonce: &str, seq: Seq, at: UnixMs) {
        let key = (account, Arc::from(nonce));
        if self.known.insert(key.clone(), (seq, at)).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > NONCES_IN_MEMORY
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
            self.older.insert(oldest.0);
        }
    }
}

/// The nonce among tags in wire form.
#[must_use]
pub fn nonce_of(tags: &str) -> Option<String> {
    let nonce = Tags::from_raw(tags).get(TAG)?.into_owned();
    (!nonce.is_empty() && nonce.len() <= LONGEST).then_some(nonce)
}

/// The tags without a nonce.
#[must_use]
pub fn without_nonce(tags: &str) -> String {
    let others = tags.split(';').filter(|tag| tag.split('=').next() != Some(TAG));
    others.collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_remembered_any_more_is_asked_of_the_store() {
        let mut nonces = Nonces::default();
        let (amy, bob) = (AccountId(1), AccountId(2));
        nonces.remember(amy, "first", Seq(1), UnixMs(1));
        assert_eq!(nonces.before(amy, "first"), Before::Said(Seq(1), UnixMs(1)));
        assert_eq!(nonces.before(bob, "first"), Before::Never);
        for number in 0..NONCES_IN_MEMORY as u64 {
            nonces.remember(bob, &number.to_string(), Seq(number + 2), UnixMs(2));
        }
        assert_eq!(nonces.order.len(), NONCES_IN_MEMORY);
        assert_eq!(nonces.before(amy, "first"), Before::AskStore);
        assert_eq!(nonces.before(bob, "other"), Before::Never);
    }

    #[test]
    fn the_nonce_is_found_among_tags_and_taken_out() {
        assert_eq!(nonce_of("+a=b;+klatch.chat/nonce=x1").as_deref(), Some("x1"));
        assert_eq!(nonce_of("+klatch.chat/nonce"), None);
        assert_eq!(nonce_of(&format!("+klatch.chat/nonce={}", "x".repeat(65))), None);
        assert_eq!(without_nonce("+a=b;+klatch.chat/nonce=x1;+c"), "+a=b;+c");
    }
}
