//! One line of text being typed, wiped from memory when it goes: a form holds passwords and codes, so no field keeps copies of
//! what it held before, as an undo history would.

use unicode_segmentation::UnicodeSegmentation;
use zeroize::{Zeroize, Zeroizing};

use crate::{action::Edit, ui::wrap::cells};

/// The most bytes a field holds. The room is taken at once, so that growing never leaves a copy behind.
const ROOM: usize = 512;

/// One line of text and the cursor in it.
pub(super) struct LineEdit {
    text: Zeroizing<String>,
    /// A byte position on a border between grapheme clusters.
    cursor: usize,
}

impl LineEdit {
    /// A field that holds `text`, the cursor at its end.
    pub(super) fn new(text: &str) -> Self {
        let mut line = LineEdit { text: Zeroizing::new(String::with_capacity(ROOM)), cursor: 0 };
        line.insert(text);
        line
    }

    /// What was typed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing was.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Replaces the text.
    pub(super) fn set(&mut self, text: &str) {
        self.text.zeroize();
        self.text.reserve(ROOM);
        self.cursor = 0;
        self.insert(text);
    }

    /// Puts text in at the cursor, without control characters and as far as there is room.
    pub(super) fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.text.len() + c.len_utf8() > ROOM {
                break;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Does `edit`, with `cut` for what is cut and put back; gives whether the text may have changed.
    pub(super) fn edit(&mut self, edit: Edit, cut: &mut Zeroizing<String>) -> bool {
        match edit {
            Edit::Left => self.cursor = self.before(),
            Edit::Right => self.cursor = self.after(),
            Edit::WordLeft => self.cursor = self.word_before(),
            Edit::WordRight => self.cursor = self.word_after(),
            Edit::LineStart => self.cursor = 0,
            Edit::LineEnd => self.cursor = self.text.len(),
            Edit::NewLine => {}
            Edit::Backspace => return self.take(self.before(), self.cursor, None),
            Edit::Delete => return self.take(self.cursor, self.after(), None),
            Edit::CutWord => return self.take(self.word_before(), self.cursor, Some(cut)),
            Edit::CutToStart => return self.take(0, self.cursor, Some(cut)),
            Edit::CutToEnd => return self.take(self.cursor, self.text.len(), Some(cut)),
            Edit::Paste => {
                self.insert(cut);
                return true;
            }
        }
        false
    }

    /// Puts the cursor before the character that covers cell `cell` of the whole text.
    pub(super) fn point(&mut self, cell: usize, mask: Option<&str>) {
        let mut left = cell;
        for (at, cluster) in self.text.grapheme_indices(true) {
            let size = cells(mask.unwrap_or(cluster));
            if left < size {
                self.cursor = at;
                return;
            }
            left -= size;
        }
        self.cursor = self.text.len();
    }

    /// The part to show in `width` cells, every character replaced by `mask` if there is one, and the cursor's cell in it: the
    /// part around the cursor while the field is in focus, else the beginning.
    pub(super) fn shown(&self, width: usize, mask: Option<&str>, focused: bool) -> (Zeroizing<String>, usize) {
        let sized = |text: &str| text.graphemes(true).map(|c| cells(mask.unwrap_or(c))).sum::<usize>();
        let before = sized(&self.text[..self.cursor]);
        // The cursor needs a cell of its own behind the text.
        let skip = if focused { (before + 1).saturating_sub(width) } else { 0 };
        let mut shown = Zeroizing::new(String::with_capacity(ROOM));
        let (mut at, mut cursor) = (0, before);
        let mut used = 0;
        for cluster in self.text.graphemes(true) {
            let cluster = mask.unwrap_or(cluster);
            let size = cells(cluster);
            if at < skip {
                cursor -= size;
            } else if used + size <= width {
                shown.push_str(cluster);
                used += size;
            } else {
                break;
            }
            at += size;
        }
        (shown, cursor)
    }

    fn take(&mut self, from: usize, to: usize, cut: Option<&mut Zeroizing<String>>) -> bool {
        if let Some(cut) = cut.filter(|_| from < to) {
            *cut = Zeroizing::new(self.text[from..to].to_owned());
        }
        self.text.replace_range(from..to, "");
        self.cursor = from;
        from < to
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |cluster| self.cursor + cluster.len())
    }

    fn word_before(&self) -> usize {
        let trimmed = self.text[..self.cursor].trim_end();
        trimmed.rfind(char::is_whitespace).map_or(0, |at| at + 1).min(trimmed.len())
    }

    fn word_after(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let skipped = rest.len() - rest.trim_start().len();
        rest[skipped..].find(char::is_whitespace).map_or(self.text.len(), |at| self.cursor + skipped + at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(line: &mut LineEdit, edits: &[Edit]) -> String {
        let mut cut = Zeroizing::default();
        for edit in edits {
            line.edit(*edit, &mut cut);
        }
        line.text().to_owned()
    }

    #[test]
    fn editing_moves_over_whole_characters() {
        let mut line = LineEdit::new("ae\u{301}👍🏽");
        assert_eq!(after(&mut line, &[Edit::Left, Edit::Backspace]), "a👍🏽");
        assert_eq!(after(&mut line, &[Edit::LineEnd, Edit::Left, Edit::Delete]), "a");
        assert_eq!(after(&mut line, &[Edit::CutToStart]), "");
    }

    #[test]
    fn words_are_cut_with_one_key_and_put_back_with_another() {
        let mut line = LineEdit::new("Ann Marie Lee ");
        assert_eq!(after(&mut line, &[Edit::CutWord, Edit::LineStart, Edit::Paste]), "Lee Ann Marie ");
        assert_eq!(after(&mut line, &[Edit::LineStart, Edit::WordRight, Edit::CutToEnd]), "Lee");
    }

    #[test]
    fn a_long_text_shows_the_part_around_the_cursor() {
        let mut line = LineEdit::new("abcdefghij");
        assert_eq!(line.shown(5, None, true), (Zeroizing::new("ghij".to_owned()), 4));
        assert_eq!(line.shown(5, Some("•"), true).0.as_str(), "••••");
        after(&mut line, &[Edit::LineStart]);
        assert_eq!(line.shown(5, None, true), (Zeroizing::new("abcde".to_owned()), 0));
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_in_sight(text in "[a-z你👍 é]{0,40}", moves in 0usize..40, width in 3usize..20) {
            let mut line = LineEdit::new(&text);
            after(&mut line, &vec![Edit::Left; moves]);
            let (shown, cursor) = line.shown(width, None, true);
            prop_assert!(cells(&shown) <= width && cursor < width);
        }
    }
}
