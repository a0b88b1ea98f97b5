//! The operator's end.

use std::{
    io::{Error, ErrorKind, Read as _, Write as _},
    net::Shutdown,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};

use super::{OK, REFUSED, path};
use crate::hub::io::Secret;

/// Why there is no answer. Displays as one line with what to do.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens.
    #[error("no klatchd runs with the data directory {0}; start it, or name another directory with --data or --config")]
    NotRunning(PathBuf),
    /// It broke.
    #[error("the klatchd with the data directory {path} cannot be asked: {source}")]
    Broken {
        /// The data directory.
        path: PathBuf,
        /// What the system said.
        source: Error,
    },
    /// It was not done.
    #[error("{0}")]
    Refused(String),
}

/// Asks the server that runs with `data_dir` to do what `line` says; blocks until it has. What comes back is for the
/// screen.
///
/// # Errors
/// [`ControlError`] says why it was not done.
pub fn ask(data_dir: &Path, line: &str, password: Option<&Secret>) -> Result<String, ControlError> {
    let answer = exchange(&path(data_dir), line, password).map_err(|source| match source.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => ControlError::NotRunning(data_dir.to_owned()),
        _ => ControlError::Broken { path: data_dir.to_owned(), source },
    })?;
    if let Some(done) = answer.strip_prefix(OK) {
        return Ok(done.to_owned());
    }
    let refusal = answer.strip_prefix(REFUSED).unwrap_or("the server ended before it answered");
    Err(ControlError::Refused(refusal.to_owned()))
}

fn exchange(socket: &Path, line: &str, password: Option<&Secret>) -> Result<String, Error> {
    let mut stream = UnixStream::connect(socket)?;
    stream.write_all(line.replace('\n', " ").as_bytes())?;
    stream.write_all(b"\n")?;
    if let Some(password) = password {
        stream.write_all(password.reveal().as_bytes())?;
    }
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
