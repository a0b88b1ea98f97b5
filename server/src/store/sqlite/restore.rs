//! The way back from a backup.
//!
//! The new database is made whole and read through beside the old one before the old one is moved. A restore that is
//! broken off in the middle leaves no database under the usual name, and what makes [`inspect`](super::inspect) say so.

use std::{
    fs::File,
    io::{Error, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

use klatch_protocol::UnixMs;
use rusqlite::{Connection, params};

use super::{
    BackupError, Sqlite, Store as _,
    backup::prepare,
    beside,
    copy::{CopyError, copy},
    inspect,
};
use crate::files::sync_folder;

/// The name under which the new database is made, behind the usual one.
pub(super) const RESTORING: &str = ".restoring";

/// How far a store had got in giving numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reached {
    epoch: u32,
    seq: i64,
    room: i64,
}

impl Sqlite {
    /// Puts the backup `from` in the place of the database at `database`, which nobody may be using. An older schema is
    /// brought up to date. The old database is kept, with its log, under the name that is returned; `None` where there
    /// was none. `now` goes into that name.
    ///
    /// Messages that the backup does not know may have been seen under their ids, which must never come again. Where the
    /// old database can be read, numbers go on behind its own; else all ids become new ones, by `epoch`, which has to be
    /// chosen by chance.
    ///
    /// # Errors
    /// [`BackupError`] says what was in the way; then the old database is as it was.
    pub fn restore(from: &Path, database: &Path, now: UnixMs, epoch: u32) -> Result<Option<PathBuf>, BackupError> {
        if !from.is_file() {
            return Err(BackupError::Missing(from.to_owned()));
        }
        let refused = |error: Error| BackupError::Target { path: database.to_owned(), detail: error.to_string() };
        let fresh = beside(database, RESTORING);
        let made = make(from, &fresh, database, epoch);
        if made.is_err() {
            // As if it had never been tried; that there is an error is said anyway.
            let _ = std::fs::remove_file(&fresh);
        }
        made?;
        sync_folder(&fresh).map_err(refused)?;
        let aside = beside(database, &format!(".until-{}", now.to_string().replace(':', "-")));
        let moved = move_aside(database, &aside).map_err(refused)?;
        std::fs::rename(&fresh, database).map_err(refused)?;
        sync_folder(database).map_err(refused)?;
        Ok(moved.then_some(aside))
    }
}

/// Makes the new database at `fresh`.
fn make(from: &Path, fresh: &Path, database: &Path, epoch: u32) -> Result<(), BackupError> {
    let refused = |detail: String| BackupError::Target { path: fresh.to_owned(), detail };
    prepare(fresh).map_err(|error| refused(error.to_string()))?;
    copy(from, fresh, &Arc::default()).map_err(|error| match error {
        CopyError::Source(error) => error.into(),
        CopyError::Target(detail) => refused(detail),
        CopyError::BrokenOff => BackupError::BrokenOff,
    })?;
    // Brought up to date and read as a server would. Its epoch and owner code are those of the backup.
    let store = Sqlite::open(fresh, epoch, "")?;
    store.load()?;
    let old = inspect::read_only(database).and_then(|db| reached(&db)).ok();
    number_on(&store.db, old, epoch).map_err(|error| store.explain(&error))?;
    drop(store);
    if beside(fresh, "-wal").exists() {
        return Err(refused("it could not be closed".into()));
    }
    File::open(fresh).and_then(|file| file.sync_all()).map_err(|error| refused(error.to_string()))
}

fn reached(db: &Connection) -> rusqlite::Result<Reached> {
    let sql = "SELECT epoch, max(last_seq, coalesce((SELECT max(seq) FROM record), 0)), last_room FROM store";
    db.query_row(sql, [], |row| Ok(Reached { epoch: row.get(0)?, seq: row.get(1)?, room: row.get(2)? }))
}

fn number_on(fresh: &Connection, old: Option<Reached>, epoch: u32) -> rusqlite::Result<()> {
    let known = reached(fresh)?;
    match old.filter(|old| old.epoch == known.epoch) {
        Some(old) => fresh.execute(
            "UPDATE store SET last_seq = ?1, last_room = ?2",
            params![old.seq.max(known.seq), old.room.max(known.room)],
        )?,
        None => fresh.execute("UPDATE store SET epoch = ?1", params![epoch])?,
    };
    Ok(())
}

/// Moves the database and then its log. Whether there was one of them.
fn move_aside(database: &Path, aside: &Path) -> Result<bool, Error> {
    let mut moved = false;
    for suffix in ["", "-wal"] {
        moved |= if_there(std::fs::rename(beside(database, suffix), beside(aside, suffix)))?;
    }
    // What only helps to read the two, and the mark of one that was not closed.
    for suffix in ["-shm", super::OPEN] {
        if_there(std::fs::remove_file(beside(database, suffix)))?;
    }
    Ok(moved)
}

fn if_there(done: Result<(), Error>) -> Result<bool, Error> {
    match done {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
