//! Keeping people out: making and taking back bans, and looking whom they hit.

use klatch_protocol::{Numeric, UnixMs, encode::truncate};

use super::{
    Hub,
    io::{AccountId, Ban, BanTarget, ConnId, Effects, Rank, Suspect},
    turn::Turn,
    world::{Command, Refusal},
};

/// The most bytes of a reason.
const MAX_REASON: usize = 200;

/// A ban that somebody wants.
#[derive(Debug)]
pub(super) struct Wish<'a> {
    /// Who wants it: a nick, or `the console`.
    pub(super) by: &'a str,
    /// What they may do.
    pub(super) rank: Rank,
    /// Their connection, if they have one.
    pub(super) conn: Option<ConnId>,
    /// Whom it should hit.
    pub(super) target: &'a str,
    /// For how many milliseconds; `None` for good.
    pub(super) length: Option<u64>,
    /// Why; may be empty.
    pub(super) reason: &'a str,
}

impl Hub {
    /// Makes a ban and disconnects whom it hits. What comes back says what was done, or why it was not.
    pub(super) fn ban(&mut self, wish: &Wish<'_>, effects: &mut Effects) -> Result<String, String> {
        let target: BanTarget = wish.target.parse()?;
        self.check_ban(wish, &target)?;
        let reason = match truncate(wish.reason.trim(), MAX_REASON) {
            "" => "no reason given",
            reason => reason,
        };
        let length = wish.length.map(u64::cast_signed);
        let until = length.map(|length| UnixMs(self.clock.0.saturating_add(length)));
        let ban = Command::Ban { by: wish.by.to_owned(), target, reason: reason.to_owned(), until };
        match self.apply(ban, effects, None) {
            Ok(_) => {}
            Err(Refusal::TooManyBans) => return Err("There are too many bans; take some back first.".into()),
            Err(_) => return Err("The ban could not be made.".into()),
        }
        let Some(ban) = self.world.bans(self.clock).last().cloned() else { return Err("The ban is over.".into()) };
        let hit = self.conns_hit_by(&ban.target);
        for conn in &hit {
            self.expel(*conn, &sentence(&ban), effects);
        }
        let end = ban.until.map_or_else(|| "for good".to_owned(), |until| format!("until {until}"));
        self.put_on_record(wish.by, format!("banned {} {end} ({})", ban.target, ban.reason), effects);
        Ok(format!("{} is banned {end}; {} disconnected.", ban.target, hit.len()))
    }

    /// Takes a ban back.
    pub(super) fn unban(&mut self, by: &str, target: &str, effects: &mut Effects) -> Result<String, String> {
        let asked: BanTarget = target.parse()?;
        let not_banned = || format!("{asked} is not banned.");
        let ban = self.world.bans(self.clock).find(|ban| ban.target == asked).cloned().ok_or_else(not_banned)?;
        self.apply(Command::Unban { id: ban.id }, effects, None).map_err(|_| not_banned())?;
        self.put_on_record(by, format!("took the ban on {} back", ban.target), effects);
        Ok(format!("{} is not banned any more.", ban.target))
    }

    /// Nobody bans half the world, themselves, or somebody of a higher rank.
    fn check_ban(&self, wish: &Wish<'_>, target: &BanTarget) -> Result<(), String> {
        if target.is_too_wide() {
            return Err(format!("{target} would hit too many; name a smaller network or a longer mask."));
        }
        let mut ranks: Vec<Rank> = Vec::new();
        if let BanTarget::Account(name) = target {
            let account = self.world.account_by_name(name.as_str());
            let account = account.ok_or_else(|| format!("There is no account {name}; ban an address or a mask."))?;
            ranks.push(self.world.rank_of(&account.row));
        }
        let hit = self.conns_hit_by(target);
        if wish.conn.is_some_and(|own| hit.contains(&own)) {
            return Err(format!("{target} would hit yourself."));
        }
        let people = hit.iter().filter_map(|conn| self.world.user(self.sessions.get(conn)?.user()?));
        ranks.extend(people.map(|user| user.rank));
        if ranks.into_iter().any(|rank| rank > wish.rank) {
            return Err(format!("{target} would hit somebody of a higher rank."));
        }
        Ok(())
    }

    /// The ban that keeps a connection out, whoever it is by now.
    pub(super) fn ban_on(&self, conn: ConnId) -> Option<&Ban> {
        self.world.ban_on(self.clock, &self.suspect(conn)?)
    }

    fn conns_hit_by(&self, target: &BanTarget) -> Vec<ConnId> {
        let hit = |conn: &ConnId| self.suspect(*conn).is_some_and(|who| target.hits(&who));
        let mut conns: Vec<ConnId> = self.sessions.keys().copied().filter(hit).collect();
        conns.sort_unstable();
        conns
    }

    fn suspect(&self, conn: ConnId) -> Option<Suspect<'_>> {
        let session = self.sessions.get(&conn)?;
        let account = session.account.and_then(|id| self.world.account(id)).map(|account| &account.row.name);
        let user = session.user().and_then(|user| self.world.user(user));
        let names = match user {
            Some(user) => Some((user.nick.as_str(), user.ident.as_str())),
            None => session.names(),
        };
        Some(Suspect { address: session.peer.addr, names, account })
    }
}

impl Turn<'_> {
    /// Ends a connection that is banned; whether it was.
    pub(super) fn is_turned_away(&mut self) -> bool {
        let ban = self.hub.ban_on(self.conn()).cloned();
        ban.is_some_and(|ban| self.turn_away(&ban))
    }

    /// The same for one that is about to log in to an account.
    pub(super) fn is_account_banned(&mut self, account: AccountId) -> bool {
        let Some(name) = self.world().account(account).map(|known| known.row.name.clone()) else { return false };
        let who = Suspect { address: self.session().peer.addr, names: None, account: Some(&name) };
        let ban = self.world().ban_on(self.now.wall, &who).cloned();
        ban.is_some_and(|ban| self.turn_away(&ban))
    }

    fn turn_away(&mut self, ban: &Ban) -> bool {
        let text = sentence(ban);
        self.numeric(Numeric::ERR_YOUREBANNEDCREEP, &[&text]);
        self.close(&text);
        true
    }
}

/// What somebody who is banned gets to read.
pub(super) fn sentence(ban: &Ban) -> String {
    match ban.until {
        Some(until) => format!("You are banned from this server until {until}: {}", ban.reason),
        None => format!("You are banned from this server: {}", ban.reason),
    }
}
