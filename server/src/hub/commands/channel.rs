//! Rooms: JOIN, PART, NAMES (modern.ircdocs.horse "Channel Operations").

use klatch_protocol::{Message, Numeric, RoomName, encode::truncate};

use super::{listed, registration::MAX_REASON};
use crate::hub::{
    turn::Turn,
    world::{Command, Refusal},
};

/// The most rooms of one command (ISUPPORT `TARGMAX`).
pub(super) const MAX_ROOMS: usize = 20;

/// JOIN, with `0` for leaving all rooms (RFC 2812 section 3.2.1). Keys belong to the rooms in their order.
pub(super) fn join(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(names) = message.given(0) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["JOIN"]);
    };
    if names == "0" {
        return leave_all(turn);
    }
    let mut keys = message.param(1).unwrap_or_default().split(',');
    for name in bounded(turn, names) {
        let key = keys.next().filter(|key| !key.is_empty()).map(str::to_owned);
        join_one(turn, &name, key);
    }
}

fn join_one(turn: &mut Turn<'_>, name: &str, key: Option<String>) {
    let Some(user) = turn.me() else { return };
    let Ok(room) = RoomName::under(turn.mapping(), name) else {
        return turn.refuse(Numeric::ERR_NOSUCHCHANNEL, &[name]);
    };
    match turn.apply(Command::Join { user, room, key }) {
        Ok(_) | Err(Refusal::AlreadyInRoom) => {}
        Err(refusal) if !forward(turn, name, refusal) => refuse_entry(turn, name, refusal),
        Err(_) => {}
    }
}

/// Brings who may not come in to the room that mode `f` names, if they may come in there (470); whether it did. From
/// there nobody is sent on.
fn forward(turn: &mut Turn<'_>, name: &str, refusal: Refusal) -> bool {
    let (Some(user), Some(room)) = (turn.me(), turn.world().room_by_name(name)) else { return false };
    let Some(target) = room.row.settings.forward.clone().filter(|_| refusal != Refusal::TooManyRooms) else {
        return false;
    };
    // A room that is gone is not made again by somebody who wanted into another one.
    let Some(other) = turn.world().room_by_name(target.as_str()) else { return false };
    let inside = other.present.contains_key(&user);
    if turn.world().may_join(user, other.row.id).is_err() && !inside {
        return false;
    }
    turn.refuse(Numeric::ERR_LINKCHANNEL, &[name, target.as_str()]);
    // That they may, or are in there already, was seen above.
    let _ = turn.apply(Command::Join { user, room: target, key: None });
    true
}

fn refuse_entry(turn: &mut Turn<'_>, name: &str, refusal: Refusal) {
    let numeric = match refusal {
        Refusal::TooManyRooms => Numeric::ERR_TOOMANYCHANNELS,
        Refusal::RoomFull => Numeric::ERR_CHANNELISFULL,
        Refusal::InviteOnly => Numeric::ERR_INVITEONLYCHAN,
        Refusal::Banned => Numeric::ERR_BANNEDFROMCHAN,
        Refusal::BadKey => Numeric::ERR_BADCHANNELKEY,
        Refusal::AccountNeeded => Numeric::ERR_NEEDREGGEDNICK,
        _ => Numeric::ERR_NOSUCHCHANNEL,
    };
    match refusal {
        Refusal::RoomNameTaken => {
            turn.numeric(Numeric::ERR_BADCHANMASK, &[name, "The name looks like that of another room; choose another"]);
        }
        _ => turn.refuse(numeric, &[name]),
    }
}

fn leave_all(turn: &mut Turn<'_>) {
    let Some((user, rooms)) = turn.myself().map(|user| (user.id, user.rooms.clone())) else { return };
    for room in rooms {
        // They are in each of these rooms, so nothing can be refused.
        let _ = turn.apply(Command::Part { user, room, reason: String::new() });
    }
}

/// PART.
pub(super) fn part(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(user) = turn.me() else { return };
    let reason = truncate(message.param(1).unwrap_or_default(), MAX_REASON).to_owned();
    for name in bounded(turn, message.param(0).unwrap_or_default()) {
        let Some(room) = turn.visible_room(&name).map(|room| room.row.id) else {
            turn.refuse(Numeric::ERR_NOSUCHCHANNEL, &[&name]);
            continue;
        };
        if turn.apply(Command::Part { user, room, reason: reason.clone() }).is_err() {
            turn.refuse(Numeric::ERR_NOTONCHANNEL, &[&name]);
        }
    }
}

/// NAMES. Without a room nothing is listed but the end, as servers of any size do.
pub(super) fn names(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(names) = message.given(0) else {
        return turn.refuse(Numeric::RPL_ENDOFNAMES, &["*"]);
    };
    for name in bounded(turn, names) {
        if let Some(room) = turn.hub.world.room_by_name(&name) {
            turn.hub.tell_names(room, &mut turn.reply);
            let members = room.present.len();
            turn.costs_to_look_at(members);
        }
    }
    // One end for all of them, under the words of the question.
    turn.refuse(Numeric::RPL_ENDOFNAMES, &[names]);
}

/// The rooms of a list; what is over the limit is refused.
pub(super) fn bounded(turn: &mut Turn<'_>, names: &str) -> Vec<String> {
    let mut names: Vec<String> = listed(names).map(str::to_owned).collect();
    if let Some(over) = names.get(MAX_ROOMS) {
        turn.refuse(Numeric::ERR_TOOMANYTARGETS, &[over]);
    }
    names.truncate(MAX_ROOMS);
    turn.costs_for_each(names.len());
    names
}
