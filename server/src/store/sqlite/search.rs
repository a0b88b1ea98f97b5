//! Looking for what was said: by the index of trigrams where the text is long enough for it, else by looking at the newest
//! records one by one. Either way so many are looked at and no more: other searches wait for the end of this one, and a word
//! that everybody uses may be in a million of them.
//!
//! A word that is in many messages is found sooner by looking at them than by asking the index where it is: of what that
//! tells, most may have been said elsewhere. So in one place the nearest records are looked at first.

use rusqlite::{Connection, OptionalExtension, params, types::Value};

use super::{
    index::reach,
    rows::{RECORD_COLUMNS, SAID, int, number, record},
};
use crate::{
    hub::io::{Place, Record, Scope, Search},
    store::{
        ANSWER_BYTES, Weight, says,
        span::{ends, place_of},
    },
};

/// The fewest characters that the index knows.
const TRIGRAM: usize = 3;

/// How many records of one place are looked at before the index is asked about the others.
const NEAR: u64 = 1_000;

/// How records are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// One by one.
    Walk,
    /// In the index.
    Index,
}

/// Records from one to another, both included, by their places in the one order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) way: Way,
    pub(super) first: u64,
    pub(super) last: u64,
}

/// Behind all records.
const END: u64 = i64::MAX.cast_unsigned();

/// The records that fit, oldest first; those among the newest `most`, or among so many of which the index knows that they
/// hold the text.
pub(super) fn search(db: &Connection, search: &Search, most: u64) -> rusqlite::Result<Vec<Record>> {
    // Everything at one moment: the index goes on while another connection searches.
    let _moment = db.unchecked_transaction()?;
    let mut parts = parts(db, search, most)?;
    // From where counting begins.
    if search.after.is_none() {
        parts.reverse();
    }
    let mut found = Found { records: Vec::new(), limit: search.limit as usize, weight: Weight::default() };
    for part in parts {
        look(db, search, (part, most), &mut found)?;
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
    fn is_full(&self) -> bool {
        self.records.len() == self.limit
    }

    fn add(&mut self, record: Record) {
        match self.weight.takes(&record, ANSWER_BYTES) {
            true => self.records.push(record),
            false => self.limit = self.records.len(),
        }
    }
}

/// What has to be looked at, oldest first.
fn parts(db: &Connection, search: &Search, most: u64) -> rusqlite::Result<Vec<Part>> {
    let one = |sql: &str| db.prepare_cached(sql)?.query_row([], |row| number(row, 0));
    if search.text.as_ref().is_none_or(|text| text.chars().count() < TRIGRAM) {
        let newest = one("SELECT coalesce(max(seq), 0) FROM record")?;
        return Ok(vec![Part { way: Way::Walk, first: newest.saturating_sub(most) + 1, last: END }]);
    }
    let known = one("SELECT indexed FROM store")?;
    let mut parts = match (reach(db, search.after, search.before, known)?, &search.scope) {
        (None, _) => Vec::new(),
        (Some((first, last)), Scope::All { .. }) => vec![Part { way: Way::Index, first, last }],
        (Some((first, last)), Scope::Place(place)) => {
            let oldest_first = search.after.is_some();
            match border(db, *place, (first, last), oldest_first)? {
                None => vec![Part { way: Way::Walk, first, last }],
                Some(border) if oldest_first => vec![
                    Part { way: Way::Walk, first, last: border - 1 },
                    Part { way: Way::Index, first: border, last },
                ],
                Some(border) => vec![
                    Part { way: Way::Index, first, last: border },
                    Part { way: Way::Walk, first: border + 1, last },
                ],
            }
        }
    };
    parts.push(Part { way: Way::Walk, first: known + 1, last: END });
    Ok(parts)
}

/// The first record of a place that is no more near; `None` where all are.
fn border(
    db: &Connection,
    place: Place,
    (first, last): (u64, u64),
    oldest_first: bool,
) -> rusqlite::Result<Option<u64>> {
    let (low, high) = ends(place);
    let direction = if oldest_first { "ASC" } else { "DESC" };
    let sql = format!(
        "SELECT seq FROM record INDEXED BY record_by_seq WHERE low = ?1 AND high = ?2 AND {SAID} AND seq >= ?3 AND seq <= ?4
         ORDER BY seq {direction} LIMIT 1 OFFSET {NEAR}"
    );
    db.prepare_cached(&sql)?
        .query_row(params![int(low), int(high), int(first), int(last)], |row| number(row, 0))
        .optional()
}

/// Adds what fits in one part, as far as there is room for it; of what the index tells, at most so many are looked at.
fn look(db: &Connection, search: &Search, (part, most): (Part, u64), found: &mut Found) -> rusqlite::Result<()> {
    let text = search.text.as_ref().map(|text| text.to_lowercase());
    let (sql, values) = statement(search, part);
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let mut looked_at = 0;
    // Asked before the next one is looked for, which may be far.
    while !found.is_full() && (part.way == Way::Walk || looked_at < most) {
        let Some(row) = rows.next()? else { break };
        looked_at += 1;
        if row.get::<_, Option<i64>>(0)?.is_none() {
            continue;
        }
        let record = record(row, place_of(number(row, 7)?, number(row, 8)?))?;
        if part.way == Way::Index || text.as_ref().is_none_or(|text| says(&record.text, text)) {
            found.add(record);
        }
    }
    Ok(())
}

/// The statement for a part. It gives records in their order, so that none is looked at behind the last one that is wanted;
/// from the index also such as do not fit besides, as rows of nothing.
pub(super) fn statement(search: &Search, part: Part) -> (String, Vec<Value>) {
    let bounds = [int(part.first), int(part.last)].map(Value::from);
    let table = match &search.scope {
        // What was said elsewhere is passed over in the index of places, without a look at the record.
        Scope::Place(_) => "record INDEXED BY record_by_seq",
        Scope::All { .. } => "record",
    };
    let (mut conditions, mut values) = (vec![SAID.to_owned()], Vec::new());
    match (part.way, &search.text) {
        (Way::Index, Some(text)) => {
            conditions.push("seq = found".to_owned());
            values.push(Value::from(format!("\"{}\"", text.replace('"', "\"\""))));
        }
        _ => conditions.push("seq >= ? AND seq <= ?".to_owned()),
    }
    values.extend(bounds);
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
    let direction = if search.after.is_some() { "ASC" } else { "DESC" };
    let conditions = conditions.join(" AND ");
    let rest = match part.way {
        Way::Walk => format!("{table} WHERE {conditions} ORDER BY seq {direction}"),
        Way::Index => format!(
            "(SELECT rowid AS found FROM speech WHERE speech MATCH ? AND rowid >= ? AND rowid <= ?)
             LEFT JOIN {table} ON {conditions} ORDER BY found {direction}"
        ),
    };
    (format!("SELECT {RECORD_COLUMNS}, low, high FROM {rest}"), values)
}
