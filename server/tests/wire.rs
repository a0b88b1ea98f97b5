//! The real server over real sockets: both kinds of connection, hostile ones, slow ones, and the end.

#[path = "support/scram.rs"]
mod scram;
mod support;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use klatch_server::{
    hub::io::{News, OperatorAnswer, OperatorVerb},
    lan,
    net::NetLimits,
    serve::{Server, Stop},
};
use support::{Client, PATIENCE, settings, start};
use tokio::{io::AsyncReadExt as _, net::TcpStream, time::timeout};

#[tokio::test]
async fn tls_and_plain_text_talk_on_one_port() {
    let (server, address) = start(settings()).await;
    let mut amy = Client::tls(address, server.fingerprint()).await;
    amy.sign_up("amelia").await;
    let mut bob = Client::plain(address).await;
    bob.sign_up("robert").await;
    amy.until("robert").await;
    amy.send(&["PRIVMSG #lobby :hello from amelia"]).await;
    assert!(bob.until("hello from amelia").await.contains("PRIVMSG #lobby"));
    amy.until("hello from amelia").await;
    bob.send(&["PRIVMSG amelia :psst"]).await;
    amy.until("psst").await;
}

#[tokio::test]
async fn news_and_the_operators_words_reach_their_ends() {
    let (server, address) = start(settings()).await;
    let mut news = server.news();
    let mut amy = Client::plain(address).await;
    amy.sign_up("amelia").await;
    assert!(matches!(news.recv().await.unwrap(), News::AccountCreated { account, .. } if account == "amelia"));
    let News::Connected { nick, peer, .. } = news.recv().await.unwrap() else { panic!() };
    assert_eq!((nick.as_str(), peer.addr, peer.secure), ("amelia", address.ip(), false));

    let OperatorAnswer::Who(people) = server.operator(OperatorVerb::Who).await else { panic!() };
    assert_eq!(people.len(), 1);
    server.operator(OperatorVerb::Say("tea is ready".into())).await;
    amy.until("tea is ready").await;
    let kick = OperatorVerb::Kick { user: "amelia".into(), reason: Some("too loud".into()) };
    assert!(matches!(server.operator(kick).await, OperatorAnswer::Done(_)));
    amy.until("too loud").await;
    amy.rest().await;
    assert!(matches!(news.recv().await.unwrap(), News::Disconnected { nick, .. } if nick == "amelia"));
}

/// The server's first message of SCRAM for `name`, decoded.
async fn challenge(client: &mut Client, name: &str) -> String {
    client.send(&["AUTHENTICATE SCRAM-SHA-256"]).await;
    client.until("AUTHENTICATE +").await;
    client.send(&[&format!("AUTHENTICATE {}", STANDARD.encode(scram::first(name)))]).await;
    let answer = client.until("AUTHENTICATE ").await;
    client.send(&["AUTHENTICATE *"]).await;
    client.until(" 906 ").await;
    String::from_utf8(STANDARD.decode(&answer["AUTHENTICATE ".len()..]).unwrap()).unwrap()
}

#[tokio::test]
async fn a_challenge_for_a_name_without_an_account_looks_like_any_other() {
    let (_server, address) = start(settings()).await;
    Client::plain(address).await.sign_up("amelia").await;
    let mut eve = Client::plain(address).await;
    let mut forms = Vec::new();
    for name in ["amelia", "nobody", "amelia", "nobody"] {
        let said = challenge(&mut eve, name).await;
        let salt = STANDARD.decode(scram::field(&said, "s=")).unwrap();
        forms.push((salt.len(), scram::field(&said, "i=").to_owned(), said.len(), salt));
    }
    assert_eq!((forms[0].0, &forms[0].1, forms[0].2), (forms[1].0, &forms[1].1, forms[1].2), "{forms:?}");
    assert_eq!((&forms[0], &forms[1]), (&forms[2], &forms[3]), "each name has one salt");
    assert_ne!(forms[0].3, forms[1].3);
}

#[tokio::test]
async fn hostile_first_bytes_harm_nobody() {
    let (server, address) = start(settings()).await;
    let hostile: &[&[u8]] = &[
        b"POST / HTTP/1.1\r\nHost: x\r\n\r\nNICK evil\r\nUSER a 0 * :b\r\n",
        b"\x16\x03\x01\xff\xff garbage instead of a handshake that goes on for some time",
        b"\x16",
        &[0xff; 40_000],
        &[b'x'; 40_000],
        b"\0\0\0\0\r\n\r\n\r\n:::: ::: \r\n",
        b"",
    ];
    for bytes in hostile {
        let mut client = Client::plain(address).await;
        client.raw(bytes).await;
        client.send(&["QUIT"]).await;
    }
    let mut web = Client::plain(address).await;
    web.raw(hostile[0]).await;
    let said = web.rest().await;
    assert_eq!(said, ["ERROR :This is a chat server (IRC), not a web server"]);
    let mut amy = Client::tls(address, server.fingerprint()).await;
    amy.sign_up("amelia").await;
    let mut endless = Client::plain(address).await;
    endless.raw(&[b'x'; 40_000]).await;
    let said = endless.rest().await;
    assert!(said.last().unwrap().starts_with("ERROR"), "{said:?}");
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let net = NetLimits { handshake: Duration::from_millis(100), ..NetLimits::default() };
    let (_server, address) = start(klatch_server::serve::Settings { net, ..settings() }).await;
    for first in [&b""[..], b"\x16\x03\x01"] {
        let mut silent = Client::plain(address).await;
        silent.raw(first).await;
        assert_eq!(silent.next().await, None);
    }
}

#[tokio::test]
async fn a_full_server_says_so() {
    let net = NetLimits { connections: 2, ..NetLimits::default() };
    let (_server, address) = start(klatch_server::serve::Settings { net, ..settings() }).await;
    let mut first = Client::plain(address).await;
    first.sign_up("amelia").await;
    let mut second = Client::plain(address).await;
    second.sign_up("robert").await;
    let mut third = Client::plain(address).await;
    assert_eq!(third.next().await.as_deref(), Some("ERROR :The server is full; try again later"));
    assert_eq!(third.next().await, None);
}

#[tokio::test]
async fn plain_text_from_elsewhere_is_refused_unless_allowed() {
    let Some(lan) = lan::address() else {
        println!("skipped: this machine has no address but loopback");
        return;
    };
    for (allowed, want) in [(false, "does not take plain text"), (true, "PONG")] {
        let net = NetLimits { plain_text_everywhere: allowed, ..NetLimits::default() };
        let listen = vec![std::net::SocketAddr::from((lan, 0)).into()];
        let (_server, address) = start(klatch_server::serve::Settings { net, listen, ..settings() }).await;
        let mut client = Client::plain(address).await;
        client.send(&["CAP LS 302", "NICK amelia", "PING x"]).await;
        if allowed {
            client.until(want).await;
        } else {
            assert!(client.rest().await.concat().contains(want));
        }
    }
}

/// The number of a message that [`numbered`] made.
fn number(line: &str) -> Option<usize> {
    line.split_once(" PRIVMSG #lobby :")?.1.split(' ').next()?.parse().ok()
}

fn numbered(numbers: std::ops::Range<usize>) -> String {
    numbers.map(|number| format!("PRIVMSG #lobby :{number} {}", "x".repeat(400))).collect::<Vec<_>>().join("\r\n")
}

#[tokio::test]
async fn who_does_not_read_is_disconnected_with_a_reason_and_nobody_else_misses_anything() {
    const ROUND: usize = 100;
    let net = NetLimits { outbox: 64 * 1024, ..NetLimits::default() };
    let mut settings = klatch_server::serve::Settings { net, ..settings() };
    settings.policy.flood = None;
    let (server, address) = start(settings).await;
    let mut news = server.news();
    let mut deaf = Client::plain(address).await;
    deaf.sign_up("deafened").await;
    let mut bob = Client::plain(address).await;
    bob.sign_up("robert").await;
    let mut amy = Client::plain(address).await;
    amy.sign_up("amelia").await;
    let talk = async {
        let mut quit = None;
        for round in 0.. {
            // One round at a time, read by all but one before the next.
            amy.send(&[&numbered(round * ROUND..(round + 1) * ROUND), "PING round"]).await;
            amy.until("round").await;
            for wanted in round * ROUND..(round + 1) * ROUND {
                let line = loop {
                    let line = bob.next().await.unwrap();
                    match line.contains(" QUIT ") {
                        true => quit = Some(line),
                        false if number(&line).is_some() => break line,
                        false => {}
                    }
                };
                assert_eq!(number(&line), Some(wanted));
            }
            if let Some(quit) = quit {
                return quit;
            }
        }
        unreachable!("there is always another round")
    };
    let quit = timeout(PATIENCE, talk).await.unwrap();
    assert!(quit.contains("deafened") && quit.contains("Reader too slow"), "{quit}");
    loop {
        if let News::Disconnected { nick, reason, .. } = news.recv().await.unwrap() {
            assert_eq!((nick.as_str(), reason.as_str()), ("deafened", "Reader too slow"));
            break;
        }
    }
    // What had gone out to it before has no holes.
    let heard: Vec<usize> = deaf.rest().await.iter().filter_map(|line| number(line)).collect();
    assert!(heard.iter().copied().eq(0..heard.len()), "{heard:?}");
}

#[tokio::test]
async fn the_end_is_told_and_the_port_is_free_again() {
    for how in [Stop::Shutdown, Stop::Restart] {
        let (server, address) = start(settings()).await;
        let mut amy = Client::tls(address, server.fingerprint()).await;
        amy.sign_up("amelia").await;
        let mut stranger = TcpStream::connect(address).await.unwrap();
        let (stopped, said) = tokio::join!(timeout(PATIENCE, server.stop(how)), amy.rest());
        stopped.unwrap().unwrap();
        assert!(said.last().unwrap().contains("ERROR"), "{said:?}");
        assert_eq!(stranger.read(&mut [0; 8]).await.unwrap_or(0), 0);
        let again = klatch_server::serve::Settings { listen: vec![address.into()], ..settings() };
        Server::start(again).await.unwrap().stop(Stop::Shutdown).await.unwrap();
    }
}

/// Two connections that do not wait for each other: what one of them sent before the other is done before the other's.
#[tokio::test]
async fn what_is_sent_first_is_done_first() {
    let mut settings = settings();
    settings.policy.flood = None;
    let (_server, address) = start(settings).await;
    let (mut amy, mut bob) = (Client::plain(address).await, Client::plain(address).await);
    amy.sign_up("amelia").await;
    bob.sign_up("robert").await;
    bob.send(&["PING here"]).await;
    bob.until(":here").await;
    for round in 0..500 {
        amy.send(&[&format!("PRIVMSG #lobby :round {round}")]).await;
        bob.send(&[&format!("PING p{round}")]).await;
        let first = bob.next().await.unwrap();
        assert!(first.ends_with(&format!(":round {round}")), "{first}");
        // The system itself holds up what comes to a socket that is being written to, so nothing more is under way then.
        amy.until(&format!(":round {round}")).await;
        bob.until(&format!(":p{round}")).await;
    }
}
