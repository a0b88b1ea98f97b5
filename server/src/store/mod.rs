//! What is kept: accounts, rooms, memberships and everything that was said.
//!
//! A [`Store`] takes the writes of one burst at a time and makes them durable as a whole or not at all, and it answers
//! questions about the history. It decides nothing about the chat: whatever the hub wrote is kept as it is. Two engines
//! exist: [`Sqlite`] for data that has to last and [`Memory`] for `--ephemeral`; the same stories in `contract.rs` hold
//! both to the same behaviour.

#[cfg(test)]
mod contract;
mod error;
mod memory;
mod searches;
mod span;
mod sqlite;
mod worker;

use std::sync::{Arc, atomic::AtomicBool};

pub use error::StoreError;
pub use memory::Memory;
pub use sqlite::{BackupError, Existing, Sqlite};
pub use worker::{ANSWERS_WAITING, Failed, StoreWorker};

use crate::hub::io::{Answer, Query, Record, Search, Snapshot, Write};

/// The most records that one [`Write::Forget`] looks at.
const FORGET_AT_ONCE: u32 = 2_000;

/// Milliseconds for which the stamps of messages are kept at least: a week.
const NONCES_KEPT_FOR: i64 = 7 * 24 * 3_600_000;
/// Those of so many of the newest records are kept whatever their time, since clocks jump.
const NONCES_KEPT: u64 = 10_000;

/// The most records that a search looks at: the newest ones, or the newest of those of which the index knows that they hold
/// the text.
const SEARCHED: u64 = 100_000;

/// How many places the index for searching goes on at once: so few that nobody notices who waits for it.
const INDEXED_AT_ONCE: u64 = 256;

/// The most bytes of one answer with records. It has to wait as a whole for who asked, who would be given up for reading too
/// slowly if it were larger than what may wait there; a page of ordinary messages takes a fifth of it.
const ANSWER_BYTES: usize = 512 * 1024;
/// What a line takes besides its text and the tags of its sender, at most: time, ids, names.
const LINE_BYTES: usize = 256;

/// Counts the bytes of the records of one answer.
#[derive(Debug, Default)]
struct Weight(usize);

impl Weight {
    /// Whether there is room for one more within `most` bytes. For the first there always is.
    fn takes(&mut self, record: &Record, most: usize) -> bool {
        let first = self.0 == 0;
        // Who gets several lines one by one gets all tags with each.
        let lines = 1 + record.text.bytes().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
        self.0 += lines * (LINE_BYTES + record.tags.len()) + record.text.len();
        first || self.0 <= most
    }
}

/// Whether a text holds `wanted`, which is in lower case. CR, which joins the parts of a long line, is not part of it.
fn says(text: &str, wanted: &str) -> bool {
    text.replace('\r', "").to_lowercase().contains(wanted)
}

/// An engine that keeps what the hub writes.
pub trait Store: std::marker::Send {
    /// Everything the hub has to know at the start.
    ///
    /// # Errors
    /// [`StoreError`] says what is wrong with what was kept.
    fn load(&self) -> Result<Snapshot, StoreError>;

    /// Makes `writes` durable, in their order, all or none of them.
    ///
    /// # Errors
    /// After one that [may pass](StoreError::may_pass) nothing was changed and the same writes may be tried again. Any other
    /// means that what is kept and what the hub believes may differ, so the server has to end.
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError>;

    /// Answers a question from what has been committed. A failure is an [`Answer::Failed`].
    fn query(&self, query: &Query) -> Answer;

    /// A second way to what is kept, for searches on a thread of their own while this one commits. It has to be dropped
    /// before the store. An engine that has no other way gives `None`.
    ///
    /// # Errors
    /// [`StoreError`] says why there is none.
    fn searcher(&self) -> Result<Option<Box<dyn Searcher>>, StoreError> {
        Ok(None)
    }

    /// How many places the index for searching is behind. What it does not know yet is looked at record by record, so it
    /// should not be many. An engine without an index is never behind.
    fn behind(&self) -> u64 {
        0
    }

    /// Lets the index for searching go on by at most 256 places: so few that nobody notices who waits for it.
    ///
    /// # Errors
    /// After any the index is as it was.
    fn catch_up(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Looks for what was said, beside a [`Store`].
pub trait Searcher: std::marker::Send {
    /// Answers as the store does to [`Query::Search`], from all that was committed when it is asked, or with
    /// [`Answer::TooLong`]. Ends soon after `stop` becomes true, then with [`Answer::Failed`].
    fn search(&mut self, search: Box<Search>, stop: &Arc<AtomicBool>) -> Answer;
}
