//! What the operator decided about the chat itself: names, sign-up, limits.

use std::{fmt, str::FromStr, sync::Arc};

use klatch_protocol::{AccountName, CaseMapping, RoomName};

use super::{
    io::{Network, Secret},
    world::UserModes,
};

/// The operator's decisions. Cheap to read, replaced as a whole on a reload.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The server's name, the source of its own lines.
    pub server_name: String,
    /// The network's name, in ISUPPORT `NETWORK` and the welcome.
    pub network: String,
    /// One line about the server, for WHOIS.
    pub description: String,
    /// The message of the day, a line each. May be empty: 375 and 376 are sent all the same.
    pub motd: Vec<String>,
    /// What everybody has to send with PASS to come in, unless it is empty.
    pub password: Secret,
    /// Who may make an account.
    pub sign_up: SignUp,
    /// Whether a person has to be logged in to come in at all.
    pub account_required: bool,
    /// Whether who is logged in has the account's name for a nick and its display name. Otherwise both are chosen at each
    /// coming, and nobody but its owner has an account's name for a nick.
    pub nick_is_account: bool,
    /// Whether an account can be made before registration has ended (`before-connect`).
    pub register_before_connect: bool,
    /// The fewest characters of a user name.
    pub min_user: usize,
    /// The fewest characters of a password.
    pub min_password: usize,
    /// The modes people have when they come in.
    pub default_user_modes: UserModes,
    /// The most characters of a password.
    pub max_password: usize,
    /// Whether REGISTER has to name something like an e-mail address.
    pub email_required: bool,
    /// Whether an account may be connected more than once at a time.
    pub many_devices: bool,
    /// Who may become an operator by OPER with a name and password of their own.
    pub operator_logins: Vec<OperatorLogin>,
    /// The accounts that keep order on the whole server, besides those that have a rank themselves.
    pub operator_accounts: Vec<AccountName>,
    /// The room everybody is put into, if any.
    pub lobby: Option<RoomName>,
    /// The most records one CHATHISTORY answer has.
    pub history_page: u32,
    /// Milliseconds after which what was said is forgotten; `None` for never.
    pub history_age: Option<u64>,
    /// How many of the newest records are kept; `None` for all.
    pub history_most: Option<u64>,
    /// Whether people may take back what they said themselves. Operators of a room always may there.
    pub delete_own: bool,
    /// Which names are the same, and which characters names of people may have. Stays as long as the server runs.
    pub casemapping: CaseMapping,
    /// The most rooms one person may be in.
    pub max_rooms: usize,
    /// The most rooms with the mode `P` that one account founded.
    pub max_permanent: usize,
    /// The most masks in the lists of one room, all together.
    pub max_masks: usize,
    /// Milliseconds a new connection has to register.
    pub register_within: u64,
    /// Milliseconds of silence after which a connection is pinged; as much again and it is closed.
    pub ping_after: u64,
    /// Milliseconds within which an older connection has to answer a probe when its account logs in again.
    pub probe_within: u64,
    /// Whether lines are metered at all.
    pub flood: Option<Flood>,
    /// How often passwords may be tried, accounts made, and guests come.
    pub attempts: Attempts,
    /// From where lines are never metered, and attempts not counted by address.
    pub exempt: Vec<Network>,
    /// The web gateways that may say for whom they connect.
    pub gateways: Vec<Gateway>,
    /// Whether clients are told to come back with TLS only.
    pub sts: Option<Sts>,
}

/// How much may be tried. 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Wrong passwords for one name that cost no time; after them there is a wait that doubles with each.
    pub per_account: u32,
    /// The same for one address.
    pub per_address: u32,
    /// The longest of these waits, in milliseconds.
    pub longest_wait: u64,
    /// Accounts made from one address in a day without an invitation.
    pub sign_ups: u32,
    /// Guests who come from one address in an hour.
    pub guests: u32,
}

impl Default for Attempts {
    fn default() -> Self {
        Attempts { per_account: 5, per_address: 20, longest_wait: 10 * 60 * 1_000, sign_ups: 20, guests: 60 }
    }
}

/// A web gateway, which sends WEBIRC.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// Its addresses.
    pub from: Vec<Network>,
    /// What it sends besides.
    pub password: Secret,
}

/// Strict transport security (ircv3.net "Strict Transport Security").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sts {
    /// The port for TLS.
    pub port: u16,
    /// For how many seconds clients have to keep to it; 0 takes back an earlier promise.
    pub seconds: u64,
    /// Whether the server's name may be put into lists that clients come with.
    pub preload: bool,
}

impl Sts {
    /// The value of the capability: for a plain connection where to go, for an encrypted one for how long to come back.
    #[must_use]
    pub fn value(&self, secure: bool) -> String {
        match (secure, self.preload) {
            (false, _) => format!("port={}", self.port),
            (true, false) => format!("duration={}", self.seconds),
            (true, true) => format!("duration={},preload", self.seconds),
        }
    }
}

/// A name for OPER.
#[derive(Debug, Clone)]
pub struct OperatorLogin {
    /// The name, which has nothing to do with accounts.
    pub name: String,
    /// What proves that one may use it.
    pub proof: Proof,
}

/// What a password for OPER is compared with.
#[derive(Clone)]
pub enum Proof {
    /// The password itself.
    Password(Secret),
    /// An Argon2 hash of it, in PHC form.
    Hash(Arc<str>),
}

impl fmt::Debug for Proof {
    /// Without the hash: no secret in any log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Proof::Password(_) => "Password",
            Proof::Hash(_) => "Hash",
        })
    }
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignUp {
    /// Anybody.
    #[default]
    Open,
    /// Who has an invitation code.
    Invite,
    /// Nobody but the owner.
    Closed,
}

/// The token bucket of one connection: each line takes a token, and some take more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flood {
    /// Lines that may come at once.
    pub burst: u32,
    /// Lines a second after that. What is over waits; it is not lost.
    pub per_second: u32,
    /// Bytes that may wait before the connection is closed with `Excess Flood`; each line counts 64 besides its own.
    pub backlog: usize,
}

impl Flood {
    /// What all connections of an account have together: twice as much as one.
    #[must_use]
    pub fn of_account(self) -> Self {
        Flood { burst: self.burst.saturating_mul(2), per_second: self.per_second.saturating_mul(2), ..self }
    }
}

impl Default for Flood {
    fn default() -> Self {
        Flood { burst: 40, per_second: 10, backlog: 64 * 1024 }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            server_name: "klatch.local".into(),
            network: "Klatch".into(),
            description: "a chat server of our own".into(),
            motd: Vec::new(),
            password: Secret::default(),
            sign_up: SignUp::Open,
            account_required: true,
            nick_is_account: true,
            register_before_connect: true,
            min_user: 4,
            min_password: 5,
            default_user_modes: UserModes::empty(),
            max_password: 256,
            email_required: false,
            many_devices: false,
            operator_logins: Vec::new(),
            operator_accounts: Vec::new(),
            lobby: RoomName::new("#lobby").ok(),
            history_page: 200,
            history_age: None,
            history_most: None,
            delete_own: true,
            casemapping: CaseMapping::Ascii,
            max_rooms: 100,
            max_permanent: 20,
            max_masks: 100,
            register_within: 60_000,
            ping_after: 60_000,
            probe_within: 3_000,
            flood: Some(Flood::default()),
            attempts: Attempts::default(),
            exempt: Vec::new(),
            gateways: Vec::new(),
            sts: None,
        }
    }
}

impl Policy {
    /// Takes over from `running` what clients rely on for as long as they are connected, and names what would have
    /// changed.
    pub(super) fn keep_fixed(&mut self, running: &Policy) -> Vec<&'static str> {
        let mut kept = Vec::new();
        if self.server_name != running.server_name {
            self.server_name.clone_from(&running.server_name);
            kept.push("the server's name");
        }
        if self.casemapping != running.casemapping {
            let mapping = running.casemapping;
            self.casemapping = mapping;
            self.lobby = self.lobby.as_ref().map(|name| name.refold(mapping));
            self.operator_accounts = self.operator_accounts.iter().map(|name| name.refold(mapping)).collect();
            kept.push("which names are the same");
        }
        kept
    }
}

impl FromStr for SignUp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "open" => Ok(SignUp::Open),
            "invite" => Ok(SignUp::Invite),
            "closed" => Ok(SignUp::Closed),
            other => Err(format!("`{other}` is none of open, invite, closed")),
        }
    }
}
