//! Coming, going and what people are while they are here.

use std::{collections::BTreeSet, sync::Arc};

use klatch_protocol::{Nick, RoomName, UnixMs};

use super::{Change, Refusal, User, UserId, UserModes, World};
use crate::hub::io::{AccountId, Rank, Ranks, RecordKind, RoomId};

impl World {
    pub(super) fn enter(
        &mut self,
        now: UnixMs,
        nick: Nick,
        ident: String,
        display: String,
        account: Option<AccountId>,
        away: Option<String>,
    ) -> Result<Vec<Change>, Refusal> {
        let row = match account {
            Some(id) if self.online.contains_key(&id) => return Err(Refusal::AlreadyHere),
            Some(id) => Some(&self.accounts.get(&id).ok_or(Refusal::Gone)?.row),
            None => None,
        };
        let rank = row.map(|row| self.rank_of(row)).unwrap_or_default();
        let (nick, display) = match row.filter(|_| self.policy.nick_is_account) {
            Some(row) => (Nick::from(&row.name), row.display.clone()),
            None if self.is_nick_free(&nick, None, account) => (nick, display),
            None => return Err(Refusal::NickTaken),
        };
        self.last_user += 1;
        let id = UserId(self.last_user);
        let mut user = User::new(id, nick, ident, display, now);
        (user.account, user.rank, user.away) = (account, rank, away);
        user.modes = self.policy.default_user_modes;
        self.nicks.take(user.nick.as_str(), user.nick.folded(), id);
        self.census.add(&user);
        self.users.insert(id, user);
        if let Some(account) = account {
            self.online.insert(account, id);
        }
        let mut changes = vec![Change::Entered(id)];
        self.enter_own_rooms(now, id, &mut changes);
        Ok(changes)
    }

    pub(super) fn log_in(&mut self, now: UnixMs, id: UserId, account: AccountId) -> Result<Vec<Change>, Refusal> {
        let row = self.accounts.get(&account).ok_or(Refusal::Gone)?.row.clone();
        match self.online.get(&account) {
            Some(other) if *other == id => return Ok(Vec::new()),
            Some(_) => return Err(Refusal::AlreadyHere),
            None => {}
        }
        let rank = self.rank_of(&row);
        let user = self.users.get_mut(&id).ok_or(Refusal::Gone)?;
        let before = user.account.replace(account);
        let mut changes = Vec::new();
        if self.policy.nick_is_account {
            user.display.clone_from(&row.display);
        }
        if self.policy.nick_is_account && user.nick.as_str() != row.name.as_str() {
            changes.push(Change::Renamed { user: id, from: self.give_nick(id, Nick::from(&row.name))? });
        }
        if let Some(before) = before {
            self.online.remove(&before);
        }
        self.online.insert(account, id);
        changes.push(Change::LoggedIn(id));
        changes.extend(self.set_rank(id, rank)?);
        self.enroll(now, id, account, &mut changes);
        self.enter_own_rooms(now, id, &mut changes);
        Ok(changes)
    }

    /// The rooms somebody is in become their account's.
    fn enroll(&mut self, at: UnixMs, id: UserId, account: AccountId, changes: &mut Vec<Change>) {
        let rooms = self.users.get(&id).map(|user| user.rooms.clone()).unwrap_or_default();
        for room_id in rooms {
            let (Some(room), Some(known)) = (self.rooms.get_mut(&room_id), self.accounts.get_mut(&account)) else {
                continue;
            };
            let member = room.present.get(&id).copied().unwrap_or_default();
            let kept = room.kept.entry(account).or_insert(member);
            if known.rooms.insert(room_id) {
                changes.push(Change::Enrolled { room: room_id, account, ranks: kept.ranks, at });
            } else {
                room.present.insert(id, *kept);
            }
        }
    }

    /// Puts somebody into the lobby, unless it is closed to them, and into the rooms of their account.
    fn enter_own_rooms(&mut self, now: UnixMs, id: UserId, changes: &mut Vec<Change>) {
        if let Some(lobby) = self.policy.lobby.clone().filter(|lobby| self.is_open_to(lobby, id)) {
            changes.extend(self.admit(now, id, &lobby).unwrap_or_default());
        }
        let account = self.users.get(&id).and_then(|user| user.account);
        let rooms: Vec<RoomId> = account
            .and_then(|id| self.accounts.get(&id))
            .map(|a| a.rooms.iter().copied().collect())
            .unwrap_or_default();
        for room in rooms {
            let name = self.rooms.get(&room).map(|room| room.row.name.clone());
            // Under another mapping than before its name may be another room's.
            if let Some(name) = name.filter(|name| self.room_names.get(name.folded()) == Some(room)) {
                changes.extend(self.admit(now, id, &name).unwrap_or_default());
            }
        }
    }

    /// Whether somebody may come into a room of this name, without a key; into one that is still to be made, anybody may.
    fn is_open_to(&self, room: &RoomName, id: UserId) -> bool {
        self.room_by_name(room.as_str()).is_none_or(|room| self.may_join(id, room.row.id).is_ok())
    }

    pub(super) fn leave(&mut self, now: UnixMs, id: UserId, reason: String) -> Result<Vec<Change>, Refusal> {
        let witnesses = self.witnesses(self.known(id)?);
        let user = self.users.remove(&id).ok_or(Refusal::Gone)?;
        self.census.take(&user);
        self.nicks.free(user.nick.as_str(), user.nick.folded(), id);
        self.forget_acceptance(id);
        self.markers.forget(&user);
        self.metadata.forget_guest(&user);
        if let Some(account) = user.account {
            self.online.remove(&account);
        }
        let mut traces = Vec::with_capacity(user.rooms.len());
        for room in &user.rooms {
            let seen = self.is_seen(*room, id);
            if let Some(room) = self.rooms.get_mut(room) {
                room.present.remove(&id);
            }
            traces.push(self.trace(now, (&user, seen), *room, RecordKind::Quit, reason.clone()));
        }
        for room in self.rooms.values_mut().filter(|room| !room.invited.is_empty()) {
            room.invited.remove(&id);
        }
        let rooms = user.rooms.clone();
        let mut changes = vec![Change::Left { user: Box::new(user), traces, witnesses, at: now, reason }];
        changes.extend(rooms.into_iter().flat_map(|room| self.delete_if_deserted(room)));
        Ok(changes)
    }

    /// Who may notice that somebody leaves: all who share a room with them and know that they are in it.
    fn witnesses(&self, user: &User) -> Vec<UserId> {
        let mut witnesses = BTreeSet::new();
        for room in user.rooms.iter().filter_map(|room| self.rooms.get(room)) {
            let seen = self.is_seen(room.row.id, user.id);
            let others = room.present.keys().filter(|other| **other != user.id);
            witnesses.extend(others.filter(|other| seen || self.ranks(room, **other).reach(Ranks::HALF_OPERATOR)));
        }
        witnesses.into_iter().collect()
    }

    pub(super) fn rename(&mut self, id: UserId, nick: Nick) -> Result<Vec<Change>, Refusal> {
        let user = self.known(id)?;
        if user.nick.as_str() == nick.as_str() {
            return Ok(Vec::new());
        }
        if !self.is_nick_free(&nick, Some(id), user.account) {
            return Err(Refusal::NickTaken);
        }
        // Another way to write it is still the account's name, and so is what looks like it.
        let own = self.account_names.holder(nick.as_str(), nick.folded());
        if self.policy.nick_is_account && user.account.is_some() && own != user.account {
            return Err(Refusal::NickIsAccount);
        }
        let from = self.give_nick(id, nick)?;
        Ok(vec![Change::Renamed { user: id, from }])
    }

    /// Gives somebody a nick; tells the source they had before.
    fn give_nick(&mut self, id: UserId, nick: Nick) -> Result<Arc<str>, Refusal> {
        let user = self.users.get_mut(&id).ok_or(Refusal::Gone)?;
        let from = user.source.clone();
        self.nicks.free(user.nick.as_str(), user.nick.folded(), id);
        self.nicks.take(nick.as_str(), nick.folded(), id);
        user.rename(nick);
        Ok(from)
    }

    pub(super) fn set_away(&mut self, id: UserId, away: Option<String>) -> Result<Vec<Change>, Refusal> {
        let user = self.users.get_mut(&id).ok_or(Refusal::Gone)?;
        if user.away == away {
            return Ok(Vec::new());
        }
        user.away = away;
        Ok(vec![Change::AwaySet(id)])
    }

    pub(super) fn set_display(&mut self, id: UserId, display: String) -> Result<Vec<Change>, Refusal> {
        let user = self.users.get_mut(&id).ok_or(Refusal::Gone)?;
        user.display.clone_from(&display);
        if let Some(account) = user.account.and_then(|account| self.accounts.get_mut(&account)) {
            account.row.display = display;
        }
        Ok(vec![Change::DisplaySet(id)])
    }

    pub(super) fn set_modes(&mut self, id: UserId, on: UserModes, off: UserModes) -> Result<Vec<Change>, Refusal> {
        let user = self.users.get_mut(&id).ok_or(Refusal::Gone)?;
        let before = user.modes;
        self.census.take(user);
        user.modes = (before | on) - off;
        self.census.add(user);
        let (on, off) = (user.modes - before, before - user.modes);
        Ok(if (on | off).is_empty() { Vec::new() } else { vec![Change::ModesSet { user: id, on, off }] })
    }

    pub(super) fn set_rank(&mut self, id: UserId, rank: Rank) -> Result<Vec<Change>, Refusal> {
        let user = self.users.get_mut(&id).ok_or(Refusal::Gone)?;
        let was_operator = user.is_operator();
        self.census.take(user);
        user.rank = rank;
        self.census.add(user);
        Ok(if user.is_operator() == was_operator { Vec::new() } else { vec![Change::RankSet(id)] })
    }
}
