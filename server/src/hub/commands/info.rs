//! About the server: MOTD, LUSERS, VERSION, TIME, LINKS, INFO, ADMIN (modern.ircdocs.horse "Server Queries").

use klatch_protocol::{Message, Numeric};

use crate::hub::{room_view::sees_room, turn::Turn, welcome::VERSION, world::Census};

/// Runs `work` if the query is about this server, the only one there is; a name or mask in `target` may say so.
fn here(turn: &mut Turn<'_>, target: Option<&str>, work: impl FnOnce(&mut Turn<'_>)) {
    let own = turn.hub.policy.server_name.clone();
    let is_here = |name: &str| super::who::matches(name, &own) || turn.world().by_nick(name).is_some();
    match target.filter(|name| !name.is_empty() && !is_here(name)) {
        Some(other) => turn.refuse(Numeric::ERR_NOSUCHSERVER, &[other]),
        None => work(turn),
    }
}

/// MOTD.
pub(super) fn motd_command(turn: &mut Turn<'_>, message: &Message<'_>) {
    here(turn, message.param(0), motd);
}

/// 375, 372, 376, always: there are clients that wait for the end and know no other answer.
pub(in crate::hub) fn motd(turn: &mut Turn<'_>) {
    let policy = turn.hub.policy.clone();
    turn.numeric(Numeric::RPL_MOTDSTART, &[&format!("- {} Message of the day - ", policy.server_name)]);
    for line in &policy.motd {
        turn.numeric(Numeric::RPL_MOTD, &[&format!("- {line}")]);
    }
    turn.refuse(Numeric::RPL_ENDOFMOTD, &[]);
}

/// LUSERS.
pub(super) fn lusers_command(turn: &mut Turn<'_>, _message: &Message<'_>) {
    turn.costs_to_look_at(turn.world().room_count());
    lusers(turn);
}

/// 251 to 255, 265 and 266.
pub(in crate::hub) fn lusers(turn: &mut Turn<'_>) {
    let users = turn.world().online_count();
    let Census { invisible: hidden, operators } = turn.world().census();
    // A room that is hidden does not give itself away by being counted.
    let rooms = turn.world().rooms().filter(|room| sees_room(turn.myself(), room)).count();
    let unknown = turn.hub.sessions.len().saturating_sub(turn.hub.chatting).to_string();
    let most = turn.hub.most_online;
    let all = format!("There are {} users and {hidden} invisible on 1 servers", users - hidden);
    turn.numeric(Numeric::RPL_LUSERCLIENT, &[&all]);
    turn.numeric(Numeric::RPL_LUSEROP, &[&operators.to_string(), "operators online"]);
    turn.numeric(Numeric::RPL_LUSERUNKNOWN, &[&unknown, "unregistered connections"]);
    turn.numeric(Numeric::RPL_LUSERCHANNELS, &[&rooms.to_string(), "rooms formed"]);
    turn.numeric(Numeric::RPL_LUSERME, &[&format!("I have {users} clients and 0 servers")]);
    let (count, max) = (users.to_string(), most.to_string());
    let text = format!("Current users {count}, max {max}");
    turn.numeric(Numeric::RPL_LOCALUSERS, &[&count, &max, &text]);
    turn.numeric(Numeric::RPL_GLOBALUSERS, &[&count, &max, &text]);
}

/// VERSION.
pub(super) fn version(turn: &mut Turn<'_>, message: &Message<'_>) {
    here(turn, message.param(0), |turn| {
        let server = turn.hub.policy.server_name.clone();
        turn.numeric(Numeric::RPL_VERSION, &[VERSION, &server, "Klatch"]);
    });
}

/// TIME.
pub(super) fn time(turn: &mut Turn<'_>, message: &Message<'_>) {
    here(turn, message.param(0), |turn| {
        let (server, now) = (turn.hub.policy.server_name.clone(), turn.now.wall);
        turn.numeric(Numeric::RPL_TIME, &[&server, &now.seconds().to_string(), "0", &now.to_string()]);
    });
}

/// LINKS `[[server] mask]`: this server, which has no others (modern.ircdocs.horse "LINKS message").
pub(super) fn links(turn: &mut Turn<'_>, message: &Message<'_>) {
    let mask = message.params().last().copied().filter(|mask| !mask.is_empty()).unwrap_or("*");
    let policy = turn.hub.policy.clone();
    let server = policy.server_name.as_str();
    if super::who::matches(mask, server) {
        turn.numeric(Numeric::RPL_LINKS, &[server, server, &format!("0 {}", policy.description)]);
    }
    turn.refuse(Numeric::RPL_ENDOFLINKS, &[mask]);
}

/// INFO.
pub(super) fn info(turn: &mut Turn<'_>, message: &Message<'_>) {
    here(turn, message.param(0), |turn| {
        let about = turn.hub.policy.description.clone();
        let since = format!("On-line since {}", turn.hub.started);
        for line in ["Klatch: chat for people who live in a terminal", VERSION, &about, &since] {
            turn.numeric(Numeric::RPL_INFO, &[line]);
        }
        turn.refuse(Numeric::RPL_ENDOFINFO, &[]);
    });
}

/// ADMIN: the operators who are here are whom to ask.
pub(super) fn admin(turn: &mut Turn<'_>, message: &Message<'_>) {
    here(turn, message.param(0), |turn| {
        let policy = turn.hub.policy.clone();
        let operators: Vec<&str> =
            turn.world().users().filter(|user| user.is_operator()).map(|user| user.nick.as_str()).collect();
        let operators = match operators.as_slice() {
            [] => "No operator is here now".to_owned(),
            some => format!("Operators here now: {}", some.join(" ")),
        };
        turn.numeric(Numeric::RPL_ADMINME, &[&policy.server_name, "About this server"]);
        turn.numeric(Numeric::RPL_ADMINLOC1, &[&policy.network]);
        turn.numeric(Numeric::RPL_ADMINLOC2, &[&policy.description]);
        turn.numeric(Numeric::RPL_ADMINEMAIL, &[&operators]);
    });
}
