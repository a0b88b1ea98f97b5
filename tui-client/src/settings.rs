//! What the user decided about klatch itself, and what the form remembers. Read once at the start; no password is ever
//! in either file.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    files::{Paths, write_private},
    keymap::Preset,
};

/// The port klatchd listens on when nobody says otherwise.
pub const DEFAULT_PORT: u16 = 23791;

/// The settings file, `klatch.toml`. Every key may be missing; an unknown one is an error, so that a misspelt setting
/// does not go unnoticed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Which keys.
    pub keys: Preset,
    /// Whether wheel and clicks come to klatch. Off: the terminal selects as ever.
    pub mouse: bool,
    /// Whether the people in a room are shown beside it when there is space.
    pub sidebar: bool,
    /// Whether a mention while you look elsewhere rings the bell and notifies.
    pub notify: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { keys: Preset::Default, mouse: true, sidebar: true, notify: true }
    }
}

impl Settings {
    /// Reads the settings; without a file they are the defaults.
    ///
    /// # Errors
    /// A sentence with file, line, column and what is wrong.
    pub fn read(paths: &Paths) -> Result<Self, String> {
        read_toml(&paths.settings())
    }
}

/// What the form was last filled in with, when that led to a log-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recent {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user name.
    pub user: String,
}

impl Default for Recent {
    fn default() -> Self {
        Recent { host: String::new(), port: DEFAULT_PORT, user: String::new() }
    }
}

impl Recent {
    /// Reads what was remembered. A file that cannot be read costs nobody more than some typing, so it counts as none.
    #[must_use]
    pub fn read(paths: &Paths) -> Self {
        read_toml(&paths.recent()).unwrap_or_default()
    }

    /// Remembers this.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn write(&self, paths: &Paths) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        write_private(&paths.recent(), &text)
    }
}

fn read_toml<T: Default + for<'de> Deserialize<'de>>(path: &Path) -> Result<T, String> {
    match fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(format!("{}: cannot be read: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_comes_back() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        assert_eq!(Recent::read(&paths), Recent::default());
        let recent = Recent { host: "chat.home.lan".into(), port: 4000, user: "ann\"y".into() };
        recent.write(&paths).unwrap();
        assert_eq!(Recent::read(&paths), recent);
    }

    #[test]
    fn settings_may_be_missing_or_partial() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        assert_eq!(Settings::read(&paths).unwrap(), Settings::default());
        fs::write(paths.settings(), "keys = \"irc\"\nmouse = false\n").unwrap();
        let settings = Settings::read(&paths).unwrap();
        assert_eq!(settings, Settings { keys: Preset::Irc, mouse: false, ..Settings::default() });
    }

    #[test]
    fn a_misspelt_setting_is_named_with_its_place() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        fs::write(paths.settings(), "mouse = true\nmuose = false\n").unwrap();
        let error = Settings::read(&paths).unwrap_err();
        assert!(error.contains("klatch.toml") && error.contains("line 2") && error.contains("muose"), "{error}");
    }

    #[test]
    fn a_broken_memory_is_no_memory() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        fs::write(paths.recent(), "host = ").unwrap();
        assert_eq!(Recent::read(&paths), Recent::default());
    }
}
