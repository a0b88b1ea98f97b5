//! Who somebody is and was, and who is here: WHOIS, WHOWAS, ISON, USERHOST (modern.ircdocs.horse "User-Based Queries").

use klatch_protocol::{Message, Nick, Numeric};

use super::listed;
use crate::hub::{
    Hub,
    io::RoomId,
    metadata::METADATA,
    numerics,
    past::Past,
    session::Session,
    turn::Turn,
    world::{About, HIDDEN_HOST, User, UserId},
};

/// The most nicks of ISON.
const MAX_NICKS: usize = 15;
/// The most nicks of WHOWAS.
const MAX_WHOWAS: usize = 5;
/// USERHOST takes five (RFC 2812 section 4.8).
const MAX_USERHOSTS: usize = 5;

/// The most values of metadata that WHOIS tells; METADATA LIST tells all.
const MAX_VALUES: usize = 20;

/// WHOIS `[server] nick`.
pub(super) fn whois(turn: &mut Turn<'_>, message: &Message<'_>) {
    let given: Vec<&str> = message.params().iter().copied().filter(|param| !param.is_empty()).take(2).collect();
    let Some(nick) = given.last() else {
        return turn.refuse(Numeric::ERR_NONICKNAMEGIVEN, &[]);
    };
    match turn.world().by_nick(nick).cloned() {
        Some(user) => describe(turn, &user),
        None => turn.refuse(Numeric::ERR_NOSUCHNICK, &[nick]),
    }
    turn.refuse(Numeric::RPL_ENDOFWHOIS, &[numerics::word(nick)]);
}

fn describe(turn: &mut Turn<'_>, user: &User) {
    let policy = turn.hub.policy.clone();
    let nick = user.nick.as_str();
    turn.numeric(Numeric::RPL_WHOISUSER, &[nick, &user.ident, HIDDEN_HOST, "*", &user.display]);
    let rooms = shared_rooms(turn, user);
    // A few rooms a line, whose names may be long.
    for some in rooms.chunks(4) {
        turn.numeric(Numeric::RPL_WHOISCHANNELS, &[nick, &some.join(" ")]);
    }
    turn.numeric(Numeric::RPL_WHOISSERVER, &[nick, &policy.server_name, &policy.description]);
    if user.is_operator() {
        turn.numeric(Numeric::RPL_WHOISOPERATOR, &[nick, "keeps order on this server"]);
    }
    if user.is_bot() {
        turn.refuse(Numeric::RPL_WHOISBOT, &[nick]);
    }
    if let Some(account) = turn.world().account_name(user).cloned() {
        turn.refuse(Numeric::RPL_WHOISACCOUNT, &[nick, account.as_str()]);
    }
    if turn.may_see_addresses(user) {
        turn.numeric(Numeric::RPL_WHOISMODES, &[nick, &format!("is using modes {}", user.mode_string())]);
        for address in turn.hub.addresses_of(user.id) {
            let text = format!("is connecting from *@{address} {address}");
            turn.numeric(Numeric::RPL_WHOISHOST, &[nick, &text]);
        }
    }
    if turn.hub.is_encrypted(user.id) {
        turn.refuse(Numeric::RPL_WHOISSECURE, &[nick]);
    }
    if turn.caps().intersects(METADATA) {
        let values = turn.world().metadata(About::User(user.id)).take(MAX_VALUES);
        let values: Vec<(String, String)> = values.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        for (key, value) in values {
            turn.numeric(Numeric::RPL_WHOISKEYVALUE, &[nick, &key, "*", &value]);
        }
    }
    let idle = user.idle(turn.now.wall).to_string();
    let since = user.since.seconds().to_string();
    turn.numeric(Numeric::RPL_WHOISIDLE, &[nick, &idle, &since, "seconds idle, signon time"]);
    if let Some(away) = &user.away {
        turn.numeric(Numeric::RPL_AWAY, &[nick, away]);
    }
}

/// The rooms of somebody that the asker may know: all of them, or those they share with somebody who hides.
fn shared_rooms(turn: &Turn<'_>, user: &User) -> Vec<String> {
    let viewer = turn.myself();
    let visible = |room: &&RoomId| {
        !user.is_invisible() || viewer.is_some_and(|v| v.id == user.id || v.is_operator() || v.rooms.contains(room))
    };
    let rooms = user.rooms.iter().filter(visible).filter_map(|room| turn.world().room(*room));
    let known = rooms.filter(|room| turn.hub.sees_member(viewer, room, user.id));
    known.map(|room| format!("{}{}", turn.hub.prefix(room, user.id, turn.caps()), room.row.name)).collect()
}

impl Turn<'_> {
    /// Addresses are for operators of the server, and one's own.
    pub(super) fn may_see_addresses(&self, user: &User) -> bool {
        self.myself().is_some_and(|viewer| viewer.id == user.id || viewer.is_operator())
    }
}

impl Hub {
    /// Where the connections of somebody come from.
    pub(super) fn addresses_of(&self, user: UserId) -> Vec<String> {
        self.sessions_of(user).map(|session| session.peer.addr.to_string()).collect()
    }

    /// Whether all connections of somebody are encrypted.
    fn is_encrypted(&self, user: UserId) -> bool {
        let mut sessions = self.sessions_of(user).peekable();
        sessions.peek().is_some() && sessions.all(|session| session.peer.secure)
    }

    fn sessions_of(&self, user: UserId) -> impl Iterator<Item = &Session> {
        self.devices.get(&user).into_iter().flatten().filter_map(|conn| self.sessions.get(conn))
    }
}

/// WHOWAS `nick[,nick…] [count]`, the newest first (modern.ircdocs.horse "WHOWAS message").
pub(super) fn whowas(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(asked) = message.given(0) else {
        return turn.refuse(Numeric::ERR_NONICKNAMEGIVEN, &[]);
    };
    // "If given, <count> SHOULD be a positive number. Otherwise, a full search is done."
    let count = message.param(1).and_then(|text| text.parse().ok()).filter(|count| *count > 0).unwrap_or(usize::MAX);
    for nick in listed(asked).take(MAX_WHOWAS) {
        let found: Vec<Past> = match Nick::under(turn.mapping(), nick) {
            Ok(nick) => turn.hub.past.of(nick.folded()).take(count).cloned().collect(),
            Err(_) => Vec::new(),
        };
        if found.is_empty() {
            turn.refuse(Numeric::ERR_WASNOSUCHNICK, &[nick]);
        }
        for past in &found {
            tell_past(turn, past);
        }
    }
    turn.refuse(Numeric::RPL_ENDOFWHOWAS, &[asked]);
}

fn tell_past(turn: &mut Turn<'_>, past: &Past) {
    let (nick, server, at) = (past.nick.as_str(), turn.hub.policy.server_name.clone(), past.at.to_string());
    turn.numeric(Numeric::RPL_WHOWASUSER, &[nick, &past.ident, HIDDEN_HOST, "*", &past.display]);
    turn.numeric(Numeric::RPL_WHOISSERVER, &[nick, &server, &at]);
}

/// ISON: which of these are here (303).
pub(super) fn ison(turn: &mut Turn<'_>, message: &Message<'_>) {
    let nicks = message.params().iter().flat_map(|param| param.split(' ')).take(MAX_NICKS);
    let here: Vec<String> =
        nicks.filter_map(|nick| turn.world().by_nick(nick)).map(|user| user.nick.as_str().to_owned()).collect();
    turn.numeric(Numeric::RPL_ISON, &[&here.join(" ")]);
}

/// USERHOST (302): `nick[*]=±user@host`.
pub(super) fn userhost(turn: &mut Turn<'_>, message: &Message<'_>) {
    let nicks = message.params().iter().take(MAX_USERHOSTS);
    let found: Vec<String> = nicks
        .filter_map(|nick| turn.world().by_nick(nick))
        .map(|user| {
            let star = if user.is_operator() { "*" } else { "" };
            let here = if user.away.is_some() { '-' } else { '+' };
            format!("{}{star}={here}{}@{HIDDEN_HOST}", user.nick, user.ident)
        })
        .collect();
    turn.numeric(Numeric::RPL_USERHOST, &[&found.join(" ")]);
}
