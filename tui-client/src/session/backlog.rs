//! How far the history of each place is known, and which questions about it are to be asked. Only what the server said
//! counts: our own unconfirmed lines are never the point from which to catch up, or the gap would never be filled.

use std::collections::{BTreeMap, VecDeque};

use klatch_protocol::{CaseMapping, Folded, UnixMs};

use super::{Place, speech::same_place};

/// Questions that may be open at a time.
const MOST_OPEN: usize = 4;
/// Questions that may wait.
const MOST_WAITING: usize = 2_000;
/// Places that are followed. Strangers can open conversations; what is over is shown but not caught up with.
const MOST_PLACES: usize = 2_000;
/// Milliseconds a question may stay without answer.
const PATIENCE: u64 = 30_000;

/// A message by which the server can find its place in a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Anchor {
    pub id: Option<String>,
    pub at: UnixMs,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// The newest there is.
    Latest(Place),
    /// What was said after the anchor; with `by_time`, found by its time because the server does not know its id.
    Missed { place: Place, after: Anchor, by_time: bool },
    /// What was said before.
    Before { place: Place, before: Anchor },
    /// Which conversations had something said since.
    Conversations(Conversations),
}

/// Which conversations are asked for: those that had something said after `since`, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Conversations {
    pub since: UnixMs,
    /// Only those whose newest message is older than this, where newer ones are told already.
    pub until: Option<UnixMs>,
    /// No more than these, over all answers.
    pub most: usize,
    /// The most of one answer.
    pub limit: usize,
}

impl Question {
    pub(super) fn place(&self) -> Option<&Place> {
        match self {
            Question::Latest(place) | Question::Missed { place, .. } | Question::Before { place, .. } => Some(place),
            Question::Conversations(_) => None,
        }
    }

    fn place_mut(&mut self) -> Option<&mut Place> {
        match self {
            Question::Latest(place) | Question::Missed { place, .. } | Question::Before { place, .. } => Some(place),
            Question::Conversations { .. } => None,
        }
    }
}

#[derive(Debug)]
struct Open {
    label: String,
    question: Question,
    deadline: u64,
}

/// What is known of one place.
#[derive(Debug, Clone)]
struct Known {
    place: Place,
    /// Everything up to here is known, and on this connection everything behind it.
    upto: Option<Anchor>,
    /// The newest line that came in while there is a gap before it.
    beyond: Option<Anchor>,
    /// Whether something may be missing behind `upto`.
    behind: bool,
    /// Whether what was said before `upto` was never looked at.
    unseen: bool,
}

impl Known {
    /// From here on something may be missing.
    fn lost(&mut self) {
        let beyond = self.beyond.take();
        // The newest page had not come, but lines had: they are on screen, so what follows is missing behind them. What came
        // before them can be fetched from there as well.
        if self.upto.is_none() {
            self.unseen = beyond.is_some();
            self.upto = beyond;
        }
        self.behind = self.upto.is_some();
    }
}

#[derive(Debug, Default)]
pub(super) struct Backlog {
    known: BTreeMap<Folded, Known>,
    waiting: VecDeque<Question>,
    open: Vec<Open>,
    /// Which names are the same.
    names: CaseMapping,
}

impl Backlog {
    /// We are in a room, or want to know a conversation: what has to be asked is put in line.
    pub(super) fn enter(&mut self, place: Place) {
        let Some(known) = self.entry(&place) else {
            return;
        };
        let question = match &known.upto {
            Some(after) if known.behind => Question::Missed { place, after: after.clone(), by_time: false },
            _ => Question::Latest(place),
        };
        self.ask(question);
    }

    /// A conversation in which something was said since then, of which nothing is known.
    pub(super) fn enter_since(&mut self, place: Place, since: UnixMs) {
        if let Some(known) = self.entry(&place)
            && known.upto.is_none()
        {
            known.upto = Some(Anchor { id: None, at: since });
            known.behind = true;
            self.enter(place);
        }
    }

    pub(super) fn ask(&mut self, question: Question) {
        let is_known = self.waiting.contains(&question) || self.open.iter().any(|open| open.question == question);
        if !is_known && self.waiting.len() < MOST_WAITING {
            self.waiting.push_back(question);
        }
    }

    /// As [`Backlog::ask`], before all others: the next page of what is being read.
    pub(super) fn ask_next(&mut self, question: Question) {
        self.waiting.push_front(question);
    }

    /// The next question to send, which is open from now on under the label that `label` makes.
    pub(super) fn next(&mut self, mono: u64, label: impl FnOnce() -> String) -> Option<(String, Question)> {
        if self.open.len() >= MOST_OPEN {
            return None;
        }
        let question = self.waiting.pop_front()?;
        let label = label();
        let deadline = mono.saturating_add(PATIENCE);
        self.open.push(Open { label: label.clone(), question: question.clone(), deadline });
        Some((label, question))
    }

    /// The open question that an answer with this label, or else about this place, belongs to.
    pub(super) fn answered(&mut self, label: Option<&str>, target: &str) -> Option<Question> {
        let by_label = label.and_then(|label| self.open.iter().position(|open| open.label == label));
        let names = self.names;
        let by_target = || {
            self.open.iter().position(|open| {
                let Some(Place::Room(name) | Place::Direct(name)) = open.question.place() else {
                    return false;
                };
                label.is_none() && names.same(name, target)
            })
        };
        by_label.or_else(by_target).map(|index| self.open.remove(index).question)
    }

    /// The open question about conversations.
    pub(super) fn conversations_answered(&mut self) -> Option<Question> {
        let found = self.open.iter().position(|open| matches!(open.question, Question::Conversations(_)))?;
        Some(self.open.remove(found).question)
    }

    /// The questions that got no answer in time.
    pub(super) fn overdue(&mut self, mono: u64) -> Vec<Question> {
        let (overdue, open) = std::mem::take(&mut self.open).into_iter().partition(|open| open.deadline <= mono);
        self.open = open;
        let overdue: Vec<Open> = overdue;
        overdue.into_iter().map(|open| open.question).collect()
    }

    /// When the first question is overdue.
    pub(super) fn deadline(&self) -> Option<u64> {
        self.open.iter().map(|open| open.deadline).min()
    }

    /// A line came in on the present connection. The echo of a `repeat` may be that of a message of long ago, so it tells
    /// nothing about how far the history is known.
    pub(super) fn heard(&mut self, place: &Place, id: Option<&str>, at: UnixMs, repeat: bool) {
        if matches!(place, Place::Server) {
            return;
        }
        // Before the newest page has come, nobody knows what was said before this.
        let asked = self.asks_latest(place);
        if let Some(known) = self.entry(place) {
            // Where nothing at all is known, there is nothing that it could set back.
            if repeat && (asked || known.upto.is_some()) {
                return;
            }
            let anchor = Some(Anchor { id: id.map(str::to_owned), at });
            if known.behind || asked {
                known.beyond = anchor;
            } else {
                known.upto = anchor;
            }
        }
    }

    /// A page of what was missed, or of the newest, ends at `upto`.
    pub(super) fn read_upto(&mut self, place: &Place, upto: Anchor) {
        if let Some(known) = self.entry(place)
            && known.upto.as_ref().is_none_or(|before| before.at <= upto.at)
        {
            known.upto = Some(upto);
        }
    }

    /// Nothing is missing any more, or nobody can tell what: from here on, what comes in is all there is.
    pub(super) fn current(&mut self, place: &Place) {
        if let Some(known) = self.entry(place) {
            (known.behind, known.unseen) = (false, false);
            if let Some(beyond) = known.beyond.take() {
                known.upto = Some(beyond);
            }
        }
    }

    /// Whether something may be missing there.
    pub(super) fn is_behind(&self, place: &Place) -> bool {
        self.key(place).and_then(|key| self.known.get(&key)).is_some_and(|known| known.behind)
    }

    /// Whether what was fetched begins at a line that came before anything else was known, so that what was said earlier
    /// has not been looked through.
    pub(super) fn is_unseen(&self, place: &Place) -> bool {
        self.key(place).and_then(|key| self.known.get(&key)).is_some_and(|known| known.unseen)
    }

    /// Whether the newest there is asked for and has not come. What is said meanwhile may be a repeat, whose echo is no
    /// news and tells nothing about how far the history is known.
    pub(super) fn asks_latest(&self, place: &Place) -> bool {
        let asked = self.open.iter().map(|open| &open.question).chain(&self.waiting);
        asked.filter(|question| matches!(question, Question::Latest(_))).any(|question| {
            question.place().and_then(|asked| self.key(asked)).is_some_and(|asked| Some(asked) == self.key(place))
        })
    }

    /// The conversations that are known.
    pub(super) fn conversations(&self) -> Vec<Place> {
        let places = self.known.values().map(|known| &known.place);
        places.filter(|place| matches!(place, Place::Direct(_))).cloned().collect()
    }

    /// The connection broke: from here on something may be missing everywhere.
    pub(super) fn lost(&mut self) {
        self.waiting.clear();
        self.open.clear();
        self.known.values_mut().for_each(Known::lost);
    }

    /// We left a room: what is said there meanwhile is missing when we come back.
    pub(super) fn leave(&mut self, room: &str) {
        let names = self.names;
        let of_room =
            |question: &Question| matches!(question.place(), Some(Place::Room(name)) if names.same(name, room));
        self.waiting.retain(|question| !of_room(question));
        self.open.retain(|open| !of_room(&open.question));
        if let Some(known) = self.known.get_mut(&names.fold(room)) {
            known.lost();
        }
    }

    /// A place has another name. What is asked about it is answered under the new one.
    pub(super) fn renamed(&mut self, old: &Place, new: &Place) {
        let (Some(from), Some(to)) = (self.key(old), self.key(new)) else {
            return;
        };
        if let Some(mut known) = self.known.remove(&from) {
            known.place = new.clone();
            self.known.insert(to, known);
        }
        let names = self.names;
        let open = self.open.iter_mut().map(|open| &mut open.question);
        for place in open.chain(&mut self.waiting).filter_map(Question::place_mut) {
            if same_place(names, place, old) {
                *place = new.clone();
            }
        }
    }

    fn entry(&mut self, place: &Place) -> Option<&mut Known> {
        let key = self.key(place)?;
        if self.known.len() >= MOST_PLACES && !self.known.contains_key(&key) {
            return None;
        }
        let fresh = || Known { place: place.clone(), upto: None, beyond: None, behind: false, unseen: false };
        Some(self.known.entry(key).or_insert_with(fresh))
    }

    /// Rooms and nicks never share a name: a room's begins with a character that no nick has.
    fn key(&self, place: &Place) -> Option<Folded> {
        match place {
            Place::Room(name) | Place::Direct(name) => Some(self.names.fold(name)),
            Place::Server => None,
        }
    }

    /// Names are compared otherwise from now on.
    pub(super) fn compare_names(&mut self, names: CaseMapping) {
        self.names = names;
        for (_, known) in std::mem::take(&mut self.known) {
            if let Some(key) = self.key(&known.place) {
                self.known.insert(key, known);
            }
        }
    }
}
