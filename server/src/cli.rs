//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand};

use crate::net::compat_address;

const EXAMPLES: &str = "Examples:
  klatchd                            ask where to listen, then show who comes and goes
  klatchd --lan                      serve the local network
  klatchd --headless --lan           the same as a service: no terminal, logs on standard error
  klatchd --listen 0.0.0.0:6697 --data /srv/chat
  klatchd --local --ephemeral        try it out; nothing is kept
  klatchd ctl who                    ask a running klatchd, as on its console; `ctl help` lists what there is
  klatchd account add amelia         make an account, whether klatchd runs or not
  klatchd backup /backup/chat.db     copy the database, whether klatchd runs or not

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
    /// Serve the client of the Python original as well, which knows no TLS: at this port for this machine only, or at this
    /// address
    #[arg(long, value_name = "[ADDR:]PORT", value_parser = compat_address)]
    pub compat_listen: Vec<SocketAddr>,
    /// Keep accounts, history and certificate in this folder
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// Read the configuration from this file
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Run without a terminal: ask nothing, print READY when serving, log to standard error
    #[arg(long)]
    pub headless: bool,
    /// Keep nothing: everything is gone when the server ends
    #[arg(long, conflicts_with = "data")]
    pub ephemeral: bool,
    /// Something else than to serve.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be done besides serving.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Ask a running klatchd for what its console does
    Ctl {
        /// What would be typed there, for example: kick bob too loud
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Copy the database to a file, whether klatchd runs or not
    Backup {
        /// Replace the file if it is there already
        #[arg(long)]
        force: bool,
        /// Where the copy goes
        file: PathBuf,
    },
    /// Put a backup in the place of the database, which is kept; klatchd must not run
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Work on accounts, whether klatchd runs or not
    #[command(subcommand)]
    Account(AccountCommand),
}

/// What can be done with accounts.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum AccountCommand {
    /// Make an account
    Add {
        /// Read its password from standard input, instead of making one and showing it
        #[arg(long)]
        password_stdin: bool,
        /// Its user name
        name: String,
    },
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
    fn commands_take_the_folder_before_or_behind() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' ')).unwrap();
        let add = parse("klatchd account add --config k.toml --password-stdin amelia");
        assert_eq!(add.config, Some("k.toml".into()));
        let command = AccountCommand::Add { password_stdin: true, name: "amelia".into() };
        assert_eq!(add.command, Some(Command::Account(command)));
        let ask = parse("klatchd --data d ctl kick bob -- not -x");
        let words = ["kick", "bob", "--", "not", "-x"].map(str::to_owned).to_vec();
        assert_eq!((ask.data, ask.command), (Some("d".into()), Some(Command::Ctl { words })));
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
