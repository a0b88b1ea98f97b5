//! Tab: completes the word before the cursor, and goes through the candidates when pressed again; of more than one there is a
//! list. With nothing typed it addresses whoever named us last.

use super::{chat::Chat, typing::replace_before};
use crate::{
    keymap::Keymap,
    model::{Body, Candidate},
    session::Now,
    ui::{completion::CompletionList, theme::Theme},
};

/// The words that can be typed in place of a key and begin like `typed`, but for those that are commands anyway.
fn words(keymap: &Keymap, typed: &str, commands: &[Candidate]) -> Vec<Candidate> {
    let mut words: Vec<Candidate> = Vec::new();
    for binding in keymap.bindings().filter(|binding| binding.typed.starts_with('/')) {
        let known = |one: &Candidate| one.insert.trim_end() == binding.typed;
        if binding.typed.starts_with(typed) && !commands.iter().chain(&words).any(known) {
            words.push(Candidate {
                insert: binding.typed.to_owned(),
                label: binding.typed.to_owned(),
                about: binding.help.to_owned(),
            });
        }
    }
    words
}

/// A completion under way.
#[derive(Debug)]
pub(super) struct Completing {
    candidates: Vec<Candidate>,
    /// Which of them stands in the text.
    at: usize,
}

impl Completing {
    /// The list of the candidates.
    pub(super) fn list(&self, theme: Theme) -> CompletionList<'_> {
        CompletionList { candidates: &self.candidates, chosen: self.at, theme }
    }
}

impl Chat {
    /// Completes, or goes `by` candidates further.
    pub(super) fn complete(&mut self, by: isize, keymap: &Keymap, now: Now) {
        match self.completing.take() {
            Some(completing) => self.next_candidate(completing, by),
            None => self.first_candidate(by, keymap, now),
        }
    }

    fn first_candidate(&mut self, by: isize, keymap: &Keymap, now: Now) {
        let before = self.input.before_cursor();
        let (word, candidates) = if self.input.is_empty() {
            (0, self.who_named_us())
        } else {
            let mut completion = self.model.complete(&before, before.len());
            if completion.range.start == 0 {
                completion.candidates.extend(words(keymap, &before, &completion.candidates));
            }
            // The range is one of `before`, on borders of characters.
            (before.get(completion.range).map_or(0, |word| word.chars().count()), completion.candidates)
        };
        let at = if by < 0 { candidates.len().saturating_sub(1) } else { 0 };
        let Some(candidate) = candidates.get(at) else {
            return self.notice("nothing to complete here", now);
        };
        replace_before(&mut self.input, word, &candidate.insert);
        if candidates.len() > 1 {
            self.completing = Some(Completing { candidates, at });
        }
    }

    fn next_candidate(&mut self, mut completing: Completing, by: isize) {
        let count = completing.candidates.len();
        // `at` is always one of the candidates, of which there are at least two.
        let old = completing.candidates[completing.at].insert.chars().count();
        completing.at = (completing.at + count).saturating_add_signed(by) % count;
        replace_before(&mut self.input, old, &completing.candidates[completing.at].insert);
        self.completing = Some(completing);
    }

    /// Those who named us in this room, the latest first, each once.
    fn who_named_us(&self) -> Vec<Candidate> {
        let mut nicks: Vec<&str> = Vec::new();
        for line in self.model.active().history.iter().rev() {
            if let Body::Said { nick, mention: true, mine: false, .. } = &line.body
                && !nicks.contains(&nick.as_str())
            {
                nicks.push(nick);
            }
        }
        let candidate =
            |nick: &&str| Candidate { insert: format!("{nick}: "), label: (*nick).to_owned(), about: String::new() };
        nicks.iter().map(candidate).collect()
    }
}
