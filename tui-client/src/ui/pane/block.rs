//! Which lines stand together, and what their neighbours make of them: bursts of people coming and going become one block,
//! a new day or the unread line needs a row of its own, equal times and equal senders are not repeated.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::Feed;
use crate::model::{Body, Line, LineKey};
use klatch_protocol::UnixMs;

/// From this many people coming and going within a minute on they share a block.
const BURST: usize = 4;
/// A sender's name is not repeated within this time.
const SAME_SENDER: i64 = 5 * 60 * 1_000;

/// Lines that are shown together: `start..end` in the history, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block {
    /// Its first line.
    pub(super) start: usize,
    /// The line behind its last.
    pub(super) end: usize,
}

impl Block {
    /// The block of line `index`; `None` if there is no such line.
    pub(super) fn of(feed: &Feed<'_>, index: usize) -> Option<Block> {
        let history = &feed.room.history;
        let line = history.get(index)?;
        let alone = Block { start: index, end: index + 1 };
        if !is_presence(line) {
            return Some(alone);
        }
        let unread = feed.room.unread_from;
        let together = |upper: usize, lower: usize| {
            history.get(upper).zip(history.get(lower)).is_some_and(|(upper, lower)| joined(upper, lower, unread))
        };
        let mut start = index;
        while start > 0 && together(start - 1, start) {
            start -= 1;
        }
        let mut end = index + 1;
        while together(end - 1, end) {
            end += 1;
        }
        Some(if end - start >= BURST { Block { start, end } } else { alone })
    }

    /// The block before this one.
    pub(super) fn before(self, feed: &Feed<'_>) -> Option<Block> {
        Block::of(feed, self.start.checked_sub(1)?)
    }

    /// The block after this one.
    pub(super) fn after(self, feed: &Feed<'_>) -> Option<Block> {
        Block::of(feed, self.end)
    }
}

fn is_presence(line: &Line) -> bool {
    matches!(line.body, Body::Joined { .. } | Body::Left { .. })
}

fn joined(upper: &Line, lower: &Line, unread: Option<LineKey>) -> bool {
    let minute = |line: &Line| line.at.0.div_euclid(60_000);
    is_presence(upper) && is_presence(lower) && minute(upper) == minute(lower) && unread != Some(lower.key)
}

/// What a block's neighbour above makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Context {
    /// The block's own time in the viewer's zone.
    pub(super) at: DateTime,
    /// Whether the block is the first there is here.
    pub(super) first: bool,
    /// Whether a day begins with it.
    pub(super) new_day: bool,
    /// Whether the unread line stands above it; with the time of the last line seen, if there is one.
    pub(super) unread: Option<Option<DateTime>>,
    /// Whether its time differs from the one above.
    pub(super) new_time: bool,
    /// Whether it is by another sender than the one above, or long after.
    pub(super) new_sender: bool,
}

impl Context {
    /// Looks at the neighbours of line `start`; `None` if there is no such line.
    pub(super) fn of(feed: &Feed<'_>, start: usize) -> Option<Context> {
        let history = &feed.room.history;
        let line = history.get(start)?;
        let above = start.checked_sub(1).and_then(|index| history.get(index));
        let at = local(line.at, feed.zone);
        let before = above.map(|above| local(above.at, feed.zone));
        let new_day = before.is_none_or(|before| before.date() != at.date());
        let unread = (feed.room.unread_from == Some(line.key)).then_some(before);
        let parted = new_day || unread.is_some();
        let minute = |time: DateTime| (time.hour(), time.minute());
        Some(Context {
            at,
            first: above.is_none(),
            new_day,
            unread,
            new_time: parted || before.is_none_or(|before| minute(before) != minute(at)),
            new_sender: parted || above.is_none_or(|above| !same_sender(above, line)),
        })
    }
}

fn same_sender(upper: &Line, lower: &Line) -> bool {
    let (
        Body::Said { nick: one, action: false, notice: first, .. },
        Body::Said { nick: two, action: false, notice: second, .. },
    ) = (&upper.body, &lower.body)
    else {
        return false;
    };
    one.eq_ignore_ascii_case(two) && first == second && (lower.at.0 - upper.at.0).abs() < SAME_SENDER
}

/// A point in time as clocks in `zone` show it. Times out of all reason become the epoch.
pub(super) fn local(at: UnixMs, zone: &TimeZone) -> DateTime {
    zone.to_datetime(Timestamp::from_millisecond(at.0).unwrap_or_default())
}
