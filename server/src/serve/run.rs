//! Consecutive sends to those who hear the same, put together: whoever gets all of it gets one piece.

use std::collections::HashMap;

use bytes::Bytes;

use crate::hub::io::{ConnId, Conns, GroupId, Recipients};

/// Sends to the groups of one audience, in their order, with what came in between for single connections.
#[derive(Debug)]
pub(super) struct Run {
    audience: u64,
    /// How many sends there were.
    sends: usize,
    texts: Vec<Text>,
    /// What is not as it is for the others.
    apart: HashMap<ConnId, Vec<Apart>>,
}

/// What one group gets.
#[derive(Debug)]
struct Text {
    group: usize,
    /// As they were at the last send; earlier ones had fewer.
    conns: Conns,
    bytes: Vec<u8>,
    /// Which of the sends these were, and where each ends.
    ends: Vec<(usize, usize)>,
    /// How many members there were when so many bytes had been sent, whenever that had changed.
    grown: Vec<(usize, usize)>,
}

/// Something between two sends for a single connection.
#[derive(Debug)]
enum Apart {
    /// This, when there had been so many sends.
    Own(usize, Bytes),
    /// The send of this number is not for it.
    Without(usize),
}

impl Run {
    /// Nothing sent yet.
    pub(super) fn new(audience: u64) -> Self {
        Run { audience, sends: 0, texts: Vec::new(), apart: HashMap::new() }
    }

    /// Whether a send to `group` can follow.
    pub(super) fn goes_on(&self, group: GroupId) -> bool {
        self.audience == group.audience
    }

    /// Adds a send to `group` of this run's audience.
    pub(super) fn add(&mut self, group: GroupId, recipients: Recipients, bytes: &[u8]) {
        let Recipients { conns, except, .. } = recipients;
        if let Some(conn) = except {
            self.apart.entry(conn).or_default().push(Apart::Without(self.sends));
        }
        let text = match self.texts.iter_mut().position(|text| text.group == group.group) {
            Some(known) => &mut self.texts[known],
            None => self.texts.push_mut(Text::of(group.group)),
        };
        text.grow(conns);
        text.bytes.extend_from_slice(bytes);
        text.ends.push((self.sends, text.bytes.len()));
        self.sends += 1;
    }

    /// Adds something for one connection, in the audience or not.
    pub(super) fn add_one(&mut self, conn: ConnId, bytes: Bytes) {
        self.apart.entry(conn).or_default().push(Apart::Own(self.sends, bytes));
    }

    /// Gives each connection what it gets, in its order.
    pub(super) fn settle(mut self, mut give: impl FnMut(ConnId, Bytes)) {
        for mut text in self.texts {
            let all = Bytes::from(std::mem::take(&mut text.bytes));
            let mut grown = text.grown.iter().copied().peekable();
            let mut from = 0;
            for (number, conn) in text.conns.iter().enumerate() {
                // Those who came later got only what was said after that.
                while let Some((_, sent)) = grown.next_if(|(members, _)| *members <= number) {
                    from = sent;
                }
                let apart = if self.apart.is_empty() { None } else { self.apart.remove(&conn) };
                text.share(&all, from, apart.unwrap_or_default(), |bytes| give(conn, bytes));
            }
        }
        for (conn, apart) in self.apart {
            for apart in apart {
                if let Apart::Own(_, bytes) = apart {
                    give(conn, bytes);
                }
            }
        }
    }
}

impl Text {
    fn of(group: usize) -> Self {
        Text { group, conns: Conns::default(), bytes: Vec::new(), ends: Vec::new(), grown: Vec::new() }
    }

    /// The list of members begins with the one that was known.
    fn grow(&mut self, conns: Conns) {
        let before = self.conns.len();
        if before != conns.len() {
            self.grown.push((before, self.bytes.len()));
        }
        self.conns = conns;
    }

    /// Where the first sends of the run, so many of them, end in this text.
    fn end(&self, sends: usize) -> usize {
        let known = self.ends.partition_point(|(send, _)| *send < sends);
        known.checked_sub(1).and_then(|last| self.ends.get(last)).map_or(0, |(_, end)| *end)
    }

    /// What a connection gets that hears from byte `from` on.
    fn share(&self, all: &Bytes, mut from: usize, apart: Vec<Apart>, mut give: impl FnMut(Bytes)) {
        let mut upto = |from: &mut usize, end: usize, next: usize, own: Option<Bytes>| {
            if *from < end {
                give(all.slice(*from..end));
            }
            *from = next.max(*from);
            own.into_iter().for_each(&mut give);
        };
        for apart in apart {
            match apart {
                Apart::Own(sends, bytes) => upto(&mut from, self.end(sends), self.end(sends), Some(bytes)),
                Apart::Without(send) => upto(&mut from, self.end(send), self.end(send + 1), None),
            }
        }
        upto(&mut from, all.len(), all.len(), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(run: &mut Run, group: usize, conns: &[u64], except: Option<u64>, text: &str) {
        let conns = conns.iter().copied().map(ConnId).collect();
        let group = GroupId { audience: 7, group };
        let recipients = Recipients { conns, except: except.map(ConnId), group: Some(group) };
        assert!(run.goes_on(group));
        run.add(group, recipients, text.as_bytes());
    }

    fn settled(run: Run) -> Vec<(u64, Vec<String>)> {
        let mut got: std::collections::BTreeMap<u64, Vec<String>> = Default::default();
        run.settle(|conn, bytes| got.entry(conn.0).or_default().push(String::from_utf8(bytes.to_vec()).unwrap()));
        got.into_iter().collect()
    }

    #[test]
    fn who_gets_everything_gets_one_piece() {
        let mut run = Run::new(7);
        for text in ["a", "b", "c"] {
            send(&mut run, 0, &[1, 2], None, text);
            send(&mut run, 1, &[3], None, &text.to_uppercase());
        }
        assert!(!run.goes_on(GroupId { audience: 8, group: 0 }));
        let piece = |text: &str| vec![text.to_owned()];
        assert_eq!(settled(run), [(1, piece("abc")), (2, piece("abc")), (3, piece("ABC"))]);
    }

    #[test]
    fn what_is_said_to_one_stays_in_its_place() {
        let mut run = Run::new(7);
        send(&mut run, 0, &[1, 2, 3], Some(2), "a");
        run.add_one(ConnId(2), Bytes::from_static(b"[echo a]"));
        send(&mut run, 0, &[1, 2, 3], None, "b");
        run.add_one(ConnId(9), Bytes::from_static(b"[outside]"));
        run.add_one(ConnId(1), Bytes::from_static(b"[one]"));
        send(&mut run, 0, &[1, 2, 3], Some(3), "c");
        let pieces = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            settled(run),
            [
                (1, pieces(&["ab", "[one]", "c"])),
                (2, pieces(&["[echo a]", "bc"])),
                (3, pieces(&["ab"])),
                (9, pieces(&["[outside]"])),
            ]
        );
    }

    #[test]
    fn who_comes_later_gets_what_is_said_later() {
        let mut run = Run::new(7);
        send(&mut run, 0, &[1], None, "a");
        run.add_one(ConnId(2), Bytes::from_static(b"[names]"));
        send(&mut run, 0, &[1, 2], Some(2), "[2 came]");
        run.add_one(ConnId(2), Bytes::from_static(b"[you came]"));
        send(&mut run, 0, &[1, 2, 3], None, "b");
        let pieces = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            settled(run),
            [(1, pieces(&["a[2 came]b"])), (2, pieces(&["[names]", "[you came]", "b"])), (3, pieces(&["b"]))]
        );
    }
}
