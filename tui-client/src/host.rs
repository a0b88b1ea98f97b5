//! `klatch host`: a klatchd inside this program. Starts it, tells the application what it has to know, feeds its news into
//! the one channel, and ends it when klatch ends. Its log goes to a file in its data directory, never to the screen.

use std::{
    fs::OpenOptions,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use klatch_server::{
    config::{self, ConfigError, File, PORT},
    console::{Ink, news},
    data_dir::DataDirError,
    hub::io::News,
    lan, log,
    serve::{Server, Settings, StartError, Stop, Storage},
};
use tokio::{
    sync::{broadcast::error::RecvError, mpsc},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    app::{HostNews, Hosted, Moved},
    cli,
    event::Event,
    net::{Security, Target},
};

/// How long the server may take to tell everybody and to close its store.
const GOODBYE: Duration = Duration::from_secs(10);

/// Why there is no server in this program. Displays as one line with what to do.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// There is one already, in another program; connecting to it is what is left to do.
    #[error("a server uses {} already; this form points at where it should be", .folder.display())]
    Runs {
        /// The data directory.
        folder: PathBuf,
        /// Where it listens, if it was started like this one.
        address: SocketAddr,
    },
    /// The data directory cannot be named.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no local network.
    #[error("this machine has no IPv4 address in a local network; name one with --listen ADDR:PORT")]
    NoLan,
    /// It does not start.
    #[error(transparent)]
    Start(StartError),
}

/// A server in this program.
pub struct Host {
    server: Arc<Server>,
    hosted: Hosted,
}

impl Host {
    /// Starts the server; when this returns, it accepts connections.
    ///
    /// # Errors
    /// [`HostError`] says what is in the way.
    pub async fn start(arguments: &cli::Host) -> Result<Self, HostError> {
        let file = File::default();
        let storage = match arguments.ephemeral {
            true => Storage::Ephemeral,
            false => config::storage(arguments.data.as_deref(), &file)?,
        };
        let folder = match &storage {
            Storage::Folder(folder) => Some(folder.clone()),
            Storage::Ephemeral => None,
        };
        let listen = addresses(arguments)?;
        let settings = Settings {
            policy: file.policy(),
            listen: listen.iter().copied().map(Into::into).collect(),
            storage,
            certificate: None,
            net: file.net(),
            auth: file.auth(),
            reread: None,
        };
        let server = Server::start(settings).await.map_err(|error| match error {
            StartError::DataDir(DataDirError::InUse(folder)) => HostError::Runs { folder, address: first(&listen) },
            error => HostError::Start(error),
        })?;
        // Only now is it certain that the directory is ours to write a log into.
        let log = folder.and_then(|folder| log_into(&folder));
        let hosted = describe(&server, log.as_deref());
        Ok(Host { server: Arc::new(server), hosted })
    }

    /// What the application has to know about it.
    #[must_use]
    pub fn hosted(&self) -> &Hosted {
        &self.hosted
    }

    /// Feeds what happens on it into the one channel, its end last.
    pub fn feed(&self, events: mpsc::Sender<Event>) -> JoinHandle<()> {
        let server = self.server.clone();
        tokio::spawn(async move {
            let mut news = server.news();
            let why = loop {
                tokio::select! {
                    received = news.recv() => match received {
                        Ok(news) => {
                            log::news(&news);
                            if events.send(Event::Hosted(told(&news))).await.is_err() {
                                return;
                            }
                        }
                        Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => break None,
                    },
                    ended = server.ended() => break ended.err().map(|error| error.to_string()),
                }
            };
            // If nobody listens any more the program is ending already.
            let _ = events.send(Event::HostEnded(why)).await;
        })
    }

    /// Ends it: everybody is told, the store is closed.
    ///
    /// # Errors
    /// A sentence, when it did not end well.
    pub async fn stop(&self) -> Result<(), String> {
        match timeout(GOODBYE, self.server.stop(Stop::Shutdown)).await {
            Ok(ended) => ended.map_err(|error| format!("the server in this program {error}")),
            Err(_) => Err("the server in this program took too long to end; what was confirmed is on disk".to_owned()),
        }
    }
}

/// Where to listen: this machine only, unless asked otherwise.
fn addresses(arguments: &cli::Host) -> Result<Vec<SocketAddr>, HostError> {
    if !arguments.listen.is_empty() {
        return Ok(arguments.listen.clone());
    }
    let ip = if arguments.lan { lan::address().ok_or(HostError::NoLan)? } else { Ipv4Addr::LOCALHOST };
    Ok(vec![SocketAddr::from((ip, PORT))])
}

fn describe(server: &Server, log: Option<&Path>) -> Hosted {
    let first = first(server.addresses());
    let target = Target { host: first.ip().to_string(), port: first.port(), security: Security::Tls };
    let mut about = Vec::new();
    for address in server.addresses() {
        about.push(match address.ip().is_loopback() {
            true => format!("the server runs on {address}, for this machine only; klatch host --lan lets others in"),
            false => format!(
                "the server runs on {address}; others come in with: klatch --host {} --port {}",
                address.ip(),
                address.port()
            ),
        });
    }
    about.push(format!("its key in words: {}", server.fingerprint().words().join(" ")));
    about.push(format!("SHA256 {}", server.fingerprint()));
    if let Some(code) = server.owner_code() {
        about.push(format!("owner code: {code} (whoever signs up with it owns the server)"));
    }
    if let Some(log) = log {
        about.push(format!("its log: {}", log.display()));
    }
    Hosted { target, fingerprint: *server.fingerprint(), owner_code: server.owner_code().map(str::to_owned), about }
}

/// Where this machine reaches a server that listens on `addresses`.
fn first(addresses: &[SocketAddr]) -> SocketAddr {
    // There is always one, as [`addresses`] gives at least one.
    let first = addresses.first().copied().unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)));
    let ip = match first.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, first.port())
}

fn told(event: &News) -> HostNews {
    let moved = match event {
        News::Connected { nick, .. } => Some(Moved::In(nick.clone())),
        News::Disconnected { nick, .. } => Some(Moved::Out(nick.clone())),
        News::AccountCreated { .. } | News::LoginFailed { .. } | News::Deed(_) | News::ShuttingDown { .. } => None,
    };
    HostNews { text: news::line(event, Ink::PLAIN), moved }
}

/// Sends the log into a file in `folder`, readable by its owner only. Without one the server runs all the same.
fn log_into(folder: &Path) -> Option<PathBuf> {
    let path = folder.join("klatchd.log");
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path).ok()?;
    tracing_subscriber::fmt().with_ansi(false).with_target(false).with_writer(Mutex::new(file)).try_init().ok()?;
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ephemeral() -> cli::Host {
        cli::Host { listen: vec!["127.0.0.1:0".parse().unwrap()], ephemeral: true, ..cli::Host::default() }
    }

    #[tokio::test]
    async fn a_hosted_server_says_how_to_reach_it_and_ends_when_told() {
        let host = Host::start(&ephemeral()).await.unwrap();
        let hosted = host.hosted().clone();
        assert_eq!(hosted.target.host, "127.0.0.1");
        assert_ne!(hosted.target.port, 0);
        assert!(hosted.owner_code.is_some());
        let about = hosted.about.join("\n");
        for wanted in ["--lan", hosted.owner_code.as_deref().unwrap(), &hosted.fingerprint.words().join(" ")] {
            assert!(about.contains(wanted), "{wanted} is missing in\n{about}");
        }
        let (events, mut arriving) = mpsc::channel(16);
        let feeding = host.feed(events);
        host.stop().await.unwrap();
        let mut last = None;
        while let Some(event) = arriving.recv().await {
            last = Some(event);
        }
        assert!(matches!(last, Some(Event::HostEnded(None))), "{last:?}");
        feeding.await.unwrap();
    }

    #[tokio::test]
    async fn a_data_directory_in_use_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_owned();
        let arguments = cli::Host { ephemeral: false, data: Some(data.clone()), ..ephemeral() };
        let first = Host::start(&arguments).await.unwrap();
        let second = Host::start(&arguments).await.err();
        assert!(matches!(second, Some(HostError::Runs { folder, .. }) if folder == data));
        first.stop().await.unwrap();
    }
}
