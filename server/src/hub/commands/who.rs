//! Who is here: WHO, WHOIS, ISON, USERHOST (modern.ircdocs.horse "User-Based Queries").

use klatch_protocol::{Message, Numeric, RoomName};

use crate::hub::{
    io::RoomId,
    numerics,
    room_view::sees,
    turn::Turn,
    world::{HIDDEN_HOST, Room, User, UserId},
};

/// The most nicks of ISON and USERHOST.
const MAX_NICKS: usize = 15;
/// USERHOST takes five (RFC 2812 section 4.8).
const MAX_USERHOSTS: usize = 5;

/// WHO: everybody in a room, or everybody whose nick, user name, host or display name fits a mask.
pub(super) fn who(turn: &mut Turn<'_>, message: &Message<'_>) {
    let asked = message.given(0).unwrap_or("*");
    let mask = if asked == "0" { "*" } else { asked };
    let lines: Vec<[String; 6]> = if RoomName::looks_like(mask) {
        let room = turn.world().room_by_name(mask);
        room.map(|room| who_room(turn, room)).unwrap_or_default()
    } else {
        let (world, viewer) = (turn.world(), turn.myself());
        // The exact nick of somebody who hides may be known.
        let fits = |user: &&User| {
            klatch_protocol::casemap::same(mask, user.nick.as_str()) || sees(viewer, user) && fits_mask(mask, user)
        };
        world.users().filter(fits).map(|user| who_line(turn, user, None)).collect()
    };
    for line in &lines {
        let [room, ident, server, nick, flags, display] = line;
        let last = format!("0 {display}");
        turn.numeric(Numeric::RPL_WHOREPLY, &[room, ident, HIDDEN_HOST, server, nick, flags, &last]);
    }
    turn.refuse(Numeric::RPL_ENDOFWHO, &[asked]);
}

fn who_room(turn: &Turn<'_>, room: &Room) -> Vec<[String; 6]> {
    let viewer = turn.myself();
    let members = room.present.keys().filter_map(|id| turn.world().user(*id));
    members.filter(|user| sees(viewer, user)).map(|user| who_line(turn, user, Some(room))).collect()
}

fn who_line(turn: &Turn<'_>, user: &User, room: Option<&Room>) -> [String; 6] {
    let here = if user.away.is_some() { "G" } else { "H" };
    let star = if user.is_operator() { "*" } else { "" };
    let prefix = room.map_or("", |room| turn.hub.prefix(room, user.id));
    [
        room.map_or("*", |room| room.name.as_str()).to_owned(),
        user.ident.clone(),
        turn.hub.policy.server_name.clone(),
        user.nick.as_str().to_owned(),
        format!("{here}{star}{prefix}"),
        user.display.clone(),
    ]
}

fn fits_mask(mask: &str, user: &User) -> bool {
    let texts = [user.nick.as_str(), &user.ident, HIDDEN_HOST, &user.display, &user.source];
    texts.iter().any(|text| matches(mask, text))
}

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
    let trusted = turn.myself().is_some_and(|viewer| viewer.id == user.id || viewer.is_operator());
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
    if let Some(account) = turn.world().account_name(user).cloned() {
        turn.refuse(Numeric::RPL_WHOISACCOUNT, &[nick, account.as_str()]);
    }
    let (secure, addresses) = connections(turn, user.id);
    if trusted {
        for address in addresses {
            let text = format!("is connecting from *@{address} {address}");
            turn.numeric(Numeric::RPL_WHOISHOST, &[nick, &text]);
        }
    }
    if secure {
        turn.refuse(Numeric::RPL_WHOISSECURE, &[nick]);
    }
    let idle = (turn.now.wall.seconds() - user.active.seconds()).max(0).to_string();
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
        !user.invisible || viewer.is_some_and(|v| v.id == user.id || v.is_operator() || v.rooms.contains(room))
    };
    let rooms = user.rooms.iter().filter(visible).filter_map(|room| turn.world().room(*room));
    rooms.map(|room| format!("{}{}", turn.hub.prefix(room, user.id), room.name)).collect()
}

/// Whether all connections of somebody are encrypted, and where they come from.
fn connections(turn: &Turn<'_>, user: UserId) -> (bool, Vec<String>) {
    let devices = turn.hub.devices_of(user);
    let sessions: Vec<_> = devices.iter().filter_map(|conn| turn.hub.sessions.get(conn)).collect();
    let secure = !sessions.is_empty() && sessions.iter().all(|session| session.peer.secure);
    (secure, sessions.iter().map(|session| session.peer.addr.to_string()).collect())
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

/// Whether `text` fits a mask of `*` and `?`, without regard to ASCII case (RFC 2812 section 2.5). Takes time
/// proportional to the product of the lengths at worst, both of which a line bounds.
pub(super) fn matches(mask: &str, text: &str) -> bool {
    let (mask, text): (Vec<char>, Vec<char>) = (folded(mask), folded(text));
    let (mut m, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match mask.get(m) {
            Some('*') => {
                retry = Some((m, t));
                m += 1;
            }
            Some(c) if *c == '?' || text.get(t) == Some(c) => {
                m += 1;
                t += 1;
            }
            _ => match &mut retry {
                Some((star, from)) => {
                    *from += 1;
                    (m, t) = (*star + 1, *from);
                }
                None => return false,
            },
        }
    }
    mask.iter().skip(m).all(|c| *c == '*')
}

fn folded(text: &str) -> Vec<char> {
    text.chars().map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn masks() {
        for (mask, text) in [("*", ""), ("a*c", "abbc"), ("A?c", "aBC"), ("*an1", "#chan1"), ("a**b*", "ab"), ("", "")]
        {
            assert!(matches(mask, text), "{mask} {text}");
        }
        for (mask, text) in [("a", "ab"), ("a*c", "abcd"), ("?", ""), ("", "a"), ("*x*y", "yx")] {
            assert!(!matches(mask, text), "{mask} {text}");
        }
    }
}
