//! Copies of a database that may be in use meanwhile.
//!
//! A copy is made page by page from one moment of the database. Its reader is in no writer's way: in WAL mode commits go
//! on, and only the log grows by them, since what the reader has not seen yet stays in it. (`VACUUM INTO` would do as
//! well; it takes several times the work, and cannot be followed or broken off as easily.)

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rusqlite::{
    Connection, ErrorCode, OpenFlags,
    backup::{Backup, StepResult},
};

use super::{
    StoreError, check_health, explain, inspect,
    schema::{self, Owner},
};

/// Pages between two looks at whether to go on: 4 MiB.
const PAGES_AT_ONCE: i32 = 1024;

/// How long to wait when somebody else holds a lock for a moment.
const LOCKED_PAUSE: Duration = Duration::from_millis(10);

/// Why a copy came to nothing.
#[derive(Debug)]
pub(super) enum CopyError {
    /// The database.
    Source(StoreError),
    /// The file that the copy was written to; what the system or SQLite said.
    Target(String),
    /// It was not to go on.
    BrokenOff,
}

/// Copies the database `from`, as it is at this moment, into `to`, which has to be an empty file; then reads the copy as a
/// whole. Neither is flushed to the disk. Ends soon after `stop` becomes true.
pub(super) fn copy(from: &Path, to: &Path, stop: &Arc<AtomicBool>) -> Result<(), CopyError> {
    let of_source = |error| CopyError::Source(explain(from, &error));
    let of_target = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => CopyError::BrokenOff,
        Some(ErrorCode::DiskFull) => CopyError::Target("no space is left there".into()),
        _ => CopyError::Target(error.to_string()),
    };
    let source = inspect::read_only(from).map_err(of_source)?;
    if schema::check_owner(&source, from).map_err(CopyError::Source)? == Owner::Nobody {
        return Err(CopyError::Source(StoreError::Foreign(from.to_owned())));
    }
    // From its first look on, a transaction sees one moment.
    source.execute_batch("BEGIN").map_err(of_source)?;
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(of_source)?;

    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = Connection::open_with_flags(to, flags).map_err(of_target)?;
    // The file has another name until it is whole, and is flushed then.
    target.pragma_update(None, "journal_mode", "OFF").map_err(of_target)?;
    target.pragma_update(None, "synchronous", "OFF").map_err(of_target)?;
    pages(&source, &mut target, stop, from, of_target)?;
    // One file that needs no log beside it, and can be read where nothing may be written.
    target.pragma_update(None, "journal_mode", "DELETE").map_err(of_target)?;
    let stopped = stop.clone();
    breaks_off(&mut target, move || is_stopped(&stopped)).map_err(of_target)?;
    check_health(&target, from).map_err(|error| match is_stopped(stop) {
        true => CopyError::BrokenOff,
        false => CopyError::Source(error),
    })
}

fn pages(
    source: &Connection,
    target: &mut Connection,
    stop: &AtomicBool,
    from: &Path,
    of_target: impl Fn(rusqlite::Error) -> CopyError,
) -> Result<(), CopyError> {
    let backup = Backup::new(source, target).map_err(&of_target)?;
    loop {
        match backup.step(PAGES_AT_ONCE) {
            Ok(StepResult::Done) => return Ok(()),
            Ok(StepResult::Busy | StepResult::Locked) => std::thread::sleep(LOCKED_PAUSE),
            Ok(_) => {}
            Err(error) => {
                // SQLite does not say whose error it is; what cannot be read is the source.
                return Err(match explain(from, &error) {
                    fault @ (StoreError::Corrupt { .. } | StoreError::Io { .. }) => CopyError::Source(fault),
                    _ => of_target(error),
                });
            }
        }
        if is_stopped(stop) {
            return Err(CopyError::BrokenOff);
        }
    }
}

/// Lets long statements end soon after `over` becomes true.
pub(super) fn breaks_off(db: &mut Connection, over: impl FnMut() -> bool + Send + 'static) -> rusqlite::Result<()> {
    /// Steps of SQLite's machine between two looks: well under a millisecond.
    const STEPS: i32 = 10_000;
    db.progress_handler(STEPS, Some(over))
}

pub(super) fn is_stopped(stop: &AtomicBool) -> bool {
    stop.load(Ordering::Relaxed)
}
