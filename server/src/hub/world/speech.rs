//! Saying something: who may, and where it is kept.

use klatch_protocol::{Tags, UnixMs};

use super::{Change, MessageId, Refusal, Target, UserId, World};
use crate::hub::io::{Place, RecordKind};

impl World {
    pub(super) fn say(
        &mut self,
        now: UnixMs,
        by: UserId,
        to: Target,
        kind: RecordKind,
        tags: String,
        text: String,
    ) -> Result<Vec<Change>, Refusal> {
        self.check_acceptance(by, to)?;
        let place = self.place_of(by, to)?.filter(|_| kind != RecordKind::Tagmsg || is_lasting(&tags));
        let id = match place {
            Some(_) => MessageId::Kept(self.next_seq()),
            None => {
                self.last_passing += 1;
                MessageId::Passing(self.last_passing)
            }
        };
        if kind != RecordKind::Tagmsg
            && let Some(user) = self.users.get_mut(&by)
        {
            user.active = now;
        }
        Ok(vec![Change::Said { by, to, at: now, id, place, kind, tags, text }])
    }

    /// Where something is kept, if it may be said at all. What a guest says to one person, or is told, is not kept.
    fn place_of(&self, by: UserId, to: Target) -> Result<Option<Place>, Refusal> {
        let user = self.known(by)?;
        match to {
            Target::Room(room) if !self.known_room(room)?.present.contains_key(&by) => Err(Refusal::NotInRoom),
            Target::Room(room) => Ok(Some(Place::Room(room))),
            Target::User(other) => {
                Ok(user.account.zip(self.known(other)?.account).map(|(own, other)| Place::direct(own, other)))
            }
            Target::Account(other) => {
                user.account.map(|own| Some(Place::direct(own, other))).ok_or(Refusal::NobodyThere)
            }
        }
    }
}

/// Whether a TAGMSG is worth keeping. That somebody is typing is over before it is on disk
/// (ircv3.net "typing client tag").
fn is_lasting(tags: &str) -> bool {
    Tags::from_raw(tags).iter().any(|(key, _)| key != "+typing" && key != "+draft/typing")
}
