//! The disk below the server: the real store of `--ephemeral`, which outlives a crash with what was committed. It can be
//! full or slow, and, in a world that is broken on purpose, lie about what it has written.

use klatch_server::{
    hub::io::{Answer, Query, Snapshot, Write},
    store::{Memory, Store},
};

pub(crate) struct Disk {
    store: Memory,
    /// Every burst that was said to be durable.
    journal: Vec<Vec<Write>>,
    /// Until when nothing can be written.
    pub(crate) full_until: u64,
    /// Until when a commit takes long.
    pub(crate) slow_until: u64,
}

impl Disk {
    pub(crate) fn new() -> Self {
        Disk { store: fresh(), journal: Vec::new(), full_until: 0, slow_until: 0 }
    }

    /// Makes a burst durable.
    pub(crate) fn commit(&mut self, writes: Vec<Write>) {
        self.store.commit(&writes).unwrap();
        self.journal.push(writes);
    }

    /// The power fails. An honest disk loses nothing; one that lies loses its last bursts.
    pub(crate) fn lose_power(&mut self, lying: bool) {
        if lying {
            self.journal.truncate(self.journal.len().saturating_sub(3));
            self.store = fresh();
            for writes in &self.journal {
                self.store.commit(writes).unwrap();
            }
        }
    }

    pub(crate) fn load(&self) -> Snapshot {
        self.store.load().unwrap()
    }

    pub(crate) fn query(&self, query: &Query) -> Answer {
        self.store.query(query)
    }
}

fn fresh() -> Memory {
    Memory::new(0x5eed, "owner-code".to_owned())
}
