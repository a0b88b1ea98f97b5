//! x
pub mod recall;
