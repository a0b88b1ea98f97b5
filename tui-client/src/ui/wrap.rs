//! Widths and lines of text, measured in terminal cells and cut only between grapheme clusters, so that wide characters,
//! emoji and combining marks stay whole. Here is the one truth about width; everything that draws asks it.

use std::{borrow::Cow, ops::Range};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The widest a column of prose gets, in cells; on a wider screen the rest is air.
pub const MEASURE: u16 = 100;

/// How many cells `text` takes.
#[must_use]
pub fn cells(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.graphemes(true).map(cluster).sum()
}

/// How many cells one grapheme cluster takes. Half-width katakana sound marks take a cell of their own on terminals although
/// Unicode calls them combining; ratatui counts them so, and both counts have to agree.
fn cluster(text: &str) -> usize {
    if text.len() == 1 {
        return 1;
    }
    text.width() + text.chars().filter(|c| matches!(c, '\u{FF9E}' | '\u{FF9F}')).count()
}

/// `text` cut to `width` cells, `cut` at its end where something is missing.
#[must_use]
pub fn fit<'a>(text: &'a str, width: usize, cut: &str) -> Cow<'a, str> {
    if cells(text) <= width {
        return Cow::Borrowed(text);
    }
    let room = width.saturating_sub(cells(cut));
    let mut used = 0;
    let kept = text.graphemes(true).take_while(|g| {
        used += cluster(g);
        used <= room
    });
    let mut short: String = kept.collect();
    if width >= cells(cut) {
        short.push_str(cut);
    }
    Cow::Owned(short)
}

/// The name to show of somebody who is to be called `shown`, if that differs from `nick`, in `width` cells: where it is a display
/// name with the nick in brackets and does not fit, the nick alone, which is never ambiguous as a half of the two could be.
#[must_use]
pub(super) fn name_within<'a>(nick: &'a str, shown: Option<&'a str>, width: usize) -> &'a str {
    shown.filter(|shown| !shown.ends_with(')') || cells(shown) <= width).unwrap_or(nick)
}

/// The rows of `text` as byte ranges: the first at most `first` cells wide, the others `rest`. Newlines end a row, white
/// space at a break belongs to no row, words longer than a row are cut, and wide characters may be parted from their
/// neighbours. Widths below two count as two, since a wide character could not be shown otherwise. Never empty.
#[must_use]
pub fn wrap(text: &str, first: u16, rest: u16) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let mut start = 0;
    for paragraph in text.split('\n') {
        let end = start + paragraph.len();
        loop {
            let width = usize::from(if rows.is_empty() { first } else { rest }.max(2));
            let (shown, next) = row(&text[start..end], width);
            rows.push(start..start + shown);
            start += next;
            if start >= end {
                break;
            }
        }
        start = end + 1;
    }
    rows
}

/// How many bytes of `text` its first row shows, and where the next row begins.
fn row(text: &str, width: usize) -> (usize, usize) {
    let mut used = 0;
    let mut chance = None;
    let mut space = None;
    let mut after_wide = false;
    for (at, grapheme) in text.grapheme_indices(true) {
        let size = cluster(grapheme);
        if grapheme.chars().all(char::is_whitespace) {
            space.get_or_insert(at);
            used += size;
            continue;
        }
        let wide = size > 1;
        match space.take() {
            Some(from) if from > 0 => chance = Some((from, at)),
            Some(_) => {}
            None if at > 0 && (wide || after_wide) && !grapheme.starts_with(CLOSING) => chance = Some((at, at)),
            None => {}
        }
        if used + size > width {
            // White space alone can be wider than the row; then the row stays empty. A cluster wider than a whole row
            // has to go somewhere all the same.
            let forced = if text[..at].trim_end().is_empty() { (0, at) } else { (at, at) };
            return chance.unwrap_or(if at == 0 { (grapheme.len(), grapheme.len()) } else { forced });
        }
        used += size;
        after_wide = wide;
    }
    (if used > width { text.trim_end().len() } else { text.len() }, text.len())
}

/// Punctuation that does not begin a row.
const CLOSING: &[char] =
    &['、', '。', '，', '．', '！', '？', '：', '；', '）', '」', '』', '】', '〉', '》', '〕', '’', '”'];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::{buffer::Buffer, layout::Rect, style::Style};

    fn shown(text: &str, width: u16) -> Vec<&str> {
        wrap(text, width, width).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(shown("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(shown("a  b", 3), ["a", "b"]);
        assert_eq!(shown("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(shown("x abcdefgh", 4), ["x", "abcd", "efgh"]);
        assert_eq!(shown("", 4), [""]);
        assert_eq!(shown("a\n\n  b", 4), ["a", "", "  b"]);
        assert_eq!(shown("ends with spaces      ", 16), ["ends with spaces"]);
    }

    #[test]
    fn the_first_row_may_be_narrower() {
        assert_eq!(wrap("one two three", 4, 9), [0..3, 4..13]);
    }

    #[test]
    fn wide_characters_are_never_halved_and_may_be_parted() {
        assert_eq!(shown("你好世界", 5), ["你好", "世界"]);
        assert_eq!(shown("a你好，世界", 5), ["a你", "好，", "世界"]);
        assert_eq!(shown("👩‍👩‍👧x👍🏽", 3), ["👩‍👩‍👧x", "👍🏽"]);
        assert_eq!(shown("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
    }

    #[test]
    fn cut_text_says_so() {
        assert_eq!(fit("Release on Friday", 9, "…"), "Release …");
        assert_eq!(fit("你好世界", 6, "…"), "你好…");
        assert_eq!(fit("short", 9, "…"), "short");
        assert_eq!(fit("short", 0, "…"), "");
    }

    /// Text that people and attackers write: words, spaces, wide, joined and combining characters.
    fn prose() -> impl Strategy<Value = String> {
        let piece =
            prop_oneof!["[a-z]{1,12}", " {1,3}", "[一-龥]{1,4}", "(e\u{301}|👩‍👩‍👧|👍🏽|🇩🇪|ﾊﾞ|\u{200d}|。|\n)", "\\PC{0,3}",];
        prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_row_is_wider_than_its_area_and_nothing_is_lost(text in prose(), first in 2u16..40, rest in 2u16..40) {
            let rows = wrap(&text, first, rest);
            for (index, range) in rows.iter().enumerate() {
                let width = usize::from(if index == 0 { first } else { rest });
                let row = &text[range.clone()];
                prop_assert!(cells(row) <= width || row.graphemes(true).count() == 1, "{row:?} in {width}");
            }
            let kept: String = rows.iter().map(|range| &text[range.clone()]).collect();
            let solid = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(solid(&kept), solid(&text));
        }

        #[test]
        fn ratatui_measures_as_we_do(text in "[a-z一-龥ﾊﾞ👍🏽e\u{301} ]{0,20}") {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 1));
            let (end, _) = buffer.set_stringn(0, 0, &text, 200, Style::new());
            prop_assert_eq!(usize::from(end), cells(&text));
        }
    }
}
