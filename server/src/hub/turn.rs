//! One command of one connection, from its line to its reply: what handlers work with.

use klatch_protocol::{Caps, CaseMapping, LineBuilder, Message, Numeric};
use zeroize::Zeroizing;

use super::{
    Hub, commands,
    io::{AuthJob, AuthRequest, ConnId, Effects, Now, Query, Ticket, Urgency},
    numerics,
    reply::Reply,
    session::{Job, Pending, Session},
    world::{Command, Refusal, User, UserId, World},
};

/// One command at work. It belongs to a session that exists until the turn is over.
pub(super) struct Turn<'a> {
    pub(super) hub: &'a mut Hub,
    pub(super) effects: &'a mut Effects,
    pub(super) now: Now,
    pub(super) reply: Reply,
    /// What has to be answered elsewhere before this can go on.
    parked: Option<(Job, Option<Ticket>)>,
}

impl Hub {
    /// Takes a line apart and does it.
    pub(super) fn run_line(&mut self, now: Now, conn: ConnId, line: &str, effects: &mut Effects) {
        let clean: Zeroizing<String>;
        let line = if line.contains(['\0', '\r', '\n']) {
            clean = line.replace(['\0', '\r', '\n'], "").into();
            &clean
        } else {
            line
        };
        let reply = Reply::to_line(conn, line, self.caps_of(conn));
        self.turn(now, reply, effects, |turn| match Message::parse(line) {
            Ok(message) => commands::run(turn, &message),
            Err(klatch_protocol::ParseError::NoCommand) => turn.reply.forget_label(),
            Err(klatch_protocol::ParseError::BadCommand) => {
                let word = line.split(' ').find(|word| !word.is_empty() && !word.starts_with(['@', ':']));
                turn.unknown_command(word.unwrap_or_default());
            }
        });
    }

    /// Lets `work` answer in `reply`, and sends that when it is done.
    pub(super) fn turn(&mut self, now: Now, reply: Reply, effects: &mut Effects, work: impl FnOnce(&mut Turn<'_>)) {
        if !self.sessions.contains_key(&reply.conn) {
            return;
        }
        let mut turn = Turn { hub: self, effects, now, reply, parked: None };
        work(&mut turn);
        let Turn { reply, parked, .. } = turn;
        match (parked, self.sessions.get_mut(&reply.conn)) {
            (Some((job, ticket)), Some(session)) => session.pending = Some(Pending { job, ticket, reply }),
            _ => self.finish(reply, effects),
        }
    }

    fn next_ticket(&mut self, conn: ConnId) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.tickets.insert(ticket, conn);
        ticket
    }

    /// The command that waits for `ticket`, if its connection is still there.
    pub(super) fn take_pending(&mut self, ticket: Ticket) -> Option<Pending> {
        let conn = self.tickets.remove(&ticket)?;
        self.sessions.get_mut(&conn)?.pending.take()
    }
}

impl Turn<'_> {
    /// The connection.
    pub(super) fn conn(&self) -> ConnId {
        self.reply.conn
    }

    /// The connection's session.
    pub(super) fn session(&mut self) -> &mut Session {
        let conn = self.reply.conn;
        // A turn begins only for a session that exists, and nothing within it removes that session: a command that ends
        // its connection sets `closing`, which counts when the turn is over.
        self.hub.sessions.get_mut(&conn).expect("a turn's session outlives it")
    }

    /// The world, to look at.
    pub(super) fn world(&self) -> &World {
        &self.hub.world
    }

    /// Which names are the same here.
    pub(super) fn mapping(&self) -> CaseMapping {
        self.hub.policy.casemapping
    }

    /// What the connection negotiated.
    pub(super) fn caps(&self) -> Caps {
        self.hub.caps_of(self.reply.conn)
    }

    /// Who the connection belongs to, once it is registered.
    pub(super) fn me(&self) -> Option<UserId> {
        self.hub.sessions.get(&self.reply.conn).and_then(Session::user)
    }

    /// The same, with all that is known.
    pub(super) fn myself(&self) -> Option<&User> {
        self.me().and_then(|id| self.hub.world.user(id))
    }

    /// The nick by which the server calls the connection.
    pub(super) fn nick(&mut self) -> String {
        if let Some(user) = self.myself() {
            return user.nick.as_str().to_owned();
        }
        let nick = self.session().registration().and_then(|registration| registration.nick.clone());
        nick.map_or_else(|| "*".to_owned(), |nick| nick.as_str().to_owned())
    }

    /// The command takes more tokens than that of its line.
    pub(super) fn costs(&mut self, tokens: u32) {
        let conn = self.conn();
        self.hub.charge(self.now, conn, tokens);
    }

    /// The command does something for each of so many targets, the first of which is paid with the line.
    pub(super) fn costs_for_each(&mut self, targets: usize) {
        self.costs(u32::try_from(targets.saturating_sub(1)).unwrap_or(u32::MAX));
    }

    /// The command looks at so many people or rooms, and may tell of each: five hundred are about as much work as a line.
    pub(super) fn costs_to_look_at(&mut self, many: usize) {
        self.costs_much(many / 500);
    }

    /// The command is as much work as so many lines. A hundred are the most that is paid for: who has to wait for the answer
    /// to a PING for longer takes the connection for dead.
    pub(super) fn costs_much(&mut self, tokens: usize) {
        self.costs(u32::try_from(tokens.min(100)).unwrap_or(100));
    }

    /// Changes the world. What changed is told to everybody, and here in the reply.
    pub(super) fn apply(&mut self, command: Command) -> Result<bool, Refusal> {
        self.hub.apply(command, self.effects, Some(&mut self.reply))
    }

    /// Answers with a numeric; the last parameter is the trailing one.
    pub(super) fn numeric(&mut self, numeric: Numeric, params: &[&str]) {
        let nick = self.nick();
        let line = numerics::line(&self.hub.policy.server_name, numeric, &nick, params);
        self.reply.push(line);
    }

    /// Answers with a numeric that has a sentence of its own.
    pub(super) fn refuse(&mut self, numeric: Numeric, params: &[&str]) {
        let sentence = numerics::sentence(numeric);
        self.numeric(numeric, &[params, &[sentence]].concat());
    }

    /// Answers that a command is not known (421).
    pub(super) fn unknown_command(&mut self, word: &str) {
        self.refuse(Numeric::ERR_UNKNOWNCOMMAND, &[klatch_protocol::encode::truncate(word, 64)]);
    }

    /// Answers with FAIL (ircv3.net "standard replies"), for commands whose specification says so.
    pub(super) fn fail(&mut self, command: &str, code: &str, context: &[&str], text: &str) {
        let line = standard_reply(&self.hub.policy.server_name, "FAIL", command, code, context, text);
        self.reply.push(line);
    }

    /// Answers with FAIL where the client understands it, else with NOTICE, for what no command's specification knows.
    pub(super) fn fail_or_notice(&mut self, command: &str, code: &str, text: &str) {
        if self.caps().contains(Caps::STANDARD_REPLIES) {
            self.fail(command, code, &[], text);
        } else {
            let nick = self.nick();
            let line = LineBuilder::new().source(&self.hub.policy.server_name).command("NOTICE").param(nick);
            self.reply.push(line.trailing(text).end());
        }
    }

    /// Answers with a line from the server.
    pub(super) fn say_as_server(&mut self, build: impl FnOnce(LineBuilder) -> LineBuilder) {
        let line = build(LineBuilder::new().source(&self.hub.policy.server_name));
        self.reply.push(line.end());
    }

    /// Asks the store; `job` goes on when it has answered, and later lines wait for that.
    pub(super) fn ask(&mut self, query: Query, job: Job) {
        let ticket = self.hub.next_ticket(self.reply.conn);
        self.effects.queries.push((ticket, query));
        self.parked = Some((job, Some(ticket)));
    }

    /// Asks for password work; `job` goes on when it is done, and later lines wait for that.
    pub(super) fn ask_auth(&mut self, work: AuthJob, urgency: Urgency, job: Job) {
        let ticket = self.hub.next_ticket(self.reply.conn);
        let from = self.suitor(None).share();
        self.effects.auth.push(AuthRequest { ticket, urgency, from, job: work });
        self.parked = Some((job, Some(ticket)));
    }

    /// `job` goes on when something else happens, and later lines wait for that.
    pub(super) fn park(&mut self, job: Job) {
        self.parked = Some((job, None));
    }

    /// Ends the connection when the turn is over.
    pub(super) fn close(&mut self, reason: &str) {
        self.reply.push(super::error_line(reason));
        self.reply.closing = Some(reason.to_owned());
    }
}

/// FAIL, WARN or NOTE (ircv3.net "standard replies").
pub(super) fn standard_reply(
    server: &str,
    kind: &str,
    command: &str,
    code: &str,
    context: &[&str],
    text: &str,
) -> String {
    let line = LineBuilder::new().source(server).command(kind).param(command).param(code);
    context.iter().fold(line, |line, word| line.param(numerics::word(word))).trailing(text).end()
}
