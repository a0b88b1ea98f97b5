//! From an empty data directory to the first message on another screen, with the real program in two pseudo-terminals:
//! one hosts and signs up with the owner code, the other trusts the key, signs up and reads what the first one says.
//!
//!     cargo bench -p klatch --bench first_message
//!
//! prints the wall time of each part and of the whole, the median of five runs. The figure to beat is two seconds.

#[allow(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/pty/klatch.rs"]
mod klatch;
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/pty/server.rs"]
mod server;
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/pty/terminal.rs"]
mod terminal;

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use klatch::{Klatch, LARGE, PASSWORD};
use tempfile::TempDir;
use terminal::{ENTER, TAB};

const RUNS: usize = 5;
const PARTS: [&str; 4] = ["form of the host", "host is in", "guest is in", "message is seen"];

fn main() {
    let mut runs: Vec<[Duration; PARTS.len()]> = (0..RUNS).map(|_| run()).collect();
    runs.sort_by_key(|run| run[PARTS.len() - 1]);
    println!("since the start, median of {RUNS} runs:");
    for (part, time) in PARTS.iter().zip(runs[RUNS / 2]) {
        println!("{part:>20} {:>6} ms", time.as_millis());
    }
}

/// One run: when each of [`PARTS`] was reached.
fn run() -> [Duration; PARTS.len()] {
    let data = TempDir::new().expect("a directory can be made");
    let data = data.path().to_str().expect("temporary directories have plain names");
    let port = free_port();
    let begin = Instant::now();
    let mut host = Klatch::open(&["host", "--listen", &format!("127.0.0.1:{port}"), "--data", data], LARGE);
    host.wait_text("Sign up and connect");
    let form = begin.elapsed();
    for part in ["Amy Pond", TAB, "amypond", TAB, PASSWORD, TAB, PASSWORD, ENTER] {
        host.press(part);
    }
    host.wait_in();
    let host_in = begin.elapsed();
    let mut guest = Klatch::at_port(port, LARGE);
    guest.sign_up("Rory", "rory");
    let guest_in = begin.elapsed();
    host.enter("hello out there");
    guest.wait_text("hello out there");
    [form, host_in, guest_in, begin.elapsed()]
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}
