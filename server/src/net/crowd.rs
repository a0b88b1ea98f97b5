//! Those who wait for something that is scarce, in the order in which they came: when there are too many, the one who has
//! waited longest is sent away. Who wants something is through long before that, and who only sits there is not.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::Notify;

/// The crowd.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    last: u64,
    members: BTreeMap<u64, Arc<Notify>>,
}

/// Somebody in it.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) number: u64,
    /// Told when they are sent away; kept until they look.
    sent_away: Arc<Notify>,
}

impl Member {
    /// Waits until they are sent away, if ever. Cancel-safe.
    pub(super) async fn sent_away(&self) {
        self.sent_away.notified().await;
    }
}

impl Crowd {
    /// Somebody comes.
    pub(super) fn join(&mut self) -> Member {
        self.last += 1;
        let sent_away = Arc::new(Notify::new());
        self.members.insert(self.last, sent_away.clone());
        Member { number: self.last, sent_away }
    }

    /// Somebody is through or gone. Whether they were still there.
    pub(super) fn leave(&mut self, number: u64) -> bool {
        self.members.remove(&number).is_some()
    }

    /// Sends away who has waited longest; their number.
    pub(super) fn send_away(&mut self) -> Option<u64> {
        let (number, told) = self.members.pop_first()?;
        told.notify_one();
        Some(number)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }
}
