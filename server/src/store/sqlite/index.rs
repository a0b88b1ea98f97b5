//! The index of trigrams, which follows behind what is kept: how far it is, how it goes on, and which part of it is about
//! what time.

use klatch_protocol::UnixMs;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::rows::{int, number, run};
use crate::{
    hub::io::{Seq, Write},
    store::INDEXED_AT_ONCE,
};

/// How many places share a row of the table `period`; the schema's number.
const PERIOD: u64 = 256;

/// How far the index is.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The last record that it knows.
    indexed: u64,
    /// The last record there is.
    last: u64,
}

impl Index {
    /// As the database says.
    pub(super) fn of(db: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT indexed, coalesce((SELECT max(seq) FROM record), 0) FROM store";
        db.query_row(sql, [], |row| Ok(Index { indexed: number(row, 0)?, last: number(row, 1)? }))
    }

    /// These were committed.
    pub(super) fn wrote(&mut self, writes: &[Write]) {
        let records = writes.iter().filter_map(|write| match write {
            Write::Record(record) => Some(record.seq),
            _ => None,
        });
        self.last = records.max().map_or(self.last, |Seq(last)| self.last.max(last));
    }

    /// How many places it is behind.
    pub(super) fn behind(&self) -> u64 {
        self.last.saturating_sub(self.indexed)
    }

    /// Lets it know at most [`INDEXED_AT_ONCE`] places more, as a whole or not at all.
    pub(super) fn go_on(&mut self, db: &mut Connection) -> rusqlite::Result<()> {
        let upto = self.last.min(self.indexed + INDEXED_AT_ONCE);
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // The view shows what the index is told to know, so that comes first.
        run(&transaction, "UPDATE store SET indexed = ?1", params![int(upto)])?;
        let sql = "INSERT INTO speech (rowid, text) SELECT seq, text FROM spoken WHERE seq > ?1 ORDER BY seq";
        run(&transaction, sql, params![int(self.indexed)])?;
        let sql = "INSERT INTO period (number, earliest, latest)
                   SELECT seq / ?3, min(at), max(at) FROM record WHERE kind <= 1 AND seq > ?1 AND seq <= ?2 GROUP BY seq / ?3
                   ON CONFLICT (number) DO UPDATE SET earliest = min(earliest, excluded.earliest),
                                                      latest = max(latest, excluded.latest)";
        run(&transaction, sql, params![int(self.indexed), int(upto), int(PERIOD)])?;
        transaction.commit()?;
        self.indexed = upto;
        Ok(())
    }
}

/// The first and the last of the places up to `known` where something of these times may be in the index; `None` if nowhere.
pub(super) fn reach(
    db: &Connection,
    after: Option<UnixMs>,
    before: Option<UnixMs>,
    known: u64,
) -> rusqlite::Result<Option<(u64, u64)>> {
    let period = |sql: &str, at: UnixMs| db.prepare_cached(sql)?.query_row([at.0], |row| number(row, 0)).optional();
    let first = match after {
        Some(after) => period("SELECT number FROM period WHERE latest >= ?1 ORDER BY number LIMIT 1", after)?,
        None => Some(0),
    };
    let last = match before {
        Some(before) => period("SELECT number FROM period WHERE earliest <= ?1 ORDER BY number DESC LIMIT 1", before)?
            .map(|number| known.min(number * PERIOD + PERIOD - 1)),
        None => Some(known),
    };
    let first = first.map(|number| number * PERIOD);
    Ok(first.zip(last).filter(|(first, last)| first <= last))
}

/// Lets go of what was before the oldest record.
pub(super) fn forget(db: &Connection) -> rusqlite::Result<()> {
    run(db, "DELETE FROM period WHERE number < (SELECT min(seq) / ?1 FROM record)", params![int(PERIOD)])
}
