//! The form as it is drawn: one field a row, what is wrong with it below, keys at the bottom. Where the rows do not fit, the
//! ones around the focus are shown.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    widgets::Widget,
};

use super::{Field, Form, Mode, field::LineEdit};
use crate::ui::{
    draw::{put, width_of},
    theme::{Role, Theme},
    wrap::{cells, fit, wrap},
};

/// The form on a whole screen.
pub struct FormScreen<'a> {
    /// What is typed.
    pub form: &'a Form,
    /// How things look.
    pub theme: Theme,
}

/// One row of the form.
enum Row {
    Title,
    Subtitle,
    Empty,
    Field(Field),
    Note(String, Role),
}

/// What stands above the fields, and whether there is air between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    Airy,
    Title,
    None,
}

/// Cells of the labels, with the prompt before and a space behind.
const LABELS: u16 = 13;
/// The most cells of a field.
const FIELD: u16 = 45;
/// Cells of a port and its brackets.
const PORT: u16 = 10;

impl Widget for &FormScreen<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        self.form.spots.borrow_mut().clear();
        self.form.cursor.set(None);
        if area.width < 16 || area.height < 4 {
            put(buf, area, 0, 0, "too small", self.theme.style(Role::Strong));
            return;
        }
        let foot = Rect { y: area.bottom() - 2, height: 2, ..area };
        let body = Rect { height: area.height - 2, ..area };
        self.body(body, buf);
        self.foot(foot, buf);
    }
}

impl FormScreen<'_> {
    fn body(&self, area: Rect, buf: &mut Buffer) {
        let width = (LABELS + FIELD).min(area.width.saturating_sub(2));
        let column = Rect { x: area.x + (area.width - width) / 2, width, ..area };
        let rows = self.fitting(column);
        let count = u16::try_from(rows.len()).unwrap_or(u16::MAX);
        let above = area.height.saturating_sub(count) / 3;
        let drawn_at =
            if self.form.focus == Field::Port && port_beside(column) { Field::Server } else { self.form.focus };
        let focus = rows.iter().position(|row| matches!(row, Row::Field(field) if *field == drawn_at));
        // The focus and the sentence below it have to be seen.
        let wanted = focus.map_or(0, |at| at + 2 + self.notes(self.form.focus, column).len().saturating_sub(1));
        let skip = wanted.min(rows.len()).saturating_sub(usize::from(area.height));
        for (y, row) in (above..area.height).zip(rows.into_iter().skip(skip)) {
            self.row(&row, Rect { y: area.y + y, height: 1, ..column }, buf);
        }
    }

    /// The rows, with as much air between them as fits.
    fn fitting(&self, column: Rect) -> Vec<Row> {
        let heads = [Head::Airy, Head::Title, Head::None];
        let mut sizes = heads.into_iter().map(|head| self.rows(column, head));
        sizes.find(|rows| rows.len() <= usize::from(column.height)).unwrap_or_else(|| self.rows(column, Head::None))
    }

    fn rows(&self, column: Rect, head: Head) -> Vec<Row> {
        let airy = head == Head::Airy;
        let mut rows = match head {
            Head::Airy => vec![Row::Title, Row::Subtitle, Row::Empty],
            Head::Title => vec![Row::Title, Row::Empty],
            Head::None => Vec::new(),
        };
        for field in self.form.fields().iter().filter(|field| **field != Field::Port || !port_beside(column)) {
            rows.push(Row::Field(*field));
            let mut notes = self.notes(*field, column);
            if *field == Field::Server && port_beside(column) {
                notes.extend(self.notes(Field::Port, column));
            }
            if notes.is_empty() && airy {
                rows.push(Row::Empty);
            }
            rows.extend(notes);
        }
        rows
    }

    /// What is to be said below a field.
    fn notes(&self, field: Field, column: Rect) -> Vec<Row> {
        let form = self.form;
        let width = column.width.saturating_sub(labels(column) + 2).max(12);
        let note = |text: &str, role: Role| {
            wrap(text, width, width).into_iter().map(|range| Row::Note(text[range].to_owned(), role)).collect()
        };
        if let Some(refusal) = form.refusals.get(&field) {
            return note(&format!("{} {refusal}", self.theme.glyphs.error), Role::Error);
        }
        let empty = form.line(field).is_none_or(LineEdit::is_empty);
        if let Err(sentence) = form.check(field) {
            if form.touched.contains(&field) && form.focus != field || form.touched.contains(&field) && !empty {
                return note(&format!("{} {sentence}", self.theme.glyphs.error), Role::Error);
            }
            // While somebody is still typing it is advice, not blame.
            return if form.focus == field && !empty { note(&sentence, Role::Dim) } else { Vec::new() };
        }
        match (field, form.strength) {
            (Field::Server, _) if form.plain_text => {
                note("not encrypted: everybody on the way can read along", Role::Warning)
            }
            (Field::Password, Some((word, true))) => note(&format!("strength: {word}"), Role::Good),
            (Field::Password, Some((word, false))) => {
                note(&format!("strength: {word}; longer is better"), Role::Warning)
            }
            _ => Vec::new(),
        }
    }

    fn row(&self, row: &Row, area: Rect, buf: &mut Buffer) {
        match row {
            Row::Empty => {}
            Row::Title => self.centred("k l a t c h", Role::Strong, area, buf),
            Row::Subtitle => self.centred("chat on a server you own", Role::Dim, area, buf),
            Row::Note(text, role) => _ = put(buf, area, labels(area) + 2, 0, text, self.theme.style(*role)),
            Row::Field(Field::Mode) => self.choice(area, buf),
            Row::Field(Field::Connect) => self.button(area, buf),
            Row::Field(Field::Server) if port_beside(area) => {
                let port = LABELS + FIELD.min(area.width - LABELS) - PORT;
                self.field(Field::Server, Rect { width: port - 7, ..area }, LABELS, buf);
                self.field(Field::Port, Rect { x: area.x + port - 7, width: PORT + 7, ..area }, 7, buf);
            }
            Row::Field(field) => self.field(*field, area, labels(area), buf),
        }
    }

    fn centred(&self, text: &str, role: Role, area: Rect, buf: &mut Buffer) {
        put(buf, area, area.width.saturating_sub(width_of(text)) / 2, 0, text, self.theme.style(role));
    }

    fn label(&self, field: Field, text: &str, area: Rect, buf: &mut Buffer) {
        let focused = self.form.focus == field;
        let style = self.theme.style(if focused { Role::Focus } else { Role::Text });
        if focused {
            put(buf, area, 0, 0, self.theme.glyphs.prompt, style);
        }
        put(buf, area, 2, 0, text, style);
    }

    /// A label, and from column `labels` on what is typed, in brackets.
    fn field(&self, field: Field, area: Rect, labels: u16, buf: &mut Buffer) {
        let Some(line) = self.form.line(field) else { return };
        self.label(field, label(field), Rect { width: labels.saturating_sub(1), ..area }, buf);
        let focused = self.form.focus == field && !self.form.is_connecting();
        let inner = Rect { x: area.x + labels + 2, width: area.width.saturating_sub(labels + 4), ..area };
        let brackets = self.theme.style(if focused { Role::Focus } else { Role::Dim });
        put(buf, area, labels, 0, "[", brackets);
        put(buf, area, area.width - 1, 0, "]", brackets);
        let (shown, cursor) =
            line.shown(usize::from(inner.width), self.form.mask(field, self.theme.glyphs.mask), focused);
        if line.is_empty() {
            let words = fit(placeholder(field), usize::from(inner.width), self.theme.glyphs.cut);
            put(buf, inner, 0, 0, &words, self.theme.style(Role::Dim));
        } else {
            put(buf, inner, 0, 0, &shown, self.theme.style(Role::Text));
        }
        self.form.spots.borrow_mut().push((inner, field));
        if focused {
            let x = inner.x + u16::try_from(cursor).unwrap_or(0).min(inner.width.saturating_sub(1));
            self.form.cursor.set(Some(Position::new(x, inner.y)));
        }
    }

    fn choice(&self, area: Rect, buf: &mut Buffer) {
        self.label(Field::Mode, label(Field::Mode), Rect { width: labels(area).saturating_sub(1), ..area }, buf);
        let mut x = labels(area);
        for (mode, word) in [(Mode::LogIn, "log in"), (Mode::SignUp, "sign up")] {
            let chosen = self.form.mode == mode;
            let sign = if chosen { self.theme.glyphs.chosen } else { " " };
            let role = match (chosen, self.form.focus == Field::Mode) {
                (true, true) => Role::Focus,
                (true, false) => Role::Strong,
                (false, _) => Role::Text,
            };
            x = put(buf, area, x, 0, &format!("({sign}) {word}"), self.theme.style(role)) + 3;
        }
        let inner = Rect { x: area.x + labels(area), width: area.width - labels(area), ..area };
        self.form.spots.borrow_mut().push((inner, Field::Mode));
        if self.form.focus == Field::Mode && !self.form.is_connecting() {
            let x = if self.form.mode == Mode::LogIn { 1 } else { 14 };
            self.form.cursor.set((x < inner.width).then(|| Position::new(inner.x + x, inner.y)));
        }
    }

    fn button(&self, area: Rect, buf: &mut Buffer) {
        let focused = self.form.focus == Field::Connect;
        let word = match self.form.mode {
            Mode::LogIn => "[ Connect ]",
            Mode::SignUp => "[ Sign up and connect ]",
        };
        let x = labels(area).min(area.width.saturating_sub(width_of(word)));
        put(buf, area, x, 0, word, self.theme.style(if focused { Role::Chosen } else { Role::Strong }));
        if focused && x >= 2 {
            put(buf, area, x - 2, 0, self.theme.glyphs.prompt, self.theme.style(Role::Focus));
        }
        let spot = Rect { x: area.x + x, width: width_of(word), ..area };
        self.form.spots.borrow_mut().push((spot, Field::Connect));
    }

    /// The steps of connecting, and the keys.
    fn foot(&self, area: Rect, buf: &mut Buffer) {
        if let Some(steps) = &self.form.steps {
            let joined = steps.join(&format!(" {} ", self.theme.glyphs.dot));
            let text = format!("{joined} {} (Esc stops)", self.theme.glyphs.cut);
            let text = fit(&text, usize::from(area.width.saturating_sub(1)), self.theme.glyphs.cut);
            put(buf, area, 1, 0, &text, self.theme.style(Role::Focus));
        }
        let other = match self.form.mode {
            Mode::LogIn => "sign up",
            Mode::SignUp => "log in",
        };
        let show = if self.form.revealed { "hide" } else { "show" };
        let dot = self.theme.glyphs.dot;
        let hints = [
            format!(
                "Tab next {dot} Enter connect {dot} Ctrl-T {other} {dot} Ctrl-R {show} password {dot} F1 help {dot} Ctrl-Q quit"
            ),
            format!("Tab next {dot} Enter connect {dot} Ctrl-T {other} {dot} Ctrl-Q quit"),
            format!("Ctrl-T {other} {dot} Ctrl-Q quit"),
        ];
        let room = usize::from(area.width.saturating_sub(1));
        let hint = hints.iter().find(|hint| cells(hint) <= room).map_or(Cow::Borrowed(""), Cow::from);
        put(buf, area, 1, 1, &hint, self.theme.style(Role::Dim));
    }
}

/// The cells that labels get in a column.
fn labels(column: Rect) -> u16 {
    LABELS.min(column.width * 2 / 5)
}

/// Whether there is room for the port in the server's row.
fn port_beside(column: Rect) -> bool {
    column.width >= 50
}

fn label(field: Field) -> &'static str {
    match field {
        Field::Server => "Server",
        Field::Port => "Port",
        Field::Mode => "I want to",
        Field::Display => "Name",
        Field::User => "User name",
        Field::Password => "Password",
        Field::Again => "Again",
        Field::Code => "Code",
        Field::Connect => "",
    }
}

/// What an empty field says about itself.
fn placeholder(field: Field) -> &'static str {
    match field {
        Field::Server => "name or address",
        Field::Display => "how others see you, optional",
        Field::Code => "from the owner, optional",
        _ => "",
    }
}
