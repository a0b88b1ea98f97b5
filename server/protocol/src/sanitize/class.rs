//! What kind of character one is, as far as cleaning cares.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// ZERO WIDTH JOINER.
pub(super) const JOINER: char = '\u{200D}';
/// POP DIRECTIONAL ISOLATE.
pub(super) const ISOLATE_END: char = '\u{2069}';
/// WAVING BLACK FLAG, the base of the flags of regions (Unicode TR 51, "Emoji Tag Sequences").
pub(super) const BLACK_FLAG: char = '\u{1F3F4}';
/// CANCEL TAG, the end of a tag sequence.
const CANCEL_TAG: char = '\u{E007F}';

/// Embeddings and overrides of direction, and their end.
pub(super) fn is_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}')
}

/// Letters that show nothing but take room: they pass for text where there is none.
pub(super) fn is_filler(c: char) -> bool {
    matches!(c, '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}')
}

/// Whatever looks like a space.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Characters that show nothing and are dropped wherever they stand: soft hyphen, grapheme joiner, non-joiner,
/// zero-width spaces, marks of direction, invisible operators, annotations, tag characters.
pub(super) fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}')
}

/// Whether `c` attaches itself to whatever stands before it: a combining mark, a variation selector, a skin tone.
pub(super) fn is_mark(c: char) -> bool {
    !c.is_ascii() && is_one_cluster(&['a', c])
}

/// Whether `c` is a picture that a joiner can tie to another one (`Extended_Pictographic`).
pub(super) fn is_picture(c: char) -> bool {
    !c.is_ascii() && is_one_cluster(&['\u{1F469}', JOINER, c]) && !is_mark(c)
}

/// Whether `c` alone takes no column.
pub(super) fn is_zero_width(c: char) -> bool {
    c.width() == Some(0)
}

/// The segmentation crate does not tell the classes of characters, but how it cuts shows them.
fn is_one_cluster(chars: &[char]) -> bool {
    let text: String = chars.iter().collect();
    text.graphemes(true).nth(1).is_none()
}

/// The bytes of the tag characters at the start of `text` that name a region: three to six letters or digits and the
/// cancel tag. 0 when they are not well formed.
pub(super) fn region_tags(text: &str) -> usize {
    let mut count = 0;
    for (at, c) in text.char_indices() {
        match c {
            '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}' if count < 6 => count += 1,
            CANCEL_TAG if count >= 3 => return at + c.len_utf8(),
            _ => return 0,
        }
    }
    0
}
