//! One line of text being typed, wiped from memory when it goes: a form holds passwords and codes, so no field keeps copies of
//! what it held before, as an undo history would.

use unicode_segmentation::UnicodeSegmentation;
use zeroize::{Zeroize, Zeroizing};

use crate::ui::{input::Edit, wrap::cells};

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

    /// Does `edit`; gives whether the text may have changed.
    pub(super) fn edit(&mut self, edit: Edit) -> bool {
        match edit {
            Edit::Insert(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            Edit::Backspace => self.take(self.before(), self.cursor),
            Edit::Delete => self.take(self.cursor, self.after()),
            Edit::KillWord => self.take(self.word_before(), self.cursor),
            Edit::KillNextWord => self.take(self.cursor, self.word_after()),
            Edit::KillToStart => self.take(0, self.cursor),
            Edit::KillToEnd => self.take(self.cursor, self.text.len()),
            Edit::Left => self.cursor = self.before(),
            Edit::Right => self.cursor = self.after(),
            Edit::WordLeft => self.cursor = self.word_before(),
            Edit::WordRight => self.cursor = self.word_after(),
            Edit::Start => self.cursor = 0,
            Edit::End => self.cursor = self.text.len(),
            Edit::Newline | Edit::Yank | Edit::Up | Edit::Down => return false,
        }
        !matches!(edit, Edit::Left | Edit::Right | Edit::WordLeft | Edit::WordRight | Edit::Start | Edit::End)
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

    /// The part to show in `width` cells, every character replaced by `mask` if there is one; and the cursor's cell in it.
    pub(super) fn shown(&self, width: usize, mask: Option<&str>) -> (Zeroizing<String>, usize) {
        let sized = |text: &str| text.graphemes(true).map(|c| cells(mask.unwrap_or(c))).sum::<usize>();
        let before = sized(&self.text[..self.cursor]);
        // The cursor needs a cell of its own behind the text.
        let skip = (before + 1).saturating_sub(width);
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

    fn take(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
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

    #[test]
    fn editing_moves_over_whole_characters() {
        let mut line = LineEdit::new("ae\u{301}👍🏽");
        line.edit(Edit::Left);
        line.edit(Edit::Backspace);
        assert_eq!(line.text(), "a👍🏽");
        line.edit(Edit::End);
        line.edit(Edit::Insert('x'));
        assert_eq!(line.text(), "a👍🏽x");
        line.edit(Edit::KillToStart);
        assert_eq!(line.text(), "");
    }

    #[test]
    fn words_are_taken_with_one_key() {
        let mut line = LineEdit::new("Ann Marie Lee ");
        line.edit(Edit::KillWord);
        assert_eq!(line.text(), "Ann Marie ");
        line.edit(Edit::Start);
        line.edit(Edit::KillNextWord);
        assert_eq!(line.text(), " Marie ");
    }

    #[test]
    fn a_long_text_shows_the_part_around_the_cursor() {
        let mut line = LineEdit::new("abcdefghij");
        assert_eq!(line.shown(5, None), (Zeroizing::new("ghij".to_owned()), 4));
        assert_eq!(line.shown(5, Some("•")).0.as_str(), "••••");
        line.edit(Edit::Start);
        assert_eq!(line.shown(5, None), (Zeroizing::new("abcde".to_owned()), 0));
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_in_sight(text in "[a-z你👍 é]{0,40}", moves in 0usize..40, width in 3usize..20) {
            let mut line = LineEdit::new(&text);
            for _ in 0..moves {
                line.edit(Edit::Left);
            }
            let (shown, cursor) = line.shown(width, None);
            prop_assert!(cells(&shown) <= width && cursor < width);
        }
    }
}
