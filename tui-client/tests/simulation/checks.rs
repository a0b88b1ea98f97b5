//! What has to be true when everything has come to rest: what a person was told and sees, against what the server has.

use std::collections::{BTreeMap, BTreeSet};

use klatch::model::{Body, Roster};
use klatch_protocol::UnixMs;

use crate::client::{Client, Said};

/// All that the server has: by place, the ids and words of what was said, in its order.
pub(crate) struct Truth {
    /// By name.
    pub(crate) rooms: BTreeMap<String, Vec<(String, String)>>,
    /// By the two accounts, once from each side.
    pub(crate) direct: BTreeMap<(String, String), Vec<(String, String)>>,
    /// How far people have read, by account and place.
    pub(crate) markers: BTreeMap<(String, String), UnixMs>,
    /// The ids of what was taken back.
    pub(crate) redacted: BTreeSet<String>,
    /// The words by id, also of rooms that are gone.
    pub(crate) all: BTreeMap<String, String>,
}

impl Truth {
    /// Everything about the server itself that is not as it should be. Nobody says the same words twice.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut words = BTreeSet::new();
        let doubled = self.all.values().filter(|text| !words.insert(*text));
        let mut faults: Vec<String> = doubled.map(|text| format!("the server has \"{text}\" twice")).collect();
        let kept = self.redacted.iter().filter(|id| self.all.contains_key(*id));
        faults.extend(kept.map(|id| format!("the server still has {id}, which was taken back")));
        faults
    }

    /// Everything that is not as it should be with one person, who is in `rooms`.
    pub(crate) fn faults_of(&self, client: &Client, rooms: &[&str]) -> Vec<String> {
        let mut faults = client.faults.clone();
        check_said(client, self, &mut faults);
        check_screen(client, self, rooms, &mut faults);
        check_own(client, &mut faults);
        check_redacted(client, self, &mut faults);
        check_markers(client, self, &mut faults);
        faults
    }
}

/// Nothing acknowledged is lost, and nothing that was said is forgotten.
fn check_said(client: &Client, truth: &Truth, faults: &mut Vec<String>) {
    for (text, said) in &client.said {
        match said {
            Said::Done(id) if truth.all.get(id) != Some(text) && !truth.redacted.contains(id) => {
                faults.push(format!("\"{text}\" was confirmed as {id}, and the server does not have it"));
            }
            Said::Open => faults.push(format!("nothing became of \"{text}\"")),
            Said::Done(_) | Said::Unknown => {}
        }
    }
    for (id, text) in &client.seen {
        if truth.all.get(id) != Some(text) && !truth.redacted.contains(id) {
            faults.push(format!("{} saw \"{text}\" as {id}, and the server does not have it", client.name));
        }
    }
}

/// The screen shows what the server has, in its order, and counts rightly what was not read.
fn check_screen(client: &Client, truth: &Truth, rooms: &[&str], faults: &mut Vec<String>) {
    let direct = truth.direct.iter().filter(|((one, _), lines)| *one == client.name && !lines.is_empty());
    let rooms = truth.rooms.iter().filter(|(room, _)| rooms.contains(&room.as_str()));
    let places = rooms.chain(direct.map(|((_, other), lines)| (other, lines)));
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

/// What was taken back is not shown.
fn check_redacted(client: &Client, truth: &Truth, faults: &mut Vec<String>) {
    for place in client.rooms() {
        for id in client.ids_in(&place).iter().filter(|id| truth.redacted.contains(*id)) {
            faults.push(format!("{} still shows {id} in {place}, which was taken back", client.name));
        }
    }
}

/// What the person said is their own on each of their devices.
fn check_own(client: &Client, faults: &mut Vec<String>) {
    let lines = client.model.rooms().iter().flat_map(|room| room.history.iter());
    for line in lines {
        if let Body::Said { nick, text, mine, .. } = &line.body
            && *mine != (*nick == client.name)
        {
            faults.push(format!(
                "{} takes \"{text}\" of {nick} for {}",
                client.name,
                if *mine { "their own" } else { "another's" }
            ));
        }
    }
}

/// All devices of a person are told the same about how far they have read, which is what the server keeps.
fn check_markers(client: &Client, truth: &Truth, faults: &mut Vec<String>) {
    for place in client.rooms() {
        let kept = truth.markers.get(&(client.name.clone(), place.clone()));
        let told = client.markers.get(&place);
        if told != kept {
            faults
                .push(format!("{} was told to have read {place} up to {told:?}, and has up to {kept:?}", client.name));
        }
    }
}

/// Everybody is in the room, and nobody else.
pub(crate) fn check_company(client: &Client, room: &str, company: &[&str], faults: &mut Vec<String>) {
    let roster = client.model.room(room).map(|room| &room.roster);
    let mut here: Vec<&str> = roster.into_iter().flat_map(Roster::iter).map(|member| member.nick.as_str()).collect();
    here.sort_unstable();
    if here != company {
        faults.push(format!("{} sees in {room}: {here:?}", client.name));
    }
}
