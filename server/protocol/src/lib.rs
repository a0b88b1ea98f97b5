//! The wire language of Klatch: what travels between an IRCv3 client and server, and nothing else.
//!
//! This crate owns parsing, building and framing of lines, the names of the field (nicks, rooms, capabilities,
//! numerics, modes) and the cleaning of hostile text. It never does I/O, knows no runtime and no clock, and its parse
//! path does not allocate: every part of a [`Message`] is a slice of the line it came from.
//!
//! Specifications followed: [modern.ircdocs.horse](https://modern.ircdocs.horse/) and
//! [ircv3.net](https://ircv3.net/irc/); each module names its own sections.

pub mod caps;
pub mod casemap;
pub mod encode;
pub mod fingerprint;
pub mod format;
pub mod framing;
pub mod isupport;
pub mod mask;
pub mod message;
pub mod modes;
pub mod names;
pub mod numeric;
pub mod sanitize;
pub mod sasl;
pub mod scram;
pub mod source;
pub mod split;
pub mod tags;
pub mod time;

pub use caps::Caps;
pub use casemap::{CaseMapping, Folded, fold};
pub use encode::LineBuilder;
pub use fingerprint::Fingerprint;
pub use framing::{Frame, Framer, Limits};
pub use isupport::Isupport;
pub use message::{Message, ParseError};
pub use names::{AccountName, Nick, RoomName};
pub use numeric::Numeric;
pub use source::Source;
pub use tags::Tags;
pub use time::UnixMs;
