//! Looking for what was said: by the index of trigrams where the text is long enough for it, else by looking at the newest
//! records one by one.

use std::collections::VecDeque;

use rusqlite::{Connection, types::Value};

use super::{
    history::one,
    rows::{RECORD_COLUMNS, int, number, record},
};
use crate::{
    hub::io::{Record, Scope, Search, Seq},
    store::{
        ANSWER_BYTES, Weight, says,
        span::{ends, place_of},
    },
};

/// The fewest characters that the index knows.
const TRIGRAM: usize = 3;

/// Where a search looks record by record.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// At so many of the newest, as no index helps.
    Newest(u64),
    /// At those behind this place, which the index does not know yet.
    Behind(u64),
}

/// The records that fit, oldest first. Whether an index helps or not, at most so many are looked at: other searches wait for
/// the end of this one, and a word that everybody uses may be in a million of them.
pub(super) fn search(db: &Connection, search: &Search, most: u64) -> rusqlite::Result<Vec<Record>> {
    // Everything at one moment: the index goes on while another connection searches.
    let _moment = db.unchecked_transaction()?;
    let known = db.prepare_cached("SELECT indexed FROM store")?.query_row([], |row| number(row, 0))?;
    let indexed = search.text.as_ref().filter(|text| text.chars().count() >= TRIGRAM);
    let mut found = Found { records: Vec::new(), limit: search.limit as usize, weight: Weight::default() };
    match (indexed, search.after) {
        (None, _) => look(db, search, Part::Newest(most), &mut found)?,
        (Some(text), None) => {
            look(db, search, Part::Behind(known), &mut found)?;
            look_up(db, search, text, most, &mut found)?;
        }
        (Some(text), Some(_)) => {
            look_up(db, search, text, most, &mut found)?;
            look(db, search, Part::Behind(known), &mut found)?;
        }
    }
    let mut records = found.records;
    if search.after.is_none() {
        records.reverse();
    }
    Ok(records)
}

/// What was found so far.
struct Found {
    records: Vec<Record>,
    /// How many there may be.
    limit: usize,
    weight: Weight,
}

impl Found {
    /// How many more there may be.
    fn room(&self) -> usize {
        self.limit - self.records.len()
    }

    fn add(&mut self, record: Record) {
        match self.weight.takes(&record, ANSWER_BYTES) {
            true => self.records.push(record),
            false => self.limit = self.records.len(),
        }
    }
}

/// Adds what fits in one part, as far as there is room for it.
fn look(db: &Connection, search: &Search, part: Part, found: &mut Found) -> rusqlite::Result<()> {
    if found.room() == 0 {
        return Ok(());
    }
    let text = search.text.as_ref().map(|text| text.to_lowercase());
    let (sql, values) = statement(search, part);
    let mut statement = db.prepare_cached(&sql)?;
    let records = statement
        .query_map(rusqlite::params_from_iter(values), |row| record(row, place_of(number(row, 7)?, number(row, 8)?)))?;
    for record in records {
        let record = record?;
        if text.as_ref().is_none_or(|text| says(&record.text, text)) {
            found.add(record);
        }
        // Before the next one is looked for, which may be far.
        if found.room() == 0 {
            break;
        }
    }
    Ok(())
}

/// Adds what fits among the newest records of which the index knows that they hold the text.
fn look_up(db: &Connection, search: &Search, text: &str, most: u64, found: &mut Found) -> rusqlite::Result<()> {
    let (room, newest_first) = (found.room(), search.after.is_none());
    let (sql, values) = index_statement(search, text);
    let mut statement = db.prepare_cached(&sql)?;
    let hits = statement
        .query_map(rusqlite::params_from_iter(values), |row| Ok((Seq(number(row, 0)?), row.get::<_, bool>(1)?)))?;
    let mut places = VecDeque::with_capacity(room);
    for hit in hits.take(usize::try_from(most).unwrap_or(usize::MAX)) {
        if newest_first && places.len() == room {
            break;
        }
        if let (place, true) = hit? {
            if places.len() == room {
                // The oldest are wanted.
                places.pop_front();
            }
            places.push_back(place);
        }
    }
    if !newest_first {
        places.make_contiguous().reverse();
    }
    for place in places {
        if let Some(record) = one(db, place)?.filter(|_| found.room() > 0) {
            found.add(*record);
        }
    }
    Ok(())
}

/// What has to hold besides the text, and the values for it.
fn conditions(search: &Search) -> (String, Vec<Value>) {
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
    (conditions.join(" AND "), values)
}

/// The records of one part that fit but for the text.
fn statement(search: &Search, part: Part) -> (String, Vec<Value>) {
    let (conditions, mut values) = conditions(search);
    let (from, number) = match part {
        Part::Newest(most) => ("(SELECT coalesce(max(seq), 0) - ? FROM record)", most),
        Part::Behind(place) => ("?", place),
    };
    values.push(int(number).into());
    let direction = if search.after.is_some() { "ASC" } else { "DESC" };
    let sql = format!(
        "SELECT {RECORD_COLUMNS}, low, high FROM record WHERE {conditions} AND seq > {from} ORDER BY seq {direction}"
    );
    (sql, values)
}

/// Every record that holds the text, the newest first, and whether it fits besides. The index gives them in this order, so
/// that none is looked at behind the last one that is wanted.
pub(super) fn index_statement(search: &Search, text: &str) -> (String, Vec<Value>) {
    let (conditions, mut values) = conditions(search);
    values.push(format!("\"{}\"", text.replace('"', "\"\"")).into());
    let found = "(SELECT rowid AS found FROM speech WHERE speech MATCH ?)";
    (format!("SELECT found, {conditions} FROM {found} CROSS JOIN record ON seq = found ORDER BY found DESC"), values)
}
