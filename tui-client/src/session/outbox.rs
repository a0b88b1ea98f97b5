//! Our own messages on their way to being confirmed. They survive a broken connection: what was sent but not confirmed
//! is in doubt until the history of its place has been caught up with, and is sent again only when it is not there.

use std::collections::VecDeque;

use klatch_protocol::{CaseMapping, UnixMs};

use super::{Manner, OutId, Place, Spoken, Unsent, speech::same_place};

/// The most messages of one run, refused ones included.
pub(super) const MOST: usize = 1_000;
/// How many may be on their way at a time, so that a long paste does not run into the server's flood protection with
/// everything at once.
const WINDOW: usize = 16;
/// How much earlier than we sent it, by our reckoning of the server's clock, a message in the history may have been
/// said to be ours.
const TOLERANCE: i64 = 60_000;

/// One message: what fits one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub out: OutId,
    pub place: Place,
    pub raw: String,
    pub manner: Manner,
    /// By which the server, and we, know it again when it is sent a second time; the same over all connections, and also
    /// when klatch was restarted meanwhile (docs/protocol.md, "`klatch.chat/nonce`").
    pub nonce: String,
    /// When it was sent last, by the server's clock.
    sent_at: UnixMs,
    /// Whether it had been sent before that.
    repeat: bool,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not sent.
    Waiting,
    /// Sent on the present connection.
    Sent,
    /// Sent on a connection that broke.
    Doubtful,
    /// The server did not want it.
    Refused,
}

/// All of them, in the order in which they were said.
#[derive(Debug)]
pub(super) struct Outbox {
    messages: VecDeque<Message>,
    /// Made by chance for this run: what nonces begin with.
    origin: u64,
    last: u64,
    /// Counts what changes the list that is kept.
    changes: u64,
    /// Which names are the same.
    names: CaseMapping,
}

impl Message {
    /// The label it is sent with.
    pub(super) fn label(&self) -> String {
        format!("m{}", self.out.0)
    }
}

impl Outbox {
    pub(super) fn new(origin: u64) -> Self {
        Outbox { messages: VecDeque::new(), origin, last: 0, changes: 0, names: CaseMapping::default() }
    }

    /// Takes a message in; `None` when there are too many already.
    pub(super) fn add(&mut self, place: Place, raw: String, manner: Manner) -> Option<OutId> {
        if self.messages.len() >= MOST {
            let oldest_refused = self.messages.iter().position(|message| message.state == State::Refused)?;
            self.messages.remove(oldest_refused);
        }
        let nonce = format!("{:016x}-{}", self.origin, self.last + 1);
        let message = Message {
            out: OutId(0),
            place,
            raw,
            manner,
            nonce,
            sent_at: UnixMs(0),
            repeat: false,
            state: State::Waiting,
        };
        Some(self.take(message))
    }

    /// Takes in what an earlier run of klatch could not get confirmed, all of it: several may have left as much as one takes.
    pub(super) fn restore(&mut self, unsent: Unsent) -> Option<OutId> {
        let Unsent { place, text, manner, nonce, sent } = unsent;
        let known = self.messages.iter().any(|message| message.nonce == nonce);
        let (state, sent_at) = sent.map_or((State::Waiting, UnixMs(0)), |at| (State::Doubtful, at));
        let message = Message { out: OutId(0), place, raw: text, manner, nonce, sent_at, repeat: false, state };
        (!known).then(|| self.take(message))
    }

    fn take(&mut self, message: Message) -> OutId {
        self.last += 1;
        let out = OutId(self.last);
        self.messages.push_back(Message { out, ..message });
        self.changes += 1;
        out
    }

    /// What has to outlive klatch, in order: all that is neither confirmed nor refused.
    pub(super) fn unsent_messages(&self) -> Vec<Unsent> {
        let open = self.messages.iter().filter(|message| message.state != State::Refused);
        let kept = open.map(|message| Unsent {
            place: message.place.clone(),
            text: message.raw.clone(),
            manner: message.manner,
            nonce: message.nonce.clone(),
            sent: (message.sent_at != UnixMs(0)).then_some(message.sent_at),
        });
        kept.collect()
    }

    /// Another number each time that list is another one.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// The message with this nonce.
    pub(super) fn stamped(&self, nonce: &str) -> Option<OutId> {
        self.messages.iter().find(|message| message.nonce == nonce).map(|message| message.out)
    }

    /// Whether a message was sent more than once.
    pub(super) fn is_repeat(&self, out: OutId) -> bool {
        self.messages.iter().any(|message| message.out == out && message.repeat)
    }

    /// The rooms that something waits for.
    pub(super) fn rooms(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().filter_map(|message| match &message.place {
            Place::Room(room) => Some(room.as_str()),
            _ => None,
        })
    }

    /// The next message to send to a place that is `open`, marked as sent at `now`. A place where something is in doubt
    /// waits: order is kept.
    pub(super) fn next(&mut self, now: UnixMs, open: impl Fn(&Place) -> bool) -> Option<Message> {
        let sent = self.messages.iter().filter(|message| message.state == State::Sent).count();
        if sent >= WINDOW {
            return None;
        }
        let index = self.messages.iter().position(|message| {
            message.state == State::Waiting && open(&message.place) && !self.in_doubt(&message.place)
        })?;
        let message = &mut self.messages[index];
        message.state = State::Sent;
        message.repeat = message.sent_at != UnixMs(0);
        message.sent_at = now;
        self.changes += 1;
        Some(message.clone())
    }

    /// Whether anything waits to be sent.
    pub(super) fn has_waiting(&self) -> bool {
        self.messages.iter().any(|message| message.state == State::Waiting)
    }

    /// Whether it is open what became of something said there.
    pub(super) fn in_doubt(&self, place: &Place) -> bool {
        let names = self.names;
        self.messages.iter().any(|message| message.state == State::Doubtful && same_place(names, &message.place, place))
    }

    /// The conversations where it is open what became of something.
    pub(super) fn doubtful_conversations(&self) -> Vec<Place> {
        let doubtful = self.messages.iter().filter(|message| message.state == State::Doubtful);
        let mut places: Vec<Place> = Vec::new();
        for message in doubtful {
            if matches!(message.place, Place::Direct(_))
                && !places.iter().any(|known| same_place(self.names, known, &message.place))
            {
                places.push(message.place.clone());
            }
        }
        places
    }

    /// One of our messages came back from the server, with the label it was sent with where there are labels; which it is.
    pub(super) fn came_back(&self, label: Option<&str>, place: &Place, raw: &str, manner: Manner) -> Option<OutId> {
        let names = self.names;
        let sent = |message: &&Message| message.state == State::Sent;
        let found = match label {
            Some(label) => self.messages.iter().filter(sent).find(|message| message.label() == label),
            None => self.messages.iter().filter(sent).find(|message| {
                message.manner == manner && message.raw == raw && same_place(names, &message.place, place)
            }),
        };
        found.map(|message| message.out)
    }

    /// Whether the message sent with `label` is one that has been confirmed.
    pub(super) fn is_over(&self, label: &str) -> bool {
        let number = label.strip_prefix('m').and_then(|number| number.parse::<u64>().ok());
        let is_here = |out: u64| self.messages.iter().any(|message| message.out.0 == out);
        number.is_some_and(|out| out <= self.last && !is_here(out))
    }

    /// When a message was sent, if it is on its way.
    pub(super) fn sent_at(&self, out: OutId) -> Option<UnixMs> {
        let found = self.messages.iter().find(|message| message.out == out && message.state == State::Sent);
        found.map(|message| message.sent_at)
    }

    /// The message sent with `label`, whether it is confirmed or not.
    pub(super) fn labelled(&self, label: &str) -> Option<OutId> {
        self.messages.iter().find(|message| message.state == State::Sent && message.label() == label).map(|m| m.out)
    }

    /// The first message on its way to `target`.
    pub(super) fn first_sent_to(&self, target: &str) -> Option<OutId> {
        let found = self.messages.iter().find(|message| {
            let (Place::Room(name) | Place::Direct(name)) = &message.place else {
                return false;
            };
            message.state == State::Sent && self.names.same(name, target)
        });
        found.map(|message| message.out)
    }

    /// A message of ours was found in the history; which one that was in doubt it is.
    pub(super) fn found(&self, place: &Place, spoken: &Spoken, raw: &str) -> Option<OutId> {
        let names = self.names;
        let found = self.messages.iter().find(|message| {
            message.state == State::Doubtful
                && same_place(names, &message.place, place)
                && message.manner == spoken.manner
                && message.raw == raw
                && spoken.at.0 >= message.sent_at.0 - TOLERANCE
        });
        found.map(|message| message.out)
    }

    /// It is on the server.
    pub(super) fn done(&mut self, out: OutId) {
        self.messages.retain(|message| message.out != out);
        self.changes += 1;
    }

    /// The server does not want it.
    pub(super) fn refuse(&mut self, out: OutId) {
        if let Some(message) = self.messages.iter_mut().find(|message| message.out == out) {
            message.state = State::Refused;
            self.changes += 1;
        }
    }

    /// What was refused in a place waits again; which messages that are.
    pub(super) fn again(&mut self, place: &Place) -> Vec<OutId> {
        let names = self.names;
        let mut again = Vec::new();
        for message in &mut self.messages {
            if message.state == State::Refused && same_place(names, &message.place, place) {
                message.state = State::Waiting;
                again.push(message.out);
            }
        }
        self.changes += 1;
        again
    }

    /// The connection broke.
    pub(super) fn lost(&mut self) {
        for message in &mut self.messages {
            if message.state == State::Sent {
                message.state = State::Doubtful;
            }
        }
    }

    /// What was said in a place is known now: what is still in doubt has not arrived and waits again.
    pub(super) fn settle(&mut self, place: &Place) {
        let names = self.names;
        for message in &mut self.messages {
            if message.state == State::Doubtful && same_place(names, &message.place, place) {
                message.state = State::Waiting;
            }
        }
    }

    /// The messages for a place that are in doubt, or with `all` those that wait as well.
    pub(super) fn pending(&self, place: &Place, all: bool) -> Vec<OutId> {
        let names = self.names;
        let concerned = |message: &&Message| {
            let open = match message.state {
                State::Doubtful => true,
                State::Waiting => all,
                State::Sent | State::Refused => false,
            };
            open && same_place(names, &message.place, place)
        };
        self.messages.iter().filter(concerned).map(|message| message.out).collect()
    }

    /// A place has another name: what waits for it goes there.
    pub(super) fn renamed(&mut self, old: &Place, new: &Place) {
        let names = self.names;
        for message in self.messages.iter_mut().filter(|message| same_place(names, &message.place, old)) {
            message.place = new.clone();
        }
        self.changes += 1;
    }

    /// Names are compared otherwise from now on.
    pub(super) fn compare_names(&mut self, names: CaseMapping) {
        self.names = names;
    }

    /// How many wait or are not confirmed.
    pub(super) fn unsent(&self) -> usize {
        self.messages.iter().filter(|message| message.state != State::Refused).count()
    }
}
