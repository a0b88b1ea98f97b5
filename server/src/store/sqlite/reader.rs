//! The second connection to the database, which only reads: what it does is in no commit's way.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use rusqlite::Connection;

use super::{copy::breaks_off, explain, inspect, search::search};
use crate::{
    hub::io::{Answer, Search},
    store::{SEARCHED, Searcher},
};

/// Reads beside the [`Sqlite`](super::Sqlite) that writes. The last connection that closes takes the log away, and this one
/// may not, so it has to go first.
#[derive(Debug)]
pub(super) struct Reader {
    db: Connection,
    path: PathBuf,
}

impl Reader {
    /// Opens the database at `path` once more.
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let db = inspect::read_only(path)?;
        db.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(Reader { db, path: path.to_owned() })
    }
}

impl Searcher for Reader {
    fn search(&mut self, wanted: Box<Search>, stop: &Arc<AtomicBool>) -> Answer {
        let found = breaks_off(&mut self.db, stop).and_then(|()| search(&self.db, &wanted, SEARCHED));
        found.map_or_else(|error| Answer::Failed(explain(&self.path, &error).to_string()), Answer::History)
    }
}
