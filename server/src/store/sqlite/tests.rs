//! What only a file can show: reopening, refusing what is not ours, damage, a full disk.

use klatch_protocol::{AccountName, RoomName, UnixMs};

use super::*;
use crate::hub::io::{
    AccountId, AccountRow, Anchor, DEEDS_KEPT, Deed, Page, Place, Rank, Record, RecordKind, RoomId, RoomRow, Scope,
    Search, Seq,
};
use crate::store::{INDEXED_AT_ONCE, span::spans};

fn record(seq: u64, room: u64, text: &str) -> Write {
    Write::Record(Record {
        seq: Seq(seq),
        at: UnixMs(seq.cast_signed()),
        place: Place::Room(RoomId(room)),
        source: "amy!amy@host".into(),
        account: None,
        kind: if seq.is_multiple_of(5) { RecordKind::Join } else { RecordKind::Privmsg },
        tags: String::new(),
        text: text.into(),
    })
}

fn account(id: u64) -> Write {
    Write::CreateAccount(AccountRow {
        id: AccountId(id),
        name: AccountName::new("amy").unwrap(),
        display: "Amy".into(),
        hash: "x".into(),
        rank: Rank::Member,
        created: UnixMs(1),
        seen: None,
    })
}

#[test]
fn a_reopened_file_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("klatch.db");
    let mut store = Sqlite::open(&path, 7, "CODE").unwrap();
    let room = RoomRow::new(RoomId(1), RoomName::new("#a").unwrap(), UnixMs(1));
    store.commit(&[account(1), Write::CreateRoom(room), record(1, 1, "hello")]).unwrap();
    store.commit(&[Write::DeleteRoom(RoomId(1)), Write::UseOwnerCode]).unwrap();
    let before = store.load().unwrap();
    drop(store);
    let after = Sqlite::open(&path, 8, "OTHER").unwrap().load().unwrap();
    assert_eq!(after, before);
    assert_eq!((after.epoch, after.owner_code, after.last_room), (7, None, 1));
}

#[test]
fn a_refused_write_takes_its_whole_burst_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Sqlite::open(&folder.path().join("klatch.db"), 7, "CODE").unwrap();
    store.commit(&[account(1)]).unwrap();
    let error = store.commit(&[record(1, 1, "lost"), account(2)]).unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    assert_eq!(store.load().unwrap().last_seq, 0);
    store.commit(&[record(1, 1, "kept")]).unwrap();
    assert_eq!(store.load().unwrap().last_seq, 1);
}

#[test]
fn a_full_disk_changes_nothing_and_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Sqlite::open(&folder.path().join("klatch.db"), 7, "CODE").unwrap();
    let pages: u32 = store.db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    store.db.pragma_update(None, "max_page_count", pages).unwrap();
    let burst: Vec<Write> = (1..50).map(|seq| record(seq, 1, &"long ".repeat(100))).collect();
    assert!(matches!(store.commit(&burst).unwrap_err(), StoreError::Full(_)));
    assert_eq!(store.load().unwrap().last_seq, 0);
    store.db.pragma_update(None, "max_page_count", 1_000_000).unwrap();
    store.commit(&burst).unwrap();
    assert_eq!(store.load().unwrap().last_seq, 49);
}

#[test]
fn the_index_goes_on_after_a_restart_where_it_was_and_agrees_with_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("klatch.db");
    let mut store = Sqlite::open(&path, 7, "CODE").unwrap();
    let all = INDEXED_AT_ONCE * 2 + 100;
    store.commit(&(1..=all).map(|seq| record(seq, 1, "some text")).collect::<Vec<_>>()).unwrap();
    store.catch_up().unwrap();
    drop(store);
    let mut store = Sqlite::open(&path, 7, "CODE").unwrap();
    assert_eq!(store.behind(), all - INDEXED_AT_ONCE);
    store.commit(&[Write::Redact(Seq(1)), Write::Redact(Seq(all))]).unwrap();
    // Compares the index with the view of what it should know (sqlite.org/fts5.html, "The 'integrity-check' Command").
    let check = "INSERT INTO speech (speech, rank) VALUES ('integrity-check', 1)";
    store.db.execute(check, []).unwrap();
    store.catch_up().unwrap();
    store.catch_up().unwrap();
    assert_eq!(store.behind(), 0);
    store.db.execute(check, []).unwrap();
}

#[test]
fn a_search_beside_ends_when_nobody_wants_it_or_it_takes_too_long() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Sqlite::open(&folder.path().join("klatch.db"), 7, "CODE").unwrap();
    store.commit(&(1..5_000).map(|seq| record(seq, 1, "some text")).collect::<Vec<_>>()).unwrap();
    let mut searcher = store.searcher().unwrap().unwrap();
    let scope = Scope::Place(Place::Room(RoomId(1)));
    let search = Search { scope, from: None, after: None, before: None, text: Some("?".into()), limit: 10 };
    let mut ask = |stop| searcher.search(Box::new(search.clone()), &Arc::new(AtomicBool::new(stop)));
    assert!(matches!(ask(true), Answer::Failed(why) if why.contains("interrupted")));
    assert_eq!(ask(false), Answer::History(Vec::new()), "and the next one goes on");
    let mut hasty = Reader::open(&store.path).unwrap();
    hasty.longest = std::time::Duration::ZERO;
    assert_eq!(hasty.search(Box::new(search.clone()), &Arc::default()), Answer::TooLong);
}

#[test]
fn the_newest_deeds_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("klatch.db");
    let mut store = Sqlite::open(&path, 1, "CODE").unwrap();
    let deed = |number: u64| Write::Deed(Deed { at: UnixMs(1), by: "amy".into(), what: number.to_string() });
    store.commit(&(0..DEEDS_KEPT + 2).map(deed).collect::<Vec<_>>()).unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    let kept = db.query_row("SELECT count(*), min(CAST(what AS INTEGER)) FROM deed", [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    });
    assert_eq!(kept.unwrap(), (DEEDS_KEPT as i64, 2));
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("klatch.db");
    let store = Sqlite::open(&path, 7, "CODE").unwrap();
    store.db.pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    let error = Sqlite::open(&path, 7, "CODE").unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    assert!(!error.to_string().contains('\n'));
}

#[test]
fn a_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("klatch.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    assert_eq!(Sqlite::open(&path, 7, "CODE").unwrap_err(), StoreError::Foreign(path));
}

#[test]
fn damage_is_found_when_the_file_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("klatch.db");
    let mut store = Sqlite::open(&path, 7, "CODE").unwrap();
    store.commit(&(1..500).map(|seq| record(seq, 1, "some text")).collect::<Vec<_>>()).unwrap();
    drop(store);
    let whole = std::fs::read(&path).unwrap();

    let mut torn = whole.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 4096].fill(0xa5);
    let cases = [("torn", torn), ("cut short", whole[..whole.len() / 2].to_vec()), ("no database", vec![0xa5; 8192])];
    for (what, bytes) in cases {
        std::fs::write(&path, bytes).unwrap();
        let error = Sqlite::open(&path, 7, "CODE").unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{what}: {error}");
        assert!(!error.to_string().contains('\n'), "{what}: {error}");
    }
}

/// What SQLite would do for a statement, step by step.
fn plan(store: &Sqlite, sql: &str, values: impl rusqlite::Params) -> Vec<String> {
    let mut statement = store.db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    statement.query_map(values, |row| row.get(3)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn pages_walk_along_indices() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("klatch.db"), 7, "CODE").unwrap();
    let pages = [
        Page::Latest(None),
        Page::Before(Anchor::Seq(Seq(9))),
        Page::After(Anchor::Time(UnixMs(9))),
        Page::Before(Anchor::Time(UnixMs(9))),
        Page::Between(Anchor::Time(UnixMs(9)), Anchor::Time(UnixMs(20))),
    ];
    for page in pages {
        for events in [false, true] {
            let parts: &[&str] = if events { &[rows::SAID, rows::HAPPENED] } else { &[rows::SAID] };
            for span in spans(page, 10, |_| None) {
                let plan = plan(&store, &history::stretch_sql(span, parts), [0; 7]);
                let walks = plan.iter().filter(|step| step.contains("USING INDEX record_by_"));
                assert_eq!(walks.count(), if events { 2 } else { 1 }, "{page:?} {events}: {plan:?}");
                assert_eq!(plan.iter().any(|step| step.contains("MERGE")), events, "{page:?} {events}: {plan:?}");
                let other = |step: &&String| step.contains("TEMP B-TREE") || step.contains("SCAN");
                assert_eq!(plan.iter().find(other), None, "{page:?} {events}");
                let plan = self::plan(&store, &history::stretch_sql(span, &[rows::REDACTED]), [0; 7]);
                assert!(plan[0].contains("USING INDEX redaction"), "{page:?}: {plan:?}");
            }
        }
    }
}

#[test]
fn searches_walk_along_the_index_of_words() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("klatch.db"), 7, "CODE").unwrap();
    for scope in [Scope::Place(Place::Room(RoomId(1))), Scope::All { account: AccountId(1), rooms: vec![RoomId(1)] }] {
        for after in [None, Some(UnixMs(5))] {
            let (scope, text) = (scope.clone(), Some("tea".into()));
            let search = Search { scope, from: Some("amy".into()), after, before: None, text, limit: 10 };
            let plan = |way| {
                let (sql, values) = search::statement(&search, search::Part { way, first: 1, last: 9 });
                plan(&store, &sql, rusqlite::params_from_iter(values))
            };
            let (index, walk) = (plan(search::Way::Index), plan(search::Way::Walk));
            assert!(index[0].contains("SCAN speech VIRTUAL TABLE"), "{index:?}");
            assert!(!index.iter().chain(&walk).any(|step| step.contains("TEMP B-TREE")), "{index:?} {walk:?}");
            let by_place = "USING INDEX record_by_seq (low=? AND high=? AND <expr>=? AND rowid";
            let (found, next) = match search.scope {
                Scope::Place(_) => (format!("{by_place}=?"), format!("{by_place}>? AND rowid<?")),
                Scope::All { .. } => {
                    let by_seq = "USING INTEGER PRIMARY KEY (rowid";
                    (format!("{by_seq}=?"), format!("{by_seq}>? AND rowid<?"))
                }
            };
            assert!(index[1].contains(&found) && walk[0].contains(&next), "{index:?} {walk:?}");
        }
    }
}

/// Others wait for a search, so one for what everybody says ends in time though the asker may read none of it.
#[test]
fn a_search_looks_at_so_many_records_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Sqlite::open(&folder.path().join("klatch.db"), 7, "CODE").unwrap();
    // Every fifth record is no message.
    let room = |seq| if seq < 10 { 1 } else { 2 + seq / 41 };
    store.commit(&(1..50).map(|seq| record(seq, room(seq), "tea for all")).collect::<Vec<_>>()).unwrap();
    store.catch_up().unwrap();
    assert_eq!(store.behind(), 0);
    let find = |text: Option<&str>, after, room, most| {
        let scope = Scope::All { account: AccountId(1), rooms: vec![RoomId(room)] };
        let search = Search { scope, from: None, after, before: None, text: text.map(str::to_owned), limit: 3 };
        let found = search::search(&store.db, &search, most).unwrap();
        found.iter().map(|record| record.seq.0).collect::<Vec<_>>()
    };
    for (text, elsewhere) in [(Some("tea"), 32), (Some("te"), 40), (None, 40)] {
        assert_eq!(find(text, None, 1, elsewhere), [0; 0], "{text:?}");
        assert_eq!(find(text, None, 1, elsewhere + 2), [8, 9], "{text:?}");
        assert_eq!(find(text, None, 1, 100), [7, 8, 9], "{text:?}");
    }
    let after = Some(UnixMs(0));
    // In the index from where counting begins, without it always the newest.
    assert_eq!(find(Some("tea"), after, 3, 32), [0; 0]);
    assert_eq!(find(Some("tea"), after, 3, 34), [41, 42]);
    assert_eq!(find(Some("te"), after, 3, 100), [41, 42, 43]);
    assert_eq!(find(None, after, 3, 5), [46, 47, 48]);
}
