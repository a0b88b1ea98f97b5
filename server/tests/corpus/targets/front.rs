//! What stands before a connection: the PROXY header, and the WebSocket with its handshake.

use std::net::SocketAddr;

use klatch_server::net::{
    proxy::{self, Origin},
    web,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    runtime::{Builder, Runtime},
};

/// What a version 2 header begins with.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest header there is, of either version.
const LONGEST: usize = 16 + 4096;
/// A request that becomes a WebSocket.
const UPGRADE: &[u8] =
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ";

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().build().expect("a runtime without anything can be built");
}

/// The bytes are what comes first on a connection; and they are frames on a WebSocket that is open.
pub fn check(bytes: &[u8]) {
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            header_ends_where_it_says(bytes).await;
            handshake_is_answered(bytes).await;
            for protocol in ["text.ircv3.net", "binary.ircv3.net", "none"] {
                let request = [UPGRADE, protocol.as_bytes(), b"\r\n\r\n", bytes].concat();
                messages_are_lines(&request).await;
            }
        });
    });
}

async fn header_ends_where_it_says(bytes: &[u8]) {
    for prefix in [&b""[..], b"PROXY ", SIGNATURE] {
        let whole = [prefix, bytes].concat();
        let mut rest = &whole[..];
        let origin = proxy::read(&mut rest).await;
        let (header, follows) = whole.split_at(whole.len() - rest.len());
        assert!(header.len() <= LONGEST);
        let Some(origin) = origin else { continue };
        assert!(header.starts_with(b"PROXY ") && header.ends_with(b"\r\n") || header.starts_with(SIGNATURE));
        // What follows is not ours: whatever it is, the header means the same.
        let mut other = &[header, b"NICK amy\r\n"].concat()[..];
        assert_eq!(proxy::read(&mut other).await, Some(origin), "without {follows:?}");
        assert_eq!(other, b"NICK amy\r\n");
        if let (Origin::Client(SocketAddr::V4(client)), true) = (origin, header.starts_with(b"PROXY ")) {
            let text = String::from_utf8_lossy(header);
            assert!(text.contains(&client.ip().to_string()), "{text} does not name {client}");
        }
    }
}

/// Something readable comes back and the end, or a WebSocket.
async fn handshake_is_answered(bytes: &[u8]) {
    let whole = [b"GET ", bytes].concat();
    let (near, mut far) = tokio::io::duplex(64 * 1024);
    far.write_all(&whole[..whole.len().min(32 * 1024)]).await.expect("there is room");
    far.shutdown().await.expect("writing can end");
    match web::accept(near, &["https://chat.example".to_owned()]).await {
        Ok(_) => {
            let mut answer = [0; 12];
            far.read_exact(&mut answer).await.expect("an upgrade is answered");
            assert_eq!(&answer, b"HTTP/1.1 101");
        }
        Err(Some((_, refusal))) => {
            let response = refusal.response();
            let (head, body) = response.split_once("\r\n\r\n").expect("a head and a body");
            assert!(head.starts_with("HTTP/1.1 4") && head.contains(&format!("Content-Length: {}\r\n", body.len())));
        }
        Err(None) => {}
    }
}

/// Whatever frames come, what is read of them are lines with their ends, and no more than came.
async fn messages_are_lines(request: &[u8]) {
    let (near, mut far) = tokio::io::duplex(256 * 1024);
    if request.len() > 128 * 1024 || far.write_all(request).await.is_err() {
        return;
    }
    far.shutdown().await.expect("writing can end");
    let Ok(mut lines) = web::accept(near, &[]).await else { panic!("this request is an upgrade") };
    let mut read = Vec::new();
    let end = lines.read_to_end(&mut read).await;
    assert!(read.len() <= 2 * request.len(), "{} bytes became {}", request.len(), read.len());
    let broken = end.is_err();
    assert!(read.is_empty() || broken || read.ends_with(b"\r\n"), "a line without an end: {read:?}");
    // Writing to it goes on to be possible or fails; it does not get stuck.
    let _ = lines.write_all(b"PING :x\r\n").await;
    let _ = lines.flush().await;
}
