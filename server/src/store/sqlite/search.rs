//! Looking for what was said: by the index of trigrams where the text is long enough for it, else by looking at the newest
//! records one by one.

use rusqlite::{Connection, types::Value};

use super::rows::{RECORD_COLUMNS, int, number, record};
use crate::{
    hub::io::{Record, Scope, Search},
    store::{
        SEARCHED_WITHOUT_INDEX, says,
        span::{ends, place_of},
    },
};

/// The fewest characters that the index knows.
const TRIGRAM: usize = 3;

/// Where a search looks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// At the newest records, as no index helps.
    Newest,
    /// In the index.
    Index,
    /// At the records behind this place, which the index does not know yet.
    Behind(u64),
}

/// The records that fit, oldest first.
pub(super) fn search(db: &Connection, search: &Search) -> rusqlite::Result<Vec<Record>> {
    // Everything at one moment: the index goes on while another connection searches.
    let _moment = db.unchecked_transaction()?;
    let known = db.prepare_cached("SELECT indexed FROM store")?.query_row([], |row| number(row, 0))?;
    let indexed = search.text.as_ref().is_some_and(|text| text.chars().count() >= TRIGRAM);
    let parts = match (indexed, search.after) {
        (false, _) => vec![Part::Newest],
        (true, None) => vec![Part::Behind(known), Part::Index],
        (true, Some(_)) => vec![Part::Index, Part::Behind(known)],
    };
    let mut records = Vec::new();
    for part in parts {
        if records.len() < search.limit as usize {
            look(db, search, part, &mut records)?;
        }
    }
    if search.after.is_none() {
        records.reverse();
    }
    Ok(records)
}

/// Adds what fits in one part, as far as there is room for it.
fn look(db: &Connection, search: &Search, part: Part, records: &mut Vec<Record>) -> rusqlite::Result<()> {
    let text = search.text.as_ref().map(|text| text.to_lowercase());
    let (sql, values) = statement(search, part);
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement
        .query_map(rusqlite::params_from_iter(values), |row| record(row, place_of(number(row, 7)?, number(row, 8)?)))?;
    for record in found {
        let record = record?;
        if matches!(part, Part::Index) || text.as_ref().is_none_or(|text| says(&record.text, text)) {
            records.push(record);
        }
        // Before the next one is looked for, which may be far.
        if records.len() >= search.limit as usize {
            break;
        }
    }
    Ok(())
}

/// The index gives its records in their order, so that none is looked at behind the last one that is wanted.
pub(super) fn statement(search: &Search, part: Part) -> (String, Vec<Value>) {
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
    let (from, order) = match (part, &search.text) {
        (Part::Index, Some(text)) => {
            values.insert(0, format!("\"{}\"", text.replace('"', "\"\"")).into());
            let found = "(SELECT rowid AS found FROM speech WHERE speech MATCH ?)";
            (format!("{found} CROSS JOIN record ON seq = found"), "found")
        }
        (Part::Behind(place), _) => {
            add("seq > ?", vec![int(place).into()]);
            ("record".to_owned(), "seq")
        }
        (Part::Newest | Part::Index, _) => {
            let newest = "seq > (SELECT coalesce(max(seq), 0) - ? FROM record)";
            add(newest, vec![SEARCHED_WITHOUT_INDEX.cast_signed().into()]);
            ("record".to_owned(), "seq")
        }
    };
    let direction = if search.after.is_some() { "ASC" } else { "DESC" };
    let conditions = conditions.join(" AND ");
    (format!("SELECT {RECORD_COLUMNS}, low, high FROM {from} WHERE {conditions} ORDER BY {order} {direction}"), values)
}
