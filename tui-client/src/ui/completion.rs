//! The candidates of a completion, above what is being typed; the one that stands in the text is marked.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    widgets::{Clear, Widget},
};

use super::{
    draw::{put, put_right, width_of},
    theme::{Role, Theme},
    wrap::fit,
};
use crate::model::Candidate;

/// The most candidates shown at a time.
const MOST: u16 = 8;
/// The most cells of what a candidate is called.
const LABEL: u16 = 32;

/// The list. It is drawn at the bottom of the area that it is given.
#[derive(Debug)]
pub struct CompletionList<'a> {
    /// All there are to choose from.
    pub candidates: &'a [Candidate],
    /// The one that stands in the text.
    pub chosen: usize,
    /// How things look.
    pub theme: Theme,
}

impl CompletionList<'_> {
    /// The rows around the chosen candidate that `height` rows have room for: the first, and how many.
    fn window(&self, height: u16) -> (usize, u16) {
        let count = u16::try_from(self.candidates.len()).unwrap_or(u16::MAX).min(MOST).min(height);
        ((self.chosen + 1).saturating_sub(usize::from(count)), count)
    }

    /// The line above the list, with where in it we are.
    fn rule(&self, area: Rect, buf: &mut Buffer) {
        let style = self.theme.style(Role::Rule);
        put(buf, area, 0, 0, &self.theme.glyphs.dash.repeat(usize::from(area.width)), style);
        let place = format!(" {} of {} ", self.chosen + 1, self.candidates.len());
        put_right(buf, Rect { width: area.width.saturating_sub(1), ..area }, 1, 0, &place, style);
    }

    fn row(&self, candidate: &Candidate, chosen: bool, labels: u16, row: Rect, buf: &mut Buffer) {
        let role = |role: Role| self.theme.style(if chosen { Role::Chosen } else { role });
        if chosen {
            buf.set_style(row, self.theme.style(Role::Chosen));
            put(buf, row, 1, 0, self.theme.glyphs.prompt, role(Role::Chosen));
        }
        let cut = self.theme.glyphs.cut;
        put(buf, row, 3, 0, &fit(&candidate.label, usize::from(labels), cut), role(Role::Text));
        let x = 3 + labels + 2;
        let room = usize::from(row.width.saturating_sub(x + 1));
        if room > 3 {
            put(buf, row, x, 0, &fit(&candidate.about, room, cut), role(Role::Dim));
        }
    }
}

impl Widget for &CompletionList<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        // Half of what was said stays in sight.
        let (first, count) = self.window((area.height / 2).max(1).min(area.height.saturating_sub(1)));
        if count == 0 || area.width < 6 {
            return;
        }
        let band = Rect { y: area.bottom() - count - 1, height: count + 1, ..area };
        Clear.render(band, buf);
        self.rule(Rect { height: 1, ..band }, buf);
        let shown = || self.candidates.iter().enumerate().skip(first).take(usize::from(count));
        let widest = shown().map(|(_, candidate)| width_of(&candidate.label)).max().unwrap_or(0);
        let labels = widest.min(LABEL).min(band.width - 4);
        for (y, (index, candidate)) in (1..=count).zip(shown()) {
            let row = Rect { y: band.y + y, height: 1, ..band };
            self.row(candidate, index == self.chosen, labels, row, buf);
        }
    }
}
