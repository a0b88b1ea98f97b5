//! klatchd, the server of Klatch, as a library: [`hub`] is the chat itself, everything else feeds it.

pub mod hub;
pub mod store;
pub mod auth;
pub mod net;
