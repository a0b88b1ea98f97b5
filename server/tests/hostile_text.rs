//! Nothing that strangers send controls the operator's terminal, or anything that reads the log: the corpus of hostile
//! texts in all that they can say, with every byte looked at that the console, the log and `klatchd ctl` wrote.
#![cfg(unix)]

#[path = "../../tui-client/tests/pty/escapes.rs"]
#[allow(dead_code, reason = "the client writes more")]
mod escapes;
#[path = "../protocol/tests/hostile/mod.rs"]
mod hostile;
#[path = "../../tui-client/tests/pty/terminal.rs"]
#[allow(dead_code, reason = "the client's tests press more keys")]
mod terminal;

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use escapes::{Piece, findings, is_colour};
use hostile::{corpus, is_harmful};
use tempfile::TempDir;
use terminal::{PATIENCE, Terminal};

/// Guests are let in under any display name; somebody can prove to be an operator; a gateway and everything else that
/// brings texts of strangers is on.
const CONFIGURATION: &str = r#"
[webirc]
gateways = [{ from = ["127.0.0.1"], password = "gateway" }]
[limits]
flood = false
exempt = ["127.0.0.1"]
[accounts]
required = false
nick_is_account = false
password_hash_cost = "test"
[operators]
login = [{ name = "root", password = "secret" }]
"#;

/// A directory with the configuration and room for the data.
struct Place(TempDir);

impl Place {
    fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("klatchd.toml"), format!("{CONFIGURATION}{more}")).unwrap();
        Place(folder)
    }

    fn config(&self) -> PathBuf {
        self.0.path().join("klatchd.toml")
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("log")
    }

    fn arguments(&self) -> Vec<PathBuf> {
        let words = ["--listen", "127.0.0.1:0", "--data"].map(PathBuf::from);
        words.into_iter().chain([self.data(), "--config".into(), self.config()]).collect()
    }
}

/// What a stranger sends, line by line, and reads until the server has answered all of it.
fn speak(port: u16, lines: &[String]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // A server that has had enough may have closed already.
    let _ = stream.write_all(format!("{}\r\n", lines.join("\r\n")).as_bytes());
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        if line.starts_with(b"ERROR") {
            return;
        }
        line.clear();
    }
}

/// Everything that a stranger can say and an operator may get to see. The last connection leaves with `bye`.
fn speak_evil(port: u16) {
    let mut number = 0;
    for case in corpus() {
        let text = case.input.replace(['\n', '\r', '\0'], "");
        let word: String = text.chars().filter(|c| *c != ' ').collect();
        number += 1;
        let sasl = BASE64_STANDARD.encode(format!("\0{word}\0password"));
        let enter = [format!("NICK guest{number}"), format!("USER {word} 0 * :{text}")];
        let said = |lines: &[String]| {
            let all: Vec<String> = enter.iter().chain(lines).cloned().collect();
            speak(port, &all);
        };
        speak(port, &[format!("NICK {word}"), format!("USER {word} 0 * :{text}"), "QUIT".into()]);
        speak(
            port,
            &[format!("PASS {text}"), format!("NICK :{text}"), format!("REGISTER {word} {word} {word}"), "QUIT".into()],
        );
        speak(
            port,
            &["CAP REQ :sasl".into(), "AUTHENTICATE PLAIN".into(), format!("AUTHENTICATE {sasl}"), "QUIT".into()],
        );
        speak(
            port,
            &["AUTHENTICATE ".to_owned() + &word, format!("CAP REQ :{text}"), format!("{word} {text}"), "QUIT".into()],
        );
        speak(port, &[format!("WEBIRC wrong {word} {word} {word} :{text}")]);
        speak(port, &[format!("WEBIRC gateway {word} {word} 10.0.0.7 :{text}"), "QUIT".into()]);
        speak(port, &[format!("GET /{word} HTTP/1.1\r\nHost: {text}\r\nOrigin: {text}\r\n{word}: {text}\r\n")]);
        said(&[format!("QUIT :{text}")]);
        said(&[format!("JOIN #{word}"), format!("TOPIC #{word} :{text}"), format!("AWAY :{text}"), "QUIT".into()]);
        said(&[
            "OPER root secret".into(),
            format!("OPER {word} {word}"),
            format!("KLINE 1m {word}!*@* :{text}"),
            format!("UNKLINE {word}!*@*"),
            format!("WALLOPS :{text}"),
            format!("KILL {word} :{text}"),
            format!("KILL guest{number} :{text}"),
        ]);
    }
    // Bytes that are no text at all, a TLS hello that is none, and a PROXY header that is none.
    for bytes in [
        &b"NICK \xff\x9b2J\x1b]0;x\x07\r\nUSER \xff 0 * :\xfe\r\nQUIT :\xff\x9b\r\n"[..],
        b"\x16\x03\x01\x1b]0;x\x07",
        b"PROXY \x1b[2J\x07\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    speak(port, &["NICK last".into(), "USER last 0 * :last".into(), "QUIT :bye".into()]);
}

/// Asks a running server by its socket; all that is shown of the answer.
fn ctl(place: &Place, words: &[&str]) -> Vec<u8> {
    let output = klatchd().arg("--data").arg(place.data()).arg("ctl").args(words).output().unwrap();
    [output.stdout, output.stderr].concat()
}

fn klatchd() -> Command {
    Command::new(env!("CARGO_BIN_EXE_klatchd"))
}

#[track_caller]
fn assert_only_text(what: &str, raw: &[u8]) {
    let found = findings(raw, |piece| match piece {
        Piece::Text(c) => !is_harmful(*c),
        Piece::Control(byte) => *byte == b'\n',
        _ => false,
    });
    assert!(found.is_empty(), "{what}: {} findings\n{}", found.len(), found[..found.len().min(5)].join("\n"));
}

#[test]
fn strangers_do_not_write_to_the_operators_terminal() {
    let place = Place::new("");
    let terminal = Terminal::start::<&OsStr>(
        Path::new(env!("CARGO_BIN_EXE_klatchd")),
        place.arguments().iter().map(|word| word.as_os_str()),
        &[],
        (160, 50),
    );
    terminal.wait_text("to turn off");
    let port = terminal.text().split("--port ").nth(1).and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    speak_evil(port.unwrap());
    terminal.wait_text("bye");
    let mut terminal = terminal;
    for verb in ["who", "bans", "audit", "status"] {
        terminal.enter(verb);
    }
    terminal.enter("shutdown");
    assert!(terminal.wait_exit().success());
    let raw = terminal.raw();
    let text = String::from_utf8_lossy(&raw);
    // All kinds of news were there.
    for news in ["[ CONNECTED ]", "[ DISCONNECTED ]", "[ LOG-IN REFUSED ]", "[ OPERATORS ]", "␛"] {
        assert!(text.contains(news), "{news} is not in\n{text}");
    }
    let found = findings(&raw, |piece| match piece {
        Piece::Text(c) => !is_harmful(*c),
        Piece::Control(byte) => matches!(byte, b'\r' | b'\n'),
        Piece::Csi(csi) => is_colour(csi),
        Piece::Osc(_) | Piece::Alien(_) => false,
    });
    assert!(found.is_empty(), "{} findings\n{}", found.len(), found[..found.len().min(5)].join("\n"));
}

/// A headless server, killed with the test.
struct Headless(Child);

impl Drop for Headless {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn strangers_do_not_write_into_the_log_or_into_what_ctl_shows() {
    for format in ["text", "json"] {
        // Even of the libraries, whose words are not ours.
        let place = Place::new(&format!("[log]\nfilter = \"trace\"\nformat = \"{format}\"\n"));
        let log = fs::File::create(place.log()).unwrap();
        let mut command = klatchd();
        command.arg("--headless").args(place.arguments()).env_remove("RUST_LOG");
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut server = Headless(child);
        let mut ready = String::new();
        BufReader::new(server.0.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        let port = ready.split(' ').nth(2).and_then(|port| port.parse().ok()).expect("READY host port fingerprint");
        speak_evil(port);
        for case in corpus() {
            let text = case.input.replace('\0', "");
            for words in [
                vec!["kick", "guest", &text],
                vec!["ban", &text, &text],
                vec!["say", &text],
                vec![&*text],
                vec!["unban", &text],
            ] {
                assert_only_text("ctl", &ctl(&place, &words));
            }
        }
        for verb in ["who", "bans", "audit", "status"] {
            assert_only_text(verb, &ctl(&place, &[verb]));
        }
        assert_only_text("ctl", &ctl(&place, &["shutdown"]));
        assert!(server.0.wait().unwrap().success());
        let log = fs::read(place.log()).unwrap();
        let text = String::from_utf8_lossy(&log);
        for words in ["connected", "disconnected", "log-in refused", "operators", "bye"] {
            assert!(text.contains(words), "{words} is not in the log");
        }
        assert_only_text(format, &log);
    }
}
