//! The whole of Klatch against chance: hub, store, sessions, models and outboxes, with a network, a disk, clocks and
//! crashes that come from one seed. No runtime and no clock of the machine's: a seed makes the same run everywhere.
//!
//! `KLATCH_SEEDS=1000000 cargo test --release -p klatch --test simulation any_seed` runs more of them,
//! `KLATCH_SEED=17` one alone,
//! and tells all that happens in it.

mod chance;
mod checks;
mod client;
mod disk;
mod healing;
mod network;
mod server;
mod trouble;
mod truth;
mod world;

use std::{
    env,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use world::{Broken, NAMES, ROOMS, World};

/// Seeds of an ordinary run.
const SEEDS: u64 = 2_000;
/// Within so many seeds a broken world is found out.
const SEEDS_TO_BITE: u64 = 200;
/// Seeds that once failed.
const KEPT: &[u64] = &[0, 10, 16, 23, 61, 79, 134, 811, 961, 1343];

/// What is wrong after the run of a seed.
fn faults(seed: u64, broken: Option<Broken>) -> Vec<String> {
    let mut world = World::new(seed, broken);
    world.traced = number("KLATCH_SEED").is_some();
    world.run();
    let truth = truth::on(&mut world.server.disk);
    let mut faults = std::mem::take(&mut world.faults);
    faults.extend(truth.faults());
    faults.extend(truth::faults_of_search(&mut world.server.disk, &truth));
    for client in &world.clients {
        faults.extend(truth.faults_of(client, &ROOMS));
        for room in ROOMS {
            checks::check_company(client, room, &NAMES, &mut faults);
        }
    }
    faults
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// The first seed below `seeds` that fails, with what is wrong.
fn first_failure(seeds: u64, broken: Option<Broken>) -> Option<(u64, Vec<String>)> {
    let next = AtomicU64::new(0);
    let search = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return None;
            }
            let faults = faults(seed, broken);
            if !faults.is_empty() {
                // The others stop as well.
                next.store(seeds, Ordering::Relaxed);
                return Some((seed, faults));
            }
        }
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(2, usize::from);
        let searches: Vec<_> = (0..threads).map(|_| scope.spawn(search)).collect();
        searches.into_iter().filter_map(|search| search.join().unwrap()).min_by_key(|(seed, _)| *seed)
    })
}

fn complain(seed: u64, faults: &[String]) -> ! {
    panic!("KLATCH_SEED={seed} fails:\n{}", faults.join("\n"))
}

#[test]
fn any_seed_ends_with_one_truth() {
    let failure = match number("KLATCH_SEED") {
        Some(seed) => Some((seed, faults(seed, None))).filter(|(_, faults)| !faults.is_empty()),
        None => first_failure(number("KLATCH_SEEDS").unwrap_or(SEEDS), None),
    };
    if let Some((seed, faults)) = failure {
        complain(seed, &faults);
    }
}

#[test]
fn seeds_that_once_failed_do_not_any_more() {
    for seed in KEPT {
        let faults = faults(*seed, None);
        if !faults.is_empty() {
            complain(*seed, &faults);
        }
    }
}

fn is_found(broken: Broken, about: &str) {
    let (seed, faults) = first_failure(SEEDS_TO_BITE, Some(broken)).expect("nothing was found");
    assert!(faults.iter().any(|fault| fault.contains(about)), "seed {seed}: {faults:?}");
}

#[test]
fn a_disk_that_lies_is_found() {
    is_found(Broken::Durability, "the server does not have it");
}

#[test]
fn lost_nonces_are_found() {
    is_found(Broken::Deduplication, "twice");
}

#[test]
fn messages_that_overtake_each_other_are_found() {
    is_found(Broken::Order, "heard");
}

#[test]
fn lost_redactions_are_found() {
    is_found(Broken::Redaction, "which was taken back");
}

#[test]
fn a_seed_makes_the_same_run_again() {
    let end = |seed| {
        let mut world = World::new(seed, None);
        world.run();
        (world.time, world.chance.number(), world.clients.iter().map(|client| client.seen.clone()).collect::<Vec<_>>())
    };
    assert_eq!(end(3), end(3));
}
