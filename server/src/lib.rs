//! klatchd, the server of Klatch, as a library: [`hub`] is the chat itself, everything else feeds it.
//!
//! A program that runs a server inside itself needs [`serve`], and [`console::news`] to show what happens.

pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod console;
#[cfg(unix)]
pub mod control;
pub mod daemon;
pub mod data_dir;
#[cfg(unix)]
pub mod errand;
mod files;
pub mod hub;
pub mod lan;
mod lanes;
pub mod log;
pub mod menu;
pub mod net;
pub mod secret;
pub mod serve;
pub mod signals;
pub mod store;
pub mod tls;
