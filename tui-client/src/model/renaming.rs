//! How the model follows new names, of people and of rooms: what is shown and what is under way stays together.

use klatch_protocol::UnixMs;

use super::{Body, Model, RoomKind};
use crate::session::Place;

impl Model {
    pub(super) fn renamed(&mut self, old: &str, new: &str, mine: bool, at: UnixMs) {
        let names = self.names;
        if mine {
            new.clone_into(&mut self.me.nick);
        }
        // Where a conversation with that name is open already, both stay what they are.
        let place = |nick: &str| Place::Direct(nick.to_owned());
        if self.index_of(&place(new)).is_none() || names.same(old, new) {
            self.rename_window(&place(old), new);
        }
        for index in 0..self.rooms.len() {
            let room = &mut self.rooms[index];
            let concerned = room.kind == RoomKind::Direct && [old, new].iter().any(|nick| names.same(&room.name, nick));
            if let Some(mut member) = room.roster.remove(old) {
                new.clone_into(&mut member.nick);
                room.roster.insert(member);
            } else if !concerned {
                continue;
            }
            let text = if mine { format!("you are {new} now") } else { format!("{old} is {new} now") };
            self.append(index, Body::Info(text), at);
        }
    }

    pub(super) fn room_renamed(&mut self, from: &str, to: &str, by: &str, reason: Option<&str>, at: UnixMs) {
        let place = |name: &str| Place::Room(name.to_owned());
        // A window of that name can only be left from a room that was called so before.
        if !self.names.same(from, to) && self.index_of(&place(to)).is_some() {
            self.close(to);
        }
        self.leaving.remove(&self.names.fold(to));
        let Some(index) = self.rename_window(&place(from), to) else {
            return;
        };
        let by = self.rooms[index].roster.shown_name(by).into_owned();
        let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        self.append(index, Body::Info(format!("{from} is {to} now, by {by}{why}")), at);
    }

    /// Gives the window of `old` another name, with all that refers to it by name; where it stands, if there is one.
    fn rename_window(&mut self, old: &Place, new: &str) -> Option<usize> {
        let index = self.index_of(old)?;
        let before = std::mem::replace(&mut self.rooms[index].name, new.to_owned());
        let names = self.names;
        for (place, _) in self.outgoing.values_mut() {
            match (place, old) {
                (Place::Room(name), Place::Room(old)) | (Place::Direct(name), Place::Direct(old))
                    if names.same(name, old) =>
                {
                    new.clone_into(name);
                }
                _ => {}
            }
        }
        for name in [&mut self.previous, &mut self.wanted].into_iter().flatten().filter(|name| **name == before) {
            new.clone_into(name);
        }
        Some(index)
    }
}
