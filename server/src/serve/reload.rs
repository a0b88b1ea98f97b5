//! New decisions of the operator for a server that runs: the configuration is read again and takes effect as a whole, or,
//! with a fault in it, not at all. Connections stay.

use std::{fmt, sync::Arc};

use tokio::sync::{mpsc, oneshot, watch};

use super::{Certificates, Order, Settings};
use crate::{hub::io::OperatorAnswer, net::Rules};

/// How to read the settings again. What it fails with is a sentence for the operator.
#[derive(Clone)]
pub struct Reread(Arc<dyn Fn() -> Result<Settings, String> + Send + Sync>);

impl Reread {
    /// By `read`, which may block.
    pub fn new(read: impl Fn() -> Result<Settings, String> + Send + Sync + 'static) -> Self {
        Reread(Arc::new(read))
    }
}

impl fmt::Debug for Reread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reread")
    }
}

/// Brings new settings to the parts that they concern.
#[derive(Clone)]
pub(super) struct Reload {
    /// As the server was started.
    pub(super) started: Settings,
    pub(super) rules: Arc<watch::Sender<Arc<Rules>>>,
    pub(super) orders: mpsc::Sender<Order>,
}

impl Reload {
    /// Reads the settings again and lets them count from now on. What was done or is wrong is logged as well.
    pub(super) async fn run(&self) -> Result<String, String> {
        let outcome = self.apply().await;
        match &outcome {
            Ok(done) => tracing::info!("{done}"),
            Err(fault) => tracing::error!("{fault}; the server goes on as it was"),
        }
        outcome
    }

    /// Does so each time somebody within the chat asks for it.
    pub(super) async fn whenever_asked(self, mut asked: mpsc::Receiver<()>) {
        while let Some(()) = asked.recv().await {
            let outcome = self.run().await;
            // Only a server that has ended takes no order, and then nobody is left to hear of it.
            let _ = self.orders.send(Order::Reread(outcome)).await;
        }
    }

    async fn apply(&self) -> Result<String, String> {
        let Some(Reread(read)) = self.started.reread.clone() else {
            return Err("this server has no configuration file to read again".into());
        };
        let listen = self.started.listen.clone();
        let read = tokio::task::spawn_blocking(move || {
            let fresh = read()?;
            let served = Certificates::of(&Settings { listen, ..fresh.clone() }).read();
            Ok::<_, String>((fresh, served.map_err(|error| error.to_string())?))
        });
        let (fresh, served) = read.await.map_err(|_| "reading the configuration failed by a fault of klatchd")??;
        let mut kept = self.kept(&fresh);
        let (reply, done) = oneshot::channel();
        let gone = || "the server has ended".to_owned();
        self.orders.send(Order::Policy(Box::new(fresh.policy), reply)).await.map_err(|_| gone())?;
        match done.await.map_err(|_| gone())? {
            OperatorAnswer::Refused(reason) => return Err(reason),
            OperatorAnswer::Done(also) if !also.is_empty() => kept.push(also),
            _ => {}
        }
        self.rules.send_replace(Arc::new(Rules { limits: fresh.net, acceptors: served.acceptors }));
        if kept.is_empty() {
            return Ok("the configuration was read again and counts from now on".into());
        }
        let kept = kept.join(", ");
        tracing::warn!("only a restart changes {kept}");
        Ok(format!("the configuration was read again; only a restart changes {kept}"))
    }

    /// What differs in `fresh` and cannot change while the server runs.
    fn kept(&self, fresh: &Settings) -> Vec<String> {
        let now = &self.started;
        let differs = [
            ("the listening addresses", now.listen != fresh.listen),
            ("the data directory", now.storage != fresh.storage),
            ("how passwords are hashed", now.auth != fresh.auth),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what.to_owned()).collect()
    }
}
