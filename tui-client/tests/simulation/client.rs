//! One person at klatch: the real session and model, the file of what is unsent, and what the person did and saw. It
//! works for every network: lines to send are given back, and whoever carries them says what came of it.

#![allow(dead_code, reason = "the simulation and the killing of the real server use the parts they need")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use klatch::{
    model::{Body, Model, Older, RoomKind},
    session::{
        Ending, Event, Failure, Fate, Intent, Manner, Now, OutId, Output, Part, Place, Reconnect, Request, Session,
        Unsent, Way,
    },
};
use klatch_protocol::{Message, UnixMs};
use klatch_server::hub::io::ConnId;

use crate::chance::Chance;

/// What became of something the person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is on its way.
    Open,
    /// The server has it, under this id.
    Done(String),
    /// Refused, or forgotten because klatch was killed before it was kept: it may have arrived.
    Unknown,
}

pub(crate) struct Client {
    pub(crate) name: String,
    /// What the words said here begin with: the name, and on which device where there are two.
    voice: String,
    pub(crate) session: Session,
    pub(crate) model: Model,
    pub(crate) link: Option<ConnId>,
    pub(crate) next_dial: Option<u64>,
    reconnect: Reconnect,
    pub(crate) signed_up: bool,
    /// Whether the chat is on screen, so that something can be typed.
    pub(crate) arrived: bool,
    /// The file as it is to be, and as it is on the disk if klatch is killed now: what leaves waits for the disk, the rest
    /// does not.
    pub(crate) kept: Vec<Unsent>,
    pub(crate) kept_before: Vec<Unsent>,
    kept_changes: u64,
    /// Its clock minus the true one.
    pub(crate) skew: i64,
    /// All that was ever said, by its words, which are said only once.
    pub(crate) said: BTreeMap<String, Said>,
    outgoing: HashMap<OutId, String>,
    /// All messages that were ever seen: id and words.
    pub(crate) seen: BTreeMap<String, String>,
    /// By room, the ids on screen when the person last looked there.
    pub(crate) looked: HashMap<String, BTreeSet<String>>,
    /// How far the server says that the person has read, by place.
    pub(crate) markers: BTreeMap<String, UnixMs>,
    /// The newest place in the order that came by itself on the present connection.
    newest: u64,
    /// How many messages were confirmed.
    pub(crate) confirmed: u64,
    /// How many answers to a PING of ours came; for whoever asks.
    pub(crate) answers: u64,
    pub(crate) faults: Vec<String>,
}

impl Client {
    /// Somebody who comes at a time, and who may have an account already.
    pub(crate) fn new(name: &str, signed_up: bool, at: u64, chance: &mut Chance) -> Self {
        let mut client = Client {
            name: name.to_owned(),
            voice: name.to_owned(),
            session: Session::new(intent(name, signed_up, false), chance.number()),
            model: Model::default(),
            link: None,
            next_dial: Some(at),
            reconnect: Reconnect::default(),
            signed_up,
            arrived: false,
            kept: Vec::new(),
            kept_before: Vec::new(),
            kept_changes: 0,
            skew: 0,
            said: BTreeMap::new(),
            outgoing: HashMap::new(),
            seen: BTreeMap::new(),
            looked: HashMap::new(),
            markers: BTreeMap::new(),
            newest: 0,
            confirmed: 0,
            answers: 0,
            faults: Vec::new(),
        };
        client.model.set_watching(false);
        client
    }

    /// Another device of the same person.
    pub(crate) fn on_another_device(self) -> Self {
        Client { voice: format!("{} elsewhere", self.name), ..self }
    }

    pub(crate) fn now(&self, time: u64) -> Now {
        Now { mono: time, wall: UnixMs(time.cast_signed() + self.skew) }
    }

    /// klatch is started anew, after it had been killed or its session had ended, and finds `kept` in its file.
    pub(crate) fn restart(&mut self, time: u64, take_over: bool, kept: Vec<Unsent>, chance: &mut Chance) {
        let words: BTreeSet<&str> = kept.iter().map(|unsent| unsent.text.as_str()).collect();
        for (text, said) in &mut self.said {
            if *said == Said::Open && !words.contains(text.as_str()) {
                *said = Said::Unknown;
            }
        }
        self.session = Session::new(intent(&self.name, self.signed_up, take_over), chance.number());
        self.model = Model::default();
        self.model.set_watching(false);
        self.arrived = false;
        self.outgoing.clear();
        self.looked.clear();
        self.link = None;
        self.reconnect = Reconnect::default();
        self.kept_changes = 0;
        let mut out = Vec::new();
        self.session.restore(self.now(time), kept, &mut out);
        self.follow(out);
        self.next_dial = Some(time + chance.below(3_000));
    }

    /// The link `conn` is there.
    pub(crate) fn linked(&mut self, time: u64, conn: ConnId) -> Vec<String> {
        self.next_dial = None;
        self.link = Some(conn);
        self.newest = 0;
        let mut out = Vec::new();
        self.session.open(self.now(time), &mut out);
        self.follow(out)
    }

    /// There is no link.
    pub(crate) fn refused(&mut self, time: u64, chance: &mut Chance) {
        let delay = u64::try_from(self.reconnect.next_delay(chance.number() as u32).as_millis()).unwrap();
        self.next_dial = Some(time + delay.max(100));
    }

    pub(crate) fn broken(&mut self, time: u64, chance: &mut Chance) {
        self.link = None;
        let mut out = Vec::new();
        self.session.lost(self.now(time), &mut out);
        self.follow(out);
        match self.session.ending() {
            None => self.refused(time, chance),
            Some(ending) => {
                let take_over = *ending == Ending::TakenOver || chance.once_in(2);
                self.restart(time, take_over, self.kept.clone(), chance);
            }
        }
    }

    pub(crate) fn hear(&mut self, time: u64, line: &str) -> Vec<String> {
        let (mut out, had_arrived) = (Vec::new(), self.session.is_in());
        self.session.receive(self.now(time), line, &mut out);
        let mut lines = self.follow(out);
        self.note_marker(line);
        if self.session.is_in() && !had_arrived {
            lines.push("CAP REQ :draft/read-marker".to_owned());
        }
        lines
    }

    /// MARKREAD: how far the person has read on any device, which never goes back (ircv3.net "read-marker").
    fn note_marker(&mut self, line: &str) {
        let Ok(message) = Message::parse(line) else { return };
        let at = message.param(1).and_then(|at| UnixMs::parse(at.strip_prefix("timestamp=")?));
        if let (true, Some(place), Some(at)) = (message.is("MARKREAD"), message.param(0), at) {
            let before = self.markers.insert(place.to_owned(), at);
            if before > Some(at) {
                self.faults.push(format!("{} has read {place} up to {before:?} and then only to {at}", self.voice));
            }
        }
    }

    pub(crate) fn tick(&mut self, time: u64) -> Vec<String> {
        let mut out = Vec::new();
        self.session.tick(self.now(time), &mut out);
        self.follow(out)
    }

    pub(crate) fn ask(&mut self, time: u64, request: Request) -> Vec<String> {
        let mut out = Vec::new();
        self.session.request(self.now(time), request, &mut out);
        self.follow(out)
    }

    pub(crate) fn say(&mut self, time: u64, to: &str) -> Vec<String> {
        let text = format!("{} says {}", self.voice, self.said.len());
        self.said.insert(text.clone(), Said::Open);
        self.ask(time, Request::Say { to: to.to_owned(), text, manner: Manner::Plain })
    }

    /// The person looks at a room, reads all that is there, and looks elsewhere.
    pub(crate) fn look(&mut self, room: &str) {
        if self.model.switch_to_name(room) {
            self.model.set_watching(true);
            self.model.set_watching(false);
            self.looked.insert(room.to_owned(), self.ids_in(room).into_iter().collect());
            self.model.switch_to(0);
        }
    }

    /// Tells the server that a room was read to its end.
    pub(crate) fn mark_read(&mut self, time: u64, room: &str) -> Vec<String> {
        let lines = self.model.room(room).into_iter().flat_map(|room| room.history.iter().rev());
        let newest = lines.filter(|line| line.id.is_some()).map(|line| line.at).next();
        match newest.filter(|_| self.session.has_history()) {
            Some(at) => self.ask(time, Request::Raw(format!("MARKREAD {room} timestamp={at}"))),
            None => Vec::new(),
        }
    }

    /// Asks how far the person has read everywhere.
    pub(crate) fn ask_for_markers(&mut self, time: u64) -> Vec<String> {
        let rooms = self.rooms();
        rooms.iter().flat_map(|room| self.ask(time, Request::Raw(format!("MARKREAD {room}")))).collect()
    }

    /// What to ask for to read on towards the beginning, wherever there may be more.
    pub(crate) fn older(&self) -> Vec<Request> {
        let rooms = self.model.rooms().iter().filter(|room| room.kind != RoomKind::Server);
        let open = rooms.filter(|room| room.history.older != Older::Nothing);
        let before = |(id, at): (Option<&str>, UnixMs)| (id.map(str::to_owned), at);
        open.filter_map(|room| {
            let before = before(room.history.oldest()?);
            Some(Request::Older { place: room.name.clone(), before })
        })
        .collect()
    }

    /// What was typed, and was refused or forgotten: klatch was killed before it was kept.
    pub(crate) fn forgotten(&self) -> impl Iterator<Item = &String> {
        self.said.iter().filter(|(_, said)| **said == Said::Unknown).map(|(text, _)| text)
    }

    /// The ids of all messages on screen in a room, in their order.
    pub(crate) fn ids_in(&self, room: &str) -> Vec<String> {
        let lines = self.model.room(room).map(|room| &room.history);
        let said = lines.into_iter().flat_map(klatch::model::History::iter);
        said.filter(|line| matches!(line.body, Body::Said { .. }))
            .map(|line| line.id.clone().unwrap_or_default())
            .collect()
    }

    /// The lines to send; the empty one means to hang up.
    fn follow(&mut self, out: Vec<Output>) -> Vec<String> {
        let mut lines = Vec::new();
        for output in out {
            match output {
                Output::Send(line) => lines.push(line),
                Output::Close(_) => lines.push(String::new()),
                Output::Event(event) => {
                    self.note(&event);
                    self.model.apply(event);
                }
            }
        }
        if self.session.unsent_changes() != self.kept_changes {
            self.kept_changes = self.session.unsent_changes();
            self.kept_before = std::mem::replace(&mut self.kept, self.session.unsent_messages());
        }
        if !lines.is_empty() {
            self.kept_before.clone_from(&self.kept);
        }
        lines
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Welcome { .. } => {
                self.signed_up = true;
                self.arrived = true;
                self.reconnect.arrived();
            }
            Event::Failed(Failure::NameTaken { .. }) => self.signed_up = true,
            Event::Outgoing { out, text, .. } => {
                self.outgoing.insert(*out, text.clone());
            }
            Event::Fate { out, fate } => self.note_fate(*out, fate),
            Event::Said { place, spoken } => {
                if let Some(id) = &spoken.id {
                    self.note_order(place, id);
                    self.seen.insert(id.clone(), spoken.text.clone());
                }
            }
            Event::History(page) => {
                for spoken in &page.lines {
                    self.seen.insert(spoken.id.clone().unwrap_or_default(), spoken.text.clone());
                }
                if let Place::Room(name) | Place::Direct(name) = &page.place {
                    // The newest page, when coming in, is not counted as unread, but for what nobody answered.
                    let mine = page.lines.iter().rposition(|spoken| spoken.mine).map_or(0, |last| last + 1);
                    let read = match (page.part, &page.place) {
                        (Part::Missed, _) => 0,
                        (Part::Latest, Place::Direct(_)) => mine,
                        (Part::Latest | Part::Before, _) => page.lines.len(),
                    };
                    let known: BTreeSet<String> = self.ids_in(name).into_iter().collect();
                    let ids = page.lines[..read].iter().filter_map(|spoken| spoken.id.clone());
                    // What had come by itself before is counted already.
                    self.looked.entry(name.clone()).or_default().extend(ids.filter(|id| !known.contains(id)));
                }
            }
            _ => {}
        }
    }

    fn note_fate(&mut self, out: OutId, fate: &Fate) {
        let Some(said) = self.outgoing.get(&out).and_then(|text| self.said.get_mut(text)) else { return };
        match fate {
            Fate::Done { id: Some(id), .. } => {
                if let Said::Done(before) = said
                    && before != id
                {
                    self.faults.push(format!("{} was told of {before} and {id} for one message", self.name));
                }
                *said = Said::Done(id.clone());
                self.confirmed += 1;
            }
            Fate::Done { id: None, .. } => self.faults.push(format!("{}: confirmed without an id", self.name)),
            Fate::Refused(_) => *said = Said::Unknown,
            Fate::Queued | Fate::Sent => {}
        }
    }

    /// What comes by itself comes in the one order.
    fn note_order(&mut self, place: &Place, id: &str) {
        let seq: u64 = id[8..].parse().unwrap_or(0);
        if seq <= self.newest {
            self.faults.push(format!("{} heard {seq} after {} in {place:?}", self.name, self.newest));
        }
        self.newest = seq;
    }

    /// What the screen says is unread in a room, and what is.
    pub(crate) fn unread(&self, room: &str) -> (usize, usize) {
        let looked = self.looked.get(room);
        let lines = self.model.room(room).into_iter().flat_map(|room| room.history.iter());
        let unread = lines.filter(|line| {
            let others = matches!(line.body, Body::Said { mine: false, .. });
            others && line.id.as_ref().is_some_and(|id| looked.is_none_or(|looked| !looked.contains(id)))
        });
        (self.model.room(room).map_or(0, |room| room.unread), unread.count())
    }

    pub(crate) fn rooms(&self) -> Vec<String> {
        let rooms = self.model.rooms().iter().filter(|room| room.kind != RoomKind::Server);
        rooms.map(|room| room.name.clone()).collect()
    }
}

fn intent(name: &str, signed_up: bool, take_over: bool) -> Intent {
    let password = format!("secret-{name}").into();
    let way = match signed_up {
        true => Way::LogIn { password, take_over },
        false => Way::SignUp { display: name.to_owned(), password },
    };
    Intent { user: name.to_owned(), way, code: None, rooms: Vec::new() }
}
