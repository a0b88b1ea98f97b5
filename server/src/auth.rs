//! Password work: Argon2id on blocking threads, a few at a time, with a bounded queue before them.
//!
//! It knows no accounts. A verification without a hash does the same work against a hash of nobody's, so that the time
//! of an answer does not tell whether an account exists.

use std::{num::NonZeroUsize, sync::Arc};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier},
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};
use zeroize::Zeroizing;

use klatch_protocol::scram::{ITERATIONS, Keys};

use crate::hub::io::{AuthJob, AuthOutcome, Credentials, Input, Ticket};

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
    /// How many may wait. One more is answered with [`AuthOutcome::Busy`].
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
    argon: Argon2<'static>,
    /// What is compared with when there is no account.
    nobody: Arc<str>,
    threads: Arc<Semaphore>,
    room: usize,
    /// Jobs without an answer that was taken yet.
    waiting: usize,
    jobs: JoinSet<()>,
    answers: mpsc::Sender<Input>,
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
        Ok(Passwords {
            argon,
            nobody,
            threads: Arc::new(Semaphore::new(limits.threads.get())),
            room: limits.threads.get() + limits.queue,
            waiting: 0,
            jobs: JoinSet::new(),
            answers,
        })
    }

    /// Takes a job. Its answer comes through the channel given to [`Passwords::new`] ([`Passwords::answered`] has to be
    /// told then), or is returned when too many are waiting.
    pub fn take(&mut self, ticket: Ticket, job: AuthJob) -> Option<Input> {
        if self.waiting >= self.room {
            return Some(Input::Auth { ticket, outcome: AuthOutcome::Busy });
        }
        self.waiting += 1;
        let (argon, nobody) = (self.argon.clone(), self.nobody.clone());
        let (threads, answers) = (self.threads.clone(), self.answers.clone());
        self.jobs.spawn(async move {
            // The semaphore is never closed; without a permit there would only be more at once.
            let permit = threads.acquire().await;
            let done = tokio::task::spawn_blocking(move || work(&argon, &nobody, job)).await;
            drop(permit);
            let outcome = done.unwrap_or(AuthOutcome::Busy);
            // There is room for every job that was taken; a closed channel means that the server is ending.
            let _ = answers.try_send(Input::Auth { ticket, outcome });
        });
        None
    }

    /// One of the answers has been taken out of the channel.
    pub fn answered(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
        while self.jobs.try_join_next().is_some() {}
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

    fn limits(threads: usize, queue: usize) -> AuthLimits {
        AuthLimits { cost: Cost::Cheap, threads: NonZeroUsize::new(threads).unwrap(), queue }
    }

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    async fn outcome(passwords: &mut Passwords, answers: &mut mpsc::Receiver<Input>, job: AuthJob) -> AuthOutcome {
        assert!(passwords.take(Ticket(1), job).is_none());
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
        for number in 0..3 {
            assert!(passwords.take(Ticket(number), job()).is_none());
        }
        let refused = passwords.take(Ticket(3), job());
        assert!(matches!(refused, Some(Input::Auth { ticket: Ticket(3), outcome: AuthOutcome::Busy })));
        for _ in 0..3 {
            assert!(matches!(answers.recv().await, Some(Input::Auth { outcome: AuthOutcome::Hashed(_), .. })));
            passwords.answered();
        }
        assert!(passwords.take(Ticket(4), job()).is_none());
    }

    #[test]
    fn the_standard_cost_is_what_owasp_asks_for() {
        let params = Cost::Standard.params();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (19_456, 2, 1));
    }
}
