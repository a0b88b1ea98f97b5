//! MODE (modern.ircdocs.horse "MODE message"): of rooms in `room_mode`, of oneself in `user_mode`.

use klatch_protocol::{Message, RoomName};

use super::{room_mode::room_mode, user_mode::user_mode};
use crate::hub::turn::Turn;

/// MODE.
pub(super) fn mode(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(target) = message.param(0) else { return };
    if RoomName::looks_like(target) {
        room_mode(turn, target, message);
    } else {
        user_mode(turn, target, message.given(1));
    }
}

/// The letters of a mode change, each with whether it is set; without a sign it is.
pub(super) fn signed(change: &str) -> impl Iterator<Item = (bool, char)> {
    change
        .chars()
        .scan(true, |on, letter| {
            match letter {
                '+' => *on = true,
                '-' => *on = false,
                _ => return Some(Some((*on, letter))),
            }
            Some(None)
        })
        .flatten()
}
