//! Looking for what was said: by the index of trigrams where the text is long enough for it, else by looking at the newest
//! records one by one.

use rusqlite::{Connection, types::Value};

use super::rows::{RECORD_COLUMNS, int, number, record};
use crate::{
    hub::io::{Record, Scope, Search},
    store::{
        SEARCHED_WITHOUT_INDEX,
        span::{ends, place_of},
    },
};

/// The fewest characters that the index knows.
const TRIGRAM: usize = 3;

/// The records that fit, oldest first.
pub(super) fn search(db: &Connection, search: &Search) -> rusqlite::Result<Vec<Record>> {
    let (sql, values) = statement(search);
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement
        .query_map(rusqlite::params_from_iter(values), |row| record(row, place_of(number(row, 7)?, number(row, 8)?)))?;
    let mut records = found.collect::<rusqlite::Result<Vec<_>>>()?;
    if search.after.is_none() {
        records.reverse();
    }
    Ok(records)
}

/// The index gives its records in their order, so that none is looked at behind the last one that is wanted.
pub(super) fn statement(search: &Search) -> (String, Vec<Value>) {
    let phrase = search.text.as_ref().filter(|text| text.chars().count() >= TRIGRAM);
    let mut conditions = vec!["kind <= 1".to_owned()];
    let mut values: Vec<Value> = Vec::new();
    let mut add = |condition: &str, given: Vec<Value>| {
        conditions.push(condition.to_owned());
        values.extend(given);
    };
    match &search.scope {
        Scope::Place(place) => {
            let (low, high) = ends(*place);
            add("low = ? AND high = ?", vec![int(low).into(), int(high).into()]);
        }
        Scope::All { account, rooms } => {
            let rooms: Vec<String> = rooms.iter().map(|room| room.0.to_string()).collect();
            let (rooms, account) = (format!("[{}]", rooms.join(",")), int(account.0));
            let condition = "(low = 0 AND high IN (SELECT value FROM json_each(?)) OR low <> 0 AND ? IN (low, high))";
            add(condition, vec![rooms.into(), account.into()]);
        }
    }
    if let Some(from) = &search.from {
        // The nick stands before the `!` of the source.
        add("substr(source, 1, instr(source, '!') - 1) = ? COLLATE NOCASE", vec![from.clone().into()]);
    }
    if let Some(after) = search.after {
        add("at >= ?", vec![after.0.into()]);
    }
    if let Some(before) = search.before {
        add("at <= ?", vec![before.0.into()]);
    }
    if phrase.is_none() {
        if let Some(text) = &search.text {
            add("instr(lower(replace(text, char(13), '')), lower(?)) > 0", vec![text.clone().into()]);
        }
        let newest = "seq > (SELECT coalesce(max(seq), 0) - ? FROM record)";
        add(newest, vec![SEARCHED_WITHOUT_INDEX.cast_signed().into()]);
    }
    let (from, order) = match phrase {
        Some(phrase) => {
            values.insert(0, format!("\"{}\"", phrase.replace('"', "\"\"")).into());
            let found = "(SELECT rowid AS found FROM speech WHERE speech MATCH ?)";
            (format!("{found} CROSS JOIN record ON seq = found"), "found")
        }
        None => ("record".to_owned(), "seq"),
    };
    values.push(i64::from(search.limit).into());
    let direction = if search.after.is_some() { "ASC" } else { "DESC" };
    let conditions = conditions.join(" AND ");
    (
        format!(
            "SELECT {RECORD_COLUMNS}, low, high FROM {from} WHERE {conditions} ORDER BY {order} {direction} LIMIT ?"
        ),
        values,
    )
}
