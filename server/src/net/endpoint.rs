//! Where a server listens, and what it expects there.

use std::{net::SocketAddr, path::PathBuf};

/// One listening address with what may come in through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Where; port 0 lets the system choose.
    pub address: SocketAddr,
    /// Whether TLS has to be spoken (`true`) or must not be (`false`); by the first byte without a decision.
    pub tls: Option<bool>,
    /// Whether only WebSocket is spoken (`true`) or never (`false`); by the first bytes without a decision.
    pub websocket: Option<bool>,
    /// Whether each connection begins with a PROXY header, which says whom it is for. Only addresses listed in
    /// [`NetLimits::proxies`](super::NetLimits::proxies) may connect then.
    pub proxy: bool,
    /// PEM files of a certificate and its key, when they are not the server's usual ones.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

impl From<SocketAddr> for Endpoint {
    /// Whatever the first bytes tell.
    fn from(address: SocketAddr) -> Self {
        Endpoint { address, tls: None, websocket: None, proxy: false, certificate: None }
    }
}
