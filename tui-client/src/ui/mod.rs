//! Everything that is drawn, one file a thing on the screen. Widgets get what they show as plain data or model types and
//! draw it anywhere, in any size; they never know the application, never receive events of their own accord and never send.

pub mod banner;
pub mod chat;
pub mod completion;
pub mod form;
pub mod header;
pub mod help;
pub mod input;
pub mod layout;
pub mod pane;
pub mod question;
pub mod sidebar;
pub mod status;
pub mod switcher;
pub mod theme;
pub mod trust;
pub mod wrap;

mod draw;
