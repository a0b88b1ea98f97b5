//! Who comes, goes, is renamed, is away, has a say: lines about people become events about them.

use klatch_protocol::{Caps, LineBuilder, modes::ModeKind};

use super::{Event, Output, Outputs, Person, Place, Session, Wanted, Window, clean, dispatch::Line};

/// The most rooms we believe to be in. Servers allow far fewer.
const MOST_ROOMS: usize = 1_000;
/// The most people of one NAMES answer that are kept.
const MOST_NAMES: usize = 50_000;
/// The most people of whom it is remembered that they are away.
const MOST_AWAY: usize = 256;
/// In a room of more people than this, display names are not asked for; they come with those who speak and join.
const MOST_WHO: usize = 2_000;

impl Session {
    /// JOIN, with account and display name where `extended-join` tells them.
    pub(super) fn join(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let room = line.name(0);
        if room.is_empty() || line.source().is_empty() {
            return;
        }
        let mine = self.is_me(line.source());
        let told = line.message.given(1);
        let person = Person {
            nick: line.who(),
            display: line.message.given(2).map(clean::name).filter(|name| !name.is_empty()),
            account: told.map(|account| if account == "*" { String::new() } else { clean::name(account) }),
            away: Some(false),
            ..Person::default()
        };
        if mine && (self.rooms.len() < MOST_ROOMS || self.rooms.contains_key(&self.names.fold(&room))) {
            self.learn_userhost(line);
            let folded = self.names.fold(&room);
            let known = self.rooms.remove(&folded).and_then(|wanted| wanted.key);
            let key = self.link.keys.remove(&folded).or(known);
            self.link.joined.insert(folded.clone());
            self.rooms.insert(folded, Wanted { name: room.clone(), been: true, key });
            out.tell(Event::Joined { room: room.clone(), person, mine, at: line.at });
            self.catch_up(Place::Room(room), out);
        } else if !mine {
            out.tell(Event::Joined { room, person, mine, at: line.at });
        }
    }

    pub(super) fn part(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let reason = clean::reason(line.message.param(1));
        self.left(line.param(0), line.source(), reason, None, line, out);
    }

    pub(super) fn kick(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        // Many servers put the nick of the one who kicks where no reason was given.
        let reason = clean::reason(line.message.param(2).filter(|reason| *reason != line.source()));
        self.left(line.param(0), line.param(1), reason, Some(line.who()), line, out);
    }

    fn left(
        &mut self,
        room: &str,
        nick: &str,
        reason: Option<String>,
        kicked_by: Option<String>,
        line: &Line<'_>,
        out: &mut Vec<Output>,
    ) {
        let (room, nick, mine) = (clean::name(room), clean::name(nick), self.is_me(nick));
        if room.is_empty() || nick.is_empty() {
            return;
        }
        if mine {
            self.rooms.remove(&self.names.fold(&room));
            self.link.joined.remove(&self.names.fold(&room));
            self.backlog.leave(&room);
            self.refuse_place(&room, "you are not in the room any more", out);
        }
        out.tell(Event::Parted { room, nick, reason, kicked_by, mine, at: line.at });
    }

    pub(super) fn quit(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let nick = line.who();
        if !nick.is_empty() && !self.is_me(line.source()) {
            out.tell(Event::Quit { nick, reason: clean::reason(line.message.param(0)), at: line.at });
        }
    }

    /// AWAY of somebody (ircv3.net "away-notify").
    pub(super) fn away(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let away = Some(line.message.given(0).is_some());
        self.forget_away(&line.who());
        self.about(Person { nick: line.who(), away, ..Person::default() }, out);
    }

    /// 301, which comes with each message to somebody who is away: whether it tells what it has told before. In an answer to
    /// WHOIS it stands behind a 311, and belongs to it.
    pub(super) fn is_away_known(&mut self, line: &Line<'_>) -> bool {
        let (nick, why) = (self.names.fold(&line.name(1)), clean::words(line.param(2)));
        if self.link.away_told.len() >= MOST_AWAY {
            self.link.away_told.clear();
        }
        let before = self.link.away_told.insert(nick, why);
        before.is_some_and(|before| before == clean::words(line.param(2)))
    }

    /// Somebody is back, or asked about: what is told of their being away is news again.
    pub(super) fn forget_away(&mut self, nick: &str) {
        self.link.away_told.remove(&self.names.fold(nick));
    }

    /// ACCOUNT: somebody logged in or out (ircv3.net "account-notify").
    pub(super) fn account(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let account = line.message.given(0).map(|name| if name == "*" { String::new() } else { clean::name(name) });
        self.about(Person { nick: line.who(), account, ..Person::default() }, out);
    }

    /// SETNAME: somebody has another display name (ircv3.net "setname").
    pub(super) fn setname(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let display = line.message.last().map(clean::name);
        self.about(Person { nick: line.who(), display, ..Person::default() }, out);
    }

    fn about(&self, person: Person, out: &mut Vec<Output>) {
        if !person.nick.is_empty() {
            out.tell(Event::About { room: None, person });
        }
    }

    /// CHGHOST: only our own length matters, for splitting long texts.
    pub(super) fn chghost(&mut self, line: &Line<'_>) {
        if self.is_me(line.source()) {
            self.link.userhost = Some(line.param(0).len() + 1 + line.param(1).len());
        }
    }

    fn learn_userhost(&mut self, line: &Line<'_>) {
        if let Some(source) = &line.message.source
            && let (Some(user), Some(host)) = (source.user, source.host)
        {
            self.link.userhost = Some(user.len() + 1 + host.len());
        }
    }

    /// MODE: who became or ceased to be an operator of a room; other changes are told in words.
    pub(super) fn mode(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let Some([target, modes, arguments @ ..]) = line.message.params().get(..) else {
            return;
        };
        if !self.link.isupport.is_room(target) {
            return;
        }
        let room = clean::name(target);
        let by = line.who();
        let known = self.link.isupport.chan_modes();
        let operator = known.prefixes.place('o').unwrap_or_default();
        let mut others = String::new();
        for change in known.changes(modes, arguments) {
            match (change.kind, change.argument) {
                (Some(ModeKind::Rank), Some(nick)) => {
                    if known.prefixes.place(change.mode).is_some_and(|place| place <= operator) {
                        let (room, nick, by) = (room.clone(), clean::name(nick), by.clone());
                        out.tell(Event::Operator { room, nick, operator: change.set, by, at: line.at });
                    }
                }
                (_, argument) => {
                    let sign = if change.set { '+' } else { '-' };
                    let argument = argument.map(|argument| format!(" {argument}")).unwrap_or_default();
                    others.push_str(&format!(" {sign}{}{argument}", change.mode));
                }
            }
        }
        if !others.is_empty() {
            let text = format!("{by} changed the modes of {room}:{}", clean::words(&others));
            out.tell(Event::Info { window: Window::Named(room), text, at: line.at });
        }
    }

    pub(super) fn topic(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let (room, text) = (line.name(0), clean::words(line.param(1)));
        if !room.is_empty() {
            out.tell(Event::Topic { room, text, changed: Some((line.who(), line.at)) });
        }
    }

    /// 331 and 332: the topic as it is.
    pub(super) fn topic_told(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let is_topic = line.message.is("332");
        let text = if is_topic { clean::words(line.param(2)) } else { String::new() };
        out.tell(Event::Topic { room: line.name(1), text, changed: None });
    }

    pub(super) fn invited(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let (whom, room) = (line.param(0), line.name(1));
        if self.is_me(whom) {
            out.tell(Event::Invited { room, by: line.who(), at: line.at });
        } else {
            let text = format!("{} invited {} to {room}", line.who(), clean::name(whom));
            out.tell(Event::Info { window: Window::Named(room), text, at: line.at });
        }
    }

    /// 353: some of those who are in a room.
    pub(super) fn names(&mut self, line: &Line<'_>) {
        let [room, list] = [line.name(2), line.param(3).to_owned()];
        if room.is_empty()
            || (self.link.names.len() > self.rooms.len() && !self.link.names.contains_key(&self.names.fold(&room)))
        {
            return;
        }
        let prefixes = self.link.isupport.prefixes();
        let operator = prefixes.place('o').unwrap_or_default();
        let people = self.link.names.entry(self.names.fold(&room)).or_default();
        for word in list.split_ascii_whitespace() {
            let (ranks, source) = prefixes.split(word);
            let is_high =
                |rank| prefixes.mode(rank).and_then(|mode| prefixes.place(mode)).is_some_and(|p| p <= operator);
            let nick = clean::name(source.split('!').next().unwrap_or_default());
            if !nick.is_empty() && people.len() < MOST_NAMES {
                people.push(Person { nick, operator: Some(ranks.chars().any(is_high)), ..Person::default() });
            }
        }
    }

    /// 366: that was all of them.
    pub(super) fn names_end(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let room = line.name(1);
        let folded = self.names.fold(&room);
        let people = self.link.names.remove(&folded).unwrap_or_default();
        if self.link.names_asked.remove(&folded) {
            let nicks: Vec<String> = people.iter().map(shown_with_rank).collect();
            let text = format!("{} in {room}: {}", people.len(), nicks.join(", "));
            out.tell(Event::Info { window: Window::Named(room.clone()), text, at: line.at });
        }
        if !self.link.joined.contains(&folded) {
            return;
        }
        // NAMES tells no display names; WHO does.
        if people.len() <= MOST_WHO && self.link.who_silent.insert(folded) {
            out.send(LineBuilder::new().command("WHO").param(line.param(1)));
        }
        out.tell(Event::Present { room, people });
    }

    /// 352: one of those asked for (modern.ircdocs.horse "RPL_WHOREPLY").
    pub(super) fn who(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let (room, nick, flags) = (line.name(1), line.name(5), line.param(6));
        let display = line.param(7).split_once(' ').map(|(_, name)| clean::name(name)).filter(|name| !name.is_empty());
        let away = flags.starts_with('G');
        let silent = self.link.who_silent.contains(&self.names.fold(&room));
        let person = Person { nick: nick.clone(), display: display.clone(), away: Some(away), ..Person::default() };
        self.about(person, out);
        if !silent {
            let display =
                display.filter(|display| *display != nick).map(|name| format!(" ({name})")).unwrap_or_default();
            let state = if away { ", away" } else { "" };
            let place = if room == "*" { String::new() } else { format!(", in {room}") };
            let text = format!("{nick}{display} is {}@{}{place}{state}", line.name(2), line.name(3));
            out.tell(Event::Info { window: Window::Active, text, at: line.at });
        }
    }

    /// 315: that was all of WHO.
    pub(super) fn who_end(&mut self, line: &Line<'_>) {
        self.link.who_silent.remove(&self.names.fold(&line.name(1)));
    }

    /// Whether our own messages come back.
    pub(super) fn has_echo(&self) -> bool {
        self.link.has(Caps::ECHO_MESSAGE)
    }
}

fn shown_with_rank(person: &Person) -> String {
    format!("{}{}", if person.operator == Some(true) { "@" } else { "" }, person.nick)
}
