//! STATS: figures for operators of the server (modern.ircdocs.horse "STATS message").

use klatch_protocol::{Message, Numeric};

use super::operator::operator;
use crate::hub::turn::Turn;

/// STATS `query`: `k` bans, `l` connections, `o` names for OPER, `u` how long the server has been running, which all may know.
pub(super) fn stats(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(query) = message.given(0).and_then(|text| text.chars().next()) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["STATS"]);
    };
    match query {
        'u' => uptime(turn),
        _ if operator(turn).is_none() => return,
        'k' => super::bans::list(turn),
        'l' => connections(turn),
        'o' => operators(turn),
        _ => {}
    }
    turn.refuse(Numeric::RPL_ENDOFSTATS, &[&query.to_string()]);
}

fn uptime(turn: &mut Turn<'_>) {
    let seconds = (turn.now.wall.seconds() - turn.hub.started.seconds()).max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let text = format!("Server Up {days} days {hours}:{minutes:02}:{:02}", seconds % 60);
    turn.numeric(Numeric::RPL_STATSUPTIME, &[&text]);
}

/// Who is connected from where, and for how many seconds nothing came.
fn connections(turn: &mut Turn<'_>) {
    let now = turn.now.mono;
    let mut conns: Vec<_> = turn.hub.sessions.iter().collect();
    conns.sort_unstable_by_key(|(conn, _)| **conn);
    let lines: Vec<[String; 3]> = conns
        .into_iter()
        .map(|(_, session)| {
            let user = session.user().and_then(|user| turn.world().user(user));
            let nick = user.map_or_else(|| "*".to_owned(), |user| user.nick.to_string());
            let peer = &session.peer;
            let encrypted = if peer.secure { "TLS" } else { "plain" };
            let silent = now.saturating_sub(session.heard) / 1_000;
            [nick, format!("[{}]:{}", peer.addr, peer.port), format!("{encrypted} silent {silent}")]
        })
        .collect();
    for [nick, address, text] in lines {
        turn.numeric(Numeric::RPL_STATSLINKINFO, &[&nick, &address, &text]);
    }
}

fn operators(turn: &mut Turn<'_>) {
    let policy = turn.hub.policy.clone();
    let names = policy.operator_logins.iter().map(|login| login.name.as_str());
    for name in names.chain(policy.operator_accounts.iter().map(AsRef::as_ref)) {
        turn.numeric(Numeric::RPL_STATSOLINE, &["O", "*", "*", name]);
    }
}
