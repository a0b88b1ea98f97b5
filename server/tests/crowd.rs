//! Many who say nothing, and somebody who wants to log in.

mod support;

use klatch_server::{net::NetLimits, serve::Settings};
use support::{Client, settings, start};

/// How many sit there silently, of each kind: three times as many as there are places.
const SILENT: usize = 120;
const PLACES: usize = 40;

fn narrow() -> Settings {
    Settings { net: NetLimits { connections: PLACES, handshakes: 10, ..NetLimits::default() }, ..settings() }
}

#[tokio::test]
async fn silence_keeps_nobody_out_and_nobody_who_is_in_has_to_go() {
    let (server, address) = start(narrow()).await;
    let mut amy = Client::tls(address, server.fingerprint()).await;
    amy.sign_up("amelia").await;
    let mut talked = Client::plain(address).await;
    talked.send(&["PING heard"]).await;
    talked.until("heard").await;
    let mut crowd = Vec::new();
    for first in [&b""[..], b"\x16\x03\x01", b"GET / HT", b"NICK silent\r\n"] {
        for _ in 0..SILENT {
            let mut silent = Client::plain(address).await;
            silent.raw(first).await;
            crowd.push(silent);
        }
    }
    let mut bob = Client::tls(address, server.fingerprint()).await;
    bob.sign_up("robert").await;
    bob.send(&["PRIVMSG #lobby :we are in"]).await;
    amy.until("we are in").await;
    bob.send(&["QUIT"]).await;
    bob.rest().await;
    let mut bob = Client::plain(address).await;
    bob.log_in("robert").await;
    amy.send(&["PING still-here"]).await;
    amy.until("still-here").await;
    // Who came first went first; who said something is told why.
    assert_eq!(crowd[0].rest().await, Vec::<String>::new());
    let said = talked.rest().await.concat();
    assert!(said.contains("ERROR :The server is full, and you have not logged in"), "{said}");
}

#[tokio::test]
async fn unfinished_handshakes_give_way_to_others() {
    let (server, address) =
        start(Settings { net: NetLimits { handshakes: 4, ..NetLimits::default() }, ..settings() }).await;
    let mut halves = Vec::new();
    for _ in 0..20 {
        let mut half = Client::plain(address).await;
        half.raw(b"\x16\x03\x01").await;
        halves.push(half);
    }
    assert_eq!(halves[0].next().await, None, "long before its time is over");
    let mut amy = Client::tls(address, server.fingerprint()).await;
    amy.sign_up("amelia").await;
}
