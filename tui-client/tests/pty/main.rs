//! The real programs in a pseudo-terminal, read back by a terminal emulator: what people see, from the first start to the
//! last key.

mod endings;
mod escapes;
#[path = "../../../server/protocol/tests/hostile/mod.rs"]
mod hostile;
mod hostile_text;
mod impostor;
mod klatch;
mod klatchd;
mod others;
mod peer;
#[allow(dead_code, reason = "each test crate uses the parts it needs")]
mod server;
mod signing_in;
mod talking;
mod terminal;
