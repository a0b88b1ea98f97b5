//! The index of trigrams, which follows behind what is kept: how far it is, and how it goes on.

use rusqlite::{Connection, TransactionBehavior, params};

use super::rows::{int, number, run};
use crate::{
    hub::io::{Seq, Write},
    store::INDEXED_AT_ONCE,
};

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
        transaction.commit()?;
        self.indexed = upto;
        Ok(())
    }
}
