//! The command line: arguments → what to open the form with, and whether to host.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::address::Address;

/// A chat in the terminal.
#[derive(Debug, Parser)]
#[command(name = "klatch", version, about, args_conflicts_with_subcommands = true)]
#[command(after_help = "Inside, F1 shows the keys. Ctrl-Q, or exit() typed alone, leaves.")]
pub struct Cli {
    /// What else to do than to connect.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What to fill the form in with.
    #[command(flatten)]
    pub prefill: Prefill,
}

/// What the form is filled in with.
#[derive(Debug, Clone, Default, Args)]
pub struct Prefill {
    /// Where to connect to: ircs://user@host:port/room, or less of it; irc:// for no encryption
    #[arg(value_name = "ADDRESS")]
    pub address: Option<Address>,
    /// The server's name or IP address
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// The server's port
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Your user name
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Connect without encryption; others on the way can read everything
    #[arg(long)]
    pub plain_text: bool,
}

impl Prefill {
    /// Address and single flags as one: a flag wins over the same thing in the address.
    #[must_use]
    pub fn merged(&self) -> Address {
        let mut address = self.address.clone().unwrap_or_default();
        if let Some(host) = &self.host {
            address.host.clone_from(host);
        }
        address.port = self.port.or(address.port);
        address.user = self.user.clone().or(address.user);
        address.plain_text |= self.plain_text;
        address
    }
}

/// What else klatch does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a server in this program and open the form pointing at it
    Host(Host),
}

/// How to host.
#[derive(Debug, Clone, Default, Args)]
pub struct Host {
    /// Let others on the local network in, not only programs on this machine
    #[arg(long)]
    pub lan: bool,
    /// Listen here; may be given more than once
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "lan")]
    pub listen: Vec<SocketAddr>,
    /// Where accounts, rooms and messages are kept; the same directory as klatchd's
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    pub data: Option<PathBuf>,
    /// Keep nothing on disk
    #[arg(long)]
    pub ephemeral: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parsed(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_address_fills_the_form_in_and_flags_win_over_it() {
        let cli = parsed("klatch ircs://ann@chat:4000/team --port 5000").unwrap();
        let merged = cli.prefill.merged();
        assert_eq!((merged.host.as_str(), merged.port), ("chat", Some(5000)));
        assert_eq!((merged.user.as_deref(), merged.room.as_deref()), (Some("ann"), Some("#team")));
        assert!(parsed("klatch").unwrap().prefill.merged().host.is_empty());
    }

    #[test]
    fn hosting_has_its_own_flags() {
        let Some(Command::Host(host)) = parsed("klatch host --listen [::1]:0 --listen 127.0.0.1:0").unwrap().command
        else {
            panic!("not hosting");
        };
        assert_eq!(host.listen.len(), 2);
        assert!(parsed("klatch host --lan --listen 127.0.0.1:0").is_err());
        assert!(parsed("klatch host --ephemeral --data /tmp").is_err());
    }

    #[test]
    fn what_cannot_be_is_refused_with_words() {
        assert!(parsed("klatch --port 0").unwrap_err().to_string().contains("65535"));
        assert!(parsed("klatch ann:secret@chat").unwrap_err().to_string().contains("password"));
    }
}
