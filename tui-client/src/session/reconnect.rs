//! When to try again after a connection broke: at once, then after 1, 2, 4 … 30 s, spread by chance so that a server that
//! comes back is not stormed by everybody in the same moment.

use std::time::Duration;

/// The longest wait, before chance is added.
const LONGEST: u64 = 30_000;

/// Counts the attempts since we were last in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconnect {
    attempts: u32,
}

impl Reconnect {
    /// How long to wait before the next attempt. `chance` is any random number; it lengthens or shortens the wait by at
    /// most a quarter.
    pub fn next_delay(&mut self, chance: u32) -> Duration {
        let attempt = self.attempts;
        self.attempts = attempt.saturating_add(1);
        let Some(doublings) = attempt.checked_sub(1) else {
            return Duration::ZERO;
        };
        let base = (1_000_u64 << doublings.min(5)).min(LONGEST);
        let spread = base / 2;
        Duration::from_millis(base - spread / 2 + u64::from(chance) % (spread + 1))
    }

    /// We are in again: the next break starts over.
    pub fn arrived(&mut self) {
        self.attempts = 0;
    }

    /// How many attempts were made since we were last in.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_at_once_then_longer_up_to_thirty_seconds() {
        for chance in [0, 1, 12_345, u32::MAX] {
            let mut reconnect = Reconnect::default();
            assert_eq!(reconnect.next_delay(chance), Duration::ZERO);
            for base in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000] {
                let millis = u64::try_from(reconnect.next_delay(chance).as_millis()).unwrap();
                assert!((base * 3 / 4..=base * 5 / 4).contains(&millis), "{millis} around {base}");
            }
            reconnect.arrived();
            assert_eq!(reconnect.next_delay(chance), Duration::ZERO);
        }
    }
}
