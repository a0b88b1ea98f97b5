//! Connections: from a listening port to lines and back.
//!
//! It accepts, tells TLS, WebSocket and plain lines apart, frames what comes in and writes what is queued. It knows
//! nothing of the chat: a connection is opened, delivers lines, takes bytes, is closed.

mod admission;
pub mod compat;
mod connection;
mod crowd;
mod endpoint;
mod files;
mod greeting;
mod listener;
mod outbox;
mod parcels;
mod prefixed;
pub mod proxy;
mod reader;
pub mod web;
mod writer;

pub use admission::{Admission, Seat, Stay};
pub use connection::{Arrival, Gate, Rules};
pub use endpoint::{Endpoint, compat_address};
pub use files::most_connections;
pub use listener::{ListenError, Listener};
pub use outbox::Outbox;
pub use parcels::{BURSTS_WAITING, Parcel, hand_out};

use std::time::Duration;

use tokio::sync::watch;

use crate::hub::io::Network;

/// What connections may take of the machine, and from where they may come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetLimits {
    /// The most connections in all. One more makes the oldest go that has not logged in; without one it is refused.
    pub connections: usize,
    /// The most connections from one address (an IPv6 /64 counts as one). The machine itself is not counted.
    pub per_address: usize,
    /// The addresses whose connections are counted in all only.
    pub exempt: Vec<Network>,
    /// The most bytes that may wait to be written to one connection, before it is closed as too slow a reader.
    pub outbox: usize,
    /// The most TLS handshakes under way. One more makes the oldest go.
    pub handshakes: usize,
    /// How long a connection has to send its first byte, and then to finish its TLS handshake.
    pub handshake: Duration,
    /// Whether plain text is served to other machines as well.
    pub plain_text_everywhere: bool,
    /// The proxies that may say for whom they connect, where an endpoint expects that.
    pub proxies: Vec<Network>,
    /// The origins whose pages may connect by WebSocket, such as `https://chat.example`; `*` for all. Programs that are
    /// no browsers name no origin, and may.
    pub web_origins: Vec<String>,
}

impl Default for NetLimits {
    fn default() -> Self {
        NetLimits {
            connections: 10_000,
            per_address: 100,
            exempt: Vec::new(),
            outbox: 1 << 20,
            handshakes: 1_000,
            handshake: Duration::from_secs(15),
            plain_text_everywhere: false,
            proxies: Vec::new(),
            web_origins: Vec::new(),
        }
    }
}

/// Waits until the server stops accepting. A sender that is gone means the same.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
