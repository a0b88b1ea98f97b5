//! The box in which messages are typed: several lines, soft wrap, and the terminal's real cursor, so that input methods and
//! screen readers find it. It knows how to edit and nothing about sending.

use std::cell::RefCell;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
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

/// What is being typed.
pub struct InputBox {
    // Drawing and measuring keep caches inside the text area; the text itself changes only through `&mut self`.
    area: RefCell<TextArea<'static>>,
}

/// A change of the text or of the cursor's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Puts a character in.
    Insert(char),
    /// Begins a new line.
    Newline,
    /// Takes the character before the cursor.
    Backspace,
    /// Takes the character at the cursor.
    Delete,
    /// Takes the word before the cursor.
    KillWord,
    /// Takes the word behind the cursor.
    KillNextWord,
    /// Takes everything before the cursor in this line.
    KillToStart,
    /// Takes everything behind the cursor in this line.
    KillToEnd,
    /// Puts back what was taken last.
    Yank,
    /// One character left.
    Left,
    /// One character right.
    Right,
    /// One word left.
    WordLeft,
    /// One word right.
    WordRight,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// To the start of the line.
    Start,
    /// To the end of the line.
    End,
}

impl Edit {
    /// What this key does in a text, as in readline; `None` for keys that are none of an editor's business. Up, Down, Home,
    /// End and Enter are not here: what they do depends on the screen, so the key map decides.
    #[must_use]
    pub fn of(key: KeyEvent) -> Option<Edit> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        Some(match (key.code, control, alt) {
            // AltGr arrives as Control and Alt together on Windows.
            (KeyCode::Char(c), false, false) | (KeyCode::Char(c), true, true) => Edit::Insert(c),
            (KeyCode::Char('j'), true, false) => Edit::Newline,
            (KeyCode::Backspace, true, _) | (KeyCode::Backspace, _, true) | (KeyCode::Char('w'), true, false) => {
                Edit::KillWord
            }
            (KeyCode::Backspace, false, false) | (KeyCode::Char('h'), true, false) => Edit::Backspace,
            (KeyCode::Delete, true, _) | (KeyCode::Char('d'), false, true) => Edit::KillNextWord,
            (KeyCode::Delete, false, _) | (KeyCode::Char('d'), true, false) => Edit::Delete,
            (KeyCode::Char('u'), true, false) => Edit::KillToStart,
            (KeyCode::Char('k'), true, false) => Edit::KillToEnd,
            (KeyCode::Char('y'), true, false) => Edit::Yank,
            (KeyCode::Char('a'), true, false) => Edit::Start,
            (KeyCode::Char('e'), true, false) => Edit::End,
            (KeyCode::Left, true, _) | (KeyCode::Char('b'), false, true) => Edit::WordLeft,
            (KeyCode::Right, true, _) | (KeyCode::Char('f'), false, true) => Edit::WordRight,
            (KeyCode::Left, false, false) => Edit::Left,
            (KeyCode::Right, false, false) => Edit::Right,
            _ => return None,
        })
    }
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

    /// Puts a pasted or completed text in at the cursor. It has to be clean already; `\n` begins a new line.
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

    /// Whether the cursor stands in the first line, so that Up has nowhere to go in here.
    #[must_use]
    pub fn at_first_line(&self) -> bool {
        self.area.borrow().cursor().0 == 0
    }

    /// Whether the cursor stands in the last line, so that Down has nowhere to go in here.
    #[must_use]
    pub fn at_last_line(&self) -> bool {
        let area = self.area.borrow();
        area.cursor().0 + 1 >= area.lines().len()
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
            Edit::Insert(c) => area.insert_char(c),
            Edit::Newline => area.insert_newline(),
            Edit::Backspace => _ = area.delete_char(),
            Edit::Delete => _ = area.delete_next_char(),
            Edit::KillWord => _ = area.delete_word(),
            Edit::KillNextWord => _ = area.delete_next_word(),
            Edit::KillToStart => _ = area.delete_line_by_head(),
            Edit::KillToEnd => _ = area.delete_line_by_end(),
            Edit::Yank => _ = area.paste(),
            Edit::Left => area.move_cursor(CursorMove::Back),
            Edit::Right => area.move_cursor(CursorMove::Forward),
            Edit::WordLeft => area.move_cursor(CursorMove::WordBack),
            Edit::WordRight => area.move_cursor(CursorMove::WordForward),
            Edit::Up => area.move_cursor(CursorMove::Up),
            Edit::Down => area.move_cursor(CursorMove::Down),
            Edit::Start => area.move_cursor(CursorMove::Head),
            Edit::End => area.move_cursor(CursorMove::End),
        }
    }

    /// How many rows the text takes on a screen `width` cells wide.
    #[must_use]
    pub fn rows(&self, width: u16) -> u16 {
        self.area.borrow_mut().measure(width.saturating_sub(PROMPT)).content_rows.max(1)
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

/// The cells before the text: the prompt and a space.
const PROMPT: u16 = 2;

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
        put(buf, area, 0, 0, self.theme.glyphs.prompt, self.theme.style(Role::Focus));
        let text = Rect { x: area.x + PROMPT.min(area.width), width: area.width.saturating_sub(PROMPT), ..area };
        if !text.is_empty() {
            (&*self.input.area.borrow()).render(text, buf);
        }
        if self.input.is_empty() {
            let inner = Rect { width: area.width.saturating_sub(u16::from(area.width >= 60)), ..area };
            put_right(buf, inner, PROMPT + 2, 0, self.hint, self.theme.style(Role::Dim));
        }
    }
}
