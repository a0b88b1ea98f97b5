//! Lines that belong together (ircv3.net "Batches"): kept until their batch ends, then handed on as one, nested ones
//! within their parents. Bounded in number and size, since strangers' servers decide about both.

use std::collections::HashMap;

/// The most batches open at a time. One that is opened beyond that is not gathered; its lines count one by one.
const MOST_OPEN: usize = 64;
/// The most lines and batches within one batch; what is over is dropped.
const MOST_ITEMS: usize = 10_000;
/// The most bytes of lines in all batches that are open; what is over is dropped. A page of two hundred lines with all
/// their tags takes less than a tenth of it.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// A batch that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Batch {
    /// Its type.
    pub kind: String,
    /// The parameters behind the type.
    pub params: Vec<String>,
    /// The label of the request it answers.
    pub label: Option<String>,
    /// What is in it, in order.
    pub items: Vec<Item>,
    /// The bytes of all lines in it and in the batches within.
    pub bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// A line, not looked at yet.
    Line(String),
    /// A batch within.
    Batch(Batch),
}

/// Milliseconds a batch may take from its beginning to its end. After that what it holds counts without its end, so that
/// nothing is kept back for ever; what still comes in it counts line by line.
const PATIENCE: u64 = 30_000;

/// The batches open now.
#[derive(Debug, Default)]
pub(super) struct Batches {
    open: HashMap<String, Open>,
    /// The bytes of all lines in them.
    bytes: usize,
}

#[derive(Debug)]
struct Open {
    /// The batch it stands in.
    parent: Option<String>,
    /// Until when it has to end.
    until: u64,
    batch: Batch,
}

impl Batches {
    /// A batch begins at `mono`, within `parent` if that is open.
    pub(super) fn begin(&mut self, mono: u64, reference: &str, parent: Option<&str>, batch: Batch) {
        if self.open.len() < MOST_OPEN && !self.open.contains_key(reference) {
            let open = Open { parent: parent.map(str::to_owned), until: mono.saturating_add(PATIENCE), batch };
            self.open.insert(reference.to_owned(), open);
        }
    }

    /// Keeps a line if its batch is open; otherwise it counts by itself.
    pub(super) fn keep(&mut self, reference: &str, line: &str) -> bool {
        let Some(Open { batch, .. }) = self.open.get_mut(reference) else {
            return false;
        };
        if batch.items.len() < MOST_ITEMS && self.bytes + line.len() <= MOST_BYTES {
            batch.items.push(Item::Line(line.to_owned()));
            batch.bytes += line.len();
            self.bytes += line.len();
        }
        true
    }

    /// A batch ends. Returned is one that stands in no other; one that does goes into its parent.
    pub(super) fn end(&mut self, reference: &str) -> Option<Batch> {
        let Open { parent, batch, .. } = self.open.remove(reference)?;
        let Some(outer) = parent.and_then(|parent| self.open.get_mut(&parent)) else {
            self.bytes -= batch.bytes;
            return Some(batch);
        };
        if outer.batch.items.len() < MOST_ITEMS {
            outer.batch.bytes += batch.bytes;
            outer.batch.items.push(Item::Batch(batch));
        } else {
            self.bytes -= batch.bytes;
        }
        None
    }

    /// Ends the batches whose time is over, in the order in which they began.
    pub(super) fn overdue(&mut self, mono: u64) -> Vec<Batch> {
        let mut over: Vec<(String, Open)> = self.open.extract_if(|_, open| open.until <= mono).collect();
        over.sort_by(|(one, first), (two, second)| (first.until, one).cmp(&(second.until, two)));
        self.bytes -= over.iter().map(|(_, open)| open.batch.bytes).sum::<usize>();
        over.into_iter().map(|(_, open)| open.batch).collect()
    }

    /// When the first of them is overdue.
    pub(super) fn deadline(&self) -> Option<u64> {
        self.open.values().map(|open| open.until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(kind: &str) -> Batch {
        Batch { kind: kind.into(), ..Batch::default() }
    }

    #[test]
    fn nested_batches_end_within_their_parents() {
        let mut batches = Batches::default();
        batches.begin(0, "a", None, batch("outer"));
        assert!(batches.keep("a", "one"));
        batches.begin(0, "b", Some("a"), batch("inner"));
        assert!(batches.keep("b", "two"));
        assert_eq!(batches.end("b"), None);
        assert!(batches.keep("a", "three"));
        let done = batches.end("a").unwrap();
        let inner = Batch { items: vec![Item::Line("two".into())], bytes: 3, ..batch("inner") };
        assert_eq!(done.items, [Item::Line("one".into()), Item::Batch(inner), Item::Line("three".into())]);
        assert!(!batches.keep("a", "four"));
        assert_eq!(batches.end("a"), None);
    }

    #[test]
    fn what_is_kept_is_bounded_in_bytes() {
        let mut batches = Batches::default();
        let line = "x".repeat(16 * 1024);
        for reference in ["a", "b", "c", "d"] {
            batches.begin(0, reference, Some("a"), batch("x"));
            (0..MOST_ITEMS).for_each(|_| assert!(batches.keep(reference, &line)));
        }
        assert_eq!(batches.bytes, MOST_BYTES);
        assert_eq!(batches.end("b"), None);
        let done = batches.end("a").unwrap();
        assert_eq!((done.bytes, batches.bytes), (MOST_BYTES, 0));
        assert!(batches.keep("c", &line), "what has ended makes room");
        assert_eq!(batches.overdue(PATIENCE).len(), 2);
        assert_eq!(batches.bytes, 0);
    }

    #[test]
    fn what_is_opened_is_bounded() {
        let mut batches = Batches::default();
        for number in 0..1_000 {
            batches.begin(0, &number.to_string(), Some("0"), batch("x"));
        }
        assert_eq!(batches.open.len(), MOST_OPEN);
        batches.begin(0, "self", Some("self"), batch("x"));
        assert_eq!(batches.end("self"), None);
    }

    #[test]
    fn a_batch_without_an_end_is_ended() {
        let mut batches = Batches::default();
        assert_eq!(batches.deadline(), None);
        batches.begin(5, "b", None, batch("first"));
        batches.begin(7, "a", Some("b"), batch("second"));
        assert_eq!(batches.deadline(), Some(5 + PATIENCE));
        assert_eq!(batches.overdue(4 + PATIENCE), []);
        assert_eq!(batches.overdue(5 + PATIENCE), [batch("first")]);
        assert!(!batches.keep("b", "late"));
        assert_eq!(batches.end("a"), Some(batch("second")), "it stands in no other any more");
        assert_eq!(batches.deadline(), None);
    }
}
