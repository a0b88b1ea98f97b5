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
    /// The file is damaged.
    #[error(
        "the database {path} is damaged ({detail}); move it away and put a backup in its place, or start with another \
         data directory"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite or the reader found.
        detail: String,
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
