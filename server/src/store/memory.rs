//! The engine of `--ephemeral`: everything in memory, gone with the process.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use klatch_protocol::UnixMs;

use super::{
    ANSWER_BYTES, FORGET_AT_ONCE, NONCES_KEPT, NONCES_KEPT_FOR, Store, StoreError, Weight, says,
    span::{End, Span, counted_from, spans},
};
use crate::hub::io::{
    ADDRESSES_KNOWN, AccountId, AccountRow, Answer, Ban, BanId, DEEDS_TOLD, Deed, KeptNonces, KnownAddress, Mask,
    NONCES_IN_MEMORY, NonceRow, Place, Query, Ranks, Record, RecordKind, RoomId, RoomRow, Scope, Search, Secret, Seq,
    Snapshot, Subject, Write,
};

/// Keeps everything in memory. The oldest records are forgotten when there are more than [`Memory::RECORDS`].
#[derive(Debug)]
pub struct Memory {
    epoch: u32,
    owner_code: Option<String>,
    /// Made of the owner code, which is chance and which only the owner knows.
    secret: Secret,
    last_room: u64,
    accounts: BTreeMap<AccountId, AccountRow>,
    rooms: BTreeMap<RoomId, RoomRow>,
    members: BTreeMap<(RoomId, AccountId), Ranks>,
    masks: Vec<(RoomId, Mask)>,
    invites: Vec<String>,
    bans: BTreeMap<BanId, Ban>,
    deeds: VecDeque<Deed>,
    markers: BTreeMap<(AccountId, String), UnixMs>,
    metadata: BTreeMap<(Subject, String), String>,
    nonces: BTreeMap<Seq, NonceRow>,
    stamped: HashMap<(AccountId, String), Seq>,
    /// Oldest first.
    known_addresses: Vec<KnownAddress>,
    last_seq: u64,
    /// The places of all records, oldest first, to know which to forget.
    order: VecDeque<(u64, Place)>,
    /// Each place's records by `seq`.
    histories: HashMap<Place, BTreeMap<u64, Record>>,
    /// Who has ever spoken with whom, from both sides.
    conversations: HashMap<AccountId, HashSet<AccountId>>,
}

impl Memory {
    /// The most records that are kept; some hundred megabytes at worst.
    pub const RECORDS: usize = 200_000;

    /// An empty store with its epoch and owner code.
    #[must_use]
    pub fn new(epoch: u32, owner_code: String) -> Self {
        Memory {
            epoch,
            secret: format!("{epoch:08x} {owner_code}").into(),
            owner_code: Some(owner_code),
            last_room: 0,
            accounts: BTreeMap::new(),
            rooms: BTreeMap::new(),
            members: BTreeMap::new(),
            masks: Vec::new(),
            invites: Vec::new(),
            bans: BTreeMap::new(),
            deeds: VecDeque::new(),
            markers: BTreeMap::new(),
            metadata: BTreeMap::new(),
            nonces: BTreeMap::new(),
            stamped: HashMap::new(),
            known_addresses: Vec::new(),
            last_seq: 0,
            order: VecDeque::new(),
            histories: HashMap::new(),
            conversations: HashMap::new(),
        }
    }

    fn apply(&mut self, write: &Write) {
        match write {
            Write::CreateAccount(row) => {
                self.accounts.insert(row.id, row.clone());
            }
            Write::SetDisplay { account, display } => self.change(*account, |row| row.display.clone_from(display)),
            Write::SetRank { account, rank } => self.change(*account, |row| row.rank = *rank),
            Write::Seen { account, at } => self.change(*account, |row| row.seen = Some(*at)),
            Write::CreateRoom(row) => {
                self.last_room = self.last_room.max(row.id.0);
                self.rooms.insert(row.id, row.clone());
            }
            Write::DeleteRoom(room) => {
                self.rooms.remove(room);
                self.members.retain(|(of, _), _| of != room);
                self.masks.retain(|(of, _)| of != room);
                self.metadata.retain(|(of, _), _| *of != Subject::Room(*room));
            }
            Write::SetTopic { room, topic } => {
                if let Some(row) = self.rooms.get_mut(room) {
                    row.topic.clone_from(topic);
                }
            }
            Write::RenameRoom { room, from, name } => {
                if let Some(row) = self.rooms.get_mut(room) {
                    row.name.clone_from(name);
                }
                self.rename_markers(from.folded().as_str(), name.folded().as_str());
            }
            Write::SetRoom { room, settings } => {
                if let Some(row) = self.rooms.get_mut(room) {
                    row.settings.clone_from(settings);
                }
            }
            Write::AddMask { room, mask } => self.masks.push((*room, mask.clone())),
            Write::RemoveMask { room, list, text } => {
                self.masks.retain(|(of, mask)| (of, mask.list, &mask.text) != (room, *list, text));
            }
            Write::Join { room, account, ranks, .. } => {
                self.members.insert((*room, *account), *ranks);
            }
            Write::Part { room, account } => {
                self.members.remove(&(*room, *account));
            }
            Write::Record(record) => self.record(record),
            Write::Nonce(row) => self.stamp(row),
            Write::KnowAddress(known) => self.know(known),
            Write::Redact(seq) => self.remove(seq.0),
            Write::Forget { before, upto } => {
                let old = self.order.iter().take(FORGET_AT_ONCE as usize).filter(|(seq, place)| {
                    let at = self.histories.get(place).and_then(|history| history.get(seq)).map(|record| record.at);
                    upto.is_some_and(|upto| *seq <= upto.0) || at.zip(*before).is_some_and(|(at, before)| at < before)
                });
                let old: Vec<u64> = old.map(|(seq, _)| *seq).collect();
                old.into_iter().for_each(|seq| self.remove(seq));
            }
            Write::SetHash { account, hash } => self.change(*account, |row| row.hash.clone_from(hash)),
            Write::SetMetadata { subject, key, value } => {
                let place = (*subject, key.clone());
                match value {
                    Some(value) => drop(self.metadata.insert(place, value.clone())),
                    None => drop(self.metadata.remove(&place)),
                }
            }
            Write::Mark { account, target, at } => {
                self.markers.insert((*account, target.clone()), *at);
            }
            Write::AddBan(ban) => {
                self.bans.insert(ban.id, ban.clone());
            }
            Write::RemoveBan(id) => {
                self.bans.remove(id);
            }
            Write::Deed(deed) => {
                self.deeds.push_back(deed.clone());
                if self.deeds.len() > DEEDS_TOLD {
                    self.deeds.pop_front();
                }
            }
            Write::AddInvite { code, .. } => self.invites.push(code.clone()),
            Write::UseInvite { code } => self.invites.retain(|kept| kept != code),
            Write::UseOwnerCode => self.owner_code = None,
        }
    }

    fn change(&mut self, account: AccountId, how: impl FnOnce(&mut AccountRow)) {
        if let Some(row) = self.accounts.get_mut(&account) {
            how(row);
        }
    }

    fn record(&mut self, record: &Record) {
        if let Place::Direct(a, b) = record.place {
            self.conversations.entry(a).or_default().insert(b);
            self.conversations.entry(b).or_default().insert(a);
        }
        self.last_seq = record.seq.0;
        self.histories.entry(record.place).or_default().insert(record.seq.0, record.clone());
        self.order.push_back((record.seq.0, record.place));
        if self.order.len() > Self::RECORDS
            && let Some((seq, place)) = self.order.pop_front()
            && let Some(history) = self.histories.get_mut(&place)
        {
            history.remove(&seq);
        }
    }

    fn rename_markers(&mut self, from: &str, to: &str) {
        if from == to {
            return;
        }
        self.markers.retain(|(_, target), _| target != to);
        let moved: Vec<_> = self.markers.extract_if(.., |(_, target), _| target == from).collect();
        self.markers.extend(moved.into_iter().map(|((account, _), at)| ((account, to.to_owned()), at)));
    }

    /// Keeps a stamp and lets the oldest go when its time is over.
    fn stamp(&mut self, row: &NonceRow) {
        if let Some(before) = self.stamped.insert((row.account, row.nonce.clone()), row.seq) {
            self.nonces.remove(&before);
        }
        self.nonces.insert(row.seq, row.clone());
        for _ in 0..2 {
            let over = self.nonces.first_key_value().is_some_and(|(seq, oldest)| {
                let is_old =
                    seq.0 + NONCES_KEPT <= row.seq.0 && oldest.at.0.abs_diff(row.at.0) > NONCES_KEPT_FOR as u64;
                is_old || self.nonces.len() > Self::RECORDS
            });
            if over && let Some((_, gone)) = self.nonces.pop_first() {
                self.stamped.remove(&(gone.account, gone.nonce));
            }
        }
    }

    /// Keeps an address, and only the newest of its name.
    fn know(&mut self, known: &KnownAddress) {
        self.known_addresses.retain(|kept| (&kept.name, kept.from) != (&known.name, known.from));
        self.known_addresses.push(known.clone());
        let mut of_name = 0;
        let newest_first = self.known_addresses.iter().rev().filter(|kept| kept.name == known.name);
        if let Some(oldest) = newest_first.inspect(|_| of_name += 1).last().map(|kept| kept.from)
            && of_name > ADDRESSES_KNOWN
        {
            self.known_addresses.retain(|kept| (&kept.name, kept.from) != (&known.name, oldest));
        }
    }

    fn kept_nonces(&self) -> KeptNonces {
        let skipped = self.nonces.len().saturating_sub(NONCES_IN_MEMORY);
        let older: BTreeSet<AccountId> = self.nonces.values().take(skipped).map(|row| row.account).collect();
        KeptNonces { newest: self.nonces.values().skip(skipped).cloned().collect(), older: older.into_iter().collect() }
    }

    /// Takes out one record. Places are in order, so it is found by halving.
    fn remove(&mut self, seq: u64) {
        if let Ok(at) = self.order.binary_search_by_key(&seq, |(seq, _)| *seq)
            && let Some((_, place)) = self.order.remove(at)
            && let Some(history) = self.histories.get_mut(&place)
        {
            history.remove(&seq);
        }
    }

    /// One stretch of a history, with events or without, as far as it fits into so many bytes, and what was taken back in it.
    fn history(&self, place: Place, span: Span, (events, bytes): (bool, usize)) -> Vec<Record> {
        let counts = |kind| if events { kind != RecordKind::Redact } else { is_said(kind) };
        let (mut found, more) = self.stretch(place, span, bytes, counts);
        let redactions = self.stretch(place, span.covered(&found, more), bytes, |kind| kind == RecordKind::Redact);
        found.extend(redactions.0);
        found.sort_by_key(|record| span.key(record));
        found
    }

    /// What of one stretch counts and fits, and whether there may be more.
    fn stretch(
        &self,
        place: Place,
        span: Span,
        bytes: usize,
        counts: impl Fn(RecordKind) -> bool,
    ) -> (Vec<Record>, bool) {
        let Some(history) = self.histories.get(&place) else {
            return (Vec::new(), false);
        };
        let mut found: Vec<&Record> = history
            .values()
            .filter(|record| counts(record.kind))
            .filter(|record| span.after < span.key(record) && span.key(record) < span.before)
            .collect();
        found.sort_by_key(|record| span.key(record));
        let all = found.len();
        let records = counted(found, span.end, span.limit, bytes);
        let more = records.len() < all || records.len() >= span.limit as usize;
        (records, more)
    }

    fn search(&self, wanted: &Search) -> Vec<Record> {
        let text = wanted.text.as_ref().map(|text| text.to_lowercase());
        let fits = |record: &&Record| {
            let nick = record.source.split('!').next().unwrap_or_default();
            is_said(record.kind)
                && wanted.from.as_ref().is_none_or(|from| from.eq_ignore_ascii_case(nick))
                && wanted.after.is_none_or(|after| record.at >= after)
                && wanted.before.is_none_or(|before| record.at <= before)
                && text.as_ref().is_none_or(|text| says(&record.text, text))
        };
        let within = |place: Place| match (&wanted.scope, place) {
            (Scope::Place(wanted), place) => *wanted == place,
            (Scope::All { rooms, .. }, Place::Room(room)) => rooms.contains(&room),
            (Scope::All { account, .. }, Place::Direct(a, b)) => *account == a || *account == b,
        };
        let places = self.histories.iter().filter(|(place, _)| within(**place));
        let mut found: Vec<&Record> = places.flat_map(|(_, history)| history.values()).filter(fits).collect();
        found.sort_by_key(|record| record.seq.0);
        let end = if wanted.after.is_some() { End::Oldest } else { End::Newest };
        counted(found, end, wanted.limit, ANSWER_BYTES)
    }

    fn time_of(&self, seq: u64) -> Option<UnixMs> {
        self.histories.values().find_map(|history| history.get(&seq)).map(|record| record.at)
    }

    /// Each of the rooms and conversations in which something was said, with its time.
    fn newest(&self, account: AccountId, rooms: &[RoomId], guests: &[AccountId]) -> Vec<(Place, UnixMs)> {
        let others = self.conversations.get(&account).into_iter().flatten();
        let others = others.filter(|other| !other.is_guest() || guests.contains(other));
        let direct = others.map(|other| Place::direct(account, *other));
        let places = rooms.iter().map(|room| Place::Room(*room)).chain(direct);
        let newest = |place: Place| {
            let said = self.histories.get(&place)?.values().filter(|record| is_said(record.kind));
            said.map(|record| record.at).max()
        };
        places.filter_map(|place| newest(place).map(|at| (place, at))).collect()
    }
}

impl Store for Memory {
    fn load(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot {
            epoch: self.epoch,
            last_seq: self.last_seq,
            secret: self.secret.clone(),
            last_time: self.order.back().and_then(|(seq, _)| self.time_of(*seq)),
            metadata: self.metadata.iter().map(|((of, key), value)| (*of, key.clone(), value.clone())).collect(),
            markers: self.markers.iter().map(|((account, target), at)| (*account, target.clone(), *at)).collect(),
            last_account: self.accounts.keys().next_back().map_or(0, |id| id.0),
            last_room: self.last_room,
            accounts: self.accounts.values().cloned().collect(),
            rooms: self.rooms.values().cloned().collect(),
            members: self.members.iter().map(|((room, account), ranks)| (*room, *account, *ranks)).collect(),
            masks: self.masks.clone(),
            nonces: self.kept_nonces(),
            known_addresses: self.known_addresses.clone(),
            invites: self.invites.clone(),
            bans: self.bans.values().cloned().collect(),
            deeds: self.deeds.iter().cloned().collect(),
            owner_code: self.owner_code.clone(),
        })
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        for write in writes {
            self.apply(write);
        }
        Ok(())
    }

    fn query(&self, query: &Query) -> Answer {
        match query {
            Query::Record(seq) => {
                Answer::Record(self.histories.values().find_map(|history| history.get(&seq.0)).cloned().map(Box::new))
            }
            Query::Nonce { account, nonce } => {
                let seq = self.stamped.get(&(*account, nonce.clone()));
                Answer::Nonce(seq.and_then(|seq| self.nonces.get(seq)).map(|row| (row.seq, row.at)))
            }
            Query::Search { search, .. } => Answer::History(self.search(search)),
            Query::History { place, page, limit, events } => {
                let spans = spans(*page, *limit, |seq| self.time_of(seq.0));
                let bytes = ANSWER_BYTES / spans.len().max(1);
                let stretch = |span| self.history(*place, span, (*events, bytes));
                Answer::History(spans.into_iter().flat_map(stretch).collect())
            }
            Query::Targets { account, rooms, guests, from, to, limit } => {
                Answer::Targets(counted_from(self.newest(*account, rooms, guests), *from, *to, *limit))
            }
        }
    }
}

/// As many of what was `found`, counted from one end, as there may be and as fit into so many bytes; oldest first.
fn counted(mut found: Vec<&Record>, end: End, limit: u32, bytes: usize) -> Vec<Record> {
    if end == End::Newest {
        found.reverse();
    }
    let mut weight = Weight::default();
    let some = found.into_iter().take(limit as usize).take_while(|record| weight.takes(record, bytes));
    let mut some: Vec<Record> = some.cloned().collect();
    if end == End::Newest {
        some.reverse();
    }
    some
}

/// Whether clients without `draft/event-playback` get to see it.
fn is_said(kind: RecordKind) -> bool {
    matches!(kind, RecordKind::Privmsg | RecordKind::Notice)
}
