//! The signals that end a server.

use std::io;

/// Waits for signals, each with its number.
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
    /// Comes when the terminal is closed. A server without one is not ended by it.
    hangup: tokio::signal::unix::Signal,
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

    /// Waits for the next signal to end. Cancel-safe.
    #[cfg(unix)]
    pub async fn next(&mut self) -> i32 {
        let Unix { interrupt, terminate, hangup, terminal } = &mut self.unix;
        loop {
            tokio::select! {
                _ = interrupt.recv() => return 2,
                _ = terminate.recv() => return 15,
                _ = hangup.recv() => if *terminal { return 1 },
            }
        }
    }

    /// Waits for the next Ctrl-C. Cancel-safe.
    #[cfg(not(unix))]
    pub async fn next(&mut self) -> i32 {
        match tokio::signal::ctrl_c().await {
            Ok(()) => 2,
            Err(_) => std::future::pending().await,
        }
    }
}
