//! The stories both engines have to tell in the same way, and those only a file can tell.

use klatch_protocol::{AccountName, RoomName, UnixMs};

use super::*;
use crate::hub::io::{
    ADDRESSES_KNOWN, AccountId, AccountRow, Anchor, Asker, Ban, BanId, DEEDS_TOLD, Deed, Flags, KnownAddress, List,
    Mask, NonceRow, Page, Place, Rank, Ranks, Record, RecordKind, RoomId, RoomRow, Scope, Search, Seq, Settings,
    Subject, Topic,
};

const ROOM: Place = Place::Room(RoomId(1));

/// Runs a story on each engine. A failure names the engine by its panic's place in the output.
fn on_both(story: impl Fn(&mut dyn Store)) {
    let folder = tempfile::tempdir().unwrap();
    println!("engine: memory");
    story(&mut Memory::new(7, "CODE".into()));
    println!("engine: sqlite");
    story(&mut Sqlite::open(&folder.path().join("klatch.db"), 7, "CODE").unwrap());
}

fn account(id: u64, name: &str) -> AccountRow {
    AccountRow {
        id: AccountId(id),
        name: AccountName::new(name).unwrap(),
        display: format!("{name} the {id}."),
        hash: "$argon2id$x".into(),
        rank: Rank::Member,
        created: UnixMs(10),
        seen: None,
    }
}

fn room(id: u64, name: &str) -> RoomRow {
    RoomRow::new(RoomId(id), RoomName::new(name).unwrap(), UnixMs(20))
}

fn said(seq: u64, at: i64, place: Place) -> Write {
    happened(seq, at, place, RecordKind::Privmsg)
}

fn happened(seq: u64, at: i64, place: Place, kind: RecordKind) -> Write {
    Write::Record(Record {
        seq: Seq(seq),
        at: UnixMs(at),
        place,
        source: "amy!amy@host".into(),
        account: (seq.is_multiple_of(2)).then(|| AccountName::new("amy").unwrap()),
        kind,
        tags: "+a=b".into(),
        text: format!("text {seq} é"),
    })
}

fn page(store: &dyn Store, place: Place, page: Page, limit: u32, events: bool) -> Vec<u64> {
    match store.query(&Query::History { place, page, limit, events }) {
        Answer::History(records) => records.iter().map(|record| record.seq.0).collect(),
        other => panic!("{other:?}"),
    }
}

fn searching(search: Search) -> Query {
    Query::Search { by: Asker::Account(AccountId(1)), search: Box::new(search) }
}

fn seq(number: u64) -> Anchor {
    Anchor::Seq(Seq(number))
}

fn time(ms: i64) -> Anchor {
    Anchor::Time(UnixMs(ms))
}

#[test]
fn what_was_written_is_loaded() {
    on_both(|store| {
        let topic = Topic { text: "all of it".into(), by: "amy".into(), at: UnixMs(33) };
        store
            .commit(&[
                Write::CreateAccount(account(1, "Amy")),
                Write::CreateAccount(account(2, "bob")),
                Write::SetDisplay { account: AccountId(1), display: "Amy Ä.".into() },
                Write::SetRank { account: AccountId(1), rank: Rank::Owner },
                Write::Seen { account: AccountId(2), at: UnixMs(99) },
                Write::CreateRoom(room(1, "#Lobby")),
                Write::CreateRoom(room(2, "#gone")),
                Write::SetTopic { room: RoomId(1), topic: Some(topic.clone()) },
                Write::Join { room: RoomId(1), account: AccountId(1), ranks: Ranks::empty(), at: UnixMs(1) },
                Write::Join { room: RoomId(1), account: AccountId(1), ranks: Ranks::OPERATOR, at: UnixMs(2) },
                Write::Join { room: RoomId(1), account: AccountId(2), ranks: Ranks::empty(), at: UnixMs(2) },
                Write::Join { room: RoomId(2), account: AccountId(2), ranks: Ranks::empty(), at: UnixMs(2) },
                Write::Part { room: RoomId(1), account: AccountId(2) },
                Write::DeleteRoom(RoomId(2)),
                said(5, 50, ROOM),
                Write::AddInvite { code: "one".into(), at: UnixMs(1) },
                Write::AddInvite { code: "two".into(), at: UnixMs(2) },
                Write::UseInvite { code: "one".into() },
            ])
            .unwrap();
        let snapshot = store.load().unwrap();
        let amy = AccountRow { display: "Amy Ä.".into(), rank: Rank::Owner, ..account(1, "Amy") };
        let bob = AccountRow { seen: Some(UnixMs(99)), ..account(2, "bob") };
        assert_eq!(snapshot.accounts, [amy, bob]);
        assert_eq!(snapshot.accounts[0].name.as_str(), "Amy");
        assert_eq!(snapshot.rooms, [RoomRow { topic: Some(topic), ..room(1, "#Lobby") }]);
        assert_eq!(snapshot.members, [(RoomId(1), AccountId(1), Ranks::OPERATOR)]);
        assert_eq!((snapshot.last_seq, snapshot.last_account, snapshot.last_room), (5, 2, 2));
        assert_eq!((snapshot.epoch, snapshot.owner_code.as_deref()), (7, Some("CODE")));
        assert_eq!(snapshot.invites, ["two"]);

        store.commit(&[Write::UseOwnerCode, Write::SetTopic { room: RoomId(1), topic: None }]).unwrap();
        let snapshot = store.load().unwrap();
        assert_eq!(snapshot.owner_code, None);
        assert_eq!(snapshot.rooms[0].topic, None);
    });
}

#[test]
fn the_newest_addresses_of_each_name_are_kept() {
    on_both(|store| {
        let known = |name: &str, last: u8, at| KnownAddress {
            name: name.into(),
            from: [203, 0, 113, last].into(),
            at: UnixMs(at),
        };
        let more = ADDRESSES_KNOWN as u8 + 2;
        let writes = (0..more).map(|last| Write::KnowAddress(known("amy", last, i64::from(last))));
        store.commit(&writes.collect::<Vec<_>>()).unwrap();
        let v6 = KnownAddress { from: "2001:db8::".parse().unwrap(), ..known("bob", 0, 100) };
        let again = known("amy", 2, 101);
        store.commit(&[Write::KnowAddress(v6.clone()), Write::KnowAddress(again.clone())]).unwrap();
        let mut kept: Vec<_> = (3..more).map(|last| known("amy", last, i64::from(last))).collect();
        kept.extend([v6, again]);
        assert_eq!(store.load().unwrap().known_addresses, kept);
    });
}

#[test]
fn rooms_keep_their_settings() {
    on_both(|store| {
        let settings = Settings {
            flags: Flags::SECRET | Flags::MODERATED,
            key: Some("sesame".into()),
            limit: Some(7),
            forward: RoomName::new("#other").ok(),
        };
        let mask = |list, text: &str| Mask { list, text: text.into(), by: "amy".into(), at: UnixMs(5) };
        let (ban, except) = (mask(List::Ban, "bob!*@*"), mask(List::Except, "a:bob"));
        let founded = RoomRow { founder: Some(AccountId(1)), ..room(1, "#a") };
        store
            .commit(&[
                Write::CreateRoom(founded.clone()),
                Write::CreateRoom(room(2, "#gone")),
                Write::SetRoom { room: RoomId(1), settings: settings.clone() },
                Write::RenameRoom { room: RoomId(1), from: founded.name.clone(), name: RoomName::new("#b").unwrap() },
                Write::AddMask { room: RoomId(1), mask: ban.clone() },
                Write::AddMask { room: RoomId(1), mask: except.clone() },
                Write::AddMask { room: RoomId(2), mask: ban.clone() },
                Write::DeleteRoom(RoomId(2)),
            ])
            .unwrap();
        let snapshot = store.load().unwrap();
        let name = RoomName::new("#b").unwrap();
        assert_eq!(snapshot.rooms, [RoomRow { name, settings, ..founded }]);
        assert_eq!(snapshot.masks, [(RoomId(1), ban.clone()), (RoomId(1), except.clone())]);
        let gone = Write::RemoveMask { room: RoomId(1), list: List::Ban, text: ban.text };
        store.commit(&[gone, Write::CreateRoom(room(3, "#a"))]).unwrap();
        assert_eq!(store.load().unwrap().masks, [(RoomId(1), except)]);
    });
}

#[test]
fn a_record_comes_back_as_it_was() {
    on_both(|store| {
        let kinds = [
            RecordKind::Privmsg,
            RecordKind::Notice,
            RecordKind::Tagmsg,
            RecordKind::Join,
            RecordKind::Part,
            RecordKind::Quit,
            RecordKind::Topic,
            RecordKind::Kick,
            RecordKind::Mode,
        ];
        let writes: Vec<Write> =
            (1..).zip(kinds).map(|(number, kind)| happened(number, -5 + number.cast_signed(), ROOM, kind)).collect();
        store.commit(&writes).unwrap();
        let all = Query::History { place: ROOM, page: Page::Latest(None), limit: 100, events: true };
        let Answer::History(records) = store.query(&all) else { panic!() };
        assert_eq!(records.into_iter().map(Write::Record).collect::<Vec<_>>(), writes);
        assert_eq!(page(store, ROOM, Page::Latest(None), 100, false), [1, 2]);
        assert_eq!(page(store, Place::Room(RoomId(2)), Page::Latest(None), 100, true), [0; 0]);
    });
}

/// Ten messages in a room, numbered 10, 20 … 100, at times 1000, 1010 … but 50, 60, 70 share the time 1040; another
/// room's records and events lie between them.
fn ten(store: &mut dyn Store) {
    let mut writes = Vec::new();
    for step in 1..=10u64 {
        let at = match step {
            5..=7 => 1040,
            _ => 990 + 10 * step.cast_signed(),
        };
        writes.push(said(step * 10, at, ROOM));
        writes.push(said(step * 10 + 1, at, Place::Room(RoomId(2))));
        writes.push(happened(step * 10 + 2, at, ROOM, RecordKind::Join));
    }
    store.commit(&writes).unwrap();
}

#[test]
fn every_page_begins_and_ends_where_the_specification_says() {
    let table: &[(Page, u32, &[u64])] = &[
        (Page::Latest(None), 3, &[80, 90, 100]),
        (Page::Latest(None), 0, &[]),
        (Page::Latest(Some(seq(80))), 9, &[90, 100]),
        (Page::Latest(Some(seq(80))), 1, &[100]),
        (Page::Latest(Some(time(1080))), 9, &[100]),
        (Page::Latest(Some(seq(100))), 9, &[]),
        (Page::Before(seq(30)), 9, &[10, 20]),
        (Page::Before(seq(31)), 1, &[30]),
        (Page::Before(seq(60)), 2, &[40, 50]),
        (Page::Before(time(1040)), 2, &[30, 40]),
        (Page::Before(time(1041)), 4, &[40, 50, 60, 70]),
        (Page::Before(seq(10)), 9, &[]),
        (Page::After(seq(80)), 9, &[90, 100]),
        (Page::After(seq(50)), 2, &[60, 70]),
        (Page::After(time(1040)), 1, &[80]),
        (Page::After(time(1039)), 4, &[50, 60, 70, 80]),
        (Page::After(seq(1000)), 9, &[]),
        (Page::Between(seq(20), seq(60)), 9, &[30, 40, 50]),
        (Page::Between(seq(20), seq(60)), 2, &[30, 40]),
        (Page::Between(seq(60), seq(20)), 9, &[30, 40, 50]),
        (Page::Between(seq(60), seq(20)), 2, &[40, 50]),
        (Page::Between(seq(60), seq(60)), 9, &[]),
        (Page::Between(time(1010), time(1070)), 9, &[30, 40, 50, 60, 70]),
        (Page::Between(time(1070), time(1010)), 2, &[60, 70]),
        (Page::Between(time(1040), time(1040)), 9, &[]),
        (Page::Between(seq(50), time(1080)), 9, &[60, 70, 80]),
        (Page::Between(time(1080), seq(50)), 2, &[70, 80]),
        (Page::Between(time(1020), seq(70)), 9, &[40, 50, 60]),
        (Page::Between(seq(70), time(1020)), 1, &[60]),
        (Page::Between(seq(7777), time(1020)), 9, &[]),
        (Page::Around(seq(50)), 1, &[50]),
        (Page::Around(seq(50)), 3, &[40, 50, 60]),
        (Page::Around(seq(50)), 4, &[30, 40, 50, 60]),
        (Page::Around(seq(51)), 2, &[50, 60]),
        (Page::Around(seq(10)), 3, &[10, 20]),
        (Page::Around(time(1040)), 4, &[30, 40, 50, 60]),
        (Page::Around(time(1040)), 1, &[50]),
        (Page::Around(seq(100)), 3, &[90, 100]),
    ];
    on_both(|store| {
        ten(store);
        for (what, limit, want) in table {
            assert_eq!(page(store, ROOM, *what, *limit, false), *want, "{what:?} limit {limit}");
        }
    });
}

#[test]
fn events_count_only_where_they_are_asked_for() {
    on_both(|store| {
        ten(store);
        assert_eq!(page(store, ROOM, Page::After(seq(10)), 3, true), [12, 20, 22]);
        assert_eq!(page(store, ROOM, Page::Before(time(1040)), 3, true), [32, 40, 42]);
        assert_eq!(page(store, ROOM, Page::Around(seq(20)), 3, true), [12, 20, 22]);
    });
}

#[test]
fn paging_by_either_anchor_meets_every_record_once() {
    on_both(|store| {
        ten(store);
        let all = page(store, ROOM, Page::Latest(None), 100, false);
        let mut seen = page(store, ROOM, Page::Latest(None), 3, false);
        while let more @ [_, ..] = &page(store, ROOM, Page::Before(seq(seen[0])), 3, false)[..] {
            seen.splice(0..0, more.iter().copied());
        }
        assert_eq!(seen, all);
    });
}

/// Records with large tags, of which many fewer than the limit fit into an answer.
#[test]
fn an_answer_is_bounded_in_bytes_and_counted_from_the_same_end() {
    let heavy = |number: u64| match said(number, number.cast_signed(), ROOM) {
        Write::Record(record) => Write::Record(Record { tags: "x".repeat(4_000), ..record }),
        other => other,
    };
    on_both(|store| {
        store.commit(&(1..=400).map(heavy).collect::<Vec<_>>()).unwrap();
        index_all(store);
        let fits = (ANSWER_BYTES / (4_000 + LINE_BYTES + "text 400 é".len())) as u64;
        assert!((50..=150).contains(&fits), "{fits}");
        let all = |from, to| (from..=to).collect::<Vec<u64>>();
        assert_eq!(page(store, ROOM, Page::Latest(None), 200, false), all(401 - fits, 400));
        assert_eq!(page(store, ROOM, Page::After(seq(0)), 200, false), all(1, fits));
        assert_eq!(page(store, ROOM, Page::Before(seq(201)), 200, false), all(201 - fits, 200));
        let around = page(store, ROOM, Page::Around(seq(200)), 200, false);
        assert_eq!(around, all(200 - fits / 2, 199 + fits / 2));
        for (after, want) in [(None, all(401 - fits, 400)), (Some(UnixMs(0)), all(1, fits))] {
            let scope = Scope::Place(ROOM);
            let search = Search { scope, from: None, after, before: None, text: Some("text".into()), limit: 200 };
            let Answer::History(found) = store.query(&searching(search)) else { panic!() };
            assert_eq!(found.iter().map(|record| record.seq.0).collect::<Vec<_>>(), want);
        }
        // However large one is, there is a way past it.
        store
            .commit(&[Write::Record(Record {
                text: "x\n".repeat(1_000),
                ..match heavy(401) {
                    Write::Record(record) => record,
                    other => panic!("{other:?}"),
                }
            })])
            .unwrap();
        assert_eq!(page(store, ROOM, Page::Latest(None), 200, false), [401]);
    });
}

#[test]
fn a_clock_set_back_hides_nothing() {
    on_both(|store| {
        store.commit(&[said(1, 500, ROOM), said(2, 600, ROOM), said(3, 550, ROOM), said(4, 560, ROOM)]).unwrap();
        assert_eq!(page(store, ROOM, Page::Latest(None), 9, false), [1, 2, 3, 4]);
        assert_eq!(page(store, ROOM, Page::After(seq(2)), 9, false), [3, 4]);
        assert_eq!(page(store, ROOM, Page::After(time(555)), 9, false), [4, 2]);
        assert_eq!(page(store, ROOM, Page::Before(time(555)), 9, false), [1, 3]);
        assert_eq!(page(store, ROOM, Page::Between(seq(1), time(600)), 9, false), [3, 4]);
    });
}

#[test]
fn targets_are_those_whose_newest_message_is_in_between() {
    let direct = |a, b| Place::direct(AccountId(a), AccountId(b));
    let guest = |seq| Place::direct(AccountId(4), AccountId::guest(Seq(seq)));
    on_both(|store| {
        store
            .commit(&[
                said(1, 100, ROOM),
                said(2, 200, direct(9, 4)),
                said(3, 300, direct(4, 4)),
                said(4, 400, direct(7, 8)),
                said(5, 500, Place::Room(RoomId(2))),
                said(6, 600, ROOM),
                happened(7, 450, direct(4, 5), RecordKind::Tagmsg),
                said(8, 300, direct(4, 6)),
                said(9, 1700, guest(9)),
                said(10, 1800, guest(10)),
            ])
            .unwrap();
        let ask = |rooms: &[u64], from, to, limit| {
            let rooms = rooms.iter().copied().map(RoomId).collect();
            let (from, to) = (UnixMs(from), UnixMs(to));
            let guests = vec![AccountId::guest(Seq(9))];
            match store.query(&Query::Targets { account: AccountId(4), rooms, guests, from, to, limit }) {
                Answer::Targets(found) => found,
                other => panic!("{other:?}"),
            }
        };
        let (nine, notes, six) = (direct(4, 9), direct(4, 4), direct(4, 6));
        let both = [(nine, UnixMs(200)), (notes, UnixMs(300)), (six, UnixMs(300)), (ROOM, UnixMs(600))];
        assert_eq!(ask(&[1], 0, 1000, 10), both);
        assert_eq!(ask(&[1], 1000, 0, 10), both);
        assert_eq!(ask(&[1], 0, 1000, 1), both[..1]);
        assert_eq!(ask(&[1], 1000, 0, 1), both[3..]);
        assert_eq!(
            ask(&[1], 0, 600, 10),
            both[..3],
            "neither end is included, and what was said before does not count"
        );
        assert_eq!(ask(&[], 200, 1000, 10), [(notes, UnixMs(300)), (six, UnixMs(300))]);
        // Of equal times as many as fit, always the same ones.
        assert_eq!(ask(&[1], 0, 1000, 2), both[..2]);
        assert_eq!(ask(&[1], 200, 1000, 2), both[1..3]);
        assert_eq!(ask(&[1], 1000, 0, 2), both[2..]);
        assert_eq!(ask(&[1], 600, 0, 2), both[1..3]);
        assert_eq!(ask(&[1], 600, 0, 1), both[2..3]);
        assert_eq!(ask(&[1], 200, 1000, 1), both[1..2]);
        assert_eq!(ask(&[1], 2000, 0, 1), [(guest(9), UnixMs(1700))], "a guest who is gone takes no place");
    });
}

#[test]
fn a_place_is_never_given_twice_though_its_record_is_gone() {
    on_both(|store| {
        store.commit(&[said(1, 100, ROOM), said(2, 200, ROOM), said(3, 300, ROOM)]).unwrap();
        assert!(matches!(store.query(&Query::Record(Seq(3))), Answer::Record(Some(record)) if record.place == ROOM));
        store.commit(&[Write::Redact(Seq(3)), Write::Redact(Seq(9))]).unwrap();
        assert_eq!(store.query(&Query::Record(Seq(3))), Answer::Record(None));
        assert_eq!(page(store, ROOM, Page::Latest(None), 9, false), [1, 2]);
        let snapshot = store.load().unwrap();
        assert_eq!((snapshot.last_seq, snapshot.last_time), (3, Some(UnixMs(200))));
    });
}

#[test]
fn a_page_tells_what_was_taken_back_where_it_covers_it() {
    let taken_back = |number, at| happened(number, at, ROOM, RecordKind::Redact);
    on_both(|store| {
        let said = [1, 2, 4, 6, 7].map(|number| said(number, number.cast_signed() * 100, ROOM));
        store.commit(&said).unwrap();
        store.commit(&[Write::Redact(Seq(2)), taken_back(8, 800), Write::Redact(Seq(6)), taken_back(9, 800)]).unwrap();
        store
            .commit(&[happened(10, 900, ROOM, RecordKind::Join), happened(11, 950, ROOM, RecordKind::Privmsg)])
            .unwrap();
        store.commit(&[taken_back(12, 950)]).unwrap();
        for (part, limit, want) in [
            (Page::Latest(None), 9, &[1, 4, 7, 8, 9, 11, 12][..]),
            (Page::Latest(None), 2, &[7, 8, 9, 11, 12]),
            (Page::Latest(None), 1, &[11, 12]),
            (Page::After(seq(4)), 1, &[7]),
            (Page::After(seq(7)), 1, &[8, 9, 11]),
            (Page::After(seq(11)), 1, &[12]),
            (Page::After(time(800)), 9, &[11, 12]),
            (Page::After(time(799)), 9, &[8, 9, 11, 12]),
            (Page::Before(seq(7)), 2, &[1, 4]),
            (Page::Around(seq(7)), 2, &[4, 7]),
        ] {
            assert_eq!(page(store, ROOM, part, limit, false), want, "{part:?} {limit}");
        }
        assert_eq!(
            page(store, ROOM, Page::Latest(None), 2, true),
            [10, 11, 12],
            "an event counts, a redaction does not"
        );
    });
}

#[test]
fn what_is_too_old_or_too_much_is_forgotten() {
    on_both(|store| {
        store.commit(&[said(1, 100, ROOM), said(2, 300, ROOM), said(3, 200, ROOM), said(4, 400, ROOM)]).unwrap();
        store.commit(&[Write::Forget { before: None, upto: None }]).unwrap();
        assert_eq!(page(store, ROOM, Page::Latest(None), 9, false), [1, 2, 3, 4]);
        store.commit(&[Write::Forget { before: Some(UnixMs(300)), upto: None }]).unwrap();
        assert_eq!(page(store, ROOM, Page::Latest(None), 9, false), [2, 4]);
        store.commit(&[Write::Forget { before: None, upto: Some(Seq(4)) }]).unwrap();
        assert_eq!(page(store, ROOM, Page::Latest(None), 9, false), [0; 0]);
        assert_eq!(store.load().unwrap().last_seq, 4);
    });
}

#[test]
fn a_read_marker_is_the_last_one() {
    on_both(|store| {
        let mark = |at| Write::Mark { account: AccountId(1), target: "#a".into(), at: UnixMs(at) };
        store.commit(&[mark(5), mark(7)]).unwrap();
        assert_eq!(store.load().unwrap().markers, [(AccountId(1), "#a".to_owned(), UnixMs(7))]);

        // It follows a room to its new name, where it takes the place of what was read under that name before.
        let name = |text| RoomName::new(text).unwrap();
        let other =
            |account, target: &str| Write::Mark { account: AccountId(account), target: target.into(), at: UnixMs(9) };
        store.commit(&[other(1, "#b"), other(2, "#b"), other(2, "#c"), Write::CreateRoom(room(1, "#A"))]).unwrap();
        let rename = |from, to| Write::RenameRoom { room: RoomId(1), from: name(from), name: name(to) };
        store.commit(&[rename("#A", "#B"), rename("#B", "#b")]).unwrap();
        let kept = [(AccountId(1), "#b".to_owned(), UnixMs(7)), (AccountId(2), "#c".to_owned(), UnixMs(9))];
        assert_eq!(store.load().unwrap().markers, kept);
    });
}

#[test]
fn bans_and_deeds_come_back_as_they_were() {
    let ban = |id, target: &str, until: Option<i64>| Ban {
        id: BanId(id),
        target: target.parse().unwrap(),
        reason: "spam: a lot".into(),
        by: "the console".into(),
        at: UnixMs(7),
        until: until.map(UnixMs),
    };
    let deed = |number: usize| Deed { at: UnixMs(5), by: "amy".into(), what: format!("did {number}") };
    on_both(|store| {
        let made = [ban(1, "amy", None), ban(2, "10.0.0.0/8", Some(99)), ban(3, "*!*@10.*", None)];
        store.commit(&made.clone().map(Write::AddBan)).unwrap();
        store.commit(&[Write::RemoveBan(BanId(1))]).unwrap();
        let deeds: Vec<Deed> = (0..=DEEDS_TOLD).map(deed).collect();
        store.commit(&deeds.iter().cloned().map(Write::Deed).collect::<Vec<_>>()).unwrap();
        let snapshot = store.load().unwrap();
        assert_eq!(snapshot.bans, made[1..]);
        assert_eq!(snapshot.deeds, deeds[1..]);
    });
}

#[test]
fn metadata_is_the_last_value_and_goes_with_its_room() {
    on_both(|store| {
        let set = |subject, value: Option<&str>| Write::SetMetadata {
            subject,
            key: "k".into(),
            value: value.map(str::to_owned),
        };
        let (amy, first, second) = (Subject::Account(AccountId(1)), Subject::Room(RoomId(1)), Subject::Room(RoomId(2)));
        store.commit(&[set(amy, Some("a")), set(first, Some("")), set(second, Some("c"))]).unwrap();
        store.commit(&[set(amy, Some("b")), Write::DeleteRoom(RoomId(2))]).unwrap();
        let mut kept = store.load().unwrap().metadata;
        kept.sort();
        assert_eq!(kept, [(amy, "k".into(), "b".into()), (first, "k".into(), String::new())]);
        store.commit(&[set(amy, None), set(amy, None)]).unwrap();
        assert_eq!(store.load().unwrap().metadata.len(), 1);
    });
}

fn stamp(account: u64, nonce: &str, seq: u64, at: i64) -> Write {
    Write::Nonce(NonceRow { account: AccountId(account), nonce: nonce.into(), seq: Seq(seq), at: UnixMs(at) })
}

#[test]
fn a_stamp_is_found_by_account_and_nonce_though_its_record_is_gone() {
    on_both(|store| {
        let find = |store: &dyn Store, account, nonce: &str| match store
            .query(&Query::Nonce { account: AccountId(account), nonce: nonce.into() })
        {
            Answer::Nonce(found) => found,
            other => panic!("{other:?}"),
        };
        store.commit(&[said(1, 100, ROOM), stamp(1, "x", 1, 100), Write::Redact(Seq(1))]).unwrap();
        assert_eq!(find(store, 1, "x"), Some((Seq(1), UnixMs(100))));
        assert_eq!(find(store, 2, "x"), None);
        assert_eq!(store.load().unwrap().nonces.newest.len(), 1);

        let later = 100 + NONCES_KEPT_FOR + 1;
        store.commit(&[stamp(1, "y", NONCES_KEPT, later)]).unwrap();
        assert!(find(store, 1, "x").is_some(), "the newest ten thousand stay whatever the clock says");
        store.commit(&[stamp(1, "z", NONCES_KEPT + 1, later - 1)]).unwrap();
        assert!(find(store, 1, "x").is_some(), "a week is not over");
        store.commit(&[stamp(1, "w", NONCES_KEPT + 2, later)]).unwrap();
        assert_eq!(find(store, 1, "x"), None);
        assert!(find(store, 1, "y").is_some());
    });
}

#[test]
fn searching_finds_parts_of_words_in_every_script() {
    let direct = Place::direct(AccountId(4), AccountId(9));
    let say = |seq: u64, place, source: &str, text: &str| {
        Write::Record(Record {
            seq: Seq(seq),
            at: UnixMs(seq.cast_signed() * 10),
            place,
            source: format!("{source}!x@h"),
            account: None,
            kind: RecordKind::Privmsg,
            tags: String::new(),
            text: text.into(),
        })
    };
    let all = || Scope::All { account: AccountId(4), rooms: vec![RoomId(1)] };
    let want = |text: &str| Search {
        scope: all(),
        from: None,
        after: None,
        before: None,
        text: Some(text.to_owned()),
        limit: 10,
    };
    on_both(|store| {
        let other = Place::direct(AccountId(8), AccountId(9));
        store
            .commit(&[
                say(1, ROOM, "amy", "The Quick brown fox"),
                say(2, ROOM, "bob", "quickly, said \"one\" 100% fox_trot"),
                say(3, Place::Room(RoomId(2)), "amy", "quick elsewhere"),
                say(4, direct, "amy", "明日は東京に行きます"),
                say(5, other, "amy", "quick secret 東京"),
                say(6, ROOM, "Amy", "two par\rts\nand a line"),
                happened(7, 70, ROOM, RecordKind::Topic),
            ])
            .unwrap();
        let mut beside = store.searcher().unwrap();
        let mut find = |store: &dyn Store, search: Search| {
            let answer = store.query(&searching(search.clone()));
            if let Some(beside) = &mut beside {
                assert_eq!(beside.search(Box::new(search), &Arc::default()), answer, "the second way is the same");
            }
            match answer {
                Answer::History(records) => records.iter().map(|record| record.seq.0).collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            }
        };
        let table: &[(&str, &[u64])] = &[
            ("quick", &[1, 2]),
            ("UICK", &[1, 2]),
            ("東京", &[4]),
            ("東京に行", &[4]),
            ("said \"one\"", &[2]),
            ("100%", &[2]),
            ("_t", &[2]),
            ("x_", &[2]),
            ("parts", &[6]),
            ("nothing", &[]),
            ("text 7", &[]),
            ("fox OR two", &[]),
        ];
        for round in ["before the index knows it", "when it knows everything", "when it does not know the last"] {
            for (text, seqs) in table {
                assert_eq!(find(store, want(text)), *seqs, "{text}, {round}");
            }
            assert_eq!(find(store, Search { limit: 1, ..want("quick") }), [2], "the newest, {round}");
            let later = Search { limit: 1, after: Some(UnixMs(0)), ..want("quick") };
            assert_eq!(find(store, later), [1], "the oldest, {round}");
            index_all(store);
            if round.starts_with("when it knows") {
                store.commit(&[say(8, other, "amy", "quick secret")]).unwrap();
            }
        }
        assert_eq!(find(store, Search { from: Some("AMY".into()), ..want("o") }), [1, 6]);
        assert_eq!(find(store, Search { text: None, limit: 2, ..want("") }), [4, 6], "the newest");
        assert_eq!(find(store, Search { text: None, limit: 2, after: Some(UnixMs(20)), ..want("") }), [2, 4]);
        assert_eq!(find(store, Search { before: Some(UnixMs(10)), ..want("quick") }), [1]);
        assert_eq!(find(store, Search { scope: Scope::Place(direct), text: None, ..want("") }), [4]);
        store.commit(&[Write::Redact(Seq(1)), Write::Forget { before: None, upto: Some(Seq(2)) }]).unwrap();
        assert_eq!(find(store, want("quick")), [0; 0], "what is gone is not found");
        assert_eq!(find(store, want("parts")), [6]);
        store.commit(&[say(9, ROOM, "amy", "quick"), say(10, ROOM, "amy", "quicker"), Write::Redact(Seq(9))]).unwrap();
        index_all(store);
        assert_eq!(find(store, want("quick")), [10], "what was gone before the index knew of it");
    });
}

/// Somebody talks of tea all the time and of rare things now and then, in two rooms, while the clock is set back twice.
#[test]
fn searching_between_two_times_finds_the_same_however_the_clock_ran() {
    const ALL: u64 = 3_000;
    let time = |seq: u64| match seq {
        800..1_000 | 2_200.. => UnixMs(10 * seq.cast_signed() - 6_000),
        _ => UnixMs(10 * seq.cast_signed()),
    };
    let (other, both) = (Place::Room(RoomId(2)), vec![RoomId(1), RoomId(2)]);
    let say = |seq: u64| {
        let text = if seq.is_multiple_of(97) {
            "a rare tea"
        } else if seq.is_multiple_of(3) {
            "tea"
        } else {
            "words"
        };
        let place = if seq.is_multiple_of(4) { other } else { ROOM };
        let Write::Record(record) = said(seq, time(seq).0, place) else { panic!() };
        Record { text: text.into(), ..record }
    };
    let records: Vec<Record> = (1..=ALL).map(say).collect();
    let times = [None, Some(0), Some(2_560), Some(7_990), Some(9_000), Some(20_000), Some(40_000)];
    let check = |store: &dyn Store, scope: &Scope, text: &str, round: u64| {
        for (after, before) in
            times.iter().flat_map(|after| times.map(|before| (after.map(UnixMs), before.map(UnixMs))))
        {
            for limit in [5, 10_000] {
                let within = |record: &&Record| match scope {
                    Scope::Place(place) => record.place == *place,
                    Scope::All { .. } => true,
                };
                let fits = |record: &&Record| {
                    record.text.contains(text)
                        && after.is_none_or(|after| record.at >= after)
                        && before.is_none_or(|before| record.at <= before)
                };
                let mut want: Vec<Seq> = records.iter().filter(within).filter(fits).map(|record| record.seq).collect();
                match after {
                    Some(_) => want.truncate(limit),
                    None => drop(want.drain(..want.len().saturating_sub(limit))),
                }
                let (scope, limit, text) = (scope.clone(), limit as u32, Some(text.into()));
                let search = Search { scope, from: None, after, before, text, limit };
                let Answer::History(found) = store.query(&searching(search.clone())) else { panic!() };
                let found: Vec<Seq> = found.into_iter().map(|record| record.seq).collect();
                assert_eq!(found, want, "{search:?}, {round} are not in the index");
            }
        }
    };
    on_both(|store| {
        store.commit(&records.iter().cloned().map(Write::Record).collect::<Vec<_>>()).unwrap();
        for behind in [ALL, ALL / 2, 0] {
            while store.behind() > behind {
                store.catch_up().unwrap();
            }
            for scope in [Scope::Place(ROOM), Scope::All { account: AccountId(1), rooms: both.clone() }] {
                check(store, &scope, "tea", behind);
                check(store, &scope, "rare", behind);
            }
        }
        // What is forgotten takes what is known of its times along, and nothing else.
        store.commit(&[Write::Forget { before: None, upto: Some(Seq(1_500)) }]).unwrap();
        let search = Search {
            scope: Scope::Place(other),
            from: None,
            after: None,
            before: Some(time(1_600)),
            text: Some("tea".into()),
            limit: 1,
        };
        let Answer::History(found) = store.query(&searching(search)) else { panic!() };
        assert_eq!(found.len(), 1);
    });
}

fn index_all(store: &mut dyn Store) {
    while store.behind() > 0 {
        store.catch_up().unwrap();
    }
}
