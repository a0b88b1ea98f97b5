//! What was typed before, to be brought back. Lives as long as the program; nothing of it is written to disk.

use std::collections::VecDeque;

/// The most texts kept; the oldest go first.
const KEPT: usize = 200;

/// What was typed before, and where in it the user is.
#[derive(Debug, Default)]
pub struct Recall {
    /// Oldest first.
    texts: VecDeque<String>,
    /// How many steps back from now; 0 is what is being typed.
    back: usize,
    /// What was being typed when the user began to go back.
    draft: String,
}

impl Recall {
    /// Keeps `text` as the newest and returns to now. Blank texts and repeats of the newest are not kept.
    pub fn keep(&mut self, text: &str) {
        self.back = 0;
        self.draft.clear();
        if text.trim().is_empty() || self.texts.back().is_some_and(|newest| newest == text) {
            return;
        }
        if self.texts.len() == KEPT {
            self.texts.pop_front();
        }
        self.texts.push_back(text.to_owned());
    }

    /// One step back, given what stands in the input box now. `None`: there is nothing older.
    pub fn older(&mut self, current: &str) -> Option<&str> {
        if self.back == self.texts.len() {
            return None;
        }
        if self.back == 0 {
            current.clone_into(&mut self.draft);
        }
        self.back += 1;
        self.shown()
    }

    /// One step towards now. `None`: this is now.
    pub fn newer(&mut self) -> Option<&str> {
        self.back = self.back.checked_sub(1)?;
        self.shown()
    }

    fn shown(&self) -> Option<&str> {
        if self.back == 0 {
            return Some(&self.draft);
        }
        self.texts.get(self.texts.len() - self.back).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_and_forth_returns_to_the_draft() {
        let mut recall = Recall::default();
        recall.keep("one");
        recall.keep("two");
        assert_eq!(recall.older("dra"), Some("two"));
        assert_eq!(recall.older("two"), Some("one"));
        assert_eq!(recall.older("one"), None);
        assert_eq!(recall.newer(), Some("two"));
        assert_eq!(recall.newer(), Some("dra"));
        assert_eq!(recall.newer(), None);
    }

    #[test]
    fn repeats_and_blanks_are_not_kept_and_the_number_is_bounded() {
        let mut recall = Recall::default();
        for text in ["a", "a", "  "] {
            recall.keep(text);
        }
        assert_eq!(recall.texts.len(), 1);
        for number in 0..KEPT * 2 {
            recall.keep(&number.to_string());
        }
        assert_eq!(recall.texts.len(), KEPT);
        assert_eq!(recall.older(""), Some("399"));
    }
}
