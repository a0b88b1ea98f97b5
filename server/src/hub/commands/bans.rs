//! KLINE and UNKLINE, also under the names DLINE and UNDLINE: bans of accounts, addresses and masks alike. No specification
//! describes them; the names are those people know from other servers.

use klatch_protocol::{Message, Numeric};

use super::operator::operator;
use crate::hub::{bans::Wish, io::span, turn::Turn};

/// KLINE `[span] target [reason]`; without a target the list.
pub(super) fn kline(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(by) = operator(turn) else { return };
    let params: Vec<&str> = message.params().iter().copied().filter(|param| !param.is_empty()).collect();
    let (length, rest) = match params.split_first() {
        Some((first, rest @ [_, ..])) if span(first).is_some() => (span(first), rest),
        _ => (None, params.as_slice()),
    };
    let Some((target, reason)) = rest.split_first() else {
        list(turn);
        return turn.refuse(Numeric::RPL_ENDOFSTATS, &["k"]);
    };
    let (conn, reason) = (Some(turn.conn()), reason.join(" "));
    let wish = Wish { by: by.nick.as_str(), rank: by.rank, conn, target, length, reason: &reason };
    let outcome = turn.hub.ban(&wish, turn.effects);
    answer(turn, "KLINE", outcome);
}

/// UNKLINE `target`.
pub(super) fn unkline(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(by) = operator(turn) else { return };
    match message.given(0) {
        Some(target) => {
            let outcome = turn.hub.unban(by.nick.as_str(), target, turn.effects);
            answer(turn, "UNKLINE", outcome);
        }
        None => turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["UNKLINE"]),
    }
}

/// 216, a line for each ban.
pub(super) fn list(turn: &mut Turn<'_>) {
    let bans: Vec<String> = turn.world().bans(turn.now.wall).map(ToString::to_string).collect();
    for ban in bans {
        turn.numeric(Numeric::RPL_STATSKLINE, &["K", &ban]);
    }
}

/// What came of something that an operator asked for.
pub(in crate::hub) fn answer(turn: &mut Turn<'_>, command: &str, outcome: Result<String, String>) {
    match outcome {
        Ok(done) => {
            let nick = turn.nick();
            turn.say_as_server(|line| line.command("NOTICE").param(nick).trailing(&done));
        }
        Err(reason) => turn.fail_or_notice(command, "NOT_DONE", &reason),
    }
}
