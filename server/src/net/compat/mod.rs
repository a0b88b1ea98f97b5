//! The wire of the Python chat that Klatch continues, for its own client: a translator to and from the lines that every
//! other client speaks. The hub does not know that it is there.
//!
//! The original has no frames, sends name and password in clear with each message, and compares what it receives for
//! equality, so answers go out alone. docs/protocol.md, "The original's client", has the messages.

mod connection;
pub mod segments;
pub mod talk;

pub(super) use connection::serve;
