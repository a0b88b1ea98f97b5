//! What went wrong in other servers and could in ours, on real sockets; docs/security.md has the whole list.

mod support;

use std::sync::{Arc, Mutex};

use klatch_server::{
    hub::io::{OperatorAnswer, OperatorVerb},
    net::NetLimits,
    serve::{Reread, Settings},
};
use support::{Client, PATIENCE, settings, start};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// "A remotely triggerable deadlock wedged a whole server" (Ergo #2149), "crash on reload" (InspIRCd): people are thrown out,
/// come, speak and hang up while the configuration is read again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_reloads_while_people_are_thrown_out_goes_on() {
    let mut first = settings();
    first.policy.flood = None;
    let again = Arc::new(Mutex::new(first.clone()));
    first.reread = Some(Reread::new({
        let again = again.clone();
        move || {
            let mut settings = again.lock().map_err(|_| "poisoned".to_owned())?;
            settings.policy.motd.push("once more".into());
            Ok(settings.clone())
        }
    }));
    let (server, address) = start(first).await;
    let server = Arc::new(server);
    let mut people = Vec::new();
    for number in 0..8 {
        let mut client = Client::plain(address).await;
        client.sign_up(&format!("person{number}")).await;
        people.push(tokio::spawn(async move {
            client.send(&[&format!("PRIVMSG #lobby :{number}")]).await;
            client.rest().await.len()
        }));
    }
    let half = TcpStream::connect(address).await.unwrap();
    half.try_write(b"\x16\x03\x01\x02\x00\x01").unwrap();
    let work = async {
        let reloads = async {
            for _ in 0..20 {
                server.reload().await.unwrap();
            }
        };
        let kicks = async {
            for number in 0..8 {
                let kick = OperatorVerb::Kick { user: format!("person{number}"), reason: None };
                assert!(matches!(server.operator(kick).await, OperatorAnswer::Done(_)));
            }
        };
        tokio::join!(reloads, kicks);
        for person in people {
            person.await.unwrap();
        }
    };
    timeout(PATIENCE, work).await.expect("nothing waits for ever");
    let mut amy = Client::plain(address).await;
    amy.sign_up("amelia").await;
    amy.send(&["PING still"]).await;
    amy.until("still").await;
}

/// "512 bytes without a newline (a TLS hello on the plain port) spun a core" (ngIRCd 28): what is not a line is waited for or
/// refused, on ports of each kind, and others are served meanwhile.
#[tokio::test]
async fn bytes_without_an_end_keep_nobody_from_being_served() {
    for tls in [None, Some(false)] {
        let mut only = settings();
        only.listen[0].tls = tls;
        let (_server, address) = start(only).await;
        let mut held = Vec::new();
        for bytes in [&[b'x'; 512][..], b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", &[0; 512], &[b'\r'; 512], b"@"]
        {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            held.push(stream);
        }
        let mut amy = Client::plain(address).await;
        amy.sign_up("amelia").await;
        drop(held);
    }
}

/// "HTTP POST sent to the chat port by a browser": the body is not taken for lines, whatever the method.
#[tokio::test]
async fn no_request_of_a_browser_speaks_for_anybody() {
    let mut open = settings();
    open.policy.account_required = false;
    let (_server, address) = start(open).await;
    let mut amy = Client::plain(address).await;
    amy.sign_up("amelia").await;
    let body = "NICK evil\r\nUSER e 0 * :e\r\nJOIN #lobby\r\nPRIVMSG #lobby :from a page\r\n";
    for method in ["POST", "PUT", "GET", "HEAD", "OPTIONS", "CONNECT", "DELETE", "PATCH", "TRACE", "post"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{method} / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Closed at once where the request is known for what it is.
        if method.chars().all(char::is_uppercase) {
            timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it is closed").ok();
            let answer = String::from_utf8_lossy(&answer).into_owned();
            assert!(!answer.contains(" 001 "), "{method}: {answer}");
        }
    }
    amy.send(&["PRIVMSG amelia :the end"]).await;
    let said = amy.until("the end").await;
    assert!(!said.contains("from a page"));
    amy.send(&["NAMES #lobby"]).await;
    assert!(!amy.until(" 353 ").await.contains("evil"));
}

/// "Oversized WebSocket handshake and frames": refused by their size, not gathered.
#[tokio::test]
async fn oversized_requests_and_frames_are_refused() {
    let (_server, address) = start(settings()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let endless = format!("GET / HTTP/1.1\r\nCookie: {}", "x".repeat(20_000));
    stream.write_all(endless.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it is closed");
    assert!(answer.starts_with(b"HTTP/1.1 431 ") || answer.is_empty(), "{}", String::from_utf8_lossy(&answer));

    let request = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: text.ircv3.net\r\n\r\n";
    // A frame of 2^63-1 bytes, one without a mask, a ping of more than 125, and a message of pieces without an end.
    let mut pieces = vec![0x01, 0xfe, 0x40, 0, 0, 0, 0, 0];
    pieces.resize(8 + 0x4000, b'x');
    let mut next = vec![0x00, 0xfe, 0x40, 0, 0, 0, 0, 0];
    next.resize(8 + 0x4000, b'x');
    let pieces = [pieces, next].concat();
    let ping = [&b"\x89\xfe\x01\x00\0\0\0\0"[..], &[b'x'; 256]].concat();
    let frames: [&[u8]; 4] = [b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", b"\x81\x04PING", &ping, &pieces];
    for (number, frame) in frames.into_iter().enumerate() {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let _ = stream.write_all(frame).await;
        let mut answer = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer))
            .await
            .unwrap_or_else(|_| panic!("frame {number} is read on"));
        assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&answer));
    }
    let mut amy = Client::plain(address).await;
    amy.sign_up("amelia").await;
}

/// "Output that stalls in a long NAMES burst until the client speaks" (InspIRCd #768).
#[tokio::test]
async fn a_long_list_of_names_comes_to_its_end_by_itself() {
    let mut open = Settings { net: NetLimits { connections: 1_000, ..NetLimits::default() }, ..settings() };
    open.policy.account_required = false;
    open.policy.flood = None;
    open.policy.exempt = vec!["127.0.0.1".parse().unwrap()];
    let (_server, address) = start(open).await;
    let mut crowd = Vec::new();
    for number in 0..200 {
        let mut client = Client::plain(address).await;
        let nick = format!("NICK somebody-with-a-long-name-{number}");
        client.send(&[&nick, "USER somebody 0 * :S", "JOIN #crowd"]).await;
        client.until(" 366 ").await;
        crowd.push(client);
    }
    let mut amy = Client::plain(address).await;
    amy.send(&["CAP REQ userhost-in-names", "CAP END", "NICK amy", "USER amy 0 * :Amy", "JOIN #crowd"]).await;
    let mut names = 0;
    loop {
        let line = amy.next().await.expect("the list goes on");
        names += if line.contains(" 353 amy = #crowd ") { line.matches('!').count() } else { 0 };
        if line.contains(" 366 amy #crowd") {
            break;
        }
    }
    assert_eq!(names, 201);
}
