//! The banner that everybody has to see: the server is shutting down.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{
    draw::{put, width_of},
    theme::{Role, Theme},
};

/// What the banner says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Banner<'a> {
    /// How far the end has come.
    pub end: End,
    /// Why, if the operator said.
    pub reason: &'a str,
    /// How things look.
    pub theme: Theme,
}

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The server ends in this many seconds.
    Announced(u64),
    /// The server is gone, and this program ends by itself in this many seconds.
    Counting(u64),
    /// The server is gone; a key was pressed, and the window stays open for reading.
    Staying,
}

impl Banner<'_> {
    fn texts(&self) -> [String; 3] {
        let what = "SERVER IS SHUTTING DOWN";
        let dot = self.theme.glyphs.dot;
        let end = match self.end {
            End::Announced(seconds) => format!("in {seconds} s"),
            End::Counting(seconds) => format!("klatch ends in {seconds} s {dot} any key stays"),
            End::Staying => "Ctrl-Q leaves".to_owned(),
        };
        let short = match self.end {
            End::Announced(seconds) | End::Counting(seconds) => format!("SHUTTING DOWN {seconds} s"),
            End::Staying => "SHUTTING DOWN".to_owned(),
        };
        let reason = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        [format!("{what}{reason} {dot} {end}"), format!("{what} {dot} {end}"), short]
    }
}

impl Widget for &Banner<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let style = self.theme.style(Role::Alarm);
        buf.set_style(area, style);
        let texts = self.texts();
        let text = texts.iter().find(|text| width_of(text) <= area.width).unwrap_or(&texts[2]);
        put(buf, area, (area.width.saturating_sub(width_of(text))) / 2, 0, text, style);
    }
}
