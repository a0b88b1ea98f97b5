//! Who may have one more connection: counts in all and per address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use super::NetLimits;
use crate::hub::io::{listed, origin};

/// Counts connections. Shared by all listeners of a server.
#[derive(Debug, Default)]
pub struct Admission {
    /// Locked for a few instructions when a connection comes or goes, never across an await.
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A counted connection; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    admission: Arc<Admission>,
    address: IpAddr,
}

impl Admission {
    /// Counts a connection from `address`, as far as `limits` allow.
    ///
    /// # Errors
    /// A sentence for the other end when there are too many.
    pub fn admit(self: &Arc<Self>, limits: &NetLimits, address: IpAddr) -> Result<Seat, &'static str> {
        let uncounted = address.is_loopback() || listed(&limits.exempt, address);
        let address = origin(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= limits.connections {
            return Err("The server is full; try again later");
        }
        let here = counts.by_address.entry(address).or_default();
        if *here >= limits.per_address && !uncounted {
            return Err("Too many connections from your address; close one and try again");
        }
        *here += 1;
        counts.all += 1;
        Ok(Seat { admission: self.clone(), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.admission.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        if let Some(here) = counts.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_counted_and_given_back() {
        let admission = Arc::new(Admission::default());
        let limits = NetLimits { connections: 4, per_address: 2, ..NetLimits::default() };
        let admit = |address: &str| admission.admit(&limits, address.parse().unwrap());
        let one = admit("2001:db8::1").unwrap();
        let _two = admit("2001:db8::2").unwrap();
        assert!(admit("2001:db8::3").unwrap_err().contains("your address"));
        drop(one);
        let _three = admit("2001:db8::3").unwrap();
        let _here = [admit("127.0.0.1").unwrap(), admit("127.0.0.1").unwrap()];
        assert!(admit("127.0.0.1").unwrap_err().contains("full"));
    }
}
