//! One run: a server, clients, a network and a disk, driven by chance from one seed. First trouble, then healing, then
//! everybody scrolls back to the beginning.

use std::{collections::BTreeMap, net::Ipv4Addr};

use klatch::session::Request;
use klatch_server::hub::io::{ConnId, Input, Peer};

use crate::{
    chance::Chance,
    client::Client,
    disk::Disk,
    healing::REMEDIES,
    network::{Network, Parcel},
    server::{Server, unpack},
    trouble,
};

/// The people.
pub(crate) const NAMES: [&str; 4] = ["anna", "bert", "cleo", "dora"];
/// The room they meet in besides the lobby.
pub(crate) const TEA: &str = "#tea";
/// All rooms they are in at the end.
pub(crate) const ROOMS: [&str; 2] = ["#lobby", TEA];
/// The most records of one answer about history, by seed.
const PAGES: [u32; 3] = [3, 30, 200];
/// Milliseconds of trouble.
pub(crate) const TROUBLE: u64 = 60_000;
/// Milliseconds after which everything has to have come to rest.
const HEALED: u64 = TROUBLE + 150_000;
/// Milliseconds after which everybody reads on towards the beginning.
const SCROLL_BACK: u64 = TROUBLE + 110_000;
/// Milliseconds between two questions for older lines.
const SCROLL_EVERY: u64 = 500;
/// More steps than any honest run takes.
const MOST_STEPS: u64 = 300_000;

/// What is broken on purpose, to show that it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The disk says that it has written what it will have lost after a power failure.
    Durability,
    /// Nonces are lost on the way to the server.
    Deduplication,
    /// Messages overtake each other on the way to a client.
    Order,
    /// That something was taken back is lost on the way to a client.
    Redaction,
}

pub(crate) struct World {
    pub(crate) start: u64,
    pub(crate) time: u64,
    pub(crate) chance: Chance,
    pub(crate) server: Server,
    pub(crate) net: Network,
    pub(crate) clients: Vec<Client>,
    owners: BTreeMap<ConnId, usize>,
    pub(crate) broken: Option<Broken>,
    next_deed: u64,
    next_scroll: u64,
    /// How many of the remedies were applied.
    remedied: usize,
    pub(crate) faults: Vec<String>,
    /// Whether everything that happens is told.
    pub(crate) traced: bool,
}

impl World {
    pub(crate) fn new(seed: u64, broken: Option<Broken>) -> Self {
        let mut chance = Chance::new(seed);
        let start = 1_700_000_000_000;
        let mut client = |name: &str| Client::new(name, false, start + chance.below(5_000), &mut chance);
        let mut clients: Vec<Client> = NAMES.iter().map(|name| client(name)).collect();
        // In every fourth run the first of them has two.
        let many_devices = seed % 4 == 1;
        clients.extend(many_devices.then(|| client(NAMES[0]).on_another_device()));
        let net = Network::new(broken == Some(Broken::Order));
        // Every sixteenth seed has a real database.
        let page = PAGES[usize::try_from(seed % PAGES.len() as u64).unwrap()];
        let mut server = Server::new(Disk::new(seed % 16 == 5), page, many_devices);
        server.start(start);
        World {
            start,
            time: start,
            chance,
            server,
            net,
            clients,
            owners: BTreeMap::new(),
            broken,
            next_deed: start + 3_000,
            next_scroll: start + SCROLL_BACK,
            remedied: 0,
            faults: Vec::new(),
            traced: false,
        }
    }

    /// Runs to the end.
    pub(crate) fn run(&mut self) {
        for _ in 0..MOST_STEPS {
            let next = self.next();
            if next >= self.start + HEALED {
                return;
            }
            self.time = self.time.max(next);
            self.step();
        }
        self.faults.push("it does not come to rest".to_owned());
    }

    fn next(&self) -> u64 {
        let down = (!self.server.is_up()).then_some(self.server.up_at);
        let remedy = REMEDIES.get(self.remedied).map(|(at, _)| self.start + at);
        let deed = (self.next_deed < self.start + TROUBLE).then_some(self.next_deed);
        let world = [self.net.next(), self.server.next(self.time), down, remedy, deed, Some(self.next_scroll)];
        let clients = self.clients.iter().flat_map(|client| [client.next_dial, client.session.deadline()]);
        world.into_iter().chain(clients).flatten().min().unwrap_or(u64::MAX)
    }

    fn step(&mut self) {
        if !self.server.is_up() && self.server.up_at <= self.time {
            self.server.start(self.time);
        }
        while let Some(parcel) = self.net.arrival(self.time) {
            self.deliver(parcel);
        }
        if self.server.next(self.time).is_some_and(|next| next <= self.time) {
            let sends = self.server.turn(self.time, &mut self.chance);
            self.tell(unpack(sends));
        }
        for index in 0..self.clients.len() {
            self.attend(index);
        }
        if self.next_deed <= self.time && self.next_deed < self.start + TROUBLE {
            self.next_deed = self.time + self.chance.below(1_200);
            trouble::happen(self);
        }
        if let Some((_, remedy)) = REMEDIES.get(self.remedied).filter(|(at, _)| self.start + at <= self.time) {
            self.remedied += 1;
            (0..self.clients.len()).for_each(|index| remedy(self, index));
        }
        if self.next_scroll <= self.time {
            self.next_scroll = self.time + SCROLL_EVERY;
            (0..self.clients.len()).for_each(|index| self.scroll_back(index));
        }
    }

    /// Released lines go on their way.
    pub(crate) fn tell(&mut self, lines: Vec<(ConnId, Option<String>)>) {
        for (conn, line) in lines {
            let parcel = match line {
                Some(line) => Parcel::ToClient(conn, line),
                None => Parcel::EndAtClient(conn),
            };
            self.net.send(self.time, parcel, &mut self.chance);
        }
    }

    fn deliver(&mut self, parcel: Parcel) {
        self.trace(|| format!("{parcel:?}"));
        match parcel {
            Parcel::ToServer(conn, line) => {
                let line = if self.broken == Some(Broken::Deduplication) { without_nonce(&line) } else { line };
                self.server.take(Input::Line { conn, line });
            }
            Parcel::EndAtServer(conn) => {
                self.server.take(Input::Closed { conn, reason: "Connection closed".to_owned() });
            }
            Parcel::ToClient(_, line) if self.broken == Some(Broken::Redaction) && line.contains(" REDACT ") => {}
            Parcel::ToClient(conn, line) => {
                if let Some(index) = self.owner(conn) {
                    let lines = self.clients[index].hear(self.time, &line);
                    self.send(index, lines);
                }
            }
            Parcel::EndAtClient(conn) => {
                if let Some(index) = self.owner(conn) {
                    self.clients[index].broken(self.time, &mut self.chance);
                }
            }
        }
    }

    /// Tells what happens, where somebody looks into one seed.
    pub(crate) fn trace(&self, what: impl FnOnce() -> String) {
        if self.traced {
            println!("{:>7} {}", self.time - self.start, what());
        }
    }

    /// Whose present connection this is.
    fn owner(&self, conn: ConnId) -> Option<usize> {
        self.owners.get(&conn).copied().filter(|index| self.clients[*index].link == Some(conn))
    }

    /// What a client does by itself when its time has come.
    fn attend(&mut self, index: usize) {
        let client = &mut self.clients[index];
        if client.next_dial.is_some_and(|at| at <= self.time) {
            self.dial(index);
        } else if client.session.deadline().is_some_and(|at| at <= self.time) {
            let lines = client.tick(self.time);
            self.send(index, lines);
        }
    }

    fn dial(&mut self, index: usize) {
        if !self.server.is_up() {
            return self.clients[index].refused(self.time, &mut self.chance);
        }
        let conn = self.net.connect(&mut self.chance);
        self.owners.insert(conn, index);
        let peer = Peer { addr: Ipv4Addr::LOCALHOST.into(), port: 1, secure: true };
        self.server.take(Input::Open { conn, peer });
        let lines = self.clients[index].linked(self.time, conn);
        self.send(index, lines);
    }

    pub(crate) fn ask(&mut self, index: usize, request: Request) {
        let lines = self.clients[index].ask(self.time, request);
        self.send(index, lines);
    }

    pub(crate) fn send(&mut self, index: usize, lines: Vec<String>) {
        let Some(conn) = self.clients[index].link else { return };
        for line in lines {
            if line.is_empty() {
                self.net.send(self.time, Parcel::EndAtServer(conn), &mut self.chance);
                return self.clients[index].broken(self.time, &mut self.chance);
            }
            self.net.send(self.time, Parcel::ToServer(conn, line), &mut self.chance);
        }
    }

    fn scroll_back(&mut self, index: usize) {
        for request in self.clients[index].older() {
            self.ask(index, request);
        }
    }
}

fn without_nonce(line: &str) -> String {
    let Some((tags, rest)) = line.strip_prefix('@').and_then(|line| line.split_once(' ')) else {
        return line.to_owned();
    };
    let tags: Vec<&str> = tags.split(';').filter(|tag| !tag.starts_with("+klatch.chat/nonce")).collect();
    if tags.is_empty() { rest.to_owned() } else { format!("@{} {rest}", tags.join(";")) }
}
