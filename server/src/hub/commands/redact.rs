//! REDACT: taking back what was said (ircv3.net "message-redaction").

use klatch_protocol::{Caps, Message, Numeric, encode::truncate};

use super::{history::place, talk::resolve};
use crate::hub::{
    io::{Place, Query, Record, Seq},
    session::Job,
    turn::Turn,
    world::Command,
};

/// The most bytes of a reason: what an id and the longest names leave of a line.
const MAX_REASON: usize = 200;

/// What is to be taken back, while the store looks whose it is.
#[derive(Debug)]
pub(in crate::hub) struct Redaction {
    target: String,
    id: String,
    seq: Seq,
    place: Place,
    reason: Option<String>,
}

/// REDACT `<target> <msgid> [<reason>]`.
pub(super) fn redact(turn: &mut Turn<'_>, message: &Message<'_>) {
    if !turn.caps().contains(Caps::MESSAGE_REDACTION) {
        return turn.unknown_command("REDACT");
    }
    let (Some(target), Some(id)) = (message.given(0), message.given(1)) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["REDACT"]);
    };
    let Some(place) = place(turn, target) else {
        let text = format!("You cannot take back messages in {target}");
        return turn.fail("REDACT", "INVALID_TARGET", &[target], &text);
    };
    let Some(seq) = turn.hub.ids.read(id) else { return unknown(turn, target, id) };
    let reason = message.given(2).map(|text| truncate(text, MAX_REASON).to_owned());
    let redaction = Redaction { target: target.to_owned(), id: id.to_owned(), seq, place, reason };
    turn.ask(Query::Record(seq), Job::Redact(redaction));
}

/// The store has answered. A message elsewhere is as unknown as one that never was, so that nothing leaks.
pub(super) fn go_on(turn: &mut Turn<'_>, redaction: Redaction, record: Option<Record>) {
    let Redaction { target, id, seq, place: asked, reason } = redaction;
    // Meanwhile the target may have become the name of something else.
    let is_same = place(turn, &target) == Some(asked);
    let Some(record) = record.filter(|record| is_same && record.place == asked && record.kind.is_message()) else {
        return unknown(turn, &target, &id);
    };
    let (Some(user), Some(to)) = (turn.me(), resolve(turn, &target)) else { return unknown(turn, &target, &id) };
    if turn.apply(Command::Redact { user, to, seq, place: asked, author: record.account, reason }).is_err() {
        let text = "You are not authorised to take back this message";
        turn.fail("REDACT", "REDACT_FORBIDDEN", &[&target, &id], text);
    }
}

fn unknown(turn: &mut Turn<'_>, target: &str, id: &str) {
    turn.fail("REDACT", "UNKNOWN_MSGID", &[target, id], "This message does not exist or is too old");
}
