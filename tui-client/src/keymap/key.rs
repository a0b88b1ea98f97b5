//! A key press in one canonical form, whatever the terminal called it, and how it is written for people.

use std::{fmt, str::FromStr};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key with its modifiers, in canonical form: equal presses are equal values on every terminal. Displays as `Ctrl-K`,
/// `Alt-Left`, `F1`, `?` and is read back from the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Key {
    /// A key without modifiers.
    #[must_use]
    pub const fn plain(code: KeyCode) -> Self {
        Key { code, modifiers: KeyModifiers::NONE }
    }

    /// A key together with Ctrl.
    #[must_use]
    pub const fn ctrl(code: KeyCode) -> Self {
        Key { code, modifiers: KeyModifiers::CONTROL }
    }

    /// A key together with Alt.
    #[must_use]
    pub const fn alt(code: KeyCode) -> Self {
        Key { code, modifiers: KeyModifiers::ALT }
    }

    /// A key together with Shift. Only for keys that type nothing: a shifted letter is that capital letter.
    #[must_use]
    pub const fn shift(code: KeyCode) -> Self {
        Key { code, modifiers: KeyModifiers::SHIFT }
    }

    /// What the terminal reported, in canonical form. `None` for the release of a key, which means nothing here (some
    /// systems always report it) and for lone modifier keys.
    #[must_use]
    pub fn from_event(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release || matches!(event.code, KeyCode::Modifier(_) | KeyCode::Null) {
            return None;
        }
        let relevant = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        Some(Key { code: event.code, modifiers: event.modifiers & relevant }.canonical())
    }

    /// The text this key types, if it types any. Characters that a keyboard layout makes with AltGr arrive without
    /// modifiers, so they count.
    #[must_use]
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() && !c.is_control() => Some(c),
            _ => None,
        }
    }

    /// Whether every terminal on every desktop delivers this key: neither with Alt nor a function key.
    #[must_use]
    pub fn is_universal(&self) -> bool {
        !self.modifiers.contains(KeyModifiers::ALT) && !matches!(self.code, KeyCode::F(_))
    }

    fn canonical(self) -> Self {
        let Key { mut code, mut modifiers } = self;
        match code {
            // What a terminal sends for Backspace is Ctrl-H on many of them.
            KeyCode::Char('h' | 'H') if modifiers == KeyModifiers::CONTROL => {
                code = KeyCode::Backspace;
                modifiers = KeyModifiers::NONE;
            }
            KeyCode::Char(c) => {
                if modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
                    code = KeyCode::Char(c.to_ascii_lowercase());
                }
                modifiers.remove(KeyModifiers::SHIFT);
            }
            KeyCode::BackTab => {
                code = KeyCode::Tab;
                modifiers.insert(KeyModifiers::SHIFT);
            }
            _ => {}
        }
        Key { code, modifiers }
    }
}

/// The names of keys that are no single character.
const NAMES: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Space", KeyCode::Char(' ')),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (flag, name) in
            [(KeyModifiers::CONTROL, "Ctrl-"), (KeyModifiers::ALT, "Alt-"), (KeyModifiers::SHIFT, "Shift-")]
        {
            if self.modifiers.contains(flag) {
                f.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::F(number) => write!(f, "F{number}"),
            // Together with a modifier a letter is written large, as on the key.
            KeyCode::Char(c) if c != ' ' && !self.modifiers.is_empty() => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) if c != ' ' => write!(f, "{c}"),
            code => match NAMES.iter().find(|(_, known)| *known == code) {
                Some((name, _)) => f.write_str(name),
                None => write!(f, "{code}"),
            },
        }
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        for (flag, name) in
            [(KeyModifiers::CONTROL, "Ctrl-"), (KeyModifiers::ALT, "Alt-"), (KeyModifiers::SHIFT, "Shift-")]
        {
            if let Some(after) = rest.strip_prefix(name) {
                modifiers.insert(flag);
                rest = after;
            }
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.as_str()) {
            (Some(c), "") => KeyCode::Char(c),
            (Some('F'), number) if number.parse::<u8>().is_ok_and(|n| (1..=24).contains(&n)) => {
                KeyCode::F(number.parse().unwrap_or(1))
            }
            _ => NAMES
                .iter()
                .find(|(name, _)| *name == rest)
                .map(|(_, code)| *code)
                .ok_or_else(|| format!("`{text}` is no key I know; write keys as Ctrl-K, Alt-Left, F1"))?,
        };
        Ok(Key { code, modifiers }.canonical())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode, modifiers: KeyModifiers) -> Key {
        Key::from_event(KeyEvent::new(code, modifiers)).unwrap()
    }

    #[test]
    fn keys_are_written_and_read_back_alike() {
        for text in ["Ctrl-K", "Alt-Left", "F1", "F12", "?", "a", "A", "Shift-Tab", "Alt-<", "Space", "PageUp", "é"] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        assert!("Hyper-K".parse::<Key>().is_err());
        assert!("F0".parse::<Key>().is_err());
        assert!("".parse::<Key>().is_err());
    }

    #[test]
    fn terminals_name_the_same_key_differently() {
        assert_eq!(press(KeyCode::BackTab, KeyModifiers::SHIFT), "Shift-Tab".parse().unwrap());
        assert_eq!(press(KeyCode::BackTab, KeyModifiers::NONE), "Shift-Tab".parse().unwrap());
        assert_eq!(press(KeyCode::Char('A'), KeyModifiers::SHIFT), "A".parse().unwrap());
        assert_eq!(press(KeyCode::Char('K'), KeyModifiers::CONTROL | KeyModifiers::SHIFT), "Ctrl-K".parse().unwrap());
        assert_eq!(press(KeyCode::Char('h'), KeyModifiers::CONTROL), "Backspace".parse().unwrap());
        assert_eq!(press(KeyCode::Char('<'), KeyModifiers::ALT | KeyModifiers::SHIFT), "Alt-<".parse().unwrap());
    }

    #[test]
    fn a_release_is_no_key() {
        let event = KeyEvent::new_with_kind(KeyCode::Char('a'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(Key::from_event(event), None);
    }

    #[test]
    fn what_option_types_on_a_mac_is_text() {
        assert_eq!("å".parse::<Key>().unwrap().typed(), Some('å'));
        assert_eq!("Alt-A".parse::<Key>().unwrap().typed(), None);
    }
}
