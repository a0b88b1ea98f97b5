//! The network: connections that deliver each way in order, with delays of their own, and that can be cut or stall.

use std::collections::BTreeMap;

use klatch_server::hub::io::ConnId;

use crate::chance::Chance;

/// What arrives.
#[derive(Debug, Clone)]
pub(crate) enum Parcel {
    ToServer(ConnId, String),
    ToClient(ConnId, String),
    /// The server hung up, or the client hears that the connection is gone.
    EndAtClient(ConnId),
    /// The server hears that the connection is gone.
    EndAtServer(ConnId),
}

struct Wire {
    /// When the last thing arrives, each way: nothing overtakes.
    last: [u64; 2],
    delay: u64,
    cut: bool,
}

pub(crate) struct Network {
    wires: BTreeMap<ConnId, Wire>,
    under_way: BTreeMap<(u64, u64), Parcel>,
    count: u64,
    last_conn: u64,
    /// Lines overtake each other: a world that is broken on purpose.
    shuffles: bool,
}

impl Network {
    pub(crate) fn new(shuffles: bool) -> Self {
        Network { wires: BTreeMap::new(), under_way: BTreeMap::new(), count: 0, last_conn: 0, shuffles }
    }

    pub(crate) fn connect(&mut self, chance: &mut Chance) -> ConnId {
        self.last_conn += 1;
        let conn = ConnId(self.last_conn);
        let delay = if chance.once_in(5) { chance.below(400) } else { chance.below(20) };
        self.wires.insert(conn, Wire { last: [0; 2], delay, cut: false });
        conn
    }

    pub(crate) fn send(&mut self, time: u64, parcel: Parcel, chance: &mut Chance) {
        let (conn, way) = match &parcel {
            Parcel::ToServer(conn, _) | Parcel::EndAtServer(conn) => (*conn, 0),
            Parcel::ToClient(conn, _) | Parcel::EndAtClient(conn) => (*conn, 1),
        };
        let Some(wire) = self.wires.get_mut(&conn).filter(|wire| !wire.cut) else { return };
        let at = time + wire.delay + chance.below(5);
        let shuffled = self.shuffles && matches!(&parcel, Parcel::ToClient(_, line) if line.contains(" PRIVMSG "));
        let at = if shuffled { at + chance.below(300) } else { at.max(wire.last[way]) };
        wire.last[way] = wire.last[way].max(at);
        self.put(at, parcel);
    }

    fn put(&mut self, at: u64, parcel: Parcel) {
        self.count += 1;
        self.under_way.insert((at, self.count), parcel);
    }

    /// Nothing arrives any more; each end hears of it when its time has come.
    pub(crate) fn cut(&mut self, time: u64, conn: ConnId, slowest: u64, chance: &mut Chance) {
        let Some(wire) = self.wires.get_mut(&conn).filter(|wire| !wire.cut) else { return };
        wire.cut = true;
        self.under_way
            .retain(|_, parcel| !matches!(parcel, Parcel::ToServer(of, _) | Parcel::ToClient(of, _) if *of == conn));
        self.put(time + chance.below(slowest), Parcel::EndAtClient(conn));
        self.put(time + chance.below(slowest), Parcel::EndAtServer(conn));
    }

    /// Nothing arrives for a while.
    pub(crate) fn stall(&mut self, time: u64, conn: ConnId, length: u64) {
        if let Some(wire) = self.wires.get_mut(&conn) {
            wire.last = wire.last.map(|last| last.max(time + length));
        }
    }

    /// The server is gone, and all connections with it.
    pub(crate) fn cut_all(&mut self, time: u64, slowest: u64, chance: &mut Chance) {
        for conn in self.wires.keys().copied().collect::<Vec<_>>() {
            self.cut(time, conn, slowest, chance);
        }
        self.wires.clear();
    }

    pub(crate) fn next(&self) -> Option<u64> {
        self.under_way.keys().next().map(|(at, _)| *at)
    }

    pub(crate) fn arrival(&mut self, time: u64) -> Option<Parcel> {
        let first = self.under_way.first_entry().filter(|entry| entry.key().0 <= time)?;
        Some(first.remove())
    }
}
