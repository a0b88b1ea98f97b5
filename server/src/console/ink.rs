//! Colours of the operator's terminal; none where they are not wanted.

use std::io::IsTerminal;

/// Whether text is coloured. Meaning is never in the colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink {
    colours: bool,
}

impl Ink {
    /// No colours.
    pub const PLAIN: Ink = Ink { colours: false };

    /// Colours where `out` is a terminal and `NO_COLOR` is not set (no-color.org).
    #[must_use]
    pub fn of(out: &impl IsTerminal) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Ink { colours: out.is_terminal() && !unwanted && !dumb }
    }

    /// Whether there are colours.
    #[must_use]
    pub fn colours(self) -> bool {
        self.colours
    }

    /// Somebody or something came.
    pub(super) fn green(self, text: &str) -> String {
        self.paint("92", text)
    }

    /// Somebody left, or something is wrong.
    pub(crate) fn red(self, text: &str) -> String {
        self.paint("91", text)
    }

    /// Names.
    pub(super) fn cyan(self, text: &str) -> String {
        self.paint("96", text)
    }

    /// What the eye should find first.
    pub(super) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        match self.colours {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}
