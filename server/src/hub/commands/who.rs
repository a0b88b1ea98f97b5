//! WHO and its extended form (modern.ircdocs.horse "WHO message"; ircv3.net "WHOX").

use klatch_protocol::{Message, Numeric, RoomName, mask::fits};

use crate::hub::{
    room_view::sees,
    turn::Turn,
    world::{HIDDEN_HOST, Room, User},
};

/// The fields of an extended answer, in the order in which they are told, whatever the order of asking.
const FIELDS: &str = "tcuihsnfdlaor";
/// Said instead of an address that is not disclosed (WHOX, "RPL_WHOSPCRPL").
const NO_ADDRESS: &str = "255.255.255.255";

/// What was asked for behind the mask: `[flags][%fields[,token]]`.
#[derive(Default)]
struct Wanted<'a> {
    /// Only operators of the server (flag `o`).
    operators: bool,
    /// The fields of an extended answer.
    fields: Option<&'a str>,
    /// What the client wants to recognise the answer by; at most three digits.
    token: &'a str,
}

impl<'a> Wanted<'a> {
    fn parse(text: &'a str) -> Self {
        let (flags, fields) = match text.split_once('%') {
            Some((flags, fields)) => (flags, Some(fields)),
            None => (text, None),
        };
        let (fields, token) = match fields.and_then(|fields| fields.split_once(',')) {
            Some((fields, token)) => (Some(fields), token),
            None => (fields, ""),
        };
        let good = (1..=3).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_digit());
        Wanted { operators: flags.contains('o'), fields, token: if good { token } else { "0" } }
    }
}

/// WHO: everybody in a room, or everybody whose nick, user name, host or display name fits a mask.
pub(super) fn who(turn: &mut Turn<'_>, message: &Message<'_>) {
    let asked = message.given(0).unwrap_or("*");
    let mask = if asked == "0" { "*" } else { asked };
    let wanted = Wanted::parse(message.param(1).unwrap_or_default());
    let room = RoomName::looks_like(mask).then(|| turn.world().room_by_name(mask));
    let many = room.map_or(turn.world().online_count(), |room| room.map_or(0, |room| room.present.len()));
    let people: Vec<&User> = match room {
        Some(None) => Vec::new(),
        Some(Some(room)) => turn.hub.visible_members(room, turn.myself()).collect(),
        None => {
            let mask = mask.to_ascii_lowercase();
            turn.world().users().filter(|user| fits_mask(&mask, user)).collect()
        }
    };
    let viewer = turn.myself();
    let visible = |user: &&User| {
        // The exact nick of somebody who hides may be known.
        let named = room.is_none() && turn.mapping().same(mask, user.nick.as_str());
        (named || sees(viewer, user)) && (!wanted.operators || user.is_operator())
    };
    let lines: Vec<Vec<String>> =
        people.into_iter().filter(visible).map(|user| answer(turn, user, room.flatten(), &wanted)).collect();
    turn.costs_to_look_at(many);
    let numeric = if wanted.fields.is_some() { Numeric::RPL_WHOSPCRPL } else { Numeric::RPL_WHOREPLY };
    for line in lines {
        turn.numeric(numeric, &line.iter().map(String::as_str).collect::<Vec<_>>());
    }
    turn.refuse(Numeric::RPL_ENDOFWHO, &[asked]);
}

/// The parameters of the line about `user`.
fn answer(turn: &Turn<'_>, user: &User, room: Option<&Room>, wanted: &Wanted<'_>) -> Vec<String> {
    let Some(fields) = wanted.fields else {
        let mut line: Vec<String> = "cuhsnf".chars().map(|field| tell(turn, user, room, field, "")).collect();
        line.push(format!("0 {}", user.display));
        return line;
    };
    let fields = FIELDS.chars().filter(|field| fields.contains(*field));
    fields.map(|field| tell(turn, user, room, field, wanted.token)).collect()
}

/// One field.
fn tell(turn: &Turn<'_>, user: &User, room: Option<&Room>, field: char, token: &str) -> String {
    match field {
        't' => token.to_owned(),
        'c' => room.map_or("*", |room| room.row.name.as_str()).to_owned(),
        'u' => user.ident.clone(),
        'i' => address(turn, user),
        'h' => HIDDEN_HOST.to_owned(),
        's' => turn.hub.policy.server_name.clone(),
        'n' => user.nick.as_str().to_owned(),
        'f' => flags(turn, user, room),
        'd' => "0".to_owned(),
        'l' => user.idle(turn.now.wall).to_string(),
        'a' => turn.world().account_name(user).map_or_else(|| "0".to_owned(), ToString::to_string),
        'o' => "n/a".to_owned(),
        _ => user.display.clone(),
    }
}

/// `H` or `G`, `*` for operators of the server, and the rank in the room.
fn flags(turn: &Turn<'_>, user: &User, room: Option<&Room>) -> String {
    let here = if user.away.is_some() { "G" } else { "H" };
    let star = if user.is_operator() { "*" } else { "" };
    let prefix = room.map_or_else(String::new, |room| turn.hub.prefix(room, user.id, turn.caps()));
    // "the character used as the value of the ISUPPORT BOT token" (ircv3.net "bot-mode", "The WHO bot flag").
    format!("{here}{star}{prefix}{}", if user.is_bot() { "B" } else { "" })
}

/// Where somebody connects from, for those who may know.
fn address(turn: &Turn<'_>, user: &User) -> String {
    let addresses = turn.hub.addresses_of(user.id);
    match addresses.first().filter(|_| turn.may_see_addresses(user)) {
        // A parameter that is not the last cannot begin with a colon, as `::1` does.
        Some(address) if address.starts_with(':') => format!("0{address}"),
        Some(address) => address.clone(),
        None => NO_ADDRESS.to_owned(),
    }
}

/// Whether anything of somebody fits a mask in lower case.
fn fits_mask(mask: &str, user: &User) -> bool {
    let texts = [user.nick.as_str(), &user.ident, HIDDEN_HOST, &user.display, &user.source];
    texts.iter().any(|text| fits(mask, &text.to_ascii_lowercase()))
}

/// Whether `text` fits a mask of `*` and `?`, without regard to ASCII case.
pub(super) fn matches(mask: &str, text: &str) -> bool {
    fits(&mask.to_ascii_lowercase(), &text.to_ascii_lowercase())
}
