//! TOPIC (modern.ircdocs.horse "TOPIC message").

use klatch_protocol::{Message, Numeric, encode::truncate};

use crate::hub::{
    turn::Turn,
    world::{Command, Refusal},
};

/// The most bytes of a topic (ISUPPORT `TOPICLEN`).
const MAX_TOPIC: usize = 300;

/// TOPIC: tells it, or sets it; an empty one clears it.
pub(super) fn topic(turn: &mut Turn<'_>, message: &Message<'_>) {
    let (Some(user), Some(name)) = (turn.me(), message.param(0)) else { return };
    let Some(room) = turn.visible_room(name) else {
        return turn.refuse(Numeric::ERR_NOSUCHCHANNEL, &[name]);
    };
    let (id, inside) = (room.row.id, room.present.contains_key(&user));
    let Some(text) = message.param(1) else {
        if !inside {
            return turn.refuse(Numeric::ERR_NOTONCHANNEL, &[name]);
        }
        if let Some(room) = turn.hub.world.room(id) {
            turn.hub.tell_topic(room, &mut turn.reply);
        }
        return;
    };
    let text = truncate(text, MAX_TOPIC).to_owned();
    match turn.apply(Command::SetTopic { user, room: id, text }) {
        Ok(_) => {}
        Err(Refusal::NotOperator) => turn.refuse(Numeric::ERR_CHANOPRIVSNEEDED, &[name]),
        Err(_) => turn.refuse(Numeric::ERR_NOTONCHANNEL, &[name]),
    }
}
