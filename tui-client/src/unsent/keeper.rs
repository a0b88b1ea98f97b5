//! The thread that writes what is unsent, so that drawing never waits for a disk. What is asked of it is done in order; of
//! several states that wait, only the newest is written.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use super::{Account, Found, Slot};
use crate::{files::Paths, session::Unsent};

/// What the keeper has to tell.
#[derive(Debug, PartialEq, Eq)]
pub enum Report {
    /// What was left for an account, to [`Keeper::recall`].
    Found(Account, Found),
    /// What was to be kept under this number, and all before it, is on the disk, or cannot be, which was told before.
    Kept(u64),
    /// Something could not be kept; a sentence.
    Trouble(String),
}

/// Keeps what is unsent of one account at a time. [`Keeper::finish`] ends it.
#[derive(Debug)]
pub struct Keeper {
    queue: Arc<Queue>,
    thread: JoinHandle<()>,
    last: u64,
}

#[derive(Debug, Default)]
struct Queue {
    jobs: Mutex<Jobs>,
    /// Something changed in `jobs`.
    news: Condvar,
}

/// Bounded by the number of times that accounts take turns while the disk hangs: states of one account replace each other.
#[derive(Debug, Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    ended: bool,
}

#[derive(Debug)]
enum Job {
    Recall(Account),
    Keep { number: u64, account: Account, messages: Vec<Unsent> },
}

impl Keeper {
    /// Starts the thread. It tells what it has done by `report`, which may wait.
    ///
    /// # Errors
    /// The system has no thread for us.
    pub fn start(paths: Paths, report: impl Fn(Report) + Send + 'static) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let jobs = Arc::clone(&queue);
        let work = move || {
            let mut desk = Desk { paths, report, held: None, failing: false };
            while let Some(job) = jobs.next() {
                desk.work(job);
            }
        };
        let thread = thread::Builder::new().name("unsent".to_owned()).spawn(work)?;
        Ok(Keeper { queue, thread, last: 0 })
    }

    /// Takes a file for this account, and with it what earlier runs left.
    pub fn recall(&self, account: Account) {
        self.queue.jobs().waiting.push_back(Job::Recall(account));
        self.queue.news.notify_one();
    }

    /// Keeps this of the account recalled last, instead of what was kept; gives the number under which that is told.
    pub fn keep(&mut self, account: Account, messages: Vec<Unsent>) -> u64 {
        self.last += 1;
        let job = Job::Keep { number: self.last, account, messages };
        let mut jobs = self.queue.jobs();
        match (jobs.waiting.back_mut(), &job) {
            (Some(Job::Keep { account: before, .. }), Job::Keep { account, .. }) if before == account => {
                jobs.waiting.pop_back();
            }
            _ => {}
        }
        jobs.waiting.push_back(job);
        drop(jobs);
        self.queue.news.notify_one();
        self.last
    }

    /// Does what waits, lets the file go and ends. Waits for the disk.
    pub fn finish(self) {
        self.queue.jobs().ended = true;
        self.queue.news.notify_one();
        // A thread that panicked has said so, and there is nothing else to be done for it.
        let _ = self.thread.join();
    }
}

impl Queue {
    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next thing to do; `None` when all is done and nothing comes any more.
    fn next(&self) -> Option<Job> {
        let mut jobs = self.jobs();
        loop {
            match jobs.waiting.pop_front() {
                Some(job) => return Some(job),
                None if jobs.ended => return None,
                None => jobs = self.news.wait(jobs).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// Where the thread works.
struct Desk<R> {
    paths: Paths,
    report: R,
    /// The account recalled last, and its file where there is one.
    held: Option<(Account, Option<Slot>)>,
    /// Whether the last write failed: that is told once.
    failing: bool,
}

impl<R: Fn(Report)> Desk<R> {
    fn work(&mut self, job: Job) {
        match job {
            Job::Recall(account) => {
                let found = self.recall(&account);
                (self.report)(Report::Found(account, found));
            }
            Job::Keep { number, account, messages } => {
                self.keep(&account, &messages);
                (self.report)(Report::Kept(number));
            }
        }
    }

    fn recall(&mut self, account: &Account) -> Found {
        // Our own lock is given back first: what this klatch left itself is found as well.
        self.held = None;
        match Slot::take(&self.paths, account) {
            Ok((slot, found)) => {
                self.held = Some((account.clone(), Some(slot)));
                found
            }
            Err(trouble) => {
                self.held = Some((account.clone(), None));
                self.failing = true;
                Found { messages: Vec::new(), troubles: vec![trouble] }
            }
        }
    }

    fn keep(&mut self, account: &Account, messages: &[Unsent]) {
        // Without a file that was told when there was none to be had; of another account nothing is to be kept any more.
        let Some((held, Some(slot))) = &self.held else { return };
        if held != account {
            return;
        }
        let written = slot.write(messages);
        if let Err(error) = &written
            && !self.failing
        {
            let folder = self.paths.unsent();
            (self.report)(Report::Trouble(format!("what is unsent cannot be kept in {}: {error}", folder.display())));
        }
        self.failing = written.is_err();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::{super::file::tests::*, *};

    fn keeper(paths: &Paths) -> (Keeper, mpsc::Receiver<Report>) {
        let (tell, told) = mpsc::channel();
        (Keeper::start(paths.clone(), move |report| tell.send(report).unwrap()).unwrap(), told)
    }

    fn found(messages: &[Unsent]) -> Report {
        Report::Found(account(), Found { messages: messages.to_vec(), troubles: Vec::new() })
    }

    #[test]
    fn what_is_kept_is_on_the_disk_when_that_is_told_and_only_the_newest_is_written() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let (mut keeper, told) = keeper(&paths);
        keeper.recall(account());
        assert_eq!(told.recv().unwrap(), found(&[]));
        let mut last = 0;
        for number in 0..100 {
            last = keeper.keep(account(), vec![unsent(&number.to_string())]);
        }
        let numbers: Vec<u64> = told
            .iter()
            .map(|report| match report {
                Report::Kept(number) => number,
                other => panic!("{other:?}"),
            })
            .take_while(|number| *number < last)
            .collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
        let file = paths.unsent().join(super::super::file::name(&account(), 1));
        assert_eq!(super::super::file::read(&file).unwrap(), [unsent("99")]);
        keeper.finish();
    }

    #[test]
    fn what_waits_is_done_before_the_end_and_found_by_the_next_run() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let (mut first, _told) = keeper(&paths);
        first.recall(account());
        first.keep(account(), vec![unsent("1")]);
        first.finish();
        let (second, told) = keeper(&paths);
        second.recall(account());
        assert_eq!(told.recv().unwrap(), found(&[unsent("1")]));
        second.recall(account());
        assert_eq!(told.recv().unwrap(), found(&[unsent("1")]), "its own file is not another klatch's");
        second.finish();
    }

    #[test]
    fn a_file_that_cannot_be_written_is_told_once_and_holds_nobody_up() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let (mut keeper, told) = keeper(&paths);
        keeper.recall(account());
        assert_eq!(told.recv().unwrap(), found(&[]));
        std::fs::remove_dir_all(paths.unsent()).unwrap();
        std::fs::write(paths.unsent(), "in the way").unwrap();
        for number in 1..=2 {
            keeper.keep(account(), vec![unsent("1")]);
            if number == 1 {
                assert!(matches!(told.recv().unwrap(), Report::Trouble(text) if text.contains("cannot be kept")));
            }
            assert_eq!(told.recv().unwrap(), Report::Kept(number));
        }
        keeper.finish();
    }
}
