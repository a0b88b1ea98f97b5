//! What reaches the user outside the screen: bell, desktop notification, window title. Makes control sequences; every
//! text in them is cleaned here again, because a control character inside one would end it and begin another.

/// Rings the terminal's bell.
pub const BELL: &str = "\x07";

/// The most characters of a notification or title; more is cut, with `…`.
const LONGEST: usize = 120;

/// A desktop notification (OSC 9), as iTerm2, kitty, ghostty, WezTerm and others show it.
///
/// The text always begins with a word of ours: ConEmu reads `OSC 9 ; 7 ; …` as a program to run.
#[must_use]
pub fn notification(text: &str) -> String {
    format!("\x1b]9;klatch: {}\x1b\\", printable(text))
}

/// The window's title (OSC 2).
#[must_use]
pub fn title(text: &str) -> String {
    format!("\x1b]2;{}\x1b\\", printable(text))
}

/// The title while `room` is on screen and `unread` messages want to be seen elsewhere: `(2) #team – klatch`.
#[must_use]
pub fn title_of(room: Option<&str>, unread: usize) -> String {
    let count = if unread > 0 { format!("({unread}) ") } else { String::new() };
    match room {
        Some(room) => format!("{count}{room} – klatch"),
        None => format!("{count}klatch"),
    }
}

fn printable(text: &str) -> String {
    let mut clean: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if text.chars().filter(|c| !c.is_control()).nth(LONGEST).is_some() {
        clean.push('…');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_out_of_its_sequence() {
        for hostile in ["a\x07b", "a\x1b\\b", "a\u{9c}b", "a\x1b]52;c;eA==\x07b", "a\nb"] {
            for sequence in [notification(hostile), title(hostile)] {
                let inside = sequence.strip_prefix("\x1b]").and_then(|rest| rest.strip_suffix("\x1b\\")).unwrap();
                assert!(!inside.chars().any(char::is_control), "{sequence:?}");
            }
        }
        assert_eq!(notification("7;calc"), "\x1b]9;klatch: 7;calc\x1b\\");
    }

    #[test]
    fn titles_say_where_and_how_much() {
        assert_eq!(title_of(Some("#team"), 2), "(2) #team – klatch");
        assert_eq!(title_of(Some("#team"), 0), "#team – klatch");
        assert_eq!(title_of(None, 0), "klatch");
    }

    #[test]
    fn long_texts_are_cut() {
        assert!(notification(&"x".repeat(5_000)).chars().count() < 150);
    }
}
