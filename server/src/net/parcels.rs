//! What a burst has for connections, on its way to the thread that writes to them.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::Outbox;

/// How many bursts may be on their way. With more the loop waits, so what nobody has written yet stays bounded.
pub const BURSTS_WAITING: usize = 2;

/// What a burst has for one connection.
#[derive(Debug)]
pub struct Parcel {
    /// Where it goes.
    pub outbox: Arc<Outbox>,
    /// The bytes, in order.
    pub chunks: Vec<Bytes>,
    /// Whether the connection is closed behind them.
    pub last: bool,
}

/// Puts what comes into its outboxes, until nobody sends any more. Has to run on the thread of the writers: to wake a
/// task of one's own thread is nearly nothing, and one of another thread's is a system call.
pub async fn hand_out(mut bursts: mpsc::Receiver<Vec<Parcel>>) {
    while let Some(burst) = bursts.recv().await {
        for Parcel { outbox, chunks, last } in burst {
            if !chunks.is_empty() {
                outbox.push(chunks);
            }
            if last {
                outbox.close();
            }
        }
    }
}
