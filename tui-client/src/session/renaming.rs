//! New names, of people and of rooms: all that is known or waits under the old one goes on under the new one.

use super::{Event, Output, Outputs, Place, Session, Wanted, clean, dispatch::Line};

impl Session {
    /// NICK: somebody, perhaps we, has another nick.
    pub(super) fn renamed(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let (old, new) = (line.who(), line.name(0));
        if old.is_empty() || new.is_empty() {
            return;
        }
        let mine = self.is_me(line.source());
        if mine {
            line.param(0).clone_into(&mut self.nick);
        }
        self.rename_place(&Place::Direct(old.clone()), &Place::Direct(new.clone()));
        out.tell(Event::Renamed { old, new, mine, at: line.at });
    }

    /// RENAME: a room that we are in has another name (ircv3.net "draft/channel-rename").
    pub(super) fn room_renamed(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let (from, to) = (line.name(0), line.name(1));
        let (old, new) = (self.names.fold(&from), self.names.fold(&to));
        if !self.link.isupport.is_room(&to) || !self.link.joined.remove(&old) {
            return;
        }
        self.link.joined.insert(new.clone());
        if let Some(wanted) = self.rooms.remove(&old) {
            self.rooms.insert(new.clone(), Wanted { name: to.clone(), ..wanted });
        }
        if let Some(people) = self.link.names.remove(&old) {
            self.link.names.insert(new.clone(), people);
        }
        if self.link.names_asked.remove(&old) {
            self.link.names_asked.insert(new);
        }
        self.rename_place(&Place::Room(from.clone()), &Place::Room(to.clone()));
        let reason = clean::reason(line.message.param(2));
        out.tell(Event::RoomRenamed { from, to, by: line.who(), reason, at: line.at });
    }

    fn rename_place(&mut self, old: &Place, new: &Place) {
        self.backlog.renamed(old, new);
        self.outbox.renamed(old, new);
        self.link.typists.renamed(old, new);
    }
}
