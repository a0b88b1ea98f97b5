//! What is measured, a file for each kind of load.

pub mod fan_out;
pub mod full;
pub mod growth;
pub mod silence;
pub mod slow_reader;
pub mod steady;

use std::{
    io::Result,
    time::{Duration, Instant},
};

use crate::{
    crowd::Crowd,
    subject::{Kind, Subject},
};

/// How many bytes a message has.
const TEXT: usize = 64;

/// How much is measured.
#[derive(Debug)]
pub struct Plan {
    /// The floor, klatchd and what it is compared with: the columns.
    pub kinds: Vec<Kind>,
    pub long: bool,
    pub runs: usize,
}

impl Plan {
    /// The columns without the floor, for what it cannot do.
    fn klatchds(&self) -> &[Kind] {
        &self.kinds[1..]
    }

    /// One of two, for the short form and the long one.
    fn pick<T>(&self, short: T, long: T) -> T {
        if self.long { long } else { short }
    }
}

/// Every connection is a file, here and in the servers, which do the same.
pub fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        eprintln!("the limit of open files cannot be raised, so large crowds will not fit: {error}");
    }
}

/// A server with its crowd in one room.
fn gathered(kind: &Kind, tls: bool, clients: usize) -> Result<(Subject, Crowd)> {
    let subject = Subject::start(kind, tls)?;
    let mut crowd = Crowd::connect(&subject, clients)?;
    crowd.meet()?;
    Ok((subject, crowd))
}

/// Texts that tell when they were said.
struct Stamps {
    begin: Instant,
}

impl Stamps {
    fn start() -> Self {
        Stamps { begin: Instant::now() }
    }

    /// A text of `length` bytes, said now.
    fn text(&self, length: usize) -> String {
        format!("{:016x}{:.<1$}", self.begin.elapsed().as_nanos(), length - 16)
    }

    /// How long a line was on its way, if it ends with such a text.
    fn age(&self, line: &str, length: usize) -> Option<Duration> {
        let text = line.get(line.len().checked_sub(length)?..)?;
        let said = u64::from_str_radix(text.get(..16)?, 16).ok()?;
        text.ends_with("..").then(|| self.begin.elapsed().saturating_sub(Duration::from_nanos(said)))
    }
}
