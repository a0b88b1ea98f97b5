//! Lines over WebSocket, for browsers (ircv3.net "WebSocket support"; RFC 6455).
//!
//! The handshake is bounded and its origin checked here; what comes out is a stream of lines like any other.

mod handshake;
mod lines;

pub use handshake::{Refusal, accept};
pub use lines::WebLines;
