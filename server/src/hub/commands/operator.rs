//! Keeping order on the whole server: OPER, KILL, WALLOPS, REHASH (modern.ircdocs.horse "Operator Messages").

use klatch_protocol::{Message, Numeric, encode::truncate};
use zeroize::Zeroizing;

use super::registration::MAX_REASON;
use crate::hub::{
    io::{AuthJob, Rank},
    policy::Proof,
    session::Job,
    turn::Turn,
    world::{Command, User, UserId},
};

/// OPER `name password`: a name of the configuration, or an account with a rank and its own password. An unknown name and
/// a wrong password look the same and take the same time.
pub(super) fn oper(turn: &mut Turn<'_>, message: &Message<'_>) {
    let (Some(name), Some(password)) = (message.param(0), message.param(1)) else { return };
    let attempt = match turn.attempt(Some(name)) {
        Ok(attempt) => attempt,
        Err(patience) => {
            return turn.numeric(Numeric::RPL_TRYAGAIN, &["OPER", &patience.sentence("Too many attempts")]);
        }
    };
    let login = turn.hub.policy.operator_logins.iter().find(|login| login.name == name).cloned();
    let (hash, rank, right) = match login.map(|login| login.proof) {
        // The work is done for its time only: somebody else's hash must not make a wrong password right.
        Some(Proof::Password(known)) if known.is(password) => (None, Some(Rank::Operator), true),
        Some(Proof::Password(_)) => (None, None, false),
        Some(Proof::Hash(hash)) => (Some(hash), Some(Rank::Operator), false),
        None => match turn.world().account_by_name(name).map(|account| &account.row) {
            Some(row) => {
                let rank = Some(turn.world().rank_of(row)).filter(|rank| *rank > Rank::Member);
                (Some(row.hash.clone()), rank, false)
            }
            None => (None, None, false),
        },
    };
    let hash = hash.or_else(|| turn.hash_of_nobody(name));
    let urgency = turn.urgency(name);
    let job = Job::BecomeOperator { name: name.to_owned(), rank, right, attempt };
    turn.ask_auth(AuthJob::Verify { hash, password: Zeroizing::new(password.to_owned()) }, urgency, job);
}

/// KILL `nick [reason]`: closes all their connections. Nobody does that to somebody of a higher rank.
pub(super) fn kill(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(by) = operator(turn) else { return };
    let Some(nick) = message.given(0) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["KILL"]);
    };
    let Some(other) = turn.world().by_nick(nick).cloned() else {
        return turn.refuse(Numeric::ERR_NOSUCHNICK, &[nick]);
    };
    if other.rank > by.rank {
        return turn.refuse(Numeric::ERR_NOPRIVILEGES, &[]);
    }
    let comment = truncate(message.given(1).unwrap_or("no reason given"), MAX_REASON);
    turn.put_on_record(format!("killed {} ({comment})", other.nick));
    turn.disconnect(other.id, &format!("Killed ({} ({comment}))", by.nick));
}

/// WALLOPS: to everybody with the mode `w`.
pub(super) fn wallops(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(by) = operator(turn) else { return };
    match message.given(0) {
        Some(text) => turn.hub.show_wallops(&by, text, turn.effects, &mut turn.reply),
        None => turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["WALLOPS"]),
    }
}

/// REHASH: the configuration is read again, as by SIGHUP. How that went is told when it is done.
pub(super) fn rehash(turn: &mut Turn<'_>, _message: &Message<'_>) {
    if operator(turn).is_none() {
        return;
    }
    let conn = turn.conn();
    if !turn.hub.rehashing.contains(&conn) {
        turn.hub.rehashing.push(conn);
    }
    turn.effects.reload = true;
    turn.put_on_record("had the configuration read again".to_owned());
    turn.numeric(Numeric::RPL_REHASHING, &["configuration", "Rehashing"]);
}

/// Who gives the command, if they keep order on the server; else they are told that they do not (481).
pub(super) fn operator(turn: &mut Turn<'_>) -> Option<User> {
    let user = turn.myself().filter(|user| user.is_operator()).cloned();
    if user.is_none() {
        turn.refuse(Numeric::ERR_NOPRIVILEGES, &[]);
    }
    user
}

impl Turn<'_> {
    /// The password for OPER was right.
    pub(in crate::hub) fn become_operator(&mut self, name: &str, rank: Rank) {
        let Some(user) = self.me() else { return };
        let rank = self.myself().map_or(rank, |user| user.rank.max(rank));
        self.put_on_record(format!("became an operator as {name}"));
        // Only somebody who is gone could be refused.
        let _ = self.apply(Command::SetRank { user, rank });
        self.refuse(Numeric::RPL_YOUREOPER, &[]);
    }

    /// The password for OPER was wrong, or there is no such name.
    pub(in crate::hub) fn reject_operator(&mut self, name: &str) {
        self.put_on_record(format!("failed to become an operator as {}", truncate(name, 64)));
        self.refuse(Numeric::ERR_PASSWDMISMATCH, &[]);
    }

    /// Closes all connections of somebody; one's own when the turn is over.
    pub(super) fn disconnect(&mut self, user: UserId, reason: &str) {
        for conn in self.hub.devices_of(user) {
            if conn == self.conn() {
                self.close(reason);
            } else {
                self.hub.kick_out(conn, reason, self.effects);
            }
        }
    }

    /// Remembers what this person did, and tells the operators.
    pub(super) fn put_on_record(&mut self, deed: String) {
        let by = self.nick();
        self.hub.put_on_record(&by, deed, self.effects);
    }
}
