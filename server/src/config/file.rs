//! The configuration file: TOML, every key known, every fault shown with its line and column.

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use klatch_protocol::RoomName;
use serde::Deserialize;

use crate::{
    auth::{AuthLimits, Cost},
    hub::policy::{Flood, Policy, SignUp},
    net::NetLimits,
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

/// The file as it is written. Every key may be left out; `docs/operating.md` shows each with its default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// The server itself.
    pub server: Server,
    /// The operator's own certificate.
    pub tls: Option<TlsFiles>,
    /// What people and connections may take.
    pub limits: Limits,
    /// Who may come in, and how.
    pub accounts: Accounts,
    /// What rooms there are.
    pub rooms: Rooms,
    /// What comes back of what was said.
    pub history: History,
    /// What is logged.
    pub log: Log,
}

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The source of its own lines; one word.
    #[serde(deserialize_with = "word")]
    pub name: String,
    /// What clients call the network; one word.
    #[serde(deserialize_with = "word")]
    pub network: String,
    /// One line about it.
    pub description: String,
    /// The message of the day, any number of lines.
    pub motd: String,
    /// Where to keep what has to last.
    pub data_dir: Option<PathBuf>,
    /// Where to listen.
    pub listen: Vec<SocketAddr>,
    /// Whether plain text is served to other machines as well.
    pub plain_text_everywhere: bool,
}

/// `[tls]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// A PEM file: the chain, the server's certificate first.
    pub certificate: PathBuf,
    /// A PEM file: the private key.
    pub key: PathBuf,
}

/// `[limits]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The most connections.
    pub connections: NonZeroUsize,
    /// The most connections from one address.
    pub connections_per_ip: NonZeroUsize,
    /// The most bytes waiting for one connection.
    pub send_queue_max: NonZeroUsize,
    /// Time for the first byte, and for the TLS handshake.
    pub handshake_seconds: NonZeroUsize,
    /// Time to register.
    pub register_seconds: NonZeroUsize,
    /// Silence after which a connection is pinged.
    pub ping_seconds: NonZeroUsize,
    /// The most rooms of one person.
    pub rooms_per_user: NonZeroUsize,
    /// Whether lines are metered.
    pub flood: bool,
    /// Lines at once.
    pub flood_burst: u32,
    /// Lines a second after that.
    pub flood_per_second: u32,
    /// Bytes that may wait for their turn.
    pub flood_backlog: usize,
}

/// `[accounts]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Accounts {
    /// Who may make an account.
    #[serde(deserialize_with = "sign_up")]
    pub sign_up: SignUp,
    /// Whether one needs an account to come in.
    pub required: bool,
    /// Whether an account can be made before coming in.
    pub registration_before_connect: bool,
    /// The fewest characters of a user name.
    pub min_user_length: NonZeroUsize,
    /// The fewest characters of a password.
    pub min_password_length: NonZeroUsize,
    /// Whether an account may be connected more than once.
    pub multiclient: bool,
    /// How much work a new password hash is.
    #[serde(deserialize_with = "cost")]
    pub password_hash_cost: Cost,
    /// How many passwords are worked on at once.
    pub password_threads: Option<NonZeroUsize>,
    /// How many may wait.
    pub password_queue: usize,
}

/// `[rooms]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rooms {
    /// The room everybody is put into; none if empty.
    #[serde(deserialize_with = "room")]
    pub lobby: Option<RoomName>,
}

/// `[history]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct History {
    /// The most records of one answer.
    pub max_reply: u32,
}

/// `[log]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// What to log, in the form of `RUST_LOG`.
    pub filter: Option<String>,
    /// How.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One object a line.
    Json,
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
                message: error.message().replace('\n', " "),
            }
        })
    }

    /// The chat's rules.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let File { server, limits, accounts, rooms, history, .. } = self;
        let flood =
            Flood { burst: limits.flood_burst, per_second: limits.flood_per_second, backlog: limits.flood_backlog };
        Policy {
            server_name: server.name.clone(),
            network: server.network.clone(),
            description: server.description.clone(),
            motd: server.motd.lines().map(str::to_owned).collect(),
            sign_up: accounts.sign_up,
            account_required: accounts.required,
            register_before_connect: accounts.registration_before_connect,
            min_user: accounts.min_user_length.get(),
            min_password: accounts.min_password_length.get(),
            many_devices: accounts.multiclient,
            lobby: rooms.lobby.clone(),
            history_page: history.max_reply,
            max_rooms: limits.rooms_per_user.get(),
            register_within: millis(limits.register_seconds),
            ping_after: millis(limits.ping_seconds),
            flood: limits.flood.then_some(flood),
            ..Policy::default()
        }
    }

    /// What connections may take.
    #[must_use]
    pub fn net(&self) -> NetLimits {
        NetLimits {
            connections: self.limits.connections.get(),
            per_address: self.limits.connections_per_ip.get(),
            outbox: self.limits.send_queue_max.get(),
            handshake: Duration::from_millis(millis(self.limits.handshake_seconds)),
            plain_text_everywhere: self.server.plain_text_everywhere,
        }
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

fn millis(seconds: NonZeroUsize) -> u64 {
    (seconds.get() as u64).saturating_mul(1000)
}

impl Default for Server {
    fn default() -> Self {
        let policy = Policy::default();
        Server {
            name: policy.server_name,
            network: policy.network,
            description: policy.description,
            motd: String::new(),
            data_dir: None,
            listen: Vec::new(),
            plain_text_everywhere: NetLimits::default().plain_text_everywhere,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let (net, policy, flood) = (NetLimits::default(), Policy::default(), Flood::default());
        let seconds = |ms: u64| at_least_one((ms / 1000) as usize);
        Limits {
            connections: at_least_one(net.connections),
            connections_per_ip: at_least_one(net.per_address),
            send_queue_max: at_least_one(net.outbox),
            handshake_seconds: at_least_one(net.handshake.as_secs() as usize),
            register_seconds: seconds(policy.register_within),
            ping_seconds: seconds(policy.ping_after),
            rooms_per_user: at_least_one(policy.max_rooms),
            flood: policy.flood.is_some(),
            flood_burst: flood.burst,
            flood_per_second: flood.per_second,
            flood_backlog: flood.backlog,
        }
    }
}

impl Default for Accounts {
    fn default() -> Self {
        let policy = Policy::default();
        Accounts {
            sign_up: policy.sign_up,
            required: policy.account_required,
            registration_before_connect: policy.register_before_connect,
            min_user_length: at_least_one(policy.min_user),
            min_password_length: at_least_one(policy.min_password),
            multiclient: policy.many_devices,
            password_hash_cost: Cost::Standard,
            password_threads: None,
            password_queue: AuthLimits::default().queue,
        }
    }
}

impl Default for Rooms {
    fn default() -> Self {
        Rooms { lobby: Policy::default().lobby }
    }
}

impl Default for History {
    fn default() -> Self {
        History { max_reply: Policy::default().history_page }
    }
}

fn at_least_one(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}

/// A text that stands as one word in lines of the protocol.
fn word<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let fits = !text.is_empty() && text.len() <= 63 && !text.starts_with(':');
    match fits && text.chars().all(|c| !c.is_whitespace() && !c.is_control()) {
        true => Ok(text),
        false => Err(serde::de::Error::custom("it has to be one word of at most 63 bytes, without blanks")),
    }
}

fn room<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<RoomName>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() {
        return Ok(None);
    }
    RoomName::new(&text).map(Some).map_err(|error| serde::de::Error::custom(format!("`{text}` {error}")))
}

fn sign_up<'de, D: serde::Deserializer<'de>>(from: D) -> Result<SignUp, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

fn cost<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Cost, D::Error> {
    match String::deserialize(from)?.as_str() {
        "default" => Ok(Cost::Standard),
        "test" => Ok(Cost::Cheap),
        other => Err(serde::de::Error::custom(format!("`{other}` is none of default, test"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("[rooms]\nlobby = \"lobby\"", "klatchd.toml:2:9: `lobby` begins with"),
            ("[server\n", "klatchd.toml:1:8: "),
            ("[tls]\nkey = \"x\"", "klatchd.toml:1:1: missing field `certificate`"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(want) && !error.contains('\n'), "{error}");
        }
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
