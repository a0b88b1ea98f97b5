//! The token bucket that keeps one connection from flooding the others.

use crate::hub::policy::Flood;

/// Thousandths of a token, so that slow refills lose nothing.
const TOKEN: u64 = 1_000;

/// The tokens of one connection. Starts full.
#[derive(Debug, Default)]
pub(in crate::hub) struct Bucket {
    /// Thousandths of tokens that are missing.
    missing: u64,
    /// When that was so.
    at: u64,
}

impl Bucket {
    /// Takes the token of one line.
    ///
    /// # Errors
    /// When there is none, the time at which there will be.
    pub(in crate::hub) fn take(&mut self, flood: Flood, now: u64) -> Result<(), u64> {
        let rate = u64::from(flood.per_second.max(1));
        self.missing = self.missing.saturating_sub(now.saturating_sub(self.at).saturating_mul(rate));
        self.at = now;
        let wanted = self.missing + TOKEN;
        let over = wanted.saturating_sub(u64::from(flood.burst.max(1)) * TOKEN);
        if over > 0 {
            return Err(now + over.div_ceil(rate));
        }
        self.missing = wanted;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let flood = Flood { burst: 3, per_second: 10, backlog: 0 };
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            assert_eq!(bucket.take(flood, 0), Ok(()));
        }
        assert_eq!(bucket.take(flood, 0), Err(100));
        assert_eq!(bucket.take(flood, 99), Err(100));
        assert_eq!(bucket.take(flood, 100), Ok(()));
        assert_eq!(bucket.take(flood, 100), Err(200));
        assert_eq!(bucket.take(flood, 10_000), Ok(()));
    }
}
