//! klatchd as a program: from arguments to a running server, and from how it ended to an exit code.

use std::{
    io::{IsTerminal as _, Write as _},
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use tokio::{
    sync::{broadcast::error::RecvError, mpsc},
    task::JoinSet,
};

use crate::{
    cli::Arguments,
    config::{self, ConfigError, File, PORT},
    console::{self, Ink},
    data_dir::DataDirError,
    hub::io::News,
    lan, log,
    menu::{self, Choice},
    net::Endpoint,
    serve::{Reread, ServeError, Server, Settings, StartError, Stop, Storage},
    signals::{Signal, Signals},
    store::{BackupError, StoreError},
};
#[cfg(unix)]
use crate::{
    control::{ControlError, ControlSocket},
    errand,
};

/// How many typed lines wait while the server answers one.
const TYPED_WAITING: usize = 16;

/// Why klatchd ended before it was told to. Displays as one line with what to do.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The log's settings.
    #[error("{0}")]
    Log(String),
    /// There is no local network to serve.
    #[error("this machine has no IPv4 address in a local network; name the address with --listen ADDR:PORT")]
    NoLan,
    /// It did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It could not go on.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A running server could not be asked, or refused.
    #[cfg(unix)]
    #[error(transparent)]
    Control(#[from] ControlError),
    /// This system has no Unix sockets.
    #[cfg(not(unix))]
    #[error("this system has no Unix sockets to ask a running klatchd by; use its console")]
    NoControl,
    /// There is no backup, or none was restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The data directory, where it is not about serving.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The terminal, the signals or the runtime.
    #[error("the system refuses what klatchd needs: {0}")]
    System(#[from] std::io::Error),
}

impl Fault {
    /// The exit code, in the sense of `sysexits.h`.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        const REFUSED: u8 = 1;
        const USAGE: u8 = 64;
        const DATA: u8 = 65;
        const NO_INPUT: u8 = 66;
        const UNAVAILABLE: u8 = 69;
        const SOFTWARE: u8 = 70;
        const SYSTEM: u8 = 71;
        const CANNOT_CREATE: u8 = 73;
        const IO: u8 = 74;
        const TRY_LATER: u8 = 75;
        const CONFIG: u8 = 78;
        let of_store = |error: &StoreError| match error {
            StoreError::Corrupt { .. }
            | StoreError::LogMissing { .. }
            | StoreError::Missing { .. }
            | StoreError::Foreign(_)
            | StoreError::Newer { .. } => DATA,
            StoreError::ReadOnly(_) => CANNOT_CREATE,
            StoreError::Locked(_) => TRY_LATER,
            StoreError::Refused { .. } | StoreError::Gone => SOFTWARE,
            StoreError::Full(_) | StoreError::Unwritable { .. } | StoreError::Io { .. } => IO,
        };
        let of_data_dir = |error: &DataDirError| match error {
            DataDirError::InUse(_) => TRY_LATER,
            DataDirError::Unwritable { .. } => CANNOT_CREATE,
        };
        match self {
            Fault::Config(_) | Fault::Log(_) | Fault::Start(StartError::Tls(_)) => CONFIG,
            Fault::NoLan => USAGE,
            #[cfg(unix)]
            Fault::Control(ControlError::NotRunning(_)) => UNAVAILABLE,
            #[cfg(unix)]
            Fault::Control(ControlError::Broken { .. }) => IO,
            #[cfg(unix)]
            Fault::Control(ControlError::Refused(_)) => REFUSED,
            #[cfg(not(unix))]
            Fault::NoControl => UNAVAILABLE,
            Fault::Start(StartError::DataDir(error)) | Fault::DataDir(error) => of_data_dir(error),
            Fault::Backup(BackupError::Exists(_) | BackupError::Own(_)) => REFUSED,
            Fault::Backup(BackupError::Missing(_)) => NO_INPUT,
            Fault::Backup(BackupError::Target { .. }) => CANNOT_CREATE,
            Fault::Backup(BackupError::BrokenOff) => TRY_LATER,
            Fault::Start(StartError::Listen(_)) => UNAVAILABLE,
            Fault::Start(StartError::Store(error))
            | Fault::Serve(ServeError::Store(error) | ServeError::Damaged(error))
            | Fault::Backup(BackupError::Store(error)) => of_store(error),
            Fault::Start(StartError::Panicked) | Fault::Serve(ServeError::Panicked) => SOFTWARE,
            Fault::Start(_) | Fault::System(_) => SYSTEM,
        }
    }
}

/// Runs klatchd until it is told to end.
///
/// # Errors
/// [`Fault`] says why it could not start or go on.
pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    let file = arguments.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
    if let Some(command) = &arguments.command {
        #[cfg(unix)]
        return errand::run(arguments, command, &file);
        #[cfg(not(unix))]
        return Err(Fault::NoControl);
    }
    let terminal = !arguments.headless && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let usual = if terminal { "warn" } else { "info" };
    log::start(file.log.filter.as_deref(), usual, file.log.format).map_err(Fault::Log)?;
    let Some(listen) = whom_to_serve(arguments, &file, terminal)? else {
        return Ok(());
    };
    let settings = settings(arguments, &file, listen)?;
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(settings, terminal))
}

/// Command line and file together. They can be read again while the server runs, if there is a file.
pub(crate) fn settings(arguments: &Arguments, file: &File, listen: Vec<Endpoint>) -> Result<Settings, ConfigError> {
    let storage = match arguments.ephemeral {
        true => Storage::Ephemeral,
        false => config::storage(arguments.data.as_deref(), file)?,
    };
    let reread = arguments.config.clone().map(|path| {
        let (arguments, listen) = (arguments.clone(), listen.clone());
        // Addresses that the command line or the menu gave cannot change; those of the file may differ now.
        let from_file = listen == file.endpoints();
        Reread::new(move || {
            let fresh = File::read(&path).map_err(|error| error.to_string())?;
            let listen = if from_file { fresh.endpoints() } else { listen.clone() };
            settings(&arguments, &fresh, listen).map_err(|error| error.to_string())
        })
    });
    let compat = match &arguments.compat_listen[..] {
        [] => &file.server.compat_listen,
        typed => typed,
    };
    Ok(Settings {
        policy: file.policy(),
        listen: [listen, file.compat_endpoints(compat)].concat(),
        storage,
        certificate: file.tls.as_ref().map(|tls| (tls.certificate.clone(), tls.key.clone())),
        net: file.net(),
        auth: file.auth(),
        reread,
    })
}

/// The addresses of the command line, else of the file, else the one asked for; `None` for not to start.
fn whom_to_serve(arguments: &Arguments, file: &File, terminal: bool) -> Result<Option<Vec<Endpoint>>, Fault> {
    let one = |ip: Ipv4Addr| Ok(Some(vec![SocketAddr::from((ip, PORT)).into()]));
    if arguments.local {
        return one(Ipv4Addr::LOCALHOST);
    }
    if arguments.lan {
        return one(lan::address().ok_or(Fault::NoLan)?);
    }
    let typed = arguments.listen.iter().copied().map(Endpoint::from).collect();
    if let Some(listen) = [typed, file.endpoints()].into_iter().find(|listen| !listen.is_empty()) {
        return Ok(Some(listen));
    }
    if !terminal {
        tracing::warn!("serving this machine only; --lan or --listen ADDR:PORT serve others");
        return one(Ipv4Addr::LOCALHOST);
    }
    match menu::ask(&mut std::io::stdin().lock(), &mut std::io::stdout(), lan::address())? {
        Choice::Listen(address) => Ok(Some(vec![address.into()])),
        Choice::Leave => Ok(None),
    }
}

/// Each connection takes a file descriptor, and the usual soft limit of 1024 is low for a server.
fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, "the limit of open files cannot be raised");
        }
    }
}

/// From the start to the end, whoever brings it about.
async fn serve(settings: Settings, terminal: bool) -> Result<(), Fault> {
    let mut signals = Signals::new(terminal)?;
    let storage = settings.storage.clone();
    let server = Arc::new(Server::start(settings).await?);
    let control = answer_asked(&server, &storage);
    let mut news = server.news();
    let ink = if terminal { Ink::of(&std::io::stdout()) } else { Ink::PLAIN };
    for address in server.compat_addresses().iter().filter(|address| !address.ip().is_loopback()) {
        tracing::warn!(%address, "passwords of the original's clients come in clear over the network");
    }
    match terminal {
        true => {
            say(&console::banner(server.addresses(), server.fingerprint(), server.owner_code(), ink));
            tokio::spawn(obey_typed(server.clone(), ink));
        }
        false => announce(&server),
    }
    tell_systemd(sd_notify::NotifyState::Ready);
    let show = |news: &News| match terminal {
        true => say(&console::news::line(news, ink)),
        false => log::news(news),
    };
    let mut stopping = false;
    let result = loop {
        tokio::select! {
            result = server.ended() => break result,
            received = news.recv() => match received {
                Ok(news) => show(&news),
                Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "more happened than could be shown"),
                // The server's own end comes through `ended`.
                Err(RecvError::Closed) => {}
            },
            signal = signals.next() => {
                let Signal::End(signal) = signal else {
                    let server = server.clone();
                    // What came of it is logged.
                    tokio::spawn(async move { server.reload().await });
                    continue;
                };
                if stopping {
                    std::process::exit(128 + signal);
                }
                stopping = true;
                tell_systemd(sd_notify::NotifyState::Stopping);
                let server = server.clone();
                // Its result comes through `ended`.
                tokio::spawn(async move { server.stop(Stop::Restart).await });
            }
        }
    };
    control.join_all().await;
    while let Ok(news) = news.try_recv() {
        show(&news);
    }
    if !stopping {
        tell_systemd(sd_notify::NotifyState::Stopping);
    }
    Ok(result?)
}

/// Lets `klatchd ctl` ask, where there is a folder to ask in. What comes back ends with the server.
fn answer_asked(server: &Arc<Server>, storage: &Storage) -> JoinSet<()> {
    let mut control = JoinSet::new();
    #[cfg(unix)]
    if let Storage::Folder(folder) = storage {
        match ControlSocket::open(folder) {
            Ok(socket) => drop(control.spawn(socket.serve(server.clone()))),
            Err(error) => tracing::warn!(%error, "there is no control socket; klatchd ctl will not work"),
        }
    }
    control
}

/// What a headless server says when it accepts: a line for each address on standard output, for programs to read.
fn announce(server: &Server) {
    for address in server.addresses() {
        say(&format!("READY {} {} {}", address.ip(), address.port(), server.fingerprint()));
        tracing::info!(%address, fingerprint = %server.fingerprint(), "serving");
    }
    for address in server.compat_addresses() {
        say(&format!("COMPAT {} {}", address.ip(), address.port()));
    }
    if let Some(code) = server.owner_code() {
        // The code itself is for no log.
        match server.owner_code_file() {
            Some(path) => {
                tracing::info!(file = %path.display(), "there is no owner yet; this file has the code to become it");
            }
            // Nothing is kept that could hold it, and it is worth nothing when the server has ended.
            None => {
                say(&format!("OWNER {code}"));
                tracing::info!("there is no owner yet; the line OWNER on standard output has the code to become it");
            }
        }
    }
}

/// Reads what is typed, and answers. The end of standard input ends nothing else.
async fn obey_typed(server: Arc<Server>, ink: Ink) {
    let (send, mut typed) = mpsc::channel(TYPED_WAITING);
    // A thread of its own: reading a terminal cannot be broken off, and the runtime would wait for it at the end.
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if send.blocking_send(line).is_err() {
                return;
            }
        }
    });
    while let Some(line) = typed.recv().await {
        match console::obey(&server, &line, None, ink).await {
            Ok(answer) if answer.is_empty() => {}
            Ok(answer) => say(&answer),
            Err(refusal) => say(&ink.red(&refusal)),
        }
    }
}

/// A line on standard output. Nobody may be reading there any more; that ends nothing.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Without systemd this does nothing.
fn tell_systemd(state: sd_notify::NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!(%error, "systemd cannot be told");
    }
}
