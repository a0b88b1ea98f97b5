//! Who waits for password work, and whose turn is next.
//!
//! What is more urgent goes first. Among equals each address has its turn after the others, however many of its jobs wait,
//! and none may take more than its share of the places.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
};

use crate::{
    hub::io::{AuthRequest, Ticket, Urgency, neighbourhood},
    lanes::Lanes,
};

/// Requests in the order in which they will be done.
#[derive(Debug)]
pub(super) struct Queue {
    /// The most that wait.
    places: usize,
    /// The most of them that wait for one address.
    share: usize,
    /// Of each urgency a lane for each neighbourhood: strangers with a network of many addresses share one.
    lanes: BTreeMap<Urgency, Lanes<Option<IpAddr>, AuthRequest>>,
    by_address: HashMap<IpAddr, usize>,
    waiting: usize,
}

impl Queue {
    /// An empty queue of so many `places`.
    pub(super) fn new(places: usize) -> Self {
        Queue { places, share: (places / 16).max(1), lanes: BTreeMap::new(), by_address: HashMap::new(), waiting: 0 }
    }

    /// Takes a place in the queue.
    ///
    /// # Errors
    /// The request, when there is no place left for it.
    pub(super) fn push(&mut self, request: AuthRequest) -> Result<(), AuthRequest> {
        let taken = request.from.and_then(|from| self.by_address.get(&from)).copied().unwrap_or(0);
        if self.waiting >= self.places || taken >= self.share {
            return Err(request);
        }
        self.waiting += 1;
        if let Some(from) = request.from {
            self.by_address.insert(from, taken + 1);
        }
        self.lanes.entry(request.urgency).or_default().push(request.from.map(neighbourhood), request);
        Ok(())
    }

    /// Whose turn it is.
    pub(super) fn pop(&mut self) -> Option<AuthRequest> {
        let (_, request) = self.lanes.values_mut().find_map(Lanes::pop)?;
        self.leave(request.from);
        Some(request)
    }

    /// Nobody waits for this any more. Whether it had a place.
    pub(super) fn remove(&mut self, ticket: Ticket) -> bool {
        match self.lanes.values_mut().find_map(|lanes| lanes.remove(|request| request.ticket == ticket)) {
            Some(request) => {
                self.leave(request.from);
                true
            }
            None => false,
        }
    }

    fn leave(&mut self, from: Option<IpAddr>) {
        self.waiting -= 1;
        let Some(from) = from else { return };
        if let Some(taken) = self.by_address.get_mut(&from) {
            *taken -= 1;
            if *taken == 0 {
                self.by_address.remove(&from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::io::AuthJob;

    fn request(ticket: u64, urgency: Urgency, from: Option<&str>) -> AuthRequest {
        let job = AuthJob::Hash { password: Default::default() };
        AuthRequest { ticket: Ticket(ticket), urgency, from: from.map(|from| from.parse().unwrap()), job }
    }

    fn order(queue: &mut Queue) -> Vec<u64> {
        std::iter::from_fn(|| queue.pop()).map(|request| request.ticket.0).collect()
    }

    #[test]
    fn who_comes_last_from_another_address_waits_for_one_job_of_each() {
        let mut queue = Queue::new(64);
        for ticket in 0..4 {
            queue.push(request(ticket, Urgency::Stranger, Some("203.0.113.1"))).unwrap();
        }
        queue.push(request(10, Urgency::Stranger, Some("203.0.113.2"))).unwrap();
        queue.push(request(11, Urgency::Stranger, Some("203.0.113.2"))).unwrap();
        assert_eq!(order(&mut queue), [0, 10, 1, 11, 2, 3]);
    }

    #[test]
    fn one_network_of_ipv6_has_one_turn_however_many_addresses_it_has() {
        let mut queue = Queue::new(64);
        for ticket in 0..5_u64 {
            let from = format!("2001:db8:7:{ticket}::");
            queue.push(request(ticket, Urgency::Stranger, Some(&from))).unwrap();
        }
        queue.push(request(10, Urgency::Stranger, Some("203.0.113.2"))).unwrap();
        assert_eq!(order(&mut queue)[..2], [0, 10]);
    }

    #[test]
    fn what_is_more_urgent_goes_first() {
        let mut queue = Queue::new(64);
        queue.push(request(1, Urgency::SignUp, Some("203.0.113.1"))).unwrap();
        queue.push(request(2, Urgency::Stranger, Some("203.0.113.1"))).unwrap();
        queue.push(request(3, Urgency::Known, Some("203.0.113.1"))).unwrap();
        queue.push(request(4, Urgency::Known, None)).unwrap();
        assert_eq!(order(&mut queue), [3, 4, 2, 1]);
    }

    #[test]
    fn an_address_has_its_share_and_all_have_the_places() {
        let mut queue = Queue::new(32);
        let push = |queue: &mut Queue, ticket, from| queue.push(request(ticket, Urgency::Stranger, from)).is_ok();
        let greedy = (0..8).filter(|ticket| push(&mut queue, *ticket, Some("203.0.113.1"))).count();
        assert_eq!(greedy, 2);
        assert!(push(&mut queue, 10, Some("203.0.113.2")));
        let uncounted = (11..60).filter(|ticket| push(&mut queue, *ticket, None)).count();
        assert_eq!(uncounted, 29);
        assert!(!push(&mut queue, 60, Some("203.0.113.3")));
        assert!(queue.remove(Ticket(10)) && !queue.remove(Ticket(10)));
        assert!(push(&mut queue, 61, Some("203.0.113.3")));
        assert_eq!(order(&mut queue).len(), 32);
        assert!(queue.by_address.is_empty() && queue.waiting == 0);
        assert!(push(&mut queue, 70, Some("203.0.113.1")));
    }
}
