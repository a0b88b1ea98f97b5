//! The ways in besides TLS and plain lines on an open port: proxies, WebSocket, passwords; and decisions that change while
//! people are connected.

mod support;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use futures_util::{SinkExt as _, StreamExt as _};
use klatch_server::{
    hub::policy::{OperatorLogin, Proof},
    net::{Endpoint, NetLimits},
    serve::{Reread, Settings},
};
use support::{Client, settings, start};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

/// Settings whose only endpoint is as `change` makes it.
fn at(change: impl FnOnce(&mut Endpoint)) -> Settings {
    let mut settings = settings();
    change(&mut settings.listen[0]);
    settings
}

fn with_net(settings: Settings, change: impl FnOnce(&mut NetLimits)) -> Settings {
    let mut settings = settings;
    change(&mut settings.net);
    settings
}

#[tokio::test]
async fn a_listed_proxy_says_for_whom_it_connects() {
    let proxied =
        with_net(at(|endpoint| endpoint.proxy = true), |net| net.proxies = vec!["127.0.0.1".parse().unwrap()]);
    let (server, address) = start(proxied).await;
    let mut news = server.news();
    let mut amy = Client::plain(address).await;
    amy.send(&["PROXY TCP4 192.0.2.7 10.0.0.1 4711 6667"]).await;
    amy.sign_up("amelia").await;
    let said = format!("{:?}", news.recv().await.unwrap());
    assert!(said.contains("192.0.2.7") && said.contains("4711"), "{said}");

    let mut bare = Client::plain(address).await;
    bare.send(&["CAP LS 302", "NICK robert"]).await;
    assert_eq!(bare.rest().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_proxy_that_is_not_listed_is_refused() {
    let (_server, address) = start(at(|endpoint| endpoint.proxy = true)).await;
    let mut client = Client::plain(address).await;
    assert_eq!(client.rest().await, ["ERROR :Only proxies the operator listed may connect here"]);
}

#[tokio::test]
async fn connections_are_counted_for_whom_a_proxy_makes_them() {
    let proxied = with_net(at(|endpoint| endpoint.proxy = true), |net| {
        net.proxies = vec!["127.0.0.1".parse().unwrap()];
        net.per_address = 1;
    });
    let (_server, address) = start(proxied).await;
    let connect = async |from: &str| {
        let mut client = Client::plain(address).await;
        client.send(&[&format!("PROXY TCP4 {from} 10.0.0.1 4711 6667"), "PING x"]).await;
        (client.next().await.unwrap(), client)
    };
    let (_, _first) = connect("192.0.2.7").await;
    let (said, _second) = connect("192.0.2.7").await;
    assert!(said.contains("Too many connections from your address"), "{said}");
    let (said, _third) = connect("192.0.2.8").await;
    assert!(!said.contains("Too many"), "{said}");
}

#[tokio::test]
async fn an_endpoint_takes_only_what_it_is_for() {
    for (only, want) in [(Some(true), "Only TLS is spoken here"), (None, "CAP * LS")] {
        let (_server, address) = start(at(|endpoint| endpoint.tls = only)).await;
        let mut plain = Client::plain(address).await;
        plain.send(&["CAP LS 302"]).await;
        plain.until(want).await;
    }
    let (server, address) = start(at(|endpoint| endpoint.tls = Some(true))).await;
    Client::tls(address, server.fingerprint()).await.sign_up("amelia").await;

    let (_server, address) = start(at(|endpoint| endpoint.websocket = Some(true))).await;
    let mut lines = Client::plain(address).await;
    lines.send(&["CAP LS 302"]).await;
    assert_eq!(lines.rest().await, ["ERROR :Only WebSocket is spoken here"]);
}

type Web = WebSocketStream<TcpStream>;

async fn browser(address: SocketAddr, protocol: &str, origin: Option<&str>) -> Result<Web, String> {
    let mut request = format!("ws://{address}/").into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_str(protocol).unwrap());
    if let Some(origin) = origin {
        request.headers_mut().insert("Origin", HeaderValue::from_str(origin).unwrap());
    }
    let stream = TcpStream::connect(address).await.unwrap();
    client_async(request, stream).await.map(|(socket, _)| socket).map_err(|error| error.to_string())
}

async fn until(web: &mut Web, part: &str) -> Message {
    loop {
        let message = web.next().await.unwrap_or_else(|| panic!("closed before {part}")).unwrap();
        if message.to_text().unwrap().contains(part) {
            return message;
        }
    }
}

#[tokio::test]
async fn a_page_talks_with_everybody_else_on_the_same_port() {
    let (_server, address) =
        start(with_net(settings(), |net| net.web_origins = vec!["https://chat.example".into()])).await;
    let mut amy = Client::plain(address).await;
    amy.sign_up("amelia").await;
    for (protocol, name) in [("text.ircv3.net", "robert"), ("binary.ircv3.net", "carola")] {
        let binary = protocol.starts_with("binary");
        let mut web = browser(address, protocol, Some("https://chat.example")).await.unwrap();
        let lines = [
            "CAP REQ :draft/account-registration".into(),
            format!("NICK {name}"),
            format!("USER {name} 0 * :{name}"),
            "REGISTER * * password".to_owned(),
            // Forgiven: the line has its end already.
            "CAP END\r\n".into(),
            "PRIVMSG #lobby :from the web: käse".into(),
        ];
        for line in lines {
            web.send(if binary { Message::binary(line.into_bytes()) } else { Message::text(line) }).await.unwrap();
        }
        let end = until(&mut web, " 376 ").await;
        assert_eq!(end.is_binary(), binary);
        assert!(!end.to_text().unwrap().contains(['\r', '\n']), "{end:?}");
        amy.until("from the web: käse").await;
        amy.send(&["PRIVMSG #lobby :to the web"]).await;
        until(&mut web, "to the web").await;
        web.send(Message::text("QUIT")).await.unwrap();
        until(&mut web, "ERROR").await;
        while web.next().await.is_some_and(|message| message.is_ok()) {}
        amy.until(&format!(":{name}!")).await;
    }
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused_and_a_plain_request_told_what_this_is() {
    let (_server, address) = start(settings()).await;
    let refused = browser(address, "text.ircv3.net", Some("https://evil.example")).await.unwrap_err();
    assert!(refused.contains("403"), "{refused}");
    browser(address, "text.ircv3.net", None).await.unwrap();

    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 ") && answer.contains("This is a chat server."), "{answer}");
}

#[tokio::test]
async fn a_message_without_end_ends_only_its_own_connection() {
    let (_server, address) = start(settings()).await;
    let mut web = browser(address, "binary.ircv3.net", None).await.unwrap();
    web.send(Message::binary(vec![b'x'; 64 * 1024])).await.unwrap();
    while web.next().await.is_some_and(|message| message.is_ok()) {}
    let mut web = browser(address, "binary.ircv3.net", None).await.unwrap();
    web.send(Message::binary(&b"NICK \xff"[..])).await.unwrap();
    until(&mut web, "INVALID_UTF8").await;
    web.send(Message::text("PING still")).await.unwrap();
    until(&mut web, "still").await;
}

#[tokio::test]
async fn a_password_keeps_out_who_does_not_know_it() {
    let mut guarded = settings();
    guarded.policy.password = "open sesame".to_owned().into();
    guarded.policy.account_required = false;
    let (_server, address) = start(guarded).await;
    for pass in ["PASS :wrong", "PING x"] {
        let mut stranger = Client::plain(address).await;
        stranger.send(&[pass, "REGISTER amelia * password", "NICK amelia", "USER a 0 * :A"]).await;
        let said = stranger.rest().await;
        assert_eq!(said.iter().filter(|line| line.contains(" 464 ")).count(), 2, "{said:?}");
        assert!(said.last().unwrap().starts_with("ERROR"), "{said:?}");
    }
    let mut amy = Client::plain(address).await;
    amy.send(&["PASS :open sesame"]).await;
    amy.sign_up("amelia").await;
}

#[tokio::test]
async fn new_decisions_count_while_people_stay() {
    let next = Arc::new(Mutex::new(Err("k.toml:1:1: broken".to_owned())));
    let source = next.clone();
    let mut first = settings();
    let proof = Proof::Password("secret".to_owned().into());
    first.policy.operator_logins.push(OperatorLogin { name: "root".into(), proof });
    first.reread = Some(Reread::new(move || source.lock().unwrap().clone()));
    let (server, address) = start(first.clone()).await;
    let mut amy = Client::plain(address).await;
    amy.sign_up("amelia").await;
    assert_eq!(server.reload().await, Err("k.toml:1:1: broken".to_owned()));
    amy.send(&["OPER root secret", "REHASH"]).await;
    amy.until("NOTICE amelia :k.toml:1:1: broken").await;

    let mut second = first;
    second.policy.motd = vec!["there is cake".into()];
    second.policy.server_name = "another.example".into();
    second.net.connections = 1;
    second.listen.push(address.into());
    *next.lock().unwrap() = Ok(second);
    let done = server.reload().await.unwrap();
    assert!(done.contains("the listening addresses, the server's name"), "{done}");
    amy.send(&["REHASH"]).await;
    amy.until("read again; only a restart changes the listening addresses").await;
    amy.send(&["MOTD"]).await;
    assert!(amy.until("there is cake").await.starts_with(":klatch.local "));
    let mut late = Client::plain(address).await;
    late.until("The server is full").await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_hangup_makes_the_program_read_its_file_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let daemon = support::Daemon::start(&data);
    let mut amy = Client::plain(daemon.address).await;
    amy.sign_up("amelia").await;
    std::fs::write(data.with_extension("toml"), "[server]\nmotd = \"there is cake\"\n[limits]\nflood = false\n")
        .unwrap();
    daemon.signal(rustix::process::Signal::HUP);
    let heard = async {
        loop {
            amy.send(&["MOTD"]).await;
            amy.until(" 375 ").await;
            if amy.until(" 37").await.contains("there is cake") {
                return;
            }
        }
    };
    tokio::time::timeout(support::PATIENCE, heard).await.unwrap();
}

#[tokio::test]
async fn websocket_and_proxy_headers_go_with_tls_as_well() {
    let proxied =
        with_net(at(|endpoint| endpoint.proxy = true), |net| net.proxies = vec!["127.0.0.0/8".parse().unwrap()]);
    let (server, address) = start(proxied).await;
    let mut news = server.news();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\x0a\0\0\x01\x12\x67\x1a\x0b";
    stream.write_all(header).await.unwrap();
    let stream = support::connect_tls(stream, server.fingerprint()).await;
    let request = format!("wss://{address}/").into_client_request().unwrap();
    let (mut web, _) = client_async(request, stream).await.unwrap();
    for line in
        ["CAP REQ :draft/account-registration", "NICK amelia", "USER a 0 * :A", "REGISTER * * password", "CAP END"]
    {
        web.send(Message::text(line)).await.unwrap();
    }
    let said = format!("{:?}", news.recv().await.unwrap());
    assert!(said.contains("192.0.2.7") && said.contains("port: 4711") && said.contains("secure: true"), "{said}");
}
