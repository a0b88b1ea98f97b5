//! A real server on a store that fails: nobody may be told of what was not saved.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use super::*;
use crate::{
    auth::Cost,
    hub::io::{Answer, Query, Write},
    store::StoreError,
};

/// A store in memory that fails while it is told to.
struct Failing {
    memory: Memory,
    fault: Arc<Mutex<Option<StoreError>>>,
    /// How many commits failed.
    failed: watch::Sender<u32>,
}

impl Store for Failing {
    fn load(&self) -> Result<Snapshot, StoreError> {
        self.memory.load()
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        match self.fault.lock().unwrap().clone() {
            Some(fault) => {
                self.failed.send_modify(|count| *count += 1);
                Err(fault)
            }
            None => self.memory.commit(writes),
        }
    }

    fn query(&self, query: &Query) -> Answer {
        self.memory.query(query)
    }
}

/// A server whose store fails, and somebody who has just asked it for an account.
struct Scene {
    server: Server,
    fault: Arc<Mutex<Option<StoreError>>>,
    failed: watch::Receiver<u32>,
    lines: BufReader<TcpStream>,
}

impl Scene {
    async fn new(fault: StoreError) -> Self {
        let fault = Arc::new(Mutex::new(Some(fault)));
        let (failed_in, failed) = watch::channel(0);
        let store = Failing { memory: Memory::new(1, "CODE".into()), fault: fault.clone(), failed: failed_in };
        let snapshot = store.load().unwrap();
        let endpoint = Endpoint::from(SocketAddr::from(([127, 0, 0, 1], 0)));
        let settings = Settings {
            policy: Policy::default(),
            listen: vec![endpoint.clone()],
            storage: Storage::Ephemeral,
            certificate: None,
            net: NetLimits::default(),
            auth: AuthLimits { cost: Cost::Cheap, ..AuthLimits::default() },
            reread: None,
        };
        let tls = Certificates::of(&settings).read().unwrap();
        let opened = Opened { data_dir: None, searcher: None, store: Box::new(store), is_checked: true, snapshot, tls };
        let listeners = vec![Listener::bind(0, endpoint).unwrap()];
        let server = Server::launch(opened, listeners, settings).unwrap();
        let mut stream = TcpStream::connect(server.addresses()[0]).await.unwrap();
        stream
            .write_all(
                b"CAP REQ :draft/account-registration\r\nNICK amelia\r\nUSER a 0 * :A\r\nREGISTER * * password\r\n",
            )
            .await
            .unwrap();
        Scene { server, fault, failed, lines: BufReader::new(stream) }
    }

    async fn failures(&mut self, count: u32) {
        self.failed.wait_for(|failed| *failed >= count).await.unwrap();
    }

    /// What was said up to a line with `part`, or to the end.
    async fn said_until(&mut self, part: &str) -> String {
        let mut said = String::new();
        while !said.contains(part) && self.lines.read_line(&mut said).await.unwrap_or(0) > 0 {}
        said
    }
}

#[tokio::test]
async fn a_full_disk_is_waited_out_and_nobody_is_told_anything_meanwhile() {
    let mut scene = Scene::new(StoreError::Full("x".into())).await;
    scene.failures(2).await;
    let OperatorAnswer::Refused(why) = scene.server.operator(OperatorVerb::Who).await else { panic!() };
    assert!(why.contains("full"), "{why}");
    scene.said_until("ACK").await;
    let news = scene.server.news();
    assert!(scene.lines.buffer().is_empty());
    assert!(scene.lines.get_ref().try_read(&mut [0; 64]).is_err(), "nothing more is there to read");
    *scene.fault.lock().unwrap() = None;
    assert!(scene.said_until("REGISTER").await.contains("REGISTER SUCCESS amelia"));
    assert_eq!(news.len(), 1, "the news came with the commit");
    scene.server.stop(Stop::Shutdown).await.unwrap();
}

#[tokio::test]
async fn what_is_kept_nowhere_has_no_backup() {
    let scene = Scene::new(StoreError::Full("x".into())).await;
    let refused = scene.server.backup("somewhere.db".into(), Existing::Keep).await.unwrap_err();
    assert!(refused.contains("--ephemeral"), "{refused}");
}

#[tokio::test]
async fn damage_that_is_found_later_ends_the_server() {
    let damage = StoreError::Corrupt { path: "x".into(), detail: "page 7".into() };
    for fault in [None, Some(StoreError::Full("x".into()))] {
        let mut scene = Scene::new(StoreError::Full("x".into())).await;
        *scene.fault.lock().unwrap() = fault.clone();
        if fault.is_some() {
            scene.failures(1).await;
        }
        scene.server.orders.send(Order::Fault(damage.clone())).await.unwrap();
        assert_eq!(scene.server.ended().await, Err(ServeError::Damaged(damage.clone())));
    }
}

#[tokio::test]
async fn a_server_with_a_full_disk_can_still_be_ended() {
    let mut scene = Scene::new(StoreError::Full("x".into())).await;
    scene.failures(1).await;
    let stopped = scene.server.stop(Stop::Restart).await;
    assert_eq!(stopped, Err(ServeError::Store(StoreError::Full("x".into()))));
    assert!(!scene.said_until("\0").await.contains("SUCCESS"));
}

#[tokio::test]
async fn a_failed_commit_ends_the_server_and_is_told_to_nobody_as_done() {
    let fault = StoreError::Io { path: "x".into(), detail: "broken disk".into() };
    let mut scene = Scene::new(fault.clone()).await;
    let ended = scene.server.ended().await;
    assert_eq!(ended, Err(ServeError::Store(fault)));
    assert!(ended.unwrap_err().to_string().contains("nobody was told"));
    let said = scene.said_until("\0").await;
    assert!(said.contains("ERROR") && !said.contains("SUCCESS"), "{said}");
    let refused = scene.server.operator(OperatorVerb::Who).await;
    assert!(matches!(refused, OperatorAnswer::Refused(_)));
}
