//! The original's client at its own listener. The client here behaves as that one: it writes each message at once, takes
//! each read of at most 1024 bytes for one message, and compares answers for equality.

mod support;

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::Stdio,
};

use klatch_server::{
    net::Endpoint,
    serve::{Server, Settings, Stop},
};
use support::{Client, PATIENCE, settings, start};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

const SOCKET: &str =
    "<socket.socket fd=3, family=2, type=1, proto=0, laddr=('127.0.0.1', 50000), raddr=('127.0.0.1', 23791)>";

fn with_compat() -> Settings {
    let mut settings = settings();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.listen.push(Endpoint { compat: Some("#lobby".into()), ..any.into() });
    settings
}

/// A server with both listeners: it, that of everybody, that of the original's clients.
async fn started(settings: Settings) -> (Server, SocketAddr, SocketAddr) {
    let (server, address) = start(settings).await;
    let compat = server.compat_addresses()[0];
    (server, address, compat)
}

struct Original {
    stream: TcpStream,
    name: &'static str,
    user: &'static str,
}

impl Original {
    async fn connect(address: SocketAddr, name: &'static str, user: &'static str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Original { stream, name, user }
    }

    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// `recv(1024)`: empty at the end.
    async fn recv(&mut self) -> String {
        let mut bytes = [0; 1024];
        let read = timeout(PATIENCE, self.stream.read(&mut bytes)).await.expect("nothing came").unwrap_or(0);
        String::from_utf8(bytes[..read].to_vec()).unwrap()
    }

    async fn ask(&mut self, what: &str, password: &str) -> String {
        self.send(&format!("[NEW]:{what}:{}:{}:{password}:{SOCKET}", self.name, self.user)).await;
        self.recv().await
    }

    async fn say(&mut self, text: &str) {
        self.send(&format!("[ACTIVE]:{}:{}:secret:{SOCKET}:{text}", self.name, self.user)).await;
    }

    async fn until(&mut self, part: &str) -> String {
        loop {
            let said = self.recv().await;
            assert!(!said.is_empty(), "closed before `{part}` came");
            if said.contains(part) {
                return said;
            }
        }
    }
}

async fn signed_up(address: SocketAddr, name: &'static str, user: &'static str) -> Original {
    let mut fresh = Original::connect(address, name, user).await;
    assert_eq!(fresh.ask("signup", "secret").await, "Account Created");
    assert_eq!(fresh.recv().await, "", "and the connection is closed");
    let mut original = Original::connect(address, name, user).await;
    assert_eq!(original.ask("login", "secret").await, "True");
    original
}

#[tokio::test]
async fn the_original_talks_with_everybody_and_sees_them_come_and_go() {
    let (server, address, compat) = started(with_compat()).await;
    let mut probe = Original::connect(compat, "", "").await;
    probe.send(":REMOVE:").await;
    assert_eq!(probe.recv().await, "");

    let mut lior = signed_up(compat, "Lior", "lior1").await;
    let mut amy = Client::plain(address).await;
    amy.sign_up("amelia").await;
    assert_eq!(lior.recv().await, "[\x1b[96mamelia the tester\x1b[0m - \x1b[92mconnected\x1b[0m to the server!]");
    lior.say("hello: all").await;
    let line = amy.until("hello: all").await;
    assert!(line.contains(":lior1!") && line.ends_with("PRIVMSG #lobby :hello: all"), "{line}");
    amy.send(&["PRIVMSG #lobby :shalom: \u{2}Lior\u{2}\u{1b}[31m!"]).await;
    assert_eq!(lior.recv().await, "shalom: Lior\u{241b}! - (\x1b[96mamelia the tester\x1b[0m)");
    amy.send(&["PRIVMSG lior1 :psst", "PRIVMSG #lobby :\u{1}ACTION waves\u{1}"]).await;
    lior.until("(to you) psst - (").await;
    amy.send(&["PRIVMSG #lobby :still there?"]).await;
    lior.until("still there?").await;

    let mut moshe = signed_up(compat, "Moshe", "moshe1").await;
    lior.until("[\x1b[96mMoshe\x1b[0m - ").await;
    moshe.say("exit()").await;
    assert_eq!(moshe.recv().await, "");
    assert_eq!(lior.recv().await, "[\x1b[96mMoshe\x1b[0m - \x1b[91mdisconnected\x1b[0m from the server!]");
    amy.until("QUIT").await;

    amy.send(&["PRIVMSG #lobby :just before the end", "PING end"]).await;
    amy.until("PONG").await;
    let (stopped, said) = tokio::join!(server.stop(Stop::Shutdown), async {
        (lior.until("just before the end").await, lior.until("exit_server").await, lior.recv().await)
    });
    stopped.unwrap();
    assert_eq!((said.1.as_str(), said.2.as_str()), ("exit_server", ""), "alone, and the last");
}

#[tokio::test]
async fn wrong_details_are_refused() {
    let (_server, address, compat) = started(with_compat()).await;
    let mut lior = signed_up(compat, "Lior", "lior1").await;
    for (name, user, password) in [("Lior", "lior1", "wrong"), ("Lior", "nobody", "secret"), ("Lior", "a b", "secret")]
    {
        let mut stranger = Original::connect(compat, name, user).await;
        assert!(["False", ""].contains(&stranger.ask("login", password).await.as_str()));
    }
    // In use on another device, which is alive.
    let mut second = Original::connect(compat, "Lior", "lior1").await;
    let asked = async { (second.ask("login", "secret").await, second.recv().await) };
    assert_eq!(asked.await, ("False".to_owned(), String::new()));
    // The name counts as well.
    lior.say("exit()").await;
    assert_eq!(lior.recv().await, "");
    let mut watch = Client::plain(address).await;
    watch.sign_up("robert").await;
    let mut misnamed = Original::connect(compat, "Moshe", "lior1").await;
    assert_eq!((misnamed.ask("login", "secret").await, misnamed.recv().await), ("False".to_owned(), String::new()));
    // Nobody has seen anything of it: what they see next is the right one.
    let mut lior = Original::connect(compat, "Lior", "lior1").await;
    assert_eq!(lior.ask("login", "secret").await, "True");
    let mut seen = vec![watch.until("lior1!").await];
    watch.send(&["PING seen"]).await;
    while let Some(line) = watch.next().await.filter(|line| !line.contains("PONG")) {
        seen.push(line);
    }
    assert!(matches!(&seen[..], [joined] if joined.contains("JOIN #lobby")), "{seen:?}");
    // A taken name, a weak password, no name at all.
    for (user, password) in [("lior1", "secret"), ("short1", "x"), ("#", "secret")] {
        assert_eq!(Original::connect(compat, "X", user).await.ask("signup", password).await, "");
    }
    Client::plain(address).await.sign_up("amelia").await;
}

#[tokio::test]
async fn nobody_speaks_for_somebody_else_and_nothing_breaks() {
    let (_server, address, compat) = started(with_compat()).await;
    let mut amy = Client::plain(address).await;
    amy.sign_up("amelia").await;
    let mut lior = signed_up(compat, "Lior", "lior1").await;
    let mut moshe = signed_up(compat, "Moshe", "moshe1").await;
    for (name, user, password) in
        [("Moshe", "moshe1", "secret"), ("Lior", "lior1", "wrong"), ("Moshe", "lior1", "secret")]
    {
        lior.send(&format!("[ACTIVE]:{name}:{user}:{password}:{SOCKET}:I am {name}")).await;
    }
    let long = "x".repeat(3000);
    lior.say(&long).await;
    lior.stream.write_all(b"[ACTIVE]:Lior:lior1:secret:s:\xff\xfe\x00").await.unwrap();
    lior.send(&format!("[ACTIVE]:Lior:lior1:secret:{SOCKET}:one[ACTIVE]:Lior:lior1:secret:{SOCKET}:two\r\nQUIT")).await;
    moshe.say("three").await;
    let said = [amy.until("PRIVMSG").await, amy.until("PRIVMSG").await, amy.until("PRIVMSG").await];
    let texts: Vec<&str> = said.iter().map(|line| line.rsplit(" :").next().unwrap()).collect();
    let mut sorted = texts.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["one", "three", "two  QUIT"], "{texts:?}");
    moshe.until("one").await;

    for garbage in
        [&b"\x16\x03\x01\x00\xff"[..], b"GET / HTTP/1.1\r\n\r\n", b"[ACTIVE]:Lior:lior1:secret:s:hi", &[0xff; 3000]]
    {
        let mut stranger = Original::connect(compat, "", "").await;
        stranger.stream.write_all(garbage).await.unwrap();
        assert_eq!(stranger.recv().await, "");
    }
    lior.say("still here").await;
    amy.until("still here").await;
}

#[tokio::test]
async fn the_last_words_before_hanging_up_are_heard() {
    let (_server, address, compat) = started(with_compat()).await;
    let mut amy = Client::plain(address).await;
    amy.sign_up("amelia").await;
    let mut lior = signed_up(compat, " Lior ", "lior1").await;
    lior.say("bye all").await;
    drop(lior);
    amy.until("bye all").await;
}

#[tokio::test]
async fn the_program_says_where_it_serves_the_original() {
    let mut child = support::klatchd()
        .args(["--headless", "--ephemeral", "--listen", "127.0.0.1:0", "--compat-listen", "0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said: Vec<String> = lines.take(2).map(Result::unwrap).collect();
    let compat = said[1].strip_prefix("COMPAT 127.0.0.1 ").unwrap().parse().unwrap();
    signed_up(SocketAddr::from(([127, 0, 0, 1], compat)), "Lior", "lior1").await;
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn messages_arrive_in_whatever_pieces() {
    let (_server, address, compat) = started(with_compat()).await;
    let mut amy = Client::plain(address).await;
    amy.sign_up("amelia").await;
    drop(signed_up(compat, "Lior", "lior1").await);
    amy.until("QUIT").await;
    let mut lior = Original::connect(compat, "Lior", "lior1").await;
    for piece in ["[NEW]:log", "in", ":Lior:lior1:sec", "ret:<socket laddr=('::1', 5, 0, 0)", ">"] {
        lior.send(piece).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(lior.recv().await, "True");
    // A text may follow the log-in without a pause.
    lior.say("exit()").await;
    while !lior.recv().await.is_empty() {}
    let mut lior = Original::connect(compat, "Lior", "lior1").await;
    lior.send(&format!("[NEW]:login:Lior:lior1:secret:{SOCKET}[ACTIVE]:Lior:lior1:secret:{SOCKET}:glued")).await;
    amy.until("PRIVMSG #lobby :glued").await;
    // A pause within the text would be taken for its end, so that comes with the last piece.
    for piece in format!("[ACTIVE]:Lior:lior1:secret:{SOCKET}").as_bytes().chunks(9) {
        lior.stream.write_all(piece).await.unwrap();
    }
    lior.send(":in pieces").await;
    amy.until("PRIVMSG #lobby :in pieces").await;
}
