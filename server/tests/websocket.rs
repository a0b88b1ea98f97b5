//! WebSocket frames that no library sends (RFC 6455 section 5): lengths, fragments, masks and control frames, on real
//! sockets.

mod support;

use std::{net::SocketAddr, time::Duration};

use klatch_server::{
    net::NetLimits,
    serve::{Server, Settings},
};
use support::{Client, PATIENCE, settings, start};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Opcodes (section 5.2), with the bit that ends a message.
const END: u8 = 0x80;
const MORE: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// The most bytes of a message (docs/protocol.md).
const MOST: usize = 16 * 1024;

/// A request that is granted.
const REQUEST: &str = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                       Sec-WebSocket-Protocol: text.ircv3.net\r\n\r\n";

/// The head of a frame of `length` bytes, masked with zeros as clients have to.
fn head(first: u8, length: u64) -> Vec<u8> {
    let mut head = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ 0..126), _) => head.push(0x80 | length),
        (_, Ok(length)) => {
            head.push(0x80 | 126);
            head.extend(length.to_be_bytes());
        }
        _ => {
            head.push(0x80 | 127);
            head.extend(length.to_be_bytes());
        }
    }
    head.extend([0; 4]);
    head
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [head(first, payload.len() as u64), payload.to_vec()].concat()
}

/// A connection after its handshake.
struct Raw(TcpStream);

impl Raw {
    async fn connect(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream.write_all(REQUEST.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&answer));
        Raw(stream)
    }

    /// A server that has closed already is no failure here.
    async fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    /// The next frame: its first byte and its payload; `None` at the end of the connection.
    async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let read = async {
            let first = self.0.read_u8().await.ok()?;
            let length = match self.0.read_u8().await.ok()? {
                126 => usize::from(self.0.read_u16().await.ok()?),
                length @ 0..126 => usize::from(length),
                length => panic!("servers mask nothing, and no line is so long: {length}"),
            };
            let mut payload = vec![0; length];
            self.0.read_exact(&mut payload).await.ok()?;
            Some((first, payload))
        };
        timeout(PATIENCE, read).await.expect("nothing more came")
    }

    /// The text of the next message.
    async fn line(&mut self) -> String {
        let (first, payload) = self.next().await.expect("the connection ended");
        assert_eq!(first, END | TEXT);
        String::from_utf8(payload).unwrap()
    }

    /// Reads to the end; the texts that came before it.
    async fn rest(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Some((first, payload)) = self.next().await {
            if first == END | TEXT {
                texts.push(String::from_utf8(payload).unwrap());
            }
        }
        texts
    }
}

fn with(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = settings();
    change(&mut settings);
    settings
}

/// Whether somebody else is served as ever.
async fn serves(server: &Server, address: SocketAddr, name: &str) {
    Client::tls(address, server.fingerprint()).await.sign_up(name).await;
}

#[tokio::test]
async fn a_message_may_come_in_fragments_with_control_frames_between() {
    let (_server, address) = start(settings()).await;
    let mut raw = Raw::connect(address).await;
    raw.send(&frame(TEXT, b"PI")).await;
    raw.send(&frame(END | PING, b"alive?")).await;
    raw.send(&frame(MORE, b"NG ")).await;
    raw.send(&frame(MORE, b"")).await;
    raw.send(&frame(END | MORE, b"whole")).await;
    assert_eq!(raw.next().await, Some((END | PONG, b"alive?".to_vec())));
    assert_eq!(raw.line().await, ":klatch.local PONG klatch.local :whole");
    // A PONG that nobody asked for is nothing; a close is answered, and ends the connection.
    raw.send(&frame(END | PONG, b"unasked")).await;
    raw.send(&frame(END | CLOSE, &1000_u16.to_be_bytes())).await;
    assert_eq!(raw.next().await, Some((END | CLOSE, 1000_u16.to_be_bytes().to_vec())));
    assert_eq!(raw.next().await, None);
}

#[tokio::test]
async fn the_mask_is_taken_off() {
    let (_server, address) = start(settings()).await;
    let mut raw = Raw::connect(address).await;
    let mask = [0x5a, 0xff, 0x00, 0x81];
    let masked: Vec<u8> = b"PING masked".iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    raw.send(&[&[END | TEXT, 0x80 | masked.len() as u8][..], &mask, &masked].concat()).await;
    assert_eq!(raw.line().await, ":klatch.local PONG klatch.local :masked");
}

#[tokio::test]
async fn frames_that_may_not_be_end_their_own_connection_only() {
    let (server, address) = start(settings()).await;
    let unmasked = [&[END | TEXT, 6][..], b"PING x"].concat();
    let long = vec![b'x'; MOST + 1];
    let halves = [frame(TEXT, &long[..MOST]), frame(END | MORE, b"x")].concat();
    let forbidden: [(&str, Vec<u8>); 15] = [
        ("not masked (5.1)", unmasked),
        ("a reserved bit (5.2)", frame(END | 0x40 | TEXT, b"PING x")),
        ("a reserved opcode (5.2)", frame(END | 0x3, b"PING x")),
        ("a reserved control opcode (5.2)", frame(END | 0xb, b"")),
        ("a control frame in fragments (5.5)", frame(PING, b"x")),
        ("a control frame of 126 bytes (5.5)", frame(END | PING, &[b'x'; 126])),
        ("nothing to go on with (5.4)", frame(END | MORE, b"PING x")),
        ("a message within a message (5.4)", [frame(TEXT, b"PING"), frame(END | TEXT, b"PING x")].concat()),
        ("text that is not UTF-8 (8.1)", frame(END | TEXT, b"PING \xff")),
        ("a close with half a code (5.5.1)", frame(END | CLOSE, b"x")),
        ("a longer message", frame(END | TEXT, &long)),
        ("a longer message in two", halves),
        // Nothing of these follows: the head alone has to be enough.
        ("the longest length there is", head(END | BINARY, u64::MAX >> 1)),
        ("a length that is none (5.2)", head(END | BINARY, u64::MAX)),
        ("a length of a byte too many", head(TEXT, MOST as u64 + 1)),
    ];
    for (what, bytes) in forbidden {
        let mut raw = Raw::connect(address).await;
        raw.send(&frame(END | TEXT, b"PING before")).await;
        assert!(raw.line().await.contains("before"), "{what}");
        raw.send(&bytes).await;
        let said = raw.rest().await;
        assert!(!said.iter().any(|line| line.contains("PONG")), "{what}: {said:?}");
    }
    serves(&server, address, "amelia").await;
}

#[tokio::test]
async fn fragments_without_an_end_hold_no_more_than_a_message() {
    let (server, address) = start(settings()).await;
    let mut raw = Raw::connect(address).await;
    raw.send(&frame(TEXT, b"x")).await;
    let pushing = async {
        // Ends when the server has hung up.
        while raw.0.write_all(&frame(MORE, &[b'x'; 1000])).await.is_ok() {}
    };
    timeout(PATIENCE, pushing).await.expect("the server took fragments without end");
    serves(&server, address, "amelia").await;
}

#[tokio::test]
async fn who_asks_for_pongs_and_reads_none_holds_up_nobody() {
    let (server, address) = start(with(|settings| settings.policy.register_within = 1_000)).await;
    let mut raw = Raw::connect(address).await;
    let ping = frame(END | PING, &[b'x'; 125]).repeat(1000);
    // Nothing is read, so at last the server reads nothing either, or the time to log in is over.
    while let Ok(Ok(())) = timeout(Duration::from_millis(200), raw.0.write_all(&ping)).await {}
    serves(&server, address, "amelia").await;
    drop(raw);
}

/// Time to log in, in milliseconds, where frames are sent without end.
const SHORT: u64 = 400;

#[tokio::test]
async fn control_frames_and_fragments_do_not_stretch_the_time_to_log_in() {
    for (first, again) in [(Vec::new(), frame(END | PING, b"x")), (frame(TEXT, b"N"), frame(MORE, b""))] {
        let (_server, address) = start(with(|settings| settings.policy.register_within = SHORT)).await;
        let Raw(stream) = Raw::connect(address).await;
        let (mut incoming, mut outgoing) = stream.into_split();
        outgoing.write_all(&first).await.unwrap();
        let dripping = tokio::spawn(async move {
            while outgoing.write_all(&again).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let mut heard = Vec::new();
        // It may end by a reset, since we go on sending.
        let _ = timeout(PATIENCE, incoming.read_to_end(&mut heard)).await.expect("it was not sent away");
        dripping.abort();
        let heard = String::from_utf8_lossy(&heard).into_owned();
        assert!(heard.contains("ERROR :Registration took too long"), "{heard}");
    }
}

#[tokio::test]
async fn half_a_handshake_is_waited_for_as_long_as_any_other() {
    let net = NetLimits { handshake: Duration::from_millis(200), ..NetLimits::default() };
    let (server, address) = start(Settings { net, ..settings() }).await;
    for end in [1, 4, 16, REQUEST.len() - 2] {
        let mut half = Client::plain(address).await;
        half.raw(&REQUEST.as_bytes()[..end]).await;
        assert_eq!(half.next().await, None, "after {end} bytes");
    }
    serves(&server, address, "amelia").await;
}
