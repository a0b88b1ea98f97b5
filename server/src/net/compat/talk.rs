//! What is said on one connection, both ways: the original's messages become lines for the hub, the hub's lines become
//! texts for the original's screen. Pure: no socket, no clock.

use std::collections::HashMap;

use klatch_protocol::{LineBuilder, Nick, encode::truncate, format, sanitize, sasl, split::pieces};

use super::segments::{Details, Request};

/// What the original prints in which colour: it wrote its names in light cyan, and comings and goings in light green and
/// light red. No other control sequence ever goes to these clients.
const CYAN: &str = "\x1b[96m";
const GREEN: &str = "\x1b[92m";
const RED: &str = "\x1b[91m";
const PLAIN: &str = "\x1b[0m";

/// What a client says to leave.
const EXIT: &str = "exit()";
/// How many messages wait for the end of the log-in.
const EARLY: usize = 16;
/// How many people are remembered by their display names; others are shown by their nicks.
const ROSTER: usize = 10_000;
/// The most bytes of a display name, as for every client (ISUPPORT `NAMELEN`). It has to come back as it was given.
const MAX_NAME: usize = 128;
/// The most bytes of a password: what a line of REGISTER has room for.
const MAX_PASSWORD: usize = 480;
/// The most bytes of a text for the screen: what the client reads at once.
pub const MAX_SHOWN: usize = 1024;
/// The most bytes of text in one line to the hub, which leaves room for the sender's mask in front of it.
const TEXT: usize = 400;

/// What has to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Act {
    /// A line for the hub.
    Line(String),
    /// A text for the screen of the client.
    Show(String),
    /// An answer, which the client compares: nothing may stand beside it.
    Answer(&'static str),
    /// The connection ends after what was said.
    End,
}

/// How far a connection is.
#[derive(Debug, PartialEq, Eq)]
enum Stage {
    SigningUp,
    LoggingIn,
    Chatting,
    Over,
}

/// One connection.
#[derive(Debug)]
pub struct Talk {
    who: Details,
    room: String,
    stage: Stage,
    /// Display names by nick, of those in the room.
    roster: HashMap<String, String>,
    /// What was said before the log-in was over.
    early: Vec<String>,
}

impl Talk {
    /// Begins with the first message of a connection; `None` when nothing can come of it. People talk in `room`.
    #[must_use]
    pub fn begin(first: Request, room: &str) -> Option<(Self, Vec<Act>)> {
        let (who, stage) = match first {
            Request::SignUp(who) => (who, Stage::SigningUp),
            Request::LogIn(who) => (who, Stage::LoggingIn),
            Request::Probe | Request::Say(..) | Request::Refused => return None,
        };
        // What is no name here never was one: the hub need not hear of it.
        Nick::new(&who.user).ok()?;
        if who.name.len() > MAX_NAME || who.name.chars().any(char::is_control) {
            return None;
        }
        // Nor is what no line can carry a password.
        if who.password.reveal().len() > MAX_PASSWORD || who.password.reveal().contains(['\0', '\r', '\n']) {
            return None;
        }
        let caps = match stage {
            Stage::SigningUp => "draft/account-registration standard-replies",
            _ => "sasl extended-join setname standard-replies",
        };
        let mut acts = vec![
            line("CAP", |line| line.param("LS").param("302")),
            line("CAP", |line| line.param("REQ").trailing(caps)),
            line("NICK", |line| line.param(&who.user)),
            line("USER", |line| line.param(&who.user).param("0").param("*").trailing(&who.name)),
        ];
        acts.push(match stage {
            Stage::SigningUp => {
                line("REGISTER", |line| line.param("*").param("*").trailing(who.password.reveal().as_str()))
            }
            _ => line("AUTHENTICATE", |line| line.param("PLAIN")),
        });
        let talk = Talk { who, room: room.to_owned(), stage, roster: HashMap::new(), early: Vec::new() };
        Some((talk, acts))
    }

    /// The client said something more.
    pub fn said(&mut self, message: Request) -> Vec<Act> {
        let Request::Say(who, text) = message else { return Vec::new() };
        // Each message is checked, so that none speaks for another account. A wrong one is dropped, as a stranger's.
        if who.name != self.who.name || who.user != self.who.user || !self.who.password.is(who.password.reveal()) {
            tracing::debug!("a message with somebody else's details was refused");
            return Vec::new();
        }
        match self.stage {
            Stage::Chatting => self.say(&text),
            Stage::LoggingIn if self.early.len() < EARLY => {
                self.early.push(text);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn say(&mut self, text: &str) -> Vec<Act> {
        if text.trim() == EXIT {
            self.stage = Stage::Over;
            return vec![line("QUIT", |line| line)];
        }
        let text = text.replace(['\r', '\n'], " ");
        let room = &self.room;
        pieces(&text, TEXT).map(|piece| line("PRIVMSG", |line| line.param(room).trailing(piece))).collect()
    }

    /// The hub said something.
    pub fn heard(&mut self, text: &str) -> Vec<Act> {
        let Ok(message) = klatch_protocol::Message::parse(text) else { return Vec::new() };
        if message.is("PING") {
            let token = message.param(0).unwrap_or_default().to_owned();
            return vec![line("PONG", |line| line.trailing(token))];
        }
        match self.stage {
            Stage::SigningUp => self.sign_up(&message),
            Stage::LoggingIn => self.log_in(&message),
            Stage::Chatting => self.show(&message),
            Stage::Over => Vec::new(),
        }
    }

    fn over(&mut self, answer: &'static str) -> Vec<Act> {
        self.stage = Stage::Over;
        match answer {
            "" => vec![Act::End],
            answer => vec![Act::Answer(answer), Act::End],
        }
    }

    /// "An empty answer, i.e. a close, means failure."
    fn sign_up(&mut self, message: &klatch_protocol::Message<'_>) -> Vec<Act> {
        if message.is("REGISTER") && message.param(0) == Some("SUCCESS") {
            return self.over("Account Created");
        }
        match message.is("FAIL") || message.is("ERROR") || is_error(message.command) {
            true => self.over(""),
            false => Vec::new(),
        }
    }

    fn log_in(&mut self, message: &klatch_protocol::Message<'_>) -> Vec<Act> {
        let mine = |name: &str| name.eq_ignore_ascii_case(&self.who.user);
        match message.command {
            "AUTHENTICATE" => {
                let plain = sasl::Plain {
                    authzid: String::new(),
                    authcid: self.who.user.clone(),
                    password: self.who.password.reveal().clone(),
                };
                let chunks = sasl::chunks(&plain.encode());
                chunks.iter().map(|chunk| line("AUTHENTICATE", |line| line.param(chunk.as_str()))).collect()
            }
            // The name has to match as well. The account has another one, and nobody has seen anything yet.
            "SETNAME" => self.over("False"),
            "903" => vec![line("CAP", |line| line.param("END"))],
            // Log-in put it into the room, or this does.
            "376" | "422" => vec![line("JOIN", |line| line.param(&self.room))],
            "JOIN" if is_from(message, mine) && self.is_room(message.param(0)) => {
                self.stage = Stage::Chatting;
                let mut acts = vec![Act::Answer("True"), line("WHO", |line| line.param(&self.room))];
                for text in std::mem::take(&mut self.early) {
                    acts.extend(self.say(&text));
                }
                acts
            }
            "ERROR" | "FAIL" => self.over("False"),
            // Every numeric error of registration ends it, but not those of JOIN to a room one is in.
            error if is_error(error) => self.over("False"),
            _ => Vec::new(),
        }
    }

    /// What happens while the client is in.
    fn show(&mut self, message: &klatch_protocol::Message<'_>) -> Vec<Act> {
        let nick = message.source.map(|source| source.name.to_owned()).unwrap_or_default();
        let in_room = self.is_room(message.param(0));
        match message.command {
            "PRIVMSG" | "NOTICE" => self.speech(&nick, message),
            "JOIN" if in_room => {
                let display = message.param(2).unwrap_or(&nick).to_owned();
                self.remember(&nick, &display);
                vec![self.banner(&nick, GREEN, "connected")]
            }
            "PART" if in_room => self.gone(&nick),
            "QUIT" => self.gone(&nick),
            "KICK" if in_room => self.gone(message.param(1).unwrap_or_default()),
            "NICK" => {
                if let (Some(display), Some(new)) = (self.roster.remove(&nick), message.param(0)) {
                    self.remember(new, &display);
                }
                Vec::new()
            }
            "SETNAME" => {
                self.remember(&nick, message.param(0).unwrap_or_default());
                Vec::new()
            }
            // RPL_WHOREPLY: … nick flags :hops display name.
            "352" => {
                if let (Some(nick), Some((_, display))) =
                    (message.param(5), message.last().and_then(|l| l.split_once(' ')))
                {
                    self.remember(nick, display);
                }
                Vec::new()
            }
            "NOTE" => vec![spoken(message.last().unwrap_or_default(), "server")],
            "ERROR" => self.over("exit_server"),
            // Something that was said was refused.
            error if is_error(error) => vec![spoken(message.last().unwrap_or_default(), "server")],
            _ => Vec::new(),
        }
    }

    /// Somebody spoke: in the room, or to this person alone.
    fn speech(&self, nick: &str, message: &klatch_protocol::Message<'_>) -> Vec<Act> {
        let text = message.param(1).unwrap_or_default();
        let name =
            if message.source.is_some_and(|source| source.user.is_some()) { self.name_of(nick) } else { "server" };
        let text = match (format::action(text), format::ctcp(text)) {
            (Some(action), _) => format!("{name} {action}"),
            (None, Some(_)) => return Vec::new(),
            (None, None) => text.to_owned(),
        };
        let alone = message.param(0).is_some_and(|to| to.eq_ignore_ascii_case(&self.who.user)) && name != "server";
        match (alone, self.is_room(message.param(0)) || name == "server") {
            (true, _) => vec![spoken(&format!("(to you) {text}"), name)],
            (false, true) => vec![spoken(&text, name)],
            (false, false) => Vec::new(),
        }
    }

    fn gone(&mut self, nick: &str) -> Vec<Act> {
        let known = self.roster.contains_key(nick);
        let banner = self.banner(nick, RED, "disconnected");
        self.roster.remove(nick);
        if known { vec![banner] } else { Vec::new() }
    }

    fn banner(&self, nick: &str, colour: &str, what: &str) -> Act {
        let name = shown_name(self.name_of(nick));
        let to = if colour == GREEN { "to" } else { "from" };
        Act::Show(format!("[{CYAN}{name}{PLAIN} - {colour}{what}{PLAIN} {to} the server!]"))
    }

    fn remember(&mut self, nick: &str, display: &str) {
        if self.roster.len() < ROSTER || self.roster.contains_key(nick) {
            self.roster.insert(nick.to_owned(), display.to_owned());
        }
    }

    fn name_of<'a>(&'a self, nick: &'a str) -> &'a str {
        self.roster.get(nick).map_or(nick, String::as_str)
    }

    fn is_room(&self, target: Option<&str>) -> bool {
        target.is_some_and(|target| target.eq_ignore_ascii_case(&self.room))
    }
}

/// `TEXT - (NAME)`, cut where it is longer than the client reads at once: the rest would stand for a text of its own.
fn spoken(text: &str, name: &str) -> Act {
    let text = format::strip(text);
    let end = format!(" - ({CYAN}{}{PLAIN})", shown_name(name));
    let text = sanitize::clean_line(&text);
    Act::Show(format!("{}{end}", truncate(&text, MAX_SHOWN - end.len())))
}

/// A name for the screen, never longer than the longest display name.
fn shown_name(name: &str) -> String {
    truncate(&sanitize::clean_name(name), MAX_NAME).to_owned()
}

fn line(command: &str, parameters: impl FnOnce(LineBuilder) -> LineBuilder) -> Act {
    Act::Line(parameters(LineBuilder::new().command(command)).end_bare())
}

fn is_from(message: &klatch_protocol::Message<'_>, whose: impl FnOnce(&str) -> bool) -> bool {
    message.source.is_some_and(|source| whose(source.name))
}

/// The numerics of errors (RFC 2812 section 5.2) and of SASL's (ircv3.net "SASL 3.1").
fn is_error(command: &str) -> bool {
    command.len() == 3 && (command.starts_with(['4', '5']) || matches!(command, "902" | "904" | "905" | "906" | "907"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lior(password: &str) -> Details {
        Details { name: "Lior".into(), user: "lior1".into(), password: password.to_owned().into() }
    }

    #[test]
    fn a_password_that_no_line_can_carry_is_refused() {
        for password in ["a\nb", "a\0b", &"x".repeat(481)] {
            assert!(Talk::begin(Request::SignUp(lior(password)), "#lobby").is_none(), "{password:?}");
        }
        let (_, acts) = Talk::begin(Request::SignUp(lior(&"x".repeat(480))), "#lobby").unwrap();
        let Some(Act::Line(line)) = acts.last() else { panic!("{acts:?}") };
        assert!(line.ends_with("x") && line.len() <= 510, "{} bytes", line.len());
    }

    #[test]
    fn no_text_is_longer_than_the_client_reads_at_once() {
        let (mut talk, _) = Talk::begin(Request::LogIn(lior("secret")), "#lobby").unwrap();
        talk.heard(":lior1!l@h JOIN #lobby lior1 :Lior");
        let name = "\u{301}".repeat(120);
        talk.heard(&format!(":amy!a@h JOIN #lobby amy :{name}"));
        let acts = talk.heard(&format!(":amy!a@h PRIVMSG #lobby :{}", "\t".repeat(400)));
        let [Act::Show(text)] = &acts[..] else { panic!("{acts:?}") };
        assert!(text.len() <= MAX_SHOWN && text.ends_with(&format!("{PLAIN})")), "{} bytes: {text:?}", text.len());
    }
}
