//! How often who may try a name or a password, make accounts or come as a guest.
//!
//! Attempts are counted per address (of IPv6 a /64 is one) and per name, whether an account has that name or not. A name
//! that logged in from an address before is counted there by itself: strangers who try it elsewhere do not keep its owner
//! out. Everything here is bounded and forgotten with time; what is known of addresses is kept by the store.

mod known;
mod strain;

use std::{net::IpAddr, sync::Arc};

use klatch_protocol::UnixMs;

use self::{
    known::Known,
    strain::{Key, Rule, Strains},
};
use super::{
    io::{KnownAddress, origin},
    policy::Attempts,
};

/// The most names and addresses that are remembered: about ten megabytes.
const MOST: usize = 50_000;
/// Milliseconds after which one wrong password is forgotten.
const FORGET_ATTEMPT: u64 = 10 * 60 * 1_000;
/// The longest wait for a name at an address where it is known: only who shares that address can bring it about.
const KNOWN_LONGEST: u64 = 60 * 1_000;
/// Milliseconds of a day and an hour.
const DAY: u64 = 24 * 60 * 60 * 1_000;
const HOUR: u64 = 60 * 60 * 1_000;
/// The most bytes of a name that are looked at: more than a name may have.
const MAX_NAME: usize = 128;

/// Counts attempts. See the module.
#[derive(Debug)]
pub(super) struct Throttle {
    strains: Strains,
    known: Known,
}

/// Where an attempt was counted, to take it back when it was right.
#[derive(Debug, Default)]
pub(super) struct Attempt(Vec<(Key, Rule)>);

/// Who tries.
#[derive(Debug, Clone)]
pub(super) struct Suitor {
    /// The name they try, casefolded; none where there is only a password.
    pub(super) name: Option<Arc<str>>,
    /// Where they are.
    pub(super) from: IpAddr,
    /// Whether attempts from there are counted by the address: many people may be behind it, or the machine itself.
    pub(super) counted: bool,
}

impl Suitor {
    /// Somebody at `from` who tries `name`.
    pub(super) fn new(name: Option<&str>, from: IpAddr, counted: bool) -> Self {
        let name = name.map(|name| klatch_protocol::encode::truncate(name, MAX_NAME).into());
        Suitor { name, from: origin(from), counted }
    }

    /// The address whose share of what is scarce they take, if addresses are counted there.
    pub(super) fn share(&self) -> Option<IpAddr> {
        self.counted.then_some(self.from)
    }
}

impl Throttle {
    /// With the addresses that the store remembers.
    pub(super) fn new(known: Vec<KnownAddress>) -> Self {
        Throttle { strains: Strains::new(MOST), known: Known::new(known) }
    }

    /// Whether the owner of the name that is tried was there before.
    pub(super) fn knows(&self, who: &Suitor) -> bool {
        who.name.as_ref().is_some_and(|name| self.known.is(name, who.from))
    }

    /// How many milliseconds they have to wait before they may try a password; 0 for not at all.
    pub(super) fn wait(&self, limits: Attempts, who: &Suitor, now: u64) -> u64 {
        let waits = self.passwords(limits, who).into_iter().map(|(key, rule)| self.strains.wait(&key, rule, now));
        waits.max().unwrap_or(0)
    }

    /// Counts that they try a password.
    ///
    /// # Errors
    /// How many milliseconds they have to wait first; nothing is counted then.
    pub(super) fn attempt(&mut self, limits: Attempts, who: &Suitor, now: u64) -> Result<Attempt, u64> {
        let keys = self.passwords(limits, who);
        self.count(keys, now)
    }

    /// Counts that they make an account.
    ///
    /// # Errors
    /// As [`Throttle::attempt`].
    pub(super) fn sign_up(&mut self, limits: Attempts, who: &Suitor, now: u64) -> Result<Attempt, u64> {
        let rule = spread(limits.sign_ups, DAY);
        self.count(who.share().map(|from| (Key::SignUps(from), rule)).into_iter().collect(), now)
    }

    /// Counts that they come as a guest.
    ///
    /// # Errors
    /// As [`Throttle::attempt`].
    pub(super) fn guest(&mut self, limits: Attempts, who: &Suitor, now: u64) -> Result<Attempt, u64> {
        let rule = spread(limits.guests, HOUR);
        self.count(who.share().map(|from| (Key::Guests(from), rule)).into_iter().collect(), now)
    }

    /// The attempt was right, or was not made: it does not count.
    pub(super) fn give_back(&mut self, Attempt(keys): Attempt) {
        keys.into_iter().for_each(|(key, rule)| self.strains.give_back(key, rule));
    }

    /// The owner of the name logged in from there. What has to be kept of it, if that is new.
    pub(super) fn remember(&mut self, who: &Suitor, at: UnixMs) -> Option<KnownAddress> {
        self.known.remember(who.name.as_ref()?, who.from, at)
    }

    fn count(&mut self, keys: Vec<(Key, Rule)>, now: u64) -> Result<Attempt, u64> {
        match keys.iter().map(|(key, rule)| self.strains.wait(key, *rule, now)).max().unwrap_or(0) {
            0 => {
                keys.iter().for_each(|(key, rule)| self.strains.add(key.clone(), *rule, now));
                Ok(Attempt(keys))
            }
            wait => Err(wait),
        }
    }

    /// What an attempt at a password is counted by.
    fn passwords(&self, limits: Attempts, who: &Suitor) -> Vec<(Key, Rule)> {
        let rule = |free, longest| Rule { free, forget: FORGET_ATTEMPT, longest: Some(longest) };
        let of_name = |name: &Arc<str>, known| match known {
            true => {
                (Key::Known(name.clone(), who.from), rule(limits.per_account, limits.longest_wait.min(KNOWN_LONGEST)))
            }
            false => (Key::Name(name.clone()), rule(limits.per_account, limits.longest_wait)),
        };
        let known = self.knows(who);
        let by_address =
            (who.counted && !known).then(|| (Key::From(who.from), rule(limits.per_address, limits.longest_wait)));
        who.name.iter().map(|name| of_name(name, known)).chain(by_address).collect()
    }
}

/// So many within a span, one more whenever its share of the span is over.
fn spread(many: u32, span: u64) -> Rule {
    Rule { free: many, forget: span / u64::from(many.max(1)), longest: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Attempts = Attempts { per_account: 3, per_address: 6, longest_wait: 600_000, sign_ups: 2, guests: 3 };

    fn at(name: &str, last: u8) -> Suitor {
        Suitor::new(Some(name), [203, 0, 113, last].into(), true)
    }

    /// Strangers at 100 addresses try until nobody may try any more.
    fn besieged(name: &str) -> Throttle {
        let mut throttle = Throttle::new(Vec::new());
        throttle.remember(&at(name, 200), UnixMs(0));
        for last in (0..100).cycle().take(1_000) {
            let _ = throttle.attempt(LIMITS, &at(name, last), 1_000);
        }
        throttle
    }

    #[test]
    fn strangers_wait_and_the_owner_does_not_where_they_were_before() {
        let mut throttle = besieged("amy");
        assert!(throttle.attempt(LIMITS, &at("amy", 150), 1_000).is_err());
        assert!(throttle.attempt(LIMITS, &at("amy", 200), 1_000).is_ok());
        assert!(throttle.attempt(LIMITS, &at("bob", 150), 1_000).is_ok(), "nobody else waits");
    }

    #[test]
    fn an_address_that_tries_many_names_waits_and_who_is_known_there_does_not() {
        let mut throttle = Throttle::new(Vec::new());
        throttle.remember(&at("amy", 1), UnixMs(0));
        for name in ["a", "b", "c", "d", "e", "f"] {
            assert!(throttle.attempt(LIMITS, &at(name, 1), 0).is_ok());
        }
        assert!(throttle.attempt(LIMITS, &at("g", 1), 0).is_err());
        assert!(throttle.attempt(LIMITS, &at("amy", 1), 0).is_ok());
        let exempt = Suitor { counted: false, ..at("g", 1) };
        assert!(throttle.attempt(LIMITS, &exempt, 0).is_ok());
    }

    #[test]
    fn one_network_of_ipv6_is_one_address() {
        let mut throttle = Throttle::new(Vec::new());
        for number in 0..6_u16 {
            let from = format!("2001:db8::{number}").parse().unwrap();
            assert!(throttle.attempt(LIMITS, &Suitor::new(Some(&number.to_string()), from, true), 0).is_ok());
        }
        let more = Suitor::new(Some("x"), "2001:db8::ffff".parse().unwrap(), true);
        assert!(throttle.attempt(LIMITS, &more, 0).is_err());
    }

    #[test]
    fn what_was_right_does_not_count() {
        let mut throttle = Throttle::new(Vec::new());
        for _ in 0..20 {
            let attempt = throttle.attempt(LIMITS, &at("amy", 1), 0).unwrap();
            throttle.give_back(attempt);
        }
    }

    #[test]
    fn accounts_and_guests_of_an_address_are_counted_by_day_and_hour() {
        let mut throttle = Throttle::new(Vec::new());
        let who = at("amy", 1);
        assert!(throttle.sign_up(LIMITS, &who, 0).is_ok() && throttle.sign_up(LIMITS, &who, 0).is_ok());
        assert_eq!(throttle.sign_up(LIMITS, &who, 0).unwrap_err(), DAY / 2);
        assert!(throttle.sign_up(LIMITS, &who, DAY / 2).is_ok());
        assert!(throttle.sign_up(LIMITS, &at("amy", 2), 0).is_ok());
        (0..3).for_each(|_| drop(throttle.guest(LIMITS, &who, 0).unwrap()));
        assert_eq!(throttle.guest(LIMITS, &who, 0).unwrap_err(), HOUR / 3);
        let unlimited = Attempts { guests: 0, ..LIMITS };
        assert!(throttle.guest(unlimited, &who, 0).is_ok());
    }
}
