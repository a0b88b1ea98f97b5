//! Questions about the history, each a walk along an index.

use klatch_protocol::UnixMs;
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    nonces,
    rows::{HAPPENED, RECORD_COLUMNS, REDACTED, SAID, int, number, record},
    search::search,
};
use crate::{
    hub::io::{AccountId, Answer, Place, Query, Record, RoomId, Seq},
    store::{
        ANSWER_BYTES, SEARCHED, Weight,
        span::{End, Order, Span, counted_from, ends, place_of, spans},
    },
};

pub(super) fn answer(db: &Connection, query: &Query) -> rusqlite::Result<Answer> {
    match query {
        Query::Record(seq) => one(db, *seq).map(Answer::Record),
        Query::Nonce { account, nonce } => nonces::find(db, *account, nonce).map(Answer::Nonce),
        Query::Search { search: wanted, .. } => search(db, wanted, SEARCHED).map(Answer::History),
        Query::History { place, page, limit, events } => {
            let mut records = Vec::new();
            let spans = spans(*page, *limit, |seq| time_of(db, seq).ok().flatten());
            for span in &spans {
                records.extend(history(db, *place, *span, (*events, ANSWER_BYTES / spans.len()))?);
            }
            Ok(Answer::History(records))
        }
        Query::Targets { account, rooms, guests, from, to, limit } => {
            newest(db, *account, rooms, guests).map(|found| Answer::Targets(counted_from(found, *from, *to, *limit)))
        }
    }
}

fn one(db: &Connection, seq: Seq) -> rusqlite::Result<Option<Box<Record>>> {
    let sql = format!("SELECT {RECORD_COLUMNS}, low, high FROM record WHERE seq = ?1");
    db.prepare_cached(&sql)?
        .query_row(params![int(seq.0)], |row| record(row, place_of(number(row, 7)?, number(row, 8)?)).map(Box::new))
        .optional()
}

fn time_of(db: &Connection, seq: Seq) -> rusqlite::Result<Option<UnixMs>> {
    db.prepare_cached("SELECT at FROM record WHERE seq = ?1")?
        .query_row(params![int(seq.0)], |row| row.get(0).map(UnixMs))
        .optional()
}

/// One stretch, with events or without, as far as it fits into so many bytes, and what was taken back in it; oldest first.
fn history(db: &Connection, place: Place, span: Span, (events, bytes): (bool, usize)) -> rusqlite::Result<Vec<Record>> {
    let (mut records, more) = stretch(db, place, span, bytes, if events { &[SAID, HAPPENED] } else { &[SAID] })?;
    let (redactions, _) = stretch(db, place, span.covered(&records, more), bytes, &[REDACTED])?;
    if !redactions.is_empty() {
        records.extend(redactions);
        records.sort_by_key(|record| span.key(record));
    }
    Ok(records)
}

/// What of one stretch belongs to some parts and fits, oldest first, and whether there may be more.
fn stretch(
    db: &Connection,
    place: Place,
    span: Span,
    bytes: usize,
    parts: &[&str],
) -> rusqlite::Result<(Vec<Record>, bool)> {
    let (low, high) = ends(place);
    let (after, before) = (span.after, span.before);
    let mut statement = db.prepare_cached(&stretch_sql(span, parts))?;
    let found = statement.query_map(
        params![int(low), int(high), after.at, int(after.seq), before.at, int(before.seq), span.limit],
        |row| record(row, place),
    )?;
    let (mut records, mut weight, mut more) = (Vec::new(), Weight::default(), false);
    for record in found {
        let record = record?;
        if !weight.takes(&record, bytes) {
            more = true;
            break;
        }
        records.push(record);
    }
    more |= records.len() >= span.limit as usize;
    if span.end == End::Newest {
        records.reverse();
    }
    Ok((records, more))
}

/// The statement for a stretch. Its parameters: the place's two numbers, time and place after which, time and place
/// before which, and the limit.
pub(super) fn stretch_sql(span: Span, parts: &[&str]) -> String {
    let direction = match span.end {
        End::Oldest => "ASC",
        End::Newest => "DESC",
    };
    let (bounds, order) = match span.order {
        // The times do not matter in this order, but SQLite wants every parameter to be used.
        Order::Seq => ("seq > ?4 AND seq < ?6 AND ?3 <= ?5", format!("seq {direction}")),
        // The first two conditions are implied by the others; they are what narrows the walk along the index.
        Order::Time => (
            "at >= ?3 AND at <= ?5 AND (at, seq) > (?3, ?4) AND (at, seq) < (?5, ?6)",
            format!("at {direction}, seq {direction}"),
        ),
    };
    let part = |part: &&str| {
        format!("SELECT {RECORD_COLUMNS} FROM record WHERE low = ?1 AND high = ?2 AND {part} AND {bounds}")
    };
    // Two walks in one order are merged on the way, and end together.
    let walks = parts.iter().map(part).collect::<Vec<_>>().join(" UNION ALL ");
    format!("{walks} ORDER BY {order} LIMIT ?7")
}

/// Each of the rooms and conversations in which something was said, with its time.
fn newest(
    db: &Connection,
    account: AccountId,
    rooms: &[RoomId],
    guests: &[AccountId],
) -> rusqlite::Result<Vec<(Place, UnixMs)>> {
    let others: Vec<AccountId> = db
        .prepare_cached("SELECT other FROM conversation WHERE account = ?1")?
        .query_map(params![int(account.0)], |row| number(row, 0).map(AccountId))?
        .collect::<rusqlite::Result<_>>()?;
    let others = others.into_iter().filter(|other| !other.is_guest() || guests.contains(other));
    let direct = others.map(|other| Place::direct(account, other));
    let sql = format!("SELECT max(at) FROM record WHERE low = ?1 AND high = ?2 AND {SAID}");
    let mut newest = db.prepare_cached(&sql)?;
    let mut found = Vec::new();
    for place in rooms.iter().map(|room| Place::Room(*room)).chain(direct) {
        let (low, high) = ends(place);
        let at: Option<i64> = newest.query_row(params![int(low), int(high)], |row| row.get(0))?;
        found.extend(at.map(|at| (place, UnixMs(at))));
    }
    Ok(found)
}
