//! Password work: Argon2id on blocking threads, a few at a time, with a bounded and fair queue before them.
//!
//! It knows no accounts. A verification without a hash does the same work against a hash of nobody's, so that the time
//! of an answer does not tell whether an account exists.

mod queue;

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier},
};
use tokio::{sync::mpsc, task::JoinSet};
use zeroize::Zeroizing;

use klatch_protocol::scram::{ITERATIONS, Keys};

use self::queue::Queue;
use crate::hub::io::{AuthJob, AuthOutcome, AuthRequest, Credentials, Input, Ticket};

/// How much work a hash is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cost {
    /// 19 MiB, two passes: the least that the OWASP "Password Storage Cheat Sheet" asks of Argon2id. About 30 ms.
    #[default]
    Standard,
    /// 64 KiB, one pass: well under a millisecond. Safe for nothing; for test suites that log in a thousand times.
    Cheap,
}

impl Cost {
    fn params(self) -> Params {
        let (kib, passes) = match self {
            Cost::Standard => (19 * 1024, 2),
            Cost::Cheap => (64, 1),
        };
        // Both lie within the limits of the algorithm (RFC 9106 section 3.1).
        Params::new(kib, passes, 1, None).unwrap_or_default()
    }
}

/// How much password work is done and queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthLimits {
    /// How much work a new hash is. Hashes made with another cost stay valid.
    pub cost: Cost,
    /// How many are worked on at once.
    pub threads: NonZeroUsize,
    /// How many may wait, a sixteenth of them for one address. One more is answered with [`AuthOutcome::Busy`].
    pub queue: usize,
}

impl Default for AuthLimits {
    /// One thread less than the machine has, so that chat goes on while people log in.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = NonZeroUsize::new(cores.saturating_sub(1)).unwrap_or(NonZeroUsize::MIN);
        AuthLimits { cost: Cost::Standard, threads, queue: 1024 }
    }
}

/// Where password work is done.
#[derive(Debug)]
pub struct Passwords {
    bench: Arc<Bench>,
    threads: usize,
    room: usize,
    /// Jobs without an answer that was taken yet.
    waiting: usize,
    /// A task for each thread that is at work.
    workers: JoinSet<()>,
}

/// What the threads share.
#[derive(Debug)]
struct Bench {
    argon: Argon2<'static>,
    /// What is compared with when there is no account at all.
    nobody: Arc<str>,
    answers: mpsc::Sender<Input>,
    /// Locked for a few instructions, never across an await.
    queue: Mutex<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    queue: Queue,
    /// Threads at work. One stops when it finds nothing in the queue.
    working: usize,
}

impl Passwords {
    /// Ready for work. Each job's [`Input::Auth`] goes to `answers`, which has to have room for `threads` and `queue` of
    /// `limits` together, besides whatever else is sent there.
    ///
    /// # Errors
    /// When the system gives no random bytes or memory; then there can be no log-in at all.
    pub fn new(limits: AuthLimits, answers: mpsc::Sender<Input>) -> Result<Self, argon2::password_hash::Error> {
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, limits.cost.params());
        let nobody = argon.hash_password(b"nobody")?.to_string().into();
        let queue = Mutex::new(Waiting { queue: Queue::new(limits.queue.max(1)), working: 0 });
        Ok(Passwords {
            bench: Arc::new(Bench { argon, nobody, answers, queue }),
            threads: limits.threads.get(),
            room: limits.threads.get() + limits.queue,
            waiting: 0,
            workers: JoinSet::new(),
        })
    }

    /// Takes a job. Its answer comes through the channel given to [`Passwords::new`] ([`Passwords::answered`] has to be
    /// told then), or is returned when too many are waiting.
    pub fn take(&mut self, request: AuthRequest) -> Option<Input> {
        let busy = |ticket| Some(Input::Auth { ticket, outcome: AuthOutcome::Busy });
        if self.waiting >= self.room {
            return busy(request.ticket);
        }
        let mut waiting = self.bench.lock();
        if let Err(request) = waiting.queue.push(request) {
            return busy(request.ticket);
        }
        self.waiting += 1;
        if waiting.working < self.threads {
            waiting.working += 1;
            self.workers.spawn(self.bench.clone().work_on());
        }
        None
    }

    /// Nobody waits for this job any more. If it has not begun it is not done, and there will be no answer.
    pub fn give_up(&mut self, ticket: Ticket) {
        if self.bench.lock().queue.remove(ticket) {
            self.waiting = self.waiting.saturating_sub(1);
        }
    }

    /// One of the answers has been taken out of the channel.
    pub fn answered(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
        while self.workers.try_join_next().is_some() {}
    }
}

impl Bench {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; without one the thread is free.
    fn next(&self) -> Option<AuthRequest> {
        let mut waiting = self.lock();
        let next = waiting.queue.pop();
        if next.is_none() {
            waiting.working -= 1;
        }
        next
    }

    /// Does one job after the other until none waits.
    async fn work_on(self: Arc<Self>) {
        while let Some(AuthRequest { ticket, job, .. }) = self.next() {
            let bench = self.clone();
            let done = tokio::task::spawn_blocking(move || work(&bench.argon, &bench.nobody, job)).await;
            let outcome = done.unwrap_or(AuthOutcome::Busy);
            // There is room for every job that was taken; a closed channel means that the server is ending.
            let _ = self.answers.try_send(Input::Auth { ticket, outcome });
        }
    }
}

fn work(argon: &Argon2<'_>, nobody: &str, job: AuthJob) -> AuthOutcome {
    match job {
        AuthJob::Hash { password } => match argon.hash_password(password.as_bytes()) {
            Ok(hash) => AuthOutcome::Hashed(with_keys(&hash.to_string(), &password)),
            Err(error) => {
                tracing::error!(%error, "a password cannot be hashed");
                AuthOutcome::Busy
            }
        },
        AuthJob::Verify { hash, password } => {
            let kept = hash.as_deref().map(Credentials::parse);
            let right = verify(argon, kept.map_or(nobody, |kept| kept.hash), &password);
            match kept.filter(|_| right) {
                Some(Credentials { hash, keys: None }) => AuthOutcome::Renewed(with_keys(hash, &password)),
                kept => AuthOutcome::Verified(kept.is_some()),
            }
        }
    }
}

/// The hash with the keys of SCRAM beside it; alone where the system has no chance to give for a salt.
fn with_keys(hash: &str, password: &str) -> Arc<str> {
    let mut salt = [0; 16];
    match getrandom::fill(&mut salt) {
        Ok(()) => format!("{hash} {}", Keys::derive(password, &salt, ITERATIONS)).into(),
        Err(error) => {
            tracing::error!(%error, "no keys for SCRAM can be made");
            hash.into()
        }
    }
}

fn verify(argon: &Argon2<'_>, hash: &str, password: &Zeroizing<String>) -> bool {
    match argon.verify_password(password.as_bytes(), hash) {
        Ok(()) => true,
        Err(argon2::password_hash::Error::PasswordInvalid) => false,
        Err(error) => {
            tracing::error!(%error, "a stored password hash cannot be used");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::io::Urgency;

    fn limits(threads: usize, queue: usize) -> AuthLimits {
        AuthLimits { cost: Cost::Cheap, threads: NonZeroUsize::new(threads).unwrap(), queue }
    }

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    fn request(ticket: u64, job: AuthJob) -> AuthRequest {
        AuthRequest { ticket: Ticket(ticket), urgency: Urgency::Stranger, from: None, job }
    }

    async fn outcome(passwords: &mut Passwords, answers: &mut mpsc::Receiver<Input>, job: AuthJob) -> AuthOutcome {
        assert!(passwords.take(request(1, job)).is_none());
        let Some(Input::Auth { ticket: Ticket(1), outcome }) = answers.recv().await else { panic!("no answer") };
        passwords.answered();
        outcome
    }

    #[tokio::test]
    async fn only_the_right_password_of_an_account_is_right() {
        let (send, mut answers) = mpsc::channel(8);
        let mut passwords = Passwords::new(limits(1, 4), send).unwrap();
        let hashed = outcome(&mut passwords, &mut answers, AuthJob::Hash { password: secret("pässword") }).await;
        let AuthOutcome::Hashed(hash) = hashed else { panic!("{hashed:?}") };
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        // What stands for nobody costs what an account costs.
        let cost = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(cost(&passwords.bench.nobody), cost(Credentials::parse(&hash).hash));
        for (hash, password, right) in [
            (Some(hash.clone()), "pässword", true),
            (Some(hash.clone()), "password", false),
            (Some("broken".into()), "password", false),
            (None, "nobody", false),
        ] {
            let job = AuthJob::Verify { hash, password: secret(password) };
            let AuthOutcome::Verified(verdict) = outcome(&mut passwords, &mut answers, job).await else { panic!() };
            assert_eq!(verdict, right, "{password}");
        }
        // What was kept before there was SCRAM gets its keys when the password is there.
        let hash = Credentials::parse(&hash).hash.to_owned();
        let job = AuthJob::Verify { hash: Some(hash.as_str().into()), password: secret("pässword") };
        let AuthOutcome::Renewed(renewed) = outcome(&mut passwords, &mut answers, job).await else { panic!() };
        assert_eq!(Credentials::parse(&renewed).hash, hash);
        assert!(Credentials::parse(&renewed).keys.is_some_and(|keys| keys.parse::<Keys>().is_ok()));
    }

    #[tokio::test]
    async fn what_does_not_fit_the_queue_is_told_to_come_back() {
        let (send, mut answers) = mpsc::channel(8);
        let mut passwords = Passwords::new(limits(1, 2), send).unwrap();
        let job = || AuthJob::Hash { password: secret("password") };
        for number in 0..2 {
            assert!(passwords.take(request(number, job())).is_none());
        }
        let refused = passwords.take(request(3, job()));
        assert!(matches!(refused, Some(Input::Auth { ticket: Ticket(3), outcome: AuthOutcome::Busy })));
        for _ in 0..2 {
            assert!(matches!(answers.recv().await, Some(Input::Auth { outcome: AuthOutcome::Hashed(_), .. })));
            passwords.answered();
        }
        assert!(passwords.take(request(4, job())).is_none());
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_is_not_done() {
        let (send, mut answers) = mpsc::channel(8);
        let mut passwords = Passwords::new(limits(1, 4), send).unwrap();
        let job = || AuthJob::Hash { password: secret("password") };
        // No thread begins before the first await.
        for number in 0..4 {
            assert!(passwords.take(request(number, job())).is_none());
        }
        [0, 2, 7].into_iter().for_each(|gone| passwords.give_up(Ticket(gone)));
        for expected in [1, 3] {
            let Some(Input::Auth { ticket, .. }) = answers.recv().await else { panic!("no answer") };
            assert_eq!(ticket, Ticket(expected));
            passwords.answered();
        }
        assert!(answers.try_recv().is_err());
        assert_eq!(passwords.waiting, 0);
    }

    #[test]
    fn the_standard_cost_is_what_owasp_asks_for() {
        let params = Cost::Standard.params();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (19_456, 2, 1));
    }
}
