//! What has to be true when everything has come to rest.

use std::collections::{BTreeMap, BTreeSet};

use klatch_server::hub::io::{Answer, Page, Place, Query, RoomId};

use crate::{
    client::{Client, Said},
    world::{NAMES, TEA, World},
};

/// All that the server has: by place, the ids and words of what was said, in its order.
struct Truth {
    rooms: BTreeMap<String, Vec<(String, String)>>,
    direct: BTreeMap<(String, String), Vec<(String, String)>>,
    all: BTreeMap<String, String>,
}

/// Everything that is not as it should be.
pub(crate) fn faults(world: &World) -> Vec<String> {
    let truth = truth(world);
    let mut faults = world.faults.clone();
    let mut words = BTreeSet::new();
    for text in truth.all.values() {
        if !words.insert(text) {
            faults.push(format!("the server has \"{text}\" twice"));
        }
    }
    for client in &world.clients {
        faults.extend(client.faults.iter().cloned());
        check_said(client, &truth, &mut faults);
        check_screen(client, &truth, &mut faults);
        check_company(client, &mut faults);
    }
    faults
}

fn truth(world: &World) -> Truth {
    let snapshot = world.server.disk.load();
    let said = |place| match world.server.disk.query(&Query::History {
        place,
        page: Page::Latest(None),
        limit: 1_000_000,
        events: false,
    }) {
        Answer::History(records) => records
            .into_iter()
            .map(|record| (format!("{:08x}{}", snapshot.epoch, record.seq.0), record.text))
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let mut truth = Truth { rooms: BTreeMap::new(), direct: BTreeMap::new(), all: BTreeMap::new() };
    for room in &snapshot.rooms {
        truth.rooms.insert(room.name.as_str().to_owned(), said(Place::Room(room.id)));
    }
    for number in 1..=snapshot.last_room {
        truth.all.extend(said(Place::Room(RoomId(number))));
    }
    for one in &snapshot.accounts {
        for other in &snapshot.accounts {
            let lines = said(Place::direct(one.id, other.id));
            truth.all.extend(lines.iter().cloned());
            truth.direct.insert((one.name.as_str().to_owned(), other.name.as_str().to_owned()), lines);
        }
    }
    truth
}

/// Nothing acknowledged is lost, and nothing that was said is forgotten.
fn check_said(client: &Client, truth: &Truth, faults: &mut Vec<String>) {
    for (text, said) in &client.said {
        match said {
            Said::Done(id) if truth.all.get(id) != Some(text) => {
                faults.push(format!("\"{text}\" was confirmed as {id}, and the server does not have it"));
            }
            Said::Open => faults.push(format!("nothing became of \"{text}\"")),
            Said::Done(_) | Said::Unknown => {}
        }
    }
    for (id, text) in &client.seen {
        if truth.all.get(id) != Some(text) {
            faults.push(format!("{} saw \"{text}\" as {id}, and the server does not have it", client.name));
        }
    }
}

/// The screen shows what the server has, in its order, and counts rightly what was not read.
fn check_screen(client: &Client, truth: &Truth, faults: &mut Vec<String>) {
    let direct = truth.direct.iter().filter(|((one, _), lines)| *one == client.name && !lines.is_empty());
    let places = truth.rooms.iter().chain(direct.map(|((_, other), lines)| (other, lines)));
    for (place, lines) in places {
        let has: BTreeSet<&str> = lines.iter().map(|(id, _)| id.as_str()).collect();
        let shown: Vec<String> = client.ids_in(place);
        let shown: Vec<&str> = shown.iter().map(String::as_str).filter(|id| has.contains(id)).collect();
        let want: Vec<&str> = lines.iter().map(|(id, _)| id.as_str()).collect();
        if shown != want {
            faults.push(format!("{} shows in {place}\n  {shown:?}, the server has\n  {want:?}", client.name));
        }
        let (says, is) = client.unread(place);
        if says != is {
            faults.push(format!("{} counts {says} unread in {place}, there are {is}", client.name));
        }
    }
}

/// Everybody is back, and nobody else is there.
fn check_company(client: &Client, faults: &mut Vec<String>) {
    for room in ["#lobby", TEA] {
        let roster = client.model.room(room).map(|room| &room.roster);
        let mut here: Vec<&str> =
            roster.into_iter().flat_map(klatch::model::Roster::iter).map(|member| member.nick.as_str()).collect();
        here.sort_unstable();
        if here != NAMES {
            faults.push(format!("{} sees in {room}: {here:?}", client.name));
        }
    }
}
