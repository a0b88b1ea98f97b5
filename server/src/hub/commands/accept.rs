//! ACCEPT: who may write to somebody of the mode `R` without an account. The command and its numerics are those of
//! Charybdis and its kin, which no specification describes.

use klatch_protocol::{Message, Numeric};

use super::listed;
use crate::hub::{
    turn::Turn,
    world::{Command, Refusal},
};

/// ACCEPT `nick`, `-nick`, several of them with commas between, or `*` for the list.
pub(super) fn accept(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(asked) = message.given(0).filter(|asked| *asked != "*") else {
        return list(turn);
    };
    for entry in listed(asked) {
        let (nick, on) = match entry.strip_prefix('-') {
            Some(nick) => (nick, false),
            None => (entry, true),
        };
        let (Some(user), Some(whom)) = (turn.me(), turn.world().by_nick(nick).map(|user| user.id)) else {
            turn.refuse(Numeric::ERR_NOSUCHNICK, &[nick]);
            continue;
        };
        if turn.apply(Command::Accept { user, whom, on }) == Err(Refusal::TooManyAccepted) {
            return turn.refuse(Numeric::ERR_ACCEPTFULL, &[]);
        }
    }
}

fn list(turn: &mut Turn<'_>) {
    let accepted = turn.myself().map(|user| user.accepted.clone()).unwrap_or_default();
    let nicks = accepted.into_iter().filter_map(|id| turn.world().user(id)).map(|user| user.nick.to_string());
    let nicks: Vec<String> = nicks.collect();
    for some in nicks.chunks(10) {
        turn.numeric(Numeric::RPL_ACCEPTLIST, &[&some.join(" ")]);
    }
    turn.refuse(Numeric::RPL_ENDOFACCEPT, &[]);
}
