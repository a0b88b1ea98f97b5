//! The application: what happens when something happened. Pure: events and the time go in, [`Effect`]s come out, and a
//! frame is drawn from what it knows. It never waits, reads no clock and touches neither network, terminal nor disk.
//!
//! [`App::update`] for each event, then [`App::settle`] once before the next frame.

mod chat;
mod completing;
mod connection;
mod draw;
mod effect;
mod entry;
mod farewell;
mod help;
mod hosted;
mod overlay;
mod recall;
mod typing;

pub use effect::Effect;
pub use hosted::{HostNews, Hosted, Moved};

use jiff::tz::TimeZone;
use klatch_protocol::sanitize::clean_text;
use ratatui::layout::{Position, Rect};

use crate::{
    action::Action,
    address::Address,
    event::{Event, Mouse, MouseKind, Signal},
    keymap::{Context, Key, Keymap},
    net::{NetEvent, Security},
    notify,
    session::{self, Ending, Failure, Now, Request, Window},
    settings::{Recent, Settings},
    ui::{
        form::{Defaults, Field, Form, FormAction, Mode},
        question::Question,
        switcher::Switcher,
        theme::Theme,
    },
};
use chat::{Chat, Turn};
use connection::{Phase, Report};
use entry::Entry;
use farewell::Farewell;
use hosted::Hosting;
use overlay::Overlay;
use typing::Sent;

/// What the application starts with.
#[derive(Debug)]
pub struct Start {
    /// The user's settings.
    pub settings: Settings,
    /// What the form was filled in with last time.
    pub recent: Recent,
    /// What the command line says; it wins over what is remembered.
    pub address: Address,
    /// The server in this program, if there is one; it wins over everything.
    pub hosted: Option<Hosted>,
    /// Something to say at the start, beside the form.
    pub notice: Option<String>,
    /// Where trusted certificates are kept, for people to read.
    pub trust_file: String,
    /// How things look.
    pub theme: Theme,
    /// The zone of the times shown.
    pub zone: TimeZone,
    /// Any number by chance.
    pub chance: u64,
    /// The time.
    pub now: Now,
}

/// The application.
pub struct App {
    settings: Settings,
    keymap: Keymap,
    theme: Theme,
    zone: TimeZone,
    trust_file: String,
    /// What is remembered of the last time.
    recent: Recent,
    now: Now,
    /// The form; it stays filled in while the chat is on screen.
    entry: Entry,
    /// The chat, while we are in.
    chat: Option<Box<Chat>>,
    overlay: Option<Overlay>,
    hosting: Option<Hosting>,
    focused: bool,
    mouse: bool,
    bare: bool,
    title: String,
    /// What was being typed when a chat ended against the user's will.
    carried: String,
    chance: u64,
    /// The area last drawn in.
    area: Rect,
    effects: Vec<Effect>,
}

impl App {
    /// The application with its form on screen.
    #[must_use]
    pub fn new(start: Start) -> Self {
        let Start { settings, recent, address, hosted, notice, trust_file, theme, zone, chance, now } = start;
        let mut form = Form::new(&defaults(&recent, &address, hosted.as_ref()));
        if let Some(notice) = notice {
            form.set_error(Field::Connect, notice);
        }
        let security = if address.plain_text { Security::Plain } else { Security::Tls };
        let known = hosted.as_ref().map(|hosted| (hosted.target.clone(), hosted.fingerprint));
        App {
            keymap: Keymap::new(settings.keys),
            theme,
            zone,
            trust_file,
            recent,
            now,
            entry: Entry::new(form, security, address.room, known),
            chat: None,
            overlay: None,
            hosting: hosted.map(|hosted| Hosting::new(hosted, now.wall)),
            focused: true,
            mouse: settings.mouse,
            bare: false,
            title: String::new(),
            carried: String::new(),
            chance,
            area: draw::NOT_DRAWN,
            effects: Vec::new(),
            settings,
        }
    }

    /// Follows one event and gives what is to be done.
    pub fn update(&mut self, now: Now, event: Event) -> Vec<Effect> {
        self.now = now;
        match event {
            Event::Key(key) => self.key(key),
            Event::Paste(text) => self.paste(&clean_text(&text)),
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Focus(focused) => self.focused = focused,
            Event::Resize => {}
            Event::Net(_, event) => self.net(event),
            Event::Due => self.due(),
            Event::Hosted(news) => {
                if let Some(hosting) = &mut self.hosting {
                    hosting.note(news, now.wall);
                }
            }
            Event::HostEnded(why) => self.host_ended(why),
            Event::Trouble(text) => self.trouble(&text),
            Event::Signal(Signal::Stop) => self.effects.push(Effect::Suspend),
            Event::Signal(Signal::Continue) => self.effects.push(Effect::Retake),
            Event::Signal(Signal::End) | Event::TerminalGone => self.leave(None),
        }
        std::mem::take(&mut self.effects)
    }

    /// Brings everything up to date before the next frame and gives what else is to be done.
    pub fn settle(&mut self) -> Vec<Effect> {
        if let (Some(chat), Some(hosting)) = (&mut self.chat, &mut self.hosting) {
            for (text, at) in hosting.say() {
                chat.model.apply(session::Event::Info { window: Window::Server, text, at });
            }
        }
        let mut turn = Turn { now: self.now, effects: &mut self.effects };
        if let Some(chat) = &mut self.chat {
            chat.settle(self.focused, &mut turn);
        }
        let unread = self.chat.iter().flat_map(|chat| chat.model.rooms()).map(|room| room.mentions).sum();
        let title = notify::title_of(self.chat.as_ref().and_then(|chat| chat.place()), unread);
        if title != self.title {
            self.effects.push(Effect::Title(title.clone()));
            self.title = title;
        }
        std::mem::take(&mut self.effects)
    }

    /// When [`Event::Due`] is wanted, in steady milliseconds; `None` while nothing changes by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        match (&self.chat, &self.entry.attempt) {
            (Some(chat), _) => chat.deadline(self.now),
            (None, Some(attempt)) => attempt.connection.deadline(),
            (None, None) => None,
        }
    }

    fn key(&mut self, key: Key) {
        let context = match (&self.overlay, &self.chat) {
            (Some(overlay), _) => overlay.context(),
            (None, Some(_)) => Context::Chat,
            (None, None) => Context::Form,
        };
        let empty = self.chat.as_ref().is_none_or(|chat| chat.input.is_empty());
        let action = self.keymap.action(context, key, empty);
        let leaving = action == Some(Action::Quit);
        if !leaving && self.chat.as_mut().and_then(|chat| chat.farewell.as_mut()).is_some_and(Farewell::stay) {
            return;
        }
        match action {
            Some(Action::Quit) => self.quit(None),
            Some(Action::Suspend) => self.effects.push(Effect::Suspend),
            Some(Action::Repaint) => self.effects.push(Effect::Repaint),
            Some(Action::Help) => self.open_help(),
            _ if self.overlay.is_some() => self.overlay_key(action, key.typed()),
            _ if self.chat.is_some() => self.chat_key(action, key.typed()),
            _ => self.form_key(action, key.typed()),
        }
    }

    fn form_key(&mut self, action: Option<Action>, typed: Option<char>) {
        let form = &mut self.entry.form;
        match action {
            Some(Action::NextField) => form.next_field(),
            Some(Action::PreviousField) => form.previous_field(),
            Some(Action::SwitchSignUp) => form.switch_mode(),
            Some(Action::Reveal) => form.reveal(),
            Some(Action::Edit(edit)) => form.edit(edit),
            Some(Action::Connect) => {
                let asked = form.submit();
                self.form_asks(asked);
            }
            Some(Action::Back) => self.entry.stop(None, &mut self.effects),
            Some(_) => {}
            None => {
                if let Some(c) = typed {
                    form.insert(c.encode_utf8(&mut [0; 4]));
                }
            }
        }
    }

    fn form_asks(&mut self, asked: FormAction) {
        let chance = self.chance();
        match asked {
            FormAction::None => {}
            FormAction::Submit(filled) => self.entry.begin(filled, false, chance, &mut self.effects),
            FormAction::Quit => self.quit(None),
        }
    }

    fn chat_key(&mut self, action: Option<Action>, typed: Option<char>) {
        let Some(chat) = &mut self.chat else { return };
        let mut turn = Turn { now: self.now, effects: &mut self.effects };
        match (action, typed) {
            (Some(Action::Send), _) => {
                let sent = chat.send(&self.keymap, &mut turn);
                self.sent(sent);
            }
            (Some(action), _) => self.act(action),
            (None, Some(c)) => chat.insert(c.encode_utf8(&mut [0; 4]), &mut turn),
            (None, None) => {}
        }
    }

    fn sent(&mut self, sent: Sent) {
        match sent {
            Sent::Done => {}
            Sent::Leave(words) => self.quit(words),
            Sent::Act(action) => self.act(action),
            Sent::Mouse(on) => self.set_mouse(on),
        }
    }

    /// Does what a key or a typed word asks for on the chat screen.
    fn act(&mut self, action: Action) {
        match action {
            Action::Suspend => self.effects.push(Effect::Suspend),
            Action::Repaint => self.effects.push(Effect::Repaint),
            Action::Help => self.open_help(),
            Action::Rooms => self.overlay = Some(Overlay::Rooms(Switcher::default())),
            Action::Sidebar => self.settings.sidebar = !self.settings.sidebar,
            Action::Bare => {
                self.bare = !self.bare;
                self.effects.push(Effect::Mouse(self.mouse && !self.bare));
            }
            Action::Mouse => self.set_mouse(!self.mouse),
            other => {
                if let Some(chat) = &mut self.chat {
                    chat.act(other, &self.keymap, &mut Turn { now: self.now, effects: &mut self.effects });
                }
            }
        }
    }

    fn set_mouse(&mut self, on: bool) {
        self.mouse = on;
        self.effects.push(Effect::Mouse(on && !self.bare));
        if let Some(chat) = &mut self.chat {
            chat.notice(if on { "mouse on; Shift-drag selects" } else { "mouse off; /mouse takes it back" }, self.now);
        }
    }

    /// A paste never sends by itself: one line is put in, of more it is asked what to do with them.
    fn paste(&mut self, text: &str) {
        match (&self.overlay, &mut self.chat) {
            (Some(_), _) => {}
            (None, None) => self.entry.form.insert(text),
            (None, Some(chat)) => {
                let text = text.trim_end_matches('\n');
                if text.contains('\n') {
                    self.overlay = Some(Overlay::Paste(Question::paste(text), text.to_owned()));
                } else {
                    chat.insert(text, &mut Turn { now: self.now, effects: &mut self.effects });
                }
            }
        }
    }

    fn mouse(&mut self, mouse: Mouse) {
        let wheel = match mouse.kind {
            MouseKind::WheelUp => Some(Action::LineUp),
            MouseKind::WheelDown => Some(Action::LineDown),
            MouseKind::Click => None,
        };
        match (wheel, &self.overlay, &mut self.chat) {
            (Some(_), Some(Overlay::Help(..) | Overlay::Rooms(_)), _) => self.overlay_key(wheel, None),
            (Some(action), None, Some(chat)) => chat.wheel(action == Action::LineUp),
            (None, None, None) => {
                let asked = self.entry.form.click(Position::new(mouse.column, mouse.row));
                self.form_asks(asked);
            }
            _ => {}
        }
    }

    fn net(&mut self, event: NetEvent) {
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
        let mut chat = Chat::new(attempt.connection, attempt.model, self.theme, self.zone.clone());
        chat.input.set_text(&std::mem::take(&mut self.carried));
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
            Report::UnknownKey(seen) => {
                self.overlay = Some(Overlay::trust(chat.connection.target(), None, seen, &self.trust_file));
            }
            Report::ChangedKey { known, seen } => {
                self.overlay = Some(Overlay::trust(chat.connection.target(), Some(known), seen, &self.trust_file));
            }
            Report::NoLink(_) => chat.connection.try_later(self.now, turn.effects),
            Report::Broken(reason) => match chat.connection.ending() {
                Some(Ending::Shutdown) => self.server_gone(),
                Some(_) => self.back_to_form(Some((Field::Connect, reason))),
                None => chat.broken(&reason, was_in, &mut turn),
            },
        }
    }

    fn server_gone(&mut self) {
        if let Some(chat) = &mut self.chat {
            let farewell = chat.farewell.get_or_insert_with(|| Farewell::announced(0, "", 0));
            farewell.gone(self.now.mono);
        }
    }

    /// The chat is over, the form is back with everything in it; what was being typed is kept for the next time.
    fn back_to_form(&mut self, failure: Option<(Field, String)>) {
        if let Some(mut chat) = self.chat.take() {
            chat.connection.give_up(&mut self.effects);
            self.carried = chat.input.take();
        }
        self.overlay = None;
        self.entry.stop(failure, &mut self.effects);
    }

    fn alert(&mut self, attention: &crate::model::Attention) {
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

    fn due(&mut self) {
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

    /// The user wants to leave: at once, unless something would be lost or others would be cut off.
    fn quit(&mut self, words: Option<String>) {
        // Asked a second time it is meant.
        if matches!(self.overlay, Some(Overlay::Quit(_))) {
            return self.leave(words);
        }
        let unsent = self.chat.as_ref().map_or(0, |chat| chat.connection.unsent());
        let me = self.chat.as_ref().map_or("", |chat| chat.model.me().nick.as_str());
        let others = self.hosting.as_ref().map_or(0, |hosting| hosting.others(me));
        let question = match (unsent, others) {
            (0, 0) => return self.leave(words),
            (0, others) => Question::end_hosting(others),
            (unsent, _) => Question::quit(unsent),
        };
        self.overlay = Some(Overlay::Quit(question));
    }

    /// Leaves, with these words to the others.
    fn leave(&mut self, words: Option<String>) {
        if let Some(chat) = &mut self.chat {
            chat.ask(Request::Quit(words), &mut Turn { now: self.now, effects: &mut self.effects });
        }
        self.effects.push(Effect::Exit(None));
    }

    fn host_ended(&mut self, why: Option<String>) {
        if let Some(why) = why {
            self.trouble(&format!("the server in this program ended: {why}"));
        }
        self.hosting = None;
    }

    /// Something could not be done; it is said where the user looks.
    fn trouble(&mut self, text: &str) {
        match &mut self.chat {
            Some(chat) => chat.model.complain(text, chat.connection.clock(self.now)),
            None => self.entry.stop(Some((Field::Connect, text.to_owned())), &mut self.effects),
        }
    }

    /// A number by chance for whoever needs one; its successors differ.
    fn chance(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(1);
        self.chance
    }
}

/// What the form holds at first: the hosted server, else the command line, else what is remembered.
fn defaults(recent: &Recent, address: &Address, hosted: Option<&Hosted>) -> Defaults {
    if let Some(hosted) = hosted {
        let code = hosted.owner_code.clone().unwrap_or_default();
        return Defaults {
            host: hosted.target.host.clone(),
            port: Some(hosted.target.port),
            user: if code.is_empty() { recent.user.clone() } else { String::new() },
            mode: if code.is_empty() { Mode::LogIn } else { Mode::SignUp },
            code: code.into(),
            ..Defaults::default()
        };
    }
    let elsewhere = !address.host.is_empty();
    Defaults {
        host: if elsewhere { address.host.clone() } else { recent.host.clone() },
        port: address.port.or((!elsewhere).then_some(recent.port)),
        user: address.user.clone().unwrap_or_else(|| recent.user.clone()),
        plain_text: address.plain_text,
        ..Defaults::default()
    }
}
