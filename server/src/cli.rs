//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;

const EXAMPLES: &str = "Examples:
  klatchd                            ask where to listen, then show who comes and goes
  klatchd --lan                      serve the local network
  klatchd --headless --lan           the same as a service: no terminal, logs on standard error
  klatchd --listen 0.0.0.0:6697 --data /srv/chat
  klatchd --local --ephemeral        try it out; nothing is kept

Everything else is decided in the file given with --config; docs/operating.md lists its keys.";

/// The chat server of Klatch.
#[derive(Debug, Clone, Parser)]
#[command(name = "klatchd", version, after_help = EXAMPLES)]
pub struct Arguments {
    /// Serve this machine only (127.0.0.1, port 23791)
    #[arg(long, conflicts_with_all = ["lan", "listen"])]
    pub local: bool,
    /// Serve the local network: the first IPv4 address of this machine, port 23791
    #[arg(long, conflicts_with = "listen")]
    pub lan: bool,
    /// Serve this address; may be given several times, port 0 lets the system choose
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Vec<SocketAddr>,
    /// Keep accounts, history and certificate in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    pub data: Option<PathBuf>,
    /// Read the configuration from this file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Run without a terminal: ask nothing, print READY when serving, log to standard error
    #[arg(long)]
    pub headless: bool,
    /// Keep nothing: everything is gone when the server ends
    #[arg(long)]
    pub ephemeral: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn addresses_are_repeatable_and_exclude_each_other() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert_eq!(parse("klatchd --listen 1.2.3.4:5 --listen [::1]:0").unwrap().listen.len(), 2);
        assert!(parse("klatchd --local --lan").is_err());
        assert!(parse("klatchd --lan --listen 1.2.3.4:5").is_err());
        assert!(parse("klatchd --data x --ephemeral").is_err());
        assert!(parse("klatchd --listen 1.2.3.4").is_err());
    }
}
