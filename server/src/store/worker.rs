//! The thread that owns the store. Commits go before questions, so that people who scroll back do not slow down those
//! who talk; a question still sees every commit that was asked for before it. Searches have a [thread of their own](Searches).

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::AtomicBool,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use super::{INDEXED_AT_ONCE, Searcher, Store, StoreError, searches::Searches};
use crate::hub::io::{AccountId, Answer, Asker, Input, Query, Search, Ticket, Write};

/// The most questions that wait at a time. One more is answered with [`Answer::Failed`] at once.
pub const ANSWERS_WAITING: usize = 4096;

enum Job {
    Commit(Vec<Write>, oneshot::Sender<Result<(), Failed>>),
    Ask(Query, Reply),
}

/// Where an answer goes.
enum Reply {
    /// To the loop.
    Loop(Ticket),
    /// To the thread that searches.
    Search(SyncSender<Answer>),
}

/// Searches on the store's own thread, where the engine has no second way to what it keeps.
struct Through(SyncSender<Job>);

impl Searcher for Through {
    fn search(&mut self, search: Box<Search>, _: &Arc<AtomicBool>) -> Answer {
        let (reply, answer) = sync_channel(1);
        // The thread answers everything it took, also at its end.
        let by = Asker::Account(AccountId(0));
        let asked = self.0.send(Job::Ask(Query::Search { by, search }, Reply::Search(reply)));
        let answer = asked.ok().and_then(|()| answer.recv().ok());
        answer.unwrap_or_else(|| Answer::Failed(STOPPED.into()))
    }
}

/// Why there is no answer from a thread that has ended.
const STOPPED: &str = "the store has stopped";

/// How long nothing has to be asked for before the index for searching goes on: it has its time when nobody talks, or a
/// moment between two commits when it is worth it.
const CALM: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(5);
/// How far the index may be behind. With more, it goes on after each commit, however busy it is.
const MOST_BEHIND: u64 = 50_000;

/// A commit that failed, with its writes, so that it can be tried again.
pub type Failed = (StoreError, Vec<Write>);

/// The async side's end of the store.
#[derive(Debug)]
pub struct StoreWorker {
    /// Holds at most [`ANSWERS_WAITING`] questions, searches among them, and one commit, so it is never full.
    jobs: SyncSender<Job>,
    thread: JoinHandle<()>,
    searches: Searches,
    /// Questions without an answer yet.
    waiting: usize,
}

impl StoreWorker {
    /// Starts the threads; without a `searcher`, the store's own searches as well. Each question's [`Input::Answer`] goes to
    /// `answers`, which has to have room for [`ANSWERS_WAITING`] besides whatever else is sent there.
    ///
    /// # Errors
    /// The system's, when it has no thread left.
    pub fn start(
        store: Box<dyn Store>,
        searcher: Option<Box<dyn Searcher>>,
        answers: mpsc::Sender<Input>,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel(ANSWERS_WAITING + 1);
        let searcher = searcher.unwrap_or_else(|| Box::new(Through(jobs.clone())));
        let searches = Searches::start(searcher, answers.clone())?;
        let thread = std::thread::Builder::new().name("store".into()).spawn(move || work(store, &queue, &answers))?;
        Ok(StoreWorker { jobs, thread, searches, waiting: 0 })
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
        let failed = |reason: &str| Answer::Failed(reason.into());
        let taken = match query {
            _ if self.waiting >= ANSWERS_WAITING => Err(failed("too many questions are waiting")),
            Query::Search { by, search } => self.searches.take(ticket, by, search),
            query => self.jobs.try_send(Job::Ask(query, Reply::Loop(ticket))).map_err(|_| failed(STOPPED)),
        };
        match taken {
            Ok(()) => {
                self.waiting += 1;
                None
            }
            Err(answer) => Some(Input::Answer { ticket, answer }),
        }
    }

    /// Nobody waits for this answer any more. A search that has not begun is not done, and there will be no answer; one that
    /// has begun is broken off.
    pub fn give_up(&mut self, ticket: Ticket) {
        if self.searches.give_up(ticket) {
            self.answered();
        }
    }

    /// One of the answers has been taken out of the channel.
    pub fn answered(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// Breaks off searches, ends the store's thread after what it was asked to do, and closes the store.
    pub async fn close(self) {
        let StoreWorker { jobs, thread, searches, .. } = self;
        // Closing may write a checkpoint, so it must not hold up the runtime.
        let joined = tokio::task::spawn_blocking(move || {
            let ended = searches.end();
            drop(jobs);
            thread.join().is_ok() && ended
        });
        if !matches!(joined.await, Ok(true)) {
            tracing::error!("a thread of the store ended with a panic");
        }
    }
}

fn work(mut store: Box<dyn Store>, queue: &Receiver<Job>, answers: &mpsc::Sender<Input>) {
    let mut questions: VecDeque<(Query, Reply)> = VecDeque::new();
    // Whether the index waits for the next commit that goes well: at the start, which changes nothing by itself, and when
    // it could not go on.
    let mut resting = true;
    loop {
        let behind = if resting { 0 } else { store.behind() };
        let job = match next(queue, questions.is_empty(), behind) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) if questions.is_empty() => return,
            Err(RecvTimeoutError::Disconnected) => None,
        };
        match job {
            Some(Job::Commit(writes, reply)) => {
                let done = store.commit(&writes);
                resting &= done.is_err();
                // Nobody waits any more when the server is ending.
                let _ = reply.send(done.map_err(|error| (error, writes)));
                if !resting && store.behind() > MOST_BEHIND {
                    resting = !catch_up(&mut *store);
                }
            }
            Some(Job::Ask(query, reply)) => questions.push_back((query, reply)),
            None => match questions.pop_front() {
                Some((query, Reply::Loop(ticket))) => {
                    let answer = store.query(&query);
                    // There is room for every question that was taken; a closed channel means that the server is ending.
                    let _ = answers.try_send(Input::Answer { ticket, answer });
                }
                // Where it goes, one answer has room, and is waited for.
                Some((query, Reply::Search(reply))) => drop(reply.try_send(store.query(&query))),
                None => resting = !catch_up(&mut *store),
            },
        }
    }
}

/// Waits for the next job, unless there is something else to do: a question, or after a while the index.
fn next(queue: &Receiver<Job>, asked_nothing: bool, behind: u64) -> Result<Job, RecvTimeoutError> {
    match behind {
        _ if !asked_nothing => queue.recv_timeout(Duration::ZERO),
        0 => queue.recv().map_err(RecvTimeoutError::from),
        1..INDEXED_AT_ONCE => queue.recv_timeout(CALM),
        _ => queue.recv_timeout(MOMENT),
    }
}

/// Lets the index go on; whether it could.
fn catch_up(store: &mut dyn Store) -> bool {
    let done = store.catch_up();
    match &done {
        Ok(()) => {}
        // What is wrong with the disk stops the next commit as well, and that is told; once is enough.
        Err(error) if error.may_pass() || matches!(error, StoreError::Io { .. }) => {
            tracing::debug!(%error, "the index for searching waits for the next commit");
        }
        Err(error) => {
            tracing::warn!(%error, "the index for searching cannot go on; trying again after the next commit");
        }
    }
    done.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hub::io::{AccountId, Page, Place, Record, RecordKind, RoomId, Scope, Seq},
        store::{Memory, Sqlite},
    };

    fn question() -> Query {
        let place = Place::direct(AccountId(1), AccountId(1));
        Query::History { place, page: Page::Latest(None), limit: 1, events: true }
    }

    /// Says in which order it was asked to do what.
    struct Witness(SyncSender<&'static str>, u64);

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

        fn behind(&self) -> u64 {
            self.1
        }

        fn catch_up(&mut self) -> Result<(), StoreError> {
            self.1 = self.1.saturating_sub(INDEXED_AT_ONCE);
            self.0.send("index").map_err(|_| StoreError::Gone)
        }
    }

    #[test]
    fn commits_overtake_questions() {
        let (jobs, queue) = sync_channel(8);
        let (answers, mut answered) = mpsc::channel(8);
        let (witness, seen) = sync_channel(8);
        let (reply, _) = oneshot::channel();
        jobs.send(Job::Ask(question(), Reply::Loop(Ticket(1)))).unwrap();
        jobs.send(Job::Ask(question(), Reply::Loop(Ticket(2)))).unwrap();
        jobs.send(Job::Commit(Vec::new(), reply)).unwrap();
        drop(jobs);
        work(Box::new(Witness(witness, 0)), &queue, &answers);
        assert_eq!(seen.iter().collect::<Vec<_>>(), ["commit", "query", "query"]);
        assert!(matches!(answered.try_recv(), Ok(Input::Answer { ticket: Ticket(1), .. })));
    }

    #[test]
    fn the_index_goes_on_when_there_is_nothing_else_to_do_and_when_it_is_far_behind() {
        for (behind, want) in [
            (INDEXED_AT_ONCE * 2, &["commit", "query", "index", "index"][..]),
            (MOST_BEHIND + 2, &["commit", "index", "query", "index"]),
        ] {
            let (jobs, queue) = sync_channel(8);
            let (answers, _answered) = mpsc::channel(8);
            let (witness, seen) = sync_channel(0);
            let (reply, _) = oneshot::channel();
            jobs.send(Job::Ask(question(), Reply::Loop(Ticket(1)))).unwrap();
            jobs.send(Job::Commit(Vec::new(), reply)).unwrap();
            let working = std::thread::spawn(move || work(Box::new(Witness(witness, behind)), &queue, &answers));
            assert_eq!(seen.iter().take(want.len()).collect::<Vec<_>>(), want);
            drop((seen, jobs));
            working.join().unwrap();
        }
    }

    #[tokio::test]
    async fn what_was_committed_is_closed_with_the_rest() {
        let (answers, mut answered) = mpsc::channel(8);
        let mut worker = StoreWorker::start(Box::new(Memory::new(1, "CODE".into())), None, answers).unwrap();
        let write = Write::UseInvite { code: "x".into() };
        worker.commit(vec![write]).await.unwrap();
        assert!(worker.ask(Ticket(7), question()).is_none());
        assert!(matches!(answered.recv().await, Some(Input::Answer { ticket: Ticket(7), .. })));
        worker.answered();
        worker.close().await;
    }

    /// What [`said`] made.
    fn search() -> Query {
        let (scope, text) = (Scope::Place(Place::Room(RoomId(1))), Some("tea".into()));
        let search = Search { scope, from: None, after: None, before: None, text, limit: 10 };
        Query::Search { by: Asker::Account(AccountId(1)), search: Box::new(search) }
    }

    fn said(seq: u64) -> Vec<Write> {
        vec![Write::Record(Record {
            seq: Seq(seq),
            at: klatch_protocol::UnixMs(5),
            place: Place::Room(RoomId(1)),
            source: "amy!amy@host".into(),
            account: None,
            kind: RecordKind::Privmsg,
            tags: String::new(),
            text: "tea".into(),
        })]
    }

    /// Holds every search up until the other end is dropped.
    struct Held(SyncSender<()>, Receiver<()>);

    impl Searcher for Held {
        fn search(&mut self, _: Box<Search>, _: &Arc<AtomicBool>) -> Answer {
            let _ = (self.0.send(()), self.1.recv());
            Answer::History(Vec::new())
        }
    }

    #[tokio::test]
    async fn a_long_search_holds_up_neither_commits_nor_pages() {
        let (answers, mut answered) = mpsc::channel(8);
        let ((begins, begun), (go, goes)) = (sync_channel(1), sync_channel(1));
        let (store, searcher) = (Memory::new(1, "CODE".into()), Held(begins, goes));
        let mut worker = StoreWorker::start(Box::new(store), Some(Box::new(searcher)), answers).unwrap();
        assert!(worker.ask(Ticket(1), search()).is_none());
        begun.recv().unwrap();
        worker.commit(said(1)).await.unwrap();
        assert!(worker.ask(Ticket(2), question()).is_none());
        assert!(matches!(answered.recv().await, Some(Input::Answer { ticket: Ticket(2), .. })));
        drop(go);
        assert!(matches!(answered.recv().await, Some(Input::Answer { ticket: Ticket(1), .. })));
        worker.close().await;
    }

    #[tokio::test]
    async fn a_search_finds_what_was_committed_before_it_and_leaves_no_log_behind() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("klatch.db"), 1, "CODE").unwrap();
        let searcher = sqlite.searcher().unwrap();
        assert!(searcher.is_some());
        let memory = Memory::new(1, "CODE".into());
        for (store, searcher) in [(Box::new(sqlite) as Box<dyn Store>, searcher), (Box::new(memory), None)] {
            let (answers, mut answered) = mpsc::channel(8);
            let mut worker = StoreWorker::start(store, searcher, answers).unwrap();
            for seq in 1..=3 {
                worker.commit(said(seq)).await.unwrap();
                assert!(worker.ask(Ticket(seq), search()).is_none());
                let Some(Input::Answer { answer: Answer::History(found), .. }) = answered.recv().await else {
                    panic!()
                };
                assert_eq!(found.len() as u64, seq);
            }
            worker.close().await;
        }
        let left = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["klatch.db"]);
    }

    #[tokio::test]
    async fn a_search_that_is_given_up_leaves_its_place() {
        let (answers, _answered) = mpsc::channel(8);
        let ((begins, begun), (go, goes)) = (sync_channel(2), sync_channel(1));
        let (store, searcher) = (Memory::new(1, "CODE".into()), Held(begins, goes));
        let mut worker = StoreWorker::start(Box::new(store), Some(Box::new(searcher)), answers).unwrap();
        assert!((1..=3).all(|ticket| worker.ask(Ticket(ticket), search()).is_none()));
        begun.recv().unwrap();
        [1, 2, 2, 9].into_iter().for_each(|gone| worker.give_up(Ticket(gone)));
        assert_eq!(worker.waiting, 2, "the first one is answered, the second one is not");
        drop(go);
        worker.close().await;
    }

    #[tokio::test]
    async fn too_many_questions_are_answered_at_once() {
        let (answers, _answered) = mpsc::channel(8);
        let mut worker = StoreWorker::start(Box::new(Memory::new(1, "CODE".into())), None, answers).unwrap();
        worker.waiting = ANSWERS_WAITING;
        let refused = worker.ask(Ticket(1), question());
        assert!(matches!(refused, Some(Input::Answer { answer: Answer::Failed(_), .. })));
    }
}
