//! The program `klatchd`.

use std::process::ExitCode;

use clap::Parser as _;
use klatch_server::{cli::Arguments, daemon};

fn main() -> ExitCode {
    match daemon::run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("klatchd: {fault}");
            ExitCode::from(fault.exit_code())
        }
    }
}
