//! The only place of the server that asks what time it is.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use klatch_protocol::UnixMs;

use crate::hub::io::Now;

/// Both clocks, as the hub counts them.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Where the hub's monotonic milliseconds are 0.
    start: Instant,
}

impl Clock {
    /// A clock that begins now.
    #[must_use]
    pub fn start() -> Self {
        Clock { start: Instant::now() }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Now {
        // 64 bits of milliseconds last longer than any machine.
        Now { wall: wall(), mono: self.start.elapsed().as_millis() as u64 }
    }

    /// When the monotonic clock will show `mono`.
    #[must_use]
    pub fn instant(&self, mono: u64) -> Instant {
        self.start + std::time::Duration::from_millis(mono)
    }
}

/// The wall clock. A time before 1970 counts as 1970.
#[must_use]
pub fn wall() -> UnixMs {
    UnixMs(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64))
}
