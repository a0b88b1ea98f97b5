//! Which connection has which outbox, and what this burst has for it.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;

use super::run::Run;
use crate::{
    hub::io::{ConnId, Send},
    net::{Outbox, Parcel, Stay},
};

/// All open connections. What a burst sends is gathered here first, so that each writer is woken once a burst, and has as few
/// pieces to write as there can be.
#[derive(Debug, Default)]
pub(super) struct Switchboard {
    lines: HashMap<ConnId, Line>,
    /// The connections with something gathered, in no order.
    touched: Vec<ConnId>,
    /// What is being sent to one audience, and is not gathered yet.
    run: Option<Run>,
    /// For connections that are closed.
    parcels: Vec<Parcel>,
}

#[derive(Debug)]
struct Line {
    outbox: Arc<Outbox>,
    /// Until it has logged in.
    stay: Option<Stay>,
    gathered: Vec<Bytes>,
}

impl Switchboard {
    /// A connection opened.
    pub(super) fn open(&mut self, conn: ConnId, outbox: Arc<Outbox>, stay: Stay) {
        self.lines.insert(conn, Line { outbox, stay: Some(stay), gathered: Vec::new() });
    }

    /// These connections logged in: they make room for nobody any more, and have room for what is said to them.
    pub(super) fn let_stay(&mut self, conns: &[ConnId]) {
        for conn in conns {
            if let Some(line) = self.lines.get_mut(conn) {
                line.outbox.settle();
                line.stay.take().into_iter().for_each(Stay::settle);
            }
        }
    }

    /// Does what the hub wants sent. [`Switchboard::take`] has it then.
    pub(super) fn send(&mut self, sends: Vec<Send>) {
        for send in sends {
            match send {
                Send::One(conn, bytes) => match &mut self.run {
                    Some(run) => run.add_one(conn, bytes),
                    None => self.gather(conn, bytes),
                },
                Send::Many(recipients, bytes) => match recipients.group {
                    Some(group) => {
                        if !self.run.as_ref().is_some_and(|run| run.goes_on(group)) {
                            self.settle();
                        }
                        let run = self.run.get_or_insert_with(|| Run::new(group.audience));
                        run.add(group, recipients, &bytes);
                    }
                    None => {
                        self.settle();
                        for conn in recipients.iter() {
                            self.gather(conn, bytes.clone());
                        }
                    }
                },
                Send::Close(conn) => self.close(conn),
            }
        }
    }

    /// What was gathered, to be handed out.
    pub(super) fn take(&mut self) -> Vec<Parcel> {
        self.settle();
        for conn in self.touched.drain(..) {
            if let Some(line) = self.lines.get_mut(&conn) {
                let (outbox, chunks) = (line.outbox.clone(), std::mem::take(&mut line.gathered));
                self.parcels.push(Parcel { outbox, chunks, last: false });
            }
        }
        std::mem::take(&mut self.parcels)
    }

    /// Closes a connection after what was gathered for it.
    pub(super) fn close(&mut self, conn: ConnId) {
        self.settle();
        if let Some(Line { outbox, gathered, .. }) = self.lines.remove(&conn) {
            self.parcels.push(Parcel { outbox, chunks: gathered, last: true });
        }
    }

    /// Something for everybody, whatever they negotiated.
    pub(super) fn tell_all(&mut self, bytes: &Bytes) {
        for conn in self.all() {
            self.gather(conn, bytes.clone());
        }
    }

    /// Closes all connections.
    pub(super) fn close_all(&mut self) {
        for conn in self.all() {
            self.close(conn);
        }
    }

    fn all(&self) -> Vec<ConnId> {
        self.lines.keys().copied().collect()
    }

    /// Gathers what was sent to one audience.
    fn settle(&mut self) {
        if let Some(run) = self.run.take() {
            run.settle(|conn, bytes| self.gather(conn, bytes));
        }
    }

    fn gather(&mut self, conn: ConnId, bytes: Bytes) {
        if let Some(line) = self.lines.get_mut(&conn) {
            if line.gathered.is_empty() {
                self.touched.push(conn);
            }
            line.gathered.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        hub::io::{Conns, GroupId, Recipients},
        net::{Admission, NetLimits},
    };

    /// How many connections there are. Half of them hear one room, in two groups by their numbers; somebody new comes now
    /// and then, and when somebody goes the audience is another one.
    const ALL: u64 = 12;

    #[derive(Debug, Clone)]
    enum Act {
        One(u64),
        Room(u64),
        List(Vec<u64>),
        Comes(u64),
        Goes(u64),
        Closes(u64),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let conn = 0..ALL;
        let act = prop_oneof![
            3 => conn.clone().prop_map(Act::One),
            6 => conn.clone().prop_map(Act::Room),
            1 => prop::collection::vec(conn.clone(), 2..4).prop_map(Act::List),
            2 => conn.clone().prop_map(Act::Comes),
            1 => conn.clone().prop_map(Act::Goes),
            1 => conn.prop_map(Act::Closes),
        ];
        prop::collection::vec(act, 0..40)
    }

    /// A room with its audience, as the hub keeps it.
    struct Room {
        audience: u64,
        groups: [Conns; 2],
    }

    impl Room {
        fn sends(&self, except: u64, text: &str) -> Vec<Send> {
            let groups = self.groups.iter().enumerate().filter(|(_, conns)| !conns.is_empty());
            let send = |(number, conns): (usize, &Conns)| {
                let group = Some(GroupId { audience: self.audience, group: number });
                let recipients = Recipients { conns: conns.clone(), except: Some(ConnId(except)), group };
                Send::Many(recipients, format!("{text}/{number} ").into())
            };
            groups.map(send).collect()
        }
    }

    fn sends(acts: Vec<Act>) -> Vec<Send> {
        let start = |group| (0..ALL / 2).filter(|conn| conn % 2 == group).map(ConnId).collect();
        let mut room = Room { audience: 1, groups: [start(0), start(1)] };
        let each = acts.into_iter().enumerate().map(|(number, act)| match act {
            Act::One(conn) => vec![Send::One(ConnId(conn), format!("one{number} ").into())],
            Act::Room(except) => room.sends(except, &format!("room{number}")),
            Act::List(conns) => {
                let recipients = conns.into_iter().map(ConnId).collect();
                vec![Send::Many(recipients, format!("list{number} ").into())]
            }
            Act::Comes(conn) => {
                let group = &mut room.groups[(conn % 2) as usize];
                if !group.iter().any(|known| known == ConnId(conn)) {
                    group.push(ConnId(conn));
                }
                Vec::new()
            }
            Act::Goes(conn) => {
                if room.groups[(conn % 2) as usize].remove(ConnId(conn)) {
                    room.audience += 1;
                }
                Vec::new()
            }
            Act::Closes(conn) => vec![Send::Close(ConnId(conn))],
        });
        each.collect::<Vec<_>>().concat()
    }

    proptest! {
        #[test]
        fn everybody_gets_what_was_sent_in_its_order(acts in acts()) {
            let sends = sends(acts);
            let mut want: HashMap<ConnId, String> = HashMap::new();
            let mut closed = Vec::new();
            for send in &sends {
                let (to, bytes) = match send {
                    Send::One(conn, bytes) => (vec![*conn], bytes.clone()),
                    Send::Many(recipients, bytes) => (recipients.iter().collect(), bytes.clone()),
                    Send::Close(conn) => {
                        closed.push(*conn);
                        continue;
                    }
                };
                for conn in to.into_iter().filter(|conn| !closed.contains(conn)) {
                    *want.entry(conn).or_default() += std::str::from_utf8(&bytes).unwrap();
                }
            }
            let (mut switchboard, admission) = (Switchboard::default(), Arc::new(Admission::new(100)));
            let outboxes: Vec<_> = (0..ALL).map(|conn| (ConnId(conn), Arc::new(Outbox::new(1 << 20)))).collect();
            for (conn, outbox) in &outboxes {
                let seat = admission.admit(&NetLimits::default(), Ipv4Addr::LOCALHOST.into()).unwrap();
                switchboard.open(*conn, outbox.clone(), seat.stay());
            }
            switchboard.send(sends);
            let parcels = switchboard.take();
            for (conn, outbox) in outboxes {
                let own: Vec<&Parcel> = parcels.iter().filter(|parcel| Arc::ptr_eq(&parcel.outbox, &outbox)).collect();
                let got = own.iter().flat_map(|parcel| parcel.chunks.concat()).collect();
                let want = want.remove(&conn).unwrap_or_default();
                prop_assert_eq!(String::from_utf8(got).unwrap(), want, "{:?}", conn);
                prop_assert_eq!(own.iter().any(|parcel| parcel.last), closed.contains(&conn));
            }
        }
    }
}
