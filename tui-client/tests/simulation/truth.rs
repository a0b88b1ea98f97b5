//! All that the server has when everything has come to rest, asked from its store.

use std::collections::{BTreeMap, BTreeSet};

use klatch_server::hub::io::{AccountId, Answer, Asker, Page, Place, Query, RecordKind, RoomId, Scope, Search};

use crate::{checks::Truth, disk::Disk};

/// What the disk holds.
pub(crate) fn on(disk: &mut Disk) -> Truth {
    let snapshot = disk.load();
    let mut redacted = BTreeSet::new();
    let mut said = |place| match disk.query(&Query::History {
        place,
        page: Page::Latest(None),
        limit: 1_000_000,
        events: false,
    }) {
        Answer::History(records) => records
            .into_iter()
            .filter(|record| match record.kind {
                // Its text begins with the place of what was taken back.
                RecordKind::Redact => {
                    let seq = record.text.split(' ').next().unwrap();
                    redacted.insert(format!("{:08x}{seq}", snapshot.epoch));
                    false
                }
                _ => true,
            })
            .map(|record| (format!("{:08x}{}", snapshot.epoch, record.seq.0), record.text))
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let mut truth = Truth {
        rooms: BTreeMap::new(),
        direct: BTreeMap::new(),
        markers: BTreeMap::new(),
        redacted: BTreeSet::new(),
        all: BTreeMap::new(),
    };
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
    truth.redacted = redacted;
    let names: BTreeMap<AccountId, &str> =
        snapshot.accounts.iter().map(|account| (account.id, account.name.as_str())).collect();
    for (account, place, at) in &snapshot.markers {
        truth.markers.insert((names[account].to_owned(), place.clone()), *at);
    }
    truth
}

/// What everybody together finds by searching is what was said, and nothing that was taken back.
pub(crate) fn faults_of_search(disk: &mut Disk, truth: &Truth) -> Vec<String> {
    let snapshot = disk.load();
    let mut found = BTreeSet::new();
    for account in &snapshot.accounts {
        let rooms = (1..=snapshot.last_room).map(RoomId).collect();
        let search = Search {
            scope: Scope::All { account: account.id, rooms },
            from: None,
            after: None,
            before: None,
            text: Some(" says ".to_owned()),
            limit: 1_000_000,
        };
        match disk.query(&Query::Search { by: Asker::Account(account.id), search: Box::new(search) }) {
            Answer::History(records) => found.extend(records.into_iter().map(|record| record.text)),
            other => panic!("{other:?}"),
        }
    }
    let said: BTreeSet<String> = truth.all.values().cloned().collect();
    let wrong = found.symmetric_difference(&said);
    wrong.map(|text| format!("a search finds \"{text}\" where it was taken back, or does not find it")).collect()
}
