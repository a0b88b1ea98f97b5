//! What connections cost: memory while they are idle, time to make them, and a room that fills.

use std::time::{Duration, Instant};

use super::Plan;
use crate::{crowd::Crowd, figures::compare, subject::Subject};

fn named(what: &str, clients: usize, tls: bool) -> String {
    format!("{what}, {clients} clients{}", if tls { ", TLS" } else { "" })
}

/// Memory for each idle connection, all in one room.
pub fn memory(plan: &Plan) {
    let clients = plan.pick(1000, 5000);
    for tls in [false, true] {
        compare(
            &named("memory", clients, tls),
            &plan.kinds,
            &["for a connection, KiB", "in all, MiB"],
            plan.runs,
            |kind| {
                let subject = Subject::start(kind, tls)?;
                let before = subject.memory()?;
                let mut crowd = Crowd::connect(&subject, clients)?;
                crowd.meet()?;
                // What allocators and quiet connections give back, they give back when something happens.
                crowd.listen(Duration::from_secs(1), |_, _| {})?;
                let after = subject.memory()?;
                Ok(vec![(after - before) / clients as f64, after / 1024.0])
            },
        );
    }
}

/// How many connections are made and registered in a second.
pub fn registration(plan: &Plan) {
    for tls in [false, true] {
        let names = ["connections a second", "server CPU for a connection, µs"];
        compare(&named("registration", 1000, tls), &plan.kinds, &names, plan.runs, |kind| {
            let subject = Subject::start(kind, tls)?;
            let (cpu, begin) = (subject.cpu()?, Instant::now());
            let crowd = Crowd::connect(&subject, 1000)?;
            let elapsed = begin.elapsed();
            let cpu = subject.cpu()? - cpu;
            let count = crowd.len() as f64;
            Ok(vec![count / elapsed.as_secs_f64(), cpu.as_secs_f64() * 1e6 / count])
        });
    }
}

/// Everybody comes into one room at once: each entry is told to all who are in it, and each newcomer who is.
pub fn room(plan: &Plan) {
    let clients = plan.pick(1000, 5000);
    let names = ["until everybody has seen everybody, s", "server CPU, s", "most memory, MiB"];
    compare(&named("a room that fills", clients, false), plan.klatchds(), &names, plan.runs, |kind| {
        let subject = Subject::start(kind, false)?;
        let mut crowd = Crowd::connect(&subject, clients)?;
        let (cpu, begin) = (subject.cpu()?, Instant::now());
        crowd.meet()?;
        let elapsed = begin.elapsed();
        Ok(vec![elapsed.as_secs_f64(), (subject.cpu()? - cpu).as_secs_f64(), subject.peak()? / 1024.0])
    });
}
