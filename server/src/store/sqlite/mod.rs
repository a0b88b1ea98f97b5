//! The engine that lasts: one SQLite file in WAL mode, one connection that writes, every commit flushed to the disk. What
//! takes long is read through others.

mod addresses;
mod backup;
mod bans;
mod copy;
mod history;
mod index;
mod inspect;
mod nonces;
mod reader;
mod restore;
mod rooms;
mod rows;
mod schema;
mod search;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod upgrades;
mod wal;

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, config::DbConfig, ffi};

pub use backup::{BackupError, Existing};
use index::Index;
use inspect::Found;
use reader::Reader;
use restore::RESTORING;

use super::{Searcher, Store, StoreError};
use crate::{
    files::{make_private, sync_folder},
    hub::io::{Answer, Query, Snapshot, Write},
};

/// What the mark of an open database is called, behind its name. Where it is left, the database was not closed, and its
/// log has to be there.
const OPEN: &str = "-open";

/// Keeps everything in one SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    db: Connection,
    path: PathBuf,
    checked: bool,
    index: Index,
}

impl Sqlite {
    /// Opens the file at `path`, or makes it with the `epoch` and `owner_code` given. Older schemas are brought up to
    /// date. Damage is found here as far as can be seen quickly; [`Sqlite::is_checked`] tells whether all was read.
    ///
    /// # Errors
    /// [`StoreError`] says what is wrong with the file. Nothing is changed in one that is damaged, another program's or a
    /// newer klatchd's, nor in its log.
    pub fn open(path: &Path, epoch: u32, owner_code: &str) -> Result<Self, StoreError> {
        let found = inspect::inspect(path)?;
        if found == Found::Nothing {
            make_fresh(path, epoch, owner_code)?;
        }
        make_private(path).map_err(|error| of_system(path, &error))?;
        let db = open_for_writing(path).map_err(|error| explain(path, &error))?;
        let mut store = Sqlite { db, path: path.to_owned(), checked: found != Found::Large, index: Index::default() };
        store.set_up().map_err(|error| store.explain(&error))?;
        schema::migrate(&mut store.db, epoch, owner_code).map_err(|error| store.explain(&error))?;
        store.index = Index::of(&store.db).map_err(|error| store.explain(&error))?;
        store.begin_log().map_err(|error| store.explain(&error))?;
        store.mark_open();
        Ok(store)
    }

    /// Whether the whole file was read and found in order when it was opened. If not, [`Sqlite::check`] does that.
    #[must_use]
    pub fn is_checked(&self) -> bool {
        self.checked
    }

    /// Reads the database at `path`, which may be in use, as a whole. Blocks for as long as that takes, about a second for
    /// a million records; ends soon after `stop` becomes true, with nothing found.
    ///
    /// # Errors
    /// [`StoreError`] says what is damaged, or why it cannot be read.
    pub fn check(path: &Path, stop: &Arc<AtomicBool>) -> Result<(), StoreError> {
        let mut db = inspect::read_only(path).map_err(|error| explain(path, &error))?;
        let stopped = stop.clone();
        copy::breaks_off(&mut db, move || copy::is_stopped(&stopped)).map_err(|error| explain(path, &error))?;
        check_health(&db, path).or_else(|error| if copy::is_stopped(stop) { Ok(()) } else { Err(error) })
    }

    fn set_up(&self) -> rusqlite::Result<()> {
        self.db.pragma_update(None, "journal_mode", "WAL")?;
        self.db.pragma_update(None, "synchronous", "FULL")?;
        self.db.pragma_update(None, "temp_store", "MEMORY")
    }

    /// Brings what a killed server left in the log into the database, so that a log is never that of two runs.
    fn begin_log(&self) -> rusqlite::Result<()> {
        self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }

    /// Without the mark, for example on a full disk, nothing is worse than that a log which somebody removes is not missed.
    fn mark_open(&self) {
        let marked = make_private(&beside(&self.path, OPEN)).and_then(|()| sync_folder(&self.path));
        if let Err(error) = marked {
            tracing::debug!(%error, "the database cannot be marked as open");
        }
    }

    fn explain(&self, error: &rusqlite::Error) -> StoreError {
        explain(&self.path, error)
    }
}

impl Drop for Sqlite {
    /// The mark goes first: closing removes the log. Where it cannot go, the log has to stay, and does as after a kill.
    fn drop(&mut self) {
        let unmarked = match std::fs::remove_file(beside(&self.path, OPEN)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other.and_then(|()| sync_folder(&self.path)),
        };
        if unmarked.is_err() {
            let _ = self.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
    }
}

impl Store for Sqlite {
    fn load(&self) -> Result<Snapshot, StoreError> {
        rows::load(&self.db).map_err(|error| self.explain(&error))
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        let mut burst = || -> rusqlite::Result<()> {
            // Dropped without a commit, a transaction is taken back.
            let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for write in writes {
                rows::apply(&transaction, write)?;
            }
            transaction.commit()
        };
        burst().map_err(|error| explain(&self.path, &error))?;
        self.index.wrote(writes);
        Ok(())
    }

    fn behind(&self) -> u64 {
        self.index.behind()
    }

    fn catch_up(&mut self) -> Result<(), StoreError> {
        self.index.go_on(&mut self.db).map_err(|error| explain(&self.path, &error))
    }

    fn query(&self, query: &Query) -> Answer {
        history::answer(&self.db, query).unwrap_or_else(|error| Answer::Failed(self.explain(&error).to_string()))
    }

    fn searcher(&self) -> Result<Option<Box<dyn Searcher>>, StoreError> {
        let reader = Reader::open(&self.path).map_err(|error| self.explain(&error))?;
        Ok(Some(Box::new(reader)))
    }
}

fn open_for_writing(path: &Path) -> rusqlite::Result<Connection> {
    // A connection stays on one thread at a time, so SQLite's own mutexes are not needed.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Makes a database with nothing in it. It appears whole or not at all, so an empty file is never ours.
fn make_fresh(path: &Path, epoch: u32, owner_code: &str) -> Result<(), StoreError> {
    let half = beside(path, ".new");
    let make = || -> rusqlite::Result<()> {
        let mut db = open_for_writing(&half)?;
        // What fails halfway is begun anew.
        db.pragma_update(None, "journal_mode", "OFF")?;
        schema::migrate(&mut db, epoch, owner_code)
    };
    backup::prepare(&half).map_err(|error| of_system(path, &error))?;
    let made = make().map_err(|error| explain(path, &error)).and_then(|()| {
        std::fs::rename(&half, path).and_then(|()| sync_folder(path)).map_err(|error| of_system(path, &error))
    });
    if made.is_err() {
        // Of no use to anybody; that there is an error is said anyway.
        let _ = std::fs::remove_file(&half);
    }
    made
}

/// Reads the whole database and says what is damaged.
fn check_health(db: &Connection, path: &Path) -> Result<(), StoreError> {
    let verdict: String =
        db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|error| explain(path, &error))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(StoreError::Corrupt { path: path.to_owned(), detail: verdict.replace('\n', " ") })
}

/// What the system's error means for us.
fn of_system(path: &Path, error: &std::io::Error) -> StoreError {
    let path = path.to_owned();
    match error.kind() {
        ErrorKind::StorageFull => StoreError::Full(path),
        ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            StoreError::Unwritable { path, detail: error.to_string() }
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly(path),
        _ => StoreError::Io { path, detail: error.to_string() },
    }
}

/// The name of a file that goes with the database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Errors of SQLite after which nothing was changed: the system did not take a write, or gave no space for one. One that
/// took it and could not flush it is not among them: what became of it then, nobody knows.
const REFUSED_WRITES: [i32; 2] = [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_SHMSIZE];

/// What SQLite's error means for us.
fn explain(path: &Path, error: &rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    let detail = error.to_string().replace('\n', " ");
    let extended = error.sqlite_error().map_or(0, |error| error.extended_code);
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full(path),
        Some(_) if REFUSED_WRITES.contains(&extended) => StoreError::Unwritable { path, detail },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => StoreError::ReadOnly(path),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt { path, detail },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked(path),
        Some(ErrorCode::ConstraintViolation) => StoreError::Refused { path, detail },
        Some(_) => StoreError::Io { path, detail },
        // No error of SQLite, so a value that this program would not have written.
        None => StoreError::Corrupt { path, detail },
    }
}
