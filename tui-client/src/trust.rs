//! Which servers' certificates the user trusts: a file with one line a server, as SSH keeps it. It decides nothing by
//! itself; it remembers what the user decided.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use klatch_protocol::Fingerprint;
use serde::{Deserialize, Serialize};

use crate::{files, net::Target};

/// The certificates trusted, by server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    path: PathBuf,
    servers: BTreeMap<String, Fingerprint>,
}

/// The file: `servers` with `"host:port" = "9f:3c:…"`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    servers: BTreeMap<String, String>,
}

/// Why the file cannot be used. Displays as a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It cannot be read or written.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is not what this program wrote. It is never overwritten then: somebody's decisions are in it.
    #[error("{path}: {why}; mend the file, or remove it to be asked about every server again", path = path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl Trust {
    /// Reads the file; one that is not there is an empty one.
    ///
    /// # Errors
    /// [`TrustError`] when it cannot be read or understood.
    pub fn load(path: &Path) -> Result<Self, TrustError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(TrustError::Io { path: path.to_owned(), error }),
        };
        let broken = |why: String| TrustError::Broken { path: path.to_owned(), why };
        let file: File = toml::from_str(&text).map_err(|error| broken(error.to_string().trim().to_owned()))?;
        let mut servers = BTreeMap::new();
        for (server, fingerprint) in file.servers {
            let seen = fingerprint.parse().map_err(|error| broken(format!("{server}: {error}")))?;
            servers.insert(server, seen);
        }
        Ok(Trust { path: path.to_owned(), servers })
    }

    /// The certificate trusted for `target`, if there is one.
    #[must_use]
    pub fn known(&self, target: &Target) -> Option<Fingerprint> {
        self.servers.get(&key(target)).copied()
    }

    /// Trusts `seen` for `target` from now on, in place of what was trusted before. The file is written before this
    /// returns, readable by its owner only.
    ///
    /// # Errors
    /// [`TrustError::Io`] when it cannot be written; it is trusted for this run all the same.
    pub fn trust(&mut self, target: &Target, seen: Fingerprint) -> Result<(), TrustError> {
        self.servers.insert(key(target), seen);
        let servers = self.servers.iter().map(|(server, seen)| (server.clone(), seen.to_string())).collect();
        let failed = |error| TrustError::Io { path: self.path.clone(), error };
        let text = toml::to_string(&File { servers }).map_err(|error| failed(io::Error::other(error)))?;
        files::write_private(&self.path, &text).map_err(failed)
    }
}

/// Names are compared without regard to case (RFC 4343).
fn key(target: &Target) -> String {
    format!("{}:{}", target.host.trim_end_matches('.').to_ascii_lowercase(), target.port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Security;

    fn target(host: &str) -> Target {
        Target { host: host.into(), port: 23791, security: Security::Tls }
    }

    #[test]
    fn what_was_trusted_is_known_after_a_restart() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("known_servers.toml");
        let mut trust = Trust::load(&path).unwrap();
        assert_eq!(trust.known(&target("attic.lan")), None);
        let (first, second) = (Fingerprint::of(b"1"), Fingerprint::of(b"2"));
        trust.trust(&target("attic.lan"), first).unwrap();
        trust.trust(&target("::1"), second).unwrap();
        let mut again = Trust::load(&path).unwrap();
        assert_eq!(again, trust);
        assert_eq!(again.known(&target("ATTIC.lan.")), Some(first));
        assert_eq!(again.known(&Target { port: 1, ..target("attic.lan") }), None);
        again.trust(&target("attic.lan"), second).unwrap();
        assert_eq!(Trust::load(&path).unwrap().known(&target("attic.lan")), Some(second));
    }

    #[test]
    fn a_broken_file_is_refused_and_kept() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("known_servers.toml");
        for text in ["nonsense", "[servers]\n\"a:1\" = \"9f\"", "other = 1"] {
            fs::write(&path, text).unwrap();
            let error = Trust::load(&path).unwrap_err();
            assert!(matches!(error, TrustError::Broken { .. }), "{error}");
            assert!(error.to_string().contains("mend the file"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
