//! As many messages as go through: so many are on their way at any time, and for each that has arrived everywhere another
//! one is said.

use std::{
    io::Result,
    time::{Duration, Instant},
};

use klatch_protocol::{Frame, Framer, Limits};

use super::{Plan, Stamps, TEXT, gathered};
use crate::{
    crowd::Crowd,
    figures::{Delays, compare},
    subject::Kind,
};

/// How many take turns in speaking.
const SPEAKERS: usize = 20;
/// Before anything is counted.
const WARM_UP: Duration = Duration::from_millis(500);

const NAMES: [&str; 5] = [
    "million deliveries a second",
    "server CPU for a delivery, µs",
    "server CPU, of one processor",
    "delay p50, ms",
    "delay p99, ms",
];

/// Measures all sizes of crowds.
pub fn run(plan: &Plan) {
    let sizes: &[usize] = plan.pick(&[20, 100, 1000], &[20, 100, 1000, 5000]);
    for tls in [false, true] {
        for clients in sizes {
            let title = format!("fan-out at saturation, {clients} clients{}", if tls { ", TLS" } else { "" });
            compare(&title, &plan.kinds, &NAMES, plan.runs, |kind| measure(kind, tls, *clients, plan));
        }
    }
}

/// Messages on their way: enough to gather several in each write, few enough for what waits in the kernel to be bounded.
fn window(clients: usize) -> u64 {
    if clients > 1000 { 256 } else { 512 }
}

fn measure(kind: &Kind, tls: bool, clients: usize, plan: &Plan) -> Result<Vec<f64>> {
    let (subject, mut crowd) = gathered(kind, tls, clients)?;
    let mut load = Load::new(clients);
    load.keep_up(&mut crowd, WARM_UP)?;
    let (cpu, got, begin) = (subject.cpu()?, load.deliveries(), Instant::now());
    load.delays = Delays::default();
    load.keep_up(&mut crowd, plan.pick(Duration::from_millis(1500), Duration::from_secs(4)))?;
    let (elapsed, deliveries) = (begin.elapsed().as_secs_f64(), load.deliveries() - got);
    let cpu = (subject.cpu()? - cpu).as_secs_f64();
    Ok(vec![
        deliveries / elapsed / 1e6,
        cpu * 1e6 / deliveries,
        cpu / elapsed,
        load.delays.permille(500),
        load.delays.permille(990),
    ])
}

/// A load that keeps so many messages on their way.
struct Load {
    clients: usize,
    stamps: Stamps,
    length: usize,
    sent: u64,
    /// Bytes that arrived anywhere. All messages are equally long.
    arrived: u64,
    /// The delays seen by the last client, who says nothing unless everybody does.
    delays: Delays,
    framer: Framer,
}

impl Load {
    fn new(clients: usize) -> Self {
        let stamps = Stamps::start();
        let length = Crowd::length(&stamps.text(TEXT));
        let framer = Framer::new(Limits::FROM_SERVER);
        Load { clients, stamps, length, sent: 0, arrived: 0, delays: Delays::default(), framer }
    }

    fn deliveries(&self) -> f64 {
        self.arrived as f64 / self.length as f64
    }

    fn keep_up(&mut self, crowd: &mut Crowd, duration: Duration) -> Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < duration {
            let everywhere = self.arrived / (self.length * (self.clients - 1)) as u64;
            let missing = (window(self.clients) + everywhere).saturating_sub(self.sent);
            if missing >= window(self.clients) / 4 {
                self.speak(crowd, missing as usize)?;
            }
            let Load { stamps, arrived, delays, framer, clients, .. } = self;
            crowd.listen(Duration::from_millis(10), |number, bytes| {
                *arrived += bytes.len() as u64;
                if number == *clients - 1 {
                    framer.push(bytes);
                    while let Some(frame) = framer.next_frame() {
                        if let Frame::Line(line) = frame
                            && let Some(age) = stamps.age(line, TEXT)
                        {
                            delays.add(age);
                        }
                    }
                }
            })?;
        }
        Ok(())
    }

    /// Says `count` messages, divided among the speakers.
    fn speak(&mut self, crowd: &mut Crowd, count: usize) -> Result<()> {
        let speakers = SPEAKERS.min(self.clients);
        for speaker in 0..speakers {
            let each = count / speakers + usize::from(speaker < count % speakers);
            let lines: String = (0..each).map(|_| crowd.line(speaker, &self.stamps.text(TEXT))).collect();
            self.sent += each as u64;
            crowd.say(speaker, lines)?;
        }
        Ok(())
    }
}
