//! What people say about themselves and about rooms: values by key (ircv3.net "metadata", "Keys and Values").

use std::collections::{BTreeMap, HashMap};

use super::{Change, Refusal, User, UserId, World};
use crate::hub::io::{Ranks, RoomId, Subject};

/// The most keys of one person or room.
pub const MAX_KEYS: usize = 100;

/// What metadata is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Somebody who is here.
    User(UserId),
    /// A room.
    Room(RoomId),
}

/// Whose values are kept together: those of an account or room last, those of a guest go with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Kept(Subject),
    Guest(UserId),
}

impl Holder {
    fn of(user: &User) -> Self {
        user.account.map_or(Holder::Guest(user.id), |account| Holder::Kept(Subject::Account(account)))
    }
}

/// Everybody's and everything's values.
#[derive(Debug, Default)]
pub(super) struct Metadata(HashMap<Holder, BTreeMap<String, String>>);

impl Metadata {
    /// As the store remembers them.
    pub(super) fn new(rows: Vec<(Subject, String, String)>) -> Self {
        let mut metadata = Metadata::default();
        for (subject, key, value) in rows {
            metadata.0.entry(Holder::Kept(subject)).or_default().insert(key, value);
        }
        metadata
    }

    /// Somebody left: a guest's values go with them.
    pub(super) fn forget_guest(&mut self, user: &User) {
        self.0.remove(&Holder::Guest(user.id));
    }

    /// A room is gone.
    pub(super) fn forget_room(&mut self, room: RoomId) {
        self.0.remove(&Holder::Kept(Subject::Room(room)));
    }
}

impl World {
    /// The values about somebody or something, by key.
    pub fn metadata(&self, about: About) -> impl Iterator<Item = (&str, &str)> {
        let holder = match about {
            About::User(user) => self.users.get(&user).map(Holder::of),
            About::Room(room) => Some(Holder::Kept(Subject::Room(room))),
        };
        let values = holder.and_then(|holder| self.metadata.0.get(&holder)).into_iter().flatten();
        values.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether somebody may change what is said about `about`: about themselves, and about rooms in which they keep order.
    #[must_use]
    pub fn may_describe(&self, user: UserId, about: About) -> bool {
        match about {
            About::User(other) => other == user,
            About::Room(room) => {
                let (room, user) = (self.room(room), self.users.get(&user));
                room.zip(user).is_some_and(|(room, user)| self.authority(room, user).reach(Ranks::OPERATOR))
            }
        }
    }

    pub(super) fn set_metadata(
        &mut self,
        by: UserId,
        about: About,
        key: String,
        value: Option<String>,
    ) -> Result<Vec<Change>, Refusal> {
        if !self.may_describe(by, about) {
            return Err(Refusal::NotOperator);
        }
        let holder = match about {
            About::User(user) => Holder::of(self.known(user)?),
            About::Room(room) => Holder::Kept(Subject::Room(self.known_room(room)?.row.id)),
        };
        let values = self.metadata.0.entry(holder).or_default();
        match &value {
            Some(_) if !values.contains_key(&key) && values.len() >= MAX_KEYS => return Err(Refusal::TooMany),
            Some(value) if values.get(&key) == Some(value) => return Ok(Vec::new()),
            Some(value) => drop(values.insert(key.clone(), value.clone())),
            None if values.remove(&key).is_none() => return Err(Refusal::Gone),
            None => {}
        }
        let kept = match holder {
            Holder::Kept(subject) => Some(subject),
            Holder::Guest(_) => None,
        };
        Ok(vec![Change::MetadataSet { by, about, kept, key, value }])
    }
}
