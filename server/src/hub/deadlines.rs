//! When which connection wants to be looked at. One ordered set; a connection has at most one time in it, so a message
//! costs nothing here: a connection that spoke in the meantime is simply looked at once for nothing.

use std::collections::{BTreeSet, HashMap};

use super::io::ConnId;

/// The times, in milliseconds of the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    order: BTreeSet<(u64, ConnId)>,
    times: HashMap<ConnId, u64>,
}

impl Deadlines {
    /// Looks at `conn` at `at`, or earlier if that was wanted before.
    pub(super) fn at_latest(&mut self, conn: ConnId, at: u64) {
        match self.times.get(&conn) {
            Some(known) if *known <= at => {}
            _ => self.set(conn, at),
        }
    }

    /// Forgets `conn`.
    pub(super) fn remove(&mut self, conn: ConnId) {
        if let Some(at) = self.times.remove(&conn) {
            self.order.remove(&(at, conn));
        }
    }

    /// The next time.
    pub(super) fn first(&self) -> Option<u64> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes out a connection whose time has come.
    pub(super) fn pop_due(&mut self, now: u64) -> Option<ConnId> {
        let (at, conn) = self.order.first().copied()?;
        if at > now {
            return None;
        }
        self.remove(conn);
        Some(conn)
    }

    fn set(&mut self, conn: ConnId, at: u64) {
        self.remove(conn);
        self.times.insert(conn, at);
        self.order.insert((at, conn));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_time_counts() {
        let mut deadlines = Deadlines::default();
        deadlines.at_latest(ConnId(1), 50);
        deadlines.at_latest(ConnId(1), 70);
        deadlines.at_latest(ConnId(2), 60);
        deadlines.at_latest(ConnId(2), 40);
        assert_eq!(deadlines.first(), Some(40));
        assert_eq!(deadlines.pop_due(45), Some(ConnId(2)));
        assert_eq!(deadlines.pop_due(45), None);
        deadlines.remove(ConnId(1));
        assert_eq!(deadlines.first(), None);
    }
}
