//! Rooms: JOIN, PART, NAMES, LIST, KICK, INVITE (modern.ircdocs.horse "Channel Operations").

use klatch_protocol::{Message, Numeric, RoomName, encode::truncate};

use super::{listed, registration::MAX_REASON};
use crate::hub::{
    turn::Turn,
    world::{Command, Refusal, Room},
};

/// The most rooms of one command (ISUPPORT `TARGMAX`).
const MAX_ROOMS: usize = 20;

/// JOIN, with `0` for leaving all rooms (RFC 2812 section 3.2.1).
pub(super) fn join(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(names) = message.given(0) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["JOIN"]);
    };
    if names == "0" {
        return leave_all(turn);
    }
    for name in bounded(turn, names) {
        join_one(turn, &name);
    }
}

fn join_one(turn: &mut Turn<'_>, name: &str) {
    let Some(user) = turn.me() else { return };
    let Ok(room) = RoomName::new(name) else {
        return turn.refuse(Numeric::ERR_NOSUCHCHANNEL, &[name]);
    };
    match turn.apply(Command::Join { user, room }) {
        Ok(_) | Err(Refusal::AlreadyInRoom) => {}
        Err(Refusal::TooManyRooms) => turn.refuse(Numeric::ERR_TOOMANYCHANNELS, &[name]),
        Err(_) => turn.refuse(Numeric::ERR_NOSUCHCHANNEL, &[name]),
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
        let Some(room) = turn.world().room_by_name(&name).map(|room| room.id) else {
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
        }
    }
    // One end for all of them, under the words of the question.
    turn.refuse(Numeric::RPL_ENDOFNAMES, &[names]);
}

/// LIST with the filters of ISUPPORT `ELIST=CMNTU` (modern.ircdocs.horse "LIST message").
pub(super) fn list(turn: &mut Turn<'_>, message: &Message<'_>) {
    let filters: Vec<Filter> = listed(message.param(0).unwrap_or_default()).take(MAX_ROOMS).map(Filter::new).collect();
    // Rooms asked for by name are any of them; all other conditions have to hold.
    let (masks, conditions): (Vec<_>, Vec<_>) = filters.iter().partition(|filter| matches!(filter, Filter::Mask(_)));
    let now = turn.now.wall.seconds();
    let found: Vec<[String; 3]> = turn
        .world()
        .rooms()
        .filter(|room| masks.is_empty() || masks.iter().any(|mask| mask.holds(room, now)))
        .filter(|room| conditions.iter().all(|condition| condition.holds(room, now)))
        .map(|room| {
            let topic = room.topic.as_ref().map(|topic| topic.text.clone()).unwrap_or_default();
            [room.name.as_str().to_owned(), room.present.len().to_string(), topic]
        })
        .collect();
    turn.numeric(Numeric::RPL_LISTSTART, &["Room", "Users  Topic"]);
    for [name, count, topic] in &found {
        turn.numeric(Numeric::RPL_LIST, &[name, count, topic]);
    }
    turn.refuse(Numeric::RPL_LISTEND, &[]);
}

/// One condition of LIST. Times are minutes ago.
enum Filter<'a> {
    Mask(&'a str),
    NotMask(&'a str),
    Users(Bound),
    Created(Bound),
    Topic(Bound),
}

/// Less or more than a number.
enum Bound {
    Less(i64),
    More(i64),
}

impl<'a> Filter<'a> {
    fn new(text: &'a str) -> Self {
        let after = |letter: char| Bound::parse(text.strip_prefix([letter, letter.to_ascii_lowercase()])?);
        if let Some(bound) = Bound::parse(text) {
            return Filter::Users(bound);
        }
        if let Some(bound) = after('C') {
            return Filter::Created(bound);
        }
        if let Some(bound) = after('T') {
            return Filter::Topic(bound);
        }
        text.strip_prefix('!').map_or(Filter::Mask(text), Filter::NotMask)
    }

    fn holds(&self, room: &Room, now: i64) -> bool {
        match self {
            Filter::Mask(mask) => super::who::matches(mask, room.name.as_str()),
            Filter::NotMask(mask) => !super::who::matches(mask, room.name.as_str()),
            Filter::Users(bound) => bound.holds(i64::try_from(room.present.len()).unwrap_or(i64::MAX), 1),
            Filter::Created(bound) => bound.holds(now - room.created.seconds(), 60),
            Filter::Topic(bound) => room.topic.as_ref().is_some_and(|topic| bound.holds(now - topic.at.seconds(), 60)),
        }
    }
}

impl Bound {
    fn parse(text: &str) -> Option<Bound> {
        let number = |text: &str| text.parse::<u32>().ok().map(i64::from);
        match text.split_at_checked(1)? {
            ("<", rest) => number(rest).map(Bound::Less),
            (">", rest) => number(rest).map(Bound::More),
            _ => None,
        }
    }

    fn holds(&self, value: i64, unit: i64) -> bool {
        match self {
            Bound::Less(limit) => value < limit * unit,
            Bound::More(limit) => value > limit * unit,
        }
    }
}

/// KICK of one person.
pub(super) fn kick(turn: &mut Turn<'_>, message: &Message<'_>) {
    let (Some(user), Some(name), Some(nick)) = (turn.me(), message.param(0), message.param(1)) else { return };
    let Some(room) = turn.world().room_by_name(name).map(|room| room.id) else {
        return turn.refuse(Numeric::ERR_NOSUCHCHANNEL, &[name]);
    };
    let Some(whom) = turn.world().by_nick(nick).map(|user| user.id) else {
        return turn.refuse(Numeric::ERR_NOSUCHNICK, &[nick]);
    };
    let own = turn.nick();
    let reason = truncate(message.given(2).unwrap_or(&own), MAX_REASON).to_owned();
    match turn.apply(Command::Kick { user, room, whom, reason }) {
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
        let rooms = turn.world().rooms().filter(|room| room.invited.contains(&user));
        let rooms: Vec<String> = rooms.map(|room| room.name.as_str().to_owned()).collect();
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
    let Some(room) = turn.world().room_by_name(name).map(|room| room.id) else {
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
        Err(_) => turn.refuse(Numeric::ERR_NOTONCHANNEL, &[name]),
    }
}

/// The rooms of a list; what is over the limit is refused.
fn bounded(turn: &mut Turn<'_>, names: &str) -> Vec<String> {
    let names: Vec<String> = listed(names).map(str::to_owned).collect();
    if let Some(over) = names.get(MAX_ROOMS) {
        turn.refuse(Numeric::ERR_TOOMANYTARGETS, &[over]);
    }
    names.into_iter().take(MAX_ROOMS).collect()
}
