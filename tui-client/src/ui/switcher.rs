//! The room switcher: type a few letters of a room's or person's name, the best match is chosen.

use ratatui::{buffer::Buffer, layout::Position, layout::Rect, widgets::Widget};

use super::{
    draw::{overlay, put, put_right, width_of},
    theme::{Role, Theme},
    wrap::fit,
};

/// A room that can be gone to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Messages not seen.
    pub unread: usize,
    /// Of those, how many name us.
    pub mentions: usize,
}

/// What the switcher remembers while it is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Switcher {
    query: String,
    chosen: usize,
}

impl Switcher {
    /// What was typed.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Adds a typed character.
    pub fn insert(&mut self, c: char) {
        self.query.push(c);
        self.chosen = 0;
    }

    /// Takes the last character away.
    pub fn backspace(&mut self) {
        self.query.pop();
        self.chosen = 0;
    }

    /// Chooses the next match below, or above.
    pub fn down(&mut self, entries: &[Entry]) {
        let last = self.matches(entries).len().saturating_sub(1);
        self.chosen = (self.chosen + 1).min(last);
    }

    /// Chooses the match above.
    pub fn up(&mut self) {
        self.chosen = self.chosen.saturating_sub(1);
    }

    /// The entry that Enter goes to, as its place in `entries`.
    #[must_use]
    pub fn chosen(&self, entries: &[Entry]) -> Option<usize> {
        self.matches(entries).get(self.chosen).copied()
    }

    /// The places of the entries that match, best first: names beginning with what was typed, then names holding it, then
    /// names holding its letters in order; among equals mentions first, then unread, then the order given.
    #[must_use]
    pub fn matches(&self, entries: &[Entry]) -> Vec<usize> {
        let query = self.query.to_lowercase();
        let mut found: Vec<_> = entries
            .iter()
            .enumerate()
            .filter_map(|(index, entry)| {
                let rank = rank(&entry.name.to_lowercase(), &query)?;
                Some((rank, entry.mentions == 0, entry.unread == 0, index))
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(.., index)| index).collect()
    }
}

/// How well `name` matches; less is better.
fn rank(name: &str, query: &str) -> Option<u8> {
    let bare = name.trim_start_matches('#');
    if name.starts_with(query) || bare.starts_with(query) {
        return Some(0);
    }
    if name.contains(query) {
        return Some(1);
    }
    let mut letters = name.chars();
    query.chars().all(|wanted| letters.any(|c| c == wanted)).then_some(2)
}

/// The switcher as it is drawn over an area.
#[derive(Debug)]
pub struct SwitcherBox<'a> {
    /// What was typed and chosen.
    pub switcher: &'a Switcher,
    /// All rooms.
    pub entries: &'a [Entry],
    /// How things look.
    pub theme: Theme,
}

const TITLE: &str = "Go to: ";
/// The most cells that the box takes.
const WIDTH: u16 = 52;

impl SwitcherBox<'_> {
    /// Where the terminal's cursor belongs: behind what was typed. `drawn` is the area last drawn in.
    #[must_use]
    pub fn cursor(&self, drawn: Rect) -> Option<Position> {
        let rows = self.rows(drawn);
        let height = if drawn.height >= rows + 2 { rows + 2 } else { rows.min(drawn.height) };
        let line = u16::from(drawn.height >= rows + 2);
        let width = WIDTH.min(drawn.width);
        let x = 1 + width_of(TITLE) + width_of(&self.switcher.query);
        (x < width && height > 0).then(|| {
            Position::new(drawn.x + (drawn.width - width) / 2 + x, drawn.y + (drawn.height - height) / 2 + line)
        })
    }

    /// The rows that the box takes: what was typed, up to twelve entries, the keys.
    fn rows(&self, area: Rect) -> u16 {
        let entries = u16::try_from(self.entries.len()).unwrap_or(u16::MAX).clamp(1, 12);
        (entries + 3).min(area.height)
    }

    fn entry(&self, entry: &Entry, chosen: bool, row: Rect, buf: &mut Buffer) {
        if chosen {
            buf.set_style(row, self.theme.style(Role::Chosen));
            put(buf, row, 1, 0, self.theme.glyphs.prompt, self.theme.style(Role::Chosen));
        }
        let note = match (entry.unread, entry.mentions) {
            (0, _) => String::new(),
            (new, 0) => format!("{new} new"),
            (new, mentions) => format!("{new} new, {mentions} for you"),
        };
        let role = match (chosen, entry.mentions > 0) {
            (true, _) => Role::Chosen,
            (false, true) => Role::Unread,
            (false, false) => Role::Text,
        };
        let inner = Rect { width: row.width.saturating_sub(2), ..row };
        let noted = put_right(buf, inner, 12, 0, &note, self.theme.style(role));
        let taken = 3 + if noted { width_of(&note) + 1 } else { 0 };
        let room = usize::from(inner.width.saturating_sub(taken));
        put(buf, inner, 3, 0, &fit(&entry.name, room, self.theme.glyphs.cut), self.theme.style(role));
    }
}

impl Widget for &SwitcherBox<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let column = overlay(area, WIDTH, self.rows(area), self.theme, buf);
        let x = put(buf, column, 1, 0, TITLE, self.theme.style(Role::Dim));
        put(buf, column, x, 0, &self.switcher.query, self.theme.style(Role::Text));
        let list = Rect { y: column.y + 1.min(column.height), height: column.height.saturating_sub(3), ..column };
        let matches = self.switcher.matches(self.entries);
        if matches.is_empty() {
            put(buf, list, 3, 0, "no room or person like that", self.theme.style(Role::Dim));
        }
        let skip = (self.switcher.chosen + 1).saturating_sub(usize::from(list.height));
        let rows = matches.iter().enumerate().skip(skip);
        for (y, (place, index)) in (0..list.height).zip(rows) {
            let row = Rect { y: list.y + y, height: 1, ..list };
            // `matches` gives places in `entries`.
            self.entry(&self.entries[*index], place == self.switcher.chosen, row, buf);
        }
        let hint = format!("Enter open {dot} Up Down {dot} Esc back", dot = self.theme.glyphs.dot);
        if column.height > 3 {
            put(buf, column, 1, column.height - 1, &hint, self.theme.style(Role::Dim));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, unread: usize, mentions: usize) -> Entry {
        Entry { name: name.to_owned(), unread, mentions }
    }

    #[test]
    fn the_best_match_comes_first_and_unread_before_read() {
        let entries = [entry("#lobby", 0, 0), entry("#test-lab", 0, 0), entry("#team", 2, 1), entry("bob", 1, 0)];
        let mut switcher = Switcher::default();
        assert_eq!(switcher.matches(&entries), [2, 3, 0, 1]);
        switcher.insert('T');
        switcher.insert('e');
        assert_eq!(switcher.matches(&entries), [2, 1]);
        switcher.down(&entries);
        switcher.down(&entries);
        assert_eq!(switcher.chosen(&entries), Some(1));
        switcher.insert('b');
        assert_eq!(switcher.chosen(&entries), Some(1), "letters in order: te…b");
        switcher.insert('q');
        assert_eq!(switcher.chosen(&entries), None);
    }
}
