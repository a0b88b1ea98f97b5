//! A running server: its parts wired together, started and ended in order.
//!
//! This is all that a program needs which runs a server inside itself: [`Server::start`], what it answers about itself,
//! and [`Server::stop`].

mod error;
mod switchboard;
#[cfg(test)]
mod tests;
mod turns;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use klatch_protocol::fingerprint::Fingerprint;
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task::JoinSet,
};

pub use error::{ServeError, StartError};
use turns::Turns;

use crate::{
    auth::{AuthLimits, Passwords},
    clock::Clock,
    data_dir::DataDir,
    hub::{
        Hub,
        io::{News, OperatorAnswer, OperatorVerb, Snapshot},
        policy::Policy,
    },
    net::{Gate, Listener, NetLimits},
    secret,
    store::{ANSWERS_WAITING, Memory, Sqlite, Store, StoreWorker},
    tls::{Identity, Tls},
};

/// How many arrivals wait for the loop. When there are more, connections are not read until it has caught up.
const ARRIVALS_WAITING: usize = 4096;
/// How many of the operator's words wait.
const ORDERS_WAITING: usize = 16;
/// How many news wait for a slow listener, who loses the oldest then.
const NEWS_WAITING: usize = 1024;

/// Everything a server has to be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The chat's rules.
    pub policy: Policy,
    /// Where to listen; port 0 lets the system choose.
    pub listen: Vec<SocketAddr>,
    /// Where to keep what has to last.
    pub storage: Storage,
    /// The operator's own certificate and key, as PEM files. Without them one is made and kept in the data directory.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// What connections may take.
    pub net: NetLimits,
    /// How passwords are hashed.
    pub auth: AuthLimits,
}

/// Where a server keeps what it has to remember.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// In this folder.
    Folder(PathBuf),
    /// In memory, until it ends.
    Ephemeral,
}

/// How a server ends: what people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// For good: clients end as well.
    Shutdown,
    /// For a while: clients come back.
    Restart,
}

/// What the operator wants, and where the answer goes.
type Order = (OperatorVerb, oneshot::Sender<OperatorAnswer>);

/// A running server. Dropping it does not end it; [`Server::stop`] does.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    fingerprint: Fingerprint,
    owner_code: Option<String>,
    owner_code_file: Option<PathBuf>,
    news: broadcast::Sender<News>,
    orders: mpsc::Sender<Order>,
    ended: watch::Receiver<Option<Result<(), ServeError>>>,
}

impl Server {
    /// Starts a server: when this returns, it accepts connections. Has to be called within a tokio runtime with its time
    /// and I/O enabled.
    ///
    /// # Errors
    /// [`StartError`] says in one line what is in the way and what to do.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let Settings { policy, listen, storage, certificate, net, auth } = settings;
        let name = policy.server_name.clone();
        // Disk and key generation block.
        let opened = tokio::task::spawn_blocking(move || open(&storage, certificate, &name));
        let opened = opened.await.map_err(|_| StartError::Panicked)??;
        // Bound last: who connects early should not meet a server that cannot start.
        let listeners = listen.into_iter().map(Listener::bind).collect::<Result<Vec<_>, _>>()?;
        Self::launch(opened, listeners, policy, net, auth)
    }

    /// Sets everything in motion.
    fn launch(
        opened: Opened,
        listeners: Vec<Listener>,
        policy: Policy,
        net: NetLimits,
        auth: AuthLimits,
    ) -> Result<Self, StartError> {
        let Opened { data_dir, store, snapshot, tls } = opened;
        let addresses = listeners.iter().map(Listener::address).collect();
        let owner_code = snapshot.owner_code.clone();
        let owner_code_file = data_dir.as_ref().filter(|_| owner_code.is_some()).map(DataDir::owner_code);
        let (news, _) = broadcast::channel(NEWS_WAITING);
        let (orders, orders_in) = mpsc::channel(ORDERS_WAITING);
        let (arrivals, arrivals_in) = mpsc::channel(ARRIVALS_WAITING);
        let (answers, answers_in) = mpsc::channel(ANSWERS_WAITING + auth.threads.get() + auth.queue);
        let clock = Clock::start();
        let turns = Turns::new(turns::Parts {
            clock,
            hub: Hub::new(policy, snapshot, clock.now().wall),
            store: StoreWorker::start(store, answers.clone()).map_err(StartError::Thread)?,
            passwords: Passwords::new(auth, answers).map_err(|error| StartError::Passwords(error.to_string()))?,
            arrivals: arrivals_in,
            answers: answers_in,
            orders: orders_in,
            news: news.clone(),
        });
        let (stop, stopping) = watch::channel(false);
        let gate = Arc::new(Gate::new(net, tls.acceptor, arrivals));
        let mut doors = JoinSet::new();
        for listener in listeners {
            doors.spawn(listener.run(gate.clone(), stopping.clone()));
        }
        let (end, ended) = watch::channel(None);
        // Nobody joins this task: its end, also by a panic, is seen through `ended`.
        tokio::spawn(async move {
            let (result, store) = turns.run().await;
            // Nobody is told anything new from here on: doors close, connections take their last lines, the store ends.
            stop.send_replace(true);
            doors.join_all().await;
            store.close().await;
            drop(data_dir);
            end.send_replace(Some(result));
        });
        Ok(Server { addresses, fingerprint: tls.fingerprint, owner_code, owner_code_file, news, orders, ended })
    }

    /// The addresses really bound, in the order of the settings.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Of the certificate that is served.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The code that makes who signs up with it the owner; `None` once there is one.
    #[must_use]
    pub fn owner_code(&self) -> Option<&str> {
        self.owner_code.as_deref()
    }

    /// The file in which that code is kept, unless nothing is.
    #[must_use]
    pub fn owner_code_file(&self) -> Option<&Path> {
        self.owner_code_file.as_deref()
    }

    /// What happens from now on. Who falls more than 1024 behind misses the oldest.
    #[must_use]
    pub fn news(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// Asks for something in the operator's name.
    pub async fn operator(&self, verb: OperatorVerb) -> OperatorAnswer {
        let (reply, answer) = oneshot::channel();
        let gone = || OperatorAnswer::Refused("the server has ended".into());
        match self.orders.send((verb, reply)).await {
            Ok(()) => answer.await.unwrap_or_else(|_| gone()),
            Err(_) => gone(),
        }
    }

    /// Ends the server: everybody is told, what they were sent is written out, the store is closed.
    ///
    /// # Errors
    /// As [`Server::ended`].
    pub async fn stop(&self, how: Stop) -> Result<(), ServeError> {
        let verb = match how {
            Stop::Shutdown => OperatorVerb::Shutdown { delay: 0, reason: None },
            Stop::Restart => OperatorVerb::Restart { reason: None },
        };
        self.operator(verb).await;
        self.ended().await
    }

    /// Waits for the end, whoever brings it about.
    ///
    /// # Errors
    /// [`ServeError`] says why the server could not go on.
    pub async fn ended(&self) -> Result<(), ServeError> {
        match self.ended.clone().wait_for(Option::is_some).await {
            Ok(end) => end.clone().unwrap_or(Ok(())),
            Err(_) => Err(ServeError::Panicked),
        }
    }
}

/// What has to be there before anybody can connect.
struct Opened {
    /// Held until the store is closed.
    data_dir: Option<DataDir>,
    store: Box<dyn Store>,
    snapshot: Snapshot,
    tls: Tls,
}

fn open(storage: &Storage, certificate: Option<(PathBuf, PathBuf)>, name: &str) -> Result<Opened, StartError> {
    let epoch = secret::number().map_err(StartError::Chance)?;
    let owner_code = secret::code().map_err(StartError::Chance)?;
    let files = certificate.map(|(certificate, key)| Identity::Files { certificate, key });
    let (data_dir, store, identity): (_, Box<dyn Store>, _) = match storage {
        Storage::Folder(path) => {
            let data_dir = DataDir::open(path)?;
            let store = Sqlite::open(&data_dir.database(), epoch, &owner_code)?;
            let identity = Identity::Own(data_dir.path().to_owned());
            (Some(data_dir), Box::new(store), identity)
        }
        Storage::Ephemeral => (None, Box::new(Memory::new(epoch, owner_code)), Identity::Fleeting),
    };
    let snapshot = store.load()?;
    if let Some(data_dir) = &data_dir {
        data_dir.keep_owner_code(snapshot.owner_code.as_deref())?;
    }
    let tls = Tls::new(&files.unwrap_or(identity), name)?;
    Ok(Opened { data_dir, store, snapshot, tls })
}
