//! The session by script: what the server says goes in, what we say and report comes out.

mod conversation;
mod history;
mod hostile;
mod nonces;
mod people;
mod signing_in;

use zeroize::Zeroizing;

use super::*;

/// A session and a server that only a test makes speak.
struct Script {
    session: Session,
    now: Now,
    out: Vec<Output>,
}

/// What a klatchd offers, and the same as it is granted.
const CAPS: &str = "message-tags server-time account-tag account-notify extended-join echo-message batch \
    labeled-response draft/chathistory standard-replies cap-notify setname multi-prefix userhost-in-names away-notify \
    sasl=PLAIN draft/account-registration=before-connect klatch.chat/take-over";
const GRANTED: &str = "message-tags server-time account-tag account-notify extended-join echo-message batch \
    labeled-response draft/chathistory standard-replies cap-notify setname multi-prefix userhost-in-names away-notify \
    sasl";
/// 2026-11-24T10:00:00Z
const MORNING: i64 = 1_795_514_400_000;

impl Script {
    fn new(way: Way) -> Self {
        let intent = Intent { user: "lior".into(), way, code: None, rooms: Vec::new() };
        let mut script = Script {
            session: Session::new(intent, 7),
            now: Now { mono: 1_000, wall: UnixMs(MORNING) },
            out: Vec::new(),
        };
        script.session.open(script.now, &mut script.out);
        script
    }

    fn log_in() -> Way {
        Way::LogIn { password: Zeroizing::new("secret".into()), take_over: false }
    }

    fn sign_up() -> Way {
        Way::SignUp { display: "Lior Ben-Ami".into(), password: Zeroizing::new("secret".into()) }
    }

    /// Logged in to a klatchd, in the lobby with an empty history, nothing left to look at.
    fn in_lobby() -> Self {
        let mut script = Script::new(Script::log_in());
        script.come_in();
        let [(latest, _), (targets, _)] = ["LATEST #lobby", "TARGETS"].map(|words| script.question(words));
        script.answer(&latest, "#lobby", &[]);
        script.answer_targets(&targets, &[]);
        script.clear();
        script
    }

    /// The server lets us in and puts us into the lobby.
    fn come_in(&mut self) {
        self.come_in_where_a_page_has(200);
    }

    /// As [`Script::come_in`], where the server tells that one answer about history has at most so many messages.
    fn come_in_where_a_page_has(&mut self, most: usize) {
        self.hears(&[
            &format!(":srv CAP * LS :{CAPS}"),
            &format!(":srv CAP * ACK :{GRANTED}"),
            "AUTHENTICATE +",
            ":srv 900 lior lior!lior@host lior :You are logged in as lior",
            ":srv 903 lior :SASL authentication successful",
            ":srv 001 lior :Welcome",
            &format!(
                ":srv 005 lior NETWORK=Attic CHATHISTORY={most} MSGREFTYPES=msgid,timestamp PREFIX=(ov)@+ STATUSMSG=@+ \
                 :are supported"
            ),
            ":srv 375 lior :- message of the day",
            ":srv 376 lior :End of MOTD",
            "@time=2026-11-24T10:00:00.000Z :lior!lior@host JOIN #lobby lior :Lior Ben-Ami",
            ":srv 353 lior = #lobby :@amy!amy@host lior!lior@host",
            ":srv 366 lior #lobby :End of /NAMES list",
        ]);
    }

    fn hears(&mut self, lines: &[&str]) {
        for line in lines {
            self.session.receive(self.now, line, &mut self.out);
        }
    }

    fn asks(&mut self, request: Request) {
        self.session.request(self.now, request, &mut self.out);
    }

    fn says(&mut self, to: &str, text: &str) {
        self.asks(Request::Say { to: to.into(), text: text.into(), manner: Manner::Plain });
    }

    fn passes(&mut self, millis: u64) {
        self.now.mono += millis;
        self.now.wall.0 += i64::try_from(millis).unwrap();
        self.session.tick(self.now, &mut self.out);
    }

    fn breaks(&mut self) {
        self.session.lost(self.now, &mut self.out);
    }

    fn comes_back(&mut self) {
        self.session.open(self.now, &mut self.out);
        self.come_in();
    }

    fn clear(&mut self) {
        self.out.clear();
    }

    /// What was sent since the last look.
    fn sent(&self) -> Vec<&str> {
        let lines = self.out.iter().filter_map(|output| match output {
            Output::Send(line) => Some(line.as_str()),
            _ => None,
        });
        lines.collect()
    }

    fn events(&self) -> Vec<&Event> {
        let events = self.out.iter().filter_map(|output| match output {
            Output::Event(event) => Some(event),
            _ => None,
        });
        events.collect()
    }

    fn closed(&self) -> Option<&str> {
        self.out.iter().find_map(|output| match output {
            Output::Close(reason) => Some(reason.as_str()),
            _ => None,
        })
    }

    fn failure(&self) -> Option<&Failure> {
        self.events().into_iter().find_map(|event| match event {
            Event::Failed(failure) => Some(failure),
            _ => None,
        })
    }

    /// The label and the whole of the question about history that holds `words`.
    fn question(&self, words: &str) -> (String, String) {
        let asked = |line: &&&str| line.contains("CHATHISTORY") && line.contains(words);
        let sent = self.sent();
        let line = sent.iter().find(asked).unwrap_or_else(|| panic!("{words} was not asked: {sent:?}"));
        let label = line.strip_prefix("@label=").unwrap().split(' ').next().unwrap();
        (label.to_owned(), (*line).to_owned())
    }

    /// Answers a question with lines given as (id, time of day, nick, text).
    fn answer(&mut self, label: &str, target: &str, lines: &[(&str, &str, &str, &str)]) {
        self.out.clear();
        self.hears(&[&format!("@label={label} :srv BATCH +b chathistory {target}")]);
        for (id, time, nick, text) in lines {
            let to = if target.starts_with('#') || *nick != "lior" { target } else { "lior" };
            self.hears(&[&format!(
                "@batch=b;msgid={id};time=2026-11-24T{time}.000Z :{nick}!{nick}@host PRIVMSG {to} :{text}"
            )]);
        }
        self.hears(&[":srv BATCH -b"]);
    }

    fn answer_targets(&mut self, label: &str, nicks: &[&str]) {
        self.out.clear();
        self.hears(&[&format!("@label={label} :srv BATCH +t draft/chathistory-targets")]);
        for nick in nicks {
            self.hears(&[&format!("@batch=t :srv CHATHISTORY TARGETS {nick} 2026-11-24T09:59:00.000Z")]);
        }
        self.hears(&[":srv BATCH -t"]);
    }

    /// The label of the message that was sent with this text.
    fn label_of(&self, text: &str) -> String {
        let sent = self.sent();
        let line = sent.iter().find(|line| line.ends_with(text)).unwrap_or_else(|| panic!("{text} in {sent:?}"));
        line.strip_prefix("@label=").unwrap().split(' ').next().unwrap().to_owned()
    }

    fn fates(&self) -> Vec<(u64, Fate)> {
        let fates = self.events().into_iter().filter_map(|event| match event {
            Event::Fate { out, fate } => Some((out.0, fate.clone())),
            _ => None,
        });
        fates.collect()
    }
}

fn at(time: &str) -> UnixMs {
    UnixMs::parse(&format!("2026-11-24T{time}.000Z")).unwrap()
}
