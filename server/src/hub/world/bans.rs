//! Who may not come in at all.

use klatch_protocol::UnixMs;

use super::{Change, Refusal, World};
use crate::hub::io::{Ban, BanId, BanTarget, Suspect};

/// The most bans at a time. Each newcomer is compared with all of them.
const MAX_BANS: usize = 10_000;

impl World {
    /// The ban that hits `who`, if one does.
    #[must_use]
    pub fn ban_on(&self, now: UnixMs, who: &Suspect<'_>) -> Option<&Ban> {
        self.bans.values().find(|ban| !ban.is_over(now) && ban.target.hits(who))
    }

    /// The bans that count, oldest first.
    pub fn bans(&self, now: UnixMs) -> impl Iterator<Item = &Ban> {
        self.bans.values().filter(move |ban| !ban.is_over(now))
    }

    /// Makes a ban; one with the same target gives way, and so do those that are over.
    pub(super) fn ban(
        &mut self,
        now: UnixMs,
        by: String,
        target: BanTarget,
        reason: String,
        until: Option<UnixMs>,
    ) -> Result<Vec<Change>, Refusal> {
        let old = self.bans.values().filter(|ban| ban.is_over(now) || ban.target == target).map(|ban| ban.id);
        let old: Vec<BanId> = old.collect();
        if self.bans.len() - old.len() >= MAX_BANS {
            return Err(Refusal::TooManyBans);
        }
        self.bans.retain(|id, _| !old.contains(id));
        self.last_ban += 1;
        let ban = Ban { id: BanId(self.last_ban), target, reason, by, at: now, until };
        self.bans.insert(ban.id, ban.clone());
        let mut changes: Vec<Change> = old.into_iter().map(Change::Unbanned).collect();
        changes.push(Change::Banned(ban));
        Ok(changes)
    }

    pub(super) fn unban(&mut self, id: BanId) -> Result<Vec<Change>, Refusal> {
        self.bans.remove(&id).map(|_| vec![Change::Unbanned(id)]).ok_or(Refusal::Gone)
    }
}
