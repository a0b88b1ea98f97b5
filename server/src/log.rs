//! Log lines on standard error, for services and for trouble.

use std::io::IsTerminal as _;

use klatch_protocol::sanitize::{clean_line, clean_name};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{config::LogFormat, console::Ink, hub::io::News};

/// Libraries that log what passes through them, passwords too, where the filter asks for everything. They may not.
const TALKATIVE: [&str; 2] = ["tungstenite", "tokio_tungstenite"];

/// Starts logging. `filter` is in the form of `RUST_LOG`, which wins over it; without both, `usual` counts.
///
/// # Errors
/// A sentence about a filter that cannot be understood.
pub fn start(filter: Option<&str>, usual: &str, format: LogFormat) -> Result<(), String> {
    let from_environment = std::env::var("RUST_LOG").ok().filter(|text| !text.is_empty());
    let text = from_environment.as_deref().or(filter).unwrap_or(usual);
    let filter = EnvFilter::try_new(text).map_err(|error| format!("the log filter `{text}` is wrong: {error}"))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Json => lines.json().boxed(),
        LogFormat::Text => {
            // A service's log has times of its own.
            let stderr = std::io::stderr();
            lines.with_target(false).with_ansi(stderr.is_terminal() && Ink::of(&stderr).colours()).boxed()
        }
    };
    let discreet = filter_fn(|metadata| !TALKATIVE.iter().any(|library| metadata.target().starts_with(library)));
    let done = tracing_subscriber::registry().with(filter).with(discreet).with(lines).try_init();
    done.map_err(|error| format!("logging cannot start: {error}"))
}

/// Writes what happened to the log. Everything that strangers wrote in it is cleaned.
pub fn news(news: &News) {
    match news {
        News::AccountCreated { account, peer } => {
            tracing::info!(account = %clean_name(account), address = %peer.addr, port = peer.port, "account created");
        }
        News::Connected { display, nick, peer } => {
            let (person, nick) = (clean_name(display), clean_name(nick));
            tracing::info!(%nick, display = %person, address = %peer.addr, port = peer.port, secure = peer.secure, "connected");
        }
        News::Disconnected { nick, peer, reason, .. } => {
            let (nick, reason) = (clean_name(nick), clean_line(reason));
            tracing::info!(%nick, address = %peer.addr, port = peer.port, %reason, "disconnected");
        }
        News::LoginFailed { account, peer } => {
            let account = clean_name(account);
            tracing::warn!(%account, address = %peer.addr, port = peer.port, "log-in refused");
        }
        News::Deed(deed) => {
            tracing::info!(by = %clean_name(&deed.by), deed = %clean_line(&deed.what), "operators");
        }
        News::ShuttingDown { delay, reason } => {
            let reason = clean_line(reason.as_deref().unwrap_or_default());
            tracing::info!(delay, %reason, "shutting down");
        }
    }
}
