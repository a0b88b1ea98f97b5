//! How many of those who are here hide, and how many keep order: counted as they change, so that asking costs nothing.

use super::User;

/// The figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// People who hide from those who share no room.
    pub invisible: usize,
    /// People who keep order on the whole server.
    pub operators: usize,
}

impl Census {
    /// Somebody came, or changed to this.
    pub(super) fn add(&mut self, user: &User) {
        self.invisible += usize::from(user.is_invisible());
        self.operators += usize::from(user.is_operator());
    }

    /// Somebody left, or changes from this.
    pub(super) fn take(&mut self, user: &User) {
        self.invisible -= usize::from(user.is_invisible());
        self.operators -= usize::from(user.is_operator());
    }
}
