//! Attempts on one connection: counted before anything is compared, and answered at once when there were too many.

use super::{
    io::{Urgency, Write, listed},
    throttle::{Attempt, Suitor},
    turn::{Turn, standard_reply},
};

/// How long somebody has to wait, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    pub(super) seconds: u64,
}

impl Patience {
    fn of(ms: u64) -> Self {
        Patience { seconds: ms.div_ceil(1_000) }
    }

    /// The sentence that says so, after what there was too much of.
    pub(super) fn sentence(self, too_much: &str) -> String {
        let span = match self.seconds {
            1 => "a second".to_owned(),
            seconds @ 0..=119 => format!("{seconds} seconds"),
            seconds @ 120..=7_199 => format!("{} minutes", seconds.div_ceil(60)),
            seconds => format!("{} hours", seconds.div_ceil(3_600)),
        };
        format!("{too_much}; try again in {span}")
    }
}

impl Turn<'_> {
    /// Who tries `name` here, or a password alone.
    pub(super) fn suitor(&mut self, name: Option<&str>) -> Suitor {
        let name = name.map(|name| self.world().fold(name).to_string());
        let from = self.session().peer.addr;
        let counted = !from.is_loopback() && !listed(&self.hub.policy.exempt, from);
        Suitor::new(name.as_deref(), from, counted)
    }

    /// Whether a password may be tried for `name`, which counts nothing yet.
    ///
    /// # Errors
    /// How long they have to wait.
    pub(super) fn may_attempt(&mut self, name: &str) -> Result<(), Patience> {
        let who = self.suitor(Some(name));
        match self.hub.throttle.wait(self.hub.policy.attempts, &who, self.now.mono) {
            0 => Ok(()),
            wait => Err(Patience::of(wait)),
        }
    }

    /// Counts an attempt at a password, for `name` or by the address alone.
    ///
    /// # Errors
    /// How long they have to wait first.
    pub(super) fn attempt(&mut self, name: Option<&str>) -> Result<Attempt, Patience> {
        let who = self.suitor(name);
        self.hub.throttle.attempt(self.hub.policy.attempts, &who, self.now.mono).map_err(Patience::of)
    }

    /// Counts an account made here.
    ///
    /// # Errors
    /// As [`Turn::attempt`].
    pub(super) fn attempt_sign_up(&mut self) -> Result<Attempt, Patience> {
        let who = self.suitor(None);
        self.hub.throttle.sign_up(self.hub.policy.attempts, &who, self.now.mono).map_err(Patience::of)
    }

    /// Counts a guest who comes in here.
    ///
    /// # Errors
    /// As [`Turn::attempt`].
    pub(super) fn attempt_as_guest(&mut self) -> Result<Attempt, Patience> {
        let who = self.suitor(None);
        self.hub.throttle.guest(self.hub.policy.attempts, &who, self.now.mono).map_err(Patience::of)
    }

    /// The password for `name` was right: the attempt does not count, and the address is known from now on.
    pub(super) fn attempt_was_right(&mut self, name: &str, attempt: Attempt) {
        self.hub.throttle.give_back(attempt);
        self.know_address(name);
    }

    /// The owner of `name` is here.
    pub(super) fn know_address(&mut self, name: &str) {
        let (who, at) = (self.suitor(Some(name)), self.now.wall);
        self.effects.writes.extend(self.hub.throttle.remember(&who, at).map(Write::KnowAddress));
    }

    /// How soon password work for `name` should be done: strangers do not keep those waiting who were here before.
    pub(super) fn urgency(&mut self, name: &str) -> Urgency {
        let who = self.suitor(Some(name));
        if self.hub.throttle.knows(&who) { Urgency::Known } else { Urgency::Stranger }
    }

    /// Answers that there were too many attempts: FAIL with the seconds to wait where the client understands it, else a
    /// NOTICE. What the command itself answers comes after it.
    pub(super) fn ask_for_patience(&mut self, command: &str, patience: Patience) {
        let text = patience.sentence("Too many attempts");
        if !self.caps().contains(klatch_protocol::Caps::STANDARD_REPLIES) {
            return self.fail_or_notice(command, "TOO_MANY_ATTEMPTS", &text);
        }
        let (server, seconds) = (&self.hub.policy.server_name, patience.seconds.to_string());
        let line = standard_reply(server, "FAIL", command, "TOO_MANY_ATTEMPTS", &[&seconds], &text);
        self.reply.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_units_that_people_use() {
        let say = |ms| Patience::of(ms).sentence("Too much");
        assert_eq!(say(1), "Too much; try again in a second");
        assert_eq!(say(59_001), "Too much; try again in 60 seconds");
        assert_eq!(say(600_000), "Too much; try again in 10 minutes");
        assert_eq!(say(4 * 3_600_000 + 1), "Too much; try again in 5 hours");
    }
}
