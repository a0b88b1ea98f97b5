//! Who may have one more connection: counts in all and per address, and TLS handshakes under way.
//!
//! Connections that have not logged in make room for new ones when the server is full, the oldest first: silence keeps
//! nobody out.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    NetLimits,
    crowd::{Crowd, Member},
};
use crate::hub::io::{listed, origin};

/// Counts connections. Shared by all listeners of a server.
#[derive(Debug)]
pub struct Admission {
    /// What the system allows, whatever the settings say.
    most: usize,
    /// Both are locked for a few instructions when a connection comes or goes, never across an await.
    counts: Mutex<Counts>,
    handshakes: Mutex<Crowd>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
    /// Those that have not logged in.
    strangers: Crowd,
    /// Those that were sent away and are not counted any more, though they are not gone yet.
    leaving: HashSet<u64>,
}

impl Counts {
    fn leave(&mut self, address: IpAddr) {
        self.all -= 1;
        if let Some(here) = self.by_address.get_mut(&address) {
            *here -= 1;
            if *here == 0 {
                self.by_address.remove(&address);
            }
        }
    }

    /// Whether somebody was there to be sent away.
    fn make_room(&mut self) -> bool {
        let gone = self.strangers.send_away();
        self.leaving.extend(gone);
        gone.is_some()
    }
}

/// A counted connection; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    admission: Arc<Admission>,
    address: IpAddr,
    member: Member,
}

/// What says of a connection that it logged in, and may stay.
#[derive(Debug)]
pub struct Stay {
    admission: Arc<Admission>,
    number: u64,
}

/// A TLS handshake under way; over when dropped.
#[derive(Debug)]
pub(super) struct Handshake {
    admission: Arc<Admission>,
    member: Member,
}

impl Admission {
    /// Counts at most `most` connections, whatever the settings say: so many as the system has files for.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Admission { most, counts: Mutex::default(), handshakes: Mutex::default() }
    }

    /// Counts a connection from `address`, as far as `limits` allow.
    ///
    /// # Errors
    /// A sentence for the other end when there are too many.
    pub fn admit(self: &Arc<Self>, limits: &NetLimits, address: IpAddr) -> Result<Seat, &'static str> {
        let uncounted = address.is_loopback() || listed(&limits.exempt, address);
        let address = origin(address);
        let mut counts = self.counts();
        let here = counts.by_address.get(&address).copied().unwrap_or(0);
        if here >= limits.per_address && !uncounted {
            return Err("Too many connections from your address; close one and try again");
        }
        // Who was sent away is told so, and until they are gone one more than allowed is open.
        if counts.all - counts.leaving.len() >= limits.connections.min(self.most) && !counts.make_room() {
            return Err("The server is full; try again later");
        }
        *counts.by_address.entry(address).or_default() += 1;
        counts.all += 1;
        let member = counts.strangers.join();
        Ok(Seat { admission: self.clone(), address, member })
    }

    /// Sends away the oldest connection that has not logged in, since the system has no room for another.
    pub(super) fn make_room(&self) {
        self.counts().make_room();
    }

    /// Counts a TLS handshake. With more than `most` the oldest is given up.
    pub(super) fn handshake(self: &Arc<Self>, most: usize) -> Handshake {
        let mut handshakes = self.handshakes.lock().unwrap_or_else(PoisonError::into_inner);
        while handshakes.len() >= most.max(1) {
            handshakes.send_away();
        }
        Handshake { admission: self.clone(), member: handshakes.join() }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits until the connection has to make room for others, if ever. Cancel-safe.
    pub(super) async fn sent_away(&self) {
        self.member.sent_away().await;
    }

    /// For who knows whether the connection logged in.
    #[must_use]
    pub fn stay(&self) -> Stay {
        Stay { admission: self.admission.clone(), number: self.member.number }
    }
}

impl Stay {
    /// The connection logged in.
    pub fn settle(self) {
        self.admission.counts().strangers.leave(self.number);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.admission.counts();
        counts.strangers.leave(self.member.number);
        counts.leaving.remove(&self.member.number);
        counts.leave(self.address);
    }
}

impl Handshake {
    /// Waits until it has to make room for others, if ever. Cancel-safe.
    pub(super) async fn sent_away(&self) {
        self.member.sent_away().await;
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.admission.handshakes.lock().unwrap_or_else(PoisonError::into_inner).leave(self.member.number);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    fn is_sent_away(waiting: impl Future<Output = ()>) -> bool {
        let mut waiting = std::pin::pin!(waiting);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        waiting.as_mut().poll(&mut context) == Poll::Ready(())
    }

    #[test]
    fn seats_are_counted_and_given_back() {
        let admission = Arc::new(Admission::new(100));
        let limits = NetLimits { connections: 4, per_address: 2, ..NetLimits::default() };
        let admit = |address: &str| admission.admit(&limits, address.parse().unwrap());
        let one = admit("2001:db8::1").unwrap();
        let two = admit("2001:db8::2").unwrap();
        assert!(admit("2001:db8::3").unwrap_err().contains("your address"));
        drop(one);
        let three = admit("2001:db8::3").unwrap();
        let here = [admit("127.0.0.1").unwrap(), admit("127.0.0.1").unwrap()];
        [&two, &three, &here[0], &here[1]].into_iter().for_each(|seat| seat.stay().settle());
        assert!(admit("127.0.0.1").unwrap_err().contains("full"));
        drop(two);
        assert!(admit("127.0.0.1").is_ok());
    }

    #[test]
    fn who_has_not_logged_in_makes_room_and_who_has_stays() {
        let admission = Arc::new(Admission::new(3));
        let limits = NetLimits::default();
        let admit = || admission.admit(&limits, [127, 0, 0, 1].into());
        let (settled, oldest, newer) = (admit().unwrap(), admit().unwrap(), admit().unwrap());
        settled.stay().settle();
        let newest = admit().unwrap();
        assert!(is_sent_away(oldest.sent_away()));
        assert!(![&settled, &newer, &newest].into_iter().any(|seat| is_sent_away(seat.sent_away())));
        drop(oldest);
        let _last = admit().unwrap();
        assert!(is_sent_away(newer.sent_away()) && !is_sent_away(settled.sent_away()));
        drop(newer);
        assert_eq!(admission.counts().all, 3);
        assert!(admission.counts().leaving.is_empty());
    }

    #[test]
    fn the_oldest_handshake_makes_room() {
        let admission = Arc::new(Admission::new(3));
        let (old, new) = (admission.handshake(2), admission.handshake(2));
        let _newest = admission.handshake(2);
        assert!(is_sent_away(old.sent_away()) && !is_sent_away(new.sent_away()));
        drop(new);
        assert_eq!(admission.handshakes.lock().unwrap().len(), 1);
    }
}
