//! The token bucket that keeps one connection, or all of an account, from flooding the others.

use crate::hub::policy::Flood;

/// Thousandths of a token, so that slow refills lose nothing.
const TOKEN: u64 = 1_000;

/// The tokens of one connection or account. Starts full.
#[derive(Debug, Default)]
pub(in crate::hub) struct Bucket {
    /// Thousandths of tokens that are missing.
    missing: u64,
    /// When that was so.
    at: u64,
}

impl Bucket {
    /// When there is a token for the next line; `now` if there is one already.
    pub(in crate::hub) fn ready(&self, flood: Flood, now: u64) -> u64 {
        let over = (self.missing(flood, now) + TOKEN).saturating_sub(u64::from(flood.burst.max(1)) * TOKEN);
        now + over.div_ceil(rate(flood))
    }

    /// Takes tokens, also such as are not there yet: the next line waits for them then.
    pub(in crate::hub) fn take(&mut self, tokens: u32, flood: Flood, now: u64) {
        self.missing = self.missing(flood, now).saturating_add(u64::from(tokens) * TOKEN);
        self.at = now;
    }

    fn missing(&self, flood: Flood, now: u64) -> u64 {
        self.missing.saturating_sub(now.saturating_sub(self.at).saturating_mul(rate(flood)))
    }
}

/// Tokens a second are thousandths of a token a millisecond.
fn rate(flood: Flood) -> u64 {
    u64::from(flood.per_second.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let flood = Flood { burst: 3, per_second: 10, backlog: 0 };
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            assert_eq!(bucket.ready(flood, 0), 0);
            bucket.take(1, flood, 0);
        }
        assert_eq!((bucket.ready(flood, 0), bucket.ready(flood, 99), bucket.ready(flood, 100)), (100, 100, 100));
        bucket.take(1, flood, 100);
        assert_eq!(bucket.ready(flood, 100), 200);
        assert_eq!(bucket.ready(flood, 10_000), 10_000);
    }

    #[test]
    fn what_costs_more_than_there_is_makes_the_next_line_wait() {
        let flood = Flood { burst: 3, per_second: 10, backlog: 0 };
        let mut bucket = Bucket::default();
        bucket.take(20, flood, 0);
        assert_eq!(bucket.ready(flood, 0), 1_800);
    }
}
