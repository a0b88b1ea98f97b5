//! Files of every earlier schema, with something in each of their tables, opened by this program.

use std::path::Path;

use klatch_protocol::{AccountName, UnixMs};

use super::{
    schema::{APPLICATION, KNOWN, STEPS},
    *,
};
use crate::hub::io::{AccountId, Asker, Page, Place, Ranks, Record, RecordKind, RoomId, Scope, Search, Seq, Subject};

/// What each schema can hold beyond the one before: statements as a klatchd of that time would have written it.
const CONTENTS: &[&str] = &[
    "INSERT INTO store VALUES (1, 7, NULL, 5);
     INSERT INTO account VALUES (1, 'Amy', 'amy', 'Amy P.', '$hash', 2, 10, 20);
     INSERT INTO room VALUES (3, '#a', '#a', 30, 'tea', 'amy', 31);
     INSERT INTO member VALUES (3, 1, 1, 40);
     INSERT INTO invite VALUES ('CODE', 50);
     INSERT INTO record VALUES (1, 100, 0, 3, 0, 'amy!amy@host', 'Amy', '', 'hello world');
     INSERT INTO record VALUES (2, 101, 0, 3, 3, 'amy!amy@host', 'Amy', '', 'Amy P.');
     INSERT INTO record VALUES (3, 102, 1, 1, 1, 'amy!amy@host', 'Amy', '+a=b', 'note to myself');
     INSERT INTO conversation VALUES (1, 1);",
    "UPDATE store SET last_seq = 9; INSERT INTO marker VALUES (1, '#a', 100);",
    "UPDATE member SET ranks = 4;
     UPDATE room SET founder = 1, flags = 'ntP', key = 'k', member_limit = 8, forward = '#b';
     INSERT INTO mask VALUES (3, 'b', '*!*@spam', 'amy', 60);",
    "INSERT INTO ban VALUES (1, 'bob', 'spam', 'amy', 70, NULL); INSERT INTO deed VALUES (1, 71, 'amy', 'banned bob');",
    "INSERT INTO metadata VALUES (0, 1, 'color', 'blue'); INSERT INTO metadata VALUES (3, 0, 'url', 'x');",
    "INSERT INTO nonce VALUES (1, 1, 'n1', 100);",
    "UPDATE store SET secret = 'SECRET';",
];

/// A file that was made by the first klatchd and kept by all up to the one of schema `version`.
fn of_version(version: u32, path: &Path) {
    let db = Connection::open(path).unwrap();
    for (number, step) in STEPS.iter().take(version as usize).enumerate() {
        db.execute_batch(step).unwrap();
        db.execute_batch(CONTENTS.get(number).unwrap_or(&"")).unwrap();
    }
    db.pragma_update(None, "application_id", APPLICATION).unwrap();
    db.pragma_update(None, "user_version", version).unwrap();
}

fn found(store: &Sqlite, text: &str) -> Vec<Seq> {
    found_at(store, text, None)
}

fn found_at(store: &Sqlite, text: &str, time: Option<UnixMs>) -> Vec<Seq> {
    let scope = Scope::All { account: AccountId(1), rooms: vec![RoomId(3)] };
    let search = Search { scope, from: None, after: time, before: time, text: Some(text.into()), limit: 10 };
    let Answer::History(records) =
        store.query(&Query::Search { by: Asker::Account(AccountId(1)), search: Box::new(search) })
    else {
        panic!()
    };
    records.into_iter().map(|record| record.seq).collect()
}

/// Every table, index and trigger with its words.
fn schema_of(store: &Sqlite) -> Vec<(String, Option<String>)> {
    let sql = "SELECT name, sql FROM sqlite_schema ORDER BY name";
    rows::all(&store.db, sql, |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn what_older_programs_kept_is_all_there() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = Sqlite::open(&folder.path().join("fresh.db"), 1, "CODE").unwrap();
    for version in 1..=KNOWN {
        let path = folder.path().join(format!("{version}.db"));
        of_version(version, &path);
        let mut store = Sqlite::open(&path, 99, "OTHER").unwrap();
        assert_eq!(schema_of(&store), schema_of(&fresh), "{version}");

        let kept = store.load().unwrap();
        assert_eq!((kept.epoch, kept.owner_code, kept.last_room), (7, None, 5), "{version}");
        assert_eq!((kept.last_seq, kept.last_time), (if version > 1 { 9 } else { 3 }, Some(UnixMs(102))), "{version}");
        assert_eq!((&*kept.accounts[0].name.to_string(), &*kept.accounts[0].hash), ("Amy", "$hash"), "{version}");
        assert_eq!(kept.rooms[0].topic.as_ref().unwrap().text, "tea", "{version}");
        assert_eq!(kept.rooms[0].founder, (version > 2).then_some(AccountId(1)), "{version}");
        assert_eq!(kept.members, [(RoomId(3), AccountId(1), Ranks::OPERATOR)], "{version}");
        assert_eq!(kept.invites, ["CODE"], "{version}");
        let counts = [kept.markers.len(), kept.masks.len(), kept.bans.len() + kept.deeds.len(), kept.metadata.len()];
        let since = |first: u32, count| if version >= first { count } else { 0 };
        assert_eq!(counts, [since(2, 1), since(3, 1), since(4, 2), since(5, 2)], "{version}");
        assert_eq!(kept.nonces.newest.len(), since(6, 1), "{version}");
        let secret: &str = kept.secret.reveal();
        assert!(if version >= 7 { secret == "SECRET" } else { secret.len() == 64 }, "{version}");
        if version >= 5 {
            assert_eq!(kept.metadata[0], (Subject::Account(AccountId(1)), "color".into(), "blue".into()), "{version}");
        }

        // What was said before there was an index is found, and what is said now as well.
        assert_eq!((found(&store, "LO WOR"), found(&store, "myself")), (vec![Seq(1)], vec![Seq(3)]), "{version}");
        assert_eq!(found_at(&store, "myself", Some(UnixMs(102))), [Seq(3)], "{version}");
        let place = Place::Room(RoomId(3));
        let said = Record {
            seq: Seq(10),
            at: UnixMs(200),
            place,
            source: "amy!amy@host".into(),
            account: Some(AccountName::new("Amy").unwrap()),
            kind: RecordKind::Privmsg,
            tags: String::new(),
            text: "hello again".into(),
        };
        store.commit(&[Write::Record(said), Write::Redact(Seq(1))]).unwrap();
        assert_eq!(found(&store, "hello"), [Seq(10)], "{version}");
        let history = store.query(&Query::History { place, page: Page::Latest(None), limit: 10, events: true });
        let Answer::History(records) = history else { panic!() };
        assert_eq!(records.iter().map(|record| record.seq.0).collect::<Vec<_>>(), [2, 10], "{version}");
        store.db.execute("INSERT INTO speech (speech, rank) VALUES ('integrity-check', 1)", []).unwrap();

        let before = store.load().unwrap();
        drop(store);
        assert_eq!(Sqlite::open(&path, 98, "OTHER").unwrap().load().unwrap(), before, "{version}");
    }
}
