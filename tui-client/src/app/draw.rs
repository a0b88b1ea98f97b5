//! Puts what the application knows into the widgets. Decides nothing.

use jiff::Timestamp;
use ratatui::{Frame, layout::Rect};

use super::{
    App,
    chat::Chat,
    connection::Phase,
    overlay::{Overlay, entries},
};
use crate::{
    model::RoomKind,
    session::Now,
    ui::{
        banner::Banner,
        chat as screen,
        form::FormScreen,
        help::HelpScreen,
        pane::Feed,
        question::QuestionBox,
        status::{Link, Status, Waiting},
        switcher::SwitcherBox,
        theme::Theme,
        trust::TrustBox,
    },
};

impl App {
    /// Draws the whole screen.
    pub fn draw(&mut self, frame: &mut Frame<'_>) {
        self.area = frame.area();
        let sidebar = self.settings.sidebar && !self.bare;
        match &mut self.chat {
            Some(chat) => draw_chat(chat, sidebar, self.now, frame),
            None => {
                frame.render_widget(&FormScreen { form: &self.entry.form, theme: self.theme }, self.area);
                if self.overlay.is_none()
                    && let Some(cursor) = self.entry.form.cursor()
                {
                    frame.set_cursor_position(cursor);
                }
            }
        }
        if let Some(overlay) = &self.overlay {
            draw_overlay(overlay, self.chat.as_deref(), self.theme, frame);
        }
    }
}

fn draw_overlay(overlay: &Overlay, chat: Option<&Chat>, theme: Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let cursor = match overlay {
        Overlay::Help(help, sections) => {
            let screen = HelpScreen { help, sections, theme };
            frame.render_widget(&screen, area);
            screen.cursor(area)
        }
        Overlay::Rooms(switcher) => {
            let entries = chat.map(|chat| entries(&chat.model)).unwrap_or_default();
            let list = SwitcherBox { switcher, entries: &entries, theme };
            frame.render_widget(&list, area);
            list.cursor(area)
        }
        Overlay::Paste(question, _) | Overlay::Quit(question) | Overlay::TakeOver(question) => {
            frame.render_widget(&QuestionBox { question, theme }, area);
            None
        }
        Overlay::Trust(trust, _) => {
            frame.render_widget(&TrustBox { trust, theme }, area);
            None
        }
    };
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

fn draw_chat(chat: &mut Chat, sidebar: bool, now: Now, frame: &mut Frame<'_>) {
    let area = frame.area();
    let theme = chat.theme;
    let name = chat.model.active().name.clone();
    // A room on screen for the first time begins at its newest line.
    chat.panes.entry(name.clone()).or_default();
    let standing = chat.standing().0;
    let clock = clock(chat, now);
    let dot = theme.glyphs.dot;
    let hints = [format!("F1 help {dot} Ctrl-K rooms {dot} Ctrl-Q quit"), format!("F1 {dot} Ctrl-K {dot} Ctrl-Q")];
    let hints = hints.each_ref().map(String::as_str);
    let room = chat.model.active();
    let typing: Vec<String> = room.typing.iter().map(|nick| chat.model.shown_name(room, nick).into_owned()).collect();
    let Some(pane) = chat.panes.get(&name) else { return };
    let shown = screen::Chat {
        feed: Feed { room, own: &chat.model.me().nick, zone: &chat.zone, theme },
        pane,
        input: &chat.input,
        hints: &hints,
        status: Status {
            link: link(chat, now),
            room: if room.kind == RoomKind::Server { chat.model.network() } else { &room.name },
            waiting: waiting(chat),
            typing: &typing,
            unsent: chat.connection.unsent(),
            standing,
            clock: &clock,
            notice: chat.current_notice(now),
            theme,
        },
        sidebar: sidebar && room.kind == RoomKind::Room,
        banner: chat.farewell.as_ref().map(|farewell| Banner {
            end: farewell.end(now.mono),
            reason: &farewell.reason,
            theme,
        }),
        completion: chat.completing.as_ref().map(|completing| completing.list(theme)),
    };
    frame.render_widget(&shown, area);
    if let Some(cursor) = shown.cursor(area) {
        frame.set_cursor_position(cursor);
    }
}

fn link(chat: &Chat, now: Now) -> Link {
    match chat.connection.phase() {
        Phase::In if chat.model.is_behind() => Link::CatchingUp,
        Phase::In => Link::Online,
        Phase::Dialing(_) | Phase::SigningIn(_) => Link::Connecting,
        Phase::Waiting(until) => Link::Retry(until.saturating_sub(now.mono).div_ceil(1_000)),
        Phase::Over => Link::Offline,
    }
}

/// The other rooms with something unread, the ones that name us first.
fn waiting(chat: &Chat) -> Vec<Waiting<'_>> {
    let active = chat.model.active_index();
    let rooms = chat.model.rooms().iter().enumerate();
    let mut waiting: Vec<_> = rooms
        .filter(|(index, room)| *index != active && room.unread > 0)
        .map(|(index, room)| Waiting {
            number: index + 1,
            name: if room.kind == RoomKind::Server { "server" } else { &room.name },
            unread: room.unread,
            mentions: room.mentions,
        })
        .collect();
    waiting.sort_by_key(|waiting| waiting.mentions == 0);
    waiting
}

fn clock(chat: &Chat, now: Now) -> String {
    let time = Timestamp::from_millisecond(now.wall.0).unwrap_or_default();
    chat.zone.to_datetime(time).strftime("%H:%M").to_string()
}

/// The area of a screen that was not drawn yet.
pub(super) const NOT_DRAWN: Rect = Rect { x: 0, y: 0, width: 0, height: 0 };
