//! Forgetting what is too old or too much, a bounded part at a time, while the server runs.

use klatch_protocol::UnixMs;

use super::{
    Hub,
    io::{Effects, Now, Seq, Write},
};

/// Milliseconds between two looks at the oldest records.
const PAUSE: u64 = 60_000;
/// So many new records make the next look due at once. A look forgets up to twice as many, so nothing piles up.
const RECORDS: u64 = 1_000;

impl Hub {
    /// When the next look is due, if anything is ever forgotten.
    pub(super) fn next_look(&self) -> Option<u64> {
        let forgets = self.policy.history_age.is_some() || self.policy.history_most.is_some();
        let many = self.world.record_count().saturating_sub(self.looked_upto) >= RECORDS;
        forgets.then_some(if many { 0 } else { self.look_at })
    }

    /// Has the oldest records forgotten, if it is time for that.
    pub(super) fn forget_old(&mut self, now: Now, effects: &mut Effects) {
        if self.next_look().is_none_or(|due| due > now.mono) {
            return;
        }
        self.look_at = now.mono.saturating_add(PAUSE);
        self.looked_upto = self.world.record_count();
        let age = self.policy.history_age.map(|age| i64::try_from(age).unwrap_or(i64::MAX));
        let before = age.map(|age| UnixMs(now.wall.0.saturating_sub(age)));
        let upto = self.policy.history_most.map(|most| Seq(self.world.record_count().saturating_sub(most)));
        effects.writes.push(Write::Forget { before, upto });
    }
}
