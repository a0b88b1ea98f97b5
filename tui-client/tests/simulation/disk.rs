//! The disk below the server: a real store, which outlives a crash with what was committed. It can be full or slow, and, in a
//! world that is broken on purpose, lie about what it has written.

use std::{fs, path::Path};

use klatch_server::{
    hub::io::{Answer, Query, Snapshot, Write},
    store::{Memory, Sqlite, Store},
};
use tempfile::TempDir;

pub(crate) struct Disk {
    engine: Engine,
    /// Every burst that was said to be durable.
    journal: Vec<Vec<Write>>,
    /// Until when nothing can be written.
    pub(crate) full_until: u64,
    /// Until when a commit takes long.
    pub(crate) slow_until: u64,
}

/// Where the data are.
enum Engine {
    /// In the store of `--ephemeral`.
    Memory(Box<Memory>),
    /// In a real database file in the directory.
    Sqlite(Sqlite, TempDir),
}

impl Engine {
    fn memory() -> Self {
        Engine::Memory(Box::new(Memory::new(EPOCH, OWNER_CODE.to_owned())))
    }

    /// An empty file, in memory where the system has such a place: what a commit costs is not looked at here.
    fn sqlite() -> Self {
        let folder = folder();
        Engine::Sqlite(open(folder.path()), folder)
    }

    fn store(&mut self) -> &mut dyn Store {
        match self {
            Engine::Memory(memory) => memory.as_mut(),
            Engine::Sqlite(sqlite, _) => sqlite,
        }
    }
}

const EPOCH: u32 = 0x5eed;
const OWNER_CODE: &str = "owner-code";

impl Disk {
    pub(crate) fn new(sqlite: bool) -> Self {
        let engine = if sqlite { Engine::sqlite() } else { Engine::memory() };
        Disk { engine, journal: Vec::new(), full_until: 0, slow_until: 0 }
    }

    /// Makes a burst durable.
    pub(crate) fn commit(&mut self, writes: Vec<Write>) {
        self.engine.store().commit(&writes).unwrap();
        self.journal.push(writes);
    }

    /// The power fails. An honest disk loses nothing; one that lies loses its last bursts.
    pub(crate) fn lose_power(&mut self, lying: bool) {
        if let (false, Engine::Sqlite(_, before)) = (lying, &self.engine) {
            // The files as they are at this moment, not as a database that is closed leaves them.
            let after = folder();
            for file in fs::read_dir(before.path()).unwrap() {
                let file = file.unwrap();
                // What is only shared memory between connections does not outlive a crash.
                if !file.file_name().to_string_lossy().ends_with("-shm") {
                    fs::copy(file.path(), after.path().join(file.file_name())).unwrap();
                }
            }
            self.engine = Engine::Sqlite(open(after.path()), after);
        }
        if lying {
            self.journal.truncate(self.journal.len().saturating_sub(3));
            self.engine = match self.engine {
                Engine::Memory(_) => Engine::memory(),
                Engine::Sqlite(..) => Engine::sqlite(),
            };
            for writes in &self.journal {
                self.engine.store().commit(writes).unwrap();
            }
        }
    }

    pub(crate) fn load(&mut self) -> Snapshot {
        self.engine.store().load().unwrap()
    }

    pub(crate) fn query(&mut self, query: &Query) -> Answer {
        self.engine.store().query(query)
    }
}

fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

fn open(folder: &Path) -> Sqlite {
    Sqlite::open(&folder.join("klatch.db"), EPOCH, OWNER_CODE).unwrap()
}
