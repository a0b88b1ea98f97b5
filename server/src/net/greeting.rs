//! Finding out what the other end speaks, from its first bytes and from what the endpoint allows.
//!
//! A first byte of 0x16 begins a TLS handshake (RFC 8446 section 5.1) and `GET ` a WebSocket's (RFC 6455 section 4.1);
//! no line of chat begins with either. Everything here has to be done within the time of a handshake.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    Admission, Endpoint, NetLimits,
    connection::drain,
    prefixed::Prefixed,
    proxy::{self, Origin},
    web,
    writer::LAST_WORDS,
};
use crate::hub::io::listed;

/// The first byte of a TLS handshake.
const TLS_HELLO: u8 = 0x16;

/// Bytes both ways, whatever carries them.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// What shaking hands takes.
pub(super) struct Tls<'a> {
    pub(super) acceptor: &'a TlsAcceptor,
    /// Counts the handshakes.
    pub(super) admission: &'a Arc<Admission>,
}

/// A connection that may talk.
pub(super) struct Greeted {
    pub(super) stream: Box<dyn Duplex>,
    /// Whether it is encrypted.
    pub(super) secure: bool,
}

/// For whom a connection from `from` is made: for whom the PROXY header says where one is due. `None` when it is not to
/// be served.
pub(super) async fn origin(
    stream: &mut TcpStream,
    from: SocketAddr,
    endpoint: &Endpoint,
    limits: &NetLimits,
) -> Option<SocketAddr> {
    if !endpoint.proxy {
        return Some(from);
    }
    if !listed(&limits.proxies, from.ip()) {
        // As much as the socket takes at once: nobody counts these connections, so nobody waits for them.
        let _ = stream.try_write(b"ERROR :Only proxies the operator listed may connect here\r\n");
        return None;
    }
    match timeout(limits.handshake, proxy::read(stream)).await {
        Ok(Some(Origin::Client(client))) => Some(client),
        Ok(Some(Origin::Own)) => Some(from),
        Ok(None) => {
            tracing::warn!(proxy = %from.ip(), "a connection without a valid PROXY header was closed");
            None
        }
        Err(_) => None,
    }
}

/// Finds out what is spoken, and shakes hands. `first` is the byte that comes first, not read yet. `addr` is the machine at
/// the other end of the wire, even if that is a proxy: it is this wire that must not carry plain text far. `None` when
/// nothing came of it; the other end was told.
pub(super) async fn greet(
    mut stream: TcpStream,
    first: u8,
    addr: IpAddr,
    endpoint: &Endpoint,
    tls: &Tls<'_>,
    limits: &NetLimits,
) -> Option<Greeted> {
    if first == TLS_HELLO && endpoint.tls != Some(false) {
        let stream = shake_hands(stream, addr, tls, limits).await?;
        return speak(stream, true, endpoint, limits).await;
    }
    if endpoint.tls == Some(true) {
        refuse(&mut stream, "Only TLS is spoken here; connect with TLS, on this same port").await;
        return None;
    }
    if !addr.is_loopback() && !limits.plain_text_everywhere {
        refuse(&mut stream, "This server does not take plain text; connect with TLS, on this same port").await;
        return None;
    }
    speak(stream, false, endpoint, limits).await
}

/// The TLS handshake; `None` when it fails, takes too long or has to make room for another.
async fn shake_hands(
    stream: TcpStream,
    addr: IpAddr,
    tls: &Tls<'_>,
    limits: &NetLimits,
) -> Option<TlsStream<TcpStream>> {
    let handshake = tls.admission.handshake(limits.handshakes);
    let done = tokio::select! {
        done = timeout(limits.handshake, tls.acceptor.accept(stream)) => done,
        () = handshake.sent_away() => {
            tracing::debug!(%addr, "TLS handshake made room for others");
            return None;
        }
    };
    match done {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%addr, %error, "TLS handshake failed");
            None
        }
        Err(_) => {
            tracing::debug!(%addr, "TLS handshake took too long");
            None
        }
    }
}

/// Tells lines from WebSocket.
async fn speak<S>(stream: S, secure: bool, endpoint: &Endpoint, limits: &NetLimits) -> Option<Greeted>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    if endpoint.websocket == Some(false) {
        return Some(Greeted { stream: Box::new(stream), secure });
    }
    let (mut stream, is_web) = timeout(limits.handshake, Prefixed::peek(stream, b"GET ")).await.ok()??;
    if !is_web {
        if endpoint.websocket == Some(true) {
            refuse(&mut stream, "Only WebSocket is spoken here").await;
            return None;
        }
        return Some(Greeted { stream: Box::new(stream), secure });
    }
    match timeout(limits.handshake, web::accept(stream, &limits.web_origins)).await.ok()? {
        Ok(lines) => Some(Greeted { stream: Box::new(lines), secure }),
        Err(Some((mut stream, refusal))) => {
            say_last(&mut stream, &refusal.response()).await;
            None
        }
        Err(None) => None,
    }
}

/// Writes one readable line and closes.
async fn refuse(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), reason: &str) {
    say_last(stream, &format!("ERROR :{reason}\r\n")).await;
}

async fn say_last(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), text: &str) {
    let _ = timeout(LAST_WORDS, stream.write_all(text.as_bytes())).await;
    let _ = timeout(LAST_WORDS, stream.shutdown()).await;
    drain(stream).await;
}
