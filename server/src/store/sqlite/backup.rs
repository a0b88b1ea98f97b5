//! Backups: a copy of the database under a name of the operator's choice, whole or not there at all.

use std::{
    fs::File,
    io::{Error, ErrorKind},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use super::{
    Sqlite, StoreError, beside,
    copy::{CopyError, copy},
};
use crate::files::{make_private, sync_folder};

/// What becomes of a file that has the backup's name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and there is no backup.
    Keep,
    /// It is replaced once the backup is whole.
    Replace,
}

/// Why there is no backup, or none was restored. Displays as one line with what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The name is taken.
    #[error("{0} is there already; name another file, or say --force to replace it")]
    Exists(PathBuf),
    /// The name is one of the database's own.
    #[error("{0} is a file of the data directory itself; name one elsewhere")]
    Own(PathBuf),
    /// The file cannot be written.
    #[error("cannot write {path}: {detail}; check the folder, its space and who may write there, or name another file")]
    Target {
        /// The file.
        path: PathBuf,
        /// What the system or SQLite said.
        detail: String,
    },
    /// There is nothing to copy.
    #[error("there is no {0}; check the name, --data and --config")]
    Missing(PathBuf),
    /// The database, or the backup that is to be restored, cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was not to go on.
    #[error("the server ended before the backup was whole; nothing of it was kept")]
    BrokenOff,
}

impl Sqlite {
    /// Copies the database at `database`, which may be in use, to the file `target`, and reads the copy as a whole. It
    /// appears under that name when it is on the disk, for its owner only. How many bytes it has.
    ///
    /// Blocks for as long as it takes, but ends soon after `stop` becomes true.
    ///
    /// # Errors
    /// [`BackupError`] says what was in the way; then `target` is as it was.
    pub fn backup(
        database: &Path,
        target: &Path,
        existing: Existing,
        stop: &Arc<AtomicBool>,
    ) -> Result<u64, BackupError> {
        if !database.is_file() {
            return Err(BackupError::Missing(database.to_owned()));
        }
        let refused = |error: &Error| BackupError::Target { path: target.to_owned(), detail: error.to_string() };
        check_name(database, target, existing)?;
        let half = beside(target, ".half");
        let copied = whole(database, target, &half, stop).and_then(|size| {
            // Looked at again: copying takes a while.
            check_name(database, target, existing)?;
            std::fs::rename(&half, target).map_err(|error| refused(&error))?;
            sync_folder(target).map_err(|error| refused(&error))?;
            Ok(size)
        });
        if copied.is_err() {
            // What is half is of no use; that there is an error is said anyway.
            let _ = std::fs::remove_file(&half);
        }
        copied
    }
}

/// Makes `half` a whole copy that is on the disk.
fn whole(database: &Path, target: &Path, half: &Path, stop: &Arc<AtomicBool>) -> Result<u64, BackupError> {
    let refused = |detail: String| BackupError::Target { path: target.to_owned(), detail };
    let of_system = |error: Error| refused(error.to_string());
    prepare(half).map_err(of_system)?;
    copy(database, half, stop).map_err(|error| match error {
        CopyError::Source(error) => error.into(),
        CopyError::Target(detail) => refused(detail),
        CopyError::BrokenOff => BackupError::BrokenOff,
    })?;
    let file = File::open(half).map_err(of_system)?;
    file.sync_all().map_err(of_system)?;
    Ok(file.metadata().map_err(of_system)?.len())
}

/// An empty file of its owner's at `path`, in the place of one that was left there half.
pub(super) fn prepare(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    make_private(path)
}

fn check_name(database: &Path, target: &Path, existing: Existing) -> Result<(), BackupError> {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    let name = |path: &Path| path.file_name().map(|name| name.as_encoded_bytes().to_owned()).unwrap_or_default();
    let of_database = name(target).starts_with(&name(database));
    if of_database && folder(target).is_some_and(|target| Some(target) == folder(database)) {
        return Err(BackupError::Own(target.to_owned()));
    }
    match target.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Ok(there) if existing == Existing::Replace && there.is_file() => Ok(()),
        Ok(there) if existing == Existing::Replace => {
            let detail = if there.is_dir() { "it is a folder" } else { "it is not an ordinary file" };
            Err(BackupError::Target { path: target.to_owned(), detail: detail.into() })
        }
        Ok(_) => Err(BackupError::Exists(target.to_owned())),
        Err(error) => Err(BackupError::Target { path: target.to_owned(), detail: error.to_string() }),
    }
}
