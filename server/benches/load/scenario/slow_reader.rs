//! Some stop reading: they are disconnected, and nobody else waits for that.

use std::{io::Result, time::Duration};

use super::{Plan, gathered, steady::Steady};
use crate::{
    crowd::Crowd,
    figures::{Delays, compare},
    subject::Kind,
};

/// Who goes on reading.
const LISTENERS: usize = 100;
/// Who stops.
const DEAF: usize = 5;
/// Long messages, many of them: what the system keeps for a connection that is not read has to be full first.
const RATE: u32 = 1000;
const LENGTH: usize = 400;
/// How long it may take until the server has given the deaf up.
const TURNS: usize = 60;

const NAMES: [&str; 5] = [
    "delay p99 while all read, ms",
    "delay p99 while some do not, ms",
    "delay p99 after they are gone, ms",
    "seconds until they are gone",
    "messages that the others missed",
];

/// Measures it.
pub fn run(plan: &Plan) {
    let title = format!("slow readers: {DEAF} stop, {LISTENERS} hear {RATE} messages of {LENGTH} bytes a second");
    compare(&title, plan.klatchds(), &NAMES, plan.runs, measure);
}

fn measure(kind: &Kind) -> Result<Vec<f64>> {
    let (_subject, mut crowd) = gathered(kind, false, LISTENERS + DEAF)?;
    let mut load = Steady::new(RATE, LENGTH);
    let second = Duration::from_secs(1);
    let [mut warm_up, mut before, mut meanwhile, mut after] = [(); 4].map(|()| Delays::default());
    let mut missed = 0;
    let mut say = |load: &mut Steady, crowd: &mut Crowd, seconds, delays: &mut Delays| -> Result<()> {
        let (said, heard) = load.run(crowd, LISTENERS, second * seconds, delays)?;
        missed += said * (LISTENERS - 1) - heard;
        Ok(())
    };
    say(&mut load, &mut crowd, 1, &mut warm_up)?;
    say(&mut load, &mut crowd, 4, &mut before)?;
    for deaf in LISTENERS..LISTENERS + DEAF {
        crowd.deafen(deaf)?;
    }
    let mut turns = 0;
    while load.quits < DEAF && turns < TURNS {
        say(&mut load, &mut crowd, 1, &mut meanwhile)?;
        turns += 1;
    }
    say(&mut load, &mut crowd, 4, &mut after)?;
    let all = [&mut before, &mut meanwhile, &mut after].map(|delays| delays.permille(990));
    Ok([&all[..], &[turns as f64, missed as f64]].concat())
}
