//! Which column of the pane is whose. Text that people write stays in its own columns, whatever it holds.

use super::Feed;
use crate::{
    model::{Body, Line},
    ui::wrap::{MEASURE, cells, name_within},
};

/// From this width on times and names have columns of their own.
const ALIGNED_FROM: u16 = 48;
/// The least and the most cells of the column of names.
const NAMES: (u16, u16) = (6, 14);
/// The cells kept free for the mark of a message of our own.
pub(super) const MARK: u16 = 2;

/// The columns of a pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    /// The pane's width.
    pub(super) width: u16,
    /// Where things stand.
    pub(super) style: Style,
}

/// How times and names stand beside the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// In columns of their own: time at 1, names right-aligned from 7 on, this many cells wide.
    Aligned {
        /// Cells of the column of names.
        names: u16,
    },
    /// Before the text, which continues on the next row two cells in. Nothing that people write begins at column 0.
    Inline,
}

impl Columns {
    /// The columns of a pane of this width whose longest name takes `longest` cells.
    pub(super) fn new(width: u16, longest: u16) -> Self {
        let style = if width < ALIGNED_FROM {
            Style::Inline
        } else {
            Style::Aligned { names: longest.clamp(NAMES.0, NAMES.1.min(width / 6)) }
        };
        Columns { width, style }
    }

    /// Where text begins on every row but, inline, a message's first.
    pub(super) fn text_at(self) -> u16 {
        match self.style {
            Style::Aligned { names } => 7 + names + 2,
            Style::Inline => 2,
        }
    }

    /// The cells for text from [`Columns::text_at`] on: never more than [`MEASURE`]. One cell stays free before a sidebar.
    pub(super) fn text_width(self) -> u16 {
        let margin = if matches!(self.style, Style::Aligned { .. }) { 1 } else { 0 };
        self.width.saturating_sub(self.text_at() + margin).min(MEASURE)
    }

    /// The most cells that a name may take.
    pub(super) fn name_width(self) -> u16 {
        match self.style {
            Style::Aligned { names } => names,
            Style::Inline => (self.width / 3).min(NAMES.1),
        }
    }
}

/// The longest name of the lines that may be on the screen: those within a page of line `near`, or of the newest.
pub(super) fn longest_name(feed: &Feed<'_>, near: Option<usize>, height: u16) -> u16 {
    let history = &feed.room.history;
    let page = usize::from(height);
    let near = near.unwrap_or(history.len());
    let lines = (near.saturating_sub(page)..near + page).map_while(|index| history.get(index));
    let longest = lines.filter_map(name).max().unwrap_or(0);
    u16::try_from(longest).unwrap_or(u16::MAX)
}

fn name(line: &Line) -> Option<usize> {
    match &line.body {
        Body::Said { nick, display, action: false, .. } => {
            Some(cells(name_within(nick, display.as_deref(), usize::from(NAMES.1))))
        }
        _ => None,
    }
}
