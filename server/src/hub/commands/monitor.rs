//! MONITOR (ircv3.net "Monitor").

use klatch_protocol::{Message, Nick, Numeric};

use super::listed;
use crate::hub::{monitor::MAX_WATCHED, turn::Turn};

/// MONITOR with its modifiers `+`, `-`, `C`, `L` and `S`.
pub(super) fn monitor(turn: &mut Turn<'_>, message: &Message<'_>) {
    let conn = turn.conn();
    let targets = message.given(1).unwrap_or_default();
    match message.param(0).unwrap_or_default().to_ascii_uppercase().as_str() {
        "+" | "-" if targets.is_empty() => turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["MONITOR"]),
        "+" => add(turn, targets),
        "-" => {
            let mapping = turn.mapping();
            for nick in listed(targets).filter_map(|nick| Nick::under(mapping, nick).ok()) {
                turn.hub.watches.remove(conn, &nick);
            }
        }
        "C" => turn.hub.watches.clear(conn),
        "L" => {
            let nicks: Vec<String> = turn.hub.watches.list(conn).iter().map(Nick::to_string).collect();
            tell(turn, Numeric::RPL_MONLIST, &nicks);
            turn.refuse(Numeric::RPL_ENDOFMONLIST, &[]);
        }
        "S" => {
            let nicks = turn.hub.watches.list(conn).to_vec();
            tell_states(turn, &nicks);
        }
        _ => turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["MONITOR"]),
    }
}

/// "A target MUST be a valid nick": masks and the like are refused.
fn add(turn: &mut Turn<'_>, targets: &str) {
    let conn = turn.conn();
    let (mut added, mut rest) = (Vec::new(), Vec::new());
    for target in listed(targets) {
        match Nick::under(turn.mapping(), target) {
            Err(fault) => turn.numeric(Numeric::ERR_ERRONEUSNICKNAME, &[target, &format!("The nick {fault}")]),
            Ok(nick) if turn.hub.watches.add(conn, &nick) => added.push(nick),
            Ok(nick) => rest.push(nick.to_string()),
        }
    }
    tell_states(turn, &added);
    let limit = MAX_WATCHED.to_string();
    for targets in turn.hub.in_lines(&rest, 64) {
        turn.numeric(Numeric::ERR_MONLISTFULL, &[&limit, &targets, "The list is full"]);
    }
}

/// Who of `nicks` is here (730) and who is not (731).
fn tell_states(turn: &mut Turn<'_>, nicks: &[Nick]) {
    let (mut here, mut gone) = (Vec::new(), Vec::new());
    for nick in nicks {
        match turn.world().by_nick(nick.as_str()) {
            Some(user) => here.push(user.source.to_string()),
            None => gone.push(nick.to_string()),
        }
    }
    tell(turn, Numeric::RPL_MONONLINE, &here);
    tell(turn, Numeric::RPL_MONOFFLINE, &gone);
}

fn tell(turn: &mut Turn<'_>, numeric: Numeric, nicks: &[String]) {
    for line in turn.hub.in_lines(nicks, 0) {
        turn.numeric(numeric, &[&line]);
    }
}
