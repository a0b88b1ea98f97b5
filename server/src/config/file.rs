//! From the configuration file to what it decides: TOML, every key known, every fault shown with its line and column.

use std::{
    borrow::Cow,
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use klatch_protocol::sanitize::clean_line;

use super::File;
use crate::{
    auth::AuthLimits,
    hub::policy::{Attempts, Flood, Policy, Sts},
    net::{Endpoint, NetLimits},
};

/// Why a configuration cannot be used. Displays as one line with what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}; check the path given with --config")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something in it is wrong.
    #[error("{path}:{line}:{column}: {message}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What, and what is allowed.
        message: String,
    },
    /// There is no place for data.
    #[error("there is no home directory to keep data in; name a data directory with --data, or use --ephemeral")]
    NoHome,
}

impl File {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`ConfigError`] says what is wrong, and where.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads `text`, which came from `path`.
    ///
    /// # Errors
    /// [`ConfigError::Wrong`] says what is wrong, and where.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
            let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
            ConfigError::Wrong {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                message: clean_line(&without_value(error.message())).into_owned(),
            }
        })
    }

    /// The chat's rules.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let File { server, limits, accounts, operators, rooms, history, .. } = self;
        let flood =
            Flood { burst: limits.flood_burst, per_second: limits.flood_per_second, backlog: limits.flood_backlog };
        Policy {
            server_name: server.name.clone(),
            network: server.network.clone(),
            description: server.description.clone(),
            motd: server.motd.lines().map(str::to_owned).collect(),
            password: server.password.clone(),
            sign_up: accounts.sign_up,
            account_required: accounts.required,
            nick_is_account: accounts.nick_is_account,
            register_before_connect: accounts.registration_before_connect,
            min_user: accounts.min_user_length.get(),
            min_password: accounts.min_password_length.get(),
            default_user_modes: accounts.default_user_modes,
            max_password: accounts.max_password_length.get(),
            email_required: accounts.email_required,
            many_devices: accounts.multiclient,
            operator_logins: operators.login.clone(),
            operator_accounts: operators.accounts.iter().map(|name| name.refold(server.casemapping)).collect(),
            casemapping: server.casemapping,
            lobby: rooms.lobby.as_ref().map(|name| name.refold(server.casemapping)),
            history_page: history.max_reply,
            history_age: (history.keep_days > 0).then(|| u64::from(history.keep_days) * 24 * 60 * 60 * 1_000),
            history_most: Some(history.keep_records).filter(|most| *most > 0),
            delete_own: history.delete_own,
            max_rooms: limits.rooms_per_user.get(),
            max_permanent: limits.permanent_rooms_per_account,
            max_masks: limits.masks_per_room.get(),
            register_within: millis(limits.register_seconds),
            ping_after: millis(limits.ping_seconds),
            flood: limits.flood.then_some(flood),
            attempts: Attempts {
                per_account: limits.attempts_per_account,
                per_address: limits.attempts_per_ip,
                longest_wait: millis(limits.attempts_wait_seconds),
                sign_ups: limits.sign_ups_per_ip,
                guests: limits.guests_per_ip,
            },
            exempt: limits.exempt.clone(),
            gateways: self.webirc.gateways.clone(),
            sts: self.sts.map(|sts| Sts { port: sts.port.get(), seconds: sts.duration_seconds, preload: sts.preload }),
            ..Policy::default()
        }
    }

    /// What connections may take.
    #[must_use]
    pub fn net(&self) -> NetLimits {
        let gateways = self.webirc.gateways.iter().flat_map(|gateway| &gateway.from);
        NetLimits {
            connections: self.limits.connections.get(),
            per_address: self.limits.connections_per_ip.get(),
            // Behind one address of a gateway are many people.
            exempt: gateways.chain(&self.limits.exempt).copied().collect(),
            handshakes: self.limits.handshakes.get(),
            outbox: self.limits.send_queue_max.get(),
            handshake: Duration::from_millis(millis(self.limits.handshake_seconds)),
            plain_text_everywhere: self.server.plain_text_everywhere,
            proxies: self.server.proxy_allowed_from.clone(),
            web_origins: self.server.web_origins.clone(),
        }
    }

    /// Where to listen.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.server.listen.iter().map(|listen| listen.0.clone()).collect()
    }

    /// The original's client at `addresses`: it knows one room, the lobby.
    #[must_use]
    pub fn compat_endpoints(&self, addresses: &[SocketAddr]) -> Vec<Endpoint> {
        let room = self.rooms.lobby.as_ref().map_or("#lobby", |room| room.as_str());
        let endpoint = |address: &SocketAddr| Endpoint { compat: Some(room.to_owned()), ..Endpoint::from(*address) };
        addresses.iter().map(endpoint).collect()
    }

    /// How passwords are hashed.
    #[must_use]
    pub fn auth(&self) -> AuthLimits {
        let standard = AuthLimits::default();
        AuthLimits {
            cost: self.accounts.password_hash_cost,
            threads: self.accounts.password_threads.unwrap_or(standard.threads),
            queue: self.accounts.password_queue,
        }
    }
}

/// The message of a wrong type or value without the value itself: it may be a password, and where it stands is told.
fn without_value(message: &str) -> Cow<'_, str> {
    let head = ["invalid type: ", "invalid value: "].into_iter().find(|head| message.starts_with(head));
    // "invalid type: string "x", expected …": the kind of the value is one word or more, without quotes or ticks.
    let value = head.and_then(|head| Some(head.len() + message.get(head.len()..)?.find(['"', '`'])?));
    match (value, message.rfind(", expected ")) {
        (Some(value), Some(rest)) if value < rest => {
            format!("{}{}", message[..value].trim_end(), &message[rest..]).into()
        }
        _ => message.into(),
    }
}

fn millis(seconds: NonZeroUsize) -> u64 {
    (seconds.get() as u64).saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{auth::Cost, hub::policy::SignUp};

    fn parse(text: &str) -> Result<File, ConfigError> {
        File::parse(text, Path::new("klatchd.toml"))
    }

    #[test]
    fn an_empty_file_is_the_defaults() {
        let file = parse("").unwrap();
        assert_eq!(format!("{:?}", file.policy()), format!("{:?}", Policy::default()));
        assert_eq!(file.net(), NetLimits::default());
        assert_eq!(file.auth(), AuthLimits::default());
    }

    #[test]
    fn every_key_reaches_what_it_decides() {
        let file = parse(
            r##"
            [server]
            name = "chat.example"
            motd = "one\ntwo"
            listen = ["127.0.0.1:6667", "[::1]:0"]
            plain_text_everywhere = true
            [limits]
            connections_per_ip = 3
            ping_seconds = 7
            flood = false
            attempts_per_account = 4
            attempts_wait_seconds = 9
            sign_ups_per_ip = 2
            [accounts]
            sign_up = "invite"
            required = false
            multiclient = true
            password_hash_cost = "test"
            [rooms]
            lobby = ""
            [history]
            max_reply = 100
            "##,
        )
        .unwrap();
        let policy = file.policy();
        assert_eq!((policy.server_name.as_str(), policy.motd.len()), ("chat.example", 2));
        assert_eq!((policy.sign_up, policy.account_required, policy.many_devices), (SignUp::Invite, false, true));
        assert_eq!((policy.lobby, policy.history_page, policy.ping_after), (None, 100, 7_000));
        assert!(policy.flood.is_none());
        let attempts = policy.attempts;
        assert_eq!((attempts.per_account, attempts.longest_wait, attempts.sign_ups), (4, 9_000, 2));
        assert_eq!((file.net().per_address, file.net().plain_text_everywhere), (3, true));
        assert_eq!(file.auth().cost, Cost::Cheap);
        assert_eq!(file.server.listen.len(), 2);
    }

    #[test]
    fn a_fault_is_one_line_with_its_place() {
        for (text, want) in [
            ("[server]\nnmae = \"x\"\n", "klatchd.toml:2:1: unknown field `nmae`"),
            ("[server]\nname = \"a b\"\n", "klatchd.toml:2:8: it has to be one word"),
            ("[accounts]\n  sign_up = \"maybe\"", "klatchd.toml:2:13: `maybe` is none of open, invite, closed"),
            ("[limits]\nconnections = 0", "klatchd.toml:2:15: "),
            ("[server]\nmotd = 7", "klatchd.toml:2:8: invalid type: integer, expected a string"),
            ("[rooms]\nlobby = \"lobby\"", "klatchd.toml:2:9: `lobby` begins with"),
            ("[server\n", "klatchd.toml:1:8: "),
            ("[tls]\nkey = \"x\"", "klatchd.toml:1:1: missing field `certificate`"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(want) && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_fault_quotes_nothing_that_controls_a_terminal() {
        let error = parse("[accounts]\nsign_up = \"a\tb\\u001b[31mc\"").unwrap_err().to_string();
        assert_eq!(error, "klatchd.toml:2:11: `a    b␛c` is none of open, invite, closed");
    }

    /// The example in docs/operating.md, as it is and with its commented keys.
    fn documented() -> (String, String) {
        let book = include_str!("../../../docs/operating.md");
        let (_, rest) = book.split_once("```toml\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let shown = example.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect::<Vec<_>>();
        (example.to_owned(), shown.join("\n"))
    }

    #[test]
    fn the_book_shows_every_default() {
        let (example, _) = documented();
        assert_eq!(format!("{:?}", parse(&example).unwrap()), format!("{:?}", parse("").unwrap()));
    }

    #[test]
    fn the_book_shows_every_key() {
        let (_, all) = documented();
        parse(&all).unwrap();
        let shown: toml::Table = all.parse().unwrap();
        let known = |text: &str| -> Vec<String> {
            // "unknown field `x`, expected one of `a`, `b`": the names stand between every other pair of ticks.
            let error = parse(text).unwrap_err().to_string();
            error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
        };
        for section in known("unknown = 1") {
            let keys = known(&format!("[{section}]\nunknown = 1"));
            assert!(!keys.is_empty(), "{section}");
            for key in keys {
                assert!(shown[&section].get(&key).is_some(), "docs/operating.md lacks {section}.{key}");
            }
        }
    }
}
