//! One connection from its first byte to its end.
//!
//! Reader and writer are two futures of one task, so that neither waits for the other.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::TcpStream,
    runtime::Handle,
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use super::{
    Admission, NetLimits, Outbox, compat,
    greeting::{self, Duplex, Greeted},
    listener::Door,
    reader::{self, ReadEnd},
    stopped,
    writer::{self, LAST_WORDS, WriteEnd},
};
use crate::hub::io::{ConnId, Input, Peer};

/// How long we read on after our last line. A socket closed with unread bytes resets the connection, and the last line
/// would be lost on its way.
const LINGER: Duration = Duration::from_secs(1);

/// What a connection tells the loop.
#[derive(Debug)]
pub enum Arrival {
    /// A connection is ready to talk; comes before everything else from it.
    Opened {
        /// The new connection.
        conn: ConnId,
        /// Its other end.
        peer: Peer,
        /// Where its lines go.
        outbox: Arc<Outbox>,
    },
    /// A line, a fault, or, exactly once and last, its end.
    Input(Input),
}

/// What connections are held to; replaced as a whole on a reload.
#[derive(Clone)]
pub struct Rules {
    /// What they may take, and from where they may come.
    pub limits: NetLimits,
    /// Shake hands with them: one for each endpoint, in the order of the settings.
    pub acceptors: Vec<TlsAcceptor>,
}

/// What all connections share.
pub struct Gate {
    /// Looked at once for each connection, so a reload counts for those that come after it.
    rules: watch::Receiver<Arc<Rules>>,
    admission: Arc<Admission>,
    /// Bounded: when the loop is behind, readers wait, and the other ends with them.
    arrivals: mpsc::Sender<Arrival>,
    /// Where handshakes are worked on. They take a thousand times as long as reading a line, so who reads lines does not
    /// do them.
    greeters: Handle,
    next: AtomicU64,
}

impl Gate {
    /// Lets connections in to `arrivals`; `greeters` shake hands with them.
    #[must_use]
    pub fn new(rules: watch::Receiver<Arc<Rules>>, arrivals: mpsc::Sender<Arrival>, greeters: Handle) -> Self {
        Gate { rules, admission: Arc::default(), arrivals, greeters, next: AtomicU64::new(1) }
    }

    /// Serves one connection that came from `from` through `door` to its end. One that has not begun to talk is dropped
    /// when `stop` becomes true.
    pub(super) async fn serve(
        &self,
        mut stream: TcpStream,
        from: SocketAddr,
        door: Arc<Door>,
        mut stop: watch::Receiver<bool>,
    ) {
        let rules = self.rules.borrow().clone();
        // Lines are gathered by us; waiting for more in the kernel would only add latency.
        let _ = stream.set_nodelay(true);
        let origin = tokio::select! {
            origin = greeting::origin(&mut stream, from, &door.endpoint, &rules.limits) => origin,
            () = stopped(&mut stop) => None,
        };
        let Some(address) = origin else { return };
        let addr = address.ip().to_canonical();
        let seat = match self.admission.admit(&rules.limits, addr) {
            Ok(seat) => seat,
            Err(reason) => {
                // As much as the socket takes at once: a refused connection is not worth waiting for.
                let _ = stream.try_write(format!("ERROR :{reason}\r\n").as_bytes());
                return;
            }
        };
        if let Some(room) = &door.endpoint.compat {
            let peer = Peer { addr, port: address.port(), secure: false };
            compat::serve(self, stream, peer, room, &rules.limits, stop).await;
            return;
        }
        let greeted = tokio::select! {
            greeted = self.greet(stream, from, door, rules.clone()) => greeted,
            () = stopped(&mut stop) => None,
        };
        if let Some(Greeted { stream, secure }) = greeted {
            self.talk(stream, Peer { addr, port: address.port(), secure }, rules.limits.outbox).await;
        }
        drop(seat);
    }

    /// Has somebody find out what is spoken. The connection stays where it is: what comes later is read here.
    async fn greet(&self, stream: TcpStream, from: SocketAddr, door: Arc<Door>, rules: Arc<Rules>) -> Option<Greeted> {
        // Given up together with this.
        let mut aside = JoinSet::new();
        let greeting = async move {
            let tls = rules.acceptors.get(door.number)?;
            greeting::greet(stream, from.ip().to_canonical(), &door.endpoint, tls, &rules.limits).await
        };
        aside.spawn_on(greeting, &self.greeters);
        aside.join_next().await?.ok()?
    }

    /// A number for one more connection.
    pub(super) fn next_id(&self) -> ConnId {
        ConnId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Hands something to the loop, waiting while it is behind; `None` when it has ended.
    pub(super) async fn deliver(&self, arrival: Arrival) -> Option<()> {
        self.arrivals.send(arrival).await.ok()
    }

    async fn talk(&self, stream: Box<dyn Duplex>, peer: Peer, outbox: usize) {
        let conn = self.next_id();
        let outbox = Arc::new(Outbox::new(outbox));
        if self.deliver(Arrival::Opened { conn, peer, outbox: outbox.clone() }).await.is_none() {
            return;
        }
        let (mut incoming, outgoing) = tokio::io::split(stream);
        let mut writing = pin!(writer::write(outgoing, &outbox));
        let end = tokio::select! {
            end = reader::read(conn, &mut incoming, &self.arrivals) => Err(end),
            end = &mut writing => Ok(end),
        };
        let reason = match &end {
            Ok(WriteEnd::Flushed) => "Connection closed".to_owned(),
            Ok(WriteEnd::TooSlow) => "Reader too slow".to_owned(),
            Ok(WriteEnd::Failed(reason)) | Err(ReadEnd::Over(reason)) => reason.clone(),
            Err(ReadEnd::Http) => "HTTP spoken on the chat port".to_owned(),
        };
        if let Err(ReadEnd::Http) = end {
            outbox.push(vec![Bytes::from_static(b"ERROR :This is a chat server (IRC), not a web server\r\n")]);
            outbox.close();
        }
        // The hub hears of the end first: it closes the outbox after its last words, which the writer waits for.
        let _ = self.deliver(Arrival::Input(Input::Closed { conn, reason })).await;
        match end {
            Ok(WriteEnd::Flushed) => drain(&mut incoming).await,
            Ok(_) => {}
            Err(_) => {
                if let Ok(WriteEnd::Flushed) = timeout(LAST_WORDS, writing).await {
                    drain(&mut incoming).await;
                }
            }
        }
    }
}

/// Reads and forgets until the other end closes or [`LINGER`] is over.
pub(super) async fn drain(stream: &mut (impl AsyncRead + Unpin)) {
    let mut sink = [0; 512];
    let _ = timeout(LINGER, async { while matches!(stream.read(&mut sink).await, Ok(1..)) {} }).await;
}
