//! klatch, the full-screen client, as a library. Data flows one way: event → update → effect → draw.

pub mod action;
pub mod keymap;
pub mod model;
