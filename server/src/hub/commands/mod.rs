//! What a client can send. The table below is the list of features; each family of commands has its file.

mod accept;
mod account;
mod bans;
mod batch;
mod cap;
mod channel;
mod help;
mod history;
mod info;
mod keeping_order;
mod list;
mod marker;
mod metadata;
mod mode;
mod monitor;
mod operator;
mod presence;
mod redact;
mod registration;
mod repeat;
mod room_mode;
mod sasl;
mod search;
mod stats;
mod talk;
mod topic;
mod user_mode;
mod webirc;
mod who;
mod whois;

use klatch_protocol::{Message, Numeric};

pub(super) use self::{
    bans::answer,
    batch::Draft,
    cap::tell_new_values,
    info::{lusers, motd},
    redact::Redaction,
    repeat::Stamped,
    sasl::Exchange,
};
use super::turn::Turn;

/// When a command may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// At any time.
    Always,
    /// Once registration has ended; before, 451 is the answer.
    Registered,
}

/// One command.
struct Entry {
    word: &'static str,
    when: When,
    /// The fewest parameters; with fewer, 461 is the answer.
    params: usize,
    run: fn(&mut Turn<'_>, &Message<'_>),
}

const fn always(word: &'static str, params: usize, run: fn(&mut Turn<'_>, &Message<'_>)) -> Entry {
    Entry { word, when: When::Always, params, run }
}

const fn registered(word: &'static str, params: usize, run: fn(&mut Turn<'_>, &Message<'_>)) -> Entry {
    Entry { word, when: When::Registered, params, run }
}

/// Every command, the frequent ones first.
const COMMANDS: &[Entry] = &[
    registered("PRIVMSG", 0, talk::privmsg),
    registered("TAGMSG", 0, talk::tagmsg),
    registered("NOTICE", 0, talk::notice),
    always("PING", 0, registration::ping),
    always("PONG", 0, registration::pong),
    registered("JOIN", 1, channel::join),
    registered("PART", 1, channel::part),
    registered("NAMES", 0, channel::names),
    registered("LIST", 0, list::list),
    registered("KICK", 2, keeping_order::kick),
    registered("INVITE", 0, keeping_order::invite),
    registered("RENAME", 2, keeping_order::rename),
    registered("TOPIC", 1, topic::topic),
    registered("MODE", 1, mode::mode),
    registered("CHATHISTORY", 0, history::chathistory),
    registered("BATCH", 1, batch::batch),
    always("METADATA", 0, metadata::metadata),
    registered("SEARCH", 0, search::search),
    registered("MARKREAD", 0, marker::markread),
    registered("REDACT", 0, redact::redact),
    registered("WHO", 0, who::who),
    registered("WHOIS", 0, whois::whois),
    registered("MONITOR", 1, monitor::monitor),
    registered("WHOWAS", 0, whois::whowas),
    registered("ISON", 1, whois::ison),
    registered("USERHOST", 1, whois::userhost),
    always("AWAY", 0, presence::away),
    registered("ACCEPT", 0, accept::accept),
    registered("SETNAME", 1, presence::setname),
    always("CAP", 1, cap::cap),
    always("WEBIRC", 4, webirc::webirc),
    always("PASS", 1, registration::pass),
    always("NICK", 0, registration::nick),
    always("USER", 4, registration::user),
    always("QUIT", 0, registration::quit),
    always("AUTHENTICATE", 1, sasl::authenticate),
    always("REGISTER", 3, account::register),
    always("VERIFY", 2, account::verify),
    registered("OPER", 2, operator::oper),
    registered("KILL", 0, operator::kill),
    registered("WALLOPS", 0, operator::wallops),
    registered("REHASH", 0, operator::rehash),
    registered("KLINE", 0, bans::kline),
    registered("DLINE", 0, bans::kline),
    registered("UNKLINE", 0, bans::unkline),
    registered("UNDLINE", 0, bans::unkline),
    registered("STATS", 0, stats::stats),
    registered("MOTD", 0, info::motd_command),
    registered("LUSERS", 0, info::lusers_command),
    registered("VERSION", 0, info::version),
    registered("TIME", 0, info::time),
    registered("LINKS", 0, info::links),
    registered("INFO", 0, info::info),
    registered("ADMIN", 0, info::admin),
    registered("HELP", 0, help::help),
    registered("HELPOP", 0, help::help),
];

/// The tokens of 005 that never change; `welcome` adds those that depend on the configuration.
pub(super) const ISUPPORT: &[&str] = &[
    "ACCOUNTEXTBAN=a",
    "AWAYLEN=200",
    "BOT=B",
    "CHANMODES=beI,k,fl,CMPRUimnpstu",
    "CHANNELLEN=64",
    "CHANTYPES=#",
    "ELIST=CMNTU",
    "EXCEPTS=e",
    "EXTBAN=,am",
    "HOSTLEN=64",
    "INVEX=I",
    "KEYLEN=32",
    "KICKLEN=300",
    "MODES=13",
    "MSGREFTYPES=msgid,timestamp",
    "NAMELEN=128",
    "NICKLEN=32",
    "PREFIX=(qaohv)~&@%+",
    "STATUSMSG=~&@%+",
    "TARGMAX=JOIN:20,KICK:10,LIST:20,NAMES:20,NOTICE:8,PART:20,PRIVMSG:8,TAGMSG:8,WHOIS:1",
    "TOPICLEN=300",
    "USERLEN=16",
    "UTF8ONLY",
    "WHOX",
];

/// Does one command.
pub(super) fn run(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(entry) = COMMANDS.iter().find(|entry| message.is(entry.word)) else {
        return match turn.me() {
            Some(_) => turn.unknown_command(message.command),
            None => turn.refuse(Numeric::ERR_NOTREGISTERED, &[]),
        };
    };
    if entry.when == When::Registered && turn.me().is_none() {
        return turn.refuse(Numeric::ERR_NOTREGISTERED, &[]);
    }
    if batch::take(turn, message) {
        return;
    }
    if message.params().len() < entry.params {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &[entry.word]);
    }
    // Who may not come in makes no account and tries no password either.
    if matches!(entry.word, "AUTHENTICATE" | "REGISTER" | "VERIFY") && turn.me().is_none() && !turn.is_admitted() {
        return turn.refuse(Numeric::ERR_PASSWDMISMATCH, &[]);
    }
    (entry.run)(turn, message);
}

/// The words of all commands, for HELP.
fn words() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|entry| entry.word)
}

/// The parts of a comma-separated list, without empty ones.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|part| !part.is_empty())
}
