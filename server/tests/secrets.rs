//! Nothing secret gets where it is not meant to be: into a log, whatever is logged, the record of what operators did, the
//! database or a copy of it, or an answer to anybody.

#[path = "support/scram.rs"]
mod scram;
mod support;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{SinkExt as _, StreamExt as _};
use klatch_protocol::sasl::{self, Plain};
use rusqlite::Connection;
use support::{Client, Daemon, contents, ctl, klatchd, refused_start, until};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::{client_async, tungstenite::Message};

const SERVER: &str = "server-secret-one";
const GATEWAY: &str = "gateway-secret-two";
const OPERATOR: &str = "operator-secret-three";
const ACCOUNT: &str = "account-secret-four";
const WRONG: &str = "wrong-secret-five";
const KEY: &str = "room-secret-six";
const MADE: &str = "made-secret-seven";
const CODE: &str = "code-secret-eight";
const TYPED: &str = "typed-secret-nine";
const ORIGINAL: &str = "original-secret-ten";
/// What may be nowhere but in a configuration file or in somebody's head.
const PASSWORDS: [&str; 8] = [SERVER, GATEWAY, OPERATOR, ACCOUNT, WRONG, MADE, TYPED, ORIGINAL];

fn configuration() -> String {
    format!(
        r#"
        [server]
        password = "{SERVER}"
        [webirc]
        gateways = [{{ from = ["127.0.0.0/8"], password = "{GATEWAY}" }}]
        [accounts]
        password_hash_cost = "test"
        [limits]
        flood = false
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
    client.send(&[&format!("VERIFY amelia {CODE}"), &format!("REGISTER * * {WRONG}"), "CAP END"]).await;
    client.until(" 376 ").await;
    client.send(&[&format!("OPER night {WRONG}"), &format!("OPER night {OPERATOR}")]).await;
    client.until(" 381 ").await;
    client.send(&[&format!("OPER amelia {ACCOUNT}"), &format!("OPER amelia {WRONG}")]).await;
    client.send(&["JOIN #vault", &format!("MODE #vault +k {KEY}"), &format!("JOIN #other {KEY}")]).await;
    client.send(&["METADATA * SET colour :blue", "REHASH", "PING done"]).await;
    client.until("done").await;
}

/// Logs in with SCRAM, and tries to; every message that went over the wire.
async fn by_scram(daemon: &Daemon) -> Vec<String> {
    let mut all = Vec::new();
    for (password, end) in [(ACCOUNT, " 903 "), (WRONG, " 904 ")] {
        let mut bob = Client::tls(daemon.address, &daemon.fingerprint).await;
        bob.send(&["CAP LS 302", "CAP REQ :sasl klatch.chat/take-over", &format!("PASS {SERVER}")]).await;
        bob.send(&["AUTHENTICATE SCRAM-SHA-256"]).await;
        bob.until("AUTHENTICATE +").await;
        bob.send(&[&format!("AUTHENTICATE {}", STANDARD.encode(scram::first("amelia")))]).await;
        let answer = bob.until("AUTHENTICATE ").await["AUTHENTICATE ".len()..].to_owned();
        let decoded = String::from_utf8(STANDARD.decode(&answer).unwrap()).unwrap();
        let (last, expected) = scram::last("amelia", password, &decoded);
        let proof = STANDARD.encode(&last);
        bob.send(&[&format!("AUTHENTICATE {proof}"), "AUTHENTICATE +"]).await;
        bob.until(end).await;
        all.extend([answer, proof, scram::field(&last, "p=").to_owned(), STANDARD.encode(&expected), expected]);
    }
    all
}

/// The parts of what is kept of each password, besides the salts.
fn kept(data: &Path) -> Vec<String> {
    let db = Connection::open(data.join("klatch.db")).unwrap();
    let mut rows = db.prepare("SELECT hash FROM account").unwrap();
    let all: Vec<String> = rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let parts = |kept: &String| -> Vec<String> {
        let (hash, keys) = kept.split_once(' ').expect("a hash, and keys for SCRAM");
        let keys = keys.rsplit('$').next().unwrap().split(':').map(str::to_owned);
        keys.chain([hash.rsplit('$').next().unwrap().to_owned()]).collect()
    };
    let secret: String = db.query_row("SELECT secret FROM store", [], |row| row.get(0)).unwrap();
    all.iter().flat_map(parts).chain([secret]).collect()
}

/// Fails where `text` holds one of the `secrets`.
fn holds_none<'a>(what: &str, text: &str, secrets: impl IntoIterator<Item = &'a str>) {
    for secret in secrets {
        let found = text.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "{secret} is in {what}");
    }
}

#[tokio::test]
async fn no_secret_is_in_a_log_that_holds_everything_else() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::configured(klatchd(), &data, &configuration());
    let owner_code = fs::read_to_string(data.join("owner-code.txt")).unwrap().trim().to_owned();
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
    let exchanged = by_scram(&daemon).await;
    // The test's own runtime has nothing to do meanwhile.
    make_account(&data);
    let (shown, invitation) = on_the_console(&data);
    let mut cid = Client::plain(daemon.address).await;
    cid.send(&[&format!("PASS {SERVER}"), &format!("PASS {invitation}"), "NICK cidney", "REGISTER * * secret"]).await;
    cid.until("REGISTER SUCCESS").await;
    let kept = kept(&data);
    let copy = folder.path().join("copy.db");
    assert_eq!(ctl(&data, &["backup", copy.to_str().unwrap()]).0, 0);
    drop(daemon);

    let log = fs::read_to_string(data.with_extension("log")).unwrap();
    assert!(log.contains("TRACE") && log.contains("account created"), "{log}");
    let secrets = || {
        let passed = tried.iter().flatten().chain(&exchanged).chain([&owner_code]).map(String::as_str);
        PASSWORDS.into_iter().chain([CODE]).chain(passed)
    };
    let forms = ["$argon2", "SCRAM-SHA-256$", KEY, &invitation];
    holds_none("the log", &log, secrets().chain(forms).chain(kept.iter().map(String::as_str)));
    holds_none("what the console shows", &shown, secrets().chain(kept.iter().map(String::as_str)));
    let answers = [&amy, &bob, &cid].map(|client| client.seen().join("\n")).join("\n");
    holds_none("answers to clients", &answers, secrets().chain([&*invitation]).chain(kept.iter().map(String::as_str)));
    for (file, bytes) in contents(&data).into_iter().chain([(copy.clone(), fs::read(&copy).unwrap())]) {
        let text = String::from_utf8_lossy(&bytes);
        // What is kept as it is has to be found there, or nothing would be.
        assert!(file != copy || (text.contains(KEY) && text.contains("$argon2")), "the copy is not what it should be");
        let passed = tried.iter().flatten().chain(&exchanged).map(String::as_str);
        holds_none(&file.display().to_string(), &text, PASSWORDS.into_iter().chain([CODE]).chain(passed));
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

/// Whatever the console can be asked, rightly and wrongly, through the control socket: all that it answers but the
/// invitation, and that.
fn on_the_console(data: &Path) -> (String, String) {
    let (code, said) = ctl(data, &["invite"]);
    let invitation = said.split(' ').next().unwrap().to_owned();
    assert!(code == 0 && said.ends_with("makes one account."), "{said}");
    let lines = [
        vec!["account", "add", "typed", TYPED],
        vec!["account", "add", "typed", TYPED],
        vec!["account", "ad", "typed", TYPED],
        vec!["acount", "add", "typed", TYPED],
        vec!["account", TYPED],
        vec!["who"],
        vec!["status"],
        vec!["bans"],
        vec!["audit"],
    ];
    let shown = lines.iter().map(|words| ctl(data, words).1).collect::<Vec<_>>().join("\n");
    assert!(shown.contains("made the account typed") && shown.contains("made an invitation"), "{shown}");
    (shown, invitation)
}

/// The original's client sends its password in clear with every message.
#[tokio::test]
async fn the_originals_password_stays_on_its_wire() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut program = klatchd();
    program.args(["--compat-listen", "0"]);
    let configuration = "[accounts]\npassword_hash_cost = \"test\"\n[log]\nfilter = \"trace\"\n";
    let mut daemon = Daemon::configured(program, &data, configuration);
    let port: u16 = daemon.next_line().strip_prefix("COMPAT 127.0.0.1 ").unwrap().parse().unwrap();
    let mut watch = Client::plain(daemon.address).await;
    watch.sign_up("amelia").await;
    let connect = async |bytes: String| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    };
    let talk = async |bytes: String| {
        let mut said = String::new();
        connect(bytes).await.read_to_string(&mut said).await.unwrap();
        said
    };
    let details = |password: &str| format!("Lior:lior1:{password}:<socket>");
    assert_eq!(talk(format!("[NEW]:signup:{}", details(ORIGINAL))).await, "Account Created");
    assert_eq!(talk(format!("[NEW]:signup:{}", details(WRONG))).await, "");
    assert_eq!(talk(format!("[NEW]:login:{}", details(WRONG))).await, "False");
    let mut lior = connect(format!("[NEW]:login:{}", details(ORIGINAL))).await;
    watch.until("lior1!").await;
    for (password, said) in [(WRONG, "forged"), (ORIGINAL, "something")] {
        lior.write_all(format!("[ACTIVE]:{}:{said}", details(password)).as_bytes()).await.unwrap();
    }
    watch.until("something").await;
    // What breaks off in the middle, and what is no message at all.
    drop(connect(format!("[NEW]:login:Lior:lior1:{ORIGINAL}")).await);
    drop(connect(format!("[NEW]:logon:Lior:lior1:{ORIGINAL}:<socket>")).await);
    lior.write_all(format!("[ACTIVE]:{}:exit()", details(ORIGINAL)).as_bytes()).await.unwrap();
    watch.until("QUIT").await;
    let tried = [plain("lior1", ORIGINAL), plain("lior1", WRONG)];
    until("the refusal in the log", || daemon.log().contains("somebody else's details")).await;
    let (kept, shown) = (kept(&data), ctl(&data, &["audit"]).1);
    let passed = || tried.iter().flatten().chain(&kept).map(String::as_str);
    drop(daemon);
    let log = fs::read_to_string(data.with_extension("log")).unwrap();
    holds_none("the log", &log, PASSWORDS.into_iter().chain(passed()));
    holds_none("what others and the console see", &[watch.seen().join("\n"), shown].concat(), PASSWORDS);
    for (file, bytes) in contents(&data) {
        let (name, text) = (file.display().to_string(), String::from_utf8_lossy(&bytes));
        holds_none(&name, &text, PASSWORDS.into_iter().chain(tried.iter().flatten().map(String::as_str)));
    }
}

/// A fault is shown on standard error, which a service's log keeps, and to who says REHASH.
#[test]
fn no_fault_of_the_configuration_shows_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let config: PathBuf = folder.path().join("k.toml");
    for text in [
        "[server]\npassword = 271828182845\n",
        "[server]\npassword = secret-271828182845\n",
        "[server]\npassword = \"secret-271828182845\n",
        "[server]\npassword = [\"secret-271828182845\"]\n",
        "[server]\npassword = \"secret-271828182845\"\npassword = \"secret-271828182845\"\n",
        "[server.password]\nis = \"secret-271828182845\"\n",
        "[server]\nlisten = \"secret-271828182845\"\n",
        "[webirc]\ngateways = \"secret-271828182845\"\n",
        "[webirc]\ngateways = [\"secret-271828182845\"]\n",
        "[webirc]\ngateways = [{ from = [\"127.0.0.1\"], password = 271828182845 }]\n",
        "[webirc]\ngateways = [{ from = [\"127.0.0.1\"], pass = \"secret-271828182845\" }]\n",
        "[operators]\nlogin = \"night:secret-271828182845\"\n",
        "[operators]\nlogin = [\"night:secret-271828182845, expected a name\"]\n",
        "[operators]\nlogin = [{ name = \"night\", password = 271828182845 }]\n",
        "[operators]\nlogin = [{ name = \"night\", password = 2718281828.45 }]\n",
        "[operators]\nlogin = [{ name = \"night\", password_hash = \"secret-271828182845\" }]\n",
        "[operators]\nlogin = [{ name = \"two words\", password = \"secret-271828182845\" }]\n",
    ] {
        fs::write(&config, text).unwrap();
        let mut program = klatchd();
        program.arg("--config").arg(&config);
        let (code, said) = refused_start(program, &folder.path().join("data"));
        assert_eq!(code, 78, "{text}{said}");
        assert!(said.contains("k.toml:") && !said.contains("27182818"), "{text}{said}");
    }
}
