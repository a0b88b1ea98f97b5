//! The application as somebody uses it: keys are typed as text, server lines come in, and what counts is what is on the
//! screen and what is to be done. No terminal, no network, no clock.

mod chatting;
mod entering;
mod hosting;
mod leaving;
mod unsent;
mod windows;

use jiff::tz::TimeZone;
use klatch::{
    address::Address,
    app::{App, Effect, Hosted, Start},
    event::Event,
    keymap::Key,
    net::{LinkId, NetEvent, Step},
    session::Now,
    settings::{Recent, Settings},
    ui::theme::{Colour, Theme, UNICODE},
    unsent::Found,
};
use klatch_protocol::UnixMs;
use ratatui::{Terminal, backend::TestBackend, buffer::Cell};

/// 2026-11-24T10:00:00Z
const MORNING: i64 = 1_795_514_400_000;
const CAPS: &str = "message-tags server-time echo-message labeled-response batch standard-replies extended-join \
    draft/account-registration sasl";

/// The application on a screen that only a test looks at.
struct Flow {
    app: App,
    terminal: Terminal<TestBackend>,
    now: Now,
    /// What was to be done since it was last looked at.
    effects: Vec<Effect>,
    /// What earlier runs left unsent.
    found: Found,
}

impl Flow {
    /// klatch as started by `klatch --host attic --user lior`.
    fn new() -> Self {
        let address = Address { host: "attic".into(), user: Some("lior".into()), ..Address::default() };
        Flow::start(address, None, Settings::default())
    }

    fn start(address: Address, hosted: Option<Hosted>, settings: Settings) -> Self {
        let now = Now { mono: 1_000, wall: UnixMs(MORNING) };
        let app = App::new(Start {
            settings,
            recent: Recent { host: "old.example".into(), port: 1_234, user: "remembered".into() },
            address,
            hosted,
            notice: None,
            trust_file: "known_servers.toml".into(),
            theme: Theme::new(Colour::Sixteen, &UNICODE),
            zone: TimeZone::UTC,
            chance: 7,
            now,
        });
        let terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let mut flow = Flow { app, terminal, now, effects: Vec::new(), found: Found::default() };
        flow.draw();
        flow
    }

    /// In the lobby, where `amy` is as well; nothing left to look at.
    fn in_lobby() -> Self {
        let mut flow = Flow::new();
        flow.types("secret").key("Enter");
        flow.links().comes_in();
        flow.effects.clear();
        flow
    }

    fn does(&mut self, event: Event) -> &mut Self {
        let effects = self.app.update(self.now, event);
        let asked = effects.iter().find_map(|effect| match effect {
            Effect::Recall(account) => Some(account.clone()),
            _ => None,
        });
        self.effects.extend(effects);
        self.draw();
        match asked {
            Some(account) => self.does(Event::Unsent(account, self.found.clone())),
            None => self,
        }
    }

    fn draw(&mut self) {
        // As the runtime does it: before the frame and after it.
        self.effects.extend(self.app.settle());
        self.terminal.draw(|frame| self.app.draw(frame)).unwrap();
        self.effects.extend(self.app.settle());
    }

    fn key(&mut self, key: &str) -> &mut Self {
        self.does(Event::Key(key.parse::<Key>().unwrap()))
    }

    fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.key(&if c == ' ' { "Space".to_owned() } else { c.to_string() });
        }
        self
    }

    fn net(&mut self, event: NetEvent) -> &mut Self {
        self.does(Event::Net(LinkId(1), event))
    }

    /// The link comes about.
    fn links(&mut self) -> &mut Self {
        self.net(NetEvent::Step(Step::Found)).net(NetEvent::Step(Step::Secured)).net(NetEvent::Ready)
    }

    fn hears(&mut self, lines: &[&str]) -> &mut Self {
        for line in lines {
            self.net(NetEvent::Line((*line).to_owned()));
        }
        self
    }

    /// The server lets us in and puts us into the lobby.
    fn comes_in(&mut self) -> &mut Self {
        self.hears(&[
            &format!(":srv CAP * LS :{CAPS}"),
            &format!(":srv CAP * ACK :{CAPS}"),
            "AUTHENTICATE +",
            ":srv 903 lior :ok",
            ":srv 001 lior :Welcome",
            ":srv 005 lior NETWORK=Attic :are supported",
            ":srv 376 lior :End of MOTD",
            ":lior!lior@host JOIN #lobby lior :Lior Ben-Ami",
            ":srv 353 lior = #lobby :@amy lior",
            ":srv 366 lior #lobby :End of /NAMES list",
        ])
    }

    fn passes(&mut self, millis: u64) -> &mut Self {
        self.now.mono += millis;
        self.now.wall.0 += i64::try_from(millis).unwrap();
        self.does(Event::Due)
    }

    fn breaks(&mut self) -> &mut Self {
        self.net(NetEvent::Closed { reason: "connection reset".into() })
    }

    fn resizes(&mut self, width: u16, height: u16) -> &mut Self {
        self.terminal.backend_mut().resize(width, height);
        self.does(Event::Resize)
    }

    /// The screen, a line each, without blanks at the ends.
    fn screen(&self) -> String {
        let buffer = self.terminal.backend().buffer();
        let width = usize::from(buffer.area.width);
        let rows = buffer.content().chunks(width);
        let text = rows.map(|row| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned());
        text.collect::<Vec<_>>().join("\n")
    }

    #[track_caller]
    fn sees(&mut self, wanted: &str) -> &mut Self {
        let screen = self.screen();
        assert!(screen.contains(wanted), "{wanted:?} is not on the screen:\n{screen}");
        self
    }

    #[track_caller]
    fn sees_no(&mut self, unwanted: &str) -> &mut Self {
        let screen = self.screen();
        assert!(!screen.contains(unwanted), "{unwanted:?} is on the screen:\n{screen}");
        self
    }

    /// The lines sent since the last look.
    fn sent(&mut self) -> Vec<String> {
        let lines = std::mem::take(&mut self.effects).into_iter().filter_map(|effect| match effect {
            Effect::Line(line) => Some(line),
            _ => None,
        });
        lines.collect()
    }

    fn dials(&self) -> usize {
        self.effects.iter().filter(|effect| matches!(effect, Effect::Dial { .. })).count()
    }

    fn exits(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::Exit(_)))
    }
}
