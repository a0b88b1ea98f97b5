//! Between the hub's values and rows: each write as one statement, and the whole read back as a [`Snapshot`].

use std::fmt::Display;

use klatch_protocol::{AccountName, CaseMapping, UnixMs, fold};
use rusqlite::{Connection, Row, params, types::Type};

use super::{addresses, bans, index, nonces, rooms};
use crate::hub::io::{AccountId, AccountRow, Place, Rank, Record, RecordKind, RoomId, Seq, Snapshot, Subject, Write};
use crate::store::{FORGET_AT_ONCE, span::ends};

/// Applies one write within the open transaction.
pub(super) fn apply(db: &Connection, write: &Write) -> rusqlite::Result<()> {
    match write {
        Write::CreateAccount(row) => create_account(db, row),
        Write::SetDisplay { account, display } => {
            run(db, "UPDATE account SET display = ?2 WHERE id = ?1", params![int(account.0), display])
        }
        Write::SetRank { account, rank } => {
            run(db, "UPDATE account SET rank = ?2 WHERE id = ?1", params![int(account.0), rank_number(*rank)])
        }
        Write::Seen { account, at } => {
            run(db, "UPDATE account SET seen = ?2 WHERE id = ?1", params![int(account.0), at.0])
        }
        Write::CreateRoom(row) => rooms::create(db, row),
        Write::DeleteRoom(room) => rooms::delete(db, *room),
        Write::SetTopic { room, topic } => rooms::set_topic(db, *room, topic.as_ref()),
        Write::RenameRoom { room, from, name } => rooms::rename(db, *room, from, name),
        Write::SetRoom { room, settings } => rooms::set(db, *room, settings),
        Write::AddMask { room, mask } => rooms::add_mask(db, *room, mask),
        Write::RemoveMask { room, list, text } => rooms::remove_mask(db, *room, *list, text),
        Write::Join { room, account, ranks, at } => rooms::join(db, *room, *account, *ranks, *at),
        Write::Part { room, account } => {
            run(db, "DELETE FROM member WHERE room = ?1 AND account = ?2", params![int(room.0), int(account.0)])
        }
        Write::Record(record) => add_record(db, record),
        Write::Nonce(row) => nonces::add(db, row),
        Write::KnowAddress(known) => addresses::add(db, known),
        Write::Redact(seq) => {
            remember_last(db)?;
            run(db, "DELETE FROM record WHERE seq = ?1", params![int(seq.0)])
        }
        Write::Forget { before, upto } => forget(db, *before, *upto),
        Write::SetHash { account, hash } => {
            run(db, "UPDATE account SET hash = ?2 WHERE id = ?1", params![int(account.0), hash])
        }
        Write::SetMetadata { subject, key, value } => set_metadata(db, *subject, key, value.as_deref()),
        Write::Mark { account, target, at } => {
            let sql = "INSERT OR REPLACE INTO marker (account, target, at) VALUES (?1, ?2, ?3)";
            run(db, sql, params![int(account.0), target, at.0])
        }
        Write::AddBan(ban) => bans::add(db, ban),
        Write::RemoveBan(id) => run(db, "DELETE FROM ban WHERE id = ?1", params![int(id.0)]),
        Write::Deed(deed) => bans::add_deed(db, deed),
        Write::AddInvite { code, at } => {
            run(db, "INSERT INTO invite (code, made) VALUES (?1, ?2)", params![code, at.0])
        }
        Write::UseInvite { code } => run(db, "DELETE FROM invite WHERE code = ?1", params![code]),
        Write::UseOwnerCode => run(db, "UPDATE store SET owner_code = NULL", params![]),
    }
}

pub(super) fn run(db: &Connection, sql: &str, params: impl rusqlite::Params) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute(params).map(drop)
}

fn create_account(db: &Connection, row: &AccountRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO account (id, name, folded, display, hash, rank, created, seen)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    // Under `ascii`, which tells most names apart, so that what is kept never depends on the configuration.
    let (name, folded) = (row.name.as_str(), fold(row.name.as_str()));
    let seen = row.seen.map(|at| at.0);
    let rank = rank_number(row.rank);
    run(db, sql, params![int(row.id.0), name, folded.as_str(), row.display, row.hash, rank, row.created.0, seen])
}

fn add_record(db: &Connection, record: &Record) -> rusqlite::Result<()> {
    let sql = "INSERT INTO record (seq, at, low, high, kind, source, account, tags, text)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let (low, high) = ends(record.place);
    let (low, high, kind) = (int(low), int(high), kind_number(record.kind));
    let account = record.account.as_ref().map(AccountName::as_str);
    let (seq, at) = (int(record.seq.0), record.at.0);
    run(db, sql, params![seq, at, low, high, kind, record.source, account, record.tags, record.text])?;
    if let Place::Direct(..) = record.place {
        let sql = "INSERT OR IGNORE INTO conversation (account, other) VALUES (?1, ?2), (?2, ?1)";
        run(db, sql, params![low, high])?;
    }
    Ok(())
}

/// What metadata is about as the columns `room` and `account`.
fn subject_columns(subject: Subject) -> (i64, i64) {
    match subject {
        Subject::Room(room) => (int(room.0), 0),
        Subject::Account(account) => (0, int(account.0)),
    }
}

fn set_metadata(db: &Connection, subject: Subject, key: &str, value: Option<&str>) -> rusqlite::Result<()> {
    let (room, account) = subject_columns(subject);
    match value {
        Some(value) => {
            let sql = "INSERT OR REPLACE INTO metadata (room, account, key, value) VALUES (?1, ?2, ?3, ?4)";
            run(db, sql, params![room, account, key, value])
        }
        None => {
            let sql = "DELETE FROM metadata WHERE room = ?1 AND account = ?2 AND key = ?3";
            run(db, sql, params![room, account, key])
        }
    }
}

fn metadata(row: &Row<'_>) -> rusqlite::Result<(Subject, String, String)> {
    let subject = match (number(row, 0)?, number(row, 1)?) {
        (0, account) => Subject::Account(AccountId(account)),
        (room, _) => Subject::Room(RoomId(room)),
    };
    Ok((subject, row.get(2)?, row.get(3)?))
}

/// Before records go: the highest place is not told by those that stay any more.
fn remember_last(db: &Connection) -> rusqlite::Result<()> {
    run(db, "UPDATE store SET last_seq = max(last_seq, coalesce((SELECT max(seq) FROM record), 0))", params![])
}

/// Looks at the oldest records only, and at so many that a commit stays quick; what is left goes the next time.
fn forget(db: &Connection, before: Option<UnixMs>, upto: Option<Seq>) -> rusqlite::Result<()> {
    let old = "SELECT seq FROM (SELECT seq, at FROM record ORDER BY seq LIMIT ?3) WHERE at < ?1 OR seq <= ?2";
    let limits = (before.map_or(i64::MIN, |at| at.0), upto.map_or(0, |seq| int(seq.0)), FORGET_AT_ONCE);
    // Most looks find nothing, and then nothing is written.
    if db.prepare_cached(old)?.exists(limits)? {
        remember_last(db)?;
        run(db, &format!("DELETE FROM record WHERE seq IN ({old})"), limits)?;
        index::forget(db)?;
    }
    Ok(())
}

/// Everything but the history.
pub(super) fn load(db: &Connection) -> rusqlite::Result<Snapshot> {
    let (epoch, owner_code, last_room) = db.query_row("SELECT epoch, owner_code, last_room FROM store", [], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?))
    })?;
    Ok(Snapshot {
        epoch,
        last_time: all(db, "SELECT at FROM record ORDER BY seq DESC LIMIT 1", |row| row.get(0).map(UnixMs))?.pop(),
        last_seq: highest(db, "SELECT max((SELECT last_seq FROM store), coalesce(max(seq), 0)) FROM record")?,
        last_account: highest(db, "SELECT max(id) FROM account")?,
        last_room: last_room.cast_unsigned(),
        markers: all(db, "SELECT account, target, at FROM marker", |row| {
            Ok((AccountId(number(row, 0)?), row.get(1)?, UnixMs(row.get(2)?)))
        })?,
        secret: db.query_row("SELECT secret FROM store", [], |row| row.get::<_, String>(0))?.into(),
        metadata: all(db, "SELECT room, account, key, value FROM metadata ORDER BY room, account, key", metadata)?,
        accounts: all(db, "SELECT id, name, display, hash, rank, created, seen FROM account ORDER BY id", account)?,
        rooms: rooms::load(db)?,
        members: rooms::load_members(db)?,
        masks: rooms::load_masks(db)?,
        bans: bans::all_bans(db)?,
        deeds: bans::newest_deeds(db)?,
        nonces: nonces::load(db)?,
        known_addresses: addresses::load(db)?,
        invites: all(db, "SELECT code FROM invite ORDER BY made, code", |row| row.get(0))?,
        owner_code,
    })
}

pub(super) fn all<T>(
    db: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    db.prepare_cached(sql)?.query_map([], read)?.collect()
}

fn highest(db: &Connection, sql: &str) -> rusqlite::Result<u64> {
    db.query_row(sql, [], |row| row.get::<_, Option<i64>>(0)).map(|max| max.unwrap_or(0).cast_unsigned())
}

fn account(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    let name: String = row.get(1)?;
    Ok(AccountRow {
        id: AccountId(number(row, 0)?),
        name: AccountName::under(CaseMapping::Precis, &name).map_err(|error| strange(1, error))?,
        display: row.get(2)?,
        hash: row.get(3)?,
        rank: rank(row.get(4)?)?,
        created: UnixMs(row.get(5)?),
        seen: row.get::<_, Option<i64>>(6)?.map(UnixMs),
    })
}

/// The columns that [`record`] reads, in its order.
pub(super) const RECORD_COLUMNS: &str = "seq, at, source, account, kind, tags, text";

/// Reads a row of [`RECORD_COLUMNS`].
pub(super) fn record(row: &Row<'_>, place: Place) -> rusqlite::Result<Record> {
    let account = match row.get::<_, Option<String>>(3)? {
        Some(name) => Some(AccountName::under(CaseMapping::Precis, &name).map_err(|error| strange(3, error))?),
        None => None,
    };
    Ok(Record {
        seq: Seq(number(row, 0)?),
        at: UnixMs(row.get(1)?),
        place,
        source: row.get(2)?,
        account,
        kind: kind(row.get(4)?)?,
        tags: row.get(5)?,
        text: row.get(6)?,
    })
}

/// SQLite has no unsigned integers. Ours count up from 1 and never come near the difference.
pub(super) fn int(number: u64) -> i64 {
    number.cast_signed()
}

/// The inverse of [`int`] for a column.
pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

fn rank_number(rank: Rank) -> i64 {
    match rank {
        Rank::Member => 0,
        Rank::Operator => 1,
        Rank::Owner => 2,
    }
}

fn rank(number: i64) -> rusqlite::Result<Rank> {
    match number {
        0 => Ok(Rank::Member),
        1 => Ok(Rank::Operator),
        2 => Ok(Rank::Owner),
        other => Err(strange(4, format!("rank {other} is unknown"))),
    }
}

/// Which part of an index: what was said, or what only event playback shows. The expression is that of the indices, word for
/// word, or SQLite would not use them.
pub(super) const SAID: &str = "(kind > 1) = 0";
pub(super) const HAPPENED: &str = "(kind > 1) = 1 AND kind <> 9";
/// The condition of a partial index, word for word as well.
pub(super) const REDACTED: &str = "kind = 9";

/// The schema's indices rely on 0 and 1 being what is said, and on 9 being what takes it back.
fn kind_number(kind: RecordKind) -> i64 {
    match kind {
        RecordKind::Privmsg => 0,
        RecordKind::Notice => 1,
        RecordKind::Tagmsg => 2,
        RecordKind::Join => 3,
        RecordKind::Part => 4,
        RecordKind::Quit => 5,
        RecordKind::Topic => 6,
        RecordKind::Kick => 7,
        RecordKind::Mode => 8,
        RecordKind::Redact => 9,
    }
}

fn kind(number: i64) -> rusqlite::Result<RecordKind> {
    match number {
        0 => Ok(RecordKind::Privmsg),
        1 => Ok(RecordKind::Notice),
        2 => Ok(RecordKind::Tagmsg),
        3 => Ok(RecordKind::Join),
        4 => Ok(RecordKind::Part),
        5 => Ok(RecordKind::Quit),
        6 => Ok(RecordKind::Topic),
        7 => Ok(RecordKind::Kick),
        8 => Ok(RecordKind::Mode),
        9 => Ok(RecordKind::Redact),
        other => Err(strange(4, format!("record kind {other} is unknown"))),
    }
}

/// A value that this program would not have written.
pub(super) fn strange(column: usize, what: impl Display) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, what.to_string().into())
}
