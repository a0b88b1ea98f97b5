//! The folder in which a server keeps everything, for one server at a time.

use std::{
    fs::{File, TryLockError},
    io::{Error, ErrorKind},
    path::{Path, PathBuf},
};

use crate::files::write_private;

/// Why a folder cannot be used. Displays as one line with what to do.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It cannot be made or written.
    #[error("cannot write the data directory {path}: {source}; {}, or choose another with --data", remedy(source))]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: Error,
    },
    /// Another server uses it.
    #[error("another klatchd uses the data directory {0}; stop it, or choose another with --data")]
    InUse(PathBuf),
}

fn remedy(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space",
        ErrorKind::ReadOnlyFilesystem => "mount it for writing",
        _ => "check its owner and permissions",
    }
}

/// A folder that nobody else uses while this value lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// Locked; the system gives the lock back when the process ends, however it ends.
    _lock: File,
}

impl DataDir {
    /// Makes the folder, for its owner only, if it is not there, and locks it.
    ///
    /// # Errors
    /// [`DataDirError`] says what is in the way.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let unwritable = |source| DataDirError::Unwritable { path: path.to_owned(), source };
        make(path).map_err(unwritable)?;
        let lock = File::options().write(true).create(true).truncate(false).open(path.join("klatchd.lock"));
        let lock = lock.map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => Ok(DataDir { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(unwritable(source)),
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the owner code is kept until it is used.
    #[must_use]
    pub fn owner_code(&self) -> PathBuf {
        self.path.join("owner-code.txt")
    }

    /// Keeps the owner code in a file only its owner can read, for operators without a terminal; removes the file when
    /// there is none any more.
    ///
    /// # Errors
    /// [`DataDirError::Unwritable`] with what the system said.
    pub fn keep_owner_code(&self, code: Option<&str>) -> Result<(), DataDirError> {
        let path = self.owner_code();
        let done = match code {
            Some(code) => write_private(&path, &format!("{code}\n")),
            None => match std::fs::remove_file(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                other => other,
            },
        };
        done.map_err(|source| DataDirError::Unwritable { path, source })
    }

    /// Where the database is.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        Self::database_of(&self.path)
    }

    /// Where the database of the data directory `path` is, or would be.
    #[must_use]
    pub fn database_of(path: &Path) -> PathBuf {
        path.join("klatch.db")
    }
}

/// Makes the folder with those above it. One that exists is left as it is: its permissions are its owner's decision.
fn make(path: &Path) -> Result<(), Error> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)?;
    match path.is_dir() {
        true => Ok(()),
        false => Err(Error::from(ErrorKind::NotADirectory)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_for_its_owner_and_used_by_one() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("deep/klatchd");
        let first = DataDir::open(&path).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
        assert!(matches!(DataDir::open(&path), Err(DataDirError::InUse(_))));
        first.keep_owner_code(Some("CODE")).unwrap();
        assert_eq!(std::fs::read_to_string(path.join("owner-code.txt")).unwrap(), "CODE\n");
        first.keep_owner_code(None).unwrap();
        first.keep_owner_code(None).unwrap();
        assert!(!path.join("owner-code.txt").exists());
        drop(first);
        DataDir::open(&path).unwrap();
        std::fs::write(outer.path().join("file"), "").unwrap();
        let error = DataDir::open(&outer.path().join("file")).unwrap_err().to_string();
        assert!(error.contains("--data") && !error.contains('\n'), "{error}");
    }
}
