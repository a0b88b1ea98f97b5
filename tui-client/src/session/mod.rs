//! Our presence on one server, as a pure state machine: lines come in, lines and events go out; time is a parameter.
//! It lives over as many connections as it takes: what was said and not confirmed, and how far each room's history is
//! known, survive a broken one. It never does I/O, reads no clock and draws nothing.

mod failure;
mod intent;
mod io;
mod reconnect;

pub use failure::{Failure, Field};
pub use intent::{Intent, Way};
pub use io::{
    Ending, Event, Fate, Manner, Now, OutId, Output, Page, Part, Person, Place, Request, Spoken, Stage, Typing, Window,
};
pub use reconnect::Reconnect;
