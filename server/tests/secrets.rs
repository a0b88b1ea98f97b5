//! Nothing secret is ever logged, whatever is logged.

mod support;

use std::{io::Write as _, path::Path, process::Stdio};

use futures_util::{SinkExt as _, StreamExt as _};
use klatch_protocol::sasl::{self, Plain};
use support::{Client, Daemon, klatchd};
use tokio::net::TcpStream;
use tokio_tungstenite::{client_async, tungstenite::Message};

const SERVER: &str = "server-secret-one";
const GATEWAY: &str = "gateway-secret-two";
const OPERATOR: &str = "operator-secret-three";
const ACCOUNT: &str = "account-secret-four";
const WRONG: &str = "wrong-secret-five";
const KEY: &str = "room-secret-six";
const MADE: &str = "made-secret-seven";
const CODE: &str = "code-secret-eight";

fn configuration() -> String {
    format!(
        r#"
        [server]
        password = "{SERVER}"
        [webirc]
        gateways = [{{ from = ["127.0.0.0/8"], password = "{GATEWAY}" }}]
        [accounts]
        password_hash_cost = "test"
        [operators]
        login = [{{ name = "night", password = "{OPERATOR}" }}]
        [log]
        filter = "trace"
        "#
    )
}

fn plain(name: &str, password: &str) -> Vec<String> {
    let plain = Plain { authzid: String::new(), authcid: name.into(), password: password.to_owned().into() };
    sasl::chunks(&plain.encode()).iter().map(|chunk| chunk.as_str().to_owned()).collect()
}

/// Signs up as the owner and does whatever has to do with secrets.
async fn everything(client: &mut Client, owner_code: &str) {
    client.send(&[&format!("WEBIRC {GATEWAY} gate host 203.0.113.9")]).await;
    client.send(&["CAP LS 302", "CAP REQ :sasl draft/account-registration draft/metadata-2 standard-replies"]).await;
    client.send(&[&format!("PASS {WRONG}"), &format!("PASS {SERVER}"), &format!("PASS {owner_code}")]).await;
    client.send(&["NICK amelia", "USER amelia 0 * :Amelia", &format!("REGISTER * * {ACCOUNT}")]).await;
    client.until("REGISTER SUCCESS").await;
    client.send(&["CAP END"]).await;
    client.until(" 376 ").await;
    client.send(&[&format!("OPER night {WRONG}"), &format!("OPER night {OPERATOR}")]).await;
    client.until(" 381 ").await;
    client.send(&["JOIN #vault", &format!("MODE #vault +k {KEY}"), &format!("JOIN #other {KEY}")]).await;
    client.send(&["METADATA * SET colour :blue", "REHASH", "PING done"]).await;
    client.until("done").await;
}

#[tokio::test]
async fn no_secret_is_in_a_log_that_holds_everything_else() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::configured(klatchd(), &data, &configuration());
    let owner_code = std::fs::read_to_string(data.join("owner-code.txt")).unwrap().trim().to_owned();
    let mut amy = Client::tls(daemon.address, &daemon.fingerprint).await;
    everything(&mut amy, &owner_code).await;
    let tried = [plain("amelia", ACCOUNT), plain("amelia", WRONG)];
    let mut bob = Client::plain(daemon.address).await;
    bob.send(&["CAP LS 302", "CAP REQ :sasl klatch.chat/take-over", &format!("PASS {SERVER}")]).await;
    for chunks in &tried {
        bob.send(&["AUTHENTICATE PLAIN"]).await;
        for chunk in chunks {
            bob.send(&[&format!("AUTHENTICATE {chunk}")]).await;
        }
        bob.until(" 90").await;
    }
    bob.send(&["NICK bob", "USER bob 0 * :Bob", &format!("PASS {CODE}"), &format!("REGISTER * * {ACCOUNT}")]).await;
    by_browser(&daemon, &tried[0]).await;
    // The test's own runtime has nothing to do meanwhile.
    make_account(&data);
    drop(daemon);

    let log = std::fs::read_to_string(data.with_extension("log")).unwrap();
    assert!(log.contains("TRACE") && log.contains("account created"), "{log}");
    let shown = [SERVER, GATEWAY, OPERATOR, ACCOUNT, WRONG, KEY, MADE, CODE, &owner_code, "$argon2", "SCRAM-SHA-256$"];
    for secret in shown.into_iter().chain(tried.iter().flatten().map(String::as_str)) {
        let found = log.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "{secret} is in the log");
    }
}

/// The same words by WebSocket, which has a library of its own that logs.
async fn by_browser(daemon: &Daemon, chunks: &[String]) {
    let stream = TcpStream::connect(daemon.address).await.unwrap();
    let (mut web, _) = client_async("ws://localhost/", stream).await.unwrap();
    for line in ["CAP REQ sasl", &format!("PASS {SERVER}"), "AUTHENTICATE PLAIN"] {
        web.send(Message::text(line)).await.unwrap();
    }
    for chunk in chunks {
        web.send(Message::text(format!("AUTHENTICATE {chunk}"))).await.unwrap();
    }
    while let Some(message) = web.next().await {
        if message.unwrap().to_string().contains(" 90") {
            return;
        }
    }
    panic!("no answer to a log-in");
}

/// `klatchd account add`, which goes through the control socket.
fn make_account(data: &Path) {
    let mut program = klatchd();
    program.args(["account", "add", "--password-stdin", "made", "--data"]).arg(data);
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(format!("{MADE}\n").as_bytes()).unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
}
