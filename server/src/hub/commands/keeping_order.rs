//! Keeping order in a room: KICK, INVITE, RENAME (modern.ircdocs.horse "Channel Operations").

use klatch_protocol::{Message, Numeric, RoomName, encode::truncate};

use super::{channel::bounded, listed, registration::MAX_REASON};
use crate::hub::{
    turn::Turn,
    world::{Command, Refusal},
};

/// The most people of one KICK (ISUPPORT `TARGMAX`).
const MAX_KICKS: usize = 10;

/// KICK: several people out of one room, or as many people as rooms, one each (RFC 2812 section 3.2.8). What is over the
/// limit is refused.
pub(super) fn kick(turn: &mut Turn<'_>, message: &Message<'_>) {
    let own = turn.nick();
    let reason = truncate(message.given(2).unwrap_or(&own), MAX_REASON).to_owned();
    let rooms = bounded(turn, message.param(0).unwrap_or_default());
    let nicks: Vec<&str> = listed(message.param(1).unwrap_or_default()).collect();
    match rooms.as_slice() {
        [room] => {
            turn.costs_for_each(nicks.len().min(MAX_KICKS));
            for nick in nicks.iter().take(MAX_KICKS) {
                kick_one(turn, room, nick, &reason);
            }
            if let Some(over) = nicks.get(MAX_KICKS) {
                turn.refuse(Numeric::ERR_TOOMANYTARGETS, &[over]);
            }
        }
        rooms if rooms.len() == nicks.len() => {
            for (room, nick) in rooms.iter().zip(nicks) {
                kick_one(turn, room, nick, &reason);
            }
        }
        _ => turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["KICK"]),
    }
}

fn kick_one(turn: &mut Turn<'_>, name: &str, nick: &str, reason: &str) {
    let Some(user) = turn.me() else { return };
    let Some(room) = turn.visible_room(name).map(|room| room.row.id) else {
        return turn.refuse(Numeric::ERR_NOSUCHCHANNEL, &[name]);
    };
    let Some(whom) = turn.world().by_nick(nick).map(|user| user.id) else {
        return turn.refuse(Numeric::ERR_NOSUCHNICK, &[nick]);
    };
    match turn.apply(Command::Kick { user, room, whom, reason: reason.to_owned() }) {
        Ok(_) => {}
        Err(Refusal::NotInRoom) => turn.refuse(Numeric::ERR_NOTONCHANNEL, &[name]),
        Err(Refusal::OtherNotInRoom) => turn.refuse(Numeric::ERR_USERNOTINCHANNEL, &[nick, name]),
        Err(_) => turn.refuse(Numeric::ERR_CHANOPRIVSNEEDED, &[name]),
    }
}

/// INVITE. Without parameters it lists the rooms that one was asked into (336 and 337).
pub(super) fn invite(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(user) = turn.me() else { return };
    let Some(nick) = message.given(0) else {
        turn.costs_to_look_at(turn.world().room_count());
        let rooms = turn.world().rooms().filter(|room| room.invited.contains(&user));
        let rooms: Vec<String> = rooms.map(|room| room.row.name.as_str().to_owned()).collect();
        for room in &rooms {
            turn.numeric(Numeric::RPL_INVITELIST, &[room]);
        }
        return turn.refuse(Numeric::RPL_ENDOFINVITELIST, &[]);
    };
    let Some(name) = message.given(1) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["INVITE"]);
    };
    let Some((whom, away)) = turn.world().by_nick(nick).map(|user| (user.id, user.away.clone())) else {
        return turn.refuse(Numeric::ERR_NOSUCHNICK, &[nick]);
    };
    let Some(room) = turn.visible_room(name).map(|room| room.row.id) else {
        return turn.refuse(Numeric::ERR_NOSUCHCHANNEL, &[name]);
    };
    match turn.apply(Command::Invite { user, room, whom }) {
        Ok(_) => {
            turn.numeric(Numeric::RPL_INVITING, &[nick, name]);
            if let Some(away) = away {
                turn.numeric(Numeric::RPL_AWAY, &[nick, &away]);
            }
        }
        Err(Refusal::OtherInRoom) => turn.refuse(Numeric::ERR_USERONCHANNEL, &[nick, name]),
        Err(Refusal::NotOperator) => turn.refuse(Numeric::ERR_CHANOPRIVSNEEDED, &[name]),
        Err(_) => turn.refuse(Numeric::ERR_NOTONCHANNEL, &[name]),
    }
}

/// RENAME (ircv3.net "channel-rename").
pub(super) fn rename(turn: &mut Turn<'_>, message: &Message<'_>) {
    let (Some(user), Some(old), Some(new)) = (turn.me(), message.param(0), message.param(1)) else { return };
    let reason = truncate(message.param(2).unwrap_or_default(), MAX_REASON).to_owned();
    let Some((room, members)) = turn.visible_room(old).map(|room| (room.row.id, room.present.len())) else {
        return turn.refuse(Numeric::ERR_NOSUCHCHANNEL, &[old]);
    };
    let name = match RoomName::under(turn.mapping(), new) {
        Ok(name) => name,
        Err(fault) => return turn.fail("RENAME", "CANNOT_RENAME", &[old, new], &format!("The name {fault}")),
    };
    match turn.apply(Command::RenameRoom { user, room, name, reason }) {
        // Each of its people may have been told who all are in it, and the read markers of all accounts were looked at.
        Ok(_) => {
            turn.costs_much(members / 10);
            turn.costs_to_look_at(turn.world().account_count());
        }
        Err(Refusal::NotInRoom) => turn.refuse(Numeric::ERR_NOTONCHANNEL, &[old]),
        Err(Refusal::NotOperator) => turn.refuse(Numeric::ERR_CHANOPRIVSNEEDED, &[old]),
        Err(Refusal::RoomNameTaken) => {
            let text = "A room of that name, or of one that looks like it, exists already";
            turn.fail("RENAME", "CHANNEL_NAME_IN_USE", &[old, new], text);
        }
        Err(_) => turn.fail("RENAME", "CANNOT_RENAME", &[old, new], "The lobby keeps its name"),
    }
}
