//! The banner that everybody has to see: the server is shutting down.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{
    draw::{put, width_of},
    theme::{Role, Theme},
};

/// What the banner says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Banner<'a> {
    /// Seconds until the program ends by itself; `None` once a key was pressed and it stays open for reading.
    pub seconds: Option<u64>,
    /// Why, if the operator said.
    pub reason: &'a str,
    /// How things look.
    pub theme: Theme,
}

impl Banner<'_> {
    fn texts(&self) -> [String; 3] {
        let what = "SERVER IS SHUTTING DOWN";
        let end = match self.seconds {
            Some(seconds) => format!("klatch ends in {seconds} s {} any key stays", self.theme.glyphs.dot),
            None => "Ctrl-Q leaves".to_owned(),
        };
        let dot = self.theme.glyphs.dot;
        let short = match self.seconds {
            Some(seconds) => format!("SHUTTING DOWN {seconds} s"),
            None => "SHUTTING DOWN".to_owned(),
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
