//! The thread that owns the store. Commits go before questions, so that people who scroll back do not slow down those
//! who talk; a question still sees every commit that was asked for before it.

use std::{
    collections::VecDeque,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::JoinHandle,
};

use tokio::sync::{mpsc, oneshot};

use super::{Store, StoreError};
use crate::hub::io::{Answer, Input, Query, Ticket, Write};

/// The most questions that wait at a time. One more is answered with [`Answer::Failed`] at once.
pub const ANSWERS_WAITING: usize = 4096;

enum Job {
    Commit(Vec<Write>, oneshot::Sender<Result<(), Failed>>),
    Ask(Ticket, Query),
}

/// A commit that failed, with its writes, so that it can be tried again.
pub type Failed = (StoreError, Vec<Write>);

/// The async side's end of the store.
#[derive(Debug)]
pub struct StoreWorker {
    /// Holds at most [`ANSWERS_WAITING`] questions and one commit, so it is never full.
    jobs: SyncSender<Job>,
    thread: JoinHandle<()>,
    /// Questions without an answer yet.
    waiting: usize,
}

impl StoreWorker {
    /// Starts the thread. Each question's [`Input::Answer`] goes to `answers`, which has to have room for
    /// [`ANSWERS_WAITING`] besides whatever else is sent there.
    ///
    /// # Errors
    /// The system's, when it has no thread left.
    pub fn start(store: Box<dyn Store>, answers: mpsc::Sender<Input>) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel(ANSWERS_WAITING + 1);
        let thread = std::thread::Builder::new().name("store".into()).spawn(move || work(store, &queue, &answers))?;
        Ok(StoreWorker { jobs, thread, waiting: 0 })
    }

    /// Makes `writes` durable.
    ///
    /// # Errors
    /// As [`Store::commit`], with the writes.
    pub async fn commit(&self, writes: Vec<Write>) -> Result<(), Failed> {
        let (reply, answer) = oneshot::channel();
        match self.jobs.try_send(Job::Commit(writes, reply)) {
            Ok(()) => answer.await.unwrap_or_else(|_| Err((StoreError::Gone, Vec::new()))),
            Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) => match job {
                Job::Commit(writes, _) => Err((StoreError::Gone, writes)),
                Job::Ask(..) => Err((StoreError::Gone, Vec::new())),
            },
        }
    }

    /// Asks a question. The answer comes through the channel given to [`StoreWorker::start`] ([`StoreWorker::answered`]
    /// has to be told then), or is returned when the question cannot be taken.
    pub fn ask(&mut self, ticket: Ticket, query: Query) -> Option<Input> {
        let refused = |reason: &str| Some(Input::Answer { ticket, answer: Answer::Failed(reason.into()) });
        if self.waiting >= ANSWERS_WAITING {
            return refused("too many questions are waiting");
        }
        match self.jobs.try_send(Job::Ask(ticket, query)) {
            Ok(()) => {
                self.waiting += 1;
                None
            }
            Err(_) => refused("the store has stopped"),
        }
    }

    /// One of the answers has been taken out of the channel.
    pub fn answered(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// Ends the thread after what it was asked to do, and closes the store.
    pub async fn close(self) {
        drop(self.jobs);
        // Closing may write a checkpoint, so it must not hold up the runtime.
        let joined = tokio::task::spawn_blocking(|| self.thread.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the store's thread ended with a panic");
        }
    }
}

fn work(mut store: Box<dyn Store>, queue: &Receiver<Job>, answers: &mpsc::Sender<Input>) {
    let mut questions: VecDeque<(Ticket, Query)> = VecDeque::new();
    loop {
        let job = match questions.is_empty() {
            true => match queue.recv() {
                Ok(job) => Some(job),
                Err(_) => return,
            },
            false => queue.try_recv().ok(),
        };
        match job {
            Some(Job::Commit(writes, reply)) => {
                let done = store.commit(&writes);
                // Nobody waits any more when the server is ending.
                let _ = reply.send(done.map_err(|error| (error, writes)));
            }
            Some(Job::Ask(ticket, query)) => questions.push_back((ticket, query)),
            None => {
                if let Some((ticket, query)) = questions.pop_front() {
                    let answer = store.query(&query);
                    // There is room for every question that was taken; a closed channel means that the server is ending.
                    let _ = answers.try_send(Input::Answer { ticket, answer });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hub::io::{AccountId, Page, Place},
        store::Memory,
    };

    fn question() -> Query {
        let place = Place::direct(AccountId(1), AccountId(1));
        Query::History { place, page: Page::Latest(None), limit: 1, events: true }
    }

    /// Says in which order it was asked to do what.
    struct Witness(SyncSender<&'static str>);

    impl Store for Witness {
        fn load(&self) -> Result<crate::hub::io::Snapshot, StoreError> {
            Ok(crate::hub::io::Snapshot::default())
        }

        fn commit(&mut self, _: &[Write]) -> Result<(), StoreError> {
            self.0.send("commit").map_err(|_| StoreError::Gone)
        }

        fn query(&self, _: &Query) -> Answer {
            let _ = self.0.send("query");
            Answer::History(Vec::new())
        }
    }

    #[test]
    fn commits_overtake_questions() {
        let (jobs, queue) = sync_channel(8);
        let (answers, mut answered) = mpsc::channel(8);
        let (witness, seen) = sync_channel(8);
        let (reply, _) = oneshot::channel();
        jobs.send(Job::Ask(Ticket(1), question())).unwrap();
        jobs.send(Job::Ask(Ticket(2), question())).unwrap();
        jobs.send(Job::Commit(Vec::new(), reply)).unwrap();
        drop(jobs);
        work(Box::new(Witness(witness)), &queue, &answers);
        assert_eq!(seen.iter().collect::<Vec<_>>(), ["commit", "query", "query"]);
        assert!(matches!(answered.try_recv(), Ok(Input::Answer { ticket: Ticket(1), .. })));
    }

    #[tokio::test]
    async fn what_was_committed_is_closed_with_the_rest() {
        let (answers, mut answered) = mpsc::channel(8);
        let mut worker = StoreWorker::start(Box::new(Memory::new(1, "CODE".into())), answers).unwrap();
        let write = Write::UseInvite { code: "x".into() };
        worker.commit(vec![write]).await.unwrap();
        assert!(worker.ask(Ticket(7), question()).is_none());
        assert!(matches!(answered.recv().await, Some(Input::Answer { ticket: Ticket(7), .. })));
        worker.answered();
        worker.close().await;
    }

    #[tokio::test]
    async fn too_many_questions_are_answered_at_once() {
        let (answers, _answered) = mpsc::channel(8);
        let mut worker = StoreWorker::start(Box::new(Memory::new(1, "CODE".into())), answers).unwrap();
        worker.waiting = ANSWERS_WAITING;
        let refused = worker.ask(Ticket(1), question());
        assert!(matches!(refused, Some(Input::Answer { answer: Answer::Failed(_), .. })));
    }
}
