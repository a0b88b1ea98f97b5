//! From a name to a link that lines can be sent on: find, connect, secure, each within its time.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use klatch_protocol::Fingerprint;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::client::TlsStream;

use super::{LinkId, NetEvent, NetFailure, Reports, Security, Step, Target, tls};

/// How long a name may take.
const FIND: Duration = Duration::from_secs(5);
/// How long an address may take while there are others to try.
const ONE_OF_MANY: Duration = Duration::from_secs(3);
/// How long the last address may take.
const LAST: Duration = Duration::from_secs(10);
/// How long TLS may take.
const SECURE: Duration = Duration::from_secs(10);
/// The most addresses of one name that are tried.
const MOST_ADDRESSES: usize = 8;

/// A link, encrypted or not.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects, telling each step. An error is the event that ends the attempt.
pub(super) async fn connect<E: From<(LinkId, NetEvent)>>(
    target: &Target,
    known: Option<Fingerprint>,
    reports: &Reports<E>,
) -> Result<Stream, NetEvent> {
    let addresses = find(target).await.map_err(NetEvent::Failed)?;
    reports.tell(NetEvent::Step(Step::Found)).await;
    let (tcp, address) = reach(target, &addresses).await.map_err(NetEvent::Failed)?;
    reports.tell(NetEvent::Step(Step::Connected(address))).await;
    match target.security {
        Security::Plain => Ok(Stream::Plain(tcp)),
        Security::Tls => {
            let stream = timeout(SECURE, tls::secure(tcp, target, known))
                .await
                .unwrap_or(Err(NetEvent::Failed(NetFailure::TimedOut { waiting_for: "TLS" })))?;
            reports.tell(NetEvent::Step(Step::Secured)).await;
            Ok(Stream::Tls(Box::new(stream)))
        }
    }
}

async fn find(target: &Target) -> Result<Vec<SocketAddr>, NetFailure> {
    let not_found = || NetFailure::NotFound { host: target.host.clone() };
    let addresses: Vec<SocketAddr> = timeout(FIND, lookup_host((target.host.as_str(), target.port)))
        .await
        .map_err(|_| NetFailure::TimedOut { waiting_for: "the name" })?
        .map_err(|_| not_found())?
        .take(MOST_ADDRESSES)
        .collect();
    if addresses.is_empty() { Err(not_found()) } else { Ok(addresses) }
}

/// Tries the addresses in the system's order until one answers.
async fn reach(target: &Target, addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), NetFailure> {
    let mut failure: Option<NetFailure> = None;
    for (index, address) in addresses.iter().enumerate() {
        let patience = if index + 1 == addresses.len() { LAST } else { ONE_OF_MANY };
        let attempt = timeout(patience, TcpStream::connect(address)).await;
        let error = match attempt.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(tcp) => {
                // Lines are short and people wait for them. Where it cannot be set, nothing is lost but time.
                let _ = tcp.set_nodelay(true);
                return Ok((tcp, *address));
            }
            Err(error) => NetFailure::of_connect(&error, target.port),
        };
        failure = Some(match failure {
            Some(before) => before.more_telling(error),
            None => error,
        });
    }
    // `find` gives at least one address, so there is a failure.
    Err(failure.unwrap_or_else(|| NetFailure::NotFound { host: target.host.clone() }))
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Stream::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
