//! LIST (modern.ircdocs.horse "LIST message").

use klatch_protocol::{Message, Numeric};

use super::{channel::MAX_ROOMS, listed};
use crate::hub::{
    io::Topic,
    room_view::{is_inside, sees_room},
    turn::Turn,
    world::{Room, User},
};

/// LIST with the filters of ISUPPORT `ELIST=CMNTU` (modern.ircdocs.horse "LIST message").
pub(super) fn list(turn: &mut Turn<'_>, message: &Message<'_>) {
    turn.costs_to_look_at(turn.world().room_count());
    let filters: Vec<Filter> = listed(message.param(0).unwrap_or_default()).take(MAX_ROOMS).map(Filter::new).collect();
    // Rooms asked for by name are any of them; all other conditions have to hold.
    let (masks, conditions): (Vec<_>, Vec<_>) = filters.iter().partition(|filter| matches!(filter, Filter::Mask(_)));
    let now = turn.now.wall.seconds();
    let viewer = turn.myself();
    let found: Vec<[String; 3]> = turn
        .world()
        .rooms()
        .filter(|room| sees_room(viewer, room))
        .filter(|room| masks.is_empty() || masks.iter().any(|mask| mask.holds(room, None, now)))
        .map(|room| (room, shown_topic(room, viewer)))
        .filter(|(room, topic)| conditions.iter().all(|condition| condition.holds(room, *topic, now)))
        .map(|(room, topic)| {
            let topic = topic.map(|topic| topic.text.clone()).unwrap_or_default();
            [room.row.name.as_str().to_owned(), room.present.len().to_string(), topic]
        })
        .collect();
    turn.numeric(Numeric::RPL_LISTSTART, &["Room", "Users  Topic"]);
    for [name, count, topic] in &found {
        turn.numeric(Numeric::RPL_LIST, &[name, count, topic]);
    }
    turn.refuse(Numeric::RPL_LISTEND, &[]);
}

/// What is spoken of in a room that not everybody may enter is not told outside, nor since when.
fn shown_topic<'a>(room: &'a Room, viewer: Option<&User>) -> Option<&'a Topic> {
    room.row.topic.as_ref().filter(|_| is_inside(room, viewer) || !room.is_closed())
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

    fn holds(&self, room: &Room, topic: Option<&Topic>, now: i64) -> bool {
        match self {
            Filter::Mask(mask) => super::who::matches(mask, room.row.name.as_str()),
            Filter::NotMask(mask) => !super::who::matches(mask, room.row.name.as_str()),
            Filter::Users(bound) => bound.holds(i64::try_from(room.present.len()).unwrap_or(i64::MAX), 1),
            Filter::Created(bound) => bound.holds(now - room.row.created.seconds(), 60),
            Filter::Topic(bound) => topic.is_some_and(|topic| bound.holds(now - topic.at.seconds(), 60)),
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
