//! The moments at which klatchd is killed: told by what it has done since it was started, or, while it starts and does
//! nothing that anybody could see, by the time.

use std::time::Duration;

use crate::chance::Chance;

/// The latest, after klatchd was started, that it is killed by time. Starting takes less even on a slow machine.
const STARTING: u64 = 600_000;

/// When klatchd is killed.
#[derive(Debug, Clone)]
pub(crate) enum Moment {
    /// So long after it was started: while it opens its database, reads it, listens.
    Starting(Duration),
    /// As soon as so many people are in: while they log in, catch up and send again.
    In(usize),
    /// As soon as so many messages were confirmed: while people talk.
    Confirmed(u64),
    /// As soon as so many lines came from it, whatever they say.
    Heard(u64),
}

impl Moment {
    pub(crate) fn pick(chance: &mut Chance, people: usize) -> Self {
        match chance.below(5) {
            0 => Moment::Starting(Duration::from_micros(chance.below(STARTING))),
            1 => Moment::In(1 + chance.below(people as u64) as usize),
            2 => Moment::Heard(1 + chance.below(4_000)),
            _ => Moment::Confirmed(1 + chance.below(150)),
        }
    }
}
