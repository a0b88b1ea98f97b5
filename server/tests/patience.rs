//! Those who send a byte now and then: no time that somebody has begins anew with what they send.

mod support;

use std::time::Duration;

use klatch_server::{
    net::{Endpoint, NetLimits},
    serve::{Server, Settings},
};
use support::{Client, PATIENCE, Stream, connect_tls, settings, start};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

/// Any of the times that a connection has here.
const SHORT: Duration = Duration::from_millis(400);
/// How often a byte is sent: often enough for a time that began anew with each never to end.
const DRIP: Duration = Duration::from_millis(10);

/// Sends `first`, and then `again` a byte at a time, over and over, until the server hangs up. What it said.
async fn drip(stream: impl Stream + 'static, first: &[u8], again: &'static [u8]) -> String {
    let (mut incoming, mut outgoing) = tokio::io::split(stream);
    outgoing.write_all(first).await.unwrap();
    outgoing.flush().await.unwrap();
    let dripping = tokio::spawn(async move {
        for byte in again.iter().cycle() {
            if outgoing.write_all(&[*byte]).await.is_err() || outgoing.flush().await.is_err() {
                return;
            }
            sleep(DRIP).await;
        }
    });
    let mut heard = Vec::new();
    // It may end by a reset, since we go on sending; what had been read until then is there all the same.
    let _ = timeout(PATIENCE, incoming.read_to_end(&mut heard)).await.expect("the server waits for ever");
    dripping.abort();
    String::from_utf8_lossy(&heard).into_owned()
}

async fn with(change: impl FnOnce(&mut Settings)) -> (Server, std::net::SocketAddr) {
    let mut settings = settings();
    change(&mut settings);
    start(settings).await
}

fn hasty(settings: &mut Settings) {
    settings.net = NetLimits { handshake: SHORT, ..NetLimits::default() };
}

#[tokio::test]
async fn a_tls_hello_that_drips_is_given_up() {
    let (server, address) = with(hasty).await;
    // Records of 16 KiB, one of a handshake message that is as long and one that is to follow in pieces.
    for first in
        [&b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03"[..], b"\x16", b"\x16\x03\x01\x00\x05\x01\x00\x3f\xfc\x03"]
    {
        let stream = TcpStream::connect(address).await.unwrap();
        let heard = drip(stream, first, b"\x16\x03\x01\x00\x01\x00").await;
        assert!(heard.len() < 64, "{heard:?}");
    }
    Client::tls(address, server.fingerprint()).await.sign_up("amelia").await;
}

#[tokio::test]
async fn a_proxy_header_that_drips_is_given_up() {
    let (_server, address) = with(|settings| {
        hasty(settings);
        settings.net.proxies = vec!["127.0.0.1".parse().unwrap()];
        settings.listen[0].proxy = true;
    })
    .await;
    for first in [&b"PROXY TCP4 "[..], b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x0f\xff"] {
        let stream = TcpStream::connect(address).await.unwrap();
        assert_eq!(drip(stream, first, b"1").await, "");
    }
    let mut amy = Client::plain(address).await;
    amy.send(&["PROXY TCP4 192.0.2.7 10.0.0.1 4711 6667"]).await;
    amy.sign_up("amelia").await;
}

#[tokio::test]
async fn a_websocket_request_that_drips_is_given_up() {
    let (server, address) = with(hasty).await;
    let first = b"GET / HTTP/1.1\r\nHost: x\r\nX: ";
    assert_eq!(drip(TcpStream::connect(address).await.unwrap(), first, b"x").await, "");
    let stream = connect_tls(TcpStream::connect(address).await.unwrap(), server.fingerprint()).await;
    assert_eq!(drip(stream, first, b"x").await, "");
}

#[tokio::test]
async fn the_originals_first_message_that_drips_is_given_up() {
    let (server, _) = with(|settings| {
        hasty(settings);
        let any = settings.listen[0].address;
        settings.listen.push(Endpoint { compat: Some("#lobby".into()), ..any.into() });
    })
    .await;
    let address = server.compat_addresses()[0];
    for first in [&b"[NEW]:login:"[..], b"[NEW]:signup:Lior:lior1:secret:<"] {
        assert_eq!(drip(TcpStream::connect(address).await.unwrap(), first, b"x").await, "");
    }
}

#[tokio::test]
async fn the_time_to_log_in_holds_whatever_trickles_in() {
    let (server, address) = with(|settings| {
        settings.policy.register_within = SHORT.as_millis() as u64;
        settings.policy.flood = None;
    })
    .await;
    let trickles: [(&[u8], &[u8]); 5] = [
        (b"", b"x"),
        (b"", b"PING x\r\n"),
        (b"CAP LS 302\r\nNICK amelia\r\n", b"NICK amelia\r\nCAP LS\r\n"),
        (b"CAP REQ :sasl\r\nAUTHENTICATE PLAIN\r\n", b"AUTHENTICATE AAAA\r\nAUTHENTICATE PLAIN\r\n"),
        (b"", b"\xff\r\n"),
    ];
    for (first, again) in trickles {
        let stream = TcpStream::connect(address).await.unwrap();
        let heard = drip(stream, first, again).await;
        assert!(heard.contains("ERROR :Registration took too long"), "{again:?}: {heard}");
        let stream = connect_tls(TcpStream::connect(address).await.unwrap(), server.fingerprint()).await;
        let heard = drip(stream, first, again).await;
        assert!(heard.contains("ERROR :Registration took too long"), "{again:?} over TLS: {heard}");
    }
}
