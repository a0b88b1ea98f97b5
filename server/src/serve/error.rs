//! Why a server does not start, or does not go on.

use crate::{data_dir::DataDirError, net::ListenError, store::StoreError, tls::TlsError};

/// Why a server does not start. Displays as one line: what, where, what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A port.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Random bytes.
    #[error("the system gives no random bytes: {0}; klatchd cannot run safely without them")]
    Chance(getrandom::Error),
    /// A thread.
    #[error("the system gives no thread: {0}; end other programs, or raise the limit of processes")]
    Thread(std::io::Error),
    /// Password hashing.
    #[error("passwords cannot be hashed: {0}; check that enough memory is free")]
    Passwords(String),
    /// A fault of this program.
    #[error("klatchd failed to start by a fault of its own; please report the lines above")]
    Panicked,
}

/// Why a server ended before it was told to. Displays as one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServeError {
    /// Something could not be kept, so nobody may be told of it.
    #[error("stopped, because something could not be saved (nobody was told of it): {0}")]
    Store(#[from] StoreError),
    /// What is kept turned out to be damaged.
    #[error("stopped: {0}")]
    Damaged(StoreError),
    /// A fault of this program.
    #[error("stopped by a fault of klatchd; please report the lines above")]
    Panicked,
}
