//! What can be wrong with a store, each as one line that says what, where and what to do.

use std::path::PathBuf;

/// Why a store could not do its work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No space is left. Nothing was changed.
    #[error("the disk that holds {0} is full; free some space")]
    Full(PathBuf),
    /// The file or its folder may not be written.
    #[error("{0} cannot be written; check its owner and permissions, and that the file system is not read-only")]
    ReadOnly(PathBuf),
    /// The system does not take what is to be written. Nothing was changed.
    #[error("nothing can be written to {path} ({detail}); check its disk, quotas and limits on the size of files")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system said.
        detail: String,
    },
    /// The file is damaged.
    #[error(
        "the database {path} is damaged ({detail}); nothing was changed: put a backup in its place with `klatchd \
         restore FILE`, which keeps this one, or start with another data directory"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite or the reader found.
        detail: String,
    },
    /// The server was killed, and the log that it left is gone since.
    #[error(
        "the database {path} was not closed, and its log {log} is gone: unless another program has closed it, the newest \
         messages are missing; put the log back, or a backup with `klatchd restore FILE`, or remove {mark} to go on \
         with what there is"
    )]
    LogMissing {
        /// The file.
        path: PathBuf,
        /// Its log.
        log: PathBuf,
        /// What says that it was not closed.
        mark: PathBuf,
    },
    /// The file is missing, and something says that it should be there.
    #[error(
        "the database {path} is missing, though {sign} is there; put it or a backup back with `klatchd restore FILE`, \
         or remove {sign} to begin with nothing"
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// What is there.
        sign: PathBuf,
    },
    /// The file is a database of some other program.
    #[error("{0} is not a database of klatchd; choose another data directory")]
    Foreign(PathBuf),
    /// The file was written by a newer klatchd.
    #[error(
        "the database {path} has schema {found}, this klatchd knows up to {known}; start the newer klatchd that made \
         it, or restore a backup from before the upgrade"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema this program knows.
        known: u32,
    },
    /// Another program holds the file.
    #[error("the database {0} is in use by another program; stop that program first")]
    Locked(PathBuf),
    /// A write contradicts what is kept; a fault of this program.
    #[error("the database {path} refused a change ({detail}); this is a fault of klatchd, please report it")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// Anything else that reading or writing can run into.
    #[error("the database {path} cannot be read or written ({detail}); check the disk")]
    Io {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system said.
        detail: String,
    },
    /// The thread that owns the store is gone.
    #[error("the store has stopped; see the line before this one, and start klatchd again")]
    Gone,
}

impl StoreError {
    /// Whether a commit that failed like this may be tried again: it changed nothing, and what is in its way may go.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, StoreError::Full(_) | StoreError::ReadOnly(_) | StoreError::Unwritable { .. })
    }
}
