//! The end of a server: announced, counted down, and then the end of klatch unless somebody wants to go on reading.

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
    /// The server ends `seconds` from now.
    pub(super) fn announced(seconds: u64, reason: String, mono: u64) -> Self {
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

    /// The seconds left of what is counted down, begun ones counted; `None` when nothing is.
    pub(super) fn seconds(&self, mono: u64) -> Option<u64> {
        match self.end {
            End::Announced(at) | End::Counting(at) => Some(at.saturating_sub(mono).div_ceil(1_000)),
            End::Staying => None,
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
        let mut farewell = Farewell::announced(10, String::new(), 500);
        assert_eq!(farewell.seconds(500), Some(10));
        assert_eq!(farewell.deadline(500), Some(1_500));
        assert_eq!(farewell.seconds(1_500), Some(9));
        assert!(!farewell.is_over(100_000), "only the end of the server ends klatch");
        assert!(!farewell.stay(), "typing while the server is there is just typing");
        farewell.gone(10_500);
        assert_eq!(farewell.seconds(10_500), Some(5));
        assert!(!farewell.is_over(15_499));
        assert!(farewell.is_over(15_500));
    }

    #[test]
    fn any_key_stays() {
        let mut farewell = Farewell::announced(0, String::new(), 0);
        farewell.gone(0);
        assert!(farewell.stay());
        assert_eq!(farewell.seconds(1), None);
        assert_eq!(farewell.deadline(1), None);
        assert!(!farewell.is_over(u64::MAX));
    }
}
