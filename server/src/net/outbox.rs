//! What waits to be written to one connection, bounded in bytes (what the writer took and is writing not counted).

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use tokio::sync::Notify;

/// The queue between the loop, which pushes, and one connection's writer, which takes all there is at once.
#[derive(Debug)]
pub struct Outbox {
    limit: usize,
    /// Locked for a push or a take, never across an await.
    queue: Mutex<Queue>,
    /// Whether the writer has been woken and has not come yet: it is woken once a burst, not once a line.
    woken: AtomicBool,
    writer: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    chunks: Vec<Bytes>,
    bytes: usize,
    end: Option<Ending>,
}

/// How an outbox ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// After what is queued has been written.
    Flush,
    /// At once: what was queued is gone.
    Overflow,
}

/// What the writer gets.
#[derive(Debug)]
pub(super) enum Take {
    /// Everything that was queued, in order. May be empty.
    Chunks(Vec<Bytes>),
    /// The same, and nothing will follow.
    Last(Vec<Bytes>),
    /// The bound was exceeded.
    Overflow,
}

impl Outbox {
    /// An empty outbox for at most `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Outbox { limit, queue: Mutex::default(), woken: AtomicBool::new(false), writer: Notify::new() }
    }

    /// Queues `bytes` without waking the writer: see [`Outbox::wake`]. What would go over the bound ends the outbox, and
    /// the connection with it; after an end nothing is taken any more.
    pub fn push(&self, bytes: Bytes) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.end.is_some() {
            return;
        }
        if queue.bytes + bytes.len() > self.limit {
            *queue = Queue { end: Some(Ending::Overflow), ..Queue::default() };
            return;
        }
        queue.bytes += bytes.len();
        queue.chunks.push(bytes);
    }

    /// Ends the outbox after what is queued. Wakes the writer.
    pub fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).end.get_or_insert(Ending::Flush);
        self.wake();
    }

    /// Wakes the writer, if it is not on its way already.
    pub fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.writer.notify_one();
        }
    }

    /// Waits to be woken and takes everything. Cancel-safe: nothing is taken before the wait is over.
    pub(super) async fn take(&self) -> Take {
        self.writer.notified().await;
        // Before the queue is looked at, so that whoever pushes after this look wakes us again.
        self.woken.store(false, Ordering::Release);
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.bytes = 0;
        let chunks = std::mem::take(&mut queue.chunks);
        match queue.end {
            None => Take::Chunks(chunks),
            Some(Ending::Flush) => Take::Last(chunks),
            Some(Ending::Overflow) => Take::Overflow,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_burst_is_taken_at_once_and_in_order() {
        let outbox = Outbox::new(100);
        for text in ["one", "two"] {
            outbox.push(Bytes::from_static(text.as_bytes()));
            outbox.wake();
        }
        let Take::Chunks(chunks) = outbox.take().await else { panic!() };
        assert_eq!(chunks.concat(), b"onetwo");
        outbox.push(Bytes::from_static(b"three"));
        outbox.close();
        outbox.push(Bytes::from_static(b"late"));
        let Take::Last(chunks) = outbox.take().await else { panic!() };
        assert_eq!(chunks.concat(), b"three");
    }

    #[tokio::test]
    async fn too_much_ends_it() {
        let outbox = Outbox::new(5);
        for text in ["12345", "6", "7"] {
            outbox.push(Bytes::from_static(text.as_bytes()));
        }
        outbox.close();
        assert!(matches!(outbox.take().await, Take::Overflow));
    }
}
