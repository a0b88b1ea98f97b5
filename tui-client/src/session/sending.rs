//! What becomes of our own messages: cut to size, sent in order, confirmed, refused.

use klatch_protocol::{Caps, LineBuilder, UnixMs, format, split};

use super::{
    Event, Fate, Manner, Now, OutId, Output, Outputs, Place, Session, Window, clean, dispatch::Line, link::Phase,
    numerics, outbox,
};

/// What others see of us as `user@host` until we know it: the longest that servers make of it.
const USERHOST: usize = 10 + 1 + 63;
/// The most lines one request may become; what is over is not taken.
const MOST_LINES: usize = 500;
/// What PING carries to find out whether messages have been taken, before a number.
const TAKEN: &str = "klatch-taken-";
/// What the labels of TAGMSG begin with, by which we tell that we type.
const TYPING: char = 't';
/// Milliseconds in which a refusal without label may be about that.
const TYPING_REFUSED: u64 = 10_000;
/// The tag that tells the server that a message is the same as before.
pub(super) const NONCE: &str = "+klatch.chat/nonce";

impl Session {
    /// Says something, now or as soon as it can be sent.
    pub(super) fn say(&mut self, now: Now, to: &str, text: &str, manner: Manner, out: &mut Vec<Output>) {
        let place = self.place_of(to);
        let at = self.clock(now.wall);
        let room_for = self.room_for(to, manner);
        let pieces: Vec<String> = split::pieces(&text.replace('\r', ""), room_for).map(str::to_owned).collect();
        let (lines, waiting) = (pieces.len(), self.outbox.unsent());
        if lines > MOST_LINES || lines + waiting > outbox::MOST {
            let text = match lines > MOST_LINES {
                true => format!("not sent: these are {lines} lines, and {MOST_LINES} can be said at once"),
                false => {
                    format!("not sent: {waiting} messages wait already; try again when some of them have been sent")
                }
            };
            out.tell(Event::Error { window: Window::Named(clean::name(to)), text, at });
            return;
        }
        for piece in pieces {
            let text = clean::words(&piece);
            if let Some(id) = self.outbox.add(place.clone(), piece, manner) {
                out.tell(Event::Outgoing { out: id, place: place.clone(), text, manner, at, fate: Fate::Queued });
            }
        }
        self.flush(now, out);
    }

    /// Says again what was refused in a place.
    pub(super) fn say_again(&mut self, now: Now, to: &str, out: &mut Vec<Output>) {
        let refused = self.outbox.again(&self.place_of(to));
        if refused.is_empty() {
            let text = "nothing was refused here".to_owned();
            out.tell(Event::Info { window: Window::Named(clean::name(to)), text, at: self.clock(now.wall) });
        }
        for message in refused {
            out.tell(Event::Fate { out: message, fate: Fate::Queued });
        }
        self.flush(now, out);
    }

    /// Where something said to `to` belongs.
    pub(super) fn place_of(&self, to: &str) -> Place {
        if self.link.isupport.is_room(to) { Place::Room(to.to_owned()) } else { Place::Direct(to.to_owned()) }
    }

    /// How many bytes of text fit into the line that others get: `:nick!user@host PRIVMSG to :text` and CR LF.
    fn room_for(&self, to: &str, manner: Manner) -> usize {
        let userhost = self.link.userhost.unwrap_or(USERHOST);
        let around = ":! PRIVMSG  :\r\n".len() + self.nick.len() + userhost + to.len();
        let manner = if manner == Manner::Action { format::to_action("").len() } else { 0 };
        self.link.isupport.line_len().saturating_sub(around + manner).max(64)
    }

    /// Sends what can be sent now: questions about history first, then messages.
    pub(super) fn flush(&mut self, now: Now, out: &mut Vec<Output>) {
        if self.link.phase != Phase::In || !self.link.ready {
            return;
        }
        self.ask_questions(now, out);
        if !self.outbox.has_waiting() {
            return;
        }
        let at = self.clock(now.wall);
        let (backlog, joined, rooms, names) = (&self.backlog, &self.link.joined, &self.rooms, self.names);
        let open = |place: &Place| match place {
            // A room that we are about to come back to has to wait until we are there.
            Place::Room(name) if rooms.contains_key(&names.fold(name)) && !joined.contains(&names.fold(name)) => false,
            // In one that is not ours nothing is caught up with; the server decides.
            Place::Room(name) if !joined.contains(&names.fold(name)) => true,
            place => !backlog.is_behind(place) && !backlog.asks_latest(place),
        };
        let mut sent = Vec::new();
        while let Some(message) = self.outbox.next(at, open) {
            sent.push(message);
        }
        for message in &sent {
            self.send_message(message, out);
        }
        if !sent.is_empty() && !self.has_echo() && !self.has_labels() {
            self.ask_whether_taken(sent.iter().map(|message| message.out).collect(), out);
        }
    }

    /// Where nothing comes back the server is asked for a sign of life behind what was sent: it does one thing after the other
    /// (modern.ircdocs.horse "PONG message").
    fn ask_whether_taken(&mut self, messages: Vec<OutId>, out: &mut Vec<Output>) {
        self.labels += 1;
        self.link.unanswered.push_back((self.labels, messages));
        out.send(LineBuilder::new().command("PING").param(format!("{TAKEN}{}", self.labels)));
    }

    /// PONG: the server has taken all that was sent before this question, but for what it refused meanwhile.
    pub(super) fn taken(&mut self, token: &str, out: &mut Vec<Output>) {
        let asked = match token.strip_prefix(TAKEN).map(str::parse::<u64>) {
            Some(Ok(number)) => number,
            // It is an answer to something else that we asked.
            _ if token.starts_with("klatch") => return,
            // A server that does not say which question it answers.
            _ => u64::MAX,
        };
        while let Some((_, messages)) = self.link.unanswered.pop_front_if(|(number, _)| *number <= asked) {
            for message in messages {
                if let Some(at) = self.outbox.sent_at(message) {
                    self.done(message, None, at, out);
                }
            }
        }
    }

    fn send_message(&self, message: &outbox::Message, out: &mut Vec<Output>) {
        let (Place::Room(to) | Place::Direct(to)) = &message.place else {
            return;
        };
        let line = LineBuilder::new();
        let line = if self.has_labels() { line.tag("label", &message.label()) } else { line };
        let line = if self.link.has(Caps::MESSAGE_TAGS) { line.tag(NONCE, &message.nonce) } else { line };
        let (command, text) = match message.manner {
            Manner::Plain => ("PRIVMSG", message.raw.clone()),
            Manner::Action => ("PRIVMSG", format::to_action(&message.raw)),
            Manner::Notice => ("NOTICE", message.raw.clone()),
        };
        out.send(line.command(command).param(to).trailing(text));
        out.tell(Event::Fate { out: message.out, fate: Fate::Sent });
    }

    /// A message is on the server.
    pub(super) fn done(&mut self, message: OutId, id: Option<String>, at: UnixMs, out: &mut Vec<Output>) {
        self.outbox.done(message);
        out.tell(Event::Fate { out: message, fate: Fate::Done { id, at } });
    }

    fn refuse(&mut self, message: OutId, reason: &str, out: &mut Vec<Output>) {
        self.outbox.refuse(message);
        out.tell(Event::Fate { out: message, fate: Fate::Refused(reason.to_owned()) });
    }

    /// Refuses the message that carried `label`; says whether there is one.
    pub(super) fn refuse_labelled(&mut self, label: Option<&str>, reason: &str, out: &mut Vec<Output>) -> bool {
        let found = label.and_then(|label| self.outbox.labelled(label));
        if let Some(message) = found {
            self.refuse(message, reason, out);
        }
        found.is_some()
    }

    /// Nothing can be said in a place any more.
    pub(super) fn refuse_place(&mut self, place: &str, reason: &str, out: &mut Vec<Output>) {
        for message in self.outbox.pending(&self.place_of(place), true) {
            self.refuse(message, reason, out);
        }
    }

    /// Nobody can find out whether what was sent before the break has arrived. A server that knows nonces takes it again
    /// all the same. Elsewhere sending it again could double it, keeping quiet could lose it, so its author decides.
    pub(super) fn leave_in_doubt(&mut self, place: &Place, out: &mut Vec<Output>) {
        if self.link.has(Caps::NONCE) {
            self.outbox.settle(place);
            return;
        }
        for message in self.outbox.pending(place, false) {
            self.refuse(message, "the connection broke before the server confirmed it; it may have arrived", out);
        }
    }

    /// ACK: what was asked with this label is done and has no other answer (ircv3.net "labeled-response").
    pub(super) fn acknowledged(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        if let Some(message) = line.label.and_then(|label| self.outbox.labelled(label)) {
            self.done(message, None, line.at, out);
        }
    }

    /// A numeric that refuses something: a message of ours, a question about history, or anything else.
    pub(super) fn refused(&mut self, code: u16, line: &Line<'_>, out: &mut Vec<Output>) {
        let params: Vec<String> = line.message.params().iter().skip(1).map(|param| clean::words(param)).collect();
        let Some((window, text)) = numerics::describe(code, &params) else {
            return;
        };
        let target = line.name(1);
        let message = match line.label {
            Some(label) => self.outbox.labelled(label),
            // 401 to 417 and 477 are about messages, among other things.
            None if !self.has_labels() && matches!(code, 401..=417 | 477) => self.outbox.first_sent_to(&target),
            None => None,
        };
        if let Some(message) = message {
            self.refuse(message, &text, out);
            return;
        }
        let may_be_typing = line.label.is_some() || !self.has_labels() && matches!(code, 401..=417 | 477);
        if may_be_typing && self.is_about_typing(line.now, line.label, &target) {
            return;
        }
        if self.question_refused(line.now, line.label, &text, out) {
            return;
        }
        // 403 to 405 and 471 to 477 answer JOIN: there is no use in trying again after the next break.
        if matches!(code, 403 | 405 | 471..=477) && !self.link.joined.contains(&self.names.fold(&target)) {
            self.rooms.remove(&self.names.fold(&target));
            self.refuse_place(&target, &text, out);
        }
        out.tell(Event::Error { window, text, at: line.at });
    }

    /// Tells that we are typing, or not any more, at most every three seconds (ircv3.net "typing client tag").
    pub(super) fn type_to(&mut self, now: Now, to: &str, state: super::Typing, out: &mut Vec<Output>) {
        const EVERY: u64 = 3_000;
        if !self.link.ready || !self.link.has(Caps::MESSAGE_TAGS) || to.is_empty() {
            return;
        }
        let (word, last) = match state {
            super::Typing::Active => ("active", self.link.typing.insert(self.names.fold(to), now.mono)),
            super::Typing::Paused => ("paused", None),
            super::Typing::Done => ("done", None),
        };
        if let Some(last) = last.filter(|last| now.mono < last.saturating_add(EVERY)) {
            self.link.typing.insert(self.names.fold(to), last);
            return;
        }
        if state == super::Typing::Done && self.link.typing.remove(&self.names.fold(to)).is_none() {
            return;
        }
        let line = LineBuilder::new();
        let line = if self.has_labels() {
            self.labels += 1;
            line.tag("label", &format!("{TYPING}{}", self.labels))
        } else {
            line
        };
        out.send(line.tag("+typing", word).command("TAGMSG").param(to));
    }

    /// Whether a refusal is about telling that we type. Nobody asked for that, so nobody has to know.
    pub(super) fn is_about_typing(&self, now: Now, label: Option<&str>, target: &str) -> bool {
        match label {
            Some(label) => label.starts_with(TYPING),
            None => {
                let told = self.link.typing.get(&self.names.fold(target));
                told.is_some_and(|told| now.mono < told.saturating_add(TYPING_REFUSED))
            }
        }
    }
}
