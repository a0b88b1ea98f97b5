//! mIRC formatting codes and CTCP inside messages (modern.ircdocs.horse/formatting "Characters", "CTCP").
//!
//! It owns taking the codes out and recognising `/me`. The codes are control characters, so [`crate::sanitize`] would drop
//! them and leave the digits of colours behind: take them out first.

use std::borrow::Cow;

const COLOUR: char = '\u{3}';
const HEX_COLOUR: char = '\u{4}';
/// Stands at both ends of a CTCP message.
const CTCP: char = '\u{1}';

/// The text without bold (02), colour (03), hex colour (04), reset (0F), monospace (11), reverse (16), italics (1D),
/// strike-through (1E) and underline (1F), the digits of colours included.
#[must_use]
pub fn strip(text: &str) -> Cow<'_, str> {
    let is_code = |c| matches!(c, '\u{2}'..='\u{4}' | '\u{F}' | '\u{11}' | '\u{16}' | '\u{1D}'..='\u{1F}');
    let Some(first) = text.find(is_code) else {
        return Cow::Borrowed(text);
    };
    let (clean, mut rest) = text.split_at(first);
    let mut out = String::with_capacity(text.len());
    out.push_str(clean);
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        rest = chars.as_str();
        match c {
            COLOUR => rest = skip_colours(rest, |text| digits(text, 2, u8::is_ascii_digit)),
            HEX_COLOUR => rest = skip_colours(rest, hex_digits),
            c if is_code(c) => {}
            c => out.push(c),
        }
        chars = rest.chars();
    }
    Cow::Owned(out)
}

/// Skips `foreground[,background]`. A comma without a colour behind it is text.
fn skip_colours(text: &str, length: impl Fn(&str) -> usize) -> &str {
    let rest = &text[length(text)..];
    if rest.len() == text.len() {
        return text;
    }
    match rest.strip_prefix(',') {
        Some(background) if length(background) > 0 => &background[length(background)..],
        _ => rest,
    }
}

/// How many of the first `most` bytes are of the class, which holds ASCII only.
fn digits(text: &str, most: usize, class: impl Fn(&u8) -> bool) -> usize {
    text.bytes().take(most).take_while(class).count()
}

/// Hex colours have six digits or are none.
fn hex_digits(text: &str) -> usize {
    if digits(text, 6, u8::is_ascii_hexdigit) == 6 { 6 } else { 0 }
}

/// A CTCP message (modern.ircdocs.horse/ctcp "Message Syntax").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ctcp<'a> {
    /// The command, as written. Compare without regard to case.
    pub command: &'a str,
    /// What stands behind it.
    pub params: &'a str,
}

/// Recognises a CTCP message. The closing delimiter may be missing.
#[must_use]
pub fn ctcp(text: &str) -> Option<Ctcp<'_>> {
    let body = text.strip_prefix(CTCP)?;
    let body = body.strip_suffix(CTCP).unwrap_or(body);
    let (command, params) = body.split_once(' ').unwrap_or((body, ""));
    (!command.is_empty()).then_some(Ctcp { command, params })
}

/// The text of a `/me`, if it is one.
#[must_use]
pub fn action(text: &str) -> Option<&str> {
    ctcp(text).filter(|ctcp| ctcp.command.eq_ignore_ascii_case("ACTION")).map(|ctcp| ctcp.params)
}

/// The message that shows `text` as a `/me`.
#[must_use]
pub fn to_action(text: &str) -> String {
    format!("{CTCP}ACTION {}{CTCP}", text.replace(CTCP, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_taken_out_with_their_digits() {
        for (text, want) in [
            ("plain", "plain"),
            ("\u{2}bold\u{2} \u{1d}it\u{f}", "bold it"),
            ("\u{3}4red\u{3} \u{3}04,12both\u{3}", "red both"),
            ("\u{3}123three", "3three"),
            ("\u{3}4,x", ",x"),
            ("\u{3},5x", ",5x"),
            ("\u{3}4,123", "3"),
            ("\u{4}FF00aahex\u{4}", "hex"),
            ("\u{4}FF00aa,001122hex", "hex"),
            ("\u{4}FF00x", "FF00x"),
            ("\u{11}m\u{16}r\u{1e}s\u{1f}u", "mrsu"),
            ("é\u{3}é\u{3}", "éé"),
            ("\u{3}", ""),
            ("\u{3}1,", ","),
        ] {
            assert_eq!(strip(text), want, "{text:?}");
        }
        assert!(matches!(strip("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn actions_are_recognised() {
        assert_eq!(action("\u{1}ACTION waves\u{1}"), Some("waves"));
        assert_eq!(action("\u{1}action waves"), Some("waves"));
        assert_eq!(action("\u{1}ACTION\u{1}"), Some(""));
        assert_eq!(action("ACTION waves"), None);
        assert_eq!(ctcp("\u{1}VERSION\u{1}"), Some(Ctcp { command: "VERSION", params: "" }));
        assert_eq!(ctcp("\u{1}\u{1}"), None);
        assert_eq!(ctcp("\u{1}"), None);
        assert_eq!(action(&to_action("wa\u{1}ves")), Some("waves"));
    }
}
