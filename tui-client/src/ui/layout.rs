//! Where each part of the chat screen is, for any size of terminal.

use ratatui::layout::Rect;

/// Below this width there is no sidebar.
pub const SIDEBAR_FROM: u16 = 70;
/// Below this size only the newest lines and the input are shown, and that the screen is too small.
const FULL: (u16, u16) = (20, 6);
/// Below this size nothing can be shown at all.
const LEAST: (u16, u16) = (10, 3);

/// The areas of the chat screen. An area that is not shown is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Areas {
    /// Room, topic, how many are here; on a cramped screen that it is too small.
    pub header: Rect,
    /// The banner that everybody has to see.
    pub banner: Rect,
    /// What was said.
    pub pane: Rect,
    /// Who is here, with the line before it.
    pub sidebar: Rect,
    /// Connection, other rooms, typing.
    pub status: Rect,
    /// What is being typed.
    pub input: Rect,
    /// Whether the terminal is too small for everything to be shown.
    pub cramped: bool,
    /// Whether the terminal is too small for anything but saying so.
    pub too_small: bool,
}

/// What the layout depends on besides the size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The rows that the input would like.
    pub input_rows: u16,
    /// Whether the sidebar is wanted; it is still hidden below [`SIDEBAR_FROM`] columns.
    pub sidebar: bool,
    /// Whether there is a banner.
    pub banner: bool,
}

impl Areas {
    /// Divides `area`.
    #[must_use]
    pub fn of(area: Rect, wanted: Wanted) -> Self {
        if area.width < LEAST.0 || area.height < LEAST.1 {
            return Areas { too_small: true, ..Areas::default() };
        }
        let full = area.width >= FULL.0 && area.height >= FULL.1;
        let mut rest = area;
        let input =
            cut_bottom(&mut rest, if full { wanted.input_rows.clamp(1, most_input_rows(area.height)) } else { 1 });
        let status = cut_bottom(&mut rest, u16::from(full));
        let header = cut_top(&mut rest, 1);
        let banner = cut_top(&mut rest, u16::from(wanted.banner));
        let side = if wanted.sidebar && area.width >= SIDEBAR_FROM { (area.width / 7).clamp(14, 24) } else { 0 };
        let pane = Rect { width: rest.width - side, ..rest };
        let sidebar = Rect { x: rest.x + pane.width, width: side, ..rest };
        Areas { header, banner, pane, sidebar, status, input, cramped: !full, too_small: false }
    }
}

/// The most rows that the input may grow to on a screen of `height` rows: a third.
#[must_use]
pub fn most_input_rows(height: u16) -> u16 {
    (height / 3).max(1)
}

fn cut_top(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let top = Rect { height: rows, ..*area };
    area.y += rows;
    area.height -= rows;
    top
}

fn cut_bottom(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    area.height -= rows;
    Rect { y: area.y + area.height, height: rows, ..*area }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_divides_without_overlap_or_overflow() {
        for width in 0..=200 {
            for height in 0..=60 {
                let area = Rect::new(3, 2, width, height);
                let areas = Areas::of(area, Wanted { input_rows: 40, sidebar: true, banner: true });
                if areas.too_small {
                    assert!(width < 10 || height < 3);
                    continue;
                }
                let parts = [areas.header, areas.banner, areas.pane, areas.sidebar, areas.status, areas.input];
                let cells: u32 = parts.iter().map(|part| part.area()).sum();
                assert_eq!(cells, area.area(), "{width}x{height}");
                assert!(parts.iter().all(|part| part.is_empty() || area.intersection(*part) == *part));
                assert!(areas.input.height >= 1 && areas.input.height <= (height / 3).max(1));
                assert_eq!(areas.sidebar.width > 0, width >= SIDEBAR_FROM);
            }
        }
    }
}
