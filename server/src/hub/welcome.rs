//! The end of registration, and the burst of lines that greets who comes in (modern.ircdocs.horse "Connection
//! Registration"; RFC 2812 section 5.1).

use klatch_protocol::{Nick, Numeric, encode::MAX_LINE, isupport::Tokens};

use super::{
    commands,
    io::News,
    monitor::MAX_WATCHED,
    policy::Policy,
    render::{Body, Line},
    session::{Registration, Stage},
    turn::Turn,
    world::{Change, Command, Refusal, UserId},
};

/// What the server calls itself in 002 and 004.
pub(super) const VERSION: &str = concat!("klatchd-", env!("CARGO_PKG_VERSION"));

/// The user modes and room modes there are, as 004 lists them.
pub(super) const USER_MODES: &str = "BRTiow";
pub(super) const ROOM_MODES: &str = "CIMPRUabefhiklmnopqstuv";
const ROOM_MODES_WITH_PARAMETER: &str = "Iabefhkloqv";

/// Whether a registration says all it has to.
fn is_complete(registration: &Registration) -> bool {
    registration.nick.is_some() && registration.ident.is_some() && !registration.negotiating
}

impl Turn<'_> {
    /// Lets the connection in, if it has said everything.
    pub(super) fn try_to_register(&mut self) {
        if !self.session().registration().is_some_and(|registration| is_complete(registration)) {
            return;
        }
        if !self.is_admitted() {
            self.refuse(Numeric::ERR_PASSWDMISMATCH, &[]);
            return self.close("Password incorrect");
        }
        if self.is_turned_away() {
            return;
        }
        // SASL 3.1: "If the client completes registration [...] while the SASL authentication is still in progress, the
        // server SHOULD abort it and send a 906 numeric, then register the client without authentication."
        if self.session().sasl.take().is_some() {
            self.refuse(Numeric::ERR_SASLABORTED, &[]);
        }
        let account = self.session().account;
        if account.is_none() && self.hub.policy.account_required {
            let text = "An account is needed here: log in with SASL, or make one with REGISTER";
            return self.fail_or_notice("*", "ACCOUNT_REQUIRED", text);
        }
        if account.is_none()
            && let Err(patience) = self.attempt_as_guest()
        {
            return self.close(&patience.sentence("Too many guests came from your address"));
        }
        match account.and_then(|id| self.world().person_of(id)).map(|user| user.id) {
            Some(user) => self.join_person(user),
            None => self.enter(),
        }
    }

    /// Whether the connection knows the server's password, if there is one.
    pub(super) fn is_admitted(&mut self) -> bool {
        self.session().admitted || self.hub.policy.password.is_empty()
    }

    /// Another connection of somebody who is here.
    fn join_person(&mut self, user: UserId) {
        let conn = self.conn();
        self.session().stage = Stage::Chatting(user);
        self.hub.devices.entry(user).or_default().push(conn);
        self.hub.forget_audiences_of(user);
        self.welcome();
        let Some(known) = self.world().user(user).cloned() else { return };
        let account = self.world().account_name(&known).cloned();
        let caps = self.caps();
        for room in &known.rooms {
            let Some(name) = self.world().room(*room).map(|room| room.row.name.clone()) else { continue };
            let body = Body::Join { room: name.as_str(), display: &known.display };
            let account = account.as_ref().map(AsRef::as_ref);
            let line =
                Line { source: &known.source, account, at: self.now.wall, id: None, tags: known.own_tags(), body };
            self.reply.push(line.write(caps));
            self.hub.describe_room(*room, &mut self.reply);
        }
        self.settle_metadata();
    }

    fn enter(&mut self) {
        let account = self.session().account;
        let Some(registration) = self.session().registration() else { return };
        let (Some(nick), Some(ident)) = (registration.nick.clone(), registration.ident.clone()) else { return };
        let (display, away) = (registration.display.clone(), registration.away.clone());
        let attempt = nick.clone();
        let changes = match self.hub.world.apply(self.now.wall, Command::Enter { nick, ident, display, account, away })
        {
            Ok(changes) => changes,
            Err(Refusal::NickTaken | Refusal::AlreadyHere) => {
                if let Some(registration) = self.session().registration() {
                    registration.nick = None;
                }
                return self.refuse(Numeric::ERR_NICKNAMEINUSE, &[attempt.as_str()]);
            }
            Err(_) => return self.close("The account is gone"),
        };
        let conn = self.conn();
        for change in &changes {
            if let Change::Entered(user) = change {
                self.session().stage = Stage::Chatting(*user);
                self.hub.devices.insert(*user, vec![conn]);
            }
        }
        self.hub.most_online = self.hub.most_online.max(self.hub.world.online_count());
        let peer = self.session().peer.clone();
        if let Some((display, nick)) = self.myself().map(|u| (u.display.clone(), u.nick.as_str().to_owned())) {
            self.effects.news.push(News::Connected { display, nick, peer });
        }
        self.welcome();
        self.hub.publish(changes, self.effects, Some(&mut self.reply));
        self.settle_metadata();
    }

    fn welcome(&mut self) {
        let (heard, conn) = (self.now.mono, self.conn());
        self.session().heard = heard;
        self.effects.settled.push(conn);
        self.hub.chatting += 1;
        let policy = self.hub.policy.clone();
        let Some(user) = self.myself() else { return };
        let (source, modes) = (user.source.clone(), user.mode_string());
        self.numeric(Numeric::RPL_WELCOME, &[&format!("Welcome to the {} network, {source}", policy.network)]);
        let host = format!("Your host is {}, running {VERSION}", policy.server_name);
        self.numeric(Numeric::RPL_YOURHOST, &[&host]);
        let created = format!("This server has been running since {}", self.hub.started);
        self.numeric(Numeric::RPL_CREATED, &[&created]);
        let myinfo = [&*policy.server_name, VERSION, USER_MODES, ROOM_MODES, ROOM_MODES_WITH_PARAMETER];
        self.numeric(Numeric::RPL_MYINFO, &myinfo);
        self.tell_tokens(&self.tokens(&policy));
        commands::lusers(self);
        self.tell_own_metadata();
        commands::motd(self);
        if modes != "+" {
            self.numeric(Numeric::RPL_UMODEIS, &[&modes]);
        }
        self.schedule_ping();
    }

    /// From now on silence counts.
    fn schedule_ping(&mut self) {
        let conn = self.conn();
        let at = self.now.mono.saturating_add(self.hub.policy.ping_after.max(1_000));
        self.hub.deadlines.at_latest(conn, at);
    }

    /// What 005 says under `policy`: only what is true (modern.ircdocs.horse "RPL_ISUPPORT Parameters").
    pub(super) fn tokens(&self, policy: &Policy) -> Tokens {
        let tokens = commands::ISUPPORT.iter().fold(Tokens::default(), |tokens, token| tokens.flag(token));
        let mut tokens = tokens
            .value("NETWORK", &policy.network)
            .value("CASEMAPPING", policy.casemapping.name())
            .value("MAXLIST", format!("beI:{}", policy.max_masks))
            .value("CHANLIMIT", format!("#:{}", policy.max_rooms))
            .value("CHATHISTORY", policy.history_page)
            .value("MONITOR", MAX_WATCHED);
        if policy.account_required {
            tokens = tokens.flag("draft/ACCOUNTREQUIRED");
        }
        if self.hub.sessions.get(&self.conn()).is_some_and(|session| session.account.is_some()) {
            tokens = tokens.flag("klatch.chat/KEEPS_ROOMS");
        }
        tokens
    }

    /// 005, as many lines as it takes.
    pub(super) fn tell_tokens(&mut self, tokens: &Tokens) {
        let policy = self.hub.policy.clone();
        // What is left of a line besides the source, the nick and the text, each as long as it may be.
        for line in tokens.lines(MAX_LINE.saturating_sub(policy.server_name.len() + Nick::MAX + 50)) {
            let mut params: Vec<&str> = line.iter().map(String::as_str).collect();
            params.push("are supported by this server");
            self.numeric(Numeric::RPL_ISUPPORT, &params);
        }
    }
}
