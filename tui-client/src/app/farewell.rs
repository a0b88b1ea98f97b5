//! The end of a server: announced, counted down, and then the end of klatch unless somebody wants to go on reading.

use crate::ui::banner;

/// How long klatch stays after its server is gone, in milliseconds.
const STAYS: u64 = 5_000;

/// A server that ends, or has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Farewell {
    /// Why, in the server's words; may be empty.
    pub(super) reason: String,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The server ends at this time of the steady clock.
    Announced(u64),
    /// The server is gone; klatch ends at this time.
    Counting(u64),
    /// The server is gone; klatch stays open for reading.
    Staying,
}

impl Farewell {
    /// The server ends `seconds` from now. Of what it says only what stands behind a colon is a reason; that it shuts
    /// down stands in the banner anyway.
    pub(super) fn announced(seconds: u64, says: &str, mono: u64) -> Self {
        let reason = says.split_once(": ").map(|(_, reason)| reason.to_owned()).unwrap_or_default();
        Farewell { reason, end: End::Announced(mono.saturating_add(seconds.saturating_mul(1_000))) }
    }

    /// The server is gone: the count-down of klatch itself begins.
    pub(super) fn gone(&mut self, mono: u64) {
        if matches!(self.end, End::Announced(_)) {
            self.end = End::Counting(mono.saturating_add(STAYS));
        }
    }

    /// A key was pressed. Says whether that was to stay.
    pub(super) fn stay(&mut self) -> bool {
        let counting = matches!(self.end, End::Counting(_));
        if counting {
            self.end = End::Staying;
        }
        counting
    }

    /// Whether klatch should end now.
    pub(super) fn is_over(&self, mono: u64) -> bool {
        matches!(self.end, End::Counting(at) if at <= mono)
    }

    /// How far it has come, begun seconds counted.
    pub(super) fn end(&self, mono: u64) -> banner::End {
        let seconds = |at: u64| at.saturating_sub(mono).div_ceil(1_000);
        match self.end {
            End::Announced(at) => banner::End::Announced(seconds(at)),
            End::Counting(at) => banner::End::Counting(seconds(at)),
            End::Staying => banner::End::Staying,
        }
    }

    /// When the number of seconds changes next, or klatch ends.
    pub(super) fn deadline(&self, mono: u64) -> Option<u64> {
        match self.end {
            End::Announced(at) | End::Counting(at) if at > mono => Some(at - (at - mono - 1) / 1_000 * 1_000),
            End::Counting(at) => Some(at),
            End::Announced(_) | End::Staying => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seconds_go_down_and_then_klatch_ends() {
        let mut farewell = Farewell::announced(10, "Server shuts down in 10 seconds: so long", 500);
        assert_eq!(farewell.end(500), banner::End::Announced(10));
        assert_eq!(farewell.reason, "so long");
        assert_eq!(farewell.deadline(500), Some(1_500));
        assert_eq!(farewell.end(1_500), banner::End::Announced(9));
        assert!(!farewell.is_over(100_000), "only the end of the server ends klatch");
        assert!(!farewell.stay(), "typing while the server is there is just typing");
        farewell.gone(10_500);
        assert_eq!(farewell.end(10_500), banner::End::Counting(5));
        assert!(!farewell.is_over(15_499));
        assert!(farewell.is_over(15_500));
    }

    #[test]
    fn any_key_stays() {
        let mut farewell = Farewell::announced(0, "Server shutting down", 0);
        farewell.gone(0);
        assert!(farewell.stay());
        assert_eq!(farewell.end(1), banner::End::Staying);
        assert_eq!(farewell.deadline(1), None);
        assert!(!farewell.is_over(u64::MAX));
    }
}
