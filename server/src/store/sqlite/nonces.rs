//! The stamps of messages, as rows.

use klatch_protocol::UnixMs;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rows::{all, int, number, run};
use crate::{
    hub::io::{AccountId, KeptNonces, NONCES_IN_MEMORY, NonceRow, Seq},
    store::{NONCES_KEPT, NONCES_KEPT_FOR},
};

/// Keeps a stamp, and lets two of the oldest go if their time is over: more than come, so that they stay few, and without
/// ever having much to do at once. A time far ahead means that the clock was wrong then.
pub(super) fn add(db: &Connection, row: &NonceRow) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO nonce (seq, account, nonce, at) VALUES (?1, ?2, ?3, ?4)";
    run(db, sql, params![int(row.seq.0), int(row.account.0), row.nonce, row.at.0])?;
    let sql = "DELETE FROM nonce WHERE seq IN (SELECT seq FROM nonce ORDER BY seq LIMIT 2)
               AND seq <= ?1 AND abs(at - ?2) > ?3";
    run(db, sql, params![int(row.seq.0.saturating_sub(NONCES_KEPT)), row.at.0, NONCES_KEPT_FOR])
}

pub(super) fn find(db: &Connection, account: AccountId, nonce: &str) -> rusqlite::Result<Option<(Seq, UnixMs)>> {
    db.prepare_cached("SELECT seq, at FROM nonce WHERE account = ?1 AND nonce = ?2")?
        .query_row(params![int(account.0), nonce], |row| Ok((Seq(number(row, 0)?), UnixMs(row.get(1)?))))
        .optional()
}

pub(super) fn load(db: &Connection) -> rusqlite::Result<KeptNonces> {
    let newest = format!("SELECT seq, account, nonce, at FROM nonce ORDER BY seq DESC LIMIT {NONCES_IN_MEMORY}");
    let mut newest = all(db, &newest, row)?;
    newest.reverse();
    let first = newest.first().map_or(0, |row| row.seq.0);
    // Accounts are few, and stamps may be millions.
    let older =
        format!("SELECT id FROM account WHERE EXISTS (SELECT 1 FROM nonce WHERE account = id AND seq < {first})");
    Ok(KeptNonces { newest, older: all(db, &older, |row| number(row, 0).map(AccountId))? })
}

fn row(row: &Row<'_>) -> rusqlite::Result<NonceRow> {
    Ok(NonceRow {
        seq: Seq(number(row, 0)?),
        account: AccountId(number(row, 1)?),
        nonce: row.get(2)?,
        at: UnixMs(row.get(3)?),
    })
}
