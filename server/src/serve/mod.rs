//! A running server: its parts wired together, started and ended in order.
//!
//! This is all that a program needs which runs a server inside itself: [`Server::start`], what it answers about itself,
//! and [`Server::stop`].

mod alone;
mod aside;
mod certificates;
mod error;
mod reload;
mod run;
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
    runtime::Handle,
    sync::{broadcast, mpsc, oneshot, watch},
    task::JoinSet,
};

use alone::alone;
use aside::Aside;
pub(crate) use aside::backed_up;
use certificates::{Certificates, Served};
pub use error::{ServeError, StartError};
use reload::Reload;
pub use reload::Reread;
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
    net::{BURSTS_WAITING, Endpoint, Gate, Listener, NetLimits, Rules, hand_out},
    secret,
    store::{ANSWERS_WAITING, Existing, Memory, Searcher, Sqlite, Store, StoreError, StoreWorker},
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
    /// Where to listen, and what to expect there.
    pub listen: Vec<Endpoint>,
    /// Where to keep what has to last.
    pub storage: Storage,
    /// The operator's own certificate and key, as PEM files. Without them one is made and kept in the data directory.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// What connections may take.
    pub net: NetLimits,
    /// How passwords are hashed.
    pub auth: AuthLimits,
    /// How to read all this again while the server runs; without it, it stays as it is.
    pub reread: Option<Reread>,
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
enum Order {
    /// Something of the hub.
    Verb(OperatorVerb, oneshot::Sender<OperatorAnswer>),
    /// New decisions; the answer as of [`Input::Decide`](crate::hub::io::Input::Decide).
    Policy(Box<Policy>, oneshot::Sender<OperatorAnswer>),
    /// What came of reading them, for those within the chat who asked.
    Reread(Result<String, String>),
    /// Ends the server: the database turned out to be damaged.
    Fault(StoreError),
}

impl Order {
    /// What is to be done when nobody is left who could order anything: an end.
    fn abandoned() -> Self {
        Order::Verb(OperatorVerb::Restart { reason: None }, oneshot::channel().0)
    }
}

/// A running server. Dropping it does not end it; [`Server::stop`] does, and so does the end of the runtime it was started
/// in.
///
/// Connections are read and written by one thread, so that what arrives earlier is done earlier, and the loop has another:
/// neither waits for TLS handshakes, which are worked on in the runtime the server was started in.
pub struct Server {
    addresses: Vec<SocketAddr>,
    compat_addresses: Vec<SocketAddr>,
    fingerprint: Fingerprint,
    owner_code: Option<String>,
    owner_code_file: Option<PathBuf>,
    news: broadcast::Sender<News>,
    orders: mpsc::Sender<Order>,
    reload: Reload,
    aside: Aside,
    ended: watch::Receiver<Option<Result<(), ServeError>>>,
}

impl Server {
    /// Starts a server: when this returns, it accepts connections. Has to be called within a tokio runtime with its time
    /// and I/O enabled.
    ///
    /// # Errors
    /// [`StartError`] says in one line what is in the way and what to do.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let certificates = Certificates::of(&settings);
        let storage = settings.storage.clone();
        // Disk and key generation block.
        let opened = tokio::task::spawn_blocking(move || open(&storage, &certificates));
        let opened = opened.await.map_err(|_| StartError::Panicked)??;
        // Bound last: who connects early should not meet a server that cannot start.
        let numbered = settings.listen.iter().cloned().enumerate();
        let listeners =
            numbered.map(|(number, endpoint)| Listener::bind(number, endpoint)).collect::<Result<Vec<_>, _>>()?;
        Self::launch(opened, listeners, settings)
    }

    /// Sets everything in motion.
    fn launch(opened: Opened, listeners: Vec<Listener>, settings: Settings) -> Result<Self, StartError> {
        let Opened { data_dir, searcher, store, is_checked, snapshot, tls } = opened;
        let Settings { policy, net, auth, .. } = settings.clone();
        let of = |compat: bool| listeners.iter().filter(move |l| l.is_compat() == compat).map(Listener::address);
        let (addresses, compat_addresses) = (of(false).collect(), of(true).collect());
        let aside = Aside::new(data_dir.as_ref().map(DataDir::database));
        let owner_code = snapshot.owner_code.clone();
        let owner_code_file = data_dir.as_ref().filter(|_| owner_code.is_some()).map(DataDir::owner_code);
        let (news, _) = broadcast::channel(NEWS_WAITING);
        let (orders, orders_in) = mpsc::channel(ORDERS_WAITING);
        let (arrivals, arrivals_in) = mpsc::channel(ARRIVALS_WAITING);
        // One place: asking twice before it happens is asking once.
        let (reloads, reloads_in) = mpsc::channel(1);
        let (answers, answers_in) = mpsc::channel(ANSWERS_WAITING + auth.threads.get() + auth.queue);
        let (parcels, parcels_in) = mpsc::channel(BURSTS_WAITING);
        let clock = Clock::start();
        let turns = Turns::new(turns::Parts {
            clock,
            hub: Hub::new(policy, snapshot, clock.now().wall),
            store: StoreWorker::start(store, searcher, answers.clone()).map_err(StartError::Thread)?,
            passwords: Passwords::new(auth, answers).map_err(|error| StartError::Passwords(error.to_string()))?,
            arrivals: arrivals_in,
            answers: answers_in,
            parcels,
            orders: orders_in,
            news: news.clone(),
            reloads,
        });
        let (stop, stopping) = watch::channel(false);
        let (rules, ruled) = watch::channel(Arc::new(Rules { limits: net, acceptors: tls.acceptors }));
        let reload = Reload { started: settings, rules: Arc::new(rules), orders: orders.clone() };
        // Ends with the loop, which holds the other end.
        tokio::spawn(reload.clone().whenever_asked(reloads_in));
        let gate = Arc::new(Gate::new(ruled, arrivals, Handle::current()));
        let doors = async move {
            let mut doors = JoinSet::new();
            for listener in listeners {
                doors.spawn(listener.run(gate.clone(), stopping.clone()));
            }
            // The loop has ended before the doors close, so there is an end to what is handed out as well.
            tokio::join!(doors.join_all(), hand_out(parcels_in));
        };
        let closed = alone("connections", doors).map_err(StartError::Thread)?;
        if !is_checked {
            aside.check(orders.clone());
        }
        let (end, ended) = watch::channel(None);
        let beside = aside.clone();
        // Nobody joins this thread: its end, also by a panic, is seen through `ended`.
        let hub = async move {
            let (result, store) = turns.run().await;
            // Nobody is told anything new from here on: doors close, connections take their last lines, the store ends.
            stop.send_replace(true);
            // A panic there has ended all connections as well.
            let _ = closed.await;
            beside.end().await;
            store.close().await;
            drop(data_dir);
            end.send_replace(Some(result));
        };
        alone("hub", hub).map_err(StartError::Thread)?;
        Ok(Server {
            addresses,
            compat_addresses,
            fingerprint: tls.fingerprint,
            owner_code,
            owner_code_file,
            news,
            orders,
            reload,
            aside,
            ended,
        })
    }

    /// The addresses really bound, in the order of the settings.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Those where the original's client is served; they are not among the others.
    #[must_use]
    pub fn compat_addresses(&self) -> &[SocketAddr] {
        &self.compat_addresses
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
        match self.orders.send(Order::Verb(verb, reply)).await {
            Ok(()) => answer.await.unwrap_or_else(|_| gone()),
            Err(_) => gone(),
        }
    }

    /// Reads the settings again and lets them count from now on; connections stay. What was done, in a sentence.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the new settings; the server goes on with the old ones.
    pub async fn reload(&self) -> Result<String, String> {
        self.reload.run().await
    }

    /// Copies the database as it is at this moment to the file `target`, while the chat goes on. Relative names are those of
    /// the folder that the program was started in. What was done, in a sentence.
    ///
    /// # Errors
    /// A sentence that says what was in the way; then `target` is as it was.
    pub async fn backup(&self, target: PathBuf, existing: Existing) -> Result<String, String> {
        self.aside.backup(target, existing).await
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
    /// Before the store, as it has to be dropped before it.
    searcher: Option<Box<dyn Searcher>>,
    store: Box<dyn Store>,
    /// Whether all that is kept was read and found in order.
    is_checked: bool,
    snapshot: Snapshot,
    tls: Served,
}

fn open(storage: &Storage, certificates: &Certificates) -> Result<Opened, StartError> {
    let epoch = secret::number().map_err(StartError::Chance)?;
    let owner_code = secret::code().map_err(StartError::Chance)?;
    let (data_dir, store, is_checked): (_, Box<dyn Store>, _) = match storage {
        Storage::Folder(path) => {
            let data_dir = DataDir::open(path)?;
            let store = Sqlite::open(&data_dir.database(), epoch, &owner_code)?;
            let is_checked = store.is_checked();
            (Some(data_dir), Box::new(store), is_checked)
        }
        Storage::Ephemeral => (None, Box::new(Memory::new(epoch, owner_code)), true),
    };
    let snapshot = store.load()?;
    if let Some(data_dir) = &data_dir {
        data_dir.keep_owner_code(snapshot.owner_code.as_deref())?;
    }
    let tls = certificates.read()?;
    let searcher = store.searcher()?;
    Ok(Opened { data_dir, searcher, store, is_checked, snapshot, tls })
}
