//! How the model follows what is said: live, fetched, and on its way from us.

use klatch_protocol::UnixMs;

use super::{Attention, Body, Delivery, History, Line, LineKey, Model, Older, RoomKind, mention};
use crate::session::{Fate, Manner, OutId, Page, Part, Place, Spoken, Typing};

impl Model {
    pub(super) fn said(&mut self, place: &Place, spoken: Spoken) -> Option<Attention> {
        let index = self.open(place);
        let names = self.names;
        self.rooms[index].typing.retain(|nick| !names.same(nick, &spoken.nick));
        let (mine, notice) = (spoken.mine, spoken.manner == Manner::Notice);
        let line = self.spoken_line(index, spoken);
        let (key, body) = (line.key, line.body.clone());
        let Body::Said { nick, display, text, mention, .. } = body else {
            return None;
        };
        if !self.rooms[index].history.insert(line) || mine {
            return None;
        }
        let direct = self.rooms[index].kind == RoomKind::Direct;
        self.count_unread(index, key, mention || direct);
        let watched = self.watching && index == self.active;
        ((mention || (direct && !notice)) && !watched).then(|| Attention {
            room: self.rooms[index].name.clone(),
            who: display.unwrap_or(nick),
            text,
            direct,
        })
    }

    fn count_unread(&mut self, index: usize, key: LineKey, mention: bool) {
        if self.watching && index == self.active {
            return;
        }
        let room = &mut self.rooms[index];
        room.unread += 1;
        if room.new.len() < History::MOST {
            room.new.insert(key);
        }
        room.mentions += usize::from(mention);
        room.unread_from.get_or_insert(key);
    }

    fn spoken_line(&mut self, index: usize, spoken: Spoken) -> Line {
        if let Some(note) = self.redactions.of(&self.rooms[index].name, spoken.id.as_deref()) {
            return Line { key: self.key(), id: spoken.id, at: spoken.at, body: Body::Info(note) };
        }
        let Spoken { id, at, nick, text, manner, mine, .. } = spoken;
        let mention = !mine && manner != Manner::Notice && self.names_me(&text);
        let display = self.display_of(index, &nick);
        let (action, notice) = (manner == Manner::Action, manner == Manner::Notice);
        let body = Body::Said { nick, display, text, action, notice, mine, mention, delivery: Delivery::Done };
        Line { key: self.key(), id, at, body }
    }

    fn names_me(&self, text: &str) -> bool {
        mention::names_one_of(text, &[&self.me.nick, self.me.display.as_deref().unwrap_or_default()])
    }

    pub(super) fn typing(&mut self, place: &Place, nick: &str, state: Typing) {
        let Some(index) = self.index_of(place) else {
            return;
        };
        let names = self.names;
        let typing = &mut self.rooms[index].typing;
        typing.retain(|known| !names.same(known, nick));
        // More names than these are never shown.
        if state == Typing::Active && typing.len() < 16 {
            typing.push(nick.to_owned());
        }
    }

    /// What a message of our own looks like.
    pub(super) fn own(&self, text: String, manner: Manner, fate: &Fate) -> Body {
        Body::Said {
            nick: self.me.nick.clone(),
            display: self.me.display.clone().filter(|display| *display != self.me.nick),
            text,
            action: manner == Manner::Action,
            notice: manner == Manner::Notice,
            mine: true,
            mention: false,
            delivery: delivery(fate),
        }
    }

    pub(super) fn fate(&mut self, out: OutId, fate: Fate) {
        let Some((place, key)) = self.outgoing.get(&out).cloned() else {
            return;
        };
        let delivery = delivery(&fate);
        let show = |body: &mut Body| {
            if let Body::Said { delivery: shown, .. } = body {
                *shown = delivery;
            }
        };
        let Some(index) = self.index_of(&place) else {
            self.outgoing.remove(&out);
            return;
        };
        match fate {
            Fate::Done { id, at } => {
                self.outgoing.remove(&out);
                let note = self.redactions.of(&self.rooms[index].name, id.as_deref());
                self.rooms[index].history.confirm(key, id, at, |body| match note {
                    Some(note) => *body = Body::Info(note),
                    None => show(body),
                });
            }
            Fate::Queued | Fate::Sent | Fate::Refused(_) => self.rooms[index].history.update(key, show),
        }
    }

    pub(super) fn history(&mut self, page: Page) {
        let Page { place, part, lines, complete } = page;
        // What was closed is opened again only by something new in it.
        if self.index_of(&place).is_none() && (lines.is_empty() || part == Part::Before) {
            return;
        }
        let index = self.open(&place);
        let lines: Vec<Line> = lines.into_iter().map(|spoken| self.spoken_line(index, spoken)).collect();
        let unread = self.unread_of(index, part, &lines);
        let gap = match part {
            Part::Missed => self.gap_for(index, &lines),
            Part::Latest | Part::Before => None,
        };
        let room = &mut self.rooms[index];
        if part == Part::Before {
            room.history.bring_before_oldest(&lines);
        }
        let new = room.history.merge(lines, gap);
        if part != Part::Missed {
            let known = complete || room.history.older == Older::Nothing;
            room.history.older = if known { Older::Nothing } else { Older::Unfetched };
        }
        for (key, mention) in unread.into_iter().filter(|(key, _)| new.contains(key)) {
            self.count_unread(index, key, mention);
        }
    }

    /// Which lines of a page the user has not read, as far as they are new, and whether each is a mention. What was missed
    /// is unread; of the newest, when we come in, nobody remembers what was read, but what was said in a conversation after
    /// our own last word has not been answered.
    fn unread_of(&self, index: usize, part: Part, lines: &[Line]) -> Vec<(LineKey, bool)> {
        let direct = self.rooms[index].kind == RoomKind::Direct;
        let mine = |line: &Line| matches!(line.body, Body::Said { mine: true, .. });
        let begin = match part {
            Part::Missed => 0,
            Part::Latest if direct => lines.iter().rposition(mine).map_or(0, |last| last + 1),
            Part::Latest | Part::Before => lines.len(),
        };
        let unread = lines[begin..].iter().filter_map(|line| match &line.body {
            Body::Said { mine: false, mention, .. } => Some((line.key, *mention || direct)),
            _ => None,
        });
        unread.collect()
    }

    /// Where a page of what was missed goes: the gap of this room. Of a conversation that began without us nothing was
    /// known before, so its gap stands before everything.
    fn gap_for(&mut self, index: usize, page: &[Line]) -> Option<LineKey> {
        if let (None, Some(first)) = (self.rooms[index].gap, page.first()) {
            let key = self.key();
            let room = &mut self.rooms[index];
            room.history.prepend(Line { key, id: None, at: first.at, body: Body::Gap { fetching: true } });
            room.gap = Some(key);
        }
        self.rooms[index].gap
    }

    pub(super) fn caught_up(&mut self, place: &Place) {
        if let Some(index) = self.index_of(place)
            && let Some(gap) = self.rooms[index].gap.take()
        {
            self.rooms[index].history.remove(gap);
        }
    }

    pub(super) fn still_missing(&mut self, place: &Place) {
        if let Some(index) = self.index_of(place)
            && let Some(gap) = self.rooms[index].gap.take()
        {
            self.rooms[index].history.update(gap, |body| *body = Body::Gap { fetching: false });
        }
    }

    /// The server said whether it keeps a history.
    pub(super) fn follow_keeping(&mut self, keeps: bool) {
        self.keeps_history = keeps;
        for room in self.rooms.iter_mut().filter(|room| room.kind != RoomKind::Server) {
            room.history.older = match (keeps, room.history.older) {
                (false, _) => Older::NotKept,
                (true, Older::NotKept) => Older::Unfetched,
                (true, older) => older,
            };
        }
    }

    pub(super) fn older_failed(&mut self, place: &Place, reason: &str) {
        if let Some(index) = self.index_of(place) {
            self.rooms[index].history.older = Older::Unfetched;
            let at = UnixMs(0);
            self.append(index, Body::Error(format!("older messages could not be fetched: {reason}")), at);
        }
    }
}

fn delivery(fate: &Fate) -> Delivery {
    match fate {
        Fate::Queued => Delivery::Queued,
        Fate::Sent => Delivery::Pending,
        Fate::Done { .. } => Delivery::Done,
        Fate::Refused(reason) => Delivery::Refused(reason.clone()),
    }
}
