//! MODE of rooms (modern.ircdocs.horse "MODE message").

use klatch_protocol::{Message, Numeric, RoomName};

use crate::hub::{
    io::RoomId,
    turn::Turn,
    world::{Command, Refusal, UserId},
};

/// The most modes with a parameter in one command (ISUPPORT `MODES`).
const MAX_CHANGES: usize = 4;

/// A mode of a room that takes a nick.
struct RoomMode {
    letter: char,
    set: fn(UserId, RoomId, UserId, bool) -> Command,
}

/// The modes that operators of a room can set.
const ROOM_MODES: &[RoomMode] =
    &[RoomMode { letter: 'o', set: |user, room, whom, on| Command::SetOperator { user, room, whom, on } }];

/// What every room is: closed to messages from outside, its topic set by operators only.
const FIXED: &str = "nt";

/// MODE.
pub(super) fn mode(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(target) = message.param(0) else { return };
    if RoomName::looks_like(target) {
        room_mode(turn, target, message);
    } else {
        super::user_mode::user_mode(turn, target, message.given(1));
    }
}

fn room_mode(turn: &mut Turn<'_>, name: &str, message: &Message<'_>) {
    let Some(user) = turn.me() else { return };
    let Some((room, created)) = turn.world().room_by_name(name).map(|room| (room.id, room.created)) else {
        return turn.refuse(Numeric::ERR_NOSUCHCHANNEL, &[name]);
    };
    let Some(change) = message.given(1) else {
        turn.numeric(Numeric::RPL_CHANNELMODEIS, &[name, &format!("+{FIXED}")]);
        return turn.numeric(Numeric::RPL_CREATIONTIME, &[name, &created.seconds().to_string()]);
    };
    let mut params = message.params().iter().skip(2);
    for (on, letter) in signed(change).take(32) {
        if FIXED.contains(letter) && on {
            continue;
        }
        let Some(mode) = ROOM_MODES.iter().find(|mode| mode.letter == letter) else {
            turn.refuse(Numeric::ERR_UNKNOWNMODE, &[&letter.to_string()]);
            continue;
        };
        let Some(nick) = params.next().filter(|nick| !nick.is_empty()) else {
            turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["MODE"]);
            continue;
        };
        if message.params().len() - params.len() > 2 + MAX_CHANGES {
            return;
        }
        set_rank(turn, mode, (user, room, name), nick, on);
    }
}

fn set_rank(turn: &mut Turn<'_>, mode: &RoomMode, (user, room, name): (UserId, RoomId, &str), nick: &str, on: bool) {
    let Some(whom) = turn.world().by_nick(nick).map(|user| user.id) else {
        return turn.refuse(Numeric::ERR_NOSUCHNICK, &[nick]);
    };
    match turn.apply((mode.set)(user, room, whom, on)) {
        Ok(_) => {}
        Err(Refusal::NotInRoom) => turn.refuse(Numeric::ERR_NOTONCHANNEL, &[name]),
        Err(Refusal::OtherNotInRoom) => turn.refuse(Numeric::ERR_USERNOTINCHANNEL, &[nick, name]),
        Err(_) => turn.refuse(Numeric::ERR_CHANOPRIVSNEEDED, &[name]),
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
