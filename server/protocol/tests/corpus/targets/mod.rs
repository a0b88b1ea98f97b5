//! What fuzzing checks of each piece: functions that take any bytes and panic where something does not hold.

pub mod framing;
pub mod message;
pub mod sanitize;
pub mod sasl;
pub mod tags;
