//! Where a server listens, and what it expects there.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

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
    /// The room of the original's client, when it is that client's wire which is spoken here ([`compat_address`]).
    pub compat: Option<String>,
    /// PEM files of a certificate and its key, when they are not the server's usual ones.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// Where to serve the original's client, as it is written: an address with its port, or a port alone for this machine only.
///
/// # Errors
/// A sentence that says how to write it.
pub fn compat_address(text: &str) -> Result<SocketAddr, String> {
    let local = text.parse::<u16>().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    local.or_else(|_| text.parse()).map_err(|_| format!("`{text}` is neither a port nor an address with one"))
}

impl From<SocketAddr> for Endpoint {
    /// Whatever the first bytes tell.
    fn from(address: SocketAddr) -> Self {
        Endpoint { address, tls: None, websocket: None, proxy: false, compat: None, certificate: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_of_this_machine() {
        assert_eq!(compat_address("23790"), Ok(SocketAddr::from(([127, 0, 0, 1], 23790))));
        assert_eq!(compat_address("[::]:1"), "[::]:1".parse::<SocketAddr>().map_err(|error| error.to_string()));
        assert!(compat_address("host:1").unwrap_err().contains("`host:1`"));
    }
}
