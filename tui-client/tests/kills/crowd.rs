//! People at klatch, all in this process: each with the real session, model, network and unsent file. One loop follows what
//! happens on any link, as klatch's own loop does: what is there is followed, what is unsent is kept, then lines leave.

use std::time::Duration;

use klatch::{
    model::Body,
    net::{Link, LinkId, NetEvent, Security, Target},
    session::Request,
};
use klatch_protocol::Fingerprint;
use klatch_server::hub::io::ConnId;
use tempfile::TempDir;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout, timeout_at},
};

use crate::{chance::Chance, checks::Truth, client::Client, file::File, moment::Moment, server::Server};

/// The rooms besides the lobby; everybody is in one of them.
const ROOMS: [&str; 4] = ["#attic", "#coal", "#garden", "#tea"];
/// When everything begins, in milliseconds since 1970; only differences matter.
const START: u64 = 1_700_000_000_000;
/// How long klatchd may take to do what is waited for. Generous: a loaded machine is slow.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long it may take until everything has come to rest.
const REST: Duration = Duration::from_secs(180);
/// Events that may wait, and the most followed before files are written and lines leave.
const WAITING: usize = 1_024;

/// One person's place.
pub(crate) struct Seat {
    pub(crate) client: Client,
    pub(crate) link: Option<Link>,
    pub(crate) file: File,
    /// Lines to send once the file is written.
    pub(crate) lines: Vec<String>,
    /// Whether the person has gone to their room on this connection.
    gone_in: bool,
}

pub(crate) struct Crowd {
    pub(crate) seats: Vec<Seat>,
    pub(crate) chance: Chance,
    /// Whose each link is, by its number.
    owners: Vec<usize>,
    events: mpsc::Receiver<(LinkId, NetEvent)>,
    sender: mpsc::Sender<(LinkId, NetEvent)>,
    target: Target,
    fingerprint: Fingerprint,
    began: Instant,
    /// When the next thing is done, in milliseconds; `None` while nobody does anything.
    next_deed: Option<u64>,
    /// Lines that came, but for answers to PING.
    heard: u64,
    /// Where their files are.
    _home: TempDir,
}

impl Crowd {
    /// So many people who do not have an account yet.
    pub(crate) fn new(server: &Server, people: usize, chance: Chance) -> Self {
        let target = Target { host: "127.0.0.1".into(), port: server.port, security: Security::Tls };
        let fingerprint = server.fingerprint.parse().expect("the fingerprint is one");
        Crowd::gather(target, fingerprint, people, false, chance)
    }

    /// The same people at other machines, where nothing is known but their passwords.
    pub(crate) fn anew(&self) -> Self {
        Crowd::gather(self.target.clone(), self.fingerprint, self.seats.len(), true, self.chance.clone())
    }

    fn gather(target: Target, fingerprint: Fingerprint, people: usize, known: bool, mut chance: Chance) -> Self {
        // Fifty klatch on one disk would spend their time waiting for each other's writes; only the processes are killed, so
        // memory keeps their files as well.
        let memory = TempDir::new_in("/dev/shm");
        let home = memory.or_else(|_| TempDir::new()).expect("a directory can be made");
        let seat = |number| {
            let name = format!("person{number:02}");
            let file = File::new(&home.path().join(&name), &target, &name);
            let client = Client::new(&name, known, START, &mut chance);
            Seat { client, link: None, file, lines: Vec::new(), gone_in: false }
        };
        let seats = (0..people).map(seat).collect();
        let (sender, events) = mpsc::channel(WAITING);
        let (owners, began, next_deed, heard) = (Vec::new(), Instant::now(), None, 0);
        Crowd { seats, chance, owners, events, sender, target, fingerprint, began, next_deed, heard, _home: home }
    }

    pub(crate) fn clients(&self) -> impl Iterator<Item = &Client> {
        self.seats.iter().map(|seat| &seat.client)
    }

    pub(crate) fn rooms_of(&self, name: &str) -> [&'static str; 2] {
        let index = self.seats.iter().position(|seat| seat.client.name == name).expect("the person is here");
        ["#lobby", room_of(index)]
    }

    /// Who is in a room, by name.
    pub(crate) fn company(&self, room: &str) -> Vec<&str> {
        let here = self.seats.iter().enumerate().filter(|(index, _)| room == "#lobby" || room_of(*index) == room);
        here.map(|(_, seat)| seat.client.name.as_str()).collect()
    }

    /// How many messages were typed and are not confirmed.
    pub(crate) fn unsent(&self) -> usize {
        self.clients().map(|client| client.session.unsent()).sum()
    }

    /// What happened, in numbers.
    pub(crate) fn figures(&self, truth: &Truth) -> String {
        let typed: usize = self.clients().map(|client| client.said.len()).sum();
        let seen: usize = self.clients().map(|client| client.seen.len()).sum();
        let links = self.owners.len();
        format!("{typed} typed, {} kept, {seen} seen, {links} connections", truth.all.len())
    }

    /// Everybody talks until the moment has come.
    pub(crate) async fn until(&mut self, server: &mut Server, moment: &Moment) {
        self.next_deed.get_or_insert(0);
        let first_link = self.owners.len() as u64;
        let (confirmed, heard) = (self.confirmed(), self.heard);
        let end = match moment {
            Moment::Starting(time) => Instant::now() + *time,
            _ => Instant::now() + PATIENCE,
        };
        loop {
            let has_come = match moment {
                Moment::Starting(_) => false,
                Moment::In(people) => self.count_in(first_link) >= *people,
                Moment::Confirmed(messages) => self.confirmed() >= confirmed + messages,
                Moment::Heard(lines) => self.heard >= heard + lines,
            };
            if has_come {
                return;
            }
            if Instant::now() >= end {
                let in_time = matches!(moment, Moment::Starting(_));
                assert!(in_time, "{moment:?} does not come; ended: {}\n{}", server.has_ended(), server.log());
                return;
            }
            // Whatever happens meanwhile, at the end of the time it is looked at again.
            let _ = timeout_at(end, self.turn()).await;
        }
    }

    fn confirmed(&self) -> u64 {
        self.clients().map(|client| client.confirmed).sum()
    }

    /// How many are in on links made since.
    fn count_in(&self, first_link: u64) -> usize {
        let since = |client: &&Client| client.link.is_some_and(|link| link.0 >= first_link);
        self.clients().filter(since).filter(|client| client.session.is_in()).count()
    }

    /// Nobody does anything any more but read everything from the beginning, and all that is under way arrives.
    pub(crate) async fn come_to_rest(&mut self, server: &mut Server) {
        self.next_deed = None;
        // The more was said, the more there is to read.
        let patience = REST + Duration::from_millis(self.heard);
        let rest = async {
            // Looking for gaps takes its time, so that comes last.
            while self.unsent() > 0 || !self.seats.iter().enumerate().all(|(index, seat)| is_back(index, seat)) {
                self.turn().await;
            }
            // Answers come in the order of the questions, so when only the answer to PING came, nothing is open.
            let mut before = None;
            while before != Some(self.heard) || self.scroll_back() {
                before = Some(self.heard);
                self.ping().await;
            }
        };
        let rested = timeout(patience, rest).await;
        let state = |(index, seat): (usize, &Seat)| {
            let session = &seat.client.session;
            (seat.client.name.clone(), session.is_in(), session.unsent(), is_back(index, seat))
        };
        let waits: Vec<_> = self.seats.iter().enumerate().map(state).filter(|state| !state.3 || state.2 > 0).collect();
        assert!(rested.is_ok(), "no rest: {waits:?} wait; ended: {}\n{}", server.has_ended(), server.log());
    }

    /// Everybody asks the server for an answer and gets it.
    async fn ping(&mut self) {
        (0..self.seats.len()).for_each(|index| {
            self.seats[index].client.answers = 0;
            self.ask(index, Request::Raw("PING rest".into()));
        });
        while self.clients().any(|client| client.answers == 0) {
            self.turn().await;
        }
    }

    /// Asks for what is older, wherever there may be something; says whether there may be.
    fn scroll_back(&mut self) -> bool {
        let mut asked = false;
        for index in 0..self.seats.len() {
            for request in self.seats[index].client.older() {
                asked = true;
                self.ask(index, request);
            }
        }
        asked
    }

    /// Waits for something to happen and follows all that is there.
    async fn turn(&mut self) {
        let wake = self.wake();
        let mut next = tokio::select! {
            event = self.events.recv() => event,
            () = sleep_until(wake) => None,
        };
        let mut left = WAITING;
        while let Some((link, event)) = next {
            self.follow(link, event);
            left -= 1;
            next = if left > 0 { self.events.try_recv().ok() } else { None };
        }
        let time = self.time();
        if self.next_deed.is_some_and(|at| at <= time) {
            self.next_deed = Some(time + self.chance.below(20));
            self.deed();
        }
        (0..self.seats.len()).for_each(|index| self.attend(index));
    }

    /// Milliseconds since we began, as the clients count them.
    pub(crate) fn time(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).expect("this does not take so long") + START
    }

    fn wake(&self) -> Instant {
        let own = self.clients().flat_map(|client| [client.next_dial, client.session.deadline()]);
        let next = own.chain([self.next_deed]).flatten().min().unwrap_or(u64::MAX);
        self.began + Duration::from_millis(next.min(self.time() + 1_000).saturating_sub(START))
    }

    fn follow(&mut self, link: LinkId, event: NetEvent) {
        let (time, index) = (self.time(), self.owners[link.0 as usize]);
        let seat = &mut self.seats[index];
        if seat.link.as_ref().is_none_or(|present| present.id() != link) {
            return;
        }
        let lines = match event {
            NetEvent::Step(_) => Vec::new(),
            NetEvent::Ready => {
                seat.gone_in = false;
                seat.client.linked(time, ConnId(link.0))
            }
            NetEvent::Line(line) => {
                self.heard += u64::from(!line.contains(" PONG "));
                seat.client.answers += u64::from(line.contains(" PONG ") && line.ends_with("rest"));
                seat.client.hear(time, &line)
            }
            NetEvent::Failed(_) => {
                seat.link = None;
                seat.client.refused(time, &mut self.chance);
                Vec::new()
            }
            NetEvent::Closed { .. } => return self.cut(index),
            NetEvent::UnknownKey { .. } | NetEvent::ChangedKey { .. } => {
                panic!("the server has another key: {event:?}")
            }
        };
        self.seats[index].lines.extend(lines);
    }

    /// What a client does by itself when its time has come; then files are written and lines leave.
    fn attend(&mut self, index: usize) {
        let time = self.time();
        let seat = &mut self.seats[index];
        if seat.client.next_dial.is_some_and(|at| at <= time) {
            seat.client.next_dial = None;
            let id = LinkId(self.owners.len() as u64);
            self.owners.push(index);
            let known = Some(self.fingerprint);
            seat.link = Some(Link::open(id, self.target.clone(), known, self.sender.clone()));
        } else if seat.client.session.deadline().is_some_and(|at| at <= time) {
            let lines = seat.client.tick(time);
            seat.lines.extend(lines);
        }
        if seat.client.session.has_history() && !std::mem::replace(&mut seat.gone_in, true) {
            let room = room_of(index).to_owned();
            if !seat.client.model.room(&room).is_some_and(|room| room.joined) {
                self.ask(index, Request::Join { room, key: None });
            }
        }
        self.send(index);
    }

    /// The file is written, then lines leave.
    fn send(&mut self, index: usize) {
        let seat = &mut self.seats[index];
        seat.file.keep(&seat.client);
        for line in std::mem::take(&mut seat.lines) {
            let sent = !line.is_empty() && seat.link.as_ref().is_some_and(|link| link.send(line));
            if !sent {
                return self.cut(index);
            }
        }
    }

    /// The link is gone.
    pub(crate) fn cut(&mut self, index: usize) {
        let time = self.time();
        let seat = &mut self.seats[index];
        seat.link = None;
        seat.lines.clear();
        if seat.client.link.is_some() {
            seat.client.broken(time, &mut self.chance);
        } else if seat.client.next_dial.is_none() {
            seat.client.refused(time, &mut self.chance);
        }
    }

    /// klatch is killed, and started again with what is in its file.
    pub(crate) fn kill(&mut self, index: usize) {
        let time = self.time();
        let take_over = self.chance.once_in(2);
        let seat = &mut self.seats[index];
        seat.link = None;
        seat.lines.clear();
        let kept = seat.file.change_hands();
        seat.client.restart(time, take_over, kept, &mut self.chance);
    }

    pub(crate) fn ask(&mut self, index: usize, request: Request) {
        let time = self.time();
        let seat = &mut self.seats[index];
        let lines = seat.client.ask(time, request);
        seat.lines.extend(lines);
    }
}

fn room_of(index: usize) -> &'static str {
    ROOMS[index % ROOMS.len()]
}

/// Whether somebody is in, where they belong, and has caught up.
fn is_back(index: usize, seat: &Seat) -> bool {
    let model = &seat.client.model;
    let rooms = ["#lobby", room_of(index)];
    let gaps = model.rooms().iter().flat_map(|room| room.history.iter());
    seat.client.session.has_history()
        && rooms.iter().all(|room| model.room(room).is_some_and(|room| room.joined))
        && !gaps.into_iter().any(|line| matches!(line.body, Body::Gap { .. }))
}
