//! The keys of the configuration file, a field each, with their defaults. Nothing here knows what a key decides; see
//! [`File::policy`] and its neighbours.

use std::{
    net::SocketAddr,
    num::{NonZeroU16, NonZeroUsize},
    path::PathBuf,
};

use klatch_protocol::{CaseMapping, RoomName};
use serde::Deserialize;

use super::{
    gateways::{WebIrc, networks},
    listen::Listen,
    operators::Operators,
};
use crate::{
    auth::{AuthLimits, Cost},
    hub::{
        io::{Network, Secret},
        policy::{Flood, Policy, SignUp},
        world::UserModes,
    },
    net::{NetLimits, compat_address},
};

/// The file as it is written. Every key may be left out; `docs/operating.md` shows each with its default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// The server itself.
    pub server: Server,
    /// The operator's own certificate.
    pub tls: Option<TlsFiles>,
    /// Whether clients are told to come back with TLS only.
    pub sts: Option<Sts>,
    /// Which web gateways may say for whom they connect.
    pub webirc: WebIrc,
    /// What people and connections may take.
    pub limits: Limits,
    /// Who may come in, and how.
    pub accounts: Accounts,
    /// Who keeps order on the whole server.
    pub operators: Operators,
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
    /// Which names are the same.
    #[serde(deserialize_with = "casemapping")]
    pub casemapping: CaseMapping,
    /// Where to keep what has to last.
    pub data_dir: Option<PathBuf>,
    /// What everybody has to send with PASS to come in; empty for nothing.
    #[serde(deserialize_with = "secret")]
    pub password: Secret,
    /// Where to listen.
    pub listen: Vec<Listen>,
    /// Where to serve the original's client.
    #[serde(deserialize_with = "compat_addresses")]
    pub compat_listen: Vec<SocketAddr>,
    /// Whether plain text is served to other machines as well.
    pub plain_text_everywhere: bool,
    /// The proxies that may say for whom they connect.
    #[serde(deserialize_with = "networks")]
    pub proxy_allowed_from: Vec<Network>,
    /// The origins whose pages may connect by WebSocket.
    pub web_origins: Vec<String>,
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

/// `[sts]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sts {
    /// The port for TLS.
    pub port: NonZeroU16,
    /// For how many seconds clients keep to it.
    pub duration_seconds: u64,
    /// Whether the server's name may be put into lists.
    #[serde(default)]
    pub preload: bool,
}

/// `[limits]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The most connections.
    pub connections: NonZeroUsize,
    /// The most connections from one address.
    pub connections_per_ip: NonZeroUsize,
    /// From where connections and lines are not counted.
    #[serde(deserialize_with = "networks")]
    pub exempt: Vec<Network>,
    /// The most TLS handshakes under way.
    pub handshakes: NonZeroUsize,
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
    /// The most rooms with the mode `P` of one founder.
    pub permanent_rooms_per_account: usize,
    /// The most masks of one room.
    pub masks_per_room: NonZeroUsize,
    /// Whether lines are metered.
    pub flood: bool,
    /// Lines at once.
    pub flood_burst: u32,
    /// Lines a second after that.
    pub flood_per_second: u32,
    /// Bytes that may wait for their turn; each line counts 64 besides its own.
    pub flood_backlog: usize,
    /// Wrong passwords for one name that cost no time.
    pub attempts_per_account: u32,
    /// The same from one address.
    pub attempts_per_ip: u32,
    /// The longest wait after them.
    pub attempts_wait_seconds: NonZeroUsize,
    /// Accounts made from one address in a day.
    pub sign_ups_per_ip: u32,
    /// Guests who come from one address in an hour.
    pub guests_per_ip: u32,
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
    /// Whether who is logged in has the account's name for a nick.
    pub nick_is_account: bool,
    /// Whether an account can be made before coming in.
    pub registration_before_connect: bool,
    /// The fewest characters of a user name.
    pub min_user_length: NonZeroUsize,
    /// The fewest characters of a password.
    pub min_password_length: NonZeroUsize,
    /// The modes people have when they come in.
    #[serde(deserialize_with = "user_modes")]
    pub default_user_modes: UserModes,
    /// The most characters of a password.
    pub max_password_length: NonZeroUsize,
    /// Whether REGISTER needs an e-mail address.
    pub email_required: bool,
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
    /// The days after which what was said is forgotten; 0 for never.
    pub keep_days: u32,
    /// How many records are kept at most; 0 for all.
    pub keep_records: u64,
    /// Whether people may take back what they said.
    pub delete_own: bool,
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

impl Default for Server {
    fn default() -> Self {
        let (policy, net) = (Policy::default(), NetLimits::default());
        Server {
            name: policy.server_name,
            network: policy.network,
            description: policy.description,
            motd: String::new(),
            casemapping: policy.casemapping,
            data_dir: None,
            password: Secret::default(),
            listen: Vec::new(),
            compat_listen: Vec::new(),
            plain_text_everywhere: net.plain_text_everywhere,
            proxy_allowed_from: net.proxies,
            web_origins: net.web_origins,
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
            exempt: net.exempt,
            handshakes: at_least_one(net.handshakes),
            send_queue_max: at_least_one(net.outbox),
            handshake_seconds: at_least_one(net.handshake.as_secs() as usize),
            register_seconds: seconds(policy.register_within),
            ping_seconds: seconds(policy.ping_after),
            rooms_per_user: at_least_one(policy.max_rooms),
            permanent_rooms_per_account: policy.max_permanent,
            masks_per_room: at_least_one(policy.max_masks),
            flood: policy.flood.is_some(),
            flood_burst: flood.burst,
            flood_per_second: flood.per_second,
            flood_backlog: flood.backlog,
            attempts_per_account: policy.attempts.per_account,
            attempts_per_ip: policy.attempts.per_address,
            attempts_wait_seconds: seconds(policy.attempts.longest_wait),
            sign_ups_per_ip: policy.attempts.sign_ups,
            guests_per_ip: policy.attempts.guests,
        }
    }
}

impl Default for Accounts {
    fn default() -> Self {
        let policy = Policy::default();
        Accounts {
            sign_up: policy.sign_up,
            required: policy.account_required,
            nick_is_account: policy.nick_is_account,
            registration_before_connect: policy.register_before_connect,
            min_user_length: at_least_one(policy.min_user),
            min_password_length: at_least_one(policy.min_password),
            default_user_modes: policy.default_user_modes,
            max_password_length: at_least_one(policy.max_password),
            email_required: policy.email_required,
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
        let policy = Policy::default();
        History { max_reply: policy.history_page, keep_days: 0, keep_records: 0, delete_own: policy.delete_own }
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

fn secret<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
    String::deserialize(from).map(Secret::from)
}

fn compat_addresses<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<SocketAddr>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| compat_address(text).map_err(serde::de::Error::custom)).collect()
}

/// Letters, with or without `+` before them.
fn user_modes<'de, D: serde::Deserializer<'de>>(from: D) -> Result<UserModes, D::Error> {
    let text = String::deserialize(from)?;
    let letters = text.strip_prefix('+').unwrap_or(&text).chars();
    letters.map(|letter| UserModes::by_letter(letter).ok_or(letter)).collect::<Result<_, _>>().map_err(|letter| {
        let known: String = UserModes::all().letters().collect();
        serde::de::Error::custom(format!("`{letter}` is none of the modes {known}"))
    })
}

fn casemapping<'de, D: serde::Deserializer<'de>>(from: D) -> Result<CaseMapping, D::Error> {
    match String::deserialize(from)?.as_str() {
        "ascii" => Ok(CaseMapping::Ascii),
        "rfc1459" => Ok(CaseMapping::Rfc1459),
        "precis" => Ok(CaseMapping::Precis),
        other => Err(serde::de::Error::custom(format!("`{other}` is none of ascii, rfc1459, precis"))),
    }
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
