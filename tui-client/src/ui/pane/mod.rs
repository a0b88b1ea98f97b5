//! The message pane: what was said in a room, scrolled and drawn. It wraps only what is visible, however long the history
//! is, and remembers its place by message, not by number, so that nothing moves while lines arrive above or below. It
//! changes nothing in the model.

mod block;
mod columns;
mod marks;
mod rows;
mod sheet;
mod words;

use std::cell::{Cell, RefCell};

use jiff::tz::TimeZone;
use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use self::{
    columns::Columns,
    sheet::{Cache, Sheet},
};
use super::theme::Theme;
use crate::model::{Body, LineKey, Older, Room};

/// What a pane shows, and what it needs to know for it.
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    /// The room: its history, its unread line, its people.
    pub room: &'a Room,
    /// Our own nick, marked where others say it.
    pub own: &'a str,
    /// The zone of the times shown.
    pub zone: &'a TimeZone,
    /// How things look.
    pub theme: Theme,
}

/// Where a pane stands in its history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scroll {
    /// At the newest line, and moves along.
    #[default]
    Follow,
    /// Stays where it is.
    Anchored {
        /// The line at the top of the pane.
        line: LineKey,
        /// Which row is topmost, counted from the line's first row; negative for rows above it, such as a day line.
        row: i32,
        /// The newest line when the pane was last at the bottom; what is newer counts as new.
        seen: Option<LineKey>,
    },
}

/// A way to move in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// This many rows towards older lines.
    Up(u16),
    /// This many rows towards newer lines.
    Down(u16),
    /// A page up, less two rows of context.
    PageUp,
    /// A page down, less two rows of context.
    PageDown,
    /// To the oldest line there is here.
    Oldest,
    /// To the newest line, and along with it from then on.
    Newest,
    /// To the unread line; nowhere if there is none.
    Unread,
    /// So that this line is on the screen.
    To(LineKey),
}

/// Where the pane stands, in words for the status row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The newest line is on the screen.
    Newest,
    /// It is not.
    Above {
        /// Lines below the screen.
        below: usize,
        /// Messages among them that came since the newest line was last on the screen.
        new: usize,
    },
}

/// The place in a room's history, and what was wrapped for it. One belongs to each room.
#[derive(Debug, Default)]
pub struct Pane {
    scroll: Scroll,
    // Set by drawing: the size last drawn in, which motions are measured in, and rows that need not be wrapped again.
    size: Cell<(u16, u16)>,
    names_width: Cell<u16>,
    cache: RefCell<Cache>,
}

impl Pane {
    /// A pane at the newest line.
    #[must_use]
    pub fn new() -> Self {
        Pane::default()
    }

    /// Where it stands.
    #[must_use]
    pub fn scroll(&self) -> Scroll {
        self.scroll
    }

    /// Moves. Before the first drawing a page is a single row.
    pub fn go(&mut self, motion: Motion, feed: &Feed<'_>) {
        let height = self.size.get().1;
        let page = height.saturating_sub(2).max(1);
        let sheet = self.sheet(*feed);
        let Some((top, last)) = sheet.window(self.scroll, height) else {
            self.scroll = Scroll::Follow;
            return;
        };
        let target = match motion {
            Motion::Up(rows) => Some(sheet.up(top, usize::from(rows))),
            Motion::Down(rows) => Some(sheet.down(top, usize::from(rows))),
            Motion::PageUp => Some(sheet.up(top, usize::from(page))),
            Motion::PageDown => Some(sheet.down(top, usize::from(page))),
            Motion::Oldest => sheet.first(),
            Motion::Newest => Some(last),
            Motion::Unread => feed.room.unread_from.and_then(|line| sheet.line(line)).map(|place| sheet.up(place, 3)),
            Motion::To(line) => sheet.line(line).map(|place| sheet.up(place, usize::from(height / 3))),
        };
        let Some(target) = target else { return };
        let newest = feed.room.history.iter().next_back().map(|line| line.key);
        let seen = match self.scroll {
            Scroll::Anchored { seen, .. } if top != last => seen,
            Scroll::Anchored { .. } | Scroll::Follow => newest,
        };
        self.scroll = if target >= last { Scroll::Follow } else { sheet.anchor(target, seen) };
    }

    /// Where the pane stands, in numbers.
    #[must_use]
    pub fn standing(&self, feed: &Feed<'_>) -> Standing {
        let Scroll::Anchored { seen, .. } = self.scroll else { return Standing::Newest };
        let height = self.size.get().1;
        let sheet = self.sheet(*feed);
        let Some((top, last)) = sheet.window(self.scroll, height) else { return Standing::Newest };
        if top >= last {
            return Standing::Newest;
        }
        let history = &feed.room.history;
        let shown = sheet.end_of_page(top, height);
        let new_from = seen.and_then(|key| history.index_of(key)).map_or(0, |index| index + 1).max(shown);
        let said = |index: &usize| history.get(*index).is_some_and(|line| matches!(line.body, Body::Said { .. }));
        Standing::Above { below: history.len() - shown, new: (new_from..history.len()).filter(said).count() }
    }

    /// Whether older lines should be fetched now: the oldest line here is less than a page above the screen, it is not the
    /// oldest of all, and no fetching is under way.
    #[must_use]
    pub fn wants_older(&self, feed: &Feed<'_>) -> bool {
        let history = &feed.room.history;
        if history.older != Older::Unfetched {
            return false;
        }
        let height = self.size.get().1;
        match self.sheet(*feed).window(self.scroll, height) {
            Some((top, _)) => top.block.start < usize::from(height.max(1)),
            None => false,
        }
    }

    /// The pane as it is drawn.
    #[must_use]
    pub fn view<'a>(&'a self, feed: Feed<'a>) -> View<'a> {
        View { pane: self, feed }
    }

    /// The history laid out for the size last drawn in.
    fn sheet<'a>(&'a self, feed: Feed<'a>) -> Sheet<'a> {
        let (width, height) = self.size.get();
        let near = match self.scroll {
            Scroll::Follow => None,
            Scroll::Anchored { line, .. } => feed.room.history.index_of(line),
        };
        self.names_width.set(self.names_width.get().max(columns::longest_name(&feed, near, height)));
        Sheet::new(feed, Columns::new(width, self.names_width.get()), &self.cache)
    }
}

/// A pane as it is drawn: the newest rows at the bottom of its area.
#[derive(Debug)]
pub struct View<'a> {
    pane: &'a Pane,
    feed: Feed<'a>,
}

impl Widget for &View<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        self.pane.size.set((area.width, area.height));
        if area.is_empty() {
            return;
        }
        let sheet = self.pane.sheet(self.feed);
        let rows = sheet.page(self.pane.scroll, area.height);
        let first = area.height.saturating_sub(u16::try_from(rows.len()).unwrap_or(area.height));
        for (y, row) in (first..area.height).zip(rows) {
            row.draw(Rect { y: area.y + y, height: 1, ..area }, buf);
        }
    }
}
