//! The help overlay: every key and command, in sections, from rows that the caller takes from its key table. Typing filters.

use ratatui::{buffer::Buffer, layout::Position, layout::Rect, widgets::Clear, widgets::Widget};

use super::{
    draw::{put, put_right, width_of},
    theme::{Role, Theme},
    wrap::wrap,
};

/// One group of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What they are for.
    pub title: String,
    /// The keys, and what they do.
    pub rows: Vec<(String, String)>,
}

/// What the overlay remembers while it is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Help {
    /// What rows have to hold to be shown, whatever the case; empty for all.
    pub filter: String,
    /// Rows scrolled past; drawing never goes beyond the last page.
    pub scrolled: u16,
}

/// The overlay as it is drawn over the whole screen.
#[derive(Debug)]
pub struct HelpScreen<'a> {
    /// The filter and where it stands.
    pub help: &'a Help,
    /// All there is to show.
    pub sections: &'a [Section],
    /// How things look.
    pub theme: Theme,
}

const TITLE: &str = "Help";
/// From this width on sections stand in two columns.
const TWO_COLUMNS: u16 = 90;

/// A line as it is drawn: columns, texts and what they are.
type HelpLine = Vec<(u16, String, Role)>;

/// One entry of the list.
enum Row<'a> {
    Title(&'a str),
    Key(&'a str, &'a str),
    Empty,
}

impl HelpScreen<'_> {
    /// Where the terminal's cursor belongs: behind the filter.
    #[must_use]
    pub fn cursor(&self, area: Rect) -> Option<Position> {
        let x = 1 + width_of(TITLE) + 3 + width_of(&self.help.filter);
        (x < area.width && area.height > 0).then(|| Position::new(area.x + x, area.y))
    }

    /// The most rows that can be scrolled past in this area.
    #[must_use]
    pub fn scroll_limit(&self, area: Rect) -> u16 {
        let rows = self.columns(area.width).iter().map(Vec::len).max().unwrap_or(0);
        u16::try_from(rows).unwrap_or(u16::MAX).saturating_sub(area.height.saturating_sub(2))
    }

    /// The rows that match, divided into columns of about the same height without parting a section.
    fn columns(&self, width: u16) -> Vec<Vec<HelpLine>> {
        let blocks: Vec<Vec<Row<'_>>> = self.sections.iter().filter_map(|section| self.block(section)).collect();
        if width < TWO_COLUMNS {
            let rows: Vec<_> = blocks.into_iter().flatten().collect();
            return vec![self.lines(&rows, width)];
        }
        let half = blocks.iter().map(Vec::len).sum::<usize>().div_ceil(2);
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for block in blocks {
            if right.is_empty() && (left.is_empty() || left.len() + block.len() / 2 <= half) {
                left.extend(block);
            } else {
                right.extend(block);
            }
        }
        vec![self.lines(&left, width / 2), self.lines(&right, width / 2)]
    }

    fn block<'a>(&'a self, section: &'a Section) -> Option<Vec<Row<'a>>> {
        let wanted = self.help.filter.to_lowercase();
        let matches = |text: &str| text.to_lowercase().contains(&wanted);
        let all = matches(&section.title);
        let rows: Vec<Row<'a>> = section
            .rows
            .iter()
            .filter(|(keys, does)| all || matches(keys) || matches(does))
            .map(|(keys, does)| Row::Key(keys, does))
            .collect();
        if rows.is_empty() {
            return None;
        }
        Some([Row::Title(&section.title)].into_iter().chain(rows).chain([Row::Empty]).collect())
    }

    fn column(&self, lines: &[HelpLine], skip: u16, area: Rect, buf: &mut Buffer) {
        for (y, line) in (0..area.height).zip(lines.iter().skip(usize::from(skip))) {
            for (x, text, role) in line {
                put(buf, area, *x, y, text, self.theme.style(*role));
            }
        }
    }

    /// The rows of a column as lines of at most `width` cells; what is too long goes on below.
    fn lines(&self, rows: &[Row<'_>], width: u16) -> Vec<HelpLine> {
        let keys = rows.iter().filter_map(|row| if let Row::Key(keys, _) = row { Some(width_of(keys)) } else { None });
        let keys_width = keys.max().unwrap_or(0).min(width * 2 / 5).max(4);
        let does_at = 3 + keys_width + 2;
        let does_width = width.saturating_sub(does_at + 1).max(4);
        let mut lines = Vec::new();
        for row in rows {
            match row {
                Row::Title(title) => lines.push(vec![(1, (*title).to_owned(), Role::Strong)]),
                Row::Empty => lines.push(Vec::new()),
                Row::Key(keys, does) => {
                    let mut keys = wrap(keys, keys_width, keys_width).into_iter().map(|range| keys[range].to_owned());
                    let mut does = wrap(does, does_width, does_width).into_iter().map(|range| does[range].to_owned());
                    loop {
                        let line: HelpLine = [(3, keys.next(), Role::Key), (does_at, does.next(), Role::Text)]
                            .into_iter()
                            .filter_map(|(x, text, role)| Some((x, text?, role)))
                            .collect();
                        if line.is_empty() {
                            break;
                        }
                        lines.push(line);
                    }
                }
            }
        }
        lines
    }
}

impl Widget for &HelpScreen<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        Clear.render(area, buf);
        let x = put(buf, area, 1, 0, TITLE, self.theme.style(Role::Strong));
        put(buf, area, x + 1, 0, self.theme.glyphs.prompt, self.theme.style(Role::Focus));
        let inner = Rect { width: area.width.saturating_sub(1), ..area };
        if self.help.filter.is_empty() {
            put(buf, inner, x + 4, 0, "type to filter", self.theme.style(Role::Dim));
        } else {
            put(buf, inner, x + 3, 0, &self.help.filter, self.theme.style(Role::Text));
        }
        put_right(
            buf,
            inner,
            x + 20,
            0,
            &format!("Up Down scroll {} Esc closes", self.theme.glyphs.dot),
            self.theme.style(Role::Dim),
        );
        let columns = self.columns(area.width);
        let body = Rect { y: area.y + 2.min(area.height), height: area.height.saturating_sub(2), ..area };
        if columns.iter().all(Vec::is_empty) {
            put(buf, body, 1, 0, "Nothing matches. Backspace takes letters away.", self.theme.style(Role::Dim));
        }
        let skip = self.help.scrolled.min(self.scroll_limit(area));
        let width = body.width / u16::try_from(columns.len()).unwrap_or(1).max(1);
        for (index, rows) in (0..).zip(&columns) {
            let column = Rect { x: body.x + index * width, width, ..body };
            self.column(rows, skip, column, buf);
        }
    }
}
