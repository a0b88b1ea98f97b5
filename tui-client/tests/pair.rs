//! A real server and real clients in one process, over TLS on the loopback: the client's network, session and model
//! together, with nothing pretended.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use klatch::{
    model::{Body, Delivery, Model, Older, Room},
    net::{Link, LinkId, NetEvent, NetFailure, Security, Target},
    session::{Ending, Event, Failure, Intent, Manner, Now, Output, Request, Session, Way},
};
use klatch_protocol::{Fingerprint, UnixMs};
use klatch_server::{
    auth::{AuthLimits, Cost},
    hub::{io::OperatorVerb, policy::Policy},
    net::NetLimits,
    serve::{Server, Settings, Stop, Storage},
};
use tokio::{sync::mpsc, time::timeout};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

fn settings() -> Settings {
    Settings {
        policy: Policy { flood: None, probe_within: 300, ..Policy::default() },
        listen: vec!["127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()],
        storage: Storage::Ephemeral,
        certificate: None,
        net: NetLimits::default(),
        auth: AuthLimits { cost: Cost::Cheap, ..AuthLimits::default() },
        reread: None,
    }
}

/// Somebody at a client, without the screen.
struct Person {
    session: Session,
    model: Model,
    target: Target,
    known: Option<Fingerprint>,
    links: u64,
    link: Option<Link>,
    events: mpsc::Receiver<(LinkId, NetEvent)>,
    sender: mpsc::Sender<(LinkId, NetEvent)>,
    began: Instant,
    /// What the network told, but for lines.
    net: Vec<NetEvent>,
    /// What the session told that the model does not show.
    failure: Option<Failure>,
}

impl Person {
    fn new(server: &Server, user: &str, way: Way) -> Self {
        let (sender, events) = mpsc::channel(64);
        let intent = Intent { user: user.into(), way, code: None, rooms: Vec::new() };
        let port = server.addresses()[0].port();
        Person {
            session: Session::new(intent, user.bytes().fold(1, |chance, byte| chance * 31 + u64::from(byte))),
            model: Model::default(),
            target: Target { host: "127.0.0.1".into(), port, security: Security::Tls },
            known: Some(*server.fingerprint()),
            links: 0,
            link: None,
            events,
            sender,
            began: Instant::now(),
            net: Vec::new(),
            failure: None,
        }
    }

    fn sign_up(server: &Server, user: &str, display: &str) -> Self {
        Person::new(server, user, Way::SignUp { display: display.into(), password: "secret".to_owned().into() })
    }

    fn log_in(server: &Server, user: &str, password: &str, take_over: bool) -> Self {
        Person::new(server, user, Way::LogIn { password: password.to_owned().into(), take_over })
    }

    /// Signed up and in the lobby.
    async fn arrived(server: &Server, user: &str, display: &str) -> Self {
        let mut person = Person::sign_up(server, user, display);
        person.connect();
        person.until("in the lobby", Person::is_settled).await;
        person
    }

    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        Now {
            mono: u64::try_from(self.began.elapsed().as_millis()).unwrap(),
            wall: UnixMs(i64::try_from(wall).unwrap()),
        }
    }

    fn connect(&mut self) {
        self.links += 1;
        self.link = Some(Link::open(LinkId(self.links), self.target.clone(), self.known, self.sender.clone()));
    }

    /// The cable is pulled.
    fn cut(&mut self) {
        self.link = None;
        let mut out = Vec::new();
        self.session.lost(self.now(), &mut out);
        self.perform(out);
    }

    fn says(&mut self, to: &str, text: &str) {
        self.asks(Request::Say { to: to.into(), text: text.into(), manner: Manner::Plain });
    }

    fn asks(&mut self, request: Request) {
        let mut out = Vec::new();
        self.session.request(self.now(), request, &mut out);
        self.perform(out);
    }

    fn perform(&mut self, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Send(line) => {
                    // A link that is gone takes nothing; its end is the next thing told.
                    let _ = self.link.as_ref().is_some_and(|link| link.send(line));
                }
                Output::Event(event) => {
                    if let Event::Failed(failure) = &event {
                        self.failure = Some(failure.clone());
                    }
                    self.model.apply(event);
                }
                Output::Close(_) => {}
            }
        }
    }

    /// Lets things happen until `done`.
    async fn until(&mut self, what: &str, done: impl Fn(&Person) -> bool) {
        while !done(self) {
            let Ok(Some((id, event))) = timeout(PATIENCE, self.events.recv()).await else {
                panic!("not {what}: {:?}\n{:#?}", self.net, self.lines("#lobby"));
            };
            if id != LinkId(self.links) {
                continue;
            }
            let mut out = Vec::new();
            match event {
                NetEvent::Ready => self.session.open(self.now(), &mut out),
                NetEvent::Line(line) => self.session.receive(self.now(), &line, &mut out),
                NetEvent::Closed { .. } => {
                    self.session.lost(self.now(), &mut out);
                    self.link = None;
                    self.net.push(event);
                }
                event => self.net.push(event),
            }
            self.perform(out);
        }
    }

    fn room(&self, name: &str) -> Option<&Room> {
        self.model.room(name)
    }

    /// In the lobby, knowing who is there and what was said.
    fn is_settled(&self) -> bool {
        self.room("#lobby").is_some_and(|room| {
            let me = room.roster.get(self.session.nick());
            room.joined && me.is_some_and(|me| me.display.is_some()) && !self.has_gap("#lobby")
        })
    }

    fn has_gap(&self, name: &str) -> bool {
        self.room(name).is_some_and(|room| room.history.iter().any(|line| matches!(line.body, Body::Gap { .. })))
    }

    /// What is shown in a room, a line each.
    fn lines(&self, name: &str) -> Vec<String> {
        let Some(room) = self.room(name) else { return Vec::new() };
        let show = |body: &Body| match body {
            Body::Said { nick, display, text, .. } => format!("{}: {text}", display.as_ref().unwrap_or(nick)),
            Body::Joined { nick, .. } => format!("+{nick}"),
            Body::Left { nick, .. } => format!("-{nick}"),
            Body::Info(text) | Body::Error(text) => format!("* {text}"),
            Body::Gap { .. } => "(gap)".into(),
        };
        room.history.iter().map(|line| show(&line.body)).collect()
    }

    fn sees(&self, name: &str, wanted: &str) -> bool {
        self.lines(name).iter().any(|line| line == wanted)
    }

    /// What was said, as nick, text and message id, all of it confirmed.
    fn said(&self, name: &str) -> Vec<(String, String, String)> {
        let lines = self.room(name).unwrap().history.iter();
        let said = lines.filter_map(|line| match &line.body {
            Body::Said { nick, text, delivery, .. } => {
                assert_eq!(*delivery, Delivery::Done, "{text}");
                Some((nick.clone(), text.clone(), line.id.clone().unwrap()))
            }
            _ => None,
        });
        said.collect()
    }
}

#[tokio::test]
async fn people_sign_up_are_greeted_and_talk() {
    let server = Server::start(settings()).await.unwrap();
    let mut amy = Person::arrived(&server, "amelia", "Amy").await;
    assert!(amy.sees("#lobby", "* Good to see you Amy!"), "{:?}", amy.lines("#lobby"));
    let mut lior = Person::arrived(&server, "lior", "Lior").await;
    amy.until("told of lior", |amy| amy.sees("#lobby", "+lior")).await;
    amy.says("#lobby", "hello Lior");
    lior.until("spoken to", |lior| lior.sees("#lobby", "Amy: hello Lior")).await;
    let lobby = lior.room("#lobby").unwrap();
    assert!(lobby.history.iter().any(|line| matches!(line.body, Body::Said { mention: true, .. })));
    amy.until("confirmed", |amy| amy.session.unsent() == 0).await;
    lior.says("amelia", "psst");
    amy.until("spoken to in private", |amy| amy.sees("lior", "Lior: psst")).await;
    lior.asks(Request::Quit(Some("so long".into())));
    lior.link.take().unwrap().close().await;
    amy.until("told that lior left", |amy| amy.sees("#lobby", "-lior")).await;
    assert_eq!(lior.session.ending(), Some(&Ending::Quit));
    assert_eq!(amy.room("#lobby").unwrap().roster.len(), 1);
}

#[tokio::test]
async fn a_shared_display_name_shows_the_user_name_beside_it() {
    let server = Server::start(settings()).await.unwrap();
    let mut amy = Person::arrived(&server, "amelia", "Amy").await;
    let mut fake = Person::arrived(&server, "mallory", "Аmy").await;
    fake.says("#lobby", "I am Amy");
    fake.until("confirmed", |fake| fake.session.unsent() == 0).await;
    amy.until("spoken to", |amy| amy.sees("#lobby", "Аmy (mallory): I am Amy")).await;
}

#[tokio::test]
async fn a_broken_connection_misses_nothing_and_doubles_nothing() {
    let server = Server::start(settings()).await.unwrap();
    let mut amy = Person::arrived(&server, "amelia", "Amy").await;
    let mut lior = Person::arrived(&server, "lior", "Lior").await;
    amy.until("told of lior", |amy| amy.sees("#lobby", "+lior")).await;
    lior.says("#lobby", "before");
    lior.until("confirmed", |lior| lior.session.unsent() == 0).await;
    lior.says("#lobby", "into the dark");
    lior.cut();
    assert!(lior.has_gap("#lobby"));
    lior.says("#lobby", "typed while away");
    for number in 0..250 {
        amy.says("#lobby", &format!("missed {number}"));
        amy.says("lior", &format!("psst {number}"));
    }
    amy.until("through", |amy| amy.session.unsent() == 0).await;
    lior.connect();
    lior.until("back", |lior| lior.is_settled() && lior.session.unsent() == 0 && !lior.has_gap("amelia")).await;
    lior.until("told in private", |lior| lior.sees("amelia", "Amy: psst 249")).await;
    amy.until("told", |amy| amy.sees("#lobby", "Lior: typed while away")).await;
    let (ours, theirs) = (lior.said("#lobby"), amy.said("#lobby"));
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 253, "nothing is lost and nothing doubled");
    let private: Vec<String> = lior.said("amelia").into_iter().map(|(_, text, _)| text).collect();
    assert_eq!(private, (0..250).map(|number| format!("psst {number}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn scrolling_back_reaches_the_first_message() {
    let server = Server::start(settings()).await.unwrap();
    let mut amy = Person::arrived(&server, "amelia", "Amy").await;
    let text = (0..250).map(|number| format!("line {number}")).collect::<Vec<_>>().join("\n");
    amy.says("#lobby", &text);
    amy.until("through", |amy| amy.session.unsent() == 0).await;
    let mut lior = Person::arrived(&server, "lior", "Lior").await;
    lior.until("shown the newest", |lior| lior.sees("#lobby", "Amy: line 249")).await;
    while let Some(request) = lior.model.older() {
        lior.asks(request);
        lior.until("shown more", |lior| lior.room("#lobby").unwrap().history.older != Older::Fetching).await;
    }
    assert_eq!(lior.room("#lobby").unwrap().history.older, Older::Nothing);
    let texts: Vec<String> = lior.said("#lobby").into_iter().map(|(_, text, _)| text).collect();
    assert_eq!(texts, text.lines().collect::<Vec<_>>());
}

#[tokio::test]
async fn an_unknown_certificate_ends_the_attempt_before_anything_is_sent() {
    let server = Server::start(settings()).await.unwrap();
    let mut amy = Person::sign_up(&server, "amelia", "Amy");
    amy.known = None;
    amy.connect();
    amy.until("asked", |amy| amy.net.contains(&NetEvent::UnknownKey { seen: *server.fingerprint() })).await;
    assert!(!amy.net.contains(&NetEvent::Ready));
    let other = Fingerprint::of(b"the server of yesterday");
    amy.known = Some(other);
    amy.connect();
    let changed = NetEvent::ChangedKey { known: other, seen: *server.fingerprint() };
    amy.until("warned", |amy| amy.net.contains(&changed)).await;
    amy.known = Some(*server.fingerprint());
    amy.connect();
    amy.until("in", Person::is_settled).await;
}

#[tokio::test]
async fn failures_name_their_reasons() {
    let server = Server::start(settings()).await.unwrap();
    let mut amy = Person::arrived(&server, "amelia", "Amy").await;
    let refused = async |mut person: Person| {
        person.connect();
        person.until("refused", |person| person.failure.is_some()).await;
        person.failure.unwrap()
    };
    let taken = Failure::NameTaken { user: "amelia".into() };
    assert_eq!(refused(Person::sign_up(&server, "amelia", "Another")).await, taken);
    assert_eq!(refused(Person::log_in(&server, "amelia", "wrong", false)).await, Failure::WrongDetails);
    assert_eq!(refused(Person::log_in(&server, "nobody", "secret", false)).await, Failure::WrongDetails);
    for _ in 0..4 {
        assert_eq!(refused(Person::log_in(&server, "nobody", "wrong", false)).await, Failure::WrongDetails);
    }
    let throttled = refused(Person::log_in(&server, "nobody", "wrong", false)).await;
    assert_eq!(throttled, Failure::Says("Too many attempts; try again in a second".into()));
    let short = refused(Person::sign_up(&server, "amy", "Amy")).await;
    assert!(matches!(short, Failure::BadName { .. }), "{short:?}");
    // The first device has to answer the server's question whether it is there.
    let mut second = Person::log_in(&server, "amelia", "secret", false);
    second.connect();
    tokio::select! {
        () = amy.until("gone", |_| false) => {}
        () = second.until("refused", |second| second.failure.is_some()) => {}
    }
    assert_eq!(second.failure, Some(Failure::InUse));
}

#[tokio::test]
async fn taking_over_ends_the_other_device_for_good() {
    let server = Server::start(settings()).await.unwrap();
    let mut first = Person::arrived(&server, "amelia", "Amy").await;
    let mut second = Person::log_in(&server, "amelia", "secret", true);
    second.connect();
    second.until("in", Person::is_settled).await;
    first.until("out", |first| first.link.is_none()).await;
    assert_eq!(first.session.ending(), Some(&Ending::TakenOver));
}

#[tokio::test]
async fn a_dead_device_does_not_lock_its_owner_out() {
    let server = Server::start(settings()).await.unwrap();
    // Nobody drives this one any more, so it never answers.
    let _dead = Person::arrived(&server, "amelia", "Amy").await;
    let mut second = Person::log_in(&server, "amelia", "secret", false);
    second.connect();
    second.until("in", Person::is_settled).await;
    assert_eq!(second.model.me().name(), "Amy", "the account keeps its display name");
}

#[tokio::test]
async fn the_end_of_the_server_is_told_from_its_restart() {
    for (stop, ending) in [(Stop::Shutdown, Some(Ending::Shutdown)), (Stop::Restart, None)] {
        let server = Server::start(settings()).await.unwrap();
        let mut amy = Person::arrived(&server, "amelia", "Amy").await;
        server.stop(stop).await.unwrap();
        amy.until("told", |amy| amy.link.is_none()).await;
        assert_eq!(amy.session.ending(), ending.as_ref(), "{stop:?}");
        amy.connect();
        let closed = NetEvent::Failed(NetFailure::Closed { port: amy.target.port });
        amy.until("refused", |amy| amy.net.contains(&closed)).await;
    }
}

#[tokio::test]
async fn a_port_without_tls_is_told_from_one_with_it() {
    let server = Server::start(settings()).await.unwrap();
    let mut amy = Person::sign_up(&server, "amelia", "Amy");
    amy.target.security = Security::Plain;
    amy.connect();
    amy.until("in without encryption", Person::is_settled).await;
    let silly = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silly.local_addr().unwrap().port();
    let answer = async {
        let (mut stream, _) = silly.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b":irc.example NOTICE * :hello\r\n").await.unwrap();
    };
    let mut bob = Person::sign_up(&server, "robert", "Bob");
    bob.target.port = port;
    bob.connect();
    let failed = NetEvent::Failed(NetFailure::NotTls { port });
    tokio::join!(answer, bob.until("told", |bob| bob.net.contains(&failed)));
}

#[tokio::test]
async fn what_the_operator_says_is_shown() {
    let server = Server::start(settings()).await.unwrap();
    let mut amy = Person::arrived(&server, "amelia", "Amy").await;
    server.operator(OperatorVerb::Say("tea is ready".into())).await;
    amy.until("told", |amy| amy.sees("#lobby", "* tea is ready")).await;
}

#[tokio::test]
async fn a_link_that_dies_in_silence_is_given_up_within_twenty_seconds() {
    let server = Server::start(settings()).await.unwrap();
    let mut amy = Person::sign_up(&server, "amelia", "Amy");
    let (there, relay) = (server.addresses()[0], tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap());
    amy.target.port = relay.local_addr().unwrap().port();
    let (die, dead) = tokio::sync::oneshot::channel::<()>();
    let relay = tokio::spawn(async move {
        let (mut near, _) = relay.accept().await.unwrap();
        let mut far = tokio::net::TcpStream::connect(there).await.unwrap();
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
            _ = dead => {}
        }
        // As behind a pulled cable: both ends are open, and nothing comes.
        std::future::pending::<()>().await;
        drop((near, far));
    });
    amy.connect();
    amy.until("in the lobby", Person::is_settled).await;
    die.send(()).unwrap();
    let now = amy.now();
    let later =
        |millis: u64| Now { mono: now.mono + millis, wall: UnixMs(now.wall.0 + i64::try_from(millis).unwrap()) };
    let mut out = Vec::new();
    amy.session.tick(later(15_000), &mut out);
    assert!(out.iter().any(|output| matches!(output, Output::Send(line) if line.starts_with("PING"))), "{out:?}");
    amy.perform(std::mem::take(&mut out));
    amy.session.tick(later(20_000), &mut out);
    assert!(out.iter().any(|output| matches!(output, Output::Close(_))), "{out:?}");
    relay.abort();
}
