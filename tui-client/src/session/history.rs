//! Asking for what was said earlier, and what the answers mean (ircv3.net "draft/chathistory").

use klatch_protocol::{Caps, LineBuilder, Message, UnixMs};

use super::{
    Event, Now, Output, Outputs, Page, Part, Place, Redaction, Session, Spoken,
    backlog::{Anchor, Conversations, Question},
    batches::Item,
    clean,
    speech::Heard,
};

/// Messages of one page.
const PAGE: usize = 100;
/// The most conversations that are looked for when coming in, and as a rule the most of one answer.
const CONVERSATIONS: usize = 50;
/// The most of one answer where all that it holds have one time.
const MOST_OF_ONE_TIME: usize = 1_000;
/// The most conversations that are looked for after a break.
const MOST_MISSED: usize = 2_000;
/// How far back conversations are looked for the first time: thirty days.
const FIRST_LOOK: i64 = 30 * 24 * 3_600_000;
/// Later than anything that was ever said.
const FOREVER: &str = "9999-12-31T23:59:59.999Z";
/// How much further back than the moment of the break they are looked for.
const OVERLAP: i64 = 60_000;

impl Session {
    /// We are in a place: fetch what is missing there.
    pub(super) fn catch_up(&mut self, place: Place, out: &mut Vec<Output>) {
        if self.link.has_history() {
            self.backlog.enter(place);
        } else {
            self.cannot_catch_up(&place, out);
        }
    }

    fn cannot_catch_up(&mut self, place: &Place, out: &mut Vec<Output>) {
        // Also where nothing had been said: whoever waits for what was missed need not wait.
        out.tell(Event::StillMissing(place.clone()));
        self.backlog.current(place);
        self.leave_in_doubt(place, out);
    }

    /// Once we can ask for things: which conversations went on without us.
    pub(super) fn ask_for_conversations(&mut self, now: Now, out: &mut Vec<Output>) {
        let mut places = self.backlog.conversations();
        places.extend(self.outbox.doubtful_conversations().into_iter().filter(|place| !self.backlog.is_behind(place)));
        for place in places {
            self.catch_up(place, out);
        }
        if self.link.has_history() {
            let clock = self.clock(now.wall);
            let since = self.known_until.map_or(clock.0 - FIRST_LOOK, |last| last.0 - OVERLAP);
            // What went on without us is never too much; of what was before, the newest do.
            let most = if self.known_until.is_some() { MOST_MISSED } else { CONVERSATIONS };
            let limit = self.conversations_at_once();
            self.backlog.ask(Question::Conversations(Conversations { since: UnixMs(since), until: None, most, limit }));
        }
    }

    /// Fetches what was said before the oldest line there is.
    pub(super) fn ask_older(&mut self, place: &str, before: (Option<String>, UnixMs), out: &mut Vec<Output>) {
        let place = self.place_of(place);
        if self.link.has_history() && self.link.ready {
            let before = Anchor { id: before.0, at: before.1 };
            self.backlog.ask(Question::Before { place, before });
        } else {
            let reason = match self.link.ready {
                true => "this server keeps no history",
                false => "there is no connection",
            };
            out.tell(Event::OlderFailed { place, reason: reason.to_owned() });
        }
    }

    /// Sends the questions that may be sent now.
    pub(super) fn ask_questions(&mut self, now: Now, out: &mut Vec<Output>) {
        let labels = &mut self.labels;
        let mut next = || {
            *labels += 1;
            format!("h{labels}")
        };
        let mut questions = Vec::new();
        while let Some(question) = self.backlog.next(now.mono, &mut next) {
            questions.push(question);
        }
        for (label, question) in questions {
            let line = LineBuilder::new();
            let line = if self.has_labels() { line.tag("label", &label) } else { line };
            out.send(self.question(line.command("CHATHISTORY"), &question));
        }
    }

    /// The most messages of one answer, here and now.
    fn page_size(&self) -> usize {
        match self.link.isupport.chat_history() {
            Some(limit) if limit > 0 => limit.min(PAGE),
            _ => PAGE,
        }
    }

    fn conversations_at_once(&self) -> usize {
        self.page_size().min(CONVERSATIONS)
    }

    fn question(&self, line: LineBuilder, question: &Question) -> LineBuilder {
        let line = match question {
            Question::Latest(place) => line.param("LATEST").param(target(place)).param("*"),
            Question::Missed { place, after, by_time } => {
                line.param("AFTER").param(target(place)).param(self.reference(after, *by_time))
            }
            Question::Before { place, before } => {
                line.param("BEFORE").param(target(place)).param(self.reference(before, false))
            }
            Question::Conversations(Conversations { since, until, limit, .. }) => {
                // The newest first; and nothing is too new, whatever our clock says.
                let until = until.map_or_else(|| FOREVER.to_owned(), |until| until.to_string());
                let line = line.param("TARGETS").param(format!("timestamp={until}"));
                return line.param(format!("timestamp={since}")).param(limit.to_string());
            }
        };
        line.param(self.page_size().to_string())
    }

    fn reference(&self, anchor: &Anchor, by_time: bool) -> String {
        let kinds: Vec<&str> = self.link.isupport.message_references().collect();
        let by_id = !by_time && (kinds.is_empty() || kinds.contains(&"msgid"));
        match &anchor.id {
            Some(id) if by_id => format!("msgid={id}"),
            _ => format!("timestamp={}", anchor.at),
        }
    }

    /// A page of history has come.
    pub(super) fn page(&mut self, now: Now, target: &str, label: Option<&str>, items: &[Item], out: &mut Vec<Output>) {
        let clock = self.clock(now.wall);
        let heard: Vec<Heard> = items
            .iter()
            .filter_map(|item| match item {
                Item::Line(line) => self.said_earlier(line, clock),
                Item::Batch(_) => None,
            })
            .collect();
        let question = self.backlog.answered(label, target);
        let redactions = self.redactions(items);
        // Redactions do not count (ircv3.net "message-redaction", "Chat history").
        let told = items.len() - redactions.len();
        // A question given up when we left: what there is to know of it, the next one finds out.
        if question.is_none() && items.is_empty() {
            return;
        }
        let place = question.as_ref().and_then(Question::place).cloned();
        let place = place.unwrap_or_else(|| self.place_of(&clean::name(target)));
        let mut arrived = Vec::new();
        if !matches!(question, Some(Question::Before { .. })) {
            // Where nonces are known the words prove nothing: the same may have been said twice.
            let by_words = !self.link.has(Caps::NONCE);
            for Heard { spoken, raw, nonce, .. } in heard.iter().filter(|heard| heard.spoken.mine) {
                let stamped = nonce.as_ref().and_then(|nonce| self.outbox.stamped(nonce));
                let found = stamped.or_else(|| self.outbox.found(&place, spoken, raw).filter(|_| by_words));
                if let Some(message) = found {
                    self.outbox.done(message);
                    arrived.push((message, spoken.id.clone(), spoken.at));
                }
            }
        }
        let lines: Vec<Spoken> = heard.into_iter().map(|heard| heard.spoken).collect();
        let last = lines.last().map(|line| Anchor { id: line.id.clone(), at: line.at });
        let part = match &question {
            Some(Question::Missed { .. }) => Part::Missed,
            Some(Question::Before { .. }) => Part::Before,
            _ => Part::Latest,
        };
        let complete = told == 0;
        out.tell(Event::History(Page { place: place.clone(), part, lines, complete }));
        // After the page, which shows them at the place that the server gave them.
        for (message, id, at) in arrived {
            self.done(message, id, at, out);
        }
        out.extend(redactions.into_iter().map(Event::Redacted).map(Output::Event));
        match question {
            Some(Question::Missed { after, by_time, .. }) => self.missed(place, &after, last, by_time, out),
            Some(Question::Latest(_)) => {
                if let Some(last) = last {
                    self.backlog.read_upto(&place, last);
                }
                // There may be more than one page since an earlier run of klatch.
                if told >= self.page_size() {
                    self.leave_in_doubt(&place, out);
                }
                self.caught_up(&place, out);
            }
            _ => {}
        }
    }

    /// What a page says was taken back.
    fn redactions(&self, items: &[Item]) -> Vec<Redaction> {
        let redaction = |item: &Item| {
            match item {
                Item::Line(line) => Message::parse(line).ok().filter(|message| message.is("REDACT")),
                Item::Batch(_) => None,
            }
            .and_then(|message| self.redaction(&message))
        };
        items.iter().filter_map(redaction).collect()
    }

    /// A page of what was missed: there may be more behind it, until one brings nothing new.
    fn missed(&mut self, place: Place, after: &Anchor, last: Option<Anchor>, by_time: bool, out: &mut Vec<Output>) {
        let further = last.filter(|last| last.at > after.at || (last.id.is_some() && last.id != after.id));
        match further {
            Some(last) => {
                self.backlog.read_upto(&place, last.clone());
                self.backlog.ask_next(Question::Missed { place, after: last, by_time });
            }
            None => {
                // What is in doubt may stand before everything that was fetched.
                if self.backlog.is_unseen(&place) {
                    self.leave_in_doubt(&place, out);
                }
                self.caught_up(&place, out);
            }
        }
    }

    fn caught_up(&mut self, place: &Place, out: &mut Vec<Output>) {
        self.backlog.current(place);
        self.outbox.settle(place);
        out.tell(Event::CaughtUp(place.clone()));
    }

    /// The conversations that had something said: each is fetched.
    pub(super) fn targets(&mut self, label: Option<&str>, items: &[Item], out: &mut Vec<Output>) {
        let by_label = self.backlog.answered(label, "");
        let asked = by_label.or_else(|| self.backlog.conversations_answered());
        let Some(Question::Conversations(asked)) = asked else { return };
        let since = asked.since;
        match self.targets_further(asked, items) {
            Some(further) => self.backlog.ask_next(Question::Conversations(further)),
            None => self.link.knows_conversations = true,
        }
        for item in items {
            let Item::Line(line) = item else {
                continue;
            };
            let nick = match Message::parse(line) {
                Ok(message) if message.is("CHATHISTORY") => clean::name(message.param(1).unwrap_or_default()),
                _ => continue,
            };
            if nick.is_empty() || self.link.isupport.is_room(&nick) {
                continue;
            }
            let place = Place::Direct(nick);
            if self.known_until.is_some() {
                self.backlog.enter_since(place, since);
            } else {
                self.catch_up(place, out);
            }
        }
    }

    /// What to ask for behind a page of conversations, unless it was the last. Those of its oldest time may have been parted
    /// by its end (ircv3/ircv3-specifications issue 604), so that time is asked for again; where a page holds no other
    /// time, with more room.
    fn targets_further(&self, asked: Conversations, items: &[Item]) -> Option<Conversations> {
        let time = |item: &Item| match item {
            Item::Line(line) => Message::parse(line).ok().and_then(|message| UnixMs::parse(message.param(2)?)),
            Item::Batch(_) => None,
        };
        let (told, usual) = (items.len(), self.conversations_at_once());
        let (oldest, newest) = (items.iter().filter_map(time).min()?, items.iter().filter_map(time).max()?);
        let with_oldest = Some(UnixMs(oldest.0 + 1));
        if told < asked.limit.min(usual) || told >= asked.most || asked.until.is_some_and(|until| until <= newest) {
            return None;
        }
        let most = asked.most - told;
        Some(if oldest < newest {
            Conversations { until: with_oldest, most, limit: usual, ..asked }
        } else if told >= asked.limit && asked.limit < MOST_OF_ONE_TIME {
            Conversations { until: with_oldest, limit: asked.limit * 2, ..asked }
        } else {
            Conversations { until: Some(oldest), most, limit: usual, ..asked }
        })
    }

    /// FAIL CHATHISTORY, with what it is about.
    pub(super) fn question_failed(
        &mut self,
        now: Now,
        label: Option<&str>,
        about: &[String],
        says: &str,
        out: &mut Vec<Output>,
    ) {
        let by_label = label.and_then(|label| self.backlog.answered(Some(label), ""));
        let question = by_label.or_else(|| about.iter().find_map(|word| self.backlog.answered(None, word)));
        // What cannot be told apart is given up when its time has come.
        if let Some(question) = question {
            self.unanswered(now, question, says, out);
        }
    }

    /// A numeric refused a question; says whether it was one.
    pub(super) fn question_refused(
        &mut self,
        now: Now,
        label: Option<&str>,
        says: &str,
        out: &mut Vec<Output>,
    ) -> bool {
        let question = label.and_then(|label| self.backlog.answered(Some(label), ""));
        let found = question.is_some();
        if let Some(question) = question {
            self.unanswered(now, question, says, out);
        }
        found
    }

    fn unanswered(&mut self, now: Now, question: Question, says: &str, out: &mut Vec<Output>) {
        match question {
            // The server may have forgotten the message but not the time.
            Question::Missed { place, after, by_time: false } => {
                // A moment earlier: other messages may have the same time. What is known already is not doubled.
                let after = Anchor { at: UnixMs(after.at.0 - 1), ..after };
                self.backlog.ask_next(Question::Missed { place, after, by_time: true });
            }
            Question::Missed { place, .. } | Question::Latest(place) => self.cannot_catch_up(&place, out),
            Question::Before { place, .. } => out.tell(Event::OlderFailed { place, reason: says.to_owned() }),
            // A server may not want to tell as many at once as have one time: then it goes on with those before.
            Question::Conversations(asked) if asked.limit > self.conversations_at_once() => {
                let (until, limit) = (asked.until.map(|until| UnixMs(until.0 - 1)), self.conversations_at_once());
                self.backlog.ask_next(Question::Conversations(Conversations { until, limit, ..asked }));
            }
            Question::Conversations(_) => {}
        }
        self.flush(now, out);
    }

    /// Questions without an answer are given up in time.
    pub(super) fn give_up_questions(&mut self, now: Now, out: &mut Vec<Output>) {
        for question in self.backlog.overdue(now.mono) {
            self.unanswered(now, question, "the server did not answer", out);
        }
    }
}

fn target(place: &Place) -> &str {
    match place {
        Place::Room(name) | Place::Direct(name) => name,
        Place::Server => "*",
    }
}
