//! All that the server has when everything has come to rest, asked from its store.

use std::collections::BTreeMap;

use klatch_server::hub::io::{AccountId, Answer, Page, Place, Query, RoomId};

use crate::{checks::Truth, disk::Disk};

/// What the disk holds.
pub(crate) fn on(disk: &mut Disk) -> Truth {
    let snapshot = disk.load();
    let mut said = |place| match disk.query(&Query::History {
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
    let mut truth =
        Truth { rooms: BTreeMap::new(), direct: BTreeMap::new(), markers: BTreeMap::new(), all: BTreeMap::new() };
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
    let names: BTreeMap<AccountId, &str> =
        snapshot.accounts.iter().map(|account| (account.id, account.name.as_str())).collect();
    for (account, place, at) in &snapshot.markers {
        truth.markers.insert((names[account].to_owned(), place.clone()), *at);
    }
    truth
}
