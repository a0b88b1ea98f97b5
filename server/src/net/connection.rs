//! One connection from its first byte to its end.
//!
//! Reader and writer are tasks of their own, so that neither waits for the other.

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
    io::{AsyncRead, AsyncReadExt, ReadHalf},
    net::TcpStream,
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use super::{
    Admission, NetLimits, Outbox, Seat, Stay, compat,
    files::most_connections,
    greeting::{self, Duplex, Greeted, Tls},
    listener::Door,
    reader::{self, ReadEnd},
    stopped,
    writer::{self, LAST_WORDS, WriteEnd},
};
use crate::hub::io::{ConnId, Input, Peer};

/// How long we read on after our last line. A socket closed with unread bytes resets the connection, and the last line
/// would be lost on its way.
const LINGER: Duration = Duration::from_secs(1);

/// What is said to a connection that makes room.
const SENT_AWAY: &str = "The server is full, and you have not logged in; try again";

/// What comes in on a connection.
type Incoming = ReadHalf<Box<dyn Duplex>>;

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
        /// To be told when it has logged in.
        stay: Stay,
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
        let most = most_connections();
        let wanted = rules.borrow().limits.connections;
        if wanted > most {
            tracing::warn!(
                "the system has files for {most} connections only, not for {wanted}; allow it more (ulimit -n)"
            );
        }
        Gate { rules, admission: Arc::new(Admission::new(most)), arrivals, greeters, next: AtomicU64::new(1) }
    }

    /// Serves one connection that came from `from` through `door` to its end. One that has not begun to talk is dropped
    /// when `stop` becomes true.
    ///
    /// A future has room for all that ever happens in it, for as long as it lives. What is soon over, or rare, is put into
    /// a box therefore: ten thousand connections that only talk should not each hold that room.
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
            origin = Box::pin(greeting::origin(&mut stream, from, &door.endpoint, &rules.limits)) => origin,
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
            return Box::pin(compat::serve(self, stream, peer, room, (&rules.limits, &seat), stop)).await;
        }
        let greeted = tokio::select! {
            greeted = Box::pin(self.greet(stream, from, door, rules.clone())) => greeted,
            () = seat.sent_away() => None,
            () = stopped(&mut stop) => None,
        };
        if let Some(Greeted { stream, secure }) = greeted {
            self.talk(stream, Peer { addr, port: address.port(), secure }, &seat, rules.limits.outbox).await;
        }
    }

    /// Sends away a connection that has not logged in, since the system has no room for another.
    pub(super) fn make_room(&self) {
        self.admission.make_room();
    }

    /// Has somebody find out what is spoken, once something is: nobody is bothered with who only connects. The connection
    /// stays where it is: what comes later is read here.
    async fn greet(&self, stream: TcpStream, from: SocketAddr, door: Arc<Door>, rules: Arc<Rules>) -> Option<Greeted> {
        let mut bytes = [0];
        let Ok(Ok(1)) = timeout(rules.limits.handshake, stream.peek(&mut bytes)).await else { return None };
        let [first] = bytes;
        // Given up together with this.
        let mut aside = JoinSet::new();
        let admission = self.admission.clone();
        let greeting = async move {
            let tls = Tls { acceptor: rules.acceptors.get(door.number)?, admission: &admission };
            greeting::greet(stream, first, from.ip().to_canonical(), &door.endpoint, &tls, &rules.limits).await
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

    async fn talk(&self, stream: Box<dyn Duplex>, peer: Peer, seat: &Seat, outbox: usize) {
        let conn = self.next_id();
        let outbox = Arc::new(Outbox::new(outbox));
        let opened = Arrival::Opened { conn, peer, outbox: outbox.clone(), stay: seat.stay() };
        if self.deliver(opened).await.is_none() {
            return;
        }
        let (incoming, outgoing) = tokio::io::split(stream);
        let mut writing = pin!(writer::write(outgoing, &outbox));
        let (mut reading, stop_reading) = self.read_aside(conn, incoming);
        let (end, incoming) = tokio::select! {
            read = reading.join_next() => match read {
                Some(Ok((end, incoming))) => (Err(end), Some(incoming)),
                // It panicked, which was told.
                _ => (Err(ReadEnd::Over("Connection failed".into())), None),
            },
            end = &mut writing => {
                drop(stop_reading);
                (Ok(end), reading.join_next().await.and_then(Result::ok).map(|(_, incoming)| incoming))
            }
            () = seat.sent_away() => {
                drop(stop_reading);
                (Err(ReadEnd::SentAway), None)
            }
        };
        let reason = match &end {
            Ok(WriteEnd::Flushed) => "Connection closed".to_owned(),
            Ok(WriteEnd::TooSlow) => "Reader too slow".to_owned(),
            Ok(WriteEnd::Failed(reason)) | Err(ReadEnd::Over(reason)) => reason.clone(),
            Err(ReadEnd::Http) => "HTTP spoken on the chat port".to_owned(),
            Err(ReadEnd::SentAway) => SENT_AWAY.to_owned(),
        };
        let last_words = match end {
            Err(ReadEnd::Http) => Some("This is a chat server (IRC), not a web server"),
            Err(ReadEnd::SentAway) => Some(SENT_AWAY),
            _ => None,
        };
        if let Some(text) = last_words {
            outbox.push(vec![Bytes::from(format!("ERROR :{text}\r\n"))]);
            outbox.close();
        }
        // The hub hears of the end first: it closes the outbox after its last words, which the writer waits for.
        let _ = self.deliver(Arrival::Input(Input::Closed { conn, reason })).await;
        let flushed = match end {
            Ok(end) => matches!(end, WriteEnd::Flushed),
            Err(_) => matches!(timeout(LAST_WORDS, writing).await, Ok(WriteEnd::Flushed)),
        };
        // Of who was sent away, whatever is still sent does not matter.
        if let (true, Some(mut incoming)) = (flushed, incoming) {
            Box::pin(drain(&mut incoming)).await;
        }
    }

    /// Reads in a task of its own, which nothing wakes but what comes in: one that was about to write already would read
    /// before others to whom something came earlier. It ends when the sender is dropped, too.
    fn read_aside(&self, conn: ConnId, mut incoming: Incoming) -> (JoinSet<(ReadEnd, Incoming)>, oneshot::Sender<()>) {
        let (stop_reading, told_to_stop) = oneshot::channel();
        let arrivals = self.arrivals.clone();
        let mut reading = JoinSet::new();
        reading.spawn(async move {
            let end = tokio::select! {
                end = reader::read(conn, &mut incoming, &arrivals) => end,
                _ = told_to_stop => ReadEnd::Over("Connection closed".into()),
            };
            (end, incoming)
        });
        (reading, stop_reading)
    }
}

/// Reads and forgets until the other end closes or [`LINGER`] is over.
pub(super) async fn drain(stream: &mut (impl AsyncRead + Unpin)) {
    let mut sink = [0; 512];
    let _ = timeout(LINGER, async { while matches!(stream.read(&mut sink).await, Ok(1..)) {} }).await;
}
