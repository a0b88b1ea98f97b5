//! What is on the disk, read with SQLite and without klatchd.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use rusqlite::{Connection, OpenFlags};

use crate::checks::Truth;

/// What was said where: the smaller and the larger end, the id, the words.
type Said = (i64, i64, String, String);

/// Everything that was said.
pub(crate) fn read(file: &Path) -> Truth {
    truth(&Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the database can be opened"))
}

/// Everything that was said, after somebody has tampered with a copy.
pub(crate) fn forged(file: &Path, tampering: &str) -> Truth {
    let mut copy = Connection::open_in_memory().expect("there is memory");
    let db = Connection::open(file).expect("the database can be opened");
    let backup = rusqlite::backup::Backup::new(&db, &mut copy).expect("a copy can be made");
    backup.step(-1).expect("a copy can be made");
    drop(backup);
    let changed = copy.execute(tampering, []).expect("the copy can be changed");
    assert_eq!(changed, 1, "{tampering}");
    truth(&copy)
}

fn truth(db: &Connection) -> Truth {
    let names =
        |sql| -> BTreeMap<i64, String> { rows(db, sql, |row| Ok((row.get(0)?, row.get(1)?))).into_iter().collect() };
    let (accounts, rooms) = (names("SELECT id, name FROM account"), names("SELECT id, name FROM room"));
    let epoch: u32 = db.query_row("SELECT epoch FROM store", [], |row| row.get(0)).expect("there is a store");
    let said: Vec<Said> = rows(db, "SELECT low, high, seq, text FROM record WHERE kind <= 1 ORDER BY seq", |row| {
        Ok((row.get(0)?, row.get(1)?, format!("{epoch:08x}{}", row.get::<_, i64>(2)?), row.get(3)?))
    });
    let empty = rooms.values().map(|name| (name.clone(), Vec::new())).collect();
    let mut truth = Truth {
        rooms: empty,
        direct: BTreeMap::new(),
        markers: BTreeMap::new(),
        redacted: BTreeSet::new(),
        all: BTreeMap::new(),
    };
    for (low, high, id, text) in said {
        truth.all.insert(id.clone(), text.clone());
        if low == 0 {
            truth.rooms.entry(rooms[&high].clone()).or_default().push((id, text));
            continue;
        }
        let (one, other) = (accounts[&low].clone(), accounts[&high].clone());
        for sides in [(one.clone(), other.clone()), (other, one)] {
            truth.direct.entry(sides).or_default().push((id.clone(), text.clone()));
        }
    }
    truth
}

/// What is wrong with the file itself: damage, a message that lost its stamp, a stamp on two messages.
pub(crate) fn damage(file: &Path) -> Vec<String> {
    let db = Connection::open(file).expect("the database can be opened");
    let texts = |sql| rows(&db, sql, |row| row.get::<_, String>(0));
    let mut found = texts("PRAGMA integrity_check");
    found.retain(|verdict| verdict != "ok");
    found.extend(texts(
        "SELECT 'no stamp: ' || text FROM record WHERE kind <= 1 AND seq NOT IN (SELECT seq FROM nonce)",
    ));
    found.extend(texts("SELECT 'no message: ' || nonce FROM nonce WHERE seq NOT IN (SELECT seq FROM record)"));
    found.extend(texts(
        "SELECT 'said twice: ' || min(text) FROM record WHERE kind <= 1 GROUP BY account, tags HAVING count(*) > 1",
    ));
    found
}

fn rows<T>(db: &Connection, sql: &str, read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
    let mut statement = db.prepare(sql).expect("the question is right");
    let found = statement.query_map([], read).expect("the database answers");
    found.collect::<Result<_, _>>().expect("the database answers")
}
