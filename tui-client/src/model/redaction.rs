//! What was taken back: it is not shown any more, and not shown when it is told of once more, by a page that was under way or
//! the echo of a repeat. That something was taken back stays to be seen (ircv3.net "message-redaction", "Client
//! implementation considerations").

use std::collections::{HashMap, VecDeque};

use super::{Body, Model};
use crate::session::{Place, Redaction};

/// The redactions remembered; of more, the newest.
const MOST: usize = 1_000;

/// The newest redactions: what to show in place of a message, by its id, and where it was said.
#[derive(Debug, Default)]
pub(super) struct Redactions {
    notes: HashMap<String, (String, String)>,
    order: VecDeque<String>,
}

impl Redactions {
    fn remember(&mut self, id: String, room: String, note: String) {
        if self.notes.insert(id.clone(), (room, note)).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.notes.remove(&oldest);
        }
    }

    /// What to show in place of a message in a room.
    pub(super) fn of(&self, room: &str, id: Option<&str>) -> Option<String> {
        let (place, note) = self.notes.get(id?)?;
        (place == room).then(|| note.clone())
    }
}

impl Model {
    /// Something that was said is taken back, whether it is known here or not.
    pub(super) fn redacted(&mut self, redaction: Redaction) {
        let Redaction { place, id, by, reason } = redaction;
        let (Place::Room(name) | Place::Direct(name)) = &place else { return };
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let Some(index) = self.index_of(&place) else {
            let note = format!("{by} took a message back{reason}");
            return self.redactions.remember(id, name.clone(), note);
        };
        let by = self.shown_name(&self.rooms[index], &by).into_owned();
        let room = &mut self.rooms[index];
        let known = room.history.by_id(&id).map(|line| (line.key, line.body.clone()));
        let note = match &known {
            // It was told already.
            Some((_, Body::Info(_))) => return,
            Some((_, Body::Said { nick, display, mine: false, .. })) => {
                format!("{by} took back what {} said{reason}", display.as_ref().unwrap_or(nick))
            }
            _ => format!("{by} took a message back{reason}"),
        };
        if let Some((key, Body::Said { mention, .. })) = known {
            room.history.update(key, |body| *body = Body::Info(note.clone()));
            if room.new.remove(&key) {
                room.unread = room.unread.saturating_sub(1);
                let counted = mention || room.kind == super::RoomKind::Direct;
                room.mentions = room.mentions.saturating_sub(usize::from(counted));
            }
        }
        let name = room.name.clone();
        self.redactions.remember(id, name, note);
    }
}
