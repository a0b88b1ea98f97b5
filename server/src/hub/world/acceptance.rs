//! Who may write to whom: people with the mode `R` hear from strangers without an account only if they accepted them.

use super::{Change, Refusal, Target, User, UserId, UserModes, World};

/// The most people somebody can accept at a time.
pub const MAX_ACCEPTED: usize = 100;

impl World {
    /// Accepts somebody, or does so no more. Nobody else hears of it.
    pub(super) fn accept(&mut self, id: UserId, whom: UserId, on: bool) -> Result<Vec<Change>, Refusal> {
        self.known(whom)?;
        let user = self.users.get_mut(&id).ok_or(Refusal::Gone)?;
        match on {
            true if user.accepted.contains(&whom) => {}
            true if user.accepted.len() >= MAX_ACCEPTED => return Err(Refusal::TooManyAccepted),
            true => user.accepted.push(whom),
            false => user.accepted.retain(|known| *known != whom),
        }
        Ok(Vec::new())
    }

    /// Whether `by` may write to `to`. Who writes to somebody without an account accepts the answer.
    pub(super) fn check_acceptance(&mut self, by: UserId, to: Target) -> Result<(), Refusal> {
        let Target::User(other) = to else { return Ok(()) };
        let (user, known) = (self.known(by)?, self.known(other)?);
        let stranger = |user: &User| user.account.is_none() && !user.is_operator();
        if known.is_choosy() && stranger(user) && !known.accepted.contains(&by) && by != other {
            return Err(Refusal::AccountNeeded);
        }
        if user.is_choosy() && stranger(known) {
            // With a full list the message goes out all the same, and the answer does not come.
            let _ = self.accept(by, other, true);
        }
        Ok(())
    }

    /// Nobody accepts somebody who is gone.
    pub(super) fn forget_acceptance(&mut self, gone: UserId) {
        for user in self.users.values_mut().filter(|user| !user.accepted.is_empty()) {
            user.accepted.retain(|known| *known != gone);
        }
    }
}

impl User {
    fn is_choosy(&self) -> bool {
        self.modes.contains(UserModes::REGISTERED_ONLY)
    }
}
