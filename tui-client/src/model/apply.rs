//! How the model follows what the session reports: one arm an event, one function where an arm would grow.

use klatch_protocol::{CaseMapping, UnixMs};

use super::{Attention, Body, Line, Member, Model, Older, RoomKind, Roster};
use crate::session::{Event, Page, Person, Place, Window};

impl Model {
    /// Follows one event. Returns what the user should be told about beyond the screen.
    pub fn apply(&mut self, event: Event) -> Option<Attention> {
        match event {
            Event::Welcome { nick, network, first, history } => {
                self.welcome(nick, network, first);
                self.follow_keeping(history);
            }
            Event::Network(name) => self.network = name,
            Event::Names(names) => self.compare_names(names),
            Event::Lost => self.lost(),
            Event::Joined { room, person, mine, at } => self.joined(&room, &person, mine, at),
            Event::Parted { room, nick, reason, kicked_by, mine, at } => {
                self.parted(&room, &nick, reason, kicked_by, mine, at);
            }
            Event::Quit { nick, reason, at } => self.quit(&nick, reason.as_deref(), at),
            Event::Renamed { old, new, mine, at } => self.renamed(&old, &new, mine, at),
            Event::RoomRenamed { from, to, by, reason, at } => {
                self.room_renamed(&from, &to, &by, reason.as_deref(), at);
            }
            Event::Present { room, people } => self.present(&room, people),
            Event::About { room, person } => self.about(room.as_deref(), &person),
            Event::Operator { room, nick, operator, by, at } => self.operator(&room, &nick, operator, &by, at),
            Event::Topic { room, text, changed } => self.topic(&room, text, changed),
            Event::Said { place, .. } | Event::History(Page { place, .. }) if self.is_leaving(&place) => {}
            Event::Said { place, spoken } => return self.said(&place, spoken),
            Event::Redacted(redaction) => self.redacted(redaction),
            Event::Typing { place, nick, state } => self.typing(&place, &nick, state),
            Event::Outgoing { out, place, text, manner, at, fate } => {
                let index = self.open(&place);
                let key = self.append(index, self.own(text, manner, &fate), at);
                self.outgoing.insert(out, (place, key));
            }
            Event::Fate { out, fate } => self.fate(out, fate),
            Event::History(page) => self.history(page),
            Event::CaughtUp(place) => self.caught_up(&place),
            Event::StillMissing(place) => self.still_missing(&place),
            Event::OlderFailed { place, reason } => self.older_failed(&place, &reason),
            Event::Away(away) => self.away(away),
            Event::Invited { room, by, at } => {
                let by = self.shown_name(self.active(), &by).into_owned();
                self.note(&format!("{by} invites you to {room}; /join {room} goes there"), at);
            }
            Event::Info { window, text, at } => {
                let index = self.window(&window);
                self.append(index, Body::Info(text), at);
            }
            Event::Error { window, text, at } => {
                let index = self.window(&window);
                self.append(index, Body::Error(text), at);
            }
            // How signing in goes is the form's to show, and how a server ends the application's.
            Event::Stage(_)
            | Event::Failed(_)
            | Event::ShuttingDown { .. }
            | Event::Restarting { .. }
            | Event::TakenOver { .. } => {}
        }
        None
    }

    fn welcome(&mut self, nick: String, network: String, first: bool) {
        let had_none = self.me.nick.is_empty();
        self.me.nick = nick;
        self.network = network;
        self.greet |= first;
        if had_none {
            self.sign_outgoing();
        }
    }

    /// What an earlier run of klatch left was there before we had a name.
    fn sign_outgoing(&mut self) {
        let Model { rooms, outgoing, me, .. } = self;
        for (_, key) in outgoing.values() {
            for room in rooms.iter_mut() {
                room.history.update(*key, |body| {
                    if let Body::Said { nick, .. } = body {
                        nick.clone_from(&me.nick);
                    }
                });
            }
        }
    }

    fn compare_names(&mut self, names: CaseMapping) {
        self.names = names;
        self.leaving = std::mem::take(&mut self.leaving).iter().map(|room| names.fold(room.as_str())).collect();
        self.rooms.iter_mut().for_each(|room| room.roster.compare_names(names));
    }

    /// Nobody knows what is said from here on: a gap is marked wherever something was said before.
    fn lost(&mut self) {
        self.leaving.clear();
        for index in 0..self.rooms.len() {
            let room = &mut self.rooms[index];
            room.typing.clear();
            if room.history.older == Older::Fetching {
                room.history.older = Older::Unfetched;
            }
            room.joined = room.kind != RoomKind::Room;
            room.history.expect_more();
            if room.kind != RoomKind::Server {
                self.open_gap(index);
            }
        }
    }

    /// Marks a gap at the end of what there is, if there is anything and no gap is open.
    fn open_gap(&mut self, index: usize) {
        let room = &mut self.rooms[index];
        // One of a room that has nothing of the server's before it is no gap: what is missing there is fetched from what
        // stands behind it, as older lines are.
        if let Some(gap) = room.gap.filter(|gap| room.kind == RoomKind::Room && !room.history.is_known_before(*gap)) {
            room.history.remove(gap);
            room.gap = None;
        }
        // In a conversation that the server has told nothing of there is nothing to be fetched.
        let is_told = room.kind == RoomKind::Room || room.history.iter().any(is_told);
        let newest = room.history.iter().next_back().map(|line| line.at).filter(|_| is_told);
        if let (Some(at), None) = (newest, room.gap) {
            let key = self.append(index, Body::Gap { fetching: true }, at);
            self.rooms[index].gap = Some(key);
        }
    }

    fn joined(&mut self, name: &str, person: &Person, mine: bool, at: UnixMs) {
        let names = self.names;
        if mine {
            self.leaving.remove(&names.fold(name));
            let index = self.open(&Place::Room(name.to_owned()));
            self.me.display = person.display.clone().or(self.me.display.take());
            // Where we have been before, something was said without us.
            if !self.rooms[index].joined && self.rooms[index].history.iter().any(|line| line.id.is_some()) {
                self.open_gap(index);
            }
            self.rooms[index].joined = true;
            self.rooms[index].roster.insert(member(person));
            let wanted = self.wanted.as_deref().is_some_and(|wanted| names.same(wanted, name));
            if wanted || (self.wanted.is_none() && self.active().kind == RoomKind::Server) {
                self.wanted = None;
                self.switch_to(index);
            }
            if std::mem::take(&mut self.greet) {
                self.append(index, Body::Info(format!("Good to see you {}!", self.me.name())), at);
            }
            return;
        }
        let Some(index) = self.index_of(&Place::Room(name.to_owned())) else {
            return;
        };
        let nick = person.nick.clone();
        self.rooms[index].roster.insert(member(person));
        let display = self.display_of(index, &nick);
        self.append(index, Body::Joined { nick, display }, at);
    }

    fn parted(&mut self, name: &str, nick: &str, reason: Option<String>, by: Option<String>, mine: bool, at: UnixMs) {
        if mine {
            self.leaving.remove(&self.names.fold(name));
        }
        let Some(index) = self.index_of(&Place::Room(name.to_owned())) else {
            return;
        };
        let by = by.map(|by| self.rooms[index].roster.shown_name(&by).into_owned());
        if mine {
            let room = &mut self.rooms[index];
            room.joined = false;
            room.history.expect_more();
            room.roster.clear();
            let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            let text = match by {
                Some(by) => format!("{by} threw you out of {name}{why}; /join {name} goes back"),
                None => format!("you left {name}{why}"),
            };
            self.append(index, Body::Info(text), at);
            return;
        }
        let reason = match (by, reason) {
            (Some(by), Some(reason)) => Some(format!("thrown out by {by}: {reason}")),
            (Some(by), None) => Some(format!("thrown out by {by}")),
            (None, reason) => reason,
        };
        self.left(index, nick, reason, at);
    }

    fn quit(&mut self, nick: &str, reason: Option<&str>, at: UnixMs) {
        let names = self.names;
        for index in 0..self.rooms.len() {
            let room = &self.rooms[index];
            let here =
                room.roster.get(nick).is_some() || (room.kind == RoomKind::Direct && names.same(&room.name, nick));
            if here {
                self.left(index, nick, reason.map(str::to_owned), at);
            }
        }
    }

    fn left(&mut self, index: usize, nick: &str, reason: Option<String>, at: UnixMs) {
        let names = self.names;
        let display = self.display_of(index, nick);
        let room = &mut self.rooms[index];
        let nick = room.roster.remove(nick).map_or_else(|| nick.to_owned(), |member| member.nick);
        room.typing.retain(|typing| !names.same(typing, &nick));
        self.append(index, Body::Left { nick, display, reason }, at);
    }

    /// The server has taken it that we are away, or back.
    fn away(&mut self, away: bool) {
        let me = self.me.nick.clone();
        for room in &mut self.rooms {
            room.roster.update(&me, |member| member.away = away);
        }
        self.me.away = away;
    }

    /// Replaces who is here, but keeps what is known about who stays.
    fn present(&mut self, name: &str, people: Vec<Person>) {
        let Some(index) = self.index_of(&Place::Room(name.to_owned())) else {
            return;
        };
        let mut fresh = Roster::default();
        fresh.compare_names(self.names);
        let mut before = std::mem::replace(&mut self.rooms[index].roster, fresh);
        for person in people {
            let mut known = before.remove(&person.nick).unwrap_or_default();
            known.nick.clone_from(&person.nick);
            learn(&mut known, &person);
            self.rooms[index].roster.insert(known);
        }
    }

    fn about(&mut self, room: Option<&str>, person: &Person) {
        let names = self.names;
        if names.same(&person.nick, &self.me.nick) {
            self.me.display = person.display.clone().or(self.me.display.take());
        }
        for known in &mut self.rooms {
            if room.is_some_and(|room| !names.same(room, &known.name)) {
                continue;
            }
            let unnamed = known.roster.get(&person.nick).is_some_and(|member| member.display.is_none());
            known.roster.update(&person.nick, |member| learn(member, person));
            let shown = known.roster.shown_name(&person.nick);
            if unnamed && shown != person.nick {
                known.history.introduce(names, &person.nick, &shown);
            }
        }
    }

    fn operator(&mut self, name: &str, nick: &str, operator: bool, by: &str, at: UnixMs) {
        let Some(index) = self.index_of(&Place::Room(name.to_owned())) else {
            return;
        };
        self.rooms[index].roster.update(nick, |member| member.operator = operator);
        let roster = &self.rooms[index].roster;
        let (who, by) = (roster.shown_name(nick), roster.shown_name(by));
        let what = if operator { "an operator" } else { "no operator" };
        let text = format!("{who} is {what} of {name} now, by {by}");
        self.append(index, Body::Info(text), at);
    }

    fn topic(&mut self, name: &str, text: String, changed: Option<(String, UnixMs)>) {
        let Some(index) = self.index_of(&Place::Room(name.to_owned())) else {
            return;
        };
        if let Some((by, at)) = changed {
            let by = self.rooms[index].roster.shown_name(&by).into_owned();
            let news = match text.as_str() {
                "" => format!("{by} took the topic away"),
                text => format!("{by} set the topic: {text}"),
            };
            self.append(index, Body::Info(news), at);
        }
        self.rooms[index].topic = text;
    }

    fn window(&self, window: &Window) -> usize {
        let names = self.names;
        match window {
            Window::Active => self.active,
            Window::Server => self.server(),
            Window::Named(name) => {
                let named = self.rooms.iter().position(|room| !room.name.is_empty() && names.same(&room.name, name));
                named.unwrap_or(self.active)
            }
        }
    }

    /// The name to show for `nick` in room number `index`, if it is not just the nick.
    pub(super) fn display_of(&self, index: usize, nick: &str) -> Option<String> {
        let shown = self.shown_name(&self.rooms[index], nick);
        (shown != nick).then(|| shown.into_owned())
    }
}

/// Whether the server has told of a line.
fn is_told(line: &Line) -> bool {
    line.id.is_some() || matches!(line.body, Body::Said { mine: false, .. })
}

fn member(person: &Person) -> Member {
    let mut member = Member { nick: person.nick.clone(), ..Member::default() };
    learn(&mut member, person);
    member
}

/// Takes over what was told; what was not told stays as it is.
fn learn(member: &mut Member, person: &Person) {
    if let Some(display) = &person.display {
        member.display = Some(display.clone());
    }
    match person.account.as_deref() {
        Some("") => member.account = None,
        Some(account) => member.account = Some(account.to_owned()),
        None => {}
    }
    member.operator = person.operator.unwrap_or(member.operator);
    member.away = person.away.unwrap_or(member.away);
}
