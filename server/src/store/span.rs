//! From the pages of `CHATHISTORY` to stretches of an index (ircv3.net "chathistory", "Subcommands").
//!
//! A history has two orders: by place in the one order of everything (`seq`), which message ids name, and by time,
//! which may differ when the clock was set back. A page between message ids is a stretch of the first, a page between
//! times a stretch of the second, where records of the same time follow each other by `seq`, so that none is skipped or
//! shown twice. Both engines read stretches; only this file knows what a page means.

use klatch_protocol::UnixMs;

use crate::hub::io::{AccountId, Anchor, Page, Place, Record, RoomId, Seq};

/// A point of an order, between records or on one. Compared by time and then by place; in [`Order::Seq`] all times are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) at: i64,
    pub(super) seq: u64,
}

impl Key {
    const FIRST: Key = Key { at: i64::MIN, seq: 0 };
    /// SQLite's integers end where those of `i64` do.
    const LAST: Key = Key { at: i64::MAX, seq: i64::MAX.cast_unsigned() };
}

/// Which of the two orders a stretch lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Seq,
    Time,
}

/// From which end of the stretch records are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Oldest,
    Newest,
}

/// A stretch of one place's history: at most `limit` records with `after < key < before`, counted from `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) order: Order,
    pub(super) after: Key,
    pub(super) before: Key,
    pub(super) end: End,
    pub(super) limit: u32,
}

/// The most redactions beside one page; of more, the newest.
const MOST_REDACTIONS: u32 = 1_000;

/// The stretches that make up `page`, oldest first. `time_of` tells the time of a record, which is needed where a page
/// lies between a record and a time; `None` for an unknown one, and then the page is empty.
pub(super) fn spans(page: Page, limit: u32, time_of: impl Fn(Seq) -> Option<UnixMs>) -> Vec<Span> {
    match page {
        Page::Latest(None) => vec![Span::newest(Order::Seq, Key::FIRST, Key::LAST, limit)],
        Page::Latest(Some(anchor)) => vec![Span::newest(order(anchor), past(anchor), Key::LAST, limit)],
        Page::Before(anchor) => vec![Span::newest(order(anchor), Key::FIRST, upto(anchor), limit)],
        Page::After(anchor) => vec![Span::oldest(order(anchor), past(anchor), Key::LAST, limit)],
        Page::Between(from, to) => between(from, to, limit, time_of).into_iter().collect(),
        Page::Around(anchor) => around(anchor, limit),
    }
}

impl Span {
    fn newest(order: Order, after: Key, before: Key, limit: u32) -> Self {
        Span { order, after, before, end: End::Newest, limit }
    }

    fn oldest(order: Order, after: Key, before: Key, limit: u32) -> Self {
        Span { order, after, before, end: End::Oldest, limit }
    }

    /// Where a record stands in the order of this stretch.
    pub(super) fn key(self, record: &Record) -> Key {
        let at = if self.order == Order::Time { record.at.0 } else { 0 };
        Key { at, seq: record.seq.0 }
    }

    /// The stretch whose redactions belong to `records`, which were read from this one: all of it, unless there may be `more`.
    pub(super) fn covered(self, records: &[Record], more: bool) -> Span {
        let mut covered = Span { end: End::Newest, limit: MOST_REDACTIONS, ..self };
        if more {
            match self.end {
                End::Oldest => covered.before = records.last().map_or(self.after, |last| self.key(last)),
                End::Newest => covered.after = records.first().map_or(self.before, |first| self.key(first)),
            }
        }
        covered
    }
}

fn order(anchor: Anchor) -> Order {
    match anchor {
        Anchor::Seq(_) => Order::Seq,
        Anchor::Time(_) => Order::Time,
    }
}

/// The key that ends what lies before the anchor; a record there is not before it.
fn upto(anchor: Anchor) -> Key {
    match anchor {
        Anchor::Seq(seq) => Key { at: 0, seq: seq.0 },
        // Places start at 1, so this lies before every record of that time.
        Anchor::Time(at) => Key { at: at.0, seq: 0 },
    }
}

/// The key behind which everything is after the anchor.
fn past(anchor: Anchor) -> Key {
    match anchor {
        Anchor::Seq(seq) => Key { at: 0, seq: seq.0 },
        Anchor::Time(at) => Key { at: at.0, seq: Key::LAST.seq },
    }
}

fn between(from: Anchor, to: Anchor, limit: u32, time_of: impl Fn(Seq) -> Option<UnixMs>) -> Option<Span> {
    let both = match (from, to) {
        (Anchor::Seq(_), Anchor::Seq(_)) => Order::Seq,
        _ => Order::Time,
    };
    // A record among times stands at its own time.
    let place = |anchor: Anchor, of_time: fn(Anchor) -> Key| match (anchor, both) {
        (Anchor::Seq(seq), Order::Time) => Some(Key { at: time_of(seq)?.0, seq: seq.0 }),
        _ => Some(of_time(anchor)),
    };
    let forward = place(from, upto)? <= place(to, upto)?;
    Some(match forward {
        true => Span::oldest(both, place(from, past)?, place(to, upto)?, limit),
        false => Span::newest(both, place(to, past)?, place(from, upto)?, limit),
    })
}

/// Half before the anchor; the anchor itself and what follows fill the rest.
fn around(anchor: Anchor, limit: u32) -> Vec<Span> {
    let earlier = limit / 2;
    let cut = upto(anchor);
    let from_here = match anchor {
        Anchor::Seq(seq) => Key { at: 0, seq: seq.0.saturating_sub(1) },
        Anchor::Time(_) => cut,
    };
    vec![
        Span::newest(order(anchor), Key::FIRST, cut, earlier),
        Span::oldest(order(anchor), from_here, Key::LAST, limit - earlier),
    ]
}

/// Of targets with their times those between `from` and `to`, neither included: the `limit` nearest to `from`, oldest
/// first. Equal times are ordered by place, so that the answer does not depend on the engine.
pub(super) fn counted_from(
    mut found: Vec<(Place, UnixMs)>,
    from: UnixMs,
    to: UnixMs,
    limit: u32,
) -> Vec<(Place, UnixMs)> {
    found.retain(|(_, at)| from.min(to) < *at && *at < from.max(to));
    found.sort_by_key(|(place, at)| {
        let (low, high) = ends(*place);
        (*at, low, high)
    });
    found.dedup();
    let over = found.len().saturating_sub(limit as usize);
    if from <= to {
        found.truncate(found.len() - over);
        return found;
    }
    found.split_off(over)
}

/// The inverse of [`ends`].
pub(super) fn place_of(low: u64, high: u64) -> Place {
    if low == 0 { Place::Room(RoomId(high)) } else { Place::Direct(AccountId(low), AccountId(high)) }
}

/// A place as two numbers: 0 and the room's, or both accounts' (which start at 1).
pub(super) fn ends(place: Place) -> (u64, u64) {
    match place {
        Place::Room(room) => (0, room.0),
        Place::Direct(a, b) => (a.0, b.0),
    }
}
