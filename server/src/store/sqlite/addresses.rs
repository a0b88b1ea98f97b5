//! From where the owners of names logged in before, as rows.

use std::net::IpAddr;

use klatch_protocol::UnixMs;
use rusqlite::{Connection, params};

use super::rows::{all, run, strange};
use crate::hub::io::{ADDRESSES_KNOWN, KnownAddress};

/// Keeps an address, and only the newest of its name.
pub(super) fn add(db: &Connection, known: &KnownAddress) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO known_address (name, address, at) VALUES (?1, ?2, ?3)";
    run(db, sql, params![known.name, known.from.to_string(), known.at.0])?;
    let sql = "DELETE FROM known_address WHERE name = ?1 AND address NOT IN
               (SELECT address FROM known_address WHERE name = ?1 ORDER BY at DESC, address LIMIT ?2)";
    run(db, sql, params![known.name, ADDRESSES_KNOWN as i64])
}

pub(super) fn load(db: &Connection) -> rusqlite::Result<Vec<KnownAddress>> {
    all(db, "SELECT name, address, at FROM known_address ORDER BY at, name, address", |row| {
        let from: IpAddr = row.get::<_, String>(1)?.parse().map_err(|error| strange(1, error))?;
        Ok(KnownAddress { name: row.get(0)?, from, at: UnixMs(row.get(2)?) })
    })
}
