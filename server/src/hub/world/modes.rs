//! The modes of a room: its settings, its lists of masks, the ranks of its members (modern.ircdocs.horse "MODE message").

use std::collections::BTreeSet;

use klatch_protocol::{Folded, RoomName, UnixMs};

use super::{Change, Refusal, Room, User, UserId, World};
use crate::hub::io::{Flags, List, Mask, Ranks, RecordKind, RoomId};

/// One change of a room's modes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModeChange {
    /// A setting without a value, on or off.
    Flag(Flags, bool),
    /// The word that JOIN has to give.
    Key(Option<String>),
    /// How many may be in it.
    Limit(Option<u32>),
    /// Where those land who may not come in.
    Forward(Option<RoomName>),
    /// A mask is added to a list or taken from it.
    Mask(List, String, bool),
    /// A rank is given or taken.
    Rank(Ranks, UserId, bool),
}

impl ModeChange {
    /// Whether the mode is set, rather than taken away.
    #[must_use]
    pub fn is_set(&self) -> bool {
        match self {
            ModeChange::Flag(_, on) | ModeChange::Mask(_, _, on) | ModeChange::Rank(_, _, on) => *on,
            ModeChange::Key(key) => key.is_some(),
            ModeChange::Limit(limit) => limit.is_some(),
            ModeChange::Forward(forward) => forward.is_some(),
        }
    }

    fn letter(&self) -> char {
        let flag = |flag: Flags| Flags::LETTERS.iter().find(|(known, _)| *known == flag).map(|(_, letter)| *letter);
        let rank = |rank: Ranks| Ranks::LETTERS.iter().find(|(known, ..)| *known == rank).map(|(_, letter, _)| *letter);
        match self {
            ModeChange::Flag(one, _) => flag(*one).unwrap_or('?'),
            ModeChange::Key(_) => 'k',
            ModeChange::Limit(_) => 'l',
            ModeChange::Forward(_) => 'f',
            ModeChange::Mask(list, ..) => list.letter(),
            ModeChange::Rank(one, ..) => rank(*one).unwrap_or('?'),
        }
    }
}

impl World {
    /// Whether somebody may change a room's modes so, once the changes `before` it are done.
    ///
    /// # Errors
    /// The [`Refusal`] that [`Command::SetRoomModes`](super::Command::SetRoomModes) would meet.
    pub fn check_mode(
        &self,
        id: UserId,
        room: RoomId,
        before: &[ModeChange],
        change: &ModeChange,
    ) -> Result<(), Refusal> {
        let (user, room) = (self.known(id)?, self.known_room(room)?);
        if !room.present.contains_key(&id) {
            return Err(Refusal::NotInRoom);
        }
        let authority = self.authority(room, user);
        let allowed = match change {
            ModeChange::Rank(rank, whom, on) => authority.may_give(*rank) || (*whom == id && !on),
            // Who made it decides whether it stays; a room of guests has nobody to take care of it.
            ModeChange::Flag(Flags::PERMANENT, on) => {
                authority.reach(Ranks::FOUNDER) && (room.row.founder.is_some() || !on)
            }
            _ => authority.reach(Ranks::HALF_OPERATOR),
        };
        if !allowed {
            return Err(Refusal::NotOperator);
        }
        match change {
            // Only now: who may not give ranks may not find out in this way either who is there (mode `u`).
            ModeChange::Rank(_, whom, _) if !room.present.contains_key(whom) => Err(Refusal::OtherNotInRoom),
            ModeChange::Flag(Flags::PERMANENT, true) if !room.is(Flags::PERMANENT) => self.check_permanent(room),
            ModeChange::Forward(Some(name)) => self.check_forward(room, user, name),
            ModeChange::Mask(list, text, true) if !self.has_space(room, before, *list, text) => Err(Refusal::ListFull),
            _ => Ok(()),
        }
    }

    /// A room that nobody is in takes space for ever, so each founder has only so many.
    fn check_permanent(&self, room: &Room) -> Result<(), Refusal> {
        let kept =
            self.rooms.values().filter(|other| other.is(Flags::PERMANENT) && other.row.founder == room.row.founder);
        if kept.count() < self.policy.max_permanent { Ok(()) } else { Err(Refusal::TooManyRooms) }
    }

    /// Whether a mask is in the lists of a room, or fits into them, once the changes `before` it are done.
    fn has_space(&self, room: &Room, before: &[ModeChange], list: List, text: &str) -> bool {
        // Most lists are far from full, whatever these changes are.
        if room.masks.len() + before.len() < self.policy.max_masks {
            return true;
        }
        let mut masks: BTreeSet<(char, Folded)> =
            room.masks.iter().map(|mask| (mask.list.letter(), self.fold(&mask.text))).collect();
        for change in before {
            if let ModeChange::Mask(list, text, on) = change {
                let entry = (list.letter(), self.fold(text));
                if *on {
                    masks.insert(entry)
                } else {
                    masks.remove(&entry)
                };
            }
        }
        masks.len() < self.policy.max_masks || masks.contains(&(list.letter(), self.fold(text)))
    }

    /// People are sent only to where the sender keeps order as well. Who may not know of a room is told that there is none.
    fn check_forward(&self, room: &Room, user: &User, name: &RoomName) -> Result<(), Refusal> {
        let target = self.room_by_name(name.as_str()).filter(|target| target.row.id != room.row.id);
        let target = target.ok_or(Refusal::NoSuchRoom)?;
        let known = !target.is_hidden() || target.present.contains_key(&user.id);
        match self.authority(target, user).reach(Ranks::OPERATOR) {
            true => Ok(()),
            false if known => Err(Refusal::NotOperator),
            false => Err(Refusal::NoSuchRoom),
        }
    }

    pub(super) fn set_room_modes(
        &mut self,
        now: UnixMs,
        id: UserId,
        room_id: RoomId,
        changes: Vec<ModeChange>,
    ) -> Result<Vec<Change>, Refusal> {
        for (index, change) in changes.iter().enumerate() {
            self.check_mode(id, room_id, changes.get(..index).unwrap_or_default(), change)?;
        }
        let user = self.known(id)?.clone();
        let mut done = Vec::with_capacity(changes.len());
        for change in changes {
            if let Some(change) = self.set_mode(now, &user, room_id, change) {
                done.push(change);
            }
        }
        if done.is_empty() {
            return Ok(Vec::new());
        }
        let text = self.write_modes(&done);
        let record = self.record(now, &user, room_id, RecordKind::Mode, text);
        let mut changes = vec![Change::RoomModesSet { room: room_id, changes: done, record }];
        changes.extend(self.delete_if_deserted(room_id));
        Ok(changes)
    }

    /// Does one change; tells what really changed.
    fn set_mode(&mut self, now: UnixMs, user: &User, room_id: RoomId, change: ModeChange) -> Option<ModeChange> {
        match change {
            ModeChange::Mask(list, text, on) => self.set_mask(now, user, room_id, list, text, on),
            ModeChange::Rank(rank, whom, on) => self.set_member_rank(room_id, rank, whom, on),
            change => {
                let settings = &mut self.rooms.get_mut(&room_id)?.row.settings;
                let before = settings.clone();
                match &change {
                    ModeChange::Flag(flag, on) => settings.flags.set(*flag, *on),
                    ModeChange::Key(key) => settings.key.clone_from(key),
                    ModeChange::Limit(limit) => settings.limit = *limit,
                    ModeChange::Forward(forward) => settings.forward.clone_from(forward),
                    ModeChange::Mask(..) | ModeChange::Rank(..) => {}
                }
                (*settings != before).then_some(change)
            }
        }
    }

    fn set_mask(
        &mut self,
        now: UnixMs,
        user: &User,
        room_id: RoomId,
        list: List,
        text: String,
        on: bool,
    ) -> Option<ModeChange> {
        let room = self.rooms.get(&room_id)?;
        let known = self.listed(room, list, &text).map(|mask| mask.text.clone());
        let room = self.rooms.get_mut(&room_id)?;
        match (on, known) {
            (true, None) => {
                let by = user.nick.as_str().to_owned();
                room.masks.push(Mask { list, text: text.clone(), by, at: now });
                Some(ModeChange::Mask(list, text, true))
            }
            // What goes is told as it was written when it came.
            (false, Some(known)) => {
                room.masks.retain(|mask| mask.list != list || mask.text != known);
                Some(ModeChange::Mask(list, known, false))
            }
            _ => None,
        }
    }

    fn set_member_rank(&mut self, room_id: RoomId, rank: Ranks, whom: UserId, on: bool) -> Option<ModeChange> {
        let account = self.users.get(&whom)?.account;
        let room = self.rooms.get_mut(&room_id)?;
        let member = room.present.get_mut(&whom)?;
        if member.ranks.contains(rank) == on {
            return None;
        }
        member.ranks.set(rank, on);
        let member = *member;
        if let Some(account) = account {
            room.kept.insert(account, member);
        }
        Some(ModeChange::Rank(rank, whom, on))
    }

    /// The changes as they stand in a MODE line behind the room's name: `+o-v amy bob`.
    fn write_modes(&self, changes: &[ModeChange]) -> String {
        let (mut letters, mut values, mut sign) = (String::new(), String::new(), None);
        for change in changes {
            if sign != Some(change.is_set()) {
                sign = Some(change.is_set());
                letters.push(if change.is_set() { '+' } else { '-' });
            }
            letters.push(change.letter());
            let value = match change {
                ModeChange::Key(key) => Some(key.clone().unwrap_or_else(|| "*".to_owned())),
                ModeChange::Limit(limit) => limit.map(|limit| limit.to_string()),
                ModeChange::Forward(forward) => forward.as_ref().map(|name| name.as_str().to_owned()),
                ModeChange::Mask(_, text, _) => Some(text.clone()),
                ModeChange::Rank(_, whom, _) => self.users.get(whom).map(|user| user.nick.as_str().to_owned()),
                ModeChange::Flag(..) => None,
            };
            if let Some(value) = value {
                values.push(' ');
                values.push_str(&value);
            }
        }
        letters + &values
    }
}
