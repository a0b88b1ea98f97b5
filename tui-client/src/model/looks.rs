//! Which names look the same to a person: without regard to case, blanks, characters of no width, and letters of other
//! scripts that look alike (Unicode Technical Standard 39, "Confusable Detection").

use unicode_security::skeleton;

/// The looks of one text; two texts can be mistaken for each other when they share one. There are two because folding
/// case and finding look-alikes do not commute: `I` looks like `l`, but `i` does not.
pub(super) fn of_text(text: &str) -> Vec<String> {
    let visible: String = text.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c)).collect();
    let folded_first = skeleton(&visible.to_lowercase()).collect::<String>();
    let folded_last = skeleton(&visible).collect::<String>().to_lowercase();
    let mut looks = vec![folded_first];
    if folded_last != looks[0] {
        looks.push(folded_last);
    }
    looks
}

/// Whether a display name looks as if a nick stood beside it already.
pub(super) fn imitates(display: &str) -> bool {
    display.contains(['(', ')', '\u{ff08}', '\u{ff09}'])
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{3164}' | '\u{115f}' | '\u{1160}')
}
