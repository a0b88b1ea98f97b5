//! How a line's words become rows: the time and the name or sign before them, the text wrapped beside.

use ratatui::style::Style;

use super::{
    block::Context,
    columns::{self, MARK},
    marks::marks,
    rows::{Row, Sketch, clock},
};
use crate::{
    model::Delivery,
    ui::{
        draw::width_of,
        theme::Role,
        wrap::{cells, fit, wrap},
    },
};

/// A message, as far as its looks depend on it.
pub(super) struct Message<'a> {
    pub(super) name: &'a str,
    pub(super) identity: &'a str,
    pub(super) text: &'a str,
    pub(super) delivery: &'a Delivery,
    pub(super) mine: bool,
    pub(super) mention: bool,
}

/// How wrapped text looks.
struct Text {
    /// All of it.
    base: Style,
    /// Parts that stand out.
    marks: Vec<(std::ops::Range<usize>, Role)>,
    /// Cells to keep free at the right edge.
    keep: u16,
}

impl Sketch<'_> {
    /// A row that the program itself has to say, its sign in the column of names where no message can put one.
    pub(super) fn signed(&mut self, sign: &str, text: &str, role: Role, context: Option<&Context>) {
        let style = self.style(role);
        let mut row = Row::default();
        let first = match self.columns.style {
            columns::Style::Aligned { names } => {
                self.time(&mut row, context, Role::Dim);
                row.put(7 + names - width_of(sign), sign, style);
                self.columns.text_at()
            }
            columns::Style::Inline => row.put(0, sign, style) + 1,
        };
        self.flow(row, first, text, &Text { base: style, marks: Vec::new(), keep: 0 });
    }

    pub(super) fn said(&mut self, message: &Message<'_>, context: &Context, around: (&str, &str)) {
        let mut row = Row::default();
        let name_style = self.feed.theme.nick(message.identity);
        let cut = self.feed.theme.glyphs.cut;
        let name = fit(message.name, self.name_cells().saturating_sub(cells(around.0) + cells(around.1)), cut);
        let name = format!("{}{name}{}", around.0, around.1);
        let first = match self.columns.style {
            columns::Style::Aligned { names } => {
                self.time(&mut row, Some(context), if message.mention { Role::Mention } else { Role::Dim });
                if context.new_sender || message.mention {
                    row.put((7 + names).saturating_sub(width_of(&name)), name, name_style);
                }
                self.columns.text_at()
            }
            columns::Style::Inline => {
                let role = if message.mention { Role::Mention } else { Role::Dim };
                let x = self.time(&mut row, Some(context), role);
                let x = row.put(x, name, name_style);
                row.put(x, ": ", self.style(Role::Dim))
            }
        };
        self.words(row, first, message);
    }

    pub(super) fn action(&mut self, message: &Message<'_>, context: &Context) {
        let mut row = Row::default();
        let sign = self.feed.theme.glyphs.action;
        let role = if message.mention { Role::Mention } else { Role::Dim };
        let style = self.feed.theme.nick(message.identity);
        let x = match self.columns.style {
            columns::Style::Aligned { names } => {
                self.time(&mut row, Some(context), role);
                row.put(7 + names - width_of(sign), sign, style);
                self.columns.text_at()
            }
            columns::Style::Inline => row.put(0, sign, style) + 1,
        };
        let name = fit(message.name, self.name_cells(), self.feed.theme.glyphs.cut).into_owned();
        let x = row.put(x, name, style);
        self.words(row, x + 1, message);
    }

    /// The text of a message from column `first` on, with what stands out in it and the mark of its delivery.
    fn words(&mut self, mut row: Row, first: u16, message: &Message<'_>) {
        let glyphs = self.feed.theme.glyphs;
        let mark = match message.delivery {
            _ if !message.mine => None,
            Delivery::Queued => Some((glyphs.queued, Role::Warning)),
            Delivery::Pending => Some((glyphs.pending, Role::Dim)),
            Delivery::Done => Some((glyphs.done, Role::Dim)),
            Delivery::Refused(_) => Some((glyphs.error, Role::Error)),
        };
        if let Some((sign, role)) = mark {
            let end = self.columns.text_at() + self.columns.text_width();
            row.put(end.saturating_sub(width_of(sign)), sign, self.style(role));
        }
        let own = message.mention.then_some(self.feed.own);
        let waiting = message.mine && matches!(message.delivery, Delivery::Queued);
        let base = self.style(if waiting { Role::Dim } else { Role::Text });
        let keep = if mark.is_some() { MARK } else { 0 };
        self.flow(row, first, message.text, &Text { base, marks: marks(message.text, own), keep });
    }

    /// Wraps `text` into rows: `row` goes on from column `first`, the others begin at the text's column.
    fn flow(&mut self, row: Row, first: u16, text: &str, look: &Text) {
        let start = self.columns.text_at();
        let end = (start + self.columns.text_width()).saturating_sub(look.keep);
        let mut row = row;
        let mut x = first;
        for range in wrap(text, end.saturating_sub(first), end.saturating_sub(start)) {
            let mut at = range.start;
            for (mark, role) in look.marks.iter().filter(|(mark, _)| mark.start < range.end && mark.end > range.start) {
                let (from, to) = (mark.start.max(range.start), mark.end.min(range.end));
                if at < from {
                    x = row.put(x, &text[at..from], look.base);
                }
                x = row.put(x, &text[from..to], look.base.patch(self.style(*role)));
                at = to;
            }
            if at < range.end {
                row.put(x, &text[at..range.end], look.base);
            }
            self.rows.push(std::mem::take(&mut row));
            x = start;
        }
    }

    /// Puts the time in its column if it differs from the one above; gives the column behind it.
    fn time(&self, row: &mut Row, context: Option<&Context>, role: Role) -> u16 {
        let inline = self.columns.style == columns::Style::Inline;
        match context.filter(|context| context.new_time && (!inline || self.columns.width >= 30)) {
            Some(context) => row.put(u16::from(!inline), clock(context.at), self.style(role)) + 1,
            None => 0,
        }
    }
}
