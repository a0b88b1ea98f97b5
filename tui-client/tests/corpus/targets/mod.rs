//! What fuzzing checks of each piece: functions that take any bytes and panic where something does not hold.

pub mod session;
pub mod typed;
