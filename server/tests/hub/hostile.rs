//! The hub against scripts that nobody wrote: raw lines of several people in any order, with time, an operator, a store
//! and password threads that wait or fail, kills and restarts between. What has to hold for all of them is checked after
//! every statement; what is to be seen, the `sees` of ordinary scripts, is passed over.

use klatch_protocol::{Message, encode::MAX_LINE, tags::MAX_TAGS};
use klatch_server::{
    console::{Ink, news},
    hub::{
        io::{Answer, FrameFault, OperatorAnswer, OperatorVerb, Status},
        policy::{Flood, Policy},
    },
};

use crate::{
    script,
    stage::{OWNER_CODE, Stage},
};

/// The most statements of one script.
const STATEMENTS: usize = 250;
/// The most people of one script, besides those who keep the secret.
const PEOPLE: usize = 8;
/// The most time that one statement lets pass, in milliseconds.
const LONGEST: u64 = 3_600_000;
/// Within which an answer has to come, in milliseconds.
const PATIENCE: u64 = 1_000 + 3_000 * PEOPLE as u64;
/// The most bytes that one statement may bring upon one connection: a page of history with all tags.
const FLOOD: usize = 4 << 20;

/// What only two people know: it was said, or is a password. A script that names it tells it itself.
const SECRETS: [&str; 3] = ["xyzzygold", "xyzzybronze", "xyzzypass"];
/// Topic and key of their room, which operators of the server may know as well.
const INSIDE: [&str; 2] = ["xyzzysilver", "xyzzykey"];
/// Their room. Its name is no secret to who tries it.
const VAULT: &str = "#molehill";

/// Plays the bytes as a script of `script.rs`.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lower = text.to_lowercase();
    if SECRETS.iter().chain(&INSIDE).any(|secret| lower.contains(secret)) {
        return;
    }
    let statements = text.split('\n').map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (policy, statements): (Vec<&str>, Vec<&str>) =
        statements.take(STATEMENTS).partition(|statement| statement.starts_with("policy "));
    let mut play = Play { stage: Stage::new(), people: Vec::new(), secrets: SECRETS.to_vec() };
    for setting in policy {
        let _ = script::set_policy(&mut play.stage, &setting["policy ".len()..]);
    }
    play.stage.policy = within_reason(play.stage.policy);
    let policy = &play.stage.policy;
    if policy.operator_logins.is_empty() && policy.operator_accounts.is_empty() && !text.contains(OWNER_CODE) {
        play.secrets.extend(INSIDE);
    }
    play.keep_a_secret();
    for statement in statements {
        play.act(statement);
        play.look(statement);
    }
    play.end();
}

/// A configuration file can say nothing else: no time is zero there (`config::Limits`), and no name too long for a line.
fn within_reason(policy: Policy) -> Policy {
    let named = policy.server_name.len() <= 63 && !policy.server_name.starts_with(':');
    let named = named && !policy.server_name.contains(|c: char| c.is_whitespace() || c.is_control());
    let flood = policy.flood.map(|flood| Flood { burst: flood.burst.max(1), ..flood });
    Policy {
        server_name: if named { policy.server_name } else { "klatch.test".to_owned() },
        register_within: policy.register_within.max(1_000),
        ping_after: policy.ping_after.max(1_000),
        max_rooms: policy.max_rooms.max(1),
        max_masks: policy.max_masks.max(1),
        flood,
        ..policy
    }
}

struct Play {
    stage: Stage,
    people: Vec<String>,
    /// What nobody of them may be told.
    secrets: Vec<&'static str>,
}

impl Play {
    /// Two who say something to each other, in a room that nobody finds and in private, and nothing more from then on.
    fn keep_a_secret(&mut self) {
        for who in ["molea", "moleb"] {
            self.stage.connect(who, true);
            let lines = [&format!("NICK {who}"), "USER m 0 * :Mole", "REGISTER * * xyzzypass"];
            lines.into_iter().for_each(|line| self.stage.line(who, line));
        }
        let modes = format!("MODE {VAULT} +sikn xyzzykey");
        let (topic, said) = (format!("TOPIC {VAULT} :xyzzysilver"), format!("PRIVMSG {VAULT} :xyzzygold"));
        let lines = [&format!("JOIN {VAULT}"), &modes, &topic, &said, "PRIVMSG moleb :xyzzybronze"];
        // Where the lobby is their room, or they cannot come in, there is no secret.
        let lobby = self.stage.policy.lobby.as_ref().map(ToString::to_string);
        if lobby.is_none_or(|lobby| !lobby.eq_ignore_ascii_case(VAULT)) {
            lines.into_iter().for_each(|line| self.stage.line("molea", line));
        }
    }

    fn act(&mut self, statement: &str) {
        let stage = &mut self.stage;
        match statement {
            "passwords wait" => stage.auth_waits = true,
            "passwords are busy" => stage.auth_busy = true,
            "passwords work" => stage.auth_busy = false,
            "store waits" => stage.store_waits = true,
            "store fails" => stage.store_says = Some(Answer::Failed("disk on fire".into())),
            "store works" => stage.store_says = None,
            "all goes on" => stage.go_on(),
            "restart" => {
                stage.restart();
                self.people.clear();
            }
            _ => self.act_more(statement),
        }
    }

    fn act_more(&mut self, statement: &str) {
        if let Some(ms) = statement.strip_prefix("wait ") {
            self.stage.wait(ms.parse().map_or(0, |ms: u64| ms.min(LONGEST)));
        } else if let Some(address) = statement.strip_prefix("people come from ") {
            if let Ok(address) = address.parse() {
                self.stage.address = address;
            }
        } else if let Some(verb) = statement.strip_prefix("operator: ") {
            if let Ok(verb) = script::parse_verb(verb) {
                self.stage.operator(verb);
            }
        } else if let Some((who, line)) = statement.split_once(": ").filter(|(who, _)| !who.contains(' ')) {
            if self.people.iter().any(|known| known == who) {
                self.stage.line(who, line);
            }
        } else if let Some((who, what)) = statement.split_once(' ') {
            self.act_person(who, what);
        }
    }

    fn act_person(&mut self, who: &str, what: &str) {
        let known = self.people.iter().any(|known| known == who);
        if let Some(reason) = what.strip_prefix("goes: ") {
            if known && !self.stage.is_closed(who) {
                self.stage.disconnect(who, reason);
            }
            return;
        }
        match what {
            "sends too much" if known => self.stage.fault(who, FrameFault::TooLong),
            "sends garbage" if known => self.stage.fault(who, FrameFault::NotUtf8 { head: "@label=g PRIVMSG".into() }),
            "sends an endless line" if known => self.stage.fault(who, FrameFault::Endless),
            _ => self.arrive(who, what, known),
        }
    }

    /// Somebody connects, and perhaps comes in. Whoever was connected under this name is gone.
    fn arrive(&mut self, who: &str, what: &str, known: bool) {
        let secure = what == "connects over TLS";
        let verb = what.split(" with ").next().and_then(|what| what.split(" as ").next()).unwrap_or(what);
        let comes_in = matches!(verb, "enters" | "signs up" | "logs in");
        let nick = what.split(" with ").next().and_then(|what| what.split_once(" as ")).map_or(who, |(_, nick)| nick);
        let named = who.is_ascii() && !who.starts_with("mole") && nick.chars().next().is_some_and(|c| c.is_ascii());
        if !(secure || comes_in || what == "connects") || !named || (!known && self.people.len() >= PEOPLE) {
            return;
        }
        if known && !self.stage.is_closed(who) {
            self.stage.disconnect(who, "Connection closed");
        }
        if !known {
            self.people.push(who.to_owned());
        }
        if comes_in {
            let _ = script::come_in(&mut self.stage, who, what);
        } else {
            self.stage.connect(who, secure);
        }
    }

    /// Every line that went out is one that a client can read, and tells nobody what is not theirs to know.
    fn look(&mut self, statement: &str) {
        for who in &self.people {
            let mut bytes = 0;
            while let Some(line) = self.stage.next_line(who) {
                check_line(&line);
                bytes += line.len();
                let told = self.secrets.iter().find(|secret| line.contains(**secret));
                assert!(told.is_none(), "{statement}\ntells {who}: {line}");
            }
            assert!(bytes <= FLOOD, "{statement}\nbrings {bytes} bytes upon {who}");
        }
        for news in self.stage.news.drain(..) {
            let line = news::line(&news, Ink::PLAIN);
            assert!(!line.contains(char::is_control), "{statement}\nputs before the operator: {line:?}");
        }
        self.stage.answers.clear();
    }

    /// When all is over everybody still gets answers, nobody stays behind, and the store knows what the hub knows.
    fn end(&mut self) {
        (self.stage.auth_busy, self.stage.store_says) = (false, None);
        self.stage.go_on();
        self.stage.wait(10_000);
        self.look("at the end");
        if !self.stage.stopped && self.stage.policy.flood.is_none() {
            self.everybody_is_answered();
        }
        // An announced end may come while they are asked.
        if self.stage.stopped {
            return;
        }
        for who in std::mem::take(&mut self.people).into_iter().chain(["molea".into(), "moleb".into()]) {
            if self.stage.is_open(&who) {
                self.stage.disconnect(&who, "Connection closed");
            }
        }
        let before = self.status();
        assert_eq!((before.connections, before.online), (0, 0), "somebody stayed behind");
        self.stage.restart();
        let after = self.status();
        assert_eq!((before.accounts, before.rooms, before.records), (after.accounts, after.rooms, after.records));
    }

    fn everybody_is_answered(&mut self) {
        for who in self.people.clone() {
            if self.stage.is_open(&who) {
                self.stage.line(&who, "PING still-there");
                // Log-ins to one account wait for one another, three seconds each.
                self.stage.wait(PATIENCE);
                let answered = self.stage.next_line(&who).is_some() || !self.stage.is_open(&who);
                assert!(answered, "{who} gets no answers any more");
            }
        }
    }

    fn status(&mut self) -> Status {
        self.stage.answers.clear();
        self.stage.operator(OperatorVerb::Status);
        match self.stage.answers.pop_front() {
            Some(OperatorAnswer::Status(status)) => status,
            other => panic!("no status: {other:?}"),
        }
    }
}

/// One line, as a client has to be able to take it.
pub fn check_line(line: &str) {
    assert!(!line.contains(['\0', '\r', '\n']), "{line:?}");
    let body = line.strip_prefix('@').and_then(|rest| rest.split_once(' ')).map_or(line, |(_, body)| body);
    assert!(line.len() - body.len() <= MAX_TAGS, "tags too long: {line}");
    assert!(body.len() + 2 <= MAX_LINE, "too long by {}: {line}", body.len() + 2 - MAX_LINE);
    assert!(Message::parse(line).is_ok(), "{line:?}");
}
