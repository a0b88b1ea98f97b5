//! The question whether to trust a server's key, in hex and in four words that two people can compare by voice; and the full
//! stop when a known server shows another key.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{
    question::{Answer, Choice, answer, panel},
    theme::{Role, Theme},
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

    /// What to read before deciding, the keys broken so that they fit into `width` cells.
    fn paragraphs(&self, width: u16) -> Vec<(String, Role)> {
        let Fingerprint { hex, words } = &self.shown;
        match &self.changed {
            None => vec![
                (format!("First visit to {}. It shows the key", self.host), Role::Strong),
                (String::new(), Role::Text),
                (words.clone(), Role::Focus),
                (in_rows(hex, width), Role::Dim),
                (String::new(), Role::Text),
                ("Compare it with what the server printed when it started.".to_owned(), Role::Text),
            ],
            Some(Changed { kept, remedy }) => vec![
                (format!("! {} shows another key than before.", self.host), Role::Error),
                ("Somebody may be listening in. Nothing was sent.".to_owned(), Role::Error),
                (format!("before: {}", kept.words), Role::Strong),
                (in_rows(&kept.hex, width), Role::Dim),
                (format!("now:    {words}"), Role::Focus),
                (in_rows(hex, width), Role::Dim),
                (remedy.clone(), Role::Text),
            ],
        }
    }
}

/// A fingerprint in rows of equal length, as many bytes in each as fit: 16, 8 or 4.
fn in_rows(hex: &str, width: u16) -> String {
    let bytes: Vec<&str> = hex.split(':').collect();
    let each = [16, 8].into_iter().find(|each| each * 3 <= usize::from(width)).unwrap_or(4);
    bytes.chunks(each).map(|row| row.join(":")).collect::<Vec<_>>().join("\n")
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
        let width = area.width.saturating_sub(2).min(64);
        let paragraphs = self.trust.paragraphs(width);
        let paragraphs: Vec<(&str, Role)> = paragraphs.iter().map(|(text, role)| (text.as_str(), *role)).collect();
        panel(&paragraphs, self.trust.choices(), width, area, self.theme, buf);
    }
}
