//! What waits to be written to one connection, bounded in bytes. What the writer took counts until it comes for more.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

/// How many times as long as what may wait the answer to one command may be.
const LONG: usize = 4;
/// The most bytes that wait for who has not logged in: more than all that is said to them before, so only who asks again
/// and again and does not read gets there.
const STRANGER: usize = 128 * 1024;

/// The queue between the loop, which pushes once a burst, and one connection's writer, which takes all there is at once.
#[derive(Debug)]
pub struct Outbox {
    limit: usize,
    /// Locked for a push or a take, never across an await.
    queue: Mutex<Queue>,
    writer: Notify,
    /// Told once, when the outbox ends: a writer in the middle of a write has to hear of that, too.
    ending: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    /// Whether all of the limit counts.
    settled: bool,
    chunks: Vec<Bytes>,
    bytes: usize,
    /// The bytes that the writer took last, and is writing.
    taken: usize,
    /// The bytes among each of these of a long answer, which may be there besides what may wait.
    long: usize,
    long_taken: usize,
    end: Option<Ending>,
}

/// How an outbox ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
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
    /// An empty outbox for at most `limit` bytes, and 128 KiB as long as nobody has logged in ([`Outbox::settle`]).
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Outbox { limit, queue: Mutex::default(), writer: Notify::new(), ending: Notify::new() }
    }

    /// The connection logged in, and may leave as much unread as anybody.
    pub fn settle(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).settled = true;
    }

    /// Queues `chunks` and wakes the writer. What goes over the bound ends the outbox, and the connection with it; after
    /// an end nothing is taken any more. One burst at a time may be up to four times as long as what may wait, and does not
    /// count among that.
    pub fn push(&self, mut chunks: Vec<Bytes>) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.end.is_some() {
            return;
        }
        let more = chunks.iter().map(Bytes::len).sum::<usize>();
        queue.bytes += more;
        let limit = if queue.settled { self.limit } else { self.limit.min(STRANGER) };
        // Some answers are longer than what may wait, as a list of everything there is, however well they are read.
        let is_long = queue.settled && more > limit && more.div_ceil(LONG) <= limit;
        if is_long && queue.long + queue.long_taken == 0 {
            queue.long = more;
        }
        if queue.bytes + queue.taken - queue.long - queue.long_taken > limit {
            *queue = Queue { end: Some(Ending::Overflow), ..Queue::default() };
            self.ending.notify_one();
        } else if queue.chunks.is_empty() {
            queue.chunks = chunks;
        } else {
            queue.chunks.append(&mut chunks);
        }
        drop(queue);
        self.writer.notify_one();
    }

    /// Ends the outbox after what is queued.
    pub fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).end.get_or_insert(Ending::Flush);
        self.writer.notify_one();
        self.ending.notify_one();
    }

    /// Waits for the end. Cancel-safe, but tells only one waiter.
    pub(super) async fn ended(&self) -> Ending {
        loop {
            self.ending.notified().await;
            if let Some(end) = self.queue.lock().unwrap_or_else(PoisonError::into_inner).end {
                return end;
            }
        }
    }

    /// Waits for something to do and takes everything. What was taken before has been written. Cancel-safe: nothing is
    /// taken before the wait is over.
    pub(super) async fn take(&self) -> Take {
        {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            (queue.taken, queue.long_taken) = (0, 0);
        }
        self.writer.notified().await;
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.taken = std::mem::take(&mut queue.bytes);
        queue.long_taken = std::mem::take(&mut queue.long);
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
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn chunks(texts: &[&'static str]) -> Vec<Bytes> {
        texts.iter().map(|text| Bytes::from_static(text.as_bytes())).collect()
    }

    #[tokio::test]
    async fn what_gathered_is_taken_at_once_and_in_order() {
        let outbox = Outbox::new(100);
        outbox.push(chunks(&["one", "two"]));
        outbox.push(chunks(&["three"]));
        let Take::Chunks(taken) = outbox.take().await else { panic!() };
        assert_eq!(taken.concat(), b"onetwothree");
        outbox.push(chunks(&["four"]));
        outbox.close();
        outbox.push(chunks(&["late"]));
        let Take::Last(taken) = outbox.take().await else { panic!() };
        assert_eq!(taken.concat(), b"four");
    }

    #[tokio::test]
    async fn what_is_being_written_counts_until_it_is() {
        let outbox = Outbox::new(5);
        outbox.push(chunks(&["1234"]));
        outbox.take().await;
        outbox.push(chunks(&["5"]));
        // It comes for more, so it has written the first.
        assert!(matches!(outbox.take().await, Take::Chunks(taken) if taken.concat() == b"5"));
        outbox.push(chunks(&["6789"]));
        outbox.push(chunks(&["0"]));
        assert!(matches!(outbox.take().await, Take::Overflow));
    }

    #[tokio::test]
    async fn who_reads_well_gets_an_answer_that_is_longer_than_what_may_wait() {
        let (outbox, long) = (Outbox::new(5), chunks(&["1234567890", "1234567890"]));
        outbox.settle();
        for _ in 0..2 {
            outbox.push(chunks(&["12"]));
            outbox.push(long.clone());
            let Take::Chunks(taken) = outbox.take().await else { panic!() };
            assert_eq!(taken.concat(), b"1212345678901234567890");
            // While it is written as much may wait as ever.
            outbox.push(chunks(&["345"]));
            let Take::Chunks(taken) = outbox.take().await else { panic!() };
            assert_eq!(taken.concat(), b"345");
            // That was written when it comes for more.
            assert!(timeout(Duration::ZERO, outbox.take()).await.is_err());
        }
        outbox.push(long.clone());
        outbox.push(chunks(&["123456"]));
        assert!(matches!(outbox.take().await, Take::Overflow), "one at a time");
        let outbox = Outbox::new(5);
        outbox.settle();
        outbox.push([long, chunks(&["1"])].concat());
        assert!(matches!(outbox.take().await, Take::Overflow), "and four times as much at most");
    }

    #[tokio::test]
    async fn who_has_not_logged_in_may_leave_less_unread() {
        let most = || vec![Bytes::from(vec![b'x'; STRANGER])];
        for (settled, kept) in [(false, false), (true, true)] {
            let outbox = Outbox::new(2 * STRANGER);
            outbox.push(most());
            if settled {
                outbox.settle();
            }
            outbox.push(most());
            assert_eq!(matches!(outbox.take().await, Take::Chunks(_)), kept);
        }
    }

    #[tokio::test]
    async fn too_much_ends_it() {
        let outbox = Outbox::new(5);
        outbox.push(chunks(&["12345"]));
        outbox.push(chunks(&["6"]));
        outbox.push(chunks(&["7"]));
        outbox.close();
        assert!(matches!(outbox.take().await, Take::Overflow));
    }
}
