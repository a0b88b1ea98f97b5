//! Where klatch keeps its files, and how it writes them: private, and whole or not at all.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process,
};

use etcetera::BaseStrategy;

/// The directories of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    config: PathBuf,
    state: PathBuf,
}

impl Paths {
    /// `KLATCH_HOME` if it is set and not empty, for everything; else the XDG directories.
    ///
    /// # Errors
    /// There is no home directory to be found; the sentence says so.
    pub fn of_user() -> Result<Self, String> {
        if let Some(home) = std::env::var_os("KLATCH_HOME").filter(|home| !home.is_empty()) {
            return Ok(Paths::under(Path::new(&home)));
        }
        let base = etcetera::choose_base_strategy()
            .map_err(|_| "there is no home directory; set KLATCH_HOME to a directory klatch may write to".to_owned())?;
        let state = base.state_dir().unwrap_or_else(|| base.data_dir());
        Ok(Paths { config: base.config_dir().join("klatch"), state: state.join("klatch") })
    }

    /// Everything in one directory.
    #[must_use]
    pub fn under(home: &Path) -> Self {
        Paths { config: home.to_owned(), state: home.to_owned() }
    }

    /// What the user may write: keys, theme, mouse.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.config.join("klatch.toml")
    }

    /// What the form was last filled in with.
    #[must_use]
    pub fn recent(&self) -> PathBuf {
        self.state.join("recent.toml")
    }

    /// The directory of what was said and not confirmed.
    #[must_use]
    pub fn unsent(&self) -> PathBuf {
        self.state.join("unsent")
    }

    /// Which servers' certificates the user trusts.
    #[must_use]
    pub fn known_servers(&self) -> PathBuf {
        self.state.join("known_servers.toml")
    }
}

/// Writes `text` so that only the user can read it (0600, in a 0700 directory) and so that a crash or a full disk leaves
/// either the old file or the new one. When it returns, a power cut leaves the new one.
///
/// # Errors
/// Whatever the file system says.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    // Two klatch at once must not write into the same unfinished file.
    let unfinished = path.with_extension(format!("{}.new", process::id()));
    let written = write_through(&unfinished, text)
        .and_then(|()| fs::rename(&unfinished, path))
        // The new name is as durable as the text only when the directory is written as well.
        .and_then(|()| fs::File::open(directory)?.sync_all());
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn write_through(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_are_private_and_replaced_as_a_whole() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("deep/down/recent.toml");
        write_private(&path, "first").unwrap();
        write_private(&path, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing unfinished is left behind");
    }
}
