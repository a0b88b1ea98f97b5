//! How far people have read (ircv3.net "read-marker"): a time for each person and target, which only ever increases.

use std::collections::HashMap;

use klatch_protocol::{CaseMapping, Folded, UnixMs};

use super::{Change, Refusal, User, UserId, World};
use crate::hub::io::AccountId;

/// The most targets of one reader.
const MAX_MARKERS: usize = 1_000;

/// Who reads: all connections of an account are one reader; a guest is one while they are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Reader {
    Account(AccountId),
    Guest(UserId),
}

impl Reader {
    fn of(user: &User) -> Self {
        user.account.map_or(Reader::Guest(user.id), Reader::Account)
    }
}

/// Everybody's markers.
#[derive(Debug, Default)]
pub(super) struct Markers(HashMap<Reader, HashMap<Folded, UnixMs>>);

impl Markers {
    /// As the store remembers them.
    pub(super) fn new(rows: Vec<(AccountId, String, UnixMs)>, mapping: CaseMapping) -> Self {
        let mut markers = Markers::default();
        for (account, target, at) in rows {
            markers.0.entry(Reader::Account(account)).or_default().insert(mapping.fold(&target), at);
        }
        markers
    }

    /// A room has another name. What was read under that name before was another room.
    pub(super) fn rename(&mut self, from: &Folded, to: &Folded) {
        if from == to {
            return;
        }
        for markers in self.0.values_mut() {
            markers.remove(to);
            if let Some(at) = markers.remove(from) {
                markers.insert(to.clone(), at);
            }
        }
    }

    /// Somebody left: a guest's markers go with them.
    pub(super) fn forget(&mut self, user: &User) {
        self.0.remove(&Reader::Guest(user.id));
    }
}

impl World {
    /// Up to when somebody has read a nick or room, if they ever said.
    #[must_use]
    pub fn read_marker(&self, user: &User, target: &str) -> Option<UnixMs> {
        self.markers.0.get(&Reader::of(user))?.get(&self.fold(target)).copied()
    }

    /// Moves a marker on. One that would go back stays ("Read timestamp notes"); none goes beyond the present.
    pub(super) fn mark(&mut self, now: UnixMs, id: UserId, target: String, at: UnixMs) -> Result<Vec<Change>, Refusal> {
        let reader = Reader::of(self.known(id)?);
        let at = at.min(now);
        let folded = self.fold(&target);
        let markers = self.markers.0.entry(reader).or_default();
        match markers.get(&folded) {
            Some(known) if *known >= at => return Ok(Vec::new()),
            None if markers.len() >= MAX_MARKERS => return Err(Refusal::TooMany),
            _ => markers.insert(folded, at),
        };
        Ok(vec![Change::Marked { user: id, target, at }])
    }
}
