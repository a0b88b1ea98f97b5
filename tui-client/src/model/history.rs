//! What was said in a room: ordered as the server ordered it, no message twice, gaps marked, and never more than
//! [`History::MOST`] lines.

use std::collections::{HashMap, HashSet, VecDeque};

use klatch_protocol::{CaseMapping, UnixMs};

use super::{Body, Line, LineKey};

/// What was said in a room, oldest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    lines: VecDeque<Line>,
    /// Which line each message id belongs to: no message is here twice.
    ids: HashMap<String, LineKey>,
    /// Messages of ours from before everything that was fetched, which the server told of because they were sent again: what
    /// stands between them and the rest is not known.
    strays: HashSet<LineKey>,
    /// The gap that pages were read into last, and the last line of those pages: the next page of that gap follows it.
    filled: Option<(LineKey, LineKey)>,
    /// Counts every change, so that caches know when they are stale.
    revision: u64,
    /// What there is before the oldest line here.
    pub older: Older,
}

/// What there is before the oldest line of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Older {
    /// Perhaps more, which can be fetched.
    #[default]
    Unfetched,
    /// More, which is being fetched.
    Fetching,
    /// Nothing: the oldest line here is the oldest there is.
    Nothing,
    /// Nobody can tell: the server keeps no history.
    NotKept,
}

impl History {
    /// The most lines kept. When more come, the oldest go; they can be fetched again.
    pub const MOST: usize = 20_000;

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Line number `index`, counted from the oldest.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Line> {
        self.lines.get(index)
    }

    /// All lines, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Line> + ExactSizeIterator {
        self.lines.iter()
    }

    /// Where the line called `key` stands.
    #[must_use]
    pub fn index_of(&self, key: LineKey) -> Option<usize> {
        self.lines.iter().rposition(|line| line.key == key)
    }

    /// Whether anything of the server's stands before the line called `key`.
    #[must_use]
    pub fn is_known_before(&self, key: LineKey) -> bool {
        self.lines.iter().take_while(|line| line.key != key).any(|line| line.id.is_some())
    }

    /// From here on something may be said that does not come by itself. Where nothing had been said at all, that is older than
    /// whatever comes next.
    pub fn expect_more(&mut self) {
        if self.older == Older::Nothing && self.oldest().is_none_or(|(id, _)| id.is_none()) {
            self.older = Older::Unfetched;
        }
    }

    /// A number that is different after every change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The oldest line that the server knows too: its message id, where it has one, and its time. Older lines are
    /// fetched from there.
    #[must_use]
    pub fn oldest(&self) -> Option<(Option<&str>, UnixMs)> {
        let with_id = self.lines.iter().find(|line| self.is_fetched(line));
        let line = with_id.or_else(|| self.lines.iter().find(|line| matches!(line.body, Body::Said { .. })))?;
        Some((line.id.as_deref(), line.at))
    }

    /// Whether a line belongs to the server's history, without gap to what follows it.
    fn is_fetched(&self, line: &Line) -> bool {
        line.id.is_some() && !self.strays.contains(&line.key)
    }

    /// Whether it makes sense to fetch older lines now.
    #[must_use]
    pub fn can_grow(&self) -> bool {
        self.older == Older::Unfetched && self.lines.len() < Self::MOST
    }

    /// Puts a line where its time belongs: behind all that are not newer. Says whether it is new; a message that is
    /// here already changes nothing.
    pub fn insert(&mut self, line: Line) -> bool {
        if !self.note_id(&line) {
            return false;
        }
        let newest = match line.id {
            Some(_) => self.lines.iter().rfind(|other| other.id.is_some()),
            None => self.lines.back(),
        };
        // Almost always the end: then there is nothing to search.
        let at = match newest {
            Some(newest) if newest.at > line.at => self.behind(&line, |other| other.at <= line.at),
            _ => self.lines.len(),
        };
        self.lines.insert(at, line);
        self.revision += 1;
        self.trim();
        true
    }

    /// Puts a line at the end, whatever its time; a time before the last line's is brought up to it.
    pub fn append(&mut self, mut line: Line) {
        if let Some(last) = self.lines.back() {
            line.at = line.at.max(last.at);
        }
        self.insert(line);
    }

    /// Puts a line before all others, whatever its time; a time after the first line's is brought down to it.
    pub fn prepend(&mut self, mut line: Line) {
        if self.note_id(&line) {
            if let Some(first) = self.lines.front() {
                line.at = line.at.min(first.at);
            }
            self.lines.push_front(line);
            self.revision += 1;
        }
    }

    /// Puts a page of earlier lines, oldest first, where it belongs, and says which of them were new. Lines known already,
    /// or standing twice in the page, are not doubled; they tell where their neighbours stand. With `gap`, the page begins
    /// where that line is and follows the last page of that gap, and the gap moves behind it.
    pub fn merge(&mut self, page: Vec<Line>, gap: Option<LineKey>) -> HashSet<LineKey> {
        let follows = self.filled.filter(|(filled, _)| Some(*filled) == gap);
        let (mut before, mut new) = (follows.map(|(_, last)| last), HashSet::new());
        for line in page {
            let known = line.id.as_ref().and_then(|id| self.ids.get(id)).copied();
            let key = known.unwrap_or(line.key);
            self.strays.remove(&key);
            match known {
                Some(known) => self.put_right(known, before, gap),
                None => {
                    new.insert(key);
                    self.merge_one(line, before, gap);
                }
            }
            before = Some(key);
        }
        self.filled = gap.zip(before).or(self.filled);
        self.revision += 1;
        self.trim();
        new
    }

    /// Of a page that ends before the oldest line, what is here already belongs before that line as well: of equal times, an
    /// echo of what was sent again was put behind all that was known then.
    pub fn bring_before_oldest(&mut self, page: &[Line]) {
        let Some(oldest) = self.lines.iter().find(|line| self.is_fetched(line)) else { return };
        let (oldest, at) = (oldest.key, oldest.at);
        for known in page.iter().filter_map(|line| self.ids.get(line.id.as_ref()?)) {
            // A later time comes from a page that was asked for before the oldest line was here.
            if let (Some(earlier), Some(later)) = (self.index_of(oldest), self.index_of(*known))
                && earlier < later
                && self.lines.get(later).is_some_and(|line| line.at == at)
                && let Some(line) = self.lines.remove(later)
            {
                self.lines.insert(earlier, line);
            }
        }
    }

    /// A line of a page that is here already: it belongs behind the page's line `before` it, and what is still missing
    /// behind it.
    fn put_right(&mut self, known: LineKey, before: Option<LineKey>, gap: Option<LineKey>) {
        for (earlier, later) in [(before, Some(known)), (Some(known), gap)] {
            let indices = earlier.zip(later).map(|(earlier, later)| (self.index_of(earlier), self.index_of(later)));
            if let Some((Some(earlier), Some(later))) = indices
                && later < earlier
                && let Some(line) = self.lines.remove(later)
            {
                self.lines.insert(earlier, line);
            }
        }
    }

    fn merge_one(&mut self, line: Line, before: Option<LineKey>, gap: Option<LineKey>) {
        self.note_id(&line);
        let behind = before.and_then(|key| self.index_of(key)).map_or(0, |index| index + 1);
        let at = match gap.and_then(|key| self.index_of(key)) {
            // Before the gap closes, everything on this side of it is older than everything behind it.
            Some(gap) if behind <= gap => {
                self.lines[gap].at = self.lines[gap].at.max(line.at);
                gap
            }
            _ => self.behind(&line, |other| other.at < line.at).max(behind),
        };
        self.lines.insert(at, line);
    }

    /// The line of a message.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Line> {
        let key = *self.ids.get(id)?;
        self.get(self.index_of(key)?)
    }

    /// Changes what the line called `key` shows.
    pub fn update(&mut self, key: LineKey, change: impl FnOnce(&mut Body)) {
        if let Some(index) = self.index_of(key) {
            change(&mut self.lines[index].body);
            self.revision += 1;
        }
    }

    /// The display name of somebody became known after they had spoken: their newest lines get it, as far as they have
    /// none.
    pub fn introduce(&mut self, names: CaseMapping, speaker: &str, name: &str) {
        /// Names come within moments; further back than this nobody waits for them.
        const REACH: usize = 500;
        for line in self.lines.iter_mut().rev().take(REACH) {
            if let Body::Said { nick, display: display @ None, .. } = &mut line.body
                && names.same(nick, speaker)
            {
                *display = Some(name.to_owned());
                self.revision += 1;
            }
        }
    }

    /// A message of ours is on the server: it gets the server's id and time, and the place that belongs to them.
    pub fn confirm(&mut self, key: LineKey, id: Option<String>, at: UnixMs, change: impl FnOnce(&mut Body)) {
        let Some(mut line) = self.remove(key) else {
            return;
        };
        line.id = id;
        line.at = at;
        change(&mut line.body);
        if !self.insert(line) || self.older == Older::Nothing {
            return;
        }
        // What is fetched comes after it: then it was sent again, and says nothing about what lies between.
        let fetched = |line: &&Line| line.key == key || self.is_fetched(line);
        let mut first = self.lines.iter().filter(fetched);
        if first.next().is_some_and(|line| line.key == key && line.id.is_some()) && first.next().is_some() {
            self.strays.insert(key);
        }
    }

    /// Takes the line called `key` out.
    pub fn remove(&mut self, key: LineKey) -> Option<Line> {
        let line = self.lines.remove(self.index_of(key)?)?;
        if let Some(id) = &line.id {
            self.ids.remove(id);
        }
        self.strays.remove(&key);
        self.revision += 1;
        Some(line)
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.ids.clear();
        self.strays.clear();
        self.forget_beginning();
        self.revision += 1;
    }

    /// The place behind the last line that is `earlier`. Among the server's messages only their own times count: what else
    /// is here may have its time from our clock, which may be wrong.
    fn behind(&self, line: &Line, earlier: impl Fn(&Line) -> bool) -> usize {
        let counts = |other: &Line| other.id.is_some() || line.id.is_none();
        let last = self.lines.iter().rposition(|other| counts(other) && earlier(other));
        let from = last.map_or(0, |last| last + 1);
        from + self.lines.range(from..).take_while(|other| other.id.is_none() && earlier(other)).count()
    }

    /// Remembers a line's id; `false` when a line with it is here already.
    fn note_id(&mut self, line: &Line) -> bool {
        let Some(id) = &line.id else {
            return true;
        };
        if self.ids.contains_key(id) {
            return false;
        }
        self.ids.insert(id.clone(), line.key);
        true
    }

    fn trim(&mut self) {
        while self.lines.len() > Self::MOST {
            if let Some(line) = self.lines.pop_front() {
                self.strays.remove(&line.key);
                line.id.and_then(|id| self.ids.remove(&id));
            }
            self.forget_beginning();
        }
    }

    /// The oldest lines are not here any more.
    fn forget_beginning(&mut self) {
        if self.older == Older::Nothing {
            self.older = Older::Unfetched;
        }
    }
}
