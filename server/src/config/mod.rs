//! What the operator decided: the configuration file and the command line, brought together.
//!
//! The file is raw first ([`File`], one field a key) and typed once; the command line wins over it. Nothing here opens
//! a port or a database.

mod file;
mod gateways;
mod keys;
mod listen;
mod operators;

use std::path::{Path, PathBuf};

pub use file::ConfigError;
pub use gateways::WebIrc;
pub use keys::{Accounts, File, History, Limits, Log, LogFormat, Rooms, Server, Sts, TlsFiles};
pub use listen::Listen;
pub use operators::Operators;

use crate::serve::Storage;

/// The port of Klatch, for TLS and plain text.
pub const PORT: u16 = 23791;

/// Where data is kept unless told otherwise: where systemd says (`STATE_DIRECTORY`), else where this platform keeps a
/// user's data. `None` when the user has no home.
#[must_use]
pub fn default_data_dir() -> Option<PathBuf> {
    use etcetera::base_strategy::{BaseStrategy as _, choose_base_strategy};
    if let Some(given) = std::env::var_os("STATE_DIRECTORY").filter(|given| !given.is_empty()) {
        return Some(PathBuf::from(given));
    }
    choose_base_strategy().ok().map(|strategy| strategy.data_dir().join("klatchd"))
}

/// The folder asked for on the command line, else in the file, else the default.
///
/// # Errors
/// [`ConfigError::NoHome`] when there is none of them.
pub fn storage(asked: Option<&Path>, file: &File) -> Result<Storage, ConfigError> {
    let path = asked.map(Path::to_owned).or_else(|| file.server.data_dir.clone()).or_else(default_data_dir);
    path.map(Storage::Folder).ok_or(ConfigError::NoHome)
}
