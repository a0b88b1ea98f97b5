//! Cutting a long text into pieces that fit a line.

use unicode_segmentation::UnicodeSegmentation;

/// Cuts `text` into pieces of at most `bytes` each, which has to be at least 4: at spaces where there are any in the second
/// half of a piece, else between grapheme clusters, and inside one only if it alone is too long. The spaces at a cut are left
/// out. Newlines separate pieces as well, and empty pieces are left out.
///
/// ```
/// use klatch_protocol::split::pieces;
/// assert_eq!(pieces("one two three", 8).collect::<Vec<_>>(), ["one two", "three"]);
/// ```
pub fn pieces(text: &str, bytes: usize) -> impl Iterator<Item = &str> {
    let bytes = bytes.max(4);
    text.split('\n').flat_map(move |line| Pieces { rest: line, bytes })
}

struct Pieces<'a> {
    rest: &'a str,
    bytes: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        if self.rest.len() <= self.bytes {
            return Some(std::mem::take(&mut self.rest));
        }
        let piece = first_piece(self.rest, self.bytes);
        let rest = &self.rest[piece.len()..];
        self.rest = rest.trim_start_matches(' ');
        let trimmed = piece.trim_end_matches(' ');
        if trimmed.is_empty() { self.next() } else { Some(trimmed) }
    }
}

/// The first piece of a text that is longer than `bytes`.
fn first_piece(text: &str, bytes: usize) -> &str {
    // A piece may be followed by a space that is left out, so one more byte than fits is looked at.
    let window = &text[..text.floor_char_boundary(bytes + 1)];
    if let Some(space) = window.rfind(' ')
        && space > bytes / 2
    {
        return &text[..space];
    }
    let mut end = 0;
    for (start, cluster) in text.grapheme_indices(true) {
        if start + cluster.len() > bytes {
            break;
        }
        end = start + cluster.len();
    }
    if end == 0 { &text[..text.floor_char_boundary(bytes)] } else { &text[..end] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, bytes: usize) -> Vec<&str> {
        pieces(text, bytes).collect()
    }

    #[test]
    fn spaces_are_preferred() {
        assert_eq!(cut("short", 8), ["short"]);
        assert_eq!(cut("one two three", 7), ["one two", "three"]);
        assert_eq!(cut("abcdefghijkl", 5), ["abcde", "fghij", "kl"]);
        assert_eq!(cut("a bcdefghijkl", 8), ["a bcdefg", "hijkl"]);
        assert_eq!(cut("one\n\ntwo", 8), ["one", "two"]);
        assert_eq!(cut("", 8), Vec::<&str>::new());
        assert_eq!(cut("            x", 5), ["x"]);
    }

    #[test]
    fn clusters_stay_whole_where_they_fit() {
        assert_eq!(cut("ee\u{301}e\u{301}", 5), ["ee\u{301}", "e\u{301}"]);
        let family = "👩\u{200d}👩\u{200d}👧";
        assert_eq!(cut(&format!("a{family}"), 18), ["a", family]);
        assert!(cut(family, 5).iter().all(|piece| piece.len() <= 5));
    }
}
