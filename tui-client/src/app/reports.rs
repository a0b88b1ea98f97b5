//! What the connection reports: on the way in, in the chat, and at the end of either.

use super::{
    App, Effect,
    chat::{Chat, Turn},
    connection::{Phase, Report},
    entry,
    farewell::Farewell,
    overlay::Overlay,
};
use crate::{
    model::Attention,
    net::NetEvent,
    session::{self, Ending, Failure},
    settings::Recent,
    ui::{form::Field, question::Question},
    unsent::{Account, Found},
};

impl App {
    pub(super) fn net(&mut self, event: NetEvent) {
        let (connection, was_in) = match (&mut self.chat, &mut self.entry.attempt) {
            (Some(chat), _) => {
                let was_in = chat.connection.phase() == Phase::In;
                (&mut chat.connection, was_in)
            }
            (None, Some(attempt)) => (&mut attempt.connection, false),
            (None, None) => return,
        };
        let reports = connection.receive(self.now, event, &mut self.effects);
        self.follow(reports, was_in);
    }

    fn follow(&mut self, reports: Vec<Report>, was_in: bool) {
        for report in reports {
            if self.chat.is_some() {
                self.chat_report(report, was_in);
            } else {
                self.entry_report(report);
            }
        }
        if self.chat.is_none() && self.overlay.is_none() {
            self.entry.show_steps();
        }
    }

    fn entry_report(&mut self, report: Report) {
        let Some(attempt) = &mut self.entry.attempt else { return };
        let sentence = |text: &dyn std::fmt::Display| text.to_string();
        match report {
            Report::Session(session::Event::Failed(Failure::InUse)) if !attempt.takes_over() => {
                self.overlay = Some(Overlay::TakeOver(Question::take_over(attempt.user())));
                self.entry.form.set_error(Field::User, sentence(&Failure::InUse));
            }
            Report::Session(session::Event::Failed(failure)) => {
                let failed = (entry::field(failure.field()), sentence(&failure));
                self.entry.stop(Some(failed), &mut self.effects);
            }
            Report::Session(event) => {
                let arrived = matches!(event, session::Event::Welcome { .. });
                attempt.model.apply(event);
                if arrived {
                    self.arrive();
                }
            }
            Report::UnknownKey(seen) => {
                let target = attempt.connection.target();
                self.overlay = Some(Overlay::trust(target, None, seen, &self.trust_file));
            }
            Report::ChangedKey { known, seen } => {
                let target = attempt.connection.target();
                self.overlay = Some(Overlay::trust(target, Some(known), seen, &self.trust_file));
            }
            Report::NoLink(failure) => {
                let failed = (entry::field(failure.field()), sentence(&failure));
                self.entry.stop(Some(failed), &mut self.effects);
            }
            // The question about the other device outlives the link on which it came up.
            Report::Broken(_) if matches!(self.overlay, Some(Overlay::TakeOver(_))) => {}
            Report::Broken(reason) => {
                let failed = (Field::Server, format!("the connection ended before you were in: {reason}"));
                self.entry.stop(Some(failed), &mut self.effects);
            }
        }
    }

    /// We are in: the chat takes the form's place.
    fn arrive(&mut self) {
        let Some(attempt) = self.entry.attempt.take() else { return };
        self.entry.form.stop();
        // A hosted server's address is no use without it; the form goes on with the one before.
        let recent = match &self.hosting {
            Some(_) => Recent { user: attempt.user().to_owned(), ..self.recent.clone() },
            None => attempt.recent(),
        };
        self.effects.push(Effect::Remember(recent));
        // Rooms of other servers may have the same names; what was typed for one of them is not for this one.
        let carried = self.carried.take_if(|(account, _)| account == attempt.connection.account());
        let drafts = carried.map(|(_, drafts)| drafts).unwrap_or_default();
        let mut chat = Chat::new(attempt.connection, attempt.model, drafts, self.theme, self.zone.clone());
        if attempt.in_trouble {
            chat.notice("something unsent could not be read: see the server's window", self.now);
        }
        self.chat = Some(Box::new(chat));
        self.overlay = None;
    }

    fn chat_report(&mut self, report: Report, was_in: bool) {
        let Some(chat) = &mut self.chat else { return };
        let mut turn = Turn { now: self.now, effects: &mut self.effects };
        match report {
            Report::Session(session::Event::Failed(failure)) if !failure.may_pass() => {
                self.back_to_form(Some((entry::field(failure.field()), failure.to_string())));
            }
            Report::Session(session::Event::TakenOver { .. }) => {
                let text = "your account went on on another device; connect to take it back here";
                self.back_to_form(Some((Field::Connect, text.to_owned())));
            }
            Report::Session(event) => {
                if let Some(attention) = chat.follow(event, self.now) {
                    self.alert(&attention);
                }
            }
            // We are here by a certificate that somebody vouched for, or it would be known. Whoever types on must not trust
            // another one by the next Enter.
            Report::UnknownKey(_) => {
                let text = "the server shows a key now that nobody vouches for; ask its operator before you connect";
                self.back_to_form(Some((Field::Connect, text.to_owned())));
            }
            Report::ChangedKey { known, seen } => {
                self.overlay = Some(Overlay::trust(chat.connection.target(), Some(known), seen, &self.trust_file));
            }
            Report::NoLink(_) => chat.connection.try_later(self.now, turn.effects),
            Report::Broken(reason) => match chat.connection.ending() {
                Some(Ending::Shutdown) => self.server_gone(),
                Some(Ending::Kicked) => {
                    let text = format!("an operator of the server disconnected you: {reason}");
                    self.back_to_form(Some((Field::Connect, text)));
                }
                Some(_) => self.back_to_form(Some((Field::Connect, reason))),
                None => chat.broken(&reason, was_in, &mut turn),
            },
        }
    }

    /// What earlier runs could not get confirmed is shown as queued, and the attempt goes on.
    pub(super) fn restore(&mut self, account: &Account, found: Found) {
        let Some(attempt) = self.entry.attempt.as_mut().filter(|attempt| attempt.connection.awaits(account)) else {
            return;
        };
        for trouble in &found.troubles {
            attempt.model.complain(trouble, self.now.wall);
        }
        attempt.in_trouble = !found.troubles.is_empty();
        let reports = attempt.connection.restore(self.now, found.messages, &mut self.effects);
        self.follow(reports, false);
    }

    fn server_gone(&mut self) {
        if let Some(chat) = &mut self.chat {
            let farewell = chat.farewell.get_or_insert_with(|| Farewell::announced(0, "", 0));
            farewell.gone(self.now.mono);
        }
    }

    /// The chat is over, the form is back with everything in it; what was being typed is kept for the next time.
    pub(super) fn back_to_form(&mut self, failure: Option<(Field, String)>) {
        if let Some(mut chat) = self.chat.take() {
            chat.connection.give_up(&mut self.effects);
            chat.connection.keep(&mut self.effects);
            let drafts = chat.take_drafts();
            if !drafts.is_empty() {
                self.carried = Some((chat.connection.account().clone(), drafts));
            }
        }
        self.overlay = None;
        self.entry.stop(failure, &mut self.effects);
    }

    fn alert(&mut self, attention: &Attention) {
        let watched = self.focused && self.chat.as_ref().is_some_and(|chat| chat.model.active().name == attention.room);
        if !self.settings.notify || watched {
            return;
        }
        self.effects.push(Effect::Bell);
        if !self.focused {
            let place = if attention.direct { String::new() } else { format!(" in {}", attention.room) };
            self.effects.push(Effect::Notify(format!("{}{place}: {}", attention.who, attention.text)));
        }
    }

    /// The machine was asleep: a connection that waits for its next attempt need not wait, one that is there is asked.
    pub(super) fn woke(&mut self) {
        if let Some(chat) = &mut self.chat {
            chat.connection.hurry(&mut self.effects);
        }
        self.due();
    }

    pub(super) fn due(&mut self) {
        let (connection, was_in) = match (&mut self.chat, &mut self.entry.attempt) {
            (Some(chat), _) => {
                if chat.farewell.as_ref().is_some_and(|farewell| farewell.is_over(self.now.mono)) {
                    self.effects.push(Effect::Exit(Some("the server was shut down".to_owned())));
                    return;
                }
                let was_in = chat.connection.phase() == Phase::In;
                (&mut chat.connection, was_in)
            }
            (None, Some(attempt)) => (&mut attempt.connection, false),
            (None, None) => return,
        };
        let reports = connection.due(self.now, &mut self.effects);
        self.follow(reports, was_in);
    }
}
