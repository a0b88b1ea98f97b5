//! The server's clock as people see it: it does not go back. Everything that is said has a place in one order and a time,
//! and clients sort by time, so a clock that is set back would make new messages old ones.

use klatch_protocol::UnixMs;

/// How far back the clock may be set without the times of messages following it, in milliseconds: an hour. Whoever sets
/// it right by more than that gets messages out of order, rather than the same time on all of them for as long.
const MOST: i64 = 3_600_000;

/// The time that counts now, when `before` counted last.
pub(super) fn steady(before: UnixMs, wall: UnixMs) -> UnixMs {
    if wall < before && before.0.saturating_sub(wall.0) <= MOST { before } else { wall }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_set_back_stands_still_for_at_most_an_hour() {
        assert_eq!(steady(UnixMs(10), UnixMs(11)), UnixMs(11));
        assert_eq!(steady(UnixMs(10), UnixMs(9)), UnixMs(10));
        assert_eq!(steady(UnixMs(MOST + 10), UnixMs(9)), UnixMs(9));
    }
}
