//! How often something was tried lately: a bounded table of numbers that grow with each attempt and shrink with time.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
    sync::Arc,
};

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    /// Names and passwords tried from an address.
    From(IpAddr),
    /// Passwords tried for a name, from addresses at which it is not known.
    Name(Arc<str>),
    /// Passwords tried for a name from an address at which it is known.
    Known(Arc<str>, IpAddr),
    /// Accounts made from an address.
    SignUps(IpAddr),
    /// Guests who came from an address.
    Guests(IpAddr),
}

/// What follows from how often something was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    /// Attempts that cost no time; 0 for no limit at all.
    pub(super) free: u32,
    /// Milliseconds after which one attempt is forgotten.
    pub(super) forget: u64,
    /// The longest wait in milliseconds: it begins with a second and doubles with each attempt. `None`: the next attempt has
    /// to wait until one is forgotten.
    pub(super) longest: Option<u64>,
}

impl Rule {
    /// The most attempts that are remembered: with more the wait would not grow any more.
    fn most(self) -> u64 {
        let doublings = self.longest.map_or(0, |longest| u64::from((longest / SECOND).max(1).ilog2()) + 2);
        u64::from(self.free) + doublings
    }
}

const SECOND: u64 = 1_000;

/// What is remembered of one key.
#[derive(Debug, Clone, Copy)]
struct Strain {
    /// When the last attempt was.
    last: u64,
    /// When all is forgotten. The attempts that are remembered are what is left until then, in units of [`Rule::forget`].
    clear: u64,
}

impl Strain {
    fn attempts(self, rule: Rule, now: u64) -> u64 {
        self.clear.saturating_sub(now).div_ceil(rule.forget.max(1))
    }
}

/// The table. When it is full, what would be forgotten first makes room, so that many new names or addresses do not wash
/// away what is remembered of those that tried hard.
#[derive(Debug)]
pub(super) struct Strains {
    most: usize,
    known: HashMap<Key, Strain>,
    /// The same, what is forgotten first in front.
    order: BTreeSet<(u64, Key)>,
}

impl Strains {
    /// An empty table for at most `most` keys.
    pub(super) fn new(most: usize) -> Self {
        Strains { most, known: HashMap::new(), order: BTreeSet::new() }
    }

    /// How many milliseconds the next attempt has to wait; 0 for not at all.
    pub(super) fn wait(&self, key: &Key, rule: Rule, now: u64) -> u64 {
        let Some(strain) = self.known.get(key).filter(|_| rule.free > 0) else { return 0 };
        let Some(over) = strain.attempts(rule, now).checked_sub(u64::from(rule.free)) else { return 0 };
        match rule.longest {
            Some(longest) => {
                let doubled = 1_u64.checked_shl(u32::try_from(over).unwrap_or(u32::MAX)).unwrap_or(u64::MAX);
                let delay = SECOND.saturating_mul(doubled).min(longest.max(SECOND));
                strain.last.saturating_add(delay).saturating_sub(now)
            }
            None => {
                let enough = rule.forget.saturating_mul(u64::from(rule.free) - 1);
                strain.clear.saturating_sub(enough).saturating_sub(now)
            }
        }
    }

    /// Counts an attempt.
    pub(super) fn add(&mut self, key: Key, rule: Rule, now: u64) {
        if rule.free == 0 {
            return;
        }
        self.forget_old(now);
        let before = self.known.get(&key).map_or(now, |strain| strain.clear.max(now));
        let longest = now.saturating_add(rule.forget.saturating_mul(rule.most()));
        let clear = before.saturating_add(rule.forget).min(longest);
        self.put(key, Strain { last: now, clear });
    }

    /// Takes an attempt back that was counted before.
    pub(super) fn give_back(&mut self, key: Key, rule: Rule) {
        if let Some(Strain { last, clear }) = self.known.get(&key).copied() {
            self.put(key, Strain { last, clear: clear.saturating_sub(rule.forget) });
        }
    }

    /// How many keys are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.known.len(), self.order.len());
        self.known.len()
    }

    fn put(&mut self, key: Key, strain: Strain) {
        if let Some(before) = self.known.insert(key.clone(), strain) {
            self.order.remove(&(before.clear, key.clone()));
        }
        self.order.insert((strain.clear, key));
        while self.known.len() > self.most
            && let Some((_, first)) = self.order.pop_first()
        {
            self.known.remove(&first);
        }
    }

    fn forget_old(&mut self, now: u64) {
        while let Some((_, key)) = self.order.first().filter(|(clear, _)| *clear <= now).cloned() {
            self.known.remove(&key);
            self.order.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: Rule = Rule { free: 3, forget: 60_000, longest: Some(20_000) };

    fn key(number: u8) -> Key {
        Key::From([10, 0, 0, number].into())
    }

    #[test]
    fn the_wait_begins_after_the_free_attempts_and_doubles_up_to_the_longest() {
        let mut strains = Strains::new(8);
        let (mut now, mut waits) = (5_000, Vec::new());
        for _ in 0..10 {
            let wait = strains.wait(&key(1), RULE, now);
            waits.push(wait / SECOND);
            now += wait;
            strains.add(key(1), RULE, now);
        }
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(strains.wait(&key(2), RULE, now), 0, "nobody else waits");
        assert!(strains.wait(&key(1), RULE, now + 5_000) > 0);
        assert_eq!(strains.wait(&key(1), RULE, now + RULE.most() * RULE.forget), 0);
    }

    #[test]
    fn without_a_longest_wait_one_has_to_be_forgotten_first() {
        let rule = Rule { longest: None, ..RULE };
        let mut strains = Strains::new(8);
        (0..3).for_each(|_| strains.add(key(1), rule, 1_000));
        assert_eq!(strains.wait(&key(1), rule, 1_000), 60_000);
        assert_eq!(strains.wait(&key(1), rule, 60_999), 1);
        assert_eq!(strains.wait(&key(1), rule, 61_000), 0);
        strains.give_back(key(1), rule);
        assert_eq!(strains.wait(&key(1), rule, 1_000), 0);
    }

    #[test]
    fn new_keys_do_not_wash_away_who_tried_hard() {
        let mut strains = Strains::new(4);
        (0..5).for_each(|_| strains.add(key(0), RULE, 0));
        (1..=200).for_each(|number| strains.add(key(number), RULE, u64::from(number)));
        assert!(strains.wait(&key(0), RULE, 200) > 0);
        assert_eq!(strains.len(), 4);
    }

    proptest! {
        #[test]
        fn the_table_is_bounded_and_every_wait_ends(
            steps in prop::collection::vec((0_u8..20, 0_u64..30_000, any::<bool>()), 1..300),
            free in 0_u32..6,
            longest in prop::option::of(0_u64..50_000),
        ) {
            let rule = Rule { free, forget: 10_000, longest };
            let mut strains = Strains::new(7);
            let mut now = 0;
            for (number, passes, back) in steps {
                now += passes;
                match back {
                    true => strains.give_back(key(number), rule),
                    false => strains.add(key(number), rule, now),
                }
                prop_assert!(strains.len() <= 7);
                let wait = strains.wait(&key(number), rule, now);
                prop_assert!(wait <= longest.map_or(rule.forget, |longest| longest.max(SECOND)));
                prop_assert_eq!(strains.wait(&key(number), rule, now + wait), 0);
            }
            strains.forget_old(now + rule.forget * rule.most());
            prop_assert_eq!(strains.len(), 0);
        }
    }
}
