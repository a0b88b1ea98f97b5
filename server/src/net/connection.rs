//! One connection from its first byte to its end.
//!
//! The first byte tells what the other end speaks: 0x16 begins a TLS handshake (RFC 8446 section 5.1) and no line of
//! chat. Reader and writer are two futures of one task, so that neither waits for the other.

use std::{
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::{mpsc, watch},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    Admission, NetLimits, Outbox,
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

/// A connection that may talk.
enum Greeted {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What all connections share.
pub struct Gate {
    limits: NetLimits,
    admission: Arc<Admission>,
    tls: TlsAcceptor,
    /// Bounded: when the loop is behind, readers wait, and the other ends with them.
    arrivals: mpsc::Sender<Arrival>,
    next: AtomicU64,
}

impl Gate {
    /// Lets connections in to `arrivals`.
    #[must_use]
    pub fn new(limits: NetLimits, tls: TlsAcceptor, arrivals: mpsc::Sender<Arrival>) -> Self {
        let admission = Arc::new(Admission::new(limits));
        Gate { limits, admission, tls, arrivals, next: AtomicU64::new(1) }
    }

    /// Serves one connection to its end. One that has not begun to talk is dropped when `stop` becomes true.
    pub(super) async fn serve(&self, stream: TcpStream, address: SocketAddr, mut stop: watch::Receiver<bool>) {
        let seat = match self.admission.admit(address.ip()) {
            Ok(seat) => seat,
            Err(reason) => {
                // As much as the socket takes at once: a refused connection is not worth waiting for.
                let _ = stream.try_write(error_line(reason).as_bytes());
                return;
            }
        };
        // Lines are gathered by us; waiting for more in the kernel would only add latency.
        let _ = stream.set_nodelay(true);
        let addr = address.ip().to_canonical();
        let greeted = tokio::select! {
            greeted = self.greet(stream, addr) => greeted,
            () = stopped(&mut stop) => None,
        };
        let peer = |secure| Peer { addr, port: address.port(), secure };
        match greeted {
            Some(Greeted::Plain(stream)) => self.talk(stream, peer(false)).await,
            Some(Greeted::Tls(stream)) => self.talk(*stream, peer(true)).await,
            None => {}
        }
        drop(seat);
    }

    /// Finds out what the other end speaks, and shakes hands.
    async fn greet(&self, mut stream: TcpStream, addr: IpAddr) -> Option<Greeted> {
        let mut first = [0];
        let Ok(Ok(1)) = timeout(self.limits.handshake, stream.peek(&mut first)).await else {
            return None;
        };
        if first == [0x16] {
            return match timeout(self.limits.handshake, self.tls.accept(stream)).await {
                Ok(Ok(stream)) => Some(Greeted::Tls(Box::new(stream))),
                Ok(Err(error)) => {
                    tracing::debug!(%addr, %error, "TLS handshake failed");
                    None
                }
                Err(_) => {
                    tracing::debug!(%addr, "TLS handshake took too long");
                    None
                }
            };
        }
        if addr.is_loopback() || self.limits.plain_text_everywhere {
            return Some(Greeted::Plain(stream));
        }
        refuse(&mut stream, "This server does not take plain text; connect with TLS, on this same port").await;
        None
    }

    async fn talk<S: AsyncRead + AsyncWrite>(&self, stream: S, peer: Peer) {
        let conn = ConnId(self.next.fetch_add(1, Ordering::Relaxed));
        let outbox = Arc::new(Outbox::new(self.limits.outbox));
        if self.arrivals.send(Arrival::Opened { conn, peer, outbox: outbox.clone() }).await.is_err() {
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
        let _ = self.arrivals.send(Arrival::Input(Input::Closed { conn, reason })).await;
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

/// Writes one readable line and closes.
async fn refuse(stream: &mut TcpStream, reason: &str) {
    let _ = timeout(LAST_WORDS, stream.write_all(error_line(reason).as_bytes())).await;
    let _ = stream.shutdown().await;
    drain(stream).await;
}

fn error_line(reason: &str) -> String {
    format!("ERROR :{reason}\r\n")
}

/// Reads and forgets until the other end closes or [`LINGER`] is over.
async fn drain(stream: &mut (impl AsyncRead + Unpin)) {
    let mut sink = [0; 512];
    let _ = timeout(LINGER, async { while matches!(stream.read(&mut sink).await, Ok(1..)) {} }).await;
}
