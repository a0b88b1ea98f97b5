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
pub mod help;
mod hosted;
mod keys;
mod overlay;
mod recall;
mod reports;
mod typing;

pub use effect::Effect;
pub use hosted::{HostNews, Hosted, Moved};

use std::collections::HashMap;

use jiff::tz::TimeZone;
use klatch_protocol::sanitize::clean_text;
use ratatui::layout::Rect;

use crate::{
    address::Address,
    event::{Event, Signal},
    keymap::Keymap,
    net::Security,
    notify,
    session::{self, Now, Request, Window},
    settings::{Recent, Settings},
    ui::{
        form::{Defaults, Field, Form, Mode},
        question::Question,
        theme::Theme,
    },
    unsent::Account,
};
use chat::{Chat, Turn};
use entry::Entry;
use hosted::Hosting;
use overlay::Overlay;

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
    /// What was being typed, by room, when a chat ended against the user's will, and as whom.
    carried: Option<(Account, HashMap<String, String>)>,
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
            carried: None,
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
            Event::Woke => self.woke(),
            Event::Hosted(news) => {
                if let Some(hosting) = &mut self.hosting {
                    hosting.note(news, now.wall);
                }
            }
            Event::HostEnded(why) => self.host_ended(why),
            Event::Unsent(account, found) => self.restore(&account, found),
            // The runtime's own.
            Event::Kept(_) => {}
            Event::Trouble(text) => self.trouble(&text),
            Event::Signal(Signal::Stop) => self.suspend(),
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
            chat.connection.keep(turn.effects);
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
            chat.connection.keep(&mut self.effects);
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

    /// Back to the shell, unless that would stop the server in here for everybody.
    fn suspend(&mut self) {
        if self.hosting.is_some() {
            self.trouble("Ctrl-Z would stop the server in here as well, for everybody; open another terminal instead");
        } else {
            self.effects.push(Effect::Suspend);
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
