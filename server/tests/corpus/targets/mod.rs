//! What fuzzing checks of each piece: functions that take any bytes and panic where something does not hold.

pub mod compat;
pub mod configuration;
pub mod front;
