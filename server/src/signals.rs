//! The signals that end a server, and the one by which it reads its configuration again.

use std::io;

/// What a signal wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// That the server ends; the signal's number.
    End(i32),
    /// That it reads its configuration again.
    Reload,
}

/// Waits for signals.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    unix: Unix,
}

#[cfg(unix)]
#[derive(Debug)]
struct Unix {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// Comes when the terminal is closed. To a server without one it means to read the configuration again.
    hangup: tokio::signal::unix::Signal,
    /// Comes when a file reaches a limit on its size, and would end the process. Caught, it makes the write fail, which is
    /// waited out as a full disk is.
    _file_size: tokio::signal::unix::Signal,
    terminal: bool,
}

impl Signals {
    /// From now on signals do not end the process by themselves. `terminal` says whether the closing of the terminal
    /// counts. Has to be called within a tokio runtime.
    ///
    /// # Errors
    /// The system's.
    pub fn new(terminal: bool) -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let unix = Unix {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hangup: signal(SignalKind::hangup())?,
                _file_size: signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?,
                terminal,
            };
            Ok(Signals { unix })
        }
        #[cfg(not(unix))]
        {
            let _ = terminal;
            Ok(Signals {})
        }
    }

    /// Waits for the next signal. Cancel-safe.
    #[cfg(unix)]
    pub async fn next(&mut self) -> Signal {
        let Unix { interrupt, terminate, hangup, terminal, .. } = &mut self.unix;
        tokio::select! {
            _ = interrupt.recv() => Signal::End(2),
            _ = terminate.recv() => Signal::End(15),
            _ = hangup.recv() => if *terminal { Signal::End(1) } else { Signal::Reload },
        }
    }

    /// Waits for the next Ctrl-C. Cancel-safe.
    #[cfg(not(unix))]
    pub async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::End(2),
            Err(_) => std::future::pending().await,
        }
    }
}
