//! The client's session and model against a server that says whatever it likes, and a person who goes on typing.

use std::collections::BTreeSet;

use klatch::{
    model::{
        Body, History, Model, Roster,
        commands::{self, Typed},
    },
    session::{Event, Intent, Now, Output, Request, Session, Typing, Way},
};
use klatch_protocol::{Message, UnixMs, encode::MAX_LINE, sanitize::clean_text, tags::MAX_CLIENT_TAGS};

/// The most lines of one story.
const LINES: usize = 300;
/// The most bytes of a line that a server can make us answer with: what the framer takes of it, and some more.
const ANSWER: usize = 17 * 1024;

/// What a klatchd says to somebody who logs in, up to the names in the lobby.
pub const GREETING: &[&str] = &[
    ":srv CAP * LS :message-tags server-time account-tag account-notify extended-join echo-message batch labeled-response \
     draft/chathistory standard-replies cap-notify setname multi-prefix userhost-in-names away-notify sasl=PLAIN \
     draft/account-registration=before-connect klatch.chat/take-over klatch.chat/nonce",
    ":srv CAP * ACK :message-tags server-time account-tag account-notify extended-join echo-message batch labeled-response \
     draft/chathistory standard-replies cap-notify setname multi-prefix userhost-in-names away-notify sasl",
    "AUTHENTICATE +",
    ":srv 900 lior lior!lior@host lior :You are logged in as lior",
    ":srv 903 lior :SASL authentication successful",
    ":srv 001 lior :Welcome",
    ":srv 005 lior NETWORK=Attic CHATHISTORY=200 MSGREFTYPES=msgid,timestamp PREFIX=(ov)@+ :are supported",
    ":srv 376 lior :End of MOTD",
    "@time=2026-11-24T10:00:00.000Z :lior!lior@host JOIN #lobby lior :Lior Ben-Ami",
    ":srv 353 lior = #lobby :@amy!amy@host lior!lior@host",
    ":srv 366 lior #lobby :End of /NAMES list",
];

/// Each line is one of the server's, or begins with `!` for something that happens on this side: `!in` greets, `!lost`,
/// `!open`, `!wait MS`, `!again` starts klatch anew, `!type TEXT` types, `!room N` looks there, `!older` scrolls up.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut story = Story::new(text.starts_with("!new"));
    for line in text.split('\n').take(LINES) {
        match line.strip_prefix('!') {
            Some(act) => story.act(act),
            None => story.hear(line),
        }
    }
    story.look();
}

struct Story {
    session: Session,
    model: Model,
    now: Now,
    out: Vec<Output>,
    /// Whether what goes out may be as long as the person typed it.
    typed: bool,
    /// Whether it may be nonsense, because the person typed it as it is.
    raw: bool,
}

impl Story {
    fn new(signs_up: bool) -> Self {
        let mut story = Story {
            session: Session::new(intent(signs_up), 7),
            model: Model::default(),
            now: Now { mono: 1_000, wall: UnixMs(1_795_514_400_000) },
            out: Vec::new(),
            typed: false,
            raw: false,
        };
        story.session.open(story.now, &mut story.out);
        story.follow();
        story
    }

    fn hear(&mut self, line: &str) {
        // A line of the framer has no end in it.
        self.session.receive(self.now, &line.replace('\r', ""), &mut self.out);
        self.follow();
    }

    fn act(&mut self, act: &str) {
        let (verb, rest) = act.split_once(' ').unwrap_or((act, ""));
        match verb {
            "in" => GREETING.iter().for_each(|line| self.hear(line)),
            "lost" => self.session.lost(self.now, &mut self.out),
            "open" => {
                self.session.lost(self.now, &mut self.out);
                self.session.open(self.now, &mut self.out);
            }
            "wait" => self.wait(rest.parse().map_or(0, |ms: u64| ms.min(10_000_000))),
            "clock" => self.now.wall = UnixMs(rest.parse().unwrap_or_default()),
            "again" => self.start_anew(),
            "type" => self.type_in(rest),
            "typing" => {
                let to = self.model.active().name.clone();
                self.ask(Request::Typing { to, state: Typing::Active });
            }
            "room" => self.model.switch_to(rest.parse().unwrap_or(0)),
            "close" => self.model.close(rest),
            "older" => {
                if let Some(request) = self.model.older() {
                    self.ask(request);
                }
            }
            "look" => self.look(),
            _ => {}
        }
        self.follow();
    }

    /// Time passes; whatever is due on the way is done, and nothing is due at once again.
    fn wait(&mut self, ms: u64) {
        let end = self.now.mono + ms;
        while let Some(due) = self.session.deadline().filter(|due| *due <= end) {
            self.advance(due.max(self.now.mono));
            self.session.tick(self.now, &mut self.out);
            if self.out.iter().any(|output| matches!(output, Output::Close(_))) {
                self.session.lost(self.now, &mut self.out);
            }
            let next = self.session.deadline();
            assert!(next.is_none_or(|next| next > self.now.mono), "{next:?} is due again at {}", self.now.mono);
            self.follow();
        }
        self.advance(end);
    }

    fn advance(&mut self, mono: u64) {
        self.now.wall.0 = self.now.wall.0.saturating_add((mono - self.now.mono).cast_signed());
        self.now.mono = mono;
    }

    /// klatch ends, and is started again with what it had kept.
    fn start_anew(&mut self) {
        let kept = self.session.unsent_messages();
        let count = kept.len();
        self.session = Session::new(intent(false), 8);
        self.model = Model::default();
        self.session.restore(self.now, kept.clone(), &mut self.out);
        assert_eq!(self.session.unsent_messages().len(), count, "something unsent was forgotten: {kept:?}");
        self.follow();
        self.session.open(self.now, &mut self.out);
    }

    fn type_in(&mut self, text: &str) {
        let here = self.model.active().name.clone();
        // As typing and pasting clean it (`App::update`).
        match commands::parse(&clean_text(text), &here) {
            Typed::Ask(request) => self.ask(request),
            Typed::Query { nick, text } => {
                self.model.query(&nick);
                if let Some(text) = text {
                    self.ask(Request::Say { to: nick, text, manner: klatch::session::Manner::Plain });
                }
            }
            _ => {}
        }
    }

    fn ask(&mut self, request: Request) {
        self.typed = true;
        self.raw = matches!(request, Request::Raw(_));
        self.session.request(self.now, request, &mut self.out);
        self.follow();
    }

    fn follow(&mut self) {
        for output in std::mem::take(&mut self.out) {
            match output {
                Output::Send(line) if self.raw => assert!(!line.contains(['\0', '\r', '\n']), "{line:?}"),
                Output::Send(line) => check_sent(&line, self.typed),
                Output::Close(reason) => assert_clean(&reason),
                Output::Event(event) => {
                    if let Event::Failed(failure) = &event {
                        assert_shown(&format!("{failure}"));
                    }
                    self.model.apply(event);
                }
            }
        }
        (self.typed, self.raw) = (false, false);
    }

    /// Everything that could be shown is clean, and there is not too much of it.
    fn look(&self) {
        assert!(self.model.rooms().len() <= Model::MOST_ROOMS);
        assert!(self.model.active_index() < self.model.rooms().len());
        assert_clean(self.model.network());
        assert_clean(self.model.me().name());
        for room in self.model.rooms() {
            [&room.name, &room.topic].into_iter().chain(&room.typing).for_each(|text| assert_clean(text));
            assert!(room.history.len() <= History::MOST && room.roster.len() <= Roster::MOST);
            assert!(room.mentions <= room.unread && room.unread <= room.history.len(), "{}: miscounted", room.name);
            for member in room.roster.iter() {
                assert_clean(&member.nick);
                assert_clean(&room.roster.shown(member));
            }
            let mut ids = BTreeSet::new();
            for line in room.history.iter() {
                assert_body(&line.body);
                assert!(line.id.as_ref().is_none_or(|id| ids.insert(id)), "twice: {:?}", line.id);
            }
        }
    }
}

fn intent(signs_up: bool) -> Intent {
    let password = "secret".to_owned().into();
    let way = match signs_up {
        true => Way::SignUp { display: "Lior Ben-Ami".into(), password },
        false => Way::LogIn { password, take_over: false },
    };
    Intent { user: "lior".into(), way, code: None, rooms: vec!["#tea".into()] }
}

/// One line, which a server takes.
pub fn check_sent(line: &str, typed: bool) {
    assert!(!line.contains(['\0', '\r', '\n']), "{line:?}");
    assert!(line.len() <= ANSWER || typed, "{} bytes go out: {line}", line.len());
    let Ok(message) = Message::parse(line) else { panic!("what is sent is no message: {line:?}") };
    assert!(message.tags.raw().len() <= MAX_CLIENT_TAGS, "{line}");
    if message.is("PRIVMSG") || message.is("NOTICE") || message.is("TAGMSG") {
        let body = line.strip_prefix('@').and_then(|rest| rest.split_once(' ')).map_or(line, |(_, body)| body);
        assert!(body.len() + 2 <= MAX_LINE || message.param(0).is_some_and(|to| to.len() > 64), "too long: {line}");
    }
}

fn assert_body(body: &Body) {
    match body {
        Body::Said { nick, display, text, .. } => {
            assert_clean(nick);
            assert_clean(display.as_deref().unwrap_or_default());
            assert_shown(text);
        }
        Body::Joined { nick, display } | Body::Left { nick, display, .. } => {
            assert_clean(nick);
            assert_clean(display.as_deref().unwrap_or_default());
        }
        Body::Info(text) | Body::Error(text) => assert_clean(text),
        Body::Gap { .. } => {}
    }
    if let Body::Left { reason: Some(reason), .. } = body {
        assert_clean(reason);
    }
}

/// Nothing that the sanitiser would take out, nor a new line.
pub fn assert_clean(text: &str) {
    assert!(!text.contains('\n'), "{text:?} is more than one line");
    assert_shown(text);
}

/// Nothing that controls a terminal, reorders what stands beside it, or hides.
pub fn assert_shown(text: &str) {
    let hostile = |c: char| {
        c.is_control() && c != '\n'
            || matches!(
                c,
                '\u{202a}'..='\u{202e}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{feff}' | '\u{2060}'
            )
    };
    assert!(!text.contains(hostile), "{text:?}");
}
