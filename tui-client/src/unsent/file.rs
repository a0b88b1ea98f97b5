//! How what is unsent stands in its file: TOML, written whole or not at all, and gone when there is nothing in it.

use std::{fs, io, path::Path};

use klatch_protocol::UnixMs;
use serde::{Deserialize, Serialize};

use super::Account;
use crate::{
    files::write_private,
    session::{Manner, Place, Unsent},
};

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

/// Reads a file; nothing where there is none. An error says in a few words what is wrong with it.
pub(super) fn read(path: &Path) -> Result<Vec<Unsent>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.to_string()),
    };
    let file: File = toml::from_str(&text).map_err(|error| error.message().replace('\n', " "))?;
    Ok(file.message.into_iter().map(Entry::into_unsent).collect())
}

/// Writes this instead of what is there.
pub(super) fn write(path: &Path, messages: &[Unsent]) -> io::Result<()> {
    if messages.is_empty() {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    let file = File { message: messages.iter().filter_map(Entry::of).collect() };
    write_private(path, &toml::to_string(&file).map_err(io::Error::other)?)
}

/// The name of an account's file with this number, counted from 1: one that any host and user name can be part of.
pub(super) fn name(account: &Account, number: usize) -> String {
    let Account { target, user } = account;
    let plain = format!("{user}@{}_{}", target.host.to_ascii_lowercase(), target.port);
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'@' | b'.');
    let name: String = plain
        .bytes()
        .map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") })
        .collect();
    format!("{name}.{number}.toml")
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
pub(super) mod tests {
    use super::*;
    use crate::net::{Security, Target};

    pub(in crate::unsent) fn account() -> Account {
        let target = Target { host: "fe80::1/../x".into(), port: 1, security: Security::Tls };
        Account { target, user: "ann/y".into() }
    }

    pub(in crate::unsent) fn unsent(nonce: &str) -> Unsent {
        Unsent {
            place: Place::Room("#tea".into()),
            text: "two\twords \"ä\"".into(),
            manner: Manner::Action,
            nonce: nonce.into(),
            sent: Some(UnixMs(5)),
        }
    }

    #[test]
    fn what_is_unsent_comes_back_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(name(&account(), 1));
        let one = unsent("1");
        let two = Unsent { place: Place::Direct("bob".into()), manner: Manner::Plain, sent: None, ..unsent("2") };
        assert_eq!(read(&path).unwrap(), []);
        write(&path, &[one.clone(), two.clone()]).unwrap();
        assert_eq!(read(&path).unwrap(), [one, two]);
        write(&path, &[]).unwrap();
        assert!(!path.exists());
        write(&path, &[]).unwrap();
    }
}
