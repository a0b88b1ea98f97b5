//! Nothing is lost and nothing doubled when the real klatchd is killed again and again (SIGKILL) while fifty people talk
//! over TLS: with the client's own session, model, unsent file and network, and a real database. At the end everything that
//! somebody was told and everything that is on a screen is compared with what the database holds.
//!
//! `KLATCH_KILLS=500 cargo test -p klatch --test kills real_server -- --nocapture` kills more often, and tells its
//! figures; `KLATCH_SEED=17` repeats the same choices, though not the same moments: the processes are real.

#[path = "../simulation/chance.rs"]
mod chance;
#[path = "../simulation/checks.rs"]
mod checks;
#[path = "../simulation/client.rs"]
mod client;
mod crowd;
mod database;
mod file;
mod moment;
#[allow(dead_code, reason = "each test crate uses the parts it needs")]
#[path = "../pty/server.rs"]
mod server;
mod talk;

use std::{
    env,
    net::TcpListener,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use chance::Chance;
use checks::{Truth, check_company};
use crowd::Crowd;
use moment::Moment;
use server::Server;

/// How often klatchd is killed in an ordinary run.
const KILLS: u64 = 20;
/// How many people there are.
const PEOPLE: usize = 50;

/// What a run leaves behind.
struct Outcome {
    server: Server,
    crowd: Crowd,
    truth: Truth,
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// A server on a port that no outgoing connection of this machine is given by chance: while klatchd is dead, a client
/// that dials such a port can end up connected to itself.
fn start(chance: &mut Chance) -> Server {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let mut ports = std::iter::repeat_with(|| 20_000 + chance.below(10_000) as u16);
    let port = ports.find(free).expect("there is no end of ports");
    Server::start_on(port, "[accounts]\npassword_hash_cost = \"test\"\n[limits]\nexempt = [\"127.0.0.1\"]\n")
}

/// Kills klatchd so many times while so many people talk, and lets everything come to rest.
async fn run(seed: u64, people: usize, kills: u64) -> Outcome {
    println!("KLATCH_SEED={seed}, {people} people, {kills} kills");
    let mut chance = Chance::new(seed);
    let mut server = start(&mut chance);
    let mut crowd = Crowd::new(&server, people, chance.clone());
    for kill in 0..kills {
        let moment = Moment::pick(&mut chance, people);
        crowd.until(&mut server, &moment).await;
        assert!(!server.has_ended(), "klatchd ended by itself before kill {kill} ({moment:?}):\n{}", server.log());
        println!("{kill}: {moment:?}, {}", crowd.unsent());
        server.kill();
        server.begin_restart();
    }
    crowd.come_to_rest(&mut server).await;
    let truth = database::read(&server.data().join("klatch.db"));
    Outcome { server, crowd, truth }
}

/// Everything that is not as it should be.
fn faults(crowd: &Crowd, truth: &Truth) -> Vec<String> {
    let mut faults = truth.faults();
    for client in crowd.clients() {
        let rooms = crowd.rooms_of(&client.name);
        faults.extend(truth.faults_of(client, &rooms));
        faults.extend(client.forgotten().map(|text| format!("\"{text}\" was typed, and it is in no file")));
        for room in rooms {
            check_company(client, room, &crowd.company(room), &mut faults);
        }
    }
    faults
}

#[tokio::test]
async fn the_real_server_killed_at_any_moment_loses_and_doubles_nothing() {
    let began = Instant::now();
    let seed = number("KLATCH_SEED").unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_micros() as u64
    });
    let kills = number("KLATCH_KILLS").unwrap_or(KILLS);
    let mut outcome = run(seed, PEOPLE, kills).await;
    let found = faults(&outcome.crowd, &outcome.truth);
    assert!(found.is_empty(), "KLATCH_SEED={seed}:\n{}\n{}", found.join("\n"), outcome.server.log());
    assert!(outcome.truth.all.len() as u64 > kills, "nobody talked");
    println!("{}, {} s", outcome.crowd.figures(&outcome.truth), began.elapsed().as_secs());

    // The same through the program's own eyes: it ends well, comes back, and everybody reads everything from the start.
    assert_eq!(outcome.server.terminate(), Some(0), "{}", outcome.server.log());
    assert_eq!(database::damage(&outcome.server.data().join("klatch.db")), Vec::<String>::new());
    outcome.server.restart();
    let mut readers = outcome.crowd.anew();
    readers.come_to_rest(&mut outcome.server).await;
    let found = faults(&readers, &outcome.truth);
    assert!(found.is_empty(), "KLATCH_SEED={seed}, read anew:\n{}", found.join("\n"));
}

#[tokio::test]
async fn a_history_that_was_tampered_with_is_found() {
    let mut outcome = run(7, 6, 2).await;
    assert_eq!(faults(&outcome.crowd, &outcome.truth), Vec::<String>::new());
    assert_eq!(outcome.server.terminate(), Some(0));
    let file = outcome.server.data().join("klatch.db");
    for (tampering, about) in [
        ("DELETE FROM record WHERE seq = (SELECT max(seq) FROM record WHERE kind = 0)", "does not have it"),
        ("UPDATE record SET text = 'never said' WHERE seq = (SELECT min(seq) FROM record WHERE kind = 0)", "saw"),
        (
            "INSERT INTO record SELECT seq + 1000000, at, low, high, kind, source, account, tags, text FROM record
             WHERE seq = (SELECT max(seq) FROM record WHERE kind = 0)",
            "twice",
        ),
        (
            "UPDATE record SET seq = seq + 1000000 WHERE seq = (SELECT min(seq) FROM record WHERE kind = 0
             AND low = 0 AND high = (SELECT id FROM room WHERE name = '#lobby'))",
            "shows in #lobby",
        ),
    ] {
        let forged = database::forged(&file, tampering);
        let found = faults(&outcome.crowd, &forged);
        assert!(found.iter().any(|fault| fault.contains(about)), "{tampering}: {found:?}");
    }
}
