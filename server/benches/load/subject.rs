//! The servers that are measured, each in a process of its own, and what the system knows about that process.

use std::{
    io::Result,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use tempfile::TempDir;
use tokio_rustls::rustls::ClientConfig;

use crate::support::{Daemon, klatchd, trust};

/// Which server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// See the module `floor`.
    Floor,
    /// The real program with a database on the disk.
    Klatchd,
    /// The same from elsewhere, to be compared with.
    Other(PathBuf),
}

impl Kind {
    /// What stands above its column.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Floor => "floor",
            Kind::Klatchd => "klatchd",
            Kind::Other(_) => "other",
        }
    }
}

/// Nothing is metered, anybody may come in, and the room they meet in is made by the first.
pub const OPEN: &str = r#"
[accounts]
required = false
[limits]
connections = 20000
flood = false
ping_seconds = 3600
handshake_seconds = 60
[rooms]
lobby = ""
"#;

/// A running server. Killed when dropped.
pub struct Subject {
    pub floor: bool,
    pub daemon: Daemon,
    /// How to speak TLS with it, if that is to be done.
    pub tls: Option<Arc<ClientConfig>>,
    _folder: TempDir,
}

impl Subject {
    pub fn start(kind: &Kind, tls: bool) -> Result<Self> {
        Self::configured(kind, tls, OPEN)
    }

    /// klatchd with a configuration of one's own.
    pub fn configured(kind: &Kind, tls: bool, configuration: &str) -> Result<Self> {
        // On the disk where programs are built: a folder for temporary files may be in memory, where a commit costs nothing.
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
        let data = folder.path().join("data");
        let daemon = match kind {
            Kind::Klatchd => Daemon::configured(klatchd(), &data, configuration),
            Kind::Other(program) => Daemon::configured(Command::new(program), &data, configuration),
            Kind::Floor => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg("floor").args(tls.then_some("--tls"));
                Daemon::run(command.stdin(Stdio::piped()).stderr(Stdio::null()))
            }
        };
        let tls = tls.then(|| trust::only(&daemon.fingerprint));
        Ok(Subject { floor: *kind == Kind::Floor, daemon, tls, _folder: folder })
    }

    /// The processor time it took so far, to a hundredth of a second.
    pub fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(self.file("stat"))?;
        // The second field is a name in parentheses and may hold anything; user and system time are the 14th and 15th.
        let behind = stat.rsplit(')').next().unwrap_or_default();
        let ticks: u64 = behind.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }

    /// The memory it holds now, in KiB.
    pub fn memory(&self) -> Result<f64> {
        self.status("VmRSS:")
    }

    /// The most memory it ever held, in KiB.
    pub fn peak(&self) -> Result<f64> {
        self.status("VmHWM:")
    }

    /// How many files it has open: each connection is one.
    pub fn files(&self) -> Result<usize> {
        Ok(std::fs::read_dir(self.file("fd"))?.count())
    }

    fn status(&self, key: &str) -> Result<f64> {
        let status = std::fs::read_to_string(self.file("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse().map_err(std::io::Error::other)
    }

    fn file(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.daemon.child.id())
    }
}
