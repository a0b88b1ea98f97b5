//! klatch, the full-screen client, as a library. Data flows one way: event → update → effect → draw.

pub mod action;
pub mod address;
pub mod app;
pub mod cli;
pub mod event;
pub mod files;
pub mod host;
pub mod keymap;
pub mod model;
pub mod net;
pub mod notify;
pub mod runtime;
pub mod session;
pub mod settings;
pub mod terminal;
pub mod trust;
pub mod ui;
pub mod unsent;
