//! A real klatchd for the tests to talk to.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{OnceLock, mpsc},
    thread,
    time::{Duration, SystemTime},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long klatchd may take to accept. Generous: a loaded machine is slow.
const PATIENCE: Duration = Duration::from_secs(40);

/// A headless klatchd on a port of its own, with a data directory of its own.
pub struct Server {
    data: TempDir,
    child: Child,
    /// Where it listens.
    pub port: u16,
    /// What its certificate looks like.
    pub fingerprint: String,
}

impl Server {
    /// Starts one and waits until it accepts.
    pub fn start() -> Self {
        Server::start_with("")
    }

    /// Starts one with this configuration file.
    pub fn start_with(configuration: &str) -> Self {
        Server::start_on(0, configuration)
    }

    /// Starts one with this configuration file on this port.
    pub fn start_on(port: u16, configuration: &str) -> Self {
        let data = TempDir::new().expect("a directory can be made");
        fs::write(data.path().join("test.toml"), configuration).expect("the configuration can be written");
        let (child, port, fingerprint) = launch(data.path(), port);
        Server { data, child, port, fingerprint }
    }

    /// Kills it at once, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server has ended");
    }

    /// Asks it to end (SIGTERM) and waits until it has. Gives its exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("the server has a number");
        kill_process(pid, Signal::TERM).expect("the server can be told");
        self.child.wait().expect("the server has ended").code()
    }

    /// Another server on the port that this one had, with data and a certificate of its own.
    pub fn replaced(&self) -> Self {
        Server::start_on(self.port, "")
    }

    /// Starts it again, on the same port and with the same data.
    pub fn restart(&mut self) {
        (self.child, self.port, self.fingerprint) = launch(self.data.path(), self.port);
    }

    /// As [`Server::restart`], without waiting for it to accept.
    pub fn begin_restart(&mut self) {
        (self.child, _) = spawn(self.data.path(), self.port);
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the server can be asked").is_some()
    }

    /// What it has logged since it was last started.
    pub fn log(&self) -> String {
        fs::read_to_string(self.data.path().join("test.log")).unwrap_or_default()
    }

    /// Where it keeps its data.
    pub fn data(&self) -> PathBuf {
        self.data.path().join("data")
    }
}

impl Drop for Server {
    /// No test leaves a server behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts klatchd and waits until it accepts; with its port and fingerprint.
fn launch(data: &Path, port: u16) -> (Child, u16, String) {
    let (mut child, told) = spawn(data, port);
    loop {
        let Ok(line) = told.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("klatchd did not get ready:\n{}", fs::read_to_string(data.join("test.log")).unwrap_or_default());
        };
        if let Some(ready) = line.strip_prefix("READY ") {
            let mut words = ready.split(' ').skip(1);
            let port = words.next().and_then(|port| port.parse().ok()).expect("READY host port fingerprint");
            return (child, port, words.next().expect("READY host port fingerprint").to_owned());
        }
    }
}

/// Starts klatchd; the lines that it prints arrive in the channel.
fn spawn(data: &Path, port: u16) -> (Child, mpsc::Receiver<String>) {
    let log = fs::File::create(data.join("test.log")).expect("a log can be made");
    let mut child = Command::new(klatchd())
        .arg("--headless")
        .arg("--data")
        .arg(data.join("data"))
        .arg("--config")
        .arg(data.join("test.toml"))
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("klatchd can be started");
    let output = child.stdout.take().expect("the output is piped");
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // The test may have what it wanted already.
            let _ = tell.send(line);
        }
    });
    (child, told)
}

/// The built klatchd, which stands beside klatch. `cargo test --workspace` has built it; a run of this package alone has
/// not, or not from the present sources, so then it is built here.
pub fn klatchd() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let klatch = Path::new(env!("CARGO_BIN_EXE_klatch"));
        let path = klatch.with_file_name(format!("klatchd{}", std::env::consts::EXE_SUFFIX));
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server");
        if modified(&path).is_none_or(|built| newest(&sources) > Some(built)) {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["build", "--package", "klatch-server", "--bin", "klatchd"]);
            if klatch.parent().is_some_and(|folder| folder.ends_with("release")) {
                cargo.arg("--release");
            }
            let built = cargo.current_dir(sources).status().expect("cargo can be started");
            assert!(built.success(), "klatchd cannot be built");
        }
        path
    })
}

/// When the newest source of the server was changed.
fn newest(path: &Path) -> Option<SystemTime> {
    let source =
        |path: &Path| path.extension().is_some_and(|e| ["rs", "sql", "toml", "txt"].iter().any(|known| e == *known));
    if !path.is_dir() {
        return source(path).then(|| modified(path))?;
    }
    let entries = fs::read_dir(path).ok()?;
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() != "tests")
        .filter_map(|entry| newest(&entry.path()))
        .max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
