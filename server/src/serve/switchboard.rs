//! Which connection has which outbox, and what this burst has for it.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;

use crate::{
    hub::io::{ConnId, Send},
    net::Outbox,
};

/// All open connections. What a burst sends is gathered here first, so that each outbox is locked, and each writer woken,
/// once a burst.
#[derive(Debug, Default)]
pub(super) struct Switchboard {
    lines: HashMap<ConnId, Line>,
    /// The connections with something gathered, in no order.
    touched: Vec<ConnId>,
}

#[derive(Debug)]
struct Line {
    outbox: Arc<Outbox>,
    gathered: Vec<Bytes>,
}

impl Switchboard {
    /// A connection opened.
    pub(super) fn open(&mut self, conn: ConnId, outbox: Arc<Outbox>) {
        self.lines.insert(conn, Line { outbox, gathered: Vec::new() });
    }

    /// Does what the hub wants sent. Nothing is on its way before [`Switchboard::flush`], closing excepted.
    pub(super) fn send(&mut self, sends: Vec<Send>) {
        for send in sends {
            match send {
                Send::One(conn, bytes) => self.gather(conn, bytes),
                Send::Many(conns, bytes) => {
                    for conn in conns.iter() {
                        self.gather(*conn, bytes.clone());
                    }
                }
                Send::Close(conn) => self.close(conn),
            }
        }
    }

    /// Hands over what was gathered.
    pub(super) fn flush(&mut self) {
        for conn in self.touched.drain(..) {
            if let Some(line) = self.lines.get_mut(&conn) {
                line.outbox.push(std::mem::take(&mut line.gathered));
            }
        }
    }

    /// Closes a connection after what was gathered for it.
    pub(super) fn close(&mut self, conn: ConnId) {
        if let Some(line) = self.lines.remove(&conn) {
            if !line.gathered.is_empty() {
                line.outbox.push(line.gathered);
            }
            line.outbox.close();
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

    fn gather(&mut self, conn: ConnId, bytes: Bytes) {
        if let Some(line) = self.lines.get_mut(&conn) {
            if line.gathered.is_empty() {
                self.touched.push(conn);
            }
            line.gathered.push(bytes);
        }
    }
}
