//! Small drawing that several widgets share. All of it keeps inside the area it is given, whatever the area.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::Line,
    widgets::{Clear, Widget},
};

use super::wrap::cells;

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

/// Empties a centred box of at most this size inside `area` and gives it, for something laid over the screen.
pub(super) fn overlay(area: Rect, width: u16, height: u16, buf: &mut Buffer) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let inner = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    Clear.render(inner, buf);
    inner
}

/// The cells of `text`, as the terminal's coordinates count them.
pub(super) fn width_of(text: &str) -> u16 {
    u16::try_from(cells(text)).unwrap_or(u16::MAX)
}
