//! Our presence on one server, as a pure state machine: lines come in, lines and events go out; time is a parameter.
//! It lives over as many connections as it takes: what was said and not confirmed, and how far each room's history is
//! known, survive a broken one. It never does I/O, reads no clock and draws nothing.

mod asking;
mod backlog;
mod batches;
mod clean;
mod dispatch;
mod failure;
mod handshake;
mod history;
mod intent;
mod io;
mod keepalive;
mod link;
mod numerics;
mod outbox;
mod people;
mod reconnect;
mod renaming;
mod sending;
mod speech;
mod standard;
mod typists;

pub use failure::{Failure, Field};
pub use intent::{Intent, Way};
pub use io::{
    Ending, Event, Fate, Manner, Now, OutId, Output, Page, Part, Person, Place, Redaction, Request, Spoken, Stage,
    Typing, Unsent, Window,
};
pub use reconnect::Reconnect;

use std::collections::BTreeMap;

use klatch_protocol::{CaseMapping, Folded, LineBuilder, UnixMs};

use backlog::Backlog;
use keepalive::Silence;
use link::{Link, Phase};
use outbox::Outbox;

/// Our presence on one server.
///
/// The order of things: [`Session::open`] when a connection is ready, [`Session::receive`] for each line,
/// [`Session::tick`] at [`Session::deadline`], [`Session::lost`] when the connection is gone; then, unless
/// [`Session::ending`] says otherwise, `open` again. Requests may come at any time.
#[derive(Debug)]
pub struct Session {
    intent: Intent,
    /// Our nick, as the server knows it.
    nick: String,
    link: Link,
    outbox: Outbox,
    backlog: Backlog,
    /// Which names are the same on this network, as far as it has told.
    names: CaseMapping,
    /// The rooms we are in, or want to be in (again).
    rooms: BTreeMap<Folded, Wanted>,
    /// When, by the server's clock, we were last connected; `None` before the first time.
    last_in: Option<UnixMs>,
    /// Up to when, by the server's clock, it is known which conversations there were. A connection that broke before the
    /// server told does not count.
    known_until: Option<UnixMs>,
    ending: Option<Ending>,
    /// That the user is away, and why: a server forgets it with the connection.
    away: Option<String>,
    labels: u64,
}

/// A room we are in, or want to be in.
#[derive(Debug)]
struct Wanted {
    /// Its name.
    name: String,
    /// Whether we have been in it.
    been: bool,
    /// What opens it, where it needs that.
    key: Option<String>,
}

impl Wanted {
    fn new(name: &str) -> Self {
        Wanted { name: name.to_owned(), been: false, key: None }
    }
}

impl Session {
    /// A session that is not connected yet. `chance` is a number that no other session gets: what is said is stamped with
    /// it.
    #[must_use]
    pub fn new(intent: Intent, chance: u64) -> Self {
        let names = CaseMapping::default();
        Session {
            nick: intent.user.clone(),
            rooms: intent.rooms.iter().map(|room| (names.fold(room), Wanted::new(room))).collect(),
            intent,
            link: Link::default(),
            outbox: Outbox::new(chance),
            backlog: Backlog::default(),
            names,
            last_in: None,
            known_until: None,
            ending: None,
            away: None,
            labels: 0,
        }
    }

    /// A connection is ready: begins to sign in.
    pub fn open(&mut self, now: Now, out: &mut Vec<Output>) {
        self.link = Link::new(now, self.names);
        self.greet(out);
    }

    /// The connection is gone, for whatever reason. What is not confirmed is kept.
    pub fn lost(&mut self, now: Now, out: &mut Vec<Output>) {
        let was_in = self.link.phase == Phase::In;
        // Our own clock may have been set meanwhile, so what the server told counts.
        let last = self.link.newest.or(self.last_in).unwrap_or_else(|| self.clock(now.wall));
        let looked = self.link.knows_conversations;
        self.link = Link::default();
        if was_in {
            self.last_in = Some(last);
            if looked {
                self.known_until = Some(last);
            }
            self.outbox.lost();
            self.backlog.lost();
            out.tell(Event::Lost);
        }
    }

    /// What is due by now: a question whether the server is still there, or giving it up.
    pub fn tick(&mut self, now: Now, out: &mut Vec<Output>) {
        if self.link.phase == Phase::Closed {
            return;
        }
        match self.link.keepalive.check(now) {
            Silence::Fine => {}
            Silence::Ask => out.send(LineBuilder::new().command("PING").param("klatch")),
            Silence::Dead if self.link.phase == Phase::In => {
                out.push(Output::Close("the server does not answer any more".to_owned()));
            }
            Silence::Dead => self.fail(Failure::Silent, out),
        }
        self.end_overdue_batches(now, out);
        self.give_up_questions(now, out);
        for (place, nick) in self.link.typists.overdue(now.mono) {
            out.tell(Event::Typing { place, nick, state: Typing::Done });
        }
    }

    /// When [`Session::tick`] is to be called, in steady milliseconds; `None` while there is nothing to wait for.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        if self.link.phase == Phase::Closed {
            return None;
        }
        let link = self.link.keepalive.deadline();
        let waiting = [self.backlog.deadline(), self.link.typists.deadline(), self.link.batches.deadline()];
        waiting.into_iter().flatten().chain([link]).min()
    }

    /// Why there is no use in connecting again by itself; `None` while there is.
    #[must_use]
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// The user wants to go on in spite of that.
    pub fn resume(&mut self) {
        self.ending = None;
    }

    /// Whether we are signed in and connected.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.link.phase == Phase::In
    }

    /// Whether older lines can be asked for now: we are in, and the server keeps a history.
    #[must_use]
    pub fn has_history(&self) -> bool {
        self.link.ready && self.link.has_history()
    }

    /// Our nick.
    #[must_use]
    pub fn nick(&self) -> &str {
        &self.nick
    }

    /// The server's clock, as far as its messages have told; the times of lines of our own should be taken from it, so
    /// that they stand where they belong even where the two clocks differ.
    #[must_use]
    pub fn clock(&self, wall: UnixMs) -> UnixMs {
        UnixMs(wall.0.saturating_add(self.link.skew.unwrap_or_default()))
    }

    /// How many messages of ours wait or are not confirmed.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.outbox.unsent()
    }

    /// What is not confirmed, to be given to [`Session::restore`] of a later run.
    #[must_use]
    pub fn unsent_messages(&self) -> Vec<Unsent> {
        self.outbox.unsent_messages()
    }

    /// Another number each time [`Session::unsent_messages`] gives something else.
    #[must_use]
    pub fn unsent_changes(&self) -> u64 {
        self.outbox.changes()
    }

    /// Takes in what an earlier run could not get confirmed, before the first connection.
    pub fn restore(&mut self, now: Now, kept: Vec<Unsent>, out: &mut Vec<Output>) {
        for unsent in kept {
            let (place, text, manner) = (unsent.place.clone(), clean::words(&unsent.text), unsent.manner);
            if let Some(id) = self.outbox.restore(unsent) {
                let at = self.clock(now.wall);
                out.tell(Event::Outgoing { out: id, place, text, manner, at, fate: Fate::Queued });
            }
        }
        // What may have arrived is looked for in the room's history, so we have to be there.
        let rooms = self.outbox.rooms().map(|room| (self.names.fold(room), Wanted::new(room)));
        for (folded, wanted) in rooms {
            self.rooms.entry(folded).or_insert(wanted);
        }
    }

    /// Ends the connection for good, without any hope that trying the same again goes better.
    fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
    }

    fn is_me(&self, nick: &str) -> bool {
        self.names.same(&self.nick, nick)
    }
}

/// Short ways to write outputs down.
trait Outputs {
    fn send(&mut self, line: LineBuilder);
    fn tell(&mut self, event: Event);
}

impl Outputs for Vec<Output> {
    fn send(&mut self, line: LineBuilder) {
        self.push(Output::Send(line.end_bare()));
    }

    fn tell(&mut self, event: Event) {
        self.push(Output::Event(event));
    }
}

#[cfg(test)]
mod tests;
