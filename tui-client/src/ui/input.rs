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
    /// An empty box.
    #[must_use]
    pub fn new() -> Self {
        InputBox { area: RefCell::new(fresh(Vec::new())) }
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

    /// Replaces the text; the cursor stands at its end.
    pub fn set_text(&mut self, text: &str) {
        *self.area.get_mut() = fresh(text.split('\n').map(str::to_owned).collect());
        self.area.get_mut().move_cursor(CursorMove::Bottom);
        self.area.get_mut().move_cursor(CursorMove::End);
    }

    /// Takes the text out and leaves the box empty.
    pub fn take(&mut self) -> String {
        let text = self.text();
        self.set_text("");
        text
    }

    /// Puts a typed, pasted or completed text in at the cursor. It has to be clean already; `\n` begins a new line.
    pub fn insert(&mut self, text: &str) {
        self.area.get_mut().insert_str(text);
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
        let before = area.cursor();
        area.move_cursor(step);
        area.cursor().0 != before.0
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

fn fresh(lines: Vec<String>) -> TextArea<'static> {
    let mut area = TextArea::new(lines);
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
