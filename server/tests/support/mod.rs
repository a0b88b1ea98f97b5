//! What tests of the real server share: settings, a small client, the real program.
#![allow(dead_code, reason = "each test target uses its own part")]

pub mod trust;

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use klatch_protocol::{
    fingerprint::Fingerprint,
    sasl::{self, Plain},
};
use klatch_server::{
    auth::{AuthLimits, Cost},
    hub::policy::Policy,
    net::NetLimits,
    serve::{Server, Settings, Storage},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::pki_types::ServerName};

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server in memory on a port of the system's choice, with cheap passwords.
pub fn settings() -> Settings {
    Settings {
        policy: Policy::default(),
        listen: vec!["127.0.0.1:0".parse::<SocketAddr>().unwrap().into()],
        storage: Storage::Ephemeral,
        certificate: None,
        net: NetLimits::default(),
        auth: AuthLimits { cost: Cost::Cheap, ..AuthLimits::default() },
        reread: None,
    }
}

/// Starts it.
pub async fn start(settings: Settings) -> (Server, SocketAddr) {
    let server = Server::start(settings).await.unwrap();
    let address = server.addresses()[0];
    (server, address)
}

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// One connection, a line at a time.
pub struct Client {
    reader: tokio::io::BufReader<ReadHalf<Box<dyn Stream>>>,
    writer: WriteHalf<Box<dyn Stream>>,
    seen: Vec<String>,
}

impl Client {
    pub async fn plain(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(Box::new(stream))
    }

    /// Over TLS, trusting the certificate with this fingerprint only.
    pub async fn tls(address: SocketAddr, fingerprint: &Fingerprint) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::over(Box::new(connect_tls(stream, fingerprint).await))
    }

    pub fn over(stream: Box<dyn Stream>) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Client { reader: tokio::io::BufReader::new(reader), writer, seen: Vec::new() }
    }

    /// Writes lines, all at once.
    pub async fn send(&mut self, lines: &[&str]) {
        self.raw(format!("{}\r\n", lines.join("\r\n")).as_bytes()).await;
    }

    /// Writes bytes. A server that has closed already is no failure here; what it said is what tests look at.
    pub async fn raw(&mut self, bytes: &[u8]) {
        let _ = self.writer.write_all(bytes).await;
        let _ = self.writer.flush().await;
    }

    /// The next line; `None` when the connection is over.
    pub async fn next(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.reader.read_line(&mut line)).await;
        match read.unwrap_or_else(|_| panic!("nothing more came after {:#?}", self.seen)) {
            Ok(0) | Err(_) => None,
            Ok(_) => {
                let line = line.trim_end().to_owned();
                self.seen.push(line.clone());
                Some(line)
            }
        }
    }

    /// All lines so far.
    pub fn seen(&self) -> &[String] {
        &self.seen
    }

    /// Reads up to a line that holds `part`.
    pub async fn until(&mut self, part: &str) -> String {
        while let Some(line) = self.next().await {
            if line.contains(part) {
                return line;
            }
        }
        panic!("closed before `{part}` came: {:#?}", self.seen);
    }

    /// Reads to the end of the connection.
    pub async fn rest(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.next().await {
            lines.push(line);
        }
        lines
    }

    /// The id and text of everything that was said in a room, oldest first.
    pub async fn history(&mut self, room: &str) -> Vec<(String, String)> {
        let mut kept: Vec<(String, String)> = Vec::new();
        loop {
            let page = match kept.first() {
                None => format!("CHATHISTORY LATEST {room} * 200"),
                Some((oldest, _)) => format!("CHATHISTORY BEFORE {room} msgid={oldest} 200"),
            };
            self.send(&[&page]).await;
            self.until("BATCH +").await;
            let mut page = Vec::new();
            while let Some(line) = self.next().await.filter(|line| !line.contains("BATCH -")) {
                let id = line.split(['@', ';', ' ']).find_map(|tag| tag.strip_prefix("msgid=")).unwrap().to_owned();
                page.push((id, line.split_once(&format!("PRIVMSG {room} :")).unwrap().1.to_owned()));
            }
            if page.is_empty() {
                return kept;
            }
            page.append(&mut kept);
            kept = page;
        }
    }

    /// Makes an account and comes in.
    pub async fn sign_up(&mut self, name: &str) {
        self.send(&[
            "CAP LS 302",
            &format!("NICK {name}"),
            &format!("USER {name} 0 * :{name} the tester"),
            "CAP REQ :sasl draft/account-registration echo-message server-time message-tags batch draft/chathistory",
            "REGISTER * * password",
        ])
        .await;
        self.until("REGISTER SUCCESS").await;
        self.send(&["CAP END"]).await;
        self.until(" 376 ").await;
    }

    /// Comes in with an account.
    pub async fn log_in(&mut self, name: &str) {
        let plain = Plain { authzid: String::new(), authcid: name.into(), password: "password".to_owned().into() };
        let payload = plain.encode();
        self.send(&[
            "CAP LS 302",
            &format!("NICK {name}"),
            &format!("USER {name} 0 * :{name} the tester"),
            "CAP REQ :sasl echo-message server-time message-tags batch draft/chathistory",
            "AUTHENTICATE PLAIN",
        ])
        .await;
        self.until("AUTHENTICATE +").await;
        for chunk in sasl::chunks(&payload) {
            self.send(&[&format!("AUTHENTICATE {}", chunk.as_str())]).await;
        }
        self.until(" 903 ").await;
        self.send(&["CAP END"]).await;
        self.until(" 376 ").await;
    }
}

/// Shakes hands over `stream`, trusting the certificate with this fingerprint only.
pub async fn connect_tls(stream: TcpStream, fingerprint: &Fingerprint) -> TlsStream<TcpStream> {
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(trust::only(fingerprint)).connect(name, stream).await.unwrap()
}

/// The real program, headless. Killed when dropped.
pub struct Daemon {
    pub child: Child,
    pub address: SocketAddr,
    pub fingerprint: Fingerprint,
    /// Kept open, so that a write to it does not fail.
    stdout: BufReader<ChildStdout>,
    log: Option<PathBuf>,
}

impl Daemon {
    /// Starts it on a port of the system's choice and waits until it accepts.
    pub fn start(data: &Path) -> Self {
        Self::configured(klatchd(), data, "[accounts]\npassword_hash_cost = \"test\"\n[limits]\nflood = false\n")
    }

    /// The same with a program and a configuration of one's own.
    pub fn configured(mut program: Command, data: &Path, configuration: &str) -> Self {
        let (config, log) = (data.with_extension("toml"), data.with_extension("log"));
        std::fs::write(&config, configuration).unwrap();
        program.args(["--headless", "--listen", "127.0.0.1:0", "--data"]).arg(data).arg("--config").arg(config);
        let stderr = File::create(&log).unwrap();
        let mut daemon = Self::run(program.stdin(Stdio::null()).stderr(stderr));
        daemon.log = Some(log);
        daemon
    }

    /// Starts a program that says where it accepts as klatchd does.
    pub fn run(program: &mut Command) -> Self {
        let mut child = program.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        stdout.read_line(&mut ready).unwrap();
        let words: Vec<&str> = ready.split_whitespace().collect();
        let ["READY", host, port, fingerprint] = words[..] else { panic!("{ready:?}") };
        Daemon {
            child,
            address: format!("{host}:{port}").parse().unwrap(),
            fingerprint: fingerprint.parse().unwrap(),
            stdout,
            log: None,
        }
    }

    /// The next line it says on standard output after READY.
    pub fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// What one that was started with a data directory has said on standard error so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.as_ref().unwrap()).unwrap()
    }

    /// As a power cut does it.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `condition` holds.
pub async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what} never came"));
}

/// Asks the klatchd with this data directory; the exit code and what was said on both outputs.
pub fn ctl(data: &Path, words: &[&str]) -> (i32, String) {
    let output = klatchd().arg("--data").arg(data).arg("ctl").args(words).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap().trim_end().to_owned())
}

/// Starts klatchd where it cannot start; its exit code and the only line it says.
pub fn refused_start(mut program: Command, data: &Path) -> (i32, String) {
    refused(program.args(["--headless", "--listen", "127.0.0.1:0", "--data"]).arg(data))
}

/// Runs what does not work; its exit code and the only line it says.
pub fn refused(program: &mut Command) -> (i32, String) {
    let output = program.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(output.stdout.is_empty(), "nobody may believe that it is ready");
    (output.status.code().unwrap(), said.trim_end().to_owned())
}

/// Every file of a data directory that is not made anew by looking at it.
pub fn contents(data: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = data
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|end| end != "sock" && end != "lock" && end != "db-shm"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// A message of some length, and of its own.
pub fn word(number: usize) -> String {
    format!("word-{number:04}-{}", "x".repeat(300))
}

/// The program that was built for this test.
pub fn klatchd() -> Command {
    Command::new(env!("CARGO_BIN_EXE_klatchd"))
}
