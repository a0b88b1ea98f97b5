//! From where the owners of names logged in before.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use klatch_protocol::UnixMs;

use crate::hub::io::{ADDRESSES_KNOWN, KnownAddress};

/// How long an address that is used again need not be written down again.
const STAYS_FRESH: i64 = 24 * 60 * 60 * 1_000;

/// The newest [`ADDRESSES_KNOWN`] addresses of each name.
#[derive(Debug, Default)]
pub(super) struct Known {
    by_name: HashMap<Arc<str>, Vec<(IpAddr, UnixMs)>>,
}

impl Known {
    /// As the store remembers it.
    pub(super) fn new(rows: Vec<KnownAddress>) -> Self {
        let mut known = Known::default();
        rows.into_iter().for_each(|row| drop(known.remember(&row.name, row.from, row.at)));
        known
    }

    /// Whether the owner of `name` logged in from `from` before.
    pub(super) fn is(&self, name: &str, from: IpAddr) -> bool {
        self.by_name.get(name).is_some_and(|addresses| addresses.iter().any(|(known, _)| *known == from))
    }

    /// They did so just now. What has to be kept of it, if anything is new; the oldest address makes room.
    pub(super) fn remember(&mut self, name: &Arc<str>, from: IpAddr, at: UnixMs) -> Option<KnownAddress> {
        let addresses = self.by_name.entry(name.clone()).or_default();
        let before = addresses.iter().position(|(known, _)| *known == from);
        if let Some((_, then)) = before.and_then(|place| addresses.get(place))
            && at.0.abs_diff(then.0) < STAYS_FRESH.unsigned_abs()
        {
            return None;
        }
        before.map(|place| addresses.remove(place));
        addresses.push((from, at));
        addresses.sort_by_key(|(_, at)| *at);
        let over = addresses.len().saturating_sub(ADDRESSES_KNOWN);
        addresses.drain(..over);
        Some(KnownAddress { name: name.clone(), from, at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_addresses_are_known_and_written_down_once_a_day() {
        let (mut known, name) = (Known::default(), Arc::<str>::from("amy"));
        let address = |number: u8| IpAddr::from([10, 0, 0, number]);
        for number in 1..=10 {
            assert!(known.remember(&name, address(number), UnixMs(i64::from(number))).is_some());
        }
        let is = |known: &Known| (1..=10).filter(|number| known.is("amy", address(*number))).collect::<Vec<_>>();
        assert_eq!(is(&known), [3, 4, 5, 6, 7, 8, 9, 10]);
        assert!(!known.is("bob", address(10)));
        assert!(known.remember(&name, address(3), UnixMs(100)).is_none());
        assert!(known.remember(&name, address(3), UnixMs(STAYS_FRESH + 3)).is_some());
        known.remember(&name, address(11), UnixMs(STAYS_FRESH + 4));
        assert_eq!(is(&known), [3, 5, 6, 7, 8, 9, 10]);
    }
}
