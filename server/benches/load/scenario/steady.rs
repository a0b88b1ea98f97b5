//! A calm room: at this rate the price is a system call for each delivery.

use std::{
    io::Result,
    time::{Duration, Instant},
};

use super::{Plan, Stamps, TEXT, gathered};
use crate::{
    crowd::Crowd,
    figures::{Delays, compare},
};

const NAMES: [&str; 4] =
    ["delay p50, ms", "delay p99, ms", "server CPU for a delivery, µs", "messages that arrived everywhere, of 1"];

/// Measures a large room and a smaller one.
pub fn run(plan: &Plan) {
    for (clients, rate, tls) in [(1000, 20, false), (1000, 20, true), (100, 50, false)] {
        let tail = if tls { ", TLS" } else { "" };
        let title = format!("steady load, {clients} clients, {rate} messages a second{tail}");
        let seconds = plan.pick(4, 15);
        compare(&title, &plan.kinds, &NAMES, plan.runs, |kind| {
            let (subject, mut crowd) = gathered(kind, tls, clients)?;
            let mut load = Steady::new(rate, TEXT);
            load.run(&mut crowd, clients, Duration::from_secs(1), &mut Delays::default())?;
            let (cpu, mut delays) = (subject.cpu()?, Delays::default());
            let (said, heard) = load.run(&mut crowd, clients, Duration::from_secs(seconds), &mut delays)?;
            let cpu = (subject.cpu()? - cpu).as_secs_f64();
            let share = heard as f64 / (said * (clients - 1)) as f64;
            Ok(vec![delays.permille(500), delays.permille(990), cpu * 1e6 / heard as f64, share])
        });
    }
}

/// So many messages a second, whatever becomes of them; everybody speaks in turn.
pub struct Steady {
    /// Messages a second.
    pub rate: u32,
    /// Bytes of each.
    pub length: usize,
    /// How many were said so far.
    pub said: usize,
    /// How many people the first one saw go.
    pub quits: usize,
}

impl Steady {
    /// Nothing said yet.
    pub fn new(rate: u32, length: usize) -> Self {
        Steady { rate, length, said: 0, quits: 0 }
    }

    /// Lets the first `listeners` of a crowd speak and hear for so long, and a little longer for what is on its way. How many
    /// messages were said, and heard.
    pub fn run(
        &mut self,
        crowd: &mut Crowd,
        listeners: usize,
        duration: Duration,
        delays: &mut Delays,
    ) -> Result<(usize, usize)> {
        let (stamps, begin) = (Stamps::start(), Instant::now());
        let (mut said, mut heard) = (0, 0);
        loop {
            let due = Duration::from_secs(1) * u32::try_from(said).unwrap_or(u32::MAX) / self.rate;
            let now = begin.elapsed();
            if now > duration + Duration::from_secs(1) || (now > duration && heard >= said * (listeners - 1)) {
                return Ok((said, heard));
            }
            if now >= due && now < duration {
                let speaker = self.said % listeners;
                let line = crowd.line(speaker, &stamps.text(self.length));
                crowd.say(speaker, line)?;
                self.said += 1;
                said += 1;
                continue;
            }
            let wait = due.saturating_sub(now).clamp(Duration::from_micros(100), Duration::from_millis(20));
            crowd.hear(wait, |number, line| {
                if let Some(age) = stamps.age(line, self.length).filter(|_| number < listeners) {
                    delays.add(age);
                    heard += 1;
                }
                self.quits += usize::from(number == 0 && line.contains(" QUIT "));
            })?;
        }
    }
}
