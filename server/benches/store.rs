//! The store with a million records: pages, searches, starts, and commits while a backup is made or somebody searches.
//!
//!     cargo bench -p klatch-server --bench store
//!
//! makes a database of 1,000,000 records in 50 rooms (`KLATCH_RECORDS` for another number), some hundred megabytes in the
//! system's folder for temporary files (kept as, and taken from, the file that `KLATCH_MADE` names), and prints what each thing took: the median, and the 99th of a hundred. The
//! figures to beat: a page in 2 ms, a search in 50 ms, a start in 300 ms.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use klatch_protocol::{AccountName, RoomName, UnixMs};
use klatch_server::{
    hub::io::{
        AccountId, AccountRow, Anchor, Answer, Asker, Input, NonceRow, Page, Place, Query, Rank, Record, RecordKind,
        RoomId, RoomRow, Scope, Search, Seq, Ticket, Write,
    },
    store::{ANSWERS_WAITING, Existing, Sqlite, Store as _, StoreWorker},
};
use tokio::sync::mpsc;

const ROOMS: u64 = 50;
const ACCOUNTS: u64 = 200;
/// Records of one commit while the database is made.
const BURST: u64 = 5_000;
/// How often each thing is measured.
const TIMES: u64 = 200;

fn main() {
    let records = std::env::var("KLATCH_RECORDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let made = std::env::var_os("KLATCH_MADE").map_or(folder.path().join("made.db"), PathBuf::from);
    if !made.exists() {
        let begin = Instant::now();
        fill(&mut Sqlite::open(&made, 7, "CODE").expect("a database can be made"), records);
        println!("{records} records were made in {:.1} s, {} MB", begin.elapsed().as_secs_f64(), megabytes(&made));
    }
    let path = folder.path().join("klatch.db");
    std::fs::copy(&made, &path).expect("there is space");
    let mut store = Sqlite::open(&path, 7, "CODE").expect("the database is in order");

    println!("{:<46}{:>10}{:>10}", "milliseconds", "median", "99 %");
    pages(&store, records);
    searches(&store, records);
    commits(&mut store, records, &path, folder.path());
    drop(store);
    beside_searches(&path);
    starts(&path, folder.path());
}

/// Numbers that look like chance and are the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// A sentence of words of which some are common and most are rare.
    fn sentence(&mut self) -> String {
        let length = 3 + self.below(10);
        let words: Vec<String> = (0..length)
            .map(|_| {
                let reach = 1 << (4 + self.below(12));
                spell(self.below(reach))
            })
            .collect();
        words.join(" ")
    }
}

/// The word with this number: the lower, the more common.
fn spell(mut number: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ka", "lo", "mi", "ser", "tun", "ve", "dra", "ni", "pol", "qua", "ri", "sto", "ume", "wen", "yo", "ze"];
    let mut word = String::new();
    loop {
        word.push_str(SYLLABLES[(number % 16) as usize]);
        number /= 16;
        if number == 0 {
            return word;
        }
    }
}

fn room(number: u64) -> Place {
    Place::Room(RoomId(1 + number % ROOMS))
}

fn record(seq: u64, chance: &mut Chance) -> Record {
    let author = 1 + chance.below(ACCOUNTS);
    let name = AccountName::new(&format!("person{author}")).expect("a plain name");
    let place = match chance.below(10) {
        0 => Place::direct(AccountId(author), AccountId(1 + chance.below(ACCOUNTS))),
        _ => room(chance.below(ROOMS)),
    };
    Record {
        seq: Seq(seq),
        at: time(seq),
        place,
        source: format!("{name}!{name}@host.example"),
        account: Some(name),
        kind: if chance.below(10) == 0 { RecordKind::Join } else { RecordKind::Privmsg },
        tags: String::new(),
        text: chance.sentence(),
    }
}

/// Half a second between two records.
fn time(seq: u64) -> UnixMs {
    UnixMs(1_700_000_000_000 + (seq * 500).cast_signed())
}

fn fill(store: &mut Sqlite, records: u64) {
    let mut chance = Chance(1);
    let mut writes: Vec<Write> = (1..=ACCOUNTS).map(account).collect();
    writes.extend((1..=ROOMS).map(|number| {
        let name = RoomName::new(&format!("#room{number}")).expect("a plain name");
        Write::CreateRoom(RoomRow::new(RoomId(number), name, UnixMs(1)))
    }));
    for seq in 1..=records {
        let record = record(seq, &mut chance);
        let stamp = stamp(&record);
        writes.extend([Write::Record(record), stamp]);
        if seq % BURST == 0 || seq == records {
            store.commit(&std::mem::take(&mut writes)).expect("there is space");
            // As it is when people have been quiet for a while.
            while store.behind() > 0 {
                store.catch_up().expect("there is space");
            }
        }
    }
}

fn account(number: u64) -> Write {
    let name = format!("person{number}");
    Write::CreateAccount(AccountRow {
        id: AccountId(number),
        name: AccountName::new(&name).expect("a plain name"),
        display: name,
        hash: "x".into(),
        rank: Rank::Member,
        created: UnixMs(1),
        seen: None,
    })
}

fn stamp(record: &Record) -> Write {
    let author = record.account.as_ref().and_then(|name| name.as_str().strip_prefix("person")?.parse().ok());
    let nonce = format!("{:016x}", record.seq.0.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    Write::Nonce(NonceRow { account: AccountId(author.unwrap_or(1)), nonce, seq: record.seq, at: record.at })
}

fn pages(store: &Sqlite, records: u64) {
    let mut chance = Chance(2);
    let mut measure = |what: &str, page: fn(Seq) -> Page, events| {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let (place, page) = (room(chance.below(ROOMS)), page(Seq(1 + chance.below(records))));
            times.push(asked(store, &Query::History { place, page, limit: 100, events }));
        }
        print_times(what, times);
    };
    measure("LATEST, 100 records", |_| Page::Latest(None), false);
    measure("BEFORE a message", |seq| Page::Before(Anchor::Seq(seq)), false);
    measure("AFTER a message", |seq| Page::After(Anchor::Seq(seq)), false);
    measure("BEFORE a time", |seq| Page::Before(Anchor::Time(time(seq.0))), false);
    measure("AFTER a time, with events", |seq| Page::After(Anchor::Time(time(seq.0))), true);
    measure("AROUND a message", |seq| Page::Around(Anchor::Seq(seq)), false);
}

fn searches(store: &Sqlite, records: u64) {
    let all = || Scope::All { account: AccountId(1), rooms: (1..=ROOMS).map(RoomId).collect() };
    let one = || Scope::Place(room(3));
    let plain = |scope, text: &str| Search {
        scope,
        from: None,
        after: None,
        before: None,
        text: Some(text.into()),
        limit: 100,
    };
    let (rare, common, every) = (spell(60_000), spell(300), spell(3));
    let by = |search: Search| Search { from: Some("person7".into()), ..search };
    let old = |search: Search| Search { before: Some(time(records / 10)), ..search };
    for (what, search) in [
        ("a rare word, everywhere", plain(all(), &rare)),
        ("a rare word, in one room", plain(one(), &rare)),
        ("a common word, everywhere", plain(all(), &common)),
        ("a common word, in one room", plain(one(), &common)),
        ("a syllable of most messages, everywhere", plain(all(), &every)),
        ("a syllable of most messages, in one room", plain(one(), &every)),
        ("the same, said by one person", by(plain(all(), &every))),
        ("the same, in the oldest tenth", old(plain(all(), &every))),
        ("the same, in one room in the oldest tenth", old(plain(one(), &every))),
        ("a common word, in the oldest tenth", old(plain(all(), &common))),
        ("two common words, everywhere", plain(all(), &format!("{} {}", spell(2), spell(5)))),
        ("two characters", plain(all(), "ka")),
        ("what is not there", plain(all(), "nothing like this")),
    ] {
        let query = query(search);
        print_times(&format!("search: {what}"), (0..TIMES / 10).map(|_| asked(store, &query)).collect());
    }
}

fn asked(store: &Sqlite, query: &Query) -> Duration {
    let begin = Instant::now();
    let answer = store.query(query);
    let took = begin.elapsed();
    assert!(!matches!(answer, Answer::Failed(_)), "{answer:?}");
    took
}

/// How long commits of one message take, alone and while backups are made.
fn commits(store: &mut Sqlite, records: u64, path: &Path, folder: &Path) {
    let mut chance = Chance(3);
    let mut next = records;
    let mut say = |messages: usize| {
        let mut writes = Vec::new();
        for _ in 0..messages {
            next += 1;
            let record = record(next, &mut chance);
            let stamp = stamp(&record);
            writes.extend([Write::Record(record), stamp]);
        }
        let begin = Instant::now();
        store.commit(&writes).expect("there is space");
        begin.elapsed()
    };
    print_times("a commit", (0..TIMES * 5).map(|_| say(1)).collect());
    print_times("a commit of 1,000 messages", (0..TIMES / 4).map(|_| say(1_000)).collect());
    // What a killed server leaves: the files as they are while it runs.
    let killed = folder.join("killed");
    std::fs::create_dir(&killed).expect("a folder can be made");
    for name in ["klatch.db", "klatch.db-wal", "klatch.db-open"] {
        std::fs::copy(folder.join(name), killed.join(name)).expect("there is space");
    }
    let made = Arc::new(AtomicBool::new(false));
    let backup = std::thread::spawn({
        let (made, path, target) = (made.clone(), path.to_owned(), folder.join("backup.db"));
        move || {
            let begin = Instant::now();
            let size = Sqlite::backup(&path, &target, Existing::Keep, &Arc::default()).expect("there is space");
            made.store(true, Ordering::Relaxed);
            (begin.elapsed(), size)
        }
    });
    let mut meanwhile = Vec::new();
    while !made.load(Ordering::Relaxed) {
        meanwhile.push(say(1));
    }
    let (took, size) = backup.join().expect("a backup is made");
    print_times(&format!("a commit while a backup is made ({})", meanwhile.len()), meanwhile);
    println!("{:<46}{:>10.0}", format!("the backup ({} MB)", size >> 20), took.as_secs_f64() * 1000.0);
}

/// How long commits and pages take while somebody searches without a pause: on the store's own thread, as engines without a
/// second way do it, and beside it.
fn beside_searches(path: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be made");
    for (beside, what) in [(false, "on the same thread"), (true, "beside")] {
        let store = Sqlite::open(path, 7, "CODE").expect("the database is in order");
        let mut next = store.load().expect("all can be read").last_seq;
        let searcher = beside.then(|| store.searcher().expect("it can be read twice")).flatten();
        let (answers, mut answered) = mpsc::channel(ANSWERS_WAITING);
        let mut worker = StoreWorker::start(Box::new(store), searcher, answers).expect("there are threads");
        let mut chance = Chance(4);
        let (mut times, mut searches) = ([Vec::new(), Vec::new()], 0);
        runtime.block_on(async {
            worker.ask(Ticket(0), slow_search());
            for _ in 0..TIMES {
                next += 1;
                let record = record(next, &mut chance);
                let stamp = stamp(&record);
                let begin = Instant::now();
                worker.commit(vec![Write::Record(record), stamp]).await.expect("there is space");
                times[0].push(begin.elapsed());
                let begin = Instant::now();
                let (place, page) = (room(next), Page::Latest(None));
                worker.ask(Ticket(1), Query::History { place, page, limit: 100, events: false });
                while let Some(Input::Answer { ticket, answer }) = answered.recv().await {
                    assert!(!matches!(answer, Answer::Failed(_)), "{answer:?}");
                    worker.answered();
                    if ticket == Ticket(1) {
                        break;
                    }
                    searches += 1;
                    worker.ask(Ticket(0), slow_search());
                }
                times[1].push(begin.elapsed());
            }
            worker.close().await;
        });
        for (kind, times) in ["a commit", "a page"].into_iter().zip(times) {
            print_times(&format!("{kind} with {searches} searches {what}"), times);
        }
    }
}

/// All records have to be looked at.
fn slow_search() -> Query {
    let scope = Scope::All { account: AccountId(ACCOUNTS + 1), rooms: Vec::new() };
    let text = Some(spell(300));
    query(Search { scope, from: None, after: None, before: None, text, limit: 100 })
}

fn query(search: Search) -> Query {
    Query::Search { by: Asker::Account(AccountId(1)), search: Box::new(search) }
}

/// How long it takes from nothing to all that a server has to know.
fn starts(path: &Path, folder: &Path) {
    let start = |path: &Path| {
        let begin = Instant::now();
        let store = Sqlite::open(path, 7, "CODE").expect("the database is in order");
        store.load().expect("all can be read");
        begin.elapsed()
    };
    let after_kill = start(&folder.join("killed/klatch.db"));
    print_times("a start", (0..10).map(|_| start(path)).collect());
    println!("{:<46}{:>10.1}", "a start after a kill", after_kill.as_secs_f64() * 1000.0);
    let begin = Instant::now();
    Sqlite::check(path, &Arc::default()).expect("the database is in order");
    println!("{:<46}{:>10.0}", "the check beside", begin.elapsed().as_secs_f64() * 1000.0);
}

fn print_times(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1)));
    let milliseconds = |part| at(part).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0);
    println!("{what:<46}{:>10.2}{:>10.2}", milliseconds(50), milliseconds(99));
}

fn megabytes(path: &Path) -> u64 {
    path.metadata().map_or(0, |file| file.len() >> 20)
}
