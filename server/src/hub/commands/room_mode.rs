//! MODE of rooms: what there is to see and to set (modern.ircdocs.horse "Channel Modes").

use std::collections::BTreeSet;

use klatch_protocol::{
    Message, Numeric, RoomName, mask,
    modes::{ChanModes, Change, ModeKind, Prefixes},
};

use crate::hub::{
    io::{Flags, List, Ranks, RoomId},
    room_view::is_inside,
    turn::Turn,
    world::{Command, ModeChange, Refusal, Room},
};

/// The letters by kind (ISUPPORT `CHANMODES`).
pub(super) const CHANMODES: &str = "beI,k,fl,CMPRUimnpstu";
/// The ranks (ISUPPORT `PREFIX`).
pub(super) const PREFIX: &str = "(qaohv)~&@%+";
/// The most bytes of a key (ISUPPORT `KEYLEN`).
const MAX_KEY: usize = 32;
/// The most bytes of a mask: longer than any source.
const MAX_MASK: usize = 150;
/// The most bytes of letters and values in one MODE line, so that it is never cut.
const MAX_LINE: usize = 300;

/// What cannot be done: a numeric, what belongs to it, and its sentence where it has none of its own.
struct Fault(Numeric, Vec<String>, Option<&'static str>);

/// MODE with a room in front.
pub(super) fn room_mode(turn: &mut Turn<'_>, name: &str, message: &Message<'_>) {
    let Some((id, name)) = turn.visible_room(name).map(|room| (room.row.id, room.row.name.as_str().to_owned())) else {
        return turn.refuse(Numeric::ERR_NOSUCHCHANNEL, &[name]);
    };
    let Some(letters) = message.given(1) else {
        return tell_modes(turn, id);
    };
    let modes = ChanModes::parse(CHANMODES, Prefixes::parse(PREFIX).unwrap_or_default());
    let values = message.params().get(2..).unwrap_or_default();
    let (mut wanted, mut length, mut told) = (Vec::new(), 0, BTreeSet::new());
    for change in modes.changes(letters, values) {
        if change.kind == Some(ModeKind::List) && change.argument.is_none_or(str::is_empty) {
            // Once is enough: a list is much longer than its letter.
            if told.insert(change.mode) {
                tell_list(turn, id, change.mode);
            }
            continue;
        }
        let size = change.argument.map_or(0, |value| value.len() + 1) + 2;
        if length + size > MAX_LINE {
            set(turn, id, std::mem::take(&mut wanted));
            length = 0;
        }
        match read(turn, id, &name, &wanted, &change) {
            Ok(change) => {
                wanted.push(change);
                length += size;
            }
            Err(Fault(numeric, params, text)) => {
                let params: Vec<&str> = params.iter().map(String::as_str).chain(text).collect();
                match text {
                    Some(_) => turn.numeric(numeric, &params),
                    None => turn.refuse(numeric, &params),
                }
            }
        }
    }
    set(turn, id, wanted);
}

fn set(turn: &mut Turn<'_>, room: RoomId, changes: Vec<ModeChange>) {
    let Some(user) = turn.me().filter(|_| !changes.is_empty()) else { return };
    // Each of them was looked at; they may only have become meaningless by one another, and then none is done.
    let _ = turn.apply(Command::SetRoomModes { user, room, changes });
}

/// What a change means, if it may be done behind those `before` it.
fn read(
    turn: &Turn<'_>,
    room: RoomId,
    name: &str,
    before: &[ModeChange],
    change: &Change<'_>,
) -> Result<ModeChange, Fault> {
    let wish = understand(turn, name, change)?;
    let Some(user) = turn.me() else { return Err(Fault(Numeric::ERR_NOTREGISTERED, Vec::new(), None)) };
    let value = change.argument.unwrap_or_default().to_owned();
    turn.world().check_mode(user, room, before, &wish).map(|()| wish).map_err(|refusal| {
        let name = name.to_owned();
        match refusal {
            Refusal::NotInRoom => Fault(Numeric::ERR_NOTONCHANNEL, vec![name], None),
            Refusal::OtherNotInRoom => Fault(Numeric::ERR_USERNOTINCHANNEL, vec![value, name], None),
            Refusal::ListFull => Fault(Numeric::ERR_BANLISTFULL, vec![name, change.mode.to_string(), value], None),
            Refusal::TooManyRooms => Fault(
                Numeric::ERR_TOOMANYCHANNELS,
                vec![name],
                Some("Its founder has as many rooms with +P as one may"),
            ),
            Refusal::NoSuchRoom => invalid(&name, change.mode, &value, "There is no such room to send people to"),
            _ => Fault(Numeric::ERR_CHANOPRIVSNEEDED, vec![name], None),
        }
    })
}

/// What a change says, whoever asks for it.
fn understand(turn: &Turn<'_>, name: &str, change: &Change<'_>) -> Result<ModeChange, Fault> {
    let (set, mode) = (change.set, change.mode);
    let missing = || Fault(Numeric::ERR_NEEDMOREPARAMS, vec!["MODE".to_owned()], None);
    let unknown = || Fault(Numeric::ERR_UNKNOWNMODE, vec![mode.to_string()], None);
    match mode {
        // A key is never told to who guessed wrong, and taking it away needs no proof.
        'k' if !set => Ok(ModeChange::Key(None)),
        'k' => {
            let key = change.argument.ok_or_else(missing)?;
            let fits = |c: char| !c.is_whitespace() && !c.is_control() && c != ',';
            match !key.is_empty() && key.len() <= MAX_KEY && !key.starts_with(':') && key.chars().all(fits) {
                true => Ok(ModeChange::Key(Some(key.to_owned()))),
                false => Err(invalid(name, mode, "*", "A key is one word of at most 32 bytes, without commas")),
            }
        }
        'l' if !set => Ok(ModeChange::Limit(None)),
        'l' => {
            let text = change.argument.ok_or_else(missing)?;
            let limit = text.parse::<u32>().ok().filter(|limit| *limit > 0);
            let fault = || invalid(name, mode, text, "A limit is a number from 1");
            Ok(ModeChange::Limit(Some(limit.ok_or_else(fault)?)))
        }
        'f' if !set => Ok(ModeChange::Forward(None)),
        'f' => {
            let text = change.argument.ok_or_else(missing)?;
            let fault = |_| invalid(name, mode, text, "This is no name of a room");
            Ok(ModeChange::Forward(Some(RoomName::under(turn.mapping(), text).map_err(fault)?)))
        }
        _ => match (change.kind, Flags::by_letter(mode), List::by_letter(mode), Ranks::by_letter(mode)) {
            (_, Some(flag), ..) => Ok(ModeChange::Flag(flag, set)),
            (_, _, Some(list), _) => {
                let text = change.argument.unwrap_or_default();
                let whole = mask::complete(text).filter(|mask| mask.len() <= MAX_MASK && is_word(mask));
                let fault = || invalid(name, mode, text, "A mask is one word of at most 150 bytes");
                Ok(ModeChange::Mask(list, whole.ok_or_else(fault)?, set))
            }
            (_, _, _, Some(rank)) => {
                let nick = change.argument.filter(|nick| !nick.is_empty()).ok_or_else(missing)?;
                let fault = || Fault(Numeric::ERR_NOSUCHNICK, vec![nick.to_owned()], None);
                Ok(ModeChange::Rank(rank, turn.world().by_nick(nick).ok_or_else(fault)?.id, set))
            }
            _ => Err(unknown()),
        },
    }
}

fn is_word(text: &str) -> bool {
    !text.starts_with(':') && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// 696 (modern.ircdocs.horse "ERR_INVALIDMODEPARAM").
fn invalid(name: &str, mode: char, value: &str, text: &'static str) -> Fault {
    Fault(Numeric::ERR_INVALIDMODEPARAM, vec![name.to_owned(), mode.to_string(), value.to_owned()], Some(text))
}

/// 324 and 329. Values are told inside only: a key is as good as an entry.
fn tell_modes(turn: &mut Turn<'_>, id: RoomId) {
    let Some(room) = turn.world().room(id) else { return };
    let inside = is_inside(room, turn.myself());
    let (name, created) = (room.row.name.as_str().to_owned(), room.row.created.seconds().to_string());
    let shown = written(room, inside);
    let params: Vec<&str> = [name.as_str()].into_iter().chain(shown.iter().map(String::as_str)).collect();
    turn.numeric(Numeric::RPL_CHANNELMODEIS, &params);
    turn.numeric(Numeric::RPL_CREATIONTIME, &[&name, &created]);
}

/// `+klnt key 5`, a word each.
fn written(room: &Room, inside: bool) -> Vec<String> {
    let settings = &room.row.settings;
    let limit = settings.limit.map(|limit| limit.to_string());
    let forward = settings.forward.as_ref().map(|name| name.as_str().to_owned());
    let values = [('k', settings.key.clone()), ('l', limit), ('f', forward)];
    let set: Vec<(char, String)> = values.into_iter().filter_map(|(letter, value)| Some((letter, value?))).collect();
    let letters: String = set.iter().map(|(letter, _)| *letter).collect();
    let first = format!("+{letters}{}", settings.flags.letters());
    let values = set.into_iter().map(|(_, value)| value).filter(|_| inside);
    [first].into_iter().chain(values).collect()
}

/// The entries of a list: 367, 348, 346 and their ends. Who is banned is told inside only.
fn tell_list(turn: &mut Turn<'_>, id: RoomId, letter: char) {
    let (Some(list), Some(room)) = (List::by_letter(letter), turn.world().room(id)) else { return };
    let name = room.row.name.as_str().to_owned();
    if !is_inside(room, turn.myself()) {
        return turn.refuse(Numeric::ERR_NOTONCHANNEL, &[&name]);
    }
    let entries: Vec<[String; 3]> =
        room.list(list).map(|mask| [mask.text.clone(), mask.by.clone(), mask.at.seconds().to_string()]).collect();
    let (line, end) = match list {
        List::Ban => (Numeric::RPL_BANLIST, Numeric::RPL_ENDOFBANLIST),
        List::Except => (Numeric::RPL_EXCEPTLIST, Numeric::RPL_ENDOFEXCEPTLIST),
        List::Invite => (Numeric::RPL_INVEXLIST, Numeric::RPL_ENDOFINVEXLIST),
    };
    for [mask, by, at] in &entries {
        turn.numeric(line, &[&name, mask, by, at]);
    }
    turn.refuse(end, &[&name]);
}
