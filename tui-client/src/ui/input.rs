//! The box in which messages are typed: several lines, soft wrap, and the terminal's real cursor, so that input methods and
//! screen readers find it. It knows how to edit and nothing about sending.

use std::cell::RefCell;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    widgets::Widget,
};
use tui_textarea::{CursorMove, CursorRenderMode, TextArea, WrapMode};

use super::{
    draw::{put, put_right},
    theme::{Role, Theme},
};
use crate::action::Edit;

/// What is being typed.
pub struct InputBox {
    // Drawing and measuring keep caches inside the text area; the text itself changes only through `&mut self`.
    area: RefCell<TextArea<'static>>,
}

impl InputBox {
    /// The most bytes that can be typed.
    pub const MOST: usize = 32 * 1024;

    /// An empty box.
    #[must_use]
    pub fn new() -> Self {
        InputBox { area: RefCell::new(fresh()) }
    }

    /// The text, its lines parted by `\n`.
    #[must_use]
    pub fn text(&self) -> String {
        self.area.borrow().lines().join("\n")
    }

    /// Whether nothing is typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.area.borrow().is_empty()
    }

    /// Replaces the text, cut at [`InputBox::MOST`] bytes; the cursor stands at its end.
    pub fn set_text(&mut self, text: &str) {
        let text = &text[..text.floor_char_boundary(InputBox::MOST)];
        let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let end = lines.last().map_or(0, |line| line.chars().count());
        let last = lines.len() - 1; // `split` gives at least one part
        self.area.get_mut().set_lines(lines, (last, end));
    }

    /// Takes the text out and leaves the box empty.
    pub fn take(&mut self) -> String {
        let text = self.text();
        self.set_text("");
        text
    }

    /// Puts a typed, pasted or completed text in at the cursor. It has to be clean already; `\n` begins a new line. What would
    /// be more than [`InputBox::MOST`] bytes in all is left out; says whether all of it went in.
    pub fn insert(&mut self, text: &str) -> bool {
        let held: usize = self.area.get_mut().lines().iter().map(|line| line.len() + 1).sum();
        let room = InputBox::MOST.saturating_sub(held);
        self.area.get_mut().insert_str(&text[..text.floor_char_boundary(room)]);
        text.len() <= room
    }

    /// The text before the cursor in its line, which completion looks at.
    #[must_use]
    pub fn before_cursor(&self) -> String {
        let area = self.area.borrow();
        let (row, column) = area.cursor();
        area.lines().get(row).map(|line| line.chars().take(column).collect()).unwrap_or_default()
    }

    /// Moves the cursor a row up; `false` if it stands in the first one.
    pub fn up(&mut self) -> bool {
        self.row_by(CursorMove::Up)
    }

    /// Moves the cursor a row down; `false` if it stands in the last one.
    pub fn down(&mut self) -> bool {
        self.row_by(CursorMove::Down)
    }

    fn row_by(&mut self, step: CursorMove) -> bool {
        let area = self.area.get_mut();
        // A line that is too long for a row goes on in the next one: the cursor moves, though not to another line.
        let before = area.cursor();
        area.move_cursor(step);
        area.cursor() != before
    }

    /// Whether the cursor stands at the start of its line.
    #[must_use]
    pub fn at_line_start(&self) -> bool {
        self.area.borrow().cursor().1 == 0
    }

    /// Whether the cursor stands at the end of its line.
    #[must_use]
    pub fn at_line_end(&self) -> bool {
        let area = self.area.borrow();
        let (row, column) = area.cursor();
        area.lines().get(row).is_none_or(|line| line.chars().count() <= column)
    }

    /// Does `edit`.
    pub fn edit(&mut self, edit: Edit) {
        let area = self.area.get_mut();
        match edit {
            Edit::NewLine => area.insert_newline(),
            Edit::Backspace => _ = area.delete_char(),
            Edit::Delete => _ = area.delete_next_char(),
            Edit::CutWord => _ = area.delete_word(),
            Edit::CutToStart => _ = area.delete_line_by_head(),
            Edit::CutToEnd => _ = area.delete_line_by_end(),
            Edit::Paste => _ = area.paste(),
            Edit::Left => area.move_cursor(CursorMove::Back),
            Edit::Right => area.move_cursor(CursorMove::Forward),
            Edit::WordLeft => area.move_cursor(CursorMove::WordBack),
            Edit::WordRight => area.move_cursor(CursorMove::WordForward),
            Edit::LineStart => area.move_cursor(CursorMove::Head),
            Edit::LineEnd => area.move_cursor(CursorMove::End),
        }
    }

    /// How many rows the text takes on a screen `width` cells wide.
    #[must_use]
    pub fn rows(&self, width: u16) -> u16 {
        self.area.borrow_mut().measure(width.saturating_sub(prompt_width(width))).content_rows.max(1)
    }

    /// Where the terminal's cursor belongs, as of the last drawing.
    #[must_use]
    pub fn cursor(&self) -> Option<Position> {
        self.area.borrow().rendered_cursor_position()
    }
}

impl Default for InputBox {
    fn default() -> Self {
        InputBox::new()
    }
}

/// The cells before the text: the prompt and a space, and a margin where there is room.
fn prompt_width(width: u16) -> u16 {
    2 + u16::from(width >= 60)
}

fn fresh() -> TextArea<'static> {
    let mut area = TextArea::default();
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_cursor_line_style(Style::new());
    area.set_cursor_render_mode(CursorRenderMode::Hidden);
    area
}

/// The input as it is drawn.
pub struct InputRow<'a> {
    /// What is being typed.
    pub input: &'a InputBox,
    /// What to press, shown at the right while nothing is typed.
    pub hint: &'a str,
    /// How things look.
    pub theme: Theme,
}

impl Widget for &InputRow<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        if area.is_empty() {
            return;
        }
        let before = prompt_width(area.width).min(area.width);
        put(buf, area, before.saturating_sub(2), 0, self.theme.glyphs.prompt, self.theme.style(Role::Focus));
        let text = Rect { x: area.x + before, width: area.width - before, ..area };
        if !text.is_empty() {
            (&*self.input.area.borrow()).render(text, buf);
        }
        if self.input.is_empty() {
            let inner = Rect { width: area.width.saturating_sub(u16::from(area.width >= 60)), ..area };
            put_right(buf, inner, before + 2, 0, self.hint, self.theme.style(Role::Dim));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Colour, UNICODE};

    fn typed(text: &str) -> InputBox {
        let mut input = InputBox::new();
        input.set_text(text);
        input
    }

    fn cursor(input: &InputBox, width: u16, height: u16) -> Option<Position> {
        let area = Rect::new(0, 0, width, height);
        let theme = Theme::new(Colour::Sixteen, &UNICODE);
        InputRow { input, hint: "", theme }.render(area, &mut Buffer::empty(area));
        input.cursor()
    }

    #[test]
    fn it_grows_with_what_is_typed_and_shows_the_cursor_behind_it() {
        assert_eq!(InputBox::new().rows(40), 1);
        assert_eq!(typed("one\ntwo").rows(40), 2);
        let long = typed(&"word ".repeat(20));
        assert_eq!(long.rows(22), 6);
        assert_eq!(cursor(&typed("你好"), 30, 1), Some(Position::new(6, 0)));
        assert_eq!(cursor(&typed("ab\ncd"), 30, 2), Some(Position::new(4, 1)));
        let full = typed(&"x".repeat(28));
        assert_eq!(cursor(&full, 30, full.rows(30)).map(|at| at.y + 1), Some(full.rows(30)), "never outside");
    }

    #[test]
    fn up_and_down_move_in_the_text_until_its_edge() {
        let mut input = typed("one\ntwo");
        assert!(!input.down());
        assert!(input.up());
        assert!(!input.up());
        assert_eq!((input.before_cursor().as_str(), input.at_line_end()), ("one", true));
    }

    #[test]
    fn what_was_cut_survives_sending() {
        let mut input = typed("see you there");
        input.edit(Edit::CutWord);
        assert_eq!(input.take(), "see you ");
        assert!(input.is_empty());
        input.edit(Edit::Paste);
        assert_eq!(input.text(), "there");
    }

    #[test]
    fn no_more_than_its_limit_is_typed() {
        let mut input = typed(&"é".repeat(InputBox::MOST));
        assert!(input.text().len() <= InputBox::MOST);
        input.insert("more");
        assert!(!input.text().ends_with("more"));
    }
}
