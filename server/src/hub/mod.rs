//! The chat itself: pure, synchronous, infallible. Lines and answers in, bytes and writes out. No tokio, no clock, no
//! SQL, no chance: those are inputs (see [`io`]).

pub mod io;
pub mod policy;
