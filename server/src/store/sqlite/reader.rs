//! The second connection to the database, which only reads: what it does is in no commit's way.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode};

use super::{
    copy::{breaks_off, is_stopped},
    explain, inspect,
    search::search,
};
use crate::{
    hub::io::{Answer, Search},
    store::{SEARCHED, Searcher},
};

/// The longest that one search takes: others wait for it.
const LONGEST: Duration = Duration::from_secs(2);

/// Reads beside the [`Sqlite`](super::Sqlite) that writes. The last connection that closes takes the log away, and this one
/// may not, so it has to go first.
#[derive(Debug)]
pub(super) struct Reader {
    db: Connection,
    path: PathBuf,
    /// The longest that one search takes.
    pub(super) longest: Duration,
}

impl Reader {
    /// Opens the database at `path` once more.
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let db = inspect::read_only(path)?;
        db.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(Reader { db, path: path.to_owned(), longest: LONGEST })
    }
}

impl Searcher for Reader {
    fn search(&mut self, wanted: Box<Search>, stop: &Arc<AtomicBool>) -> Answer {
        let (until, stopped) = (Instant::now() + self.longest, stop.clone());
        let bounded = breaks_off(&mut self.db, move || is_stopped(&stopped) || Instant::now() >= until);
        let over = |error: &rusqlite::Error| error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted);
        match bounded.and_then(|()| search(&self.db, &wanted, SEARCHED)) {
            Ok(records) => Answer::History(records),
            Err(error) if over(&error) && !is_stopped(stop) => Answer::TooLong,
            Err(error) => Answer::Failed(explain(&self.path, &error).to_string()),
        }
    }
}
