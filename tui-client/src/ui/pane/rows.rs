//! What a block of lines looks like: its rows, ready to be drawn.

use std::collections::HashSet;

use jiff::civil::DateTime;
use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{
    Feed,
    block::{Block, Context},
    columns::{self, Columns},
    words::Message,
};
use crate::{
    model::{Body, Delivery, Line, Older, RoomKind},
    ui::{
        draw::{put, width_of},
        theme::Role,
        wrap::{cells, fit, name_within},
    },
};

/// One row of the pane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    pieces: Vec<Piece>,
}

/// Text at a column.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    x: u16,
    text: String,
    style: Style,
}

impl Row {
    /// Draws the row into the first row of `area`.
    pub(super) fn draw(&self, area: Rect, buf: &mut Buffer) {
        for piece in &self.pieces {
            put(buf, area, piece.x, 0, &piece.text, piece.style);
        }
    }

    pub(super) fn put(&mut self, x: u16, text: impl Into<String>, style: Style) -> u16 {
        let text = text.into();
        let end = x + width_of(&text);
        self.pieces.push(Piece { x, text, style });
        end
    }
}

/// The rows of a block.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// All of them, never none.
    pub(super) all: Vec<Row>,
    /// How many of them stand above what the block itself says: day and unread lines.
    pub(super) above: usize,
}

impl Rows {
    /// The rows of `block`.
    pub(super) fn of(feed: &Feed<'_>, columns: Columns, block: Block) -> Rows {
        Rows::within(feed, columns, block, Context::of(feed, block.start))
    }

    /// The rows of `block` when nothing is seen above it: the time and the name are there even where they are those of the
    /// block before.
    pub(super) fn at_top(feed: &Feed<'_>, columns: Columns, block: Block) -> Rows {
        let context = Context::of(feed, block.start);
        Rows::within(
            feed,
            columns,
            block,
            context.map(|context| Context { new_time: true, new_sender: true, ..context }),
        )
    }

    fn within(feed: &Feed<'_>, columns: Columns, block: Block, context: Option<Context>) -> Rows {
        let lines: Vec<&Line> = (block.start..block.end).filter_map(|index| feed.room.history.get(index)).collect();
        let mut sketch = Sketch { feed, columns, rows: Vec::new() };
        let (Some(line), Some(context)) = (lines.first(), context) else {
            return Rows { all: vec![Row::default()], above: 0 };
        };
        sketch.above(&context);
        let above = sketch.rows.len();
        match lines.as_slice() {
            [_, _, ..] => sketch.burst(&lines, &context),
            _ => sketch.line(line, &context),
        }
        Rows { all: sketch.rows, above }
    }

    /// The rows of a history without lines.
    pub(super) fn of_nothing(feed: &Feed<'_>, columns: Columns) -> Vec<Row> {
        let mut sketch = Sketch { feed, columns, rows: Vec::new() };
        if feed.room.history.older != Older::Unfetched {
            sketch.beginning();
        }
        sketch.rows
    }
}

/// Rows being made.
pub(super) struct Sketch<'a> {
    pub(super) feed: &'a Feed<'a>,
    pub(super) columns: Columns,
    pub(super) rows: Vec<Row>,
}

impl Sketch<'_> {
    pub(super) fn style(&self, role: Role) -> Style {
        self.feed.theme.style(role)
    }

    fn above(&mut self, context: &Context) {
        if context.first {
            self.beginning();
        }
        if context.new_day {
            self.rule(&context.at.strftime("%A %-d %B %Y").to_string(), Role::Rule);
        }
        if let Some(since) = context.unread {
            let since = since.map_or("new".to_owned(), |time| format!("new since {}", clock(time)));
            self.rule(&since, Role::Unread);
        }
    }

    /// What stands above the oldest line: always one row, so that nothing moves when older lines begin to be fetched.
    fn beginning(&mut self) {
        let room = self.feed.room;
        let words = match room.history.older {
            _ if room.kind == RoomKind::Server => "what the server says",
            Older::Nothing => &format!("{} begins here", room.name),
            Older::Fetching => "fetching older messages",
            Older::Unfetched => "older messages",
            Older::NotKept => "no older messages are kept here",
        };
        self.rule(words, Role::Rule);
    }

    /// A line across the pane with words in it, starting where nothing that people write can stand.
    fn rule(&mut self, words: &str, role: Role) {
        let start = u16::from(!matches!(self.columns.style, columns::Style::Inline));
        let width = usize::from((self.columns.text_at() + self.columns.text_width()).saturating_sub(start));
        let dash = self.feed.theme.glyphs.dash;
        let words = fit(words, width.saturating_sub(4), self.feed.theme.glyphs.cut);
        let left = 3.min(width / 8);
        let right = width.saturating_sub(left + cells(&words) + 2);
        let mut row = Row::default();
        let x = row.put(start, format!("{} ", dash.repeat(left)), self.style(role));
        let x = row.put(x, words, self.style(role));
        row.put(x, format!(" {}", dash.repeat(right)), self.style(role));
        self.rows.push(row);
    }

    fn line(&mut self, line: &Line, context: &Context) {
        match &line.body {
            Body::Said { nick, display, text, action, notice, mine, mention, delivery } => {
                let name = name_within(nick, display.as_deref(), self.name_cells());
                let account = self.feed.room.roster.get(nick).and_then(|member| member.account.as_deref());
                let message =
                    Message { name, identity: account.unwrap_or(nick), text, delivery, mine: *mine, mention: *mention };
                match (action, notice) {
                    (true, _) => self.action(&message, context),
                    (false, true) => self.said(&message, context, ("-", "-")),
                    (false, false) => self.said(&message, context, ("", "")),
                }
                if let Delivery::Refused(reason) = delivery {
                    self.signed(self.feed.theme.glyphs.error, &format!("not sent: {reason}"), Role::Error, None);
                }
            }
            Body::Joined { nick, display } => {
                let name = display.as_deref().unwrap_or(nick);
                self.signed(self.feed.theme.glyphs.join, &format!("{name} joined"), Role::Join, Some(context));
            }
            Body::Left { nick, display, reason } => {
                let name = display.as_deref().unwrap_or(nick);
                let reason = reason.as_deref().filter(|reason| !reason.is_empty());
                let text = reason.map_or(format!("{name} left"), |reason| format!("{name} left: {reason}"));
                self.signed(self.feed.theme.glyphs.leave, &text, Role::Leave, Some(context));
            }
            Body::Info(text) => self.signed(self.feed.theme.glyphs.info, text, Role::Info, Some(context)),
            Body::Error(text) => self.signed(self.feed.theme.glyphs.error, text, Role::Error, Some(context)),
            Body::Gap { fetching: true } if self.feed.room.joined => {
                self.rule("fetching what was missed", Role::Warning);
            }
            Body::Gap { .. } => self.rule("messages may be missing here", Role::Warning),
        }
    }

    /// Many people coming and going in one minute: a row for each direction.
    fn burst(&mut self, lines: &[&Line], context: &Context) {
        let glyphs = self.feed.theme.glyphs;
        let (mut came, mut went): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        // Whole networks part at once, so nobody is looked for among all others.
        let mut named = HashSet::new();
        for line in lines {
            let (people, nick, display, comes) = match &line.body {
                Body::Joined { nick, display } => (&mut came, nick, display, true),
                Body::Left { nick, display, .. } => (&mut went, nick, display, false),
                _ => continue,
            };
            let name = display.as_deref().unwrap_or(nick);
            if named.insert((comes, name)) {
                people.push(name);
            }
        }
        let mut context = Some(context);
        for (people, glyph, word, role) in
            [(came, glyphs.join, "joined", Role::Join), (went, glyphs.leave, "left", Role::Leave)]
        {
            if !people.is_empty() {
                let text = crowd(&people, word, usize::from(self.columns.text_width()));
                self.signed(glyph, &text, role, context.take());
            }
        }
    }

    pub(super) fn name_cells(&self) -> usize {
        usize::from(self.columns.name_width())
    }
}

/// `ann, bob joined · 3 more`, as many names as fit into `width` cells but at least one.
fn crowd(people: &[&str], word: &str, width: usize) -> String {
    let mut text = String::new();
    for (index, name) in people.iter().enumerate() {
        let longer = if index == 0 { (*name).to_owned() } else { format!("{text}, {name}") };
        let left = people.len() - index - 1;
        let rest = if left == 0 { 0 } else { format!(" · {left} more").len() };
        if index > 0 && cells(&longer) + 1 + word.len() + rest > width {
            return format!("{text} {word} · {} more", left + 1);
        }
        text = longer;
    }
    format!("{text} {word}")
}

pub(super) fn clock(time: DateTime) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}
