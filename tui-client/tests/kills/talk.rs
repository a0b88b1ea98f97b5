//! What people do while klatchd is killed: talk, look, lose their connection, and have their klatch killed as well.

use crate::crowd::Crowd;

/// The most messages typed and not confirmed, so that a slow machine is not asked for more and more.
const MOST_UNSENT: usize = 400;

impl Crowd {
    /// Somebody does something.
    pub(crate) fn deed(&mut self) {
        let index = self.chance.below(self.seats.len() as u64) as usize;
        match self.chance.below(100) {
            0..84 => self.talk(index),
            84..92 => self.look(index),
            92..96 => self.cut(index),
            _ => self.kill(index),
        }
    }

    fn talk(&mut self, index: usize) {
        // Who has never been in a room would be refused there, and a refusal is nothing that could be lost.
        let room = self.rooms_of(&self.seats[index].client.name)[1];
        if self.seats[index].client.model.room(room).is_none() || self.unsent() >= MOST_UNSENT {
            return;
        }
        let lines = if self.chance.once_in(4) { 1 + self.chance.below(8) } else { 1 };
        let to = self.listener(index);
        let time = self.time();
        for _ in 0..lines {
            let more = self.seats[index].client.say(time, &to);
            self.seats[index].lines.extend(more);
        }
    }

    /// A room that somebody is in, or one of a few people who have an account.
    fn listener(&mut self, index: usize) -> String {
        let [lobby, room] = self.rooms_of(&self.seats[index].client.name);
        match self.chance.below(10) {
            0 => lobby.to_owned(),
            1..4 => {
                let other = (index + 1 + self.chance.below(4) as usize) % self.seats.len();
                let other = &self.seats[other].client;
                if other.signed_up { other.name.clone() } else { room.to_owned() }
            }
            _ => room.to_owned(),
        }
    }

    fn look(&mut self, index: usize) {
        let rooms = self.seats[index].client.rooms();
        if !rooms.is_empty() {
            let room = self.chance.pick(&rooms).clone();
            self.seats[index].client.look(&room);
        }
    }
}
