//! What the client knows: rooms, the people in them and what was said. Plain data, changed only by what the session
//! reports and what the user does; it never draws and never sends.

mod line;
mod room;

pub use line::{Body, Delivery, Line, LineKey};
pub use room::{History, Member, Room, RoomKind, Roster};
