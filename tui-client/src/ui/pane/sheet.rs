//! A history laid out in rows for one width, as far as somebody looks at it. Nothing here walks further than the rows asked
//! for, so a page costs the same in a history of ten lines and of a hundred thousand.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use super::{
    Feed, Scroll,
    block::Block,
    columns::Columns,
    rows::{Row, Rows},
};
use crate::{
    model::{LineKey, Older},
    ui::theme::Theme,
};

/// A row of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The block.
    pub(super) block: Block,
    /// Which of its rows, those above its first line of text included.
    row: usize,
}

/// Wrapped rows, by the first line of their block, valid for one state of everything that they depend on.
#[derive(Debug, Default)]
pub(super) struct Cache {
    valid_for: Option<State>,
    rows: HashMap<LineKey, Rc<Rows>>,
}

/// Blocks kept wrapped; many pages. When there are more all are dropped.
const KEPT: usize = 2_000;

/// Everything that rows depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    columns: Columns,
    revision: u64,
    unread: Option<LineKey>,
    /// Whether we are in the room, so that what is missing is being fetched.
    joined: bool,
    /// What there is before the oldest line.
    older: Older,
    own: String,
    theme: Theme,
}

/// The history laid out.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    feed: Feed<'a>,
    columns: Columns,
    cache: &'a RefCell<Cache>,
}

impl<'a> Sheet<'a> {
    /// Lays out `feed`; `cache` holds what was wrapped before.
    pub(super) fn new(feed: Feed<'a>, columns: Columns, cache: &'a RefCell<Cache>) -> Self {
        let history = &feed.room.history;
        let state = State {
            columns,
            revision: history.revision(),
            unread: feed.room.unread_from,
            joined: feed.room.joined,
            older: history.older,
            own: feed.own.to_owned(),
            theme: feed.theme,
        };
        let mut kept = cache.borrow_mut();
        if kept.valid_for.as_ref() != Some(&state) || kept.rows.len() > KEPT {
            kept.rows.clear();
            kept.valid_for = Some(state);
        }
        drop(kept);
        Sheet { feed, columns, cache }
    }

    fn rows(&self, block: Block) -> Rc<Rows> {
        let Some(line) = self.feed.room.history.get(block.start) else { return Rc::default() };
        if let Some(rows) = self.cache.borrow().rows.get(&line.key) {
            return Rc::clone(rows);
        }
        let rows = Rc::new(Rows::of(&self.feed, self.columns, block));
        self.cache.borrow_mut().rows.insert(line.key, Rc::clone(&rows));
        rows
    }

    /// The first row of all.
    pub(super) fn first(&self) -> Option<Place> {
        Some(Place { block: Block::of(&self.feed, 0)?, row: 0 })
    }

    /// The first row of what the line `key` says.
    pub(super) fn line(&self, key: LineKey) -> Option<Place> {
        let block = Block::of(&self.feed, self.feed.room.history.index_of(key)?)?;
        Some(Place { block, row: self.rows(block).above })
    }

    /// The topmost row on a page of this height, and the one when the newest row is at the page's end; `None` without lines.
    pub(super) fn window(&self, scroll: Scroll, height: u16) -> Option<(Place, Place)> {
        let last_line = self.feed.room.history.len().checked_sub(1)?;
        let block = Block::of(&self.feed, last_line)?;
        let newest = Place { block, row: self.rows(block).all.len().saturating_sub(1) };
        let last = self.up(newest, usize::from(height.max(1)) - 1);
        let top = match scroll {
            Scroll::Follow => last,
            Scroll::Anchored { line, row, .. } => match self.line(line) {
                // The oldest lines go when there are too many; whoever was reading there stays as near as can be.
                None => self.first().unwrap_or(last).min(last),
                Some(place) => self.anchored(place, row).min(last),
            },
        };
        Some((top, last))
    }

    /// The row that is `row` rows from `place`, the first row of what a line says; within that line if it has become shorter.
    fn anchored(&self, place: Place, row: i32) -> Place {
        let rows = usize::try_from(row.unsigned_abs()).unwrap_or(usize::MAX);
        if row < 0 {
            return self.up(place, rows);
        }
        let last = self.rows(place.block).all.len().saturating_sub(1);
        Place { row: place.row.saturating_add(rows).min(last), ..place }
    }

    /// The scroll state that keeps `place` at the top.
    pub(super) fn anchor(&self, place: Place, seen: Option<LineKey>) -> Scroll {
        let Some(line) = self.feed.room.history.get(place.block.start) else { return Scroll::Follow };
        let above = self.rows(place.block).above;
        let count = |rows: usize| i32::try_from(rows).unwrap_or(i32::MAX);
        Scroll::Anchored { line: line.key, row: count(place.row) - count(above), seen }
    }

    /// The row `rows` rows above, or the first of all.
    pub(super) fn up(&self, from: Place, rows: usize) -> Place {
        let mut place = from;
        let mut left = rows;
        while left > place.row {
            let Some(block) = place.block.before(&self.feed) else { return Place { row: 0, ..place } };
            left -= place.row + 1;
            place = Place { block, row: self.rows(block).all.len().saturating_sub(1) };
        }
        Place { row: place.row - left, ..place }
    }

    /// The row `rows` rows below, or the last of all.
    pub(super) fn down(&self, from: Place, rows: usize) -> Place {
        let mut place = from;
        let mut left = rows;
        loop {
            let last = self.rows(place.block).all.len().saturating_sub(1);
            if left <= last - place.row.min(last) {
                return Place { row: place.row + left, ..place };
            }
            let Some(block) = place.block.after(&self.feed) else { return Place { row: last, ..place } };
            left -= last - place.row.min(last) + 1;
            place = Place { block, row: 0 };
        }
    }

    /// The line behind the last one that has a row on the page that begins with `top`.
    pub(super) fn end_of_page(&self, top: Place, height: u16) -> usize {
        self.down(top, usize::from(height.max(1)) - 1).block.end
    }

    /// The row at the top of a page. Where it begins what a line says it has its time and name, which may stand on a row
    /// that was scrolled away; unless they would take room from the text, so that scrolling by a row moves by a row.
    fn topmost(&self, place: Place) -> Option<Row> {
        let rows = self.rows(place.block);
        let led = Rows::at_top(&self.feed, self.columns, place.block);
        let rows = if place.row == rows.above && led.all.len() == rows.all.len() { &led } else { &*rows };
        rows.all.get(place.row).cloned()
    }

    /// The rows of a page.
    pub(super) fn page(&self, scroll: Scroll, height: u16) -> Vec<Row> {
        let height = usize::from(height);
        let Some((top, _)) = self.window(scroll, u16::try_from(height).unwrap_or(u16::MAX)) else {
            return Rows::of_nothing(&self.feed, self.columns);
        };
        let mut page = Vec::with_capacity(height);
        page.extend(self.topmost(top).filter(|_| height > 0));
        let mut next = Some(Place { row: top.row + 1, ..top });
        while let Some(place) = next.filter(|_| page.len() < height) {
            let rows = self.rows(place.block);
            page.extend(rows.all.iter().skip(place.row).take(height - page.len()).cloned());
            next = place.block.after(&self.feed).map(|block| Place { block, row: 0 });
        }
        page
    }
}
