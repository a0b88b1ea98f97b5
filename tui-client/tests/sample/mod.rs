//! A room with people and a conversation in it, for tests that look at screens. Times are UTC.

#![allow(dead_code, reason = "each test crate uses the parts it needs")]

use jiff::tz::TimeZone;
use klatch::{
    model::{Body, Delivery, Line, LineKey, Member, Older, Room, RoomKind},
    ui::{
        chat::Chat,
        input::InputBox,
        pane::{Feed, Pane},
        status::{Link, Status, Waiting},
        theme::Theme,
    },
};
use klatch_protocol::UnixMs;
use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

/// Everything that a chat screen is made of.
pub struct Sample {
    pub room: Room,
    pub pane: Pane,
    pub input: InputBox,
    pub theme: Theme,
    pub typing: Vec<String>,
    pub link: Link,
    pub unsent: usize,
    pub sidebar: bool,
    zone: TimeZone,
    next: u64,
    day: i64,
}

/// Saturday, 21 November 2026, 00:00 UTC.
const SATURDAY: i64 = 1_795_219_200_000;
const DAY: i64 = 86_400_000;

impl Sample {
    /// An empty room that begins on a Saturday.
    pub fn empty(theme: Theme) -> Self {
        let mut room = Room::new("#team", RoomKind::Room);
        room.joined = true;
        room.topic = "Release on Friday, notes at http://wiki.lan/rel".to_owned();
        Sample {
            room,
            pane: Pane::new(),
            input: InputBox::new(),
            theme,
            typing: Vec::new(),
            link: Link::Online,
            unsent: 0,
            sidebar: true,
            zone: TimeZone::UTC,
            next: 0,
            day: SATURDAY,
        }
    }

    /// A team in the middle of a release.
    pub fn team(theme: Theme) -> Self {
        let mut sample = Sample::empty(theme);
        for (nick, operator, away) in [
            ("ann", true, false),
            ("bob", false, false),
            ("carol", false, false),
            ("dave", false, true),
            ("frank", false, false),
        ] {
            sample.person(nick, None, operator, away);
        }
        sample.room.history.older = Older::Nothing;
        sample.said("18:20", "dave", "pushed the installer fix, going home");
        sample.said("18:20", "eve", "thanks, testing on the old laptop tonight");
        sample.said(
            "19:02",
            "eve",
            "works on the old laptop. Small thing: the progress bar jumps from 40 to 100, but I can live with that.",
        );
        sample.next_day();
        sample.said("10:41", "ann", "The build is green again.");
        sample.said("10:41", "ann", "I will tag it after lunch.");
        sample.said(
            "10:43",
            "bob",
            "ann: can you wait for #214? It fixes the copy bug on Windows, and the people in support have been asking for \
             it since Tuesday.",
        );
        sample.joined("10:44", "dave");
        sample.left("10:47", "eve", Some("power cut"));
        for nick in ["carol", "frank", "grace", "heidi"] {
            sample.joined("10:48", nick);
        }
        let unread =
            sample.put("10:52", said("carol", "ann: the tag is up, see http://ci.lan/77", false, true, Delivery::Done));
        sample.room.unread_from = Some(unread);
        sample.put("10:53", said("ann", "Thanks! Writing the notes now.", true, false, Delivery::Done));
        sample.put(
            "10:53",
            said("ann", "def notes(v):\n    return changelog(v).since(\"1.4\")", true, false, Delivery::Done),
        );
        sample.put("10:54", said("ann", "and this one is still on its way", true, false, Delivery::Pending));
        sample.typing = vec!["carol".to_owned()];
        sample.unsent = 1;
        sample
    }

    /// Puts somebody into the room.
    pub fn person(&mut self, nick: &str, display: Option<&str>, operator: bool, away: bool) {
        self.room.roster.insert(Member {
            nick: nick.to_owned(),
            display: display.map(str::to_owned),
            account: Some(nick.to_owned()),
            operator,
            away,
        });
    }

    /// What follows is of the next day.
    pub fn next_day(&mut self) {
        self.day += DAY;
    }

    /// Somebody says something.
    pub fn said(&mut self, clock: &str, nick: &str, text: &str) -> LineKey {
        self.put(clock, said(nick, text, false, false, Delivery::Done))
    }

    /// Somebody comes.
    pub fn joined(&mut self, clock: &str, nick: &str) -> LineKey {
        self.put(clock, Body::Joined { nick: nick.to_owned(), display: None })
    }

    /// Somebody leaves.
    pub fn left(&mut self, clock: &str, nick: &str, reason: Option<&str>) -> LineKey {
        self.put(clock, Body::Left { nick: nick.to_owned(), display: None, reason: reason.map(str::to_owned) })
    }

    /// Puts a line into the history.
    pub fn put(&mut self, clock: &str, body: Body) -> LineKey {
        let (hour, minute) = clock.split_once(':').expect("a clock time");
        let minutes = hour.parse::<i64>().expect("an hour") * 60 + minute.parse::<i64>().expect("a minute");
        self.next += 1;
        let key = LineKey(self.next);
        self.room.history.insert(Line { key, id: None, at: UnixMs(self.day + minutes * 60_000), body });
        key
    }

    /// What the pane shows.
    pub fn feed(&self) -> Feed<'_> {
        Feed { room: &self.room, own: "ann", zone: &self.zone, theme: self.theme }
    }

    /// Draws the chat screen in this size.
    pub fn draw(&self, width: u16, height: u16) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        self.chat().render(area, &mut buffer);
        buffer
    }

    /// The chat screen.
    pub fn chat(&self) -> Chat<'_> {
        let waiting = vec![
            Waiting { number: 2, name: "#ops", unread: 2, mentions: 1 },
            Waiting { number: 3, name: "bob", unread: 1, mentions: 1 },
        ];
        Chat {
            feed: self.feed(),
            pane: &self.pane,
            input: &self.input,
            hints: &["F1 help · Ctrl-K rooms · Ctrl-Q quit", "F1 · Ctrl-K · Ctrl-Q", "Ctrl-Q"],
            status: Status {
                link: self.link,
                room: &self.room.name,
                waiting,
                typing: &self.typing,
                unsent: self.unsent,
                standing: self.pane.standing(&self.feed()),
                clock: "10:54",
                notice: None,
                theme: self.theme,
            },
            sidebar: self.sidebar,
            banner: None,
            completion: None,
        }
    }
}

/// Something said.
pub fn said(nick: &str, text: &str, mine: bool, mention: bool, delivery: Delivery) -> Body {
    Body::Said {
        nick: nick.to_owned(),
        display: None,
        text: text.to_owned(),
        action: false,
        notice: false,
        mine,
        mention,
        delivery,
    }
}

/// The text of a screen, without the blanks at the ends of its rows.
pub fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let rows = (area.top()..area.bottom()).map(|y| {
        let mut row = String::new();
        let mut x = area.left();
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            row.push_str(symbol);
            x += u16::try_from(klatch::ui::wrap::cells(symbol)).expect("a cell").max(1);
        }
        row.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}
