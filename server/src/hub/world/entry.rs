//! Who may come into a room and who may speak there (modern.ircdocs.horse "JOIN message", "Channel Modes").

use klatch_protocol::mask::{Entry, Whom, fits};

use super::{Refusal, Room, Target, User, UserId, World};
use crate::hub::io::{Flags, List, Mask, Ranks, RoomId};

impl World {
    /// Whether somebody may come into a room, without a key.
    ///
    /// # Errors
    /// The [`Refusal`] that JOIN would meet.
    pub fn may_join(&self, id: UserId, room: RoomId) -> Result<(), Refusal> {
        self.check_entry(self.known_room(room)?, self.known(id)?, None)
    }

    /// Whether somebody may come into a room that exists. Who belongs to it, who founded it and who was asked in may
    /// whatever its settings are: an invitation is good for one entry.
    pub(super) fn check_entry(&self, room: &Room, user: &User, key: Option<&str>) -> Result<(), Refusal> {
        let belongs = user.account.is_some_and(|id| room.kept.contains_key(&id) || room.row.founder == Some(id));
        if belongs || room.invited.contains(&user.id) {
            return Ok(());
        }
        let settings = &room.row.settings;
        if self.is_listed(room, List::Ban, user, false) && !self.is_listed(room, List::Except, user, false) {
            return Err(Refusal::Banned);
        }
        if room.is(Flags::INVITE_ONLY) && !self.is_listed(room, List::Invite, user, false) {
            return Err(Refusal::InviteOnly);
        }
        if settings.key.as_deref().is_some_and(|wanted| Some(wanted) != key) {
            return Err(Refusal::BadKey);
        }
        if settings.limit.is_some_and(|limit| room.present.len() >= limit as usize) {
            return Err(Refusal::RoomFull);
        }
        if room.is(Flags::ACCOUNT_TO_JOIN) && user.account.is_none() {
            return Err(Refusal::AccountNeeded);
        }
        Ok(())
    }

    /// Whether somebody may say `text` in a room, and who hears it: everybody, or those who keep order.
    pub(super) fn check_speech(&self, room: &Room, user: &User, text: &str) -> Result<Target, Refusal> {
        let inside = room.present.contains_key(&user.id);
        if !inside && room.is(Flags::NO_EXTERNAL) {
            return Err(Refusal::NotInRoom);
        }
        if room.is(Flags::NO_CTCP) && is_request(text) {
            return Err(Refusal::NoCtcp);
        }
        if self.authority(room, user).reach(Ranks::VOICE) {
            return Ok(Target::Room(room.row.id));
        }
        if room.is(Flags::MODERATED) {
            return Err(Refusal::Moderated);
        }
        if room.is(Flags::ACCOUNT_TO_SPEAK) && user.account.is_none() {
            return Err(Refusal::AccountNeeded);
        }
        let silenced = [false, true]
            .into_iter()
            .any(|mute| self.is_listed(room, List::Ban, user, mute) && !self.is_listed(room, List::Except, user, mute));
        match silenced {
            true => Err(Refusal::Banned),
            false if room.is(Flags::TO_OPERATORS) => Ok(Target::Moderators(room.row.id)),
            false => Ok(Target::Room(room.row.id)),
        }
    }

    /// Whether somebody fits an entry of a list, of those that mute or of the others.
    fn is_listed(&self, room: &Room, list: List, user: &User, mute: bool) -> bool {
        room.list(list).any(|mask| {
            let entry = Entry::parse(&mask.text);
            entry.mute == mute && self.is_meant(entry.whom, user)
        })
    }

    fn is_meant(&self, whom: Whom<'_>, user: &User) -> bool {
        match whom {
            Whom::Source(mask) => fits(self.fold(mask).as_str(), self.fold(&user.source).as_str()),
            Whom::Account(mask) => {
                self.account_name(user).is_some_and(|name| fits(self.fold(mask).as_str(), name.folded().as_str()))
            }
        }
    }

    /// The entry that `text` names, without regard to case.
    pub(super) fn listed<'a>(&self, room: &'a Room, list: List, text: &str) -> Option<&'a Mask> {
        let wanted = self.fold(text);
        room.list(list).find(|mask| self.fold(&mask.text) == wanted)
    }

    /// Whether those without a rank may know that somebody is in a room.
    #[must_use]
    pub fn is_seen(&self, room: RoomId, user: UserId) -> bool {
        self.rooms
            .get(&room)
            .is_none_or(|room| !room.is(Flags::AUDITORIUM) || self.ranks(room, user).reach(Ranks::VOICE))
    }

    /// The ranks of somebody in a room: those they were given, and in the lobby, which nobody made, that of operators of
    /// the server.
    #[must_use]
    pub fn ranks(&self, room: &Room, user: UserId) -> Ranks {
        let Some(member) = room.present.get(&user) else {
            return Ranks::empty();
        };
        let lobby = self.is_lobby(room) && self.users.get(&user).is_some_and(User::is_operator);
        if lobby { member.ranks | Ranks::OPERATOR } else { member.ranks }
    }

    /// The ranks that count for somebody who is in a room: those they show, and that of its founder for the account that made
    /// it, whatever it shows.
    #[must_use]
    pub fn standing(&self, room: &Room, user: UserId) -> Ranks {
        let account = self.users.get(&user).and_then(|user| user.account);
        let founded = room.present.contains_key(&user) && account.is_some() && room.row.founder == account;
        if founded { self.ranks(room, user) | Ranks::FOUNDER } else { self.ranks(room, user) }
    }

    /// What somebody may do in a room: what their standing allows, and everything for operators of the server who are in it.
    #[must_use]
    pub fn authority(&self, room: &Room, user: &User) -> Ranks {
        match room.present.contains_key(&user.id) && user.is_operator() {
            true => Ranks::all(),
            false => self.standing(room, user.id),
        }
    }
}

/// Whether a text holds a CTCP request: a line between control characters, and not what somebody does (`/me`). Of several
/// lines each is looked at, since there are programs that get them one by one.
pub(super) fn is_request(text: &str) -> bool {
    text.split(['\n', '\r']).any(|line| line.strip_prefix('\u{1}').is_some_and(|rest| !rest.starts_with("ACTION")))
}
