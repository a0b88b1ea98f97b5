//! What is done with the database while it is served: backups, and the check of one too large to be read before. Neither
//! goes through the loop, so neither holds anybody up; both have ended when the store is closed.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use tokio::sync::{Semaphore, mpsc};

use super::Order;
use crate::store::{Existing, Sqlite};

/// The work beside the loop.
#[derive(Debug, Clone)]
pub(super) struct Aside {
    /// `None` where nothing is kept.
    database: Option<PathBuf>,
    /// Becomes true when the server ends.
    stop: Arc<AtomicBool>,
    /// Its permit is held by the one backup that is being made.
    backup: Arc<Semaphore>,
    /// Its permit is held by the check.
    check: Arc<Semaphore>,
}

impl Aside {
    pub(super) fn new(database: Option<PathBuf>) -> Self {
        let one = || Arc::new(Semaphore::new(1));
        Aside { database, stop: Arc::default(), backup: one(), check: one() }
    }

    /// Makes a backup; what was done, in a sentence, or why not.
    pub(super) async fn backup(&self, target: PathBuf, existing: Existing) -> Result<String, String> {
        let Some(database) = self.database.clone() else {
            return Err("nothing is kept with --ephemeral, so there is nothing to back up".into());
        };
        // Relative names are those of the folder that klatchd was started in.
        let target = std::path::absolute(target).map_err(|error| error.to_string())?;
        let Ok(permit) = self.backup.clone().try_acquire_owned() else {
            return Err("a backup is being made already; try again when it is there".into());
        };
        let (stop, begin) = (self.stop.clone(), Instant::now());
        let made = tokio::task::spawn_blocking(move || {
            let size = Sqlite::backup(&database, &target, existing, &stop);
            drop(permit);
            size.map(|size| (size, target))
        });
        match made.await {
            Ok(Ok((size, target))) => {
                let done = backed_up(&target, size);
                tracing::info!(milliseconds = begin.elapsed().as_millis(), "{done}");
                Ok(done)
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the backup failed by a fault of klatchd".into()),
        }
    }

    /// Begins to read the whole database. What is wrong with it ends the loop.
    pub(super) fn check(&self, orders: mpsc::Sender<Order>) {
        let (Some(database), Ok(permit)) = (self.database.clone(), self.check.clone().try_acquire_owned()) else {
            return;
        };
        let stop = self.stop.clone();
        // Awaited by its permit.
        tokio::task::spawn_blocking(move || {
            match Sqlite::check(&database, &stop) {
                Ok(()) => tracing::debug!("the database is in order"),
                // Without a loop that takes it, the server has ended.
                Err(fault) => drop(orders.blocking_send(Order::Fault(fault))),
            }
            drop(permit);
        });
    }

    /// Breaks off what is being done and waits for its end. Nothing more is begun.
    pub(super) async fn end(&self) {
        self.stop.store(true, Ordering::Relaxed);
        for work in [&self.backup, &self.check] {
            // They are never closed.
            if let Ok(permit) = work.acquire().await {
                permit.forget();
            }
        }
    }
}

/// What is said of a backup.
pub(crate) fn backed_up(target: &std::path::Path, bytes: u64) -> String {
    format!("Backed up to {} ({bytes} bytes).", target.display())
}
