//! MARKREAD: how far one has read (ircv3.net "read-marker").

use klatch_protocol::{Caps, Message, Nick, RoomName, UnixMs};

use crate::hub::{
    turn::Turn,
    world::{Command, Refusal},
};

/// MARKREAD `<target>` tells, MARKREAD `<target> timestamp=…` sets.
pub(super) fn markread(turn: &mut Turn<'_>, message: &Message<'_>) {
    if !turn.caps().contains(Caps::READ_MARKER) {
        return turn.unknown_command("MARKREAD");
    }
    let Some(target) = message.given(0) else {
        return turn.fail("MARKREAD", "NEED_MORE_PARAMS", &[], "Missing parameters");
    };
    if RoomName::new(target).is_err() && Nick::under(turn.mapping(), target).is_err() {
        return turn.fail("MARKREAD", "INVALID_PARAMS", &[target], "No such nick or room can be");
    }
    match message.param(1) {
        None => tell(turn, target),
        Some(text) => set(turn, target, text),
    }
}

fn set(turn: &mut Turn<'_>, target: &str, text: &str) {
    let Some(at) = text.strip_prefix("timestamp=").and_then(UnixMs::parse) else {
        return turn.fail("MARKREAD", "INVALID_PARAMS", &[text], "Invalid timestamp");
    };
    let Some(user) = turn.me() else { return };
    match turn.apply(Command::Mark { user, target: target.to_owned(), at }) {
        Ok(true) => {}
        // "The server MUST reply with a MARKREAD command with the newer, previous value".
        Ok(false) => tell(turn, target),
        Err(Refusal::TooMany) => turn.fail("MARKREAD", "INTERNAL_ERROR", &[target], "Too many read markers are kept"),
        Err(_) => turn.fail("MARKREAD", "INTERNAL_ERROR", &[target], "The read marker could not be set"),
    }
}

fn tell(turn: &mut Turn<'_>, target: &str) {
    let Some(user) = turn.me() else { return };
    if let Some(user) = turn.hub.world.user(user) {
        turn.hub.tell_marker(user, target, &mut turn.reply);
    }
}
