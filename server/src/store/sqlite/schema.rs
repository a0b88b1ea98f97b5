//! The schema and how older files come to it: numbered steps, forward only, counted in `PRAGMA user_version`.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior, params};

use super::{StoreError, explain};

/// The steps, in their order. A step that was released is never changed.
pub(super) const STEPS: &[&str] = &[
    include_str!("0001_chat.sql"),
    include_str!("0002_messages.sql"),
    include_str!("0003_rooms.sql"),
    include_str!("0004_bans.sql"),
    include_str!("0005_metadata.sql"),
    include_str!("0006_nonces.sql"),
    include_str!("0007_secret.sql"),
    include_str!("0008_search.sql"),
    include_str!("0009_known_addresses.sql"),
    include_str!("0010_lazy_index.sql"),
    include_str!("0011_two_indices.sql"),
    include_str!("0012_redactions.sql"),
    include_str!("0013_periods.sql"),
];

/// The newest schema this program knows.
pub(super) const KNOWN: u32 = STEPS.len() as u32;

/// Marks the file as ours (`PRAGMA application_id`): "Klat".
pub(super) const APPLICATION: u32 = 0x4b6c_6174;

/// Whose a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// Ours.
    Klatchd,
    /// There is nothing in it yet.
    Nobody,
}

/// Refuses what another program or a newer klatchd made.
pub(super) fn check_owner(db: &Connection, path: &Path) -> Result<Owner, StoreError> {
    let read = || -> rusqlite::Result<(u32, u32, u32)> {
        Ok((
            db.pragma_query_value(None, "application_id", |row| row.get(0))?,
            db.pragma_query_value(None, "user_version", |row| row.get(0))?,
            db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?,
        ))
    };
    let (application, found, things) = read().map_err(|error| explain(path, &error))?;
    let fresh = application == 0 && found == 0 && things == 0;
    if application != APPLICATION && !fresh {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    if found > KNOWN {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: KNOWN });
    }
    Ok(if fresh { Owner::Nobody } else { Owner::Klatchd })
}

/// Brings the file to the newest schema, and gives a fresh one its epoch and owner code.
pub(super) fn migrate(db: &mut Connection, epoch: u32, owner_code: &str) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in STEPS.iter().skip(found as usize) {
        transaction.execute_batch(step)?;
    }
    if found < KNOWN {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", KNOWN)?;
    }
    transaction.execute(
        "INSERT OR IGNORE INTO store (only, epoch, owner_code, last_room) VALUES (1, ?1, ?2, 0)",
        params![epoch, owner_code],
    )?;
    // SQLite's chance is seeded by the system's.
    transaction.execute("UPDATE store SET secret = hex(randomblob(32)) WHERE secret = ''", [])?;
    transaction.commit()
}
