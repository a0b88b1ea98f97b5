//! New decisions of the operator while people are here: they count at once, and whoever was told something that is
//! otherwise now is told again. No capability comes or goes with them; only values change.

use std::sync::Arc;

use klatch_protocol::Caps;

use super::{
    Hub, commands,
    io::{Effects, Now, OperatorAnswer, Ticket},
    policy::Policy,
    reply::Reply,
    turn::Turn,
};

impl Hub {
    /// Replaces the operator's decisions. What cannot change while people are here stays as it is, and is named in the
    /// answer.
    pub(super) fn decide(&mut self, now: Now, ticket: Ticket, mut policy: Policy, effects: &mut Effects) {
        let before = self.policy.clone();
        let kept = policy.keep_fixed(&before);
        self.policy = Arc::new(policy);
        self.world.set_policy(self.policy.clone());
        for conn in self.all_conns() {
            self.turn(now, Reply::new(conn), effects, |turn| turn.tell_decisions(&before));
        }
        effects.operator.push((ticket, OperatorAnswer::Done(kept.join(", "))));
    }

    /// Reading the operator's decisions again has come to an end: those who asked for it by REHASH hear how.
    pub(super) fn tell_reread(&mut self, now: Now, outcome: &Result<String, String>, effects: &mut Effects) {
        for conn in std::mem::take(&mut self.rehashing) {
            self.turn(now, Reply::new(conn), effects, |turn| commands::answer(turn, "REHASH", outcome.clone()));
        }
    }
}

impl Turn<'_> {
    /// CAP NEW for values that are not what they were `before` (ircv3.net "Capability Negotiation", "The CAP NEW
    /// subcommand": it "can also update the value of an existing capability"), and 005 for tokens.
    fn tell_decisions(&mut self, before: &Policy) {
        if self.caps().contains(Caps::CAP_NOTIFY) {
            commands::tell_new_values(self, before);
        }
        if self.me().is_some() {
            let known = self.tokens(before);
            let now = self.tokens(&self.hub.policy.clone());
            self.tell_tokens(&now.since(&known));
        }
    }
}
