//! Small drawing that several widgets share. All of it keeps inside the area it is given, whatever the area.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::Line,
    widgets::{Clear, Widget},
};

use super::{
    theme::{Role, Theme},
    wrap::cells,
};

/// Writes `text` at column `x` of the area's row `y`, cut at the area's right edge; gives the column behind it.
pub(super) fn put(buf: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if x >= area.width || y >= area.height {
        return x;
    }
    let (end, _) = buf.set_stringn(area.x + x, area.y + y, text, usize::from(area.width - x), style);
    end - area.x
}

/// Writes `line` at column `x` of the area's row `y`, cut at the area's right edge.
pub(super) fn put_line(buf: &mut Buffer, area: Rect, x: u16, y: u16, line: &Line<'_>) {
    let area = area.intersection(buf.area);
    if x < area.width && y < area.height {
        buf.set_line(area.x + x, area.y + y, line, area.width - x);
    }
}

/// Writes `text` so that it ends at the right edge of the area's row `y`, if all of it fits behind column `from`.
pub(super) fn put_right(buf: &mut Buffer, area: Rect, from: u16, y: u16, text: &str, style: Style) -> bool {
    let width = width_of(text);
    match area.width.checked_sub(width) {
        Some(x) if x >= from => {
            put(buf, area, x, y, text, style);
            true
        }
        _ => false,
    }
}

/// Empties a band across the middle of `area` for something laid over the screen and gives the column in it, `width` cells and
/// `rows` rows at most. Lines stand above and below while there is room, none at the sides: screen readers read those out.
pub(super) fn overlay(area: Rect, width: u16, rows: u16, theme: Theme, buf: &mut Buffer) -> Rect {
    let area = area.intersection(buf.area);
    let lines = u16::from(area.height >= rows.saturating_add(2));
    let height = rows.saturating_add(2 * lines).min(area.height);
    let band = Rect { y: area.y + (area.height - height) / 2, height, ..area };
    Clear.render(band, buf);
    if lines > 0 {
        let line = theme.glyphs.dash.repeat(usize::from(band.width));
        put(buf, band, 0, 0, &line, theme.style(Role::Rule));
        put(buf, band, 0, height - 1, &line, theme.style(Role::Rule));
    }
    let width = width.min(band.width);
    Rect { x: band.x + (band.width - width) / 2, y: band.y + lines, width, height: height - 2 * lines }
}

/// The cells of `text`, as the terminal's coordinates count them.
pub(super) fn width_of(text: &str) -> u16 {
    u16::try_from(cells(text)).unwrap_or(u16::MAX)
}
