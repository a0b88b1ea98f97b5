//! The output of cleaning, which keeps every grapheme cluster within bounds while it grows.
//!
//! Each character is judged against the output so far, not against the input: what was dropped in between can therefore
//! neither glue two clusters together behind our back nor change the result of a second cleaning.

use unicode_segmentation::UnicodeSegmentation;

use super::{MAX_CLUSTER, MAX_MARKS, class};

/// Text with bounded clusters.
pub(super) struct Clusters {
    text: String,
    /// Where the last cluster begins.
    start: usize,
    /// Its characters.
    chars: usize,
    /// The marks since its last letter.
    marks: usize,
}

impl Clusters {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Clusters { text: String::with_capacity(bytes), start: 0, chars: 0, marks: 0 }
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }

    pub(super) fn last(&self) -> Option<char> {
        self.text.chars().next_back()
    }

    /// Adds `c`, unless it would make the last cluster too large or shows nothing where it stands.
    pub(super) fn push(&mut self, c: char) {
        let border = self.text.len();
        self.text.push(c);
        if self.joins(c, border) {
            let mark = class::is_mark(c);
            if self.chars == MAX_CLUSTER || (mark && self.marks == MAX_MARKS) {
                self.text.truncate(border);
                return;
            }
            self.chars += 1;
            self.marks = if mark { self.marks + 1 } else { 0 };
            return;
        }
        if !c.is_ascii() && class::is_zero_width(c) && !is_isolate(c) {
            self.text.truncate(border);
            if class::is_mark(c) {
                // A mark without a letter would sit on whatever the screen shows before the text.
                self.begin('\u{25CC}');
                self.push(c);
            }
            return;
        }
        self.text.truncate(border);
        self.begin(c);
    }

    /// Adds a joiner if it continues the last cluster together with `next`, which comes behind it, and leaves room for it.
    pub(super) fn push_joiner(&mut self, next: char) {
        let border = self.text.len();
        self.text.push(class::JOINER);
        self.text.push(next);
        let one = border > self.start && self.text[self.start..].graphemes(true).nth(1).is_none();
        self.text.truncate(border);
        if one && self.chars + 2 <= MAX_CLUSTER {
            self.text.push(class::JOINER);
            self.chars += 1;
            self.marks = 0;
        }
    }

    /// Adds the tag characters of a flag. Says no when the cluster has no room for them.
    pub(super) fn push_tags(&mut self, tags: &str) -> bool {
        let count = tags.chars().count();
        let room = self.chars + count <= MAX_CLUSTER;
        if room {
            self.text.push_str(tags);
            self.chars += count;
        }
        room
    }

    fn begin(&mut self, c: char) {
        self.start = self.text.len();
        self.text.push(c);
        self.chars = 1;
        self.marks = 0;
    }

    /// Whether `c`, already at the end of the text behind `border`, belongs to the last cluster.
    fn joins(&self, c: char, border: usize) -> bool {
        if border == self.start || (c.is_ascii() && self.text.as_bytes()[border - 1].is_ascii()) {
            return false;
        }
        self.text[self.start..].graphemes(true).nth(1).is_none()
    }
}

fn is_isolate(c: char) -> bool {
    matches!(c, '\u{2066}'..='\u{2069}')
}
