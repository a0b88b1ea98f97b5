//! What is laid over a screen: help, room switcher, questions. One at a time; each gets the keys until it is closed.

use klatch_protocol::Fingerprint;

use super::{App, chat::Turn, help, typing::Sent};
use crate::{
    action::{Action, Edit},
    keymap::Context,
    model::Model,
    net::Target,
    ui::{
        help::{Help, HelpScreen, Section},
        question::{Answer, Question},
        switcher::{Entry, Switcher},
        trust,
    },
};

/// What is laid over the screen.
pub(super) enum Overlay {
    /// The keys and commands.
    Help(Help, Vec<Section>),
    /// The list of rooms.
    Rooms(Switcher),
    /// What to do with a pasted text.
    Paste(Question, Pasted),
    /// Whether to leave all the same.
    Quit(Question),
    /// Whether to take the place of another device.
    TakeOver(Question),
    /// Whether to trust this certificate.
    Trust(trust::Trust, Fingerprint),
}

/// A text of several lines that was pasted.
pub(super) struct Pasted {
    pub(super) text: String,
    /// The window that it is meant for; another one may be looked at by the time of the answer.
    pub(super) room: String,
}

impl Overlay {
    /// Where its keys are looked up.
    pub(super) fn context(&self) -> Context {
        match self {
            Overlay::Help(..) | Overlay::Rooms(_) => Context::List,
            Overlay::Paste(..) | Overlay::Quit(_) | Overlay::TakeOver(_) | Overlay::Trust(..) => Context::Question,
        }
    }

    /// The question whether to trust `seen`, or the full stop if `known` is what was trusted. `file` is where that is kept.
    pub(super) fn trust(target: &Target, known: Option<Fingerprint>, seen: Fingerprint, file: &str) -> Self {
        let both = |print: &Fingerprint| trust::Fingerprint { hex: print.to_string(), words: print.words().join(" ") };
        let (host, port) = (&target.host, target.port);
        let changed = known.map(|known| trust::Changed {
            kept: both(&known),
            remedy: format!(
                "If the operator says that the new key is right, take the line of {host}:{port} out of {file} and \
                 connect again."
            ),
        });
        Overlay::Trust(trust::Trust { host: host.clone(), shown: both(&seen), changed }, seen)
    }
}

impl App {
    pub(super) fn open_help(&mut self) {
        let screen = if self.chat.is_some() { Context::Chat } else { Context::Form };
        self.overlay = match self.overlay.take() {
            Some(Overlay::Help(..)) => None,
            // A question waits for its answer; help would only hide it.
            Some(other) if other.context() == Context::Question => Some(other),
            _ => Some(Overlay::Help(Help::default(), help::sections(&self.keymap, screen))),
        };
    }

    /// A key while something is laid over the screen.
    pub(super) fn overlay_key(&mut self, action: Option<Action>, typed: Option<char>) {
        match &mut self.overlay {
            Some(Overlay::Help(help, sections)) => {
                let screen = HelpScreen { help, sections, theme: self.theme };
                let (limit, page) = (screen.scroll_limit(self.area), self.area.height.saturating_sub(3).max(1));
                if !turn_page(help, action, typed, limit, page) {
                    self.overlay = None;
                }
            }
            Some(Overlay::Rooms(_)) => self.switcher_key(action, typed),
            Some(_) => self.question_key(action),
            None => {}
        }
    }

    fn switcher_key(&mut self, action: Option<Action>, typed: Option<char>) {
        let (Some(Overlay::Rooms(switcher)), Some(chat)) = (&mut self.overlay, &mut self.chat) else {
            self.overlay = None;
            return;
        };
        let entries = entries(&chat.model);
        match action {
            Some(Action::LineUp) => switcher.up(),
            Some(Action::LineDown) => switcher.down(&entries),
            Some(Action::PageUp | Action::Oldest) => entries.iter().for_each(|_| switcher.up()),
            Some(Action::PageDown | Action::Newest) => entries.iter().for_each(|_| switcher.down(&entries)),
            Some(Action::Edit(Edit::Backspace)) => switcher.backspace(),
            Some(Action::Choose) => {
                if let Some(index) = switcher.chosen(&entries) {
                    chat.model.switch_to(index);
                }
                self.overlay = None;
            }
            Some(Action::Back) => self.overlay = None,
            _ => typed.into_iter().for_each(|c| switcher.insert(c)),
        }
    }

    fn question_key(&mut self, action: Option<Action>) {
        let answer = match (&self.overlay, action) {
            (Some(Overlay::Trust(trust, _)), Some(action)) => trust.answer(action),
            (
                Some(Overlay::Paste(question, _) | Overlay::Quit(question) | Overlay::TakeOver(question)),
                Some(action),
            ) => question.answer(action),
            _ => None,
        };
        if let Some(answer) = answer {
            self.answer(answer);
        }
    }

    fn answer(&mut self, answer: Answer) {
        let overlay = self.overlay.take();
        let chance = self.chance();
        let mut turn = Turn { now: self.now, effects: &mut self.effects };
        match (overlay, answer) {
            (Some(Overlay::Paste(_, Pasted { text, room })), Answer::Send) => {
                if let Some(chat) = &mut self.chat
                    && chat.return_to(&room, &text, turn.now)
                {
                    chat.recall.keep(&text);
                    // Pasted words are said: what looks like a command in them was not typed.
                    let said = chat.say(&format!("/say {text}"), &self.keymap, &mut turn);
                    debug_assert_eq!(said, Sent::Done);
                }
            }
            (Some(Overlay::Paste(_, Pasted { text, room })), Answer::Edit) => {
                if let Some(chat) = &mut self.chat
                    && chat.return_to(&room, &text, turn.now)
                {
                    chat.insert(&text, &mut turn);
                }
            }
            (Some(Overlay::Quit(_)), Answer::Quit) => self.leave(None),
            (Some(Overlay::TakeOver(_)), Answer::TakeOver) => self.entry.take_over(chance, turn.effects),
            (Some(Overlay::TakeOver(_)), _) => self.entry.stop(None, turn.effects),
            (Some(Overlay::Trust(_, seen)), Answer::Trust) => match (&mut self.chat, &mut self.entry.attempt) {
                (Some(chat), _) => chat.connection.trust(seen, turn.effects),
                (None, Some(attempt)) => attempt.connection.trust(seen, turn.effects),
                (None, None) => {}
            },
            (Some(Overlay::Trust(..)), _) if self.chat.is_some() => self.back_to_form(None),
            (Some(Overlay::Trust(..)), _) => self.entry.stop(None, turn.effects),
            _ => {}
        }
    }
}

/// The rooms as the switcher lists them.
pub(super) fn entries(model: &Model) -> Vec<Entry> {
    let name = |name: &str| if name.is_empty() { "(server)".to_owned() } else { name.to_owned() };
    let entry =
        |room: &crate::model::Room| Entry { name: name(&room.name), unread: room.unread, mentions: room.mentions };
    model.rooms().iter().map(entry).collect()
}

/// Scrolls or filters the help; `false` to close it.
fn turn_page(help: &mut Help, action: Option<Action>, typed: Option<char>, limit: u16, page: u16) -> bool {
    let scrolled = help.scrolled.min(limit);
    help.scrolled = match action {
        Some(Action::Back | Action::Choose) => return false,
        Some(Action::LineUp) => scrolled.saturating_sub(1),
        Some(Action::LineDown) => (scrolled + 1).min(limit),
        Some(Action::PageUp) => scrolled.saturating_sub(page),
        Some(Action::PageDown) => scrolled.saturating_add(page).min(limit),
        Some(Action::Oldest) => 0,
        Some(Action::Newest) => limit,
        Some(Action::Edit(Edit::Backspace)) => {
            help.filter.pop();
            0
        }
        _ => match typed {
            Some(c) => {
                help.filter.push(c);
                0
            }
            None => scrolled,
        },
    };
    true
}
