//! Whether the other end is still there. A link that was silent for [`IDLE`] is asked; one that does not answer within
//! [`PATIENCE`] is dead. Nothing wakes more often than that.

use klatch_protocol::UnixMs;

use super::Now;

/// Milliseconds of silence before we ask.
pub(super) const IDLE: u64 = 15_000;
/// Milliseconds a question may stay without any line in answer.
pub(super) const PATIENCE: u64 = 5_000;
/// Milliseconds that signing in may take from one line of the server to the next. It checks passwords slowly on
/// purpose and may have to probe another device.
pub(super) const SIGN_IN: u64 = 30_000;
/// How many milliseconds the wall clock may run ahead of the steady one before it means that the machine slept.
const SLEPT: i64 = 10_000;

#[derive(Debug, Clone, Copy)]
pub(super) struct Keepalive {
    heard: u64,
    asked: Option<u64>,
    /// Wall clock minus steady clock when it was last looked at.
    drift: i64,
    signed_in: bool,
}

/// What silence calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// Nothing yet.
    Fine,
    /// Ask.
    Ask,
    /// The link is dead.
    Dead,
}

impl Keepalive {
    pub(super) fn new(now: Now) -> Self {
        Keepalive { heard: now.mono, asked: None, drift: drift(now), signed_in: false }
    }

    /// A line came in.
    pub(super) fn heard(&mut self, now: Now) {
        self.heard = now.mono;
        self.asked = None;
        self.drift = drift(now);
    }

    /// We are in; from now on silence is asked about.
    pub(super) fn signed_in(&mut self) {
        self.signed_in = true;
    }

    /// When to look again.
    pub(super) fn deadline(&self) -> u64 {
        match self.asked {
            _ if !self.signed_in => self.heard.saturating_add(SIGN_IN),
            Some(asked) => asked.saturating_add(PATIENCE),
            None => self.heard.saturating_add(IDLE),
        }
    }

    /// Looks at the clocks. After [`Silence::Ask`] it takes it that the question is asked.
    pub(super) fn check(&mut self, now: Now) -> Silence {
        let slept = drift(now).saturating_sub(self.drift) > SLEPT;
        self.drift = drift(now);
        if now.mono >= self.deadline() && (self.asked.is_some() || !self.signed_in) {
            return Silence::Dead;
        }
        if self.signed_in && self.asked.is_none() && (slept || now.mono >= self.deadline()) {
            self.asked = Some(now.mono);
            return Silence::Ask;
        }
        Silence::Fine
    }
}

fn drift(now: Now) -> i64 {
    let UnixMs(wall) = now.wall;
    wall.saturating_sub(i64::try_from(now.mono).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mono: u64, wall: i64) -> Now {
        Now { mono, wall: UnixMs(wall) }
    }

    #[test]
    fn silence_is_asked_about_once_and_then_means_death() {
        let mut link = Keepalive::new(at(0, 0));
        link.signed_in();
        assert_eq!(link.deadline(), IDLE);
        assert_eq!(link.check(at(IDLE - 1, 0)), Silence::Fine);
        assert_eq!(link.check(at(IDLE, 0)), Silence::Ask);
        assert_eq!(link.deadline(), IDLE + PATIENCE);
        assert_eq!(link.check(at(IDLE + 1, 0)), Silence::Fine);
        link.heard(at(IDLE + 2, 0));
        assert_eq!(link.deadline(), 2 * IDLE + 2);
        assert_eq!(link.check(at(2 * IDLE + 2, 0)), Silence::Ask);
        assert_eq!(link.check(at(2 * IDLE + 2 + PATIENCE, 0)), Silence::Dead);
    }

    #[test]
    fn waking_from_sleep_asks_at_once() {
        let mut link = Keepalive::new(at(0, 0));
        link.signed_in();
        assert_eq!(link.check(at(1_000, 3_600_000)), Silence::Ask);
        assert_eq!(link.check(at(1_001, 3_600_001)), Silence::Fine);
    }

    #[test]
    fn signing_in_has_its_own_patience() {
        let mut link = Keepalive::new(at(0, 0));
        assert_eq!(link.check(at(SIGN_IN - 1, 0)), Silence::Fine);
        assert_eq!(link.check(at(SIGN_IN, 0)), Silence::Dead);
    }
}
