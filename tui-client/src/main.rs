//! The program `klatch`: arguments and files → an application on a terminal → an exit code.

use std::{
    env,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Parser;
use jiff::tz::TimeZone;
use klatch::{
    address::Address,
    app::{App, Start},
    cli::{Cli, Command},
    files::Paths,
    host::{Host, HostError},
    runtime::{self, Clock, Runtime},
    settings::{Recent, Settings},
    terminal::Screen,
    trust::Trust,
    ui::theme::Theme,
};

fn main() -> ExitCode {
    // Where nobody can be told any more (the terminal was closed) the exit code has to do.
    match run(&Cli::parse()) {
        Ok(words) => {
            if let Some(words) = words {
                let _ = writeln!(io::stdout(), "klatch: {words}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "klatch: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<Option<String>> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        bail!("this is a full-screen program; start it in a terminal, without redirecting it");
    }
    let paths = Paths::of_user().map_err(anyhow::Error::msg)?;
    let settings = Settings::read(&paths).map_err(anyhow::Error::msg)?;
    let trust = Trust::load(&paths.known_servers())?;
    let hosting = matches!(cli.command, Some(Command::Host(_)));
    // A client alone has little to compute; a server has.
    let mut builder = if hosting {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    runtime::run(builder.enable_all(), async {
        let mut address = cli.prefill.merged();
        let mut notice = None;
        let host = match &cli.command {
            Some(Command::Host(arguments)) => match Host::start(arguments).await {
                Ok(host) => Some(host),
                Err(error @ HostError::Runs { address: there, .. }) => {
                    address = Address { host: there.ip().to_string(), port: Some(there.port()), ..address };
                    notice = Some(error.to_string());
                    None
                }
                // Its words name the cause already.
                Err(error) => bail!("{error}"),
            },
            None => None,
        };
        let clock = Clock::start();
        let screen = Screen::take(settings.mouse).context("the terminal cannot be used")?;
        let app = App::new(Start {
            recent: Recent::read(&paths),
            address,
            hosted: host.as_ref().map(|host| host.hosted().clone()),
            notice,
            trust_file: paths.known_servers().display().to_string(),
            theme: Theme::from_env(|name| env::var(name).ok()),
            zone: TimeZone::system(),
            chance: getrandom::u64().context("the system gives no random bytes")?,
            now: clock.now(),
            settings,
        });
        Ok(Runtime::new(app, clock, screen, trust, paths, host)?.run().await?)
    })
    .context("the system gives no threads")?
}
