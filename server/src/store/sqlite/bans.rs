//! Bans and deeds as rows.

use klatch_protocol::UnixMs;
use rusqlite::{Connection, Row, params};

use super::rows::{all, int, number, run, strange};
use crate::hub::io::{Ban, BanId, DEEDS_KEPT, DEEDS_TOLD, Deed};

pub(super) fn add(db: &Connection, ban: &Ban) -> rusqlite::Result<()> {
    let sql = "INSERT INTO ban (id, target, reason, maker, made, ends) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (id, target, until) = (int(ban.id.0), ban.target.to_string(), ban.until.map(|until| until.0));
    run(db, sql, params![id, target, ban.reason, ban.by, ban.at.0, until])
}

pub(super) fn all_bans(db: &Connection) -> rusqlite::Result<Vec<Ban>> {
    all(db, "SELECT id, target, reason, maker, made, ends FROM ban ORDER BY id", ban)
}

fn ban(row: &Row<'_>) -> rusqlite::Result<Ban> {
    let target: String = row.get(1)?;
    Ok(Ban {
        id: BanId(number(row, 0)?),
        target: target.parse().map_err(|error: String| strange(1, error))?,
        reason: row.get(2)?,
        by: row.get(3)?,
        at: UnixMs(row.get(4)?),
        until: row.get::<_, Option<i64>>(5)?.map(UnixMs),
    })
}

/// Adds a deed and forgets those that are too old to be kept.
pub(super) fn add_deed(db: &Connection, deed: &Deed) -> rusqlite::Result<()> {
    run(db, "INSERT INTO deed (at, maker, what) VALUES (?1, ?2, ?3)", params![deed.at.0, deed.by, deed.what])?;
    let oldest = db.last_insert_rowid().saturating_sub(int(DEEDS_KEPT));
    run(db, "DELETE FROM deed WHERE id <= ?1", params![oldest])
}

pub(super) fn newest_deeds(db: &Connection) -> rusqlite::Result<Vec<Deed>> {
    let sql =
        format!("SELECT at, maker, what FROM (SELECT * FROM deed ORDER BY id DESC LIMIT {DEEDS_TOLD}) ORDER BY id");
    all(db, &sql, |row| Ok(Deed { at: UnixMs(row.get(0)?), by: row.get(1)?, what: row.get(2)? }))
}
