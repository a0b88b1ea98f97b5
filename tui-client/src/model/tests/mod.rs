//! The model by events: what the session reports goes in, what there is to show comes out.

mod following;
mod history;
mod redaction;

use klatch_protocol::UnixMs;

use super::*;
use crate::session::{Event, Fate, Manner, Page, Part, Person, Spoken, Window};

fn lobby() -> Place {
    Place::Room("#lobby".into())
}

fn spoken(number: usize, at: i64, nick: &str, text: &str) -> Spoken {
    Spoken {
        id: Some(format!("id{number}")),
        at: UnixMs(at),
        nick: nick.into(),
        account: None,
        text: text.into(),
        manner: Manner::Plain,
        mine: nick == "lior",
    }
}

fn said(place: Place, number: usize, nick: &str, text: &str) -> Event {
    Event::Said { place, spoken: spoken(number, i64::try_from(number).unwrap() * 1_000, nick, text) }
}

fn person(nick: &str, display: &str) -> Person {
    Person { nick: nick.into(), display: Some(display.into()), ..Person::default() }
}

fn joined(nick: &str, display: &str) -> Event {
    let mine = nick == "lior";
    Event::Joined { room: "#lobby".into(), person: person(nick, display), mine, at: UnixMs(0) }
}

/// Lior in the lobby.
fn model() -> Model {
    let mut model = Model::default();
    model.apply(Event::Welcome { nick: "lior".into(), network: "Attic".into(), first: true, history: true });
    model.apply(joined("lior", "Lior"));
    model
}

/// What a room shows, a line each.
fn shown(model: &Model, room: &str) -> Vec<String> {
    let room = model.room(room).unwrap_or(&model.rooms()[model.rooms().len() - 1]);
    let show = |body: &Body| match body {
        Body::Said { nick, display, text, .. } => format!("{}: {text}", display.as_ref().unwrap_or(nick)),
        Body::Joined { nick, display } => format!("+{}", display.as_ref().unwrap_or(nick)),
        Body::Left { nick, reason, .. } => format!("-{nick} {}", reason.as_deref().unwrap_or_default()),
        Body::Info(text) | Body::Error(text) => format!("* {text}"),
        Body::Gap { fetching } => format!("(gap, fetching: {fetching})"),
    };
    room.history.iter().map(|line| show(&line.body)).collect()
}
