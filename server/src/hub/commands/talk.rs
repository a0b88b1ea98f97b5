//! PRIVMSG, NOTICE and TAGMSG (modern.ircdocs.horse "Sending Messages"; ircv3.net "Message Tags").

use klatch_protocol::{Caps, Message, Numeric, RoomName, encode::MAX_LINE};

use super::{
    listed,
    repeat::{self, Verdict},
};
use crate::hub::{
    io::{Flags, Ranks, RecordKind},
    multiline::is_multiline,
    room_view::sees_room,
    turn::Turn,
    world::{Command, Refusal, Target, without_nonce},
};

/// The most targets of one message (ISUPPORT `TARGMAX`).
const MAX_TARGETS: usize = 8;

/// PRIVMSG.
pub(super) fn privmsg(turn: &mut Turn<'_>, message: &Message<'_>) {
    say(turn, message, RecordKind::Privmsg);
}

/// NOTICE, which is never answered (RFC 2812 section 3.3.2).
pub(super) fn notice(turn: &mut Turn<'_>, message: &Message<'_>) {
    say(turn, message, RecordKind::Notice);
}

/// TAGMSG: tags without a text (Message Tags, "The TAGMSG message").
pub(super) fn tagmsg(turn: &mut Turn<'_>, message: &Message<'_>) {
    if turn.caps().contains(Caps::MESSAGE_TAGS) {
        say(turn, message, RecordKind::Tagmsg);
    } else {
        turn.unknown_command("TAGMSG");
    }
}

fn say(turn: &mut Turn<'_>, message: &Message<'_>, kind: RecordKind) {
    let Some(targets) = message.given(0) else {
        return object(turn, kind, Numeric::ERR_NORECIPIENT, &[]);
    };
    let text = if kind == RecordKind::Tagmsg { "" } else { message.param(1).unwrap_or_default() };
    if text.is_empty() && kind != RecordKind::Tagmsg {
        return object(turn, kind, Numeric::ERR_NOTEXTTOSEND, &[]);
    }
    let mut tags = if turn.caps().contains(Caps::MESSAGE_TAGS) { client_only(message) } else { String::new() };
    // A nonce names one message, and what goes to several is several.
    if targets.contains(',') {
        tags = without_nonce(&tags);
    }
    turn.costs_for_each(listed(targets).take(MAX_TARGETS).count());
    for (index, target) in listed(targets).enumerate() {
        if index == MAX_TARGETS {
            return object(turn, kind, Numeric::ERR_TOOMANYTARGETS, &[target]);
        }
        say_to(turn, target, kind, &tags, text);
    }
}

/// Says something to one target, unless it was said before under the same nonce.
pub(super) fn say_to(turn: &mut Turn<'_>, name: &str, kind: RecordKind, tags: &str, text: &str) {
    match repeat::check(turn, name, kind, tags, text) {
        Verdict::First => say_first(turn, name, kind, tags, text),
        Verdict::Done => {}
    }
}

pub(super) fn say_first(turn: &mut Turn<'_>, name: &str, kind: RecordKind, tags: &str, text: &str) {
    let Some(user) = turn.me() else { return };
    let Some(to) = resolve(turn, name) else {
        let numeric = if name.contains('#') { Numeric::ERR_NOSUCHCHANNEL } else { Numeric::ERR_NOSUCHNICK };
        return object(turn, kind, numeric, &[name]);
    };
    if !is_multiline(text) && !fits(turn, name, text) {
        return turn.refuse(Numeric::ERR_INPUTTOOLONG, &[]);
    }
    let command = Command::Say { user, to, kind, tags: tags.to_owned(), text: text.to_owned() };
    match turn.apply(command) {
        Ok(_) => tell_away(turn, to, kind),
        Err(Refusal::NotInRoom) => object(turn, kind, Numeric::ERR_CANNOTSENDTOCHAN, &[name]),
        Err(refusal) if RoomName::looks_like(name.trim_start_matches(|c| Ranks::by_prefix(c).is_some())) => {
            if kind != RecordKind::Notice {
                turn.numeric(Numeric::ERR_CANNOTSENDTOCHAN, &[name, silence(refusal)]);
            }
        }
        Err(Refusal::AccountNeeded) => object(turn, kind, Numeric::ERR_NEEDREGGEDNICK, &[name]),
        Err(Refusal::NoCtcp) => object(turn, kind, Numeric::ERR_NOCTCP, &[name]),
        Err(_) => object(turn, kind, Numeric::ERR_NOSUCHNICK, &[name]),
    }
}

/// Whether a line has room for `text` with its source in front. What has not is refused, rather than cut.
pub(super) fn fits(turn: &Turn<'_>, target: &str, text: &str) -> bool {
    let source = turn.myself().map_or(0, |user| user.source.len());
    source + target.len() + text.len() + ": PRIVMSG  :\r\n".len() <= MAX_LINE
}

/// Why somebody may not speak in a room.
fn silence(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Moderated => "Only those with a rank may speak in this room (+m)",
        Refusal::AccountNeeded => "Only who is logged in to an account may speak in this room (+M)",
        Refusal::Banned => "You are banned from this room, or silenced in it (+b)",
        Refusal::NoCtcp => "No CTCP in this room (+C)",
        _ => "You cannot send to this room",
    }
}

/// A room, somebody who is here, or an account whose owner is not.
pub(super) fn resolve(turn: &Turn<'_>, name: &str) -> Option<Target> {
    let world = turn.world();
    let bare = name.trim_start_matches(|c| Ranks::by_prefix(c).is_some());
    if RoomName::looks_like(bare) {
        // Where people outside may speak, they may know that the room is there.
        let room =
            world.room_by_name(bare).filter(|room| !room.is(Flags::NO_EXTERNAL) || sees_room(turn.myself(), room))?;
        // Of several prefixes the lowest counts: those who have it are meant as well (ISUPPORT `STATUSMSG`).
        let least = name[..name.len() - bare.len()].chars().filter_map(Ranks::by_prefix).min();
        return Some(least.map_or(Target::Room(room.row.id), |rank| Target::Ranked(room.row.id, rank)));
    }
    let here = world.by_nick(name).map(|user| Target::User(user.id));
    here.or_else(|| {
        let account = world.account_by_name(name)?.row.id;
        Some(world.person_of(account).map_or(Target::Account(account), |user| Target::User(user.id)))
    })
}

/// Tells the sender that who they write to is away (301).
fn tell_away(turn: &mut Turn<'_>, to: Target, kind: RecordKind) {
    let Target::User(other) = to else { return };
    let away = turn.world().user(other).and_then(|user| Some((user.nick.clone(), user.away.clone()?)));
    if let (Some((nick, away)), RecordKind::Privmsg) = (away, kind) {
        turn.numeric(Numeric::RPL_AWAY, &[nick.as_str(), &away]);
    }
}

/// Answers with an error, unless a NOTICE caused it.
fn object(turn: &mut Turn<'_>, kind: RecordKind, numeric: Numeric, params: &[&str]) {
    if kind != RecordKind::Notice {
        turn.refuse(numeric, params);
    }
}

/// The tags that are passed on, in wire form (Message Tags, "Client-only tags").
pub(super) fn client_only(message: &Message<'_>) -> String {
    let mut tags = String::new();
    for (key, value) in message.tags.client_only() {
        if !tags.is_empty() {
            tags.push(';');
        }
        tags.push_str(key);
        if !value.is_empty() {
            tags.push('=');
            tags.push_str(value);
        }
    }
    tags
}
