//! The engine that lasts: one SQLite file in WAL mode, one connection, every commit flushed to the disk.

mod addresses;
mod bans;
mod history;
mod nonces;
mod rooms;
mod rows;
mod schema;
mod search;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::{Store, StoreError};
use crate::hub::io::{Answer, Query, Snapshot, Write};

/// Keeps everything in one SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    db: Connection,
    path: PathBuf,
}

impl Sqlite {
    /// Opens the file at `path`, or makes it with the `epoch` and `owner_code` given. Older schemas are brought up to
    /// date; a damaged file is found here where it can be: one of up to 64 MiB, or one that was not closed properly, is
    /// read as a whole.
    ///
    /// # Errors
    /// [`StoreError`] says what is wrong with the file. Nothing is changed in a file of another program or a newer klatchd.
    pub fn open(path: &Path, epoch: u32, owner_code: &str) -> Result<Self, StoreError> {
        let unclean = wal_of(path).metadata().is_ok_and(|wal| wal.len() > 0);
        make_private(path).map_err(|error| of_system(path, &error))?;
        let open = || -> rusqlite::Result<Connection> {
            // The one connection stays on one thread at a time, so SQLite's own mutexes are not needed.
            let flags =
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let db = Connection::open_with_flags(path, flags)?;
            db.set_prepared_statement_cache_capacity(64);
            Ok(db)
        };
        let db = open().map_err(|error| explain(path, &error))?;
        let mut store = Sqlite { db, path: path.to_owned() };
        schema::check_owner(&store.db, path)?;
        store.check_health(unclean)?;
        store.set_up().map_err(|error| store.explain(&error))?;
        schema::migrate(&mut store.db, epoch, owner_code).map_err(|error| store.explain(&error))?;
        Ok(store)
    }

    fn set_up(&self) -> rusqlite::Result<()> {
        self.db.pragma_update(None, "journal_mode", "WAL")?;
        self.db.pragma_update(None, "synchronous", "FULL")?;
        self.db.pragma_update(None, "temp_store", "MEMORY")
    }

    /// Reads the whole file where that is quick or where there is a reason for doubt.
    fn check_health(&self, unclean: bool) -> Result<(), StoreError> {
        const QUICK: u64 = 64 << 20;
        let size = self.path.metadata().map_or(0, |file| file.len());
        if size > QUICK && !unclean {
            return Ok(());
        }
        let verdict: String =
            self.db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|error| self.explain(&error))?;
        if verdict == "ok" {
            return Ok(());
        }
        Err(StoreError::Corrupt { path: self.path.clone(), detail: verdict.replace('\n', " ") })
    }

    fn explain(&self, error: &rusqlite::Error) -> StoreError {
        explain(&self.path, error)
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
        burst().map_err(|error| explain(&self.path, &error))
    }

    fn query(&self, query: &Query) -> Answer {
        history::answer(&self.db, query).unwrap_or_else(|error| Answer::Failed(self.explain(&error).to_string()))
    }
}

/// Makes the file for its owner only. SQLite gives the files beside it the same permissions.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn of_system(path: &Path, error: &std::io::Error) -> StoreError {
    use std::io::ErrorKind;
    let path = path.to_owned();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full(path),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly(path),
        _ => StoreError::Io { path, detail: error.to_string() },
    }
}

fn wal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// What SQLite's error means for us.
fn explain(path: &Path, error: &rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    let detail = error.to_string().replace('\n', " ");
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full(path),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => StoreError::ReadOnly(path),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt { path, detail },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked(path),
        Some(ErrorCode::ConstraintViolation) => StoreError::Refused { path, detail },
        Some(_) => StoreError::Io { path, detail },
        // No error of SQLite, so a value that this program would not have written.
        None => StoreError::Corrupt { path, detail },
    }
}
