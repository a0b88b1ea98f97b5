//! The network: one task a connection, which finds the server, connects, secures the link and then carries lines both
//! ways. It owns sockets and time-outs; it knows nothing of chat, and it never asks anybody anything: a certificate
//! nobody vouches for ends the attempt before anything was sent, and who trusts it then tries again.

mod connect;
mod failure;
mod lines;
mod tls;

pub use failure::NetFailure;

use std::{net::SocketAddr, time::Duration};

use klatch_protocol::Fingerprint;
use tokio::{sync::mpsc, task::JoinHandle};

/// Lines that may wait to be written. A server that reads so slowly that more gather is given up.
const UNWRITTEN: usize = 1_024;
/// How long the last lines of a link may take to leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// Where to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether the link is encrypted.
    pub security: Security,
}

/// Whether a link is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Security {
    /// TLS 1.2 or 1.3.
    #[default]
    Tls,
    /// Plain text, because the user asked for `irc://`.
    Plain,
}

/// Tells one link from another, so that what an old one still says is not taken for the new one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub u64);

/// What happens on a link. After [`NetEvent::UnknownKey`], [`NetEvent::ChangedKey`], [`NetEvent::Failed`] and
/// [`NetEvent::Closed`] nothing follows.
#[derive(Debug, Clone, PartialEq)]
pub enum NetEvent {
    /// The attempt goes on.
    Step(Step),
    /// Lines can be sent.
    Ready,
    /// A line came in, without its end. Bytes that are not UTF-8 were replaced by U+FFFD.
    Line(String),
    /// Nobody vouches for the server's certificate and it is not known. Nothing was sent.
    UnknownKey {
        /// What the server showed.
        seen: Fingerprint,
    },
    /// The server's certificate is not the one that is known. Nothing was sent.
    ChangedKey {
        /// What is known.
        known: Fingerprint,
        /// What the server showed.
        seen: Fingerprint,
    },
    /// There is no link.
    Failed(NetFailure),
    /// The link is gone.
    Closed {
        /// Why, in a few words.
        reason: String,
    },
}

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The name is an address now.
    Found,
    /// The port is open.
    Connected(SocketAddr),
    /// The link is encrypted and the certificate is trusted.
    Secured,
}

/// A connection, or the attempt to make one. Dropping it ends it at once.
#[derive(Debug)]
pub struct Link {
    id: LinkId,
    lines: mpsc::Sender<String>,
    task: JoinHandle<()>,
}

impl Link {
    /// Begins to connect; has to be called within a tokio runtime. What happens arrives in `events`, tied to `id`; a full
    /// channel makes the link wait, and in the end the server. `known` is the certificate trusted for this target.
    pub fn open<E>(id: LinkId, target: Target, known: Option<Fingerprint>, events: mpsc::Sender<E>) -> Self
    where
        E: From<(LinkId, NetEvent)> + Send + 'static,
    {
        let (lines, unwritten) = mpsc::channel(UNWRITTEN);
        let reports = Reports { id, events };
        let task = tokio::spawn(run(target, known, unwritten, reports));
        Link { id, lines, task }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> LinkId {
        self.id
    }

    /// Sends one line; CR LF is added. Says whether it was taken: it is not when the link is gone, or when 1024 lines wait
    /// because the server reads none. Then the link is of no use any more.
    #[must_use]
    pub fn send(&self, line: String) -> bool {
        self.lines.try_send(line).is_ok()
    }

    /// Ends the link after what was sent before has left, waiting for at most a second.
    pub async fn close(mut self) {
        let (closed, _) = mpsc::channel(1);
        // Dropping the only sender tells the writer to finish.
        self.lines = closed;
        let _ = tokio::time::timeout(FAREWELL, &mut self.task).await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The way back to whoever opened the link.
struct Reports<E> {
    id: LinkId,
    events: mpsc::Sender<E>,
}

impl<E: From<(LinkId, NetEvent)>> Reports<E> {
    /// Says whether anybody still listens.
    async fn tell(&self, event: NetEvent) -> bool {
        self.events.send(E::from((self.id, event))).await.is_ok()
    }
}

async fn run<E: From<(LinkId, NetEvent)>>(
    target: Target,
    known: Option<Fingerprint>,
    unwritten: mpsc::Receiver<String>,
    reports: Reports<E>,
) {
    let end = match connect::connect(&target, known, &reports).await {
        Ok(stream) => {
            reports.tell(NetEvent::Ready).await;
            NetEvent::Closed { reason: lines::carry(stream, unwritten, &reports).await }
        }
        Err(end) => end,
    };
    reports.tell(end).await;
}
