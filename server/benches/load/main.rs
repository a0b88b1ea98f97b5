//! klatchd under load, beside the floor (docs/speed.md explains the figures):
//!
//!     cargo bench -p klatch-server --bench load                       all scenarios, in about four minutes
//!     cargo bench -p klatch-server --bench load -- --long             larger crowds, longer, three times
//!     cargo bench -p klatch-server --bench load -- fan-out --runs 3   one scenario
//!     cargo bench -p klatch-server --bench load -- --against /tmp/klatchd   another build beside this one
//!
//! Each server is a process of its own on 127.0.0.1; this one is all the clients, on one thread. Everything is bounded in
//! count and time. Figures of one run are comparable, and those of two machines are not: look at the ratios.

mod crowd;
mod figures;
mod floor;
mod scenario;
mod subject;
#[path = "../../tests/support/mod.rs"]
mod support;
mod wire;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};

use scenario::Plan;
use subject::Kind;

/// What is asked for.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to measure; everything if nothing is named.
    scenario: Vec<Scenario>,
    /// Larger crowds, longer, three runs.
    #[arg(long)]
    long: bool,
    /// How often each figure is taken; the median is shown.
    #[arg(long)]
    runs: Option<usize>,
    /// Another klatchd, such as the one of yesterday, for a column more.
    #[arg(long)]
    against: Option<PathBuf>,
    /// The floor speaks TLS.
    #[arg(long, hide = true)]
    tls: bool,
    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// As many messages as go through, in one room.
    FanOut,
    /// A calm room: how long messages take, and what they cost.
    Steady,
    /// Memory for each idle connection.
    Memory,
    /// Memory for each connection that holds all that it may.
    Full,
    /// Connections made and registered in a second.
    Registration,
    /// Many people come into one room at once.
    Room,
    /// Some stop reading.
    SlowReader,
    /// Many connect and say nothing, and one wants in.
    Silence,
    /// The floor itself, which the others start.
    #[value(hide = true)]
    Floor,
}

impl Scenario {
    fn run(self, plan: &Plan) {
        match self {
            Scenario::FanOut => scenario::fan_out::run(plan),
            Scenario::Steady => scenario::steady::run(plan),
            Scenario::Memory => scenario::growth::memory(plan),
            Scenario::Full => scenario::full::run(plan),
            Scenario::Registration => scenario::growth::registration(plan),
            Scenario::Room => scenario::growth::room(plan),
            Scenario::SlowReader => scenario::slow_reader::run(plan),
            Scenario::Silence => scenario::silence::run(plan),
            Scenario::Floor => {}
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.scenario == [Scenario::Floor] {
        return match floor::serve(arguments.tls) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("the floor: {error}");
                ExitCode::FAILURE
            }
        };
    }
    scenario::raise_file_limit();
    let kinds = [Kind::Floor, Kind::Klatchd].into_iter().chain(arguments.against.map(Kind::Other)).collect();
    let plan =
        Plan { kinds, long: arguments.long, runs: arguments.runs.unwrap_or(if arguments.long { 3 } else { 1 }).max(1) };
    for scenario in Scenario::value_variants() {
        if arguments.scenario.is_empty() || arguments.scenario.contains(scenario) {
            scenario.run(&plan);
        }
    }
    ExitCode::SUCCESS
}
