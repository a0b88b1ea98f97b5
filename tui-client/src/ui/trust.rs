//! The question whether to trust a server's key, in hex and in four words that two people can compare by voice; and the full
//! stop when a known server shows another key.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{
    draw::{overlay, put},
    question::{Answer, Choice, answer, key_rows, put_keys, rules},
    theme::{Role, Theme},
    wrap::wrap,
};
use crate::action::Action;

/// A key's two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// SHA-256 of the certificate, as in `9f:3c:…`.
    pub hex: String,
    /// The same as four words.
    pub words: String,
}

/// What is to be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The server, as the user named it.
    pub host: String,
    /// The key it shows now.
    pub shown: Fingerprint,
    /// The key it showed before, where that is another one, and what to do if the change is right.
    pub changed: Option<Changed>,
}

/// A key that is not the one kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The key kept.
    pub kept: Fingerprint,
    /// A sentence: what to do if the operator says that the new key is right.
    pub remedy: String,
}

const FIRST: &[Choice] = &[
    Choice { action: Action::Accept, name: "Enter", word: "trust it", answer: Answer::Trust },
    Choice { action: Action::Refuse, name: "Esc", word: "cancel", answer: Answer::Cancel },
];
const STOP: &[Choice] = &[Choice { action: Action::Refuse, name: "Esc", word: "back", answer: Answer::Cancel }];

impl Trust {
    /// What this action answers. A changed key cannot be trusted by a key press.
    #[must_use]
    pub fn answer(&self, action: Action) -> Option<Answer> {
        answer(self.choices(), action)
    }

    fn choices(&self) -> &'static [Choice] {
        if self.changed.is_some() { STOP } else { FIRST }
    }

    fn paragraphs(&self) -> Vec<(String, Role)> {
        let Fingerprint { hex, words } = &self.shown;
        match &self.changed {
            None => vec![
                (format!("First visit to {}. It shows the key", self.host), Role::Strong),
                (words.clone(), Role::Focus),
                (format!("SHA256 {hex}"), Role::Text),
                ("Compare it with what the server printed when it started.".to_owned(), Role::Text),
            ],
            Some(Changed { kept, remedy }) => vec![
                (format!("! {} shows another key than before.", self.host), Role::Error),
                ("Somebody may be listening in. Nothing was sent.".to_owned(), Role::Error),
                (format!("before: {}", kept.words), Role::Text),
                (format!("SHA256 {}", kept.hex), Role::Dim),
                (format!("now:    {words}"), Role::Focus),
                (format!("SHA256 {hex}"), Role::Dim),
                (remedy.clone(), Role::Text),
            ],
        }
    }
}

/// The question as it is drawn over an area.
#[derive(Debug)]
pub struct TrustBox<'a> {
    /// What is to be decided.
    pub trust: &'a Trust,
    /// How things look.
    pub theme: Theme,
}

impl Widget for &TrustBox<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let width = area.width.saturating_sub(if area.width >= 60 { 4 } else { 0 }).min(76);
        let inner = width.saturating_sub(4);
        let paragraphs = self.trust.paragraphs();
        let rows: Vec<(&str, Role)> = paragraphs
            .iter()
            .flat_map(|(text, role)| wrap(text, inner, inner).into_iter().map(|range| (&text[range], *role)))
            .collect();
        let keys = key_rows(self.trust.choices(), inner);
        let height = u16::try_from(rows.len() + keys.len() + 3).unwrap_or(u16::MAX);
        let frame = overlay(area, width, height, buf);
        rules(frame, self.theme, buf);
        // The answers have to be seen; where there is too little room the explanation gives way.
        let keys_at = frame.height.saturating_sub(1 + u16::try_from(keys.len()).unwrap_or(0));
        let text = Rect { height: keys_at, ..frame };
        for (y, (row, role)) in (1..).zip(&rows) {
            put(buf, text, 2, y, row, self.theme.style(*role));
        }
        for (y, choices) in (keys_at..).zip(keys) {
            put_keys(buf, frame, y, choices, self.theme);
        }
    }
}
