//! The thread that searches, beside the one that owns the store: a search may take long, and neither commits nor pages wait
//! for it. Searches are done one after the other; each sees every commit that ended before it was asked for.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use tokio::sync::mpsc;

use super::Searcher;
use crate::hub::io::{Answer, Input, Search, Ticket};

/// The thread and what waits for it. Dropping it ends the thread as well, without waiting for that.
#[derive(Debug)]
pub(super) struct Searches {
    desk: Open,
    thread: JoinHandle<()>,
}

/// A desk that closes when it is dropped.
#[derive(Debug)]
struct Open(Arc<Desk>);

/// What the thread shares with those who ask.
#[derive(Debug, Default)]
struct Desk {
    /// Locked for a few instructions.
    waiting: Mutex<Waiting>,
    /// Rung when there is something to do.
    bell: Condvar,
    /// Whether the search that is being done is of no use to anybody any more.
    stop: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Waiting {
    queue: VecDeque<(Ticket, Box<Search>)>,
    running: Option<Ticket>,
    ending: bool,
}

impl Searches {
    /// Starts the thread. Each search's [`Input::Answer`] goes to `answers`, which has to have room for all that are taken.
    ///
    /// # Errors
    /// The system's, when it has no thread left.
    pub(super) fn start(searcher: Box<dyn Searcher>, answers: mpsc::Sender<Input>) -> std::io::Result<Self> {
        let desk = Open(Arc::default());
        let shared = desk.0.clone();
        let thread =
            std::thread::Builder::new().name("searches".into()).spawn(move || work(&shared, searcher, &answers))?;
        Ok(Searches { desk, thread })
    }

    /// Takes a search.
    ///
    /// # Errors
    /// The answer, when it cannot be taken.
    pub(super) fn take(&self, ticket: Ticket, search: Box<Search>) -> Result<(), Answer> {
        if self.thread.is_finished() {
            return Err(Answer::Failed("the thread that searches has stopped".into()));
        }
        self.desk.0.lock().queue.push_back((ticket, search));
        self.desk.0.bell.notify_one();
        Ok(())
    }

    /// Nobody waits for this search any more. One that is being done is broken off and answered; whether it had not begun,
    /// and will not be answered.
    pub(super) fn give_up(&self, ticket: Ticket) -> bool {
        let mut waiting = self.desk.0.lock();
        if waiting.running == Some(ticket) {
            self.desk.0.stop.store(true, Ordering::Relaxed);
        }
        let before = waiting.queue.len();
        waiting.queue.retain(|(waiting, _)| *waiting != ticket);
        waiting.queue.len() < before
    }

    /// Breaks off what is being done, and ends the thread. What waits is not answered. Whether the thread ended well.
    pub(super) fn end(self) -> bool {
        drop(self.desk);
        self.thread.join().is_ok()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.lock().ending = true;
        self.0.stop.store(true, Ordering::Relaxed);
        self.0.bell.notify_one();
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next search, once there is one; `None` at the end.
    fn next(&self) -> Option<(Ticket, Box<Search>)> {
        let mut waiting = self.lock();
        waiting.running = None;
        loop {
            if waiting.ending {
                return None;
            }
            if let Some((ticket, search)) = waiting.queue.pop_front() {
                waiting.running = Some(ticket);
                self.stop.store(false, Ordering::Relaxed);
                return Some((ticket, search));
            }
            waiting = self.bell.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn work(desk: &Desk, mut searcher: Box<dyn Searcher>, answers: &mpsc::Sender<Input>) {
    while let Some((ticket, search)) = desk.next() {
        let answer = searcher.search(search, &desk.stop);
        // There is room for every search that was taken; a closed channel means that the server is ending.
        let _ = answers.try_send(Input::Answer { ticket, answer });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;
    use crate::hub::io::{AccountId, Place, Scope};

    /// Says when it begins, and goes on when it may or has to.
    struct Slow(SyncSender<()>, Receiver<()>);

    impl Searcher for Slow {
        fn search(&mut self, _: Box<Search>, stop: &Arc<AtomicBool>) -> Answer {
            self.0.send(()).unwrap();
            while !stop.load(Ordering::Relaxed) {
                if self.1.try_recv().is_ok() {
                    return Answer::History(Vec::new());
                }
                std::thread::yield_now();
            }
            Answer::Failed("broken off".into())
        }
    }

    fn search() -> Box<Search> {
        let scope = Scope::Place(Place::direct(AccountId(1), AccountId(1)));
        Box::new(Search { scope, from: None, after: None, before: None, text: None, limit: 1 })
    }

    /// Three searches, of which the first one has begun; and the other ends of all channels.
    fn three() -> (Searches, Receiver<()>, SyncSender<()>, mpsc::Receiver<Input>) {
        let (answers, answered) = mpsc::channel(8);
        let ((begins, begun), (goes, go)) = (sync_channel(8), sync_channel(8));
        let searches = Searches::start(Box::new(Slow(begins, go)), answers).unwrap();
        for ticket in 1..=3 {
            searches.take(Ticket(ticket), search()).unwrap();
        }
        begun.recv().unwrap();
        (searches, begun, goes, answered)
    }

    #[test]
    fn what_nobody_waits_for_is_broken_off_or_not_begun() {
        let (searches, begun, go, mut answered) = three();
        assert!(searches.give_up(Ticket(2)), "it had not begun");
        assert!(!searches.give_up(Ticket(1)), "it is answered anyway");
        begun.recv().unwrap();
        go.send(()).unwrap();
        let mut next = || answered.blocking_recv();
        assert!(matches!(next(), Some(Input::Answer { ticket: Ticket(1), answer: Answer::Failed(_) })));
        assert!(matches!(next(), Some(Input::Answer { ticket: Ticket(3), answer: Answer::History(_) })));
        assert!(searches.end());
        assert!(answered.blocking_recv().is_none());
    }

    #[test]
    fn the_end_waits_for_no_search() {
        let (searches, _begun, _go, mut answered) = three();
        assert!(searches.end());
        assert!(matches!(answered.blocking_recv(), Some(Input::Answer { answer: Answer::Failed(_), .. })));
        assert!(answered.blocking_recv().is_none());
    }
}
