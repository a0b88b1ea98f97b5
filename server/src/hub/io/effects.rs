//! What comes out.

use bytes::Bytes;

use super::{AuthRequest, ConnId, GroupId, News, OperatorAnswer, Query, Recipients, Ticket, Write};

/// About how many bytes of memory may be taken by what is to be sent before it is handed over: answers of a hundred
/// kilobytes to a thousand short lines must not all be there at once.
const FULL: usize = 16 << 20;
/// What each connection that gets something takes besides the bytes, which many may share.
const HANDLE: usize = size_of::<Bytes>();

/// What the hub wants done. `writes` first, in one durable transaction; only then everything else.
#[derive(Debug, Default)]
pub struct Effects {
    /// What has to be on disk before anyone hears of it.
    pub writes: Vec<Write>,
    /// Lines and closes, in the order in which they have to happen.
    pub sends: Vec<Send>,
    /// Connections that belong to somebody who is here from now on.
    pub settled: Vec<ConnId>,
    /// Questions to the store. They see everything in `writes`.
    pub queries: Vec<(Ticket, Query)>,
    /// Password work.
    pub auth: Vec<AuthRequest>,
    /// Whose connections are gone: their password work and searches need not be done, and an answer changes nothing.
    pub given_up: Vec<Ticket>,
    /// What the operator should see happen.
    pub news: Vec<News>,
    /// Answers to [`Input::Operator`](super::Input::Operator).
    pub operator: Vec<(Ticket, OperatorAnswer)>,
    /// The operator's decisions should be read again, and handed to the hub; [`Input::Reread`](super::Input::Reread) has to
    /// tell how that went.
    pub reload: bool,
    /// The server should end now: everyone has been told.
    pub stop: bool,
    weight: Weight,
}

impl Effects {
    /// Whether so much is to be sent, about 16 MiB, that it should be done before anything else is handled.
    pub fn is_full(&mut self) -> bool {
        self.weight.add(&self.sends);
        self.weight.bytes >= FULL
    }
}

/// One thing for the connections.
#[derive(Debug, Clone)]
pub enum Send {
    /// A line (or several), CR LF included, for one connection.
    One(ConnId, Bytes),
    /// The same bytes for each of many connections, shared by all.
    Many(Recipients, Bytes),
    /// Close the connection after what was sent to it before.
    Close(ConnId),
}

/// What sends take until they are handed over. What is said to one audience again and again is put together for each of
/// its connections, so those count once.
#[derive(Debug, Default)]
struct Weight {
    bytes: usize,
    /// How many sends are counted.
    counted: usize,
    /// The groups of one audience that were counted last, without another in between.
    groups: Vec<GroupId>,
}

impl Weight {
    fn add(&mut self, sends: &[Send]) {
        for send in sends.iter().skip(self.counted) {
            self.bytes += match send {
                Send::One(_, bytes) => bytes.len() + HANDLE,
                Send::Many(recipients, bytes) => bytes.len() + self.handles(recipients) * HANDLE,
                Send::Close(_) => {
                    self.groups.clear();
                    HANDLE
                }
            };
        }
        self.counted = sends.len();
    }

    /// How many connections get a piece of their own with this.
    fn handles(&mut self, recipients: &Recipients) -> usize {
        let Some(group) = recipients.group else {
            self.groups.clear();
            return recipients.conns.len();
        };
        if self.groups.contains(&group) {
            // For the one that is left out.
            return 1;
        }
        if self.groups.first().is_some_and(|first| first.audience != group.audience) {
            self.groups.clear();
        }
        self.groups.push(group);
        recipients.conns.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many sends of a short line to a thousand connections, by turns in so many rooms.
    fn effects(sends: usize, rooms: usize) -> Effects {
        let conns: super::super::Conns = (0..1000).map(ConnId).collect();
        let send = |number: usize| {
            let group = Some(GroupId { audience: (number % rooms) as u64, group: 0 });
            Send::Many(Recipients { conns: conns.clone(), except: None, group }, Bytes::from_static(&[b'x'; 100]))
        };
        Effects { sends: (0..sends).map(send).collect(), ..Effects::default() }
    }

    #[test]
    fn what_many_share_counts_once_and_what_each_holds_of_it_as_often() {
        assert!(!effects(10_000, 1).is_full());
        assert!(effects(10_000, 2).is_full());
        assert!(!effects(100, 2).is_full());
    }

    #[test]
    fn what_was_counted_is_not_counted_again() {
        let mut effects = Effects::default();
        for number in 0..16 {
            assert!(!effects.is_full() && !effects.is_full(), "{number}");
            effects.sends.push(Send::One(ConnId(number), vec![0; 1 << 20].into()));
        }
        assert!(effects.is_full());
    }
}
