//! The one place where hostile text is cleaned.

use std::borrow::Cow;

use klatch_protocol::{
    format,
    sanitize::{MAX_CLUSTER, clean_line, clean_name, clean_text},
};
use unicode_segmentation::UnicodeSegmentation as _;

/// The bytes are a text from anywhere.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    is_clean(&clean_line(&text), &text, clean_line, &[]);
    is_clean(&clean_text(&text), &text, clean_text, &['\n']);
    is_clean(&clean_name(&text), &text, clean_name, &[]);
    for line in clean_text(&text).split('\n') {
        isolates_are_closed(line);
    }
    isolates_are_closed(&clean_line(&text));
    let name = clean_name(&text);
    assert!(!name.starts_with(' ') && !name.ends_with(' ') && !name.contains("  "), "{name:?}");
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2066}'..='\u{2069}' | '\u{e0020}'..='\u{e007f}');
    assert!(!name.contains(hidden), "{name:?}");
    // As messages are: formatting first, then the rest.
    let plain = format::strip(&text);
    assert_eq!(format::strip(&plain), plain, "formatting that only shows when other formatting is gone");
    is_clean(&clean_text(&plain), &plain, clean_text, &['\n']);
}

/// Nothing that controls a terminal or the direction of text is left, nothing grows, and cleaning again changes nothing.
fn is_clean(clean: &str, text: &str, again: fn(&str) -> Cow<'_, str>, allowed: &[char]) {
    let control = |c: char| c.is_control() && !allowed.contains(&c);
    assert!(!clean.contains(control), "{clean:?}");
    let reorders =
        |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{61c}');
    assert!(!clean.contains(reorders), "{clean:?}");
    let invisible =
        |c: char| matches!(c, '\u{200b}' | '\u{200c}' | '\u{feff}' | '\u{2060}' | '\u{ad}' | '\u{180e}' | '\u{e0001}');
    assert!(!clean.contains(invisible), "{clean:?}");
    // The most that becomes of a byte are the four spaces of a TAB.
    assert!(clean.len() <= 4 * text.len(), "{} bytes became {}", text.len(), clean.len());
    for cluster in clean.graphemes(true) {
        assert!(cluster.chars().count() <= MAX_CLUSTER, "{cluster:?} is one cell");
    }
    let twice = again(clean);
    assert_eq!(twice, clean, "cleaning twice changes something");
    assert!(matches!(twice, Cow::Borrowed(_)), "what is clean is copied");
}

fn isolates_are_closed(line: &str) {
    let mut open = 0_usize;
    for c in line.chars() {
        match c {
            '\u{2066}'..='\u{2068}' => open += 1,
            '\u{2069}' => open = open.checked_sub(1).expect("an end without a beginning"),
            _ => {}
        }
    }
    assert_eq!(open, 0, "{line:?}");
}
