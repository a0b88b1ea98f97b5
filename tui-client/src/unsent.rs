//! What was said and not confirmed, kept in a file while klatch does not run: one for each account on each server, private
//! (0600), written whole or not at all, and gone when there is nothing in it.

use std::{fs, io, path::PathBuf};

use klatch_protocol::UnixMs;
use serde::{Deserialize, Serialize};

use crate::{
    files::{Paths, write_private},
    net::Target,
    session::{Manner, Place, Unsent},
};

/// Whose words they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Where.
    pub target: Target,
    /// The user name.
    pub user: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct File {
    message: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    /// A room; else `to` is a nick.
    room: bool,
    to: String,
    text: String,
    manner: Way,
    nonce: String,
    /// When it was sent, in milliseconds since 1970, if it was.
    sent: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    Plain,
    Action,
    Notice,
}

/// Reads what is kept for an account; nothing where there is no file.
///
/// # Errors
/// A sentence with the file and what is wrong with it.
pub fn read(paths: &Paths, account: &Account) -> Result<Vec<Unsent>, String> {
    let path = path(paths, account);
    let trouble =
        |error: &dyn std::fmt::Display| format!("{}: {error}; what was unsent there is not shown", path.display());
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(trouble(&error)),
    };
    let file: File = toml::from_str(&text).map_err(|error| trouble(&error.message()))?;
    Ok(file.message.into_iter().map(Entry::into_unsent).collect())
}

/// Keeps this for an account, instead of what was kept.
///
/// # Errors
/// Whatever the file system says.
pub fn write(paths: &Paths, account: &Account, messages: &[Unsent]) -> io::Result<()> {
    let path = path(paths, account);
    if messages.is_empty() {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    let file = File { message: messages.iter().filter_map(Entry::of).collect() };
    write_private(&path, &toml::to_string(&file).map_err(io::Error::other)?)
}

/// A file name that any host and user name can be part of.
fn path(paths: &Paths, account: &Account) -> PathBuf {
    let Account { target, user } = account;
    let plain = format!("{user}@{}_{}", target.host.to_ascii_lowercase(), target.port);
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'@' | b'.');
    let name: String = plain
        .bytes()
        .map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") })
        .collect();
    paths.unsent().join(format!("{name}.toml"))
}

impl Entry {
    fn of(unsent: &Unsent) -> Option<Entry> {
        let (room, to) = match &unsent.place {
            Place::Room(name) => (true, name),
            Place::Direct(nick) => (false, nick),
            Place::Server => return None,
        };
        let manner = match unsent.manner {
            Manner::Plain => Way::Plain,
            Manner::Action => Way::Action,
            Manner::Notice => Way::Notice,
        };
        let (text, nonce) = (unsent.text.clone(), unsent.nonce.clone());
        Some(Entry { room, to: to.clone(), text, manner, nonce, sent: unsent.sent.map(|at| at.0) })
    }

    fn into_unsent(self) -> Unsent {
        Unsent {
            place: if self.room { Place::Room(self.to) } else { Place::Direct(self.to) },
            text: self.text,
            manner: match self.manner {
                Way::Plain => Manner::Plain,
                Way::Action => Manner::Action,
                Way::Notice => Manner::Notice,
            },
            nonce: self.nonce,
            sent: self.sent.map(UnixMs),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::net::Security;

    fn account() -> Account {
        let target = Target { host: "fe80::1/../x".into(), port: 1, security: Security::Tls };
        Account { target, user: "ann/y".into() }
    }

    #[test]
    fn what_is_unsent_comes_back_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let one = Unsent {
            place: Place::Room("#tea".into()),
            text: "two\twords \"ä\"".into(),
            manner: Manner::Action,
            nonce: "n-1".into(),
            sent: Some(UnixMs(5)),
        };
        let two = Unsent { place: Place::Direct("bob".into()), manner: Manner::Plain, sent: None, ..one.clone() };
        assert_eq!(read(&paths, &account()).unwrap(), []);
        write(&paths, &account(), &[one.clone(), two.clone()]).unwrap();
        assert_eq!(read(&paths, &account()).unwrap(), [one, two]);
        let file = path(&paths, &account());
        assert_eq!(file.parent().unwrap(), paths.unsent(), "no name leads elsewhere");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        write(&paths, &account(), &[]).unwrap();
        assert!(!file.exists());
        write(&paths, &account(), &[]).unwrap();
    }

    #[test]
    fn a_broken_file_is_named_and_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let file = path(&paths, &account());
        write_private(&file, "message = 5").unwrap();
        let error = read(&paths, &account()).unwrap_err();
        assert!(error.contains("unsent") && !error.contains('\n'), "{error}");
        assert!(file.exists());
    }
}
