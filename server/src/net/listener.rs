//! A listening port and the connections that came through it.

use std::{
    io::{Error, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use super::{Endpoint, Gate, stopped};

/// How long a stopped listener waits for its connections to take their last lines.
const FAREWELL: Duration = Duration::from_secs(5);

/// A port that cannot be listened on. Displays as one line with what to do.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {}", advice(source))]
pub struct ListenError {
    /// The port wanted.
    pub address: SocketAddr,
    /// What the system said.
    pub source: Error,
}

fn advice(error: &Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => "another program uses this port; stop it, or choose another port with --listen".into(),
        ErrorKind::AddrNotAvailable => {
            "this machine has no such address; choose one of its own with --listen, or 0.0.0.0 for all".into()
        }
        ErrorKind::PermissionDenied => "ports below 1024 need the system's permission; choose a higher one".into(),
        _ => format!("{error}; choose another address with --listen"),
    }
}

/// What a connection came in through.
#[derive(Debug)]
pub(super) struct Door {
    /// Its place in the settings.
    pub(super) number: usize,
    pub(super) endpoint: Endpoint,
}

/// Connections that wait to be accepted; the system lowers it to what it allows (`net.core.somaxconn`). What finds the
/// queue full tries again only a second later, so a rush of strangers must not fill it before it is worked off.
const QUEUE: i32 = 65_535;

/// A bound port.
#[derive(Debug)]
pub struct Listener {
    socket: std::net::TcpListener,
    address: SocketAddr,
    door: Door,
}

impl Listener {
    /// Binds the address of the endpoint that is the `number`th of the settings, from 0.
    ///
    /// # Errors
    /// [`ListenError`] says what is in the way.
    pub fn bind(number: usize, endpoint: Endpoint) -> Result<Self, ListenError> {
        let address = endpoint.address;
        let bind = || {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
            // On other systems the option lets a second program take over the port.
            #[cfg(unix)]
            socket.set_reuse_address(true)?;
            socket.set_nonblocking(true)?;
            socket.bind(&address.into())?;
            socket.listen(QUEUE)?;
            let socket = std::net::TcpListener::from(socket);
            Ok((socket.local_addr()?, socket))
        };
        let (bound, socket) = bind().map_err(|source| ListenError { address, source })?;
        Ok(Listener { socket, address: bound, door: Door { number, endpoint } })
    }

    /// The address really bound.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it is for the original's client.
    #[must_use]
    pub fn is_compat(&self) -> bool {
        self.door.endpoint.compat.is_some()
    }

    /// Accepts until `stop` is true, then waits for the connections it accepted, but not for ever.
    pub async fn run(self, gate: Arc<Gate>, mut stop: watch::Receiver<bool>) {
        let socket = match TcpListener::from_std(self.socket) {
            Ok(socket) => socket,
            Err(error) => return tracing::error!(address = %self.address, %error, "nobody can connect here"),
        };
        let mut connections = JoinSet::new();
        let (door, each) = (Arc::new(self.door), stop.clone());
        loop {
            tokio::select! {
                () = stopped(&mut stop) => break,
                accepted = socket.accept() => match accepted {
                    Ok((stream, address)) => {
                        let (gate, door, stop) = (gate.clone(), door.clone(), each.clone());
                        connections.spawn(async move { gate.serve(stream, address, door, stop).await });
                    }
                    Err(error) => {
                        // Most likely there are no files left.
                        gate.make_room();
                        wait_out(&error).await;
                    }
                },
                // Takes the finished ones off the set.
                Some(_) = connections.join_next() => {}
            }
        }
        drop(socket);
        let all = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, all).await.is_err() {
            connections.shutdown().await;
        }
    }
}

/// A connection that broke before it was accepted is nothing; without file descriptors it is better to wait for some to
/// come back than to spin.
async fn wait_out(error: &Error) {
    if !matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted) {
        tracing::error!(%error, "cannot accept a connection; trying again");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
