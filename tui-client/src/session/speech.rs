//! What people say: PRIVMSG, NOTICE and TAGMSG, our own coming back among them.

use klatch_protocol::{CaseMapping, Message, UnixMs, format};

use super::{
    Event, Manner, OutId, Output, Outputs, Place, Redaction, Session, Spoken, Typing, Window, clean,
    dispatch::{Line, time_of},
    link::Phase,
    sending::NONCE,
};

/// A message with its words as they travelled, before they were cleaned.
pub(super) struct Heard {
    pub place: Place,
    pub spoken: Spoken,
    pub raw: String,
    /// What it is stamped with.
    pub nonce: Option<String>,
}

impl Session {
    pub(super) fn speech(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let Some(heard) = self.heard(line.message, line.at) else {
            return;
        };
        let Heard { place, spoken, raw, nonce } = heard;
        self.link.typists.stopped(&place, &spoken.nick);
        let own = self.our_own(line.label, nonce.as_deref(), &place, &raw, spoken.manner).filter(|_| spoken.mine);
        // What was said again may have come without its label first, to all devices of ours; then this is no news.
        if own.is_none() && spoken.mine && line.label.is_some_and(|label| self.outbox.is_over(label)) {
            return;
        }
        let repeat = own.is_some_and(|out_id| self.outbox.is_repeat(out_id));
        self.backlog.heard(&place, spoken.id.as_deref(), spoken.at, repeat);
        if let Some(out_id) = own {
            self.done(out_id, spoken.id, spoken.at, out);
            return;
        }
        if place == Place::Server && self.link.phase == Phase::In {
            // What the operator says to everybody has to be seen, so it goes where the user looks.
            out.tell(Event::Info { window: Window::Active, text: spoken.text, at: spoken.at });
            return;
        }
        out.tell(Event::Said { place, spoken });
    }

    /// Which message of this device came back. One with a nonce of another device's is none, whatever it says, and neither is
    /// one without a label where answers have one.
    fn our_own(
        &self,
        label: Option<&str>,
        nonce: Option<&str>,
        place: &Place,
        raw: &str,
        manner: Manner,
    ) -> Option<OutId> {
        match nonce {
            Some(nonce) => self.outbox.stamped(nonce),
            None if label.is_none() && self.has_labels() => None,
            None => self.outbox.came_back(label, place, raw, manner),
        }
    }

    /// What a PRIVMSG or NOTICE says and where; `None` for what is not for people.
    pub(super) fn heard(&self, message: &Message<'_>, at: UnixMs) -> Option<Heard> {
        let target = message.given(0)?;
        let raw = message.param(1)?;
        let (raw, manner) = match (format::action(raw), format::ctcp(raw)) {
            (Some(action), _) => (action, Manner::Action),
            // Other CTCP questions and answers are between programs.
            (None, Some(_)) => return None,
            (None, None) if message.is("NOTICE") => (raw, Manner::Notice),
            (None, None) => (raw, Manner::Plain),
        };
        let source = message.source.as_ref().map_or("", |source| source.name);
        let who = clean::name(source);
        let mine = !source.is_empty() && self.is_me(source);
        let is_person =
            message.source.as_ref().is_some_and(|source| source.user.is_some() || !source.name.contains('.'));
        let place = match self.room_of(target) {
            Some(room) => Place::Room(clean::name(room)),
            None if mine => Place::Direct(clean::name(target)),
            // Who has no name that could be shown is nobody to talk with.
            None if is_person && !who.is_empty() && target != "*" => Place::Direct(who.clone()),
            None => Place::Server,
        };
        let spoken = Spoken {
            id: message.tags.get("msgid").map(std::borrow::Cow::into_owned).filter(|id| !id.is_empty()),
            at,
            nick: who,
            account: message.tags.get("account").map(|account| clean::name(&account)),
            text: clean::words(raw),
            manner,
            mine,
        };
        let nonce = message.tags.get(NONCE).map(std::borrow::Cow::into_owned);
        Some(Heard { place, spoken, raw: raw.to_owned(), nonce })
    }

    /// REDACT: what was taken back, and where (ircv3.net "message-redaction").
    pub(super) fn redaction(&self, message: &Message<'_>) -> Option<Redaction> {
        let (target, id) = (message.given(0)?, message.given(1)?);
        let source = message.source.as_ref().map_or("", |source| source.name);
        let by = clean::name(source);
        let place = match self.room_of(target) {
            Some(room) => Place::Room(clean::name(room)),
            None if self.is_me(target) => Place::Direct(by.clone()),
            None => Place::Direct(clean::name(target)),
        };
        Some(Redaction { place, id: id.to_owned(), by, reason: clean::reason(message.given(2)) })
    }

    /// The room meant by a target, which may begin with a rank (STATUSMSG).
    fn room_of<'a>(&self, target: &'a str) -> Option<&'a str> {
        let isupport = &self.link.isupport;
        let bare = target.trim_start_matches(|c| isupport.status_msg().contains(c));
        [target, bare].into_iter().find(|name| isupport.is_room(name))
    }

    /// TAGMSG: of its tags we know the one that tells who is typing (ircv3.net "typing client tag").
    pub(super) fn tags_only(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let state = match line.message.tags.get("+typing").as_deref() {
            Some("active") => Typing::Active,
            Some("paused") => Typing::Paused,
            Some("done") => Typing::Done,
            _ => return,
        };
        let Some(target) = line.message.given(0) else {
            return;
        };
        if line.source().is_empty() || self.is_me(line.source()) {
            return;
        }
        let place = match self.room_of(target) {
            Some(room) => Place::Room(clean::name(room)),
            None => Place::Direct(line.who()),
        };
        let nick = line.who();
        if self.link.typists.told(line.now.mono, &place, &nick, state) {
            out.tell(Event::Typing { place, nick, state });
        }
    }

    /// A line of history: what was said, or `None` for anything else.
    pub(super) fn said_earlier(&self, line: &str, clock: UnixMs) -> Option<Heard> {
        let message = Message::parse(line).ok()?;
        if !message.is("PRIVMSG") && !message.is("NOTICE") {
            return None;
        }
        self.heard(&message, time_of(&message).unwrap_or(clock))
    }
}

/// Whether two places are the same, as names are compared.
pub(super) fn same_place(names: CaseMapping, a: &Place, b: &Place) -> bool {
    match (a, b) {
        (Place::Room(a), Place::Room(b)) | (Place::Direct(a), Place::Direct(b)) => names.same(a, b),
        (Place::Server, Place::Server) => true,
        _ => false,
    }
}
