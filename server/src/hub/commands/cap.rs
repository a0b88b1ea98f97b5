//! CAP (ircv3.net "Capability Negotiation").

use klatch_protocol::{Caps, Message, Numeric, encode::MAX_LINE};

use super::{batch, metadata, sasl::MECHANISMS};
use crate::hub::{policy::Policy, turn::Turn};

/// What is on offer.
pub(super) const OFFERED: Caps = Caps::MESSAGE_TAGS
    .union(Caps::SERVER_TIME)
    .union(Caps::ACCOUNT_TAG)
    .union(Caps::ACCOUNT_NOTIFY)
    .union(Caps::EXTENDED_JOIN)
    .union(Caps::ECHO_MESSAGE)
    .union(Caps::BATCH)
    .union(Caps::LABELED_RESPONSE)
    .union(Caps::CHATHISTORY)
    .union(Caps::EVENT_PLAYBACK)
    .union(Caps::MULTILINE)
    .union(Caps::METADATA)
    .union(Caps::METADATA_3)
    .union(Caps::READ_MARKER)
    .union(Caps::SEARCH)
    .union(Caps::MESSAGE_REDACTION)
    .union(Caps::CHANNEL_RENAME)
    .union(Caps::STANDARD_REPLIES)
    .union(Caps::CAP_NOTIFY)
    .union(Caps::SETNAME)
    .union(Caps::MULTI_PREFIX)
    .union(Caps::USERHOST_IN_NAMES)
    .union(Caps::AWAY_NOTIFY)
    .union(Caps::INVITE_NOTIFY)
    .union(Caps::SASL)
    .union(Caps::ACCOUNT_REGISTRATION)
    .union(Caps::NO_IMPLICIT_NAMES)
    .union(Caps::PRE_AWAY)
    .union(Caps::EXTENDED_MONITOR)
    .union(Caps::TAKE_OVER)
    .union(Caps::NONCE);

/// CAP with its subcommands.
pub(super) fn cap(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(subcommand) = message.param(0) else { return };
    match subcommand.to_ascii_uppercase().as_str() {
        "LS" => list_offered(turn, message.param(1)),
        "LIST" => list_active(turn),
        "REQ" => request(turn, message.param(1).unwrap_or_default()),
        "END" => end(turn),
        _ => turn.refuse(Numeric::ERR_INVALIDCAPCMD, &[subcommand]),
    }
}

fn list_offered(turn: &mut Turn<'_>, version: Option<&str>) {
    if version.and_then(|text| text.parse::<u32>().ok()).is_some_and(|version| version >= 302) {
        turn.session().modern = true;
        // "cap-notify is implicitly enabled" for clients of 302.
        turn.session().caps |= Caps::CAP_NOTIFY;
    }
    hold_registration(turn);
    let modern = turn.session().modern;
    let words = offered(turn, &turn.hub.policy.clone());
    reply_list(turn, "LS", &words, modern);
}

/// What is on offer to this connection under `policy`.
fn offered(turn: &mut Turn<'_>, policy: &Policy) -> Vec<String> {
    let (modern, secure) = (turn.session().modern, turn.session().peer.secure);
    let mut words: Vec<String> = OFFERED.iter().flat_map(|cap| word(cap, modern, policy)).collect();
    // Not among those that can be requested: that is forbidden, and without its value it means nothing.
    if let Some(sts) = policy.sts.filter(|_| modern) {
        words.push(format!("sts={}", sts.value(secure)));
    }
    words
}

/// CAP NEW for what has another value than `before`. Nothing is taken back: of all that is on offer only `sts` can be
/// missing, and "servers MUST NOT send `CAP DEL` to disable this capability" (ircv3.net "Strict Transport Security").
pub(in crate::hub) fn tell_new_values(turn: &mut Turn<'_>, before: &Policy) {
    let known = offered(turn, before);
    let mut words = offered(turn, &turn.hub.policy.clone());
    words.retain(|word| !known.contains(word));
    if !words.is_empty() {
        let nick = turn.nick();
        turn.say_as_server(|line| line.command("CAP").param(nick).param("NEW").trailing(words.join(" ")));
    }
}

/// A capability with its value, which only clients of 302 understand.
fn word(cap: Caps, modern: bool, policy: &Policy) -> Option<String> {
    let name = cap.names().next()?;
    let value = match cap {
        Caps::SASL => Some(MECHANISMS.to_owned()),
        Caps::ACCOUNT_REGISTRATION => {
            let tokens =
                [("before-connect", policy.register_before_connect), ("email-required", policy.email_required)];
            let tokens: Vec<&str> = tokens.into_iter().filter_map(|(token, on)| on.then_some(token)).collect();
            Some(tokens.join(",")).filter(|value| !value.is_empty())
        }
        Caps::METADATA | Caps::METADATA_3 => Some(metadata::limits()),
        Caps::MULTILINE => Some(format!("max-bytes={},max-lines={}", batch::MAX_BYTES, batch::MAX_LINES)),
        _ => None,
    };
    Some(match value.filter(|_| modern) {
        Some(value) => format!("{name}={value}"),
        None => name.to_owned(),
    })
}

fn list_active(turn: &mut Turn<'_>) {
    let words: Vec<String> = turn.caps().names().map(str::to_owned).collect();
    let modern = turn.session().modern;
    reply_list(turn, "LIST", &words, modern);
}

/// All in one line for old clients; for those of 302 in as many as needed, all but the last marked with `*`.
fn reply_list(turn: &mut Turn<'_>, subcommand: &str, words: &[String], modern: bool) {
    let nick = turn.nick();
    let lines = match modern {
        true => lines_of(turn, subcommand, words.iter().map(String::as_str)),
        false => vec![words.join(" ")],
    };
    let last = lines.len().saturating_sub(1);
    for (index, text) in lines.iter().enumerate() {
        turn.say_as_server(|line| {
            let line = line.command("CAP").param(&nick).param(subcommand);
            let line = if index < last { line.param("*") } else { line };
            line.trailing(text)
        });
    }
}

/// Words with spaces between, as few lines as they fit in; one even without words.
fn lines_of<'a>(turn: &mut Turn<'_>, subcommand: &str, words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let nick = turn.nick();
    let head = turn.hub.policy.server_name.len() + nick.len() + subcommand.len() + ": CAP   * :\r\n".len();
    let space = MAX_LINE.saturating_sub(head);
    let mut lines = vec![String::new()];
    for word in words {
        if lines.last().is_some_and(|line| !line.is_empty() && line.len() + 1 + word.len() > space) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// All or nothing: "the server MUST [...] accept the whole set or reject it".
fn request(turn: &mut Turn<'_>, wanted: &str) {
    hold_registration(turn);
    let mut caps = turn.caps();
    let known = wanted.split_ascii_whitespace().all(|word| change(&mut caps, word));
    if known {
        if turn.session().modern {
            // cap-notify "cannot be disabled" by clients of 302.
            caps |= Caps::CAP_NOTIFY;
        }
        turn.session().caps = caps;
        if let Some(user) = turn.me() {
            turn.hub.forget_audiences_of(user);
        }
    }
    let answer = if known { "ACK" } else { "NAK" };
    // The answer is longer than the question, and may not fit into one line where that did. A client takes each line for
    // what it lists, so no name may be cut.
    for words in lines_of(turn, answer, wanted.split_ascii_whitespace()) {
        let nick = turn.nick();
        turn.say_as_server(|line| line.command("CAP").param(nick).param(answer).trailing(words));
    }
}

fn change(caps: &mut Caps, word: &str) -> bool {
    let (name, on) = match word.strip_prefix('-') {
        Some(name) => (name, false),
        None => (word, true),
    };
    let Some(cap) = Caps::by_name(name).filter(|cap| OFFERED.contains(*cap)) else {
        return false;
    };
    caps.set(cap, on);
    true
}

fn end(turn: &mut Turn<'_>) {
    if let Some(registration) = turn.session().registration() {
        registration.negotiating = false;
    }
    turn.try_to_register();
}

fn hold_registration(turn: &mut Turn<'_>) {
    if let Some(registration) = turn.session().registration() {
        registration.negotiating = true;
    }
}
