//! The operator of a server without a terminal: the console's verbs over a Unix socket in the data directory, which only
//! the owner of that directory can open.
//!
//! A request is one line, as it would be typed on the console, and what follows it up to the end of the stream is a
//! password, where the line is about one. The answer is the line `ok` or `refused`, and then a text.

mod client;
mod socket;

pub use client::{ControlError, ask};
pub use socket::ControlSocket;

use std::path::{Path, PathBuf};

/// The most bytes of a request, password included.
const MAX_REQUEST: u64 = 8 * 1024;
/// How an answer begins when the request was done …
const OK: &str = "ok\n";
/// … and when not.
const REFUSED: &str = "refused\n";

/// Where the socket of a data directory is.
fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}
