//! Signing in: capabilities, the account, the welcome (modern.ircdocs.horse "Connection Registration", ircv3.net
//! "Capability Negotiation", "sasl-3.2", "draft/account-registration").

use klatch_protocol::{
    Caps, LineBuilder, Numeric,
    sasl::{self, Plain},
};
use zeroize::Zeroizing;

use super::{Ending, Event, Failure, Output, Outputs, Session, Stage, Way, Window, clean, dispatch::Line, link::Phase};

/// What is asked for wherever it is offered.
const WANTED: Caps = Caps::MESSAGE_TAGS
    .union(Caps::SERVER_TIME)
    .union(Caps::ACCOUNT_TAG)
    .union(Caps::ACCOUNT_NOTIFY)
    .union(Caps::EXTENDED_JOIN)
    .union(Caps::ECHO_MESSAGE)
    .union(Caps::BATCH)
    .union(Caps::LABELED_RESPONSE)
    .union(Caps::CHATHISTORY)
    .union(Caps::STANDARD_REPLIES)
    .union(Caps::CAP_NOTIFY)
    .union(Caps::SETNAME)
    .union(Caps::MULTI_PREFIX)
    .union(Caps::USERHOST_IN_NAMES)
    .union(Caps::AWAY_NOTIFY)
    .union(Caps::INVITE_NOTIFY)
    .union(Caps::CHGHOST)
    .union(Caps::MESSAGE_REDACTION)
    .union(Caps::CHANNEL_RENAME)
    .union(Caps::NONCE);
/// The most capabilities of a server that are remembered. The longest lists seen have about 40.
const MOST_CAPS: usize = 512;
/// How many other nicks a guest tries.
const NICK_TRIES: u32 = 3;

impl Session {
    pub(super) fn greet(&mut self, out: &mut Vec<Output>) {
        out.tell(Event::Stage(Stage::Greeting));
        out.send(LineBuilder::new().command("CAP").param("LS").param("302"));
        if let Some(code) = &self.intent.code {
            out.send(LineBuilder::new().command("PASS").param(code.as_str()));
        }
        out.send(LineBuilder::new().command("NICK").param(&self.intent.user));
        let user = LineBuilder::new().command("USER").param(&self.intent.user).param("0").param("*");
        out.send(user.trailing(self.intent.display()));
        self.nick.clone_from(&self.intent.user);
    }

    /// CAP: the server offers, grants, refuses or takes back.
    pub(super) fn cap(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let list = line.message.params().get(2..).and_then(<[_]>::last).copied().unwrap_or_default();
        match line.param(1).to_ascii_uppercase().as_str() {
            "LS" | "NEW" => {
                for cap in list.split_ascii_whitespace() {
                    let (name, value) = cap.split_once('=').unwrap_or((cap, ""));
                    if self.link.offered.len() < MOST_CAPS || self.link.offered.contains_key(name) {
                        self.link.offered.insert(name.to_owned(), value.to_owned());
                    }
                }
                // A star says that more lines of the list follow.
                if line.param(2) != "*" || line.message.params().len() < 4 {
                    self.ask_for_caps(out);
                }
            }
            "ACK" => {
                for cap in list.split_ascii_whitespace() {
                    match cap.strip_prefix('-') {
                        Some(name) => self.link.caps -= Caps::by_name(name).unwrap_or_default(),
                        None => self.link.caps |= Caps::by_name(cap).unwrap_or_default(),
                    }
                }
                self.caps_answered(out);
            }
            "NAK" => self.caps_answered(out),
            "DEL" => {
                for name in list.split_ascii_whitespace() {
                    self.link.offered.remove(name);
                    self.link.caps -= Caps::by_name(name).unwrap_or_default();
                }
            }
            _ => {}
        }
    }

    fn ask_for_caps(&mut self, out: &mut Vec<Output>) {
        let mut wanted = WANTED;
        if let Way::LogIn { take_over, .. } = self.intent.way {
            wanted |= Caps::SASL;
            wanted.set(Caps::TAKE_OVER, take_over);
        }
        let missing = wanted - self.link.caps;
        let names: Vec<&str> = missing.names().filter(|name| self.link.offered.contains_key(*name)).collect();
        if names.is_empty() {
            self.caps_settled(out);
            return;
        }
        self.link.cap_requests += 1;
        out.send(LineBuilder::new().command("CAP").param("REQ").trailing(names.join(" ")));
    }

    fn caps_answered(&mut self, out: &mut Vec<Output>) {
        self.link.cap_requests = self.link.cap_requests.saturating_sub(1);
        if self.link.cap_requests == 0 {
            self.caps_settled(out);
        }
    }

    /// What the server can do is known: prove who we are.
    fn caps_settled(&mut self, out: &mut Vec<Output>) {
        if self.link.phase != Phase::Negotiating {
            return;
        }
        match &self.intent.way {
            Way::Guest => self.end_negotiation(out),
            Way::LogIn { .. } if self.link.has(Caps::SASL) => self.begin_sasl(out),
            // A server without accounts of its own; our nick is all there is.
            Way::LogIn { .. } => self.end_negotiation(out),
            Way::SignUp { .. } => match self.link.offered.get("draft/account-registration") {
                None => self.fail(Failure::NoSignUp, out),
                Some(value) if value.split(',').any(|key| key.starts_with("before-connect")) => self.sign_up(out),
                Some(_) => {
                    self.link.register_later = true;
                    self.end_negotiation(out);
                }
            },
        }
    }

    fn begin_sasl(&mut self, out: &mut Vec<Output>) {
        let mechanisms = self.link.offered.get("sasl").map_or("", String::as_str);
        if !mechanisms.is_empty() && !mechanisms.split(',').any(|name| name.eq_ignore_ascii_case("PLAIN")) {
            self.fail(Failure::Says("it takes no passwords (SASL PLAIN)".to_owned()), out);
            return;
        }
        self.link.phase = Phase::SigningIn;
        out.tell(Event::Stage(Stage::SigningIn));
        out.send(LineBuilder::new().command("AUTHENTICATE").param("PLAIN"));
    }

    /// AUTHENTICATE +: the server waits for the password.
    pub(super) fn authenticate(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let (Phase::SigningIn, "+", Some(password)) = (self.link.phase, line.param(0), self.intent.password()) else {
            return;
        };
        let password = Zeroizing::new(password.to_owned());
        let plain = Plain { authzid: String::new(), authcid: self.intent.user.clone(), password };
        for chunk in sasl::chunks(&plain.encode()) {
            out.send(LineBuilder::new().command("AUTHENTICATE").param(chunk.as_str()));
        }
    }

    fn sign_up(&mut self, out: &mut Vec<Output>) {
        self.link.phase = Phase::SigningUp;
        out.tell(Event::Stage(Stage::SigningUp));
        let password = self.intent.password().unwrap_or_default();
        out.send(LineBuilder::new().command("REGISTER").param("*").param("*").trailing(password));
    }

    /// REGISTER: the account is made, and we are logged in to it.
    pub(super) fn registered(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        if self.link.phase != Phase::SigningUp {
            return;
        }
        if !line.param(0).eq_ignore_ascii_case("SUCCESS") {
            self.fail(Failure::Says(clean::words(line.message.last().unwrap_or_default())), out);
            return;
        }
        // A server password goes with every connection, but a code for signing up is used once.
        self.intent.code = None;
        self.intent.arrived();
        self.link.proven = true;
        if self.link.register_later {
            self.enter(line, out);
        } else {
            self.end_negotiation(out);
        }
    }

    pub(super) fn end_negotiation(&mut self, out: &mut Vec<Output>) {
        self.link.phase = Phase::Entering;
        out.tell(Event::Stage(Stage::Entering));
        out.send(LineBuilder::new().command("CAP").param("END"));
        // Now that we have proven who we are, the nick is ours even if somebody seemed to have it.
        if std::mem::take(&mut self.link.nick_refused) {
            out.send(LineBuilder::new().command("NICK").param(&self.intent.user));
        }
    }

    /// A numeric before we are in; says whether that is all there is to it.
    pub(super) fn handshake_numeric(&mut self, code: u16, line: &Line<'_>, out: &mut Vec<Output>) -> bool {
        let says = || clean::words(line.message.last().unwrap_or_default());
        let Some(numeric) = Numeric::from_code(code) else {
            return false;
        };
        match numeric {
            Numeric::RPL_WELCOME => self.welcome(line, out),
            Numeric::RPL_SASLSUCCESS | Numeric::ERR_SASLALREADY => {
                if self.link.phase == Phase::SigningIn {
                    self.link.proven = true;
                    self.end_negotiation(out);
                }
            }
            Numeric::ERR_SASLFAIL => self.fail(Failure::WrongDetails, out),
            Numeric::ERR_NICKLOCKED | Numeric::ERR_SASLTOOLONG | Numeric::ERR_SASLABORTED => {
                self.fail(Failure::Says(says()), out);
            }
            Numeric::RPL_SASLMECHS | Numeric::RPL_LOGGEDIN | Numeric::RPL_LOGGEDOUT => {}
            Numeric::ERR_NICKNAMEINUSE => self.nick_in_use(out),
            Numeric::ERR_ERRONEUSNICKNAME => self.fail(Failure::BadName { says: says() }, out),
            Numeric::ERR_PASSWDMISMATCH => {
                let failure = if self.intent.code.is_some() { Failure::InviteRequired } else { Failure::WrongDetails };
                self.fail(failure, out);
            }
            Numeric::ERR_YOUREBANNEDCREEP => self.fail(Failure::Banned { says: says() }, out),
            // A server that knows no CAP; it goes on with NICK and USER alone.
            Numeric::ERR_UNKNOWNCOMMAND if line.param(1).eq_ignore_ascii_case("CAP") => {}
            _ => return false,
        }
        true
    }

    /// Somebody has our nick. With an account it will be ours as soon as we have proven who we are.
    fn nick_in_use(&mut self, out: &mut Vec<Output>) {
        match (&self.intent.way, self.link.phase) {
            (Way::SignUp { .. }, _) => self.fail(Failure::NameTaken { user: self.intent.user.clone() }, out),
            (Way::LogIn { .. }, Phase::Negotiating | Phase::SigningIn) => self.link.nick_refused = true,
            _ if self.link.nick_tries < NICK_TRIES => {
                self.link.nick_tries += 1;
                self.nick.push('_');
                out.send(LineBuilder::new().command("NICK").param(&self.nick));
            }
            _ => self.fail(Failure::NameTaken { user: self.intent.user.clone() }, out),
        }
    }

    /// 001: the server lets us in.
    fn welcome(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        if let Some(nick) = line.message.given(0).filter(|nick| *nick != "*") {
            nick.clone_into(&mut self.nick);
        }
        if self.link.register_later && matches!(self.intent.way, Way::SignUp { .. }) {
            self.sign_up(out);
        } else {
            self.enter(line, out);
        }
    }

    fn enter(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        self.link.phase = Phase::In;
        self.link.keepalive.signed_in();
        let network = self.link.isupport.network().map_or_else(|| line.who(), clean::name);
        let first = self.last_in.is_none();
        out.tell(Event::Welcome { nick: clean::name(&self.nick), network, first, history: self.link.has_history() });
        let by_nick_alone = matches!(self.intent.way, Way::LogIn { .. }) && !self.link.proven;
        self.intent.arrived();
        if self.link.nick_tries > 0 {
            let (nick, user) = (clean::name(&self.nick), &self.intent.user);
            let text =
                format!("somebody is called {user} here, so you are {nick}; /nick {user} takes it when it is free");
            out.tell(Event::Info { window: Window::Active, text, at: line.at });
        }
        if by_nick_alone {
            let text = "this server has no log-in by password; you are in by your nick alone".to_owned();
            out.tell(Event::Info { window: Window::Server, text, at: line.at });
        }
    }

    /// We do not get in.
    pub(super) fn fail(&mut self, failure: Failure, out: &mut Vec<Output>) {
        if !failure.may_pass() {
            self.end(Ending::Refused);
        }
        let reason = failure.to_string();
        out.tell(Event::Failed(failure));
        out.send(LineBuilder::new().command("QUIT"));
        out.push(Output::Close(reason));
        self.link.phase = Phase::Closed;
    }

    /// The server hung up on us with these words.
    pub(super) fn fail_unless_failed(&mut self, says: String, out: &mut Vec<Output>) {
        if self.link.phase != Phase::Closed {
            self.fail(Failure::Says(says), out);
        }
    }
}
