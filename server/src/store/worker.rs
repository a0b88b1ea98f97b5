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
