//! Rooms between the hub's values and rows: what is written of them, and how they are read back.

use klatch_protocol::{RoomName, UnixMs, fold};
use rusqlite::{Connection, Row, params};

use super::rows::{all, int, number, run, strange};
use crate::hub::io::{AccountId, Flags, List, Mask, Ranks, RoomId, RoomRow, Settings, Topic};

pub(super) fn create(db: &Connection, row: &RoomRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO room (id, name, folded, created, founder) VALUES (?1, ?2, ?3, ?4, ?5)";
    let (name, folded) = (row.name.as_str(), fold(row.name.as_str()));
    let founder = row.founder.map(|account| int(account.0));
    run(db, sql, params![int(row.id.0), name, folded.as_str(), row.created.0, founder])?;
    set(db, row.id, &row.settings)?;
    set_topic(db, row.id, row.topic.as_ref())?;
    run(db, "UPDATE store SET last_room = max(last_room, ?1)", params![int(row.id.0)])
}

pub(super) fn delete(db: &Connection, room: RoomId) -> rusqlite::Result<()> {
    run(db, "DELETE FROM member WHERE room = ?1", params![int(room.0)])?;
    run(db, "DELETE FROM mask WHERE room = ?1", params![int(room.0)])?;
    run(db, "DELETE FROM metadata WHERE room = ?1", params![int(room.0)])?;
    run(db, "DELETE FROM room WHERE id = ?1", params![int(room.0)])
}

pub(super) fn rename(db: &Connection, room: RoomId, from: &RoomName, name: &RoomName) -> rusqlite::Result<()> {
    let sql = "UPDATE room SET name = ?2, folded = ?3 WHERE id = ?1";
    run(db, sql, params![int(room.0), name.as_str(), fold(name.as_str()).as_str()])?;
    let (from, to) = (from.folded().as_str(), name.folded().as_str());
    if from == to {
        return Ok(());
    }
    run(db, "DELETE FROM marker WHERE target = ?1", params![to])?;
    run(db, "UPDATE marker SET target = ?2 WHERE target = ?1", params![from, to])
}

pub(super) fn set(db: &Connection, room: RoomId, settings: &Settings) -> rusqlite::Result<()> {
    let Settings { flags, key, limit, forward } = settings;
    let forward = forward.as_ref().map(RoomName::as_str);
    let sql = "UPDATE room SET flags = ?2, key = ?3, member_limit = ?4, forward = ?5 WHERE id = ?1";
    run(db, sql, params![int(room.0), flags.letters(), key, limit, forward])
}

pub(super) fn set_topic(db: &Connection, room: RoomId, topic: Option<&Topic>) -> rusqlite::Result<()> {
    let (text, by, at) = (topic.map(|t| t.text.as_str()), topic.map(|t| t.by.as_str()), topic.map(|t| t.at.0));
    let sql = "UPDATE room SET topic = ?2, topic_by = ?3, topic_at = ?4 WHERE id = ?1";
    run(db, sql, params![int(room.0), text, by, at])
}

pub(super) fn add_mask(db: &Connection, room: RoomId, mask: &Mask) -> rusqlite::Result<()> {
    let sql = "INSERT INTO mask (room, list, text, by, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    run(db, sql, params![int(room.0), letter(mask.list), mask.text, mask.by, mask.at.0])
}

pub(super) fn remove_mask(db: &Connection, room: RoomId, list: List, text: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM mask WHERE room = ?1 AND list = ?2 AND text = ?3";
    run(db, sql, params![int(room.0), letter(list), text])
}

pub(super) fn join(
    db: &Connection,
    room: RoomId,
    account: AccountId,
    ranks: Ranks,
    at: UnixMs,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO member (room, account, ranks, joined) VALUES (?1, ?2, ?3, ?4)";
    run(db, sql, params![int(room.0), int(account.0), ranks.bits(), at.0])
}

pub(super) fn load(db: &Connection) -> rusqlite::Result<Vec<RoomRow>> {
    let sql = "SELECT id, name, created, topic, topic_by, topic_at, founder, flags, key, member_limit, forward
               FROM room ORDER BY id";
    all(db, sql, room)
}

pub(super) fn load_members(db: &Connection) -> rusqlite::Result<Vec<(RoomId, AccountId, Ranks)>> {
    all(db, "SELECT room, account, ranks FROM member ORDER BY room, account", |row| {
        Ok((RoomId(number(row, 0)?), AccountId(number(row, 1)?), Ranks::from_bits_truncate(row.get(2)?)))
    })
}

pub(super) fn load_masks(db: &Connection) -> rusqlite::Result<Vec<(RoomId, Mask)>> {
    all(db, "SELECT room, list, text, by, at FROM mask ORDER BY rowid", |row| {
        let letter: String = row.get(1)?;
        let list = letter.chars().next().and_then(List::by_letter);
        let list = list.ok_or_else(|| strange(1, format!("list {letter} is unknown")))?;
        Ok((RoomId(number(row, 0)?), Mask { list, text: row.get(2)?, by: row.get(3)?, at: UnixMs(row.get(4)?) }))
    })
}

fn room(row: &Row<'_>) -> rusqlite::Result<RoomRow> {
    let topic = match row.get::<_, Option<String>>(3)? {
        Some(text) => Some(Topic { text, by: row.get(4)?, at: UnixMs(row.get(5)?) }),
        None => None,
    };
    let forward = row.get::<_, Option<String>>(10)?.map(|text| room_name(10, &text)).transpose()?;
    let settings = Settings {
        flags: Flags::from_letters(&row.get::<_, String>(7)?),
        key: row.get(8)?,
        limit: row.get(9)?,
        forward,
    };
    Ok(RoomRow {
        id: RoomId(number(row, 0)?),
        name: room_name(1, &row.get::<_, String>(1)?)?,
        created: UnixMs(row.get(2)?),
        topic,
        founder: row.get::<_, Option<i64>>(6)?.map(|id| AccountId(id.cast_unsigned())),
        settings,
    })
}

fn room_name(column: usize, text: &str) -> rusqlite::Result<RoomName> {
    RoomName::new(text).map_err(|error| strange(column, error))
}

fn letter(list: List) -> String {
    list.letter().to_string()
}
