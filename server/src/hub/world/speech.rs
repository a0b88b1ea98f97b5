//! Saying something: who may, and where it is kept.

use klatch_protocol::{Tags, UnixMs};

use super::{Change, MessageId, Refusal, Target, UserId, UserModes, World, entry::is_request, nonce_of};
use crate::hub::io::{AccountId, Place, RecordKind, Seq};

impl World {
    pub(super) fn say(
        &mut self,
        now: UnixMs,
        by: UserId,
        to: Target,
        kind: RecordKind,
        tags: &str,
        text: String,
    ) -> Result<Vec<Change>, Refusal> {
        self.check_acceptance(by, to)?;
        let lasting = kind != RecordKind::Tagmsg || is_lasting(tags);
        let (to, place) = self.place_of(by, to, &text, lasting)?;
        let place = place.filter(|_| lasting);
        let id = match place {
            Some(_) => MessageId::Kept(self.next_seq()),
            None => {
                self.last_passing += 1;
                MessageId::Passing(self.last_passing)
            }
        };
        let tags = joined(self.known(by)?.own_tags(), tags);
        if kind != RecordKind::Tagmsg
            && let Some(user) = self.users.get_mut(&by)
        {
            user.active = now;
        }
        if let (MessageId::Kept(seq), Some(account), Some(nonce)) = (id, self.known(by)?.account, nonce_of(&tags))
            && kind != RecordKind::Tagmsg
        {
            self.nonces.remember(account, &nonce, seq, now);
        }
        Ok(vec![Change::Said { by, to, at: now, id, place, kind, tags, text }])
    }

    /// Who hears something and where it is kept, if it may be said at all. What two guests say to each other is not kept;
    /// nor is what only some of a room hear, since the others may read the room's history.
    fn place_of(
        &mut self,
        by: UserId,
        to: Target,
        text: &str,
        lasting: bool,
    ) -> Result<(Target, Option<Place>), Refusal> {
        let user = self.known(by)?;
        let place = match to {
            Target::Room(room) => {
                let to = self.check_speech(self.known_room(room)?, user, text)?;
                return Ok((to, (to == Target::Room(room)).then_some(Place::Room(room))));
            }
            Target::Ranked(room, _) | Target::Moderators(room) => {
                self.check_speech(self.known_room(room)?, user, text)?;
                None
            }
            Target::User(other) if self.known(other)?.modes.contains(UserModes::NO_CTCP) && is_request(text) => {
                return Err(Refusal::NoCtcp);
            }
            Target::User(other) => {
                let accounts = (user.account, self.known(other)?.account);
                match accounts {
                    (Some(own), Some(other)) => Some(Place::direct(own, other)),
                    (None, Some(other)) if lasting => self.guest_number(by).map(|own| Place::direct(own, other)),
                    (Some(own), None) if lasting => self.guest_number(other).map(|other| Place::direct(own, other)),
                    _ => None,
                }
            }
            Target::Account(other) => {
                Some(user.account.map(|own| Place::direct(own, other)).ok_or(Refusal::NobodyThere)?)
            }
        };
        Ok((to, place))
    }

    /// The number of a guest who is about to be part of something that is kept. A record follows at once, so its place
    /// belongs to no other guest.
    fn guest_number(&mut self, guest: UserId) -> Option<AccountId> {
        let next = Seq(self.last_seq + 1);
        let user = self.users.get_mut(&guest)?;
        Some(*user.correspondent.get_or_insert(AccountId::guest(next)))
    }
}

fn joined(own: &str, given: &str) -> String {
    if own.is_empty() || given.is_empty() { format!("{own}{given}") } else { format!("{own};{given}") }
}

/// Whether a TAGMSG is worth keeping. That somebody is typing is over before it is on disk
/// (ircv3.net "typing client tag").
fn is_lasting(tags: &str) -> bool {
    Tags::from_raw(tags).iter().any(|(key, _)| key != "+typing" && key != "+draft/typing")
}
