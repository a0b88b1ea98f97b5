//! Every line that comes in: into its batch, or to the one function that knows what it means.

use klatch_protocol::{Caps, CaseMapping, LineBuilder, Message, Numeric, UnixMs};

use super::{
    Ending, Event, Now, Output, Outputs, Session, Wanted, Window,
    batches::{Batch, Item},
    clean,
    link::Phase,
};

/// How deep batches may stand within each other. Servers in use have two levels.
const DEEPEST: usize = 8;

/// What PING carries to find out when the server has brought us back to our rooms.
const ROOMS_ARE_BACK: &str = "klatch-rooms";

/// A line with what belongs to it.
pub(super) struct Line<'a> {
    pub message: &'a Message<'a>,
    pub now: Now,
    /// When it happened: the server's word, else our clock.
    pub at: UnixMs,
    /// The label of the request it answers.
    pub label: Option<&'a str>,
}

impl<'a> Line<'a> {
    /// Who it comes from, as written; empty for nobody.
    pub(super) fn source(&self) -> &'a str {
        self.message.source.as_ref().map_or("", |source| source.name)
    }

    /// Who it comes from, to be shown.
    pub(super) fn who(&self) -> String {
        clean::name(self.source())
    }

    /// Parameter number `index`; empty where it is missing.
    pub(super) fn param(&self, index: usize) -> &'a str {
        self.message.param(index).unwrap_or_default()
    }

    /// A name in parameter number `index`, to be shown.
    pub(super) fn name(&self, index: usize) -> String {
        clean::name(self.param(index))
    }
}

impl Session {
    /// Takes one line, without its end. Whatever it is, it does no harm.
    pub fn receive(&mut self, now: Now, line: &str, out: &mut Vec<Output>) {
        if self.link.phase == Phase::Closed {
            return;
        }
        self.link.keepalive.heard(now);
        let Ok(message) = Message::parse(line) else {
            return;
        };
        let reference = message.tags.get("batch");
        if message.is("BATCH") {
            self.batch(now, &message, reference.as_deref(), out);
        } else if !reference.is_some_and(|reference| self.link.batches.keep(&reference, line)) {
            if let Some(told) = time_of(&message) {
                self.link.learn_time(told, now.wall);
            }
            let label = message.tags.get("label");
            self.one(now, &message, label.as_deref(), out);
        }
        self.flush(now, out);
    }

    /// BATCH: begins or ends one (ircv3.net "Batches").
    fn batch(&mut self, now: Now, message: &Message<'_>, parent: Option<&str>, out: &mut Vec<Output>) {
        let Some((reference, kind)) = message.given(0).map(|word| (word, message.param(1).unwrap_or_default())) else {
            return;
        };
        if let Some(reference) = reference.strip_prefix('+') {
            let params = message.params().iter().skip(2).map(|param| (*param).to_owned()).collect();
            let label = message.tags.get("label").map(std::borrow::Cow::into_owned);
            let batch = Batch { kind: kind.to_owned(), params, label, ..Batch::default() };
            self.link.batches.begin(now.mono, reference, parent, batch);
        } else if let Some(reference) = reference.strip_prefix('-')
            && let Some(batch) = self.link.batches.end(reference)
        {
            self.unfold(now, batch, None, 0, out);
        }
    }

    /// Takes what is in batches that have no end in sight as it is. An answer about history may lack its rest, so it is none
    /// at all: its question is given up, or asked again.
    pub(super) fn end_overdue_batches(&mut self, now: Now, out: &mut Vec<Output>) {
        for batch in self.link.batches.overdue(now.mono) {
            if !matches!(batch.kind.as_str(), "chathistory" | "draft/chathistory-targets") {
                self.unfold(now, batch, None, 0, out);
            }
        }
    }

    /// Looks at what was in a batch, now that all of it is here.
    fn unfold(&mut self, now: Now, batch: Batch, outer: Option<&str>, depth: usize, out: &mut Vec<Output>) {
        let label = batch.label.as_deref().or(outer);
        match batch.kind.as_str() {
            "chathistory" => self.page(now, batch.params.first().map_or("", String::as_str), label, &batch.items, out),
            "draft/chathistory-targets" => self.targets(label, &batch.items, out),
            _ => {
                for item in batch.items {
                    match item {
                        Item::Line(line) => {
                            if let Ok(message) = Message::parse(&line) {
                                self.one(now, &message, label, out);
                            }
                        }
                        Item::Batch(inner) if depth < DEEPEST => self.unfold(now, inner, label, depth + 1, out),
                        Item::Batch(_) => {}
                    }
                }
            }
        }
    }

    /// One line by itself.
    fn one(&mut self, now: Now, message: &Message<'_>, label: Option<&str>, out: &mut Vec<Output>) {
        let at = time_of(message).unwrap_or_else(|| self.clock(now.wall));
        let line = &Line { message, now, at, label };
        if let Ok(code) = message.command.parse::<u16>() {
            self.numeric(code, line, out);
            return;
        }
        match message.command.to_ascii_uppercase().as_str() {
            "PING" => out.send(LineBuilder::new().command("PONG").trailing(message.last().unwrap_or_default())),
            "PRIVMSG" | "NOTICE" => self.speech(line, out),
            "TAGMSG" => self.tags_only(line, out),
            "REDACT" => out.extend(self.redaction(line.message).map(Event::Redacted).map(Output::Event)),
            "JOIN" => self.join(line, out),
            "PART" => self.part(line, out),
            "KICK" => self.kick(line, out),
            "QUIT" => self.quit(line, out),
            "NICK" => self.renamed(line, out),
            "RENAME" => self.room_renamed(line, out),
            "AWAY" => self.away(line, out),
            "ACCOUNT" => self.account(line, out),
            "SETNAME" => self.setname(line, out),
            "CHGHOST" => self.chghost(line),
            "MODE" => self.mode(line, out),
            "TOPIC" => self.topic(line, out),
            "INVITE" => self.invited(line, out),
            "CAP" => self.cap(line, out),
            "AUTHENTICATE" => self.authenticate(line, out),
            "REGISTER" => self.registered(line, out),
            "ACK" => self.acknowledged(line, out),
            "FAIL" | "WARN" | "NOTE" => self.standard_reply(line, out),
            "ERROR" => self.error(line, out),
            "PONG" => self.pong(line, out),
            // Of a kind we did not ask for.
            _ => {}
        }
    }

    fn numeric(&mut self, code: u16, line: &Line<'_>, out: &mut Vec<Output>) {
        if self.link.phase < Phase::In && self.handshake_numeric(code, line, out) {
            return;
        }
        match Numeric::from_code(code) {
            Some(Numeric::RPL_ISUPPORT) => self.isupport(line, out),
            Some(Numeric::RPL_ENDOFMOTD | Numeric::ERR_NOMOTD) => self.greeting_over(line, out),
            Some(Numeric::RPL_NAMREPLY) => self.names(line),
            Some(Numeric::RPL_ENDOFNAMES) => self.names_end(line, out),
            Some(Numeric::RPL_WHOREPLY) => self.who(line, out),
            Some(Numeric::RPL_ENDOFWHO) => self.who_end(line),
            Some(Numeric::RPL_TOPIC | Numeric::RPL_NOTOPIC) => self.topic_told(line, out),
            Some(Numeric::RPL_AWAY) if self.is_away_known(line) => {}
            Some(Numeric::RPL_UNAWAY) => out.tell(Event::Away(false)),
            Some(Numeric::RPL_NOWAWAY) => out.tell(Event::Away(true)),
            _ if (400..=599).contains(&code) => self.refused(code, line, out),
            _ => self.say_numeric(code, line, out),
        }
    }

    /// ERROR: the server ends the connection and says why.
    fn error(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let says = clean::words(line.message.last().unwrap_or_default());
        if self.link.phase < Phase::In {
            self.fail_unless_failed(says, out);
        } else {
            if self.link.shutdown_announced {
                self.end(Ending::Shutdown);
            }
            out.push(Output::Close(says));
        }
    }

    /// A numeric of no further meaning to us, in words.
    pub(super) fn say_numeric(&mut self, code: u16, line: &Line<'_>, out: &mut Vec<Output>) {
        if code == 311 {
            self.forget_away(&line.name(1));
        }
        let params: Vec<String> = line.message.params().iter().skip(1).map(|param| clean::words(param)).collect();
        if let Some((window, text)) = super::numerics::describe(code, &params) {
            let at = line.at;
            let wrong = Numeric::from_code(code).map_or((400..600).contains(&code), Numeric::is_error);
            out.tell(if wrong { Event::Error { window, text, at } } else { Event::Info { window, text, at } });
        }
    }

    /// 005: what the server can do.
    fn isupport(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let before = self.link.isupport.network().map(str::to_owned);
        self.link.isupport.apply(line.message.params());
        if let Some(network) = self.link.isupport.network().filter(|name| Some(*name) != before.as_deref()) {
            out.tell(Event::Network(clean::name(network)));
        }
        // Until the greeting is over the token may still come.
        if self.link.ready || self.link.isupport.get("CASEMAPPING").is_some() {
            self.compare_names(self.link.isupport.casemapping(), out);
        }
    }

    /// From now on names are the same under `names`, also those known already.
    fn compare_names(&mut self, names: CaseMapping, out: &mut Vec<Output>) {
        if self.names == names {
            return;
        }
        self.names = names;
        let known = std::mem::take(&mut self.rooms);
        let joined = std::mem::take(&mut self.link.joined);
        for (folded, wanted) in known {
            let fresh = names.fold(&wanted.name);
            if joined.contains(&folded) {
                self.link.joined.insert(fresh.clone());
            }
            self.rooms.insert(fresh, wanted);
        }
        self.link.compare_names(names);
        self.backlog.compare_names(names);
        self.outbox.compare_names(names);
        out.tell(Event::Names(names));
    }

    /// The end of the message of the day, or its absence: from here on we can ask for things.
    fn greeting_over(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        if self.link.ready {
            return;
        }
        self.link.ready = true;
        self.compare_names(self.link.isupport.casemapping(), out);
        if self.rooms.is_empty() && self.last_in.is_none() {
            let text = "/list shows which rooms there are, /join goes into one".to_owned();
            out.tell(Event::Info { window: Window::Server, text, at: line.at });
        }
        if let Some(why) = &self.away {
            out.send(LineBuilder::new().command("AWAY").trailing(why));
        }
        self.return_to_rooms(out);
        self.ask_for_conversations(line.now, out);
    }

    /// Goes into the rooms that the server does not put us into by itself.
    fn return_to_rooms(&self, out: &mut Vec<Output>) {
        let missing = self.rooms.iter().filter(|(folded, _)| !self.link.joined.contains(*folded));
        let (kept, lost): (Vec<_>, Vec<_>) = missing.partition(|(_, room)| room.been && self.server_keeps_rooms());
        for (_, room) in lost {
            let line = LineBuilder::new().command("JOIN").param(&room.name);
            out.send(room.key.iter().fold(line, LineBuilder::param));
        }
        if !kept.is_empty() {
            out.send(LineBuilder::new().command("PING").param(ROOMS_ARE_BACK));
        }
    }

    /// Whether the server itself brings us back to our rooms, and keeps us out of those that we have lost meanwhile
    /// (docs/protocol.md).
    fn server_keeps_rooms(&self) -> bool {
        self.link.isupport.get("klatch.chat/KEEPS_ROOMS").is_some()
    }

    /// PONG has done its work by coming, unless it says that messages have been taken, or that the server has put us into all our rooms: those that are
    /// still missing are not ours any more.
    fn pong(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        self.taken(line.message.last().unwrap_or_default(), out);
        if line.message.last() != Some(ROOMS_ARE_BACK) || !self.server_keeps_rooms() {
            return;
        }
        let joined = &self.link.joined;
        let gone: Vec<_> = self.rooms.extract_if(.., |folded, room| room.been && !joined.contains(folded)).collect();
        for (_, Wanted { name, .. }) in gone {
            self.backlog.leave(&name);
            self.refuse_place(&name, "you are not in the room any more", out);
            let text = format!("you are not in {name} any more; /join {name} goes there");
            out.tell(Event::Info { window: Window::Named(name), text, at: line.at });
        }
    }

    /// Whether answers carry the label of their question.
    pub(super) fn has_labels(&self) -> bool {
        self.link.has(Caps::LABELED_RESPONSE | Caps::BATCH)
    }
}

/// The server's time of a message (ircv3.net "server-time").
pub(super) fn time_of(message: &Message<'_>) -> Option<UnixMs> {
    UnixMs::parse(&message.tags.get("time")?)
}
