//! The thread that searches, beside the one that owns the store: a search may take long, and neither commits nor pages wait
//! for it. Searches are done one after the other, and those who ask take turns, so nobody waits for more than one search of
//! each. A search sees every commit that ended before it was asked for.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use super::Searcher;
use crate::{
    hub::io::{Answer, Asker, Input, Search, Ticket},
    lanes::Lanes,
};

/// The most searches of one asker, the one that is being done among them.
const EACH: usize = 4;
/// The most that wait.
const ALL: usize = 256;
/// How long nobody searches after each search. SQLite begins its log anew only when nobody reads in it, and a log in which
/// somebody reads all the time would grow without end while people talk.
const REST: Duration = Duration::from_millis(30);

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
    lanes: Lanes<Asker, (Ticket, Box<Search>)>,
    /// How many are in the lanes.
    count: usize,
    running: Option<(Asker, Ticket)>,
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
    /// The answer, when it cannot be taken: [`Answer::Busy`] for too many.
    pub(super) fn take(&self, ticket: Ticket, by: Asker, search: Box<Search>) -> Result<(), Answer> {
        if self.thread.is_finished() {
            return Err(Answer::Failed("the thread that searches has stopped".into()));
        }
        let mut waiting = self.desk.0.lock();
        if waiting.count >= ALL || waiting.of(by) >= EACH {
            return Err(Answer::Busy);
        }
        waiting.lanes.push(by, (ticket, search));
        waiting.count += 1;
        drop(waiting);
        self.desk.0.bell.notify_one();
        Ok(())
    }

    /// Nobody waits for this search any more. One that is being done is broken off and answered; whether it had not begun,
    /// and will not be answered.
    pub(super) fn give_up(&self, ticket: Ticket) -> bool {
        let mut waiting = self.desk.0.lock();
        if waiting.running.is_some_and(|(_, running)| running == ticket) {
            self.desk.0.stop.store(true, Ordering::Relaxed);
        }
        let removed = waiting.lanes.remove(|(waiting, _)| *waiting == ticket).is_some();
        waiting.count -= usize::from(removed);
        removed
    }

    /// Breaks off what is being done, and ends the thread. What waits is not answered. Whether the thread ended well.
    pub(super) fn end(self) -> bool {
        drop(self.desk);
        self.thread.join().is_ok()
    }
}

impl Waiting {
    /// How many searches of somebody are not answered yet.
    fn of(&self, by: Asker) -> usize {
        self.lanes.waiting(by) + usize::from(self.running.is_some_and(|(running, _)| running == by))
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

    /// The next search, once there is one and it is time for it; `None` at the end.
    fn next(&self, from: Instant) -> Option<(Ticket, Box<Search>)> {
        let mut waiting = self.lock();
        while let Some(rest) = from.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero())
            && !waiting.ending
        {
            waiting = self.bell.wait_timeout(waiting, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
        loop {
            if waiting.ending {
                return None;
            }
            if let Some((by, (ticket, search))) = waiting.lanes.pop() {
                waiting.running = Some((by, ticket));
                waiting.count -= 1;
                self.stop.store(false, Ordering::Relaxed);
                return Some((ticket, search));
            }
            waiting = self.bell.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn work(desk: &Desk, mut searcher: Box<dyn Searcher>, answers: &mpsc::Sender<Input>) {
    let mut from = Instant::now();
    while let Some((ticket, search)) = desk.next(from) {
        let answer = searcher.search(search, &desk.stop);
        from = Instant::now() + REST;
        // Before it is told: whoever has heard it may ask for the next one.
        desk.lock().running = None;
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

    const AMY: Asker = Asker::Account(AccountId(1));
    const BOB: Asker = Asker::Account(AccountId(2));

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
            searches.take(Ticket(ticket), AMY, search()).unwrap();
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
    fn those_who_ask_take_turns_and_have_places_of_their_own() {
        let (searches, _begun, go, mut answered) = three();
        let take = |ticket, by| searches.take(Ticket(ticket), by, search());
        assert_eq!((take(4, AMY), take(5, AMY)), (Ok(()), Err(Answer::Busy)), "one is being done and three wait");
        assert_eq!(take(6, BOB), Ok(()));
        let mut next = |ticket| {
            go.send(()).unwrap();
            let Some(Input::Answer { ticket: Ticket(answered), .. }) = answered.blocking_recv() else { panic!() };
            assert_eq!(answered, ticket);
        };
        next(1);
        assert_eq!((take(7, AMY), take(8, AMY)), (Ok(()), Err(Answer::Busy)), "a place is free again");
        [2, 6, 3, 4, 7].into_iter().for_each(&mut next);
        let guests = |number: u32| Asker::Guests(std::net::Ipv4Addr::from_bits(number).into());
        let taken = (0..).take_while(|number| take(100 + u64::from(*number), guests(number / 4)).is_ok()).count();
        assert!((ALL..=ALL + 1).contains(&taken), "all have {ALL} places, and one may have begun: {taken}");
        assert!(searches.end());
    }

    #[test]
    fn after_each_search_nobody_searches_for_a_while() {
        let (searches, begun, go, mut answered) = three();
        go.send(()).unwrap();
        let before = Instant::now();
        begun.recv().unwrap();
        assert!(before.elapsed() >= REST);
        drop(answered.blocking_recv());
        assert!(searches.end());
    }

    #[test]
    fn the_end_waits_for_no_search() {
        let (searches, _begun, _go, mut answered) = three();
        assert!(searches.end());
        assert!(matches!(answered.blocking_recv(), Some(Input::Answer { answer: Answer::Failed(_), .. })));
        assert!(answered.blocking_recv().is_none());
    }
}
