//! The shared state of the chat: accounts, people, rooms, memberships, and the rules about them.
//!
//! Every change passes through [`World::apply`], in one order, and comes out as [`Change`]s. The world knows no IRC, no
//! connection, no clock and no chance: the same commands at the same times make the same world.

mod acceptance;
mod account;
mod bans;
mod census;
mod change;
mod command;
mod correspondence;
mod entry;
mod markers;
mod membership;
mod metadata;
mod moderation;
mod modes;
mod names;
mod nonces;
mod presence;
mod refusal;
mod room;
mod sign_up;
mod speech;
mod user;
mod user_mode;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use klatch_protocol::{AccountName, CaseMapping, Folded, Nick, UnixMs};

pub use self::{
    account::Account,
    census::Census,
    change::{Change, MessageId, Trace},
    command::{Command, Target},
    metadata::{About, MAX_KEYS},
    modes::ModeChange,
    nonces::{Before, nonce_of, without_nonce},
    refusal::Refusal,
    room::{Member, Room},
    user::{HIDDEN_HOST, User, UserId, source_of},
    user_mode::UserModes,
};
use self::{markers::Markers, metadata::Metadata, names::Names, nonces::Nonces};
use super::{
    io::{AccountId, AccountRow, Ban, BanId, Place, Rank, Record, RecordKind, RoomId, Seq, Snapshot},
    policy::Policy,
};

/// The shared state. See the module.
#[derive(Debug)]
pub struct World {
    policy: Arc<Policy>,
    accounts: BTreeMap<AccountId, Account>,
    account_names: Names<AccountId>,
    users: BTreeMap<UserId, User>,
    nicks: Names<UserId>,
    census: Census,
    /// The one person of each account that is here.
    online: HashMap<AccountId, UserId>,
    rooms: HashMap<RoomId, Room>,
    room_names: Names<RoomId>,
    markers: Markers,
    metadata: Metadata,
    nonces: Nonces,
    invites: HashSet<String>,
    owner_code: Option<String>,
    bans: BTreeMap<BanId, Ban>,
    last_ban: u64,
    last_seq: u64,
    last_passing: u64,
    last_account: u64,
    last_room: u64,
    last_user: u64,
}

impl World {
    /// The world as the store remembers it, with nobody here.
    #[must_use]
    pub fn new(policy: Arc<Policy>, snapshot: Snapshot) -> Self {
        // Rooms have had names of all scripts from the beginning; people only where the configuration says so.
        let (mapping, unicode) = (policy.casemapping, policy.casemapping == CaseMapping::Precis);
        let mut world = World {
            policy,
            accounts: BTreeMap::new(),
            account_names: Names::new(unicode),
            users: BTreeMap::new(),
            nicks: Names::new(unicode),
            census: Census::default(),
            online: HashMap::new(),
            rooms: HashMap::new(),
            room_names: Names::new(true),
            markers: Markers::new(snapshot.markers, mapping),
            metadata: Metadata::new(snapshot.metadata),
            nonces: Nonces::new(snapshot.nonces),
            invites: snapshot.invites.into_iter().collect(),
            owner_code: snapshot.owner_code,
            last_ban: snapshot.bans.iter().map(|ban| ban.id.0).max().unwrap_or(0),
            bans: snapshot.bans.into_iter().map(|ban| (ban.id, ban)).collect(),
            last_seq: snapshot.last_seq,
            last_passing: 0,
            last_account: snapshot.last_account,
            last_room: snapshot.last_room,
            last_user: 0,
        };
        for mut row in snapshot.accounts {
            row.name = row.name.refold(mapping);
            world.account_names.take(row.name.as_str(), row.name.folded(), row.id);
            world.accounts.insert(row.id, Account { row, rooms: Default::default() });
        }
        for mut row in snapshot.rooms {
            row.name = row.name.refold(mapping);
            world.room_names.take(row.name.as_str(), row.name.folded(), row.id);
            world.rooms.insert(row.id, Room::from_row(row));
        }
        for (room, mask) in snapshot.masks {
            if let Some(room) = world.rooms.get_mut(&room) {
                room.masks.push(mask);
            }
        }
        for (room, account, ranks) in snapshot.members {
            if let (Some(room), Some(account)) = (world.rooms.get_mut(&room), world.accounts.get_mut(&account)) {
                room.kept.insert(account.row.id, Member { ranks });
                account.rooms.insert(room.row.id);
            }
        }
        world
    }

    /// Replaces the operator's decisions.
    pub fn set_policy(&mut self, policy: Arc<Policy>) {
        self.policy = policy;
    }

    /// Does what `command` says, as a whole or not at all, and tells what changed.
    ///
    /// # Errors
    /// [`Refusal`] says which rule forbids it; nothing has changed then.
    pub fn apply(&mut self, now: UnixMs, command: Command) -> Result<Vec<Change>, Refusal> {
        match command {
            Command::CreateAccount { name, display, hash, code, by } => {
                self.create_account(now, name, display, hash, code.as_ref().map(|c| c.as_str()), by)
            }
            Command::AddAccount { name, hash } => self.add_account(now, name, hash),
            Command::AddInvite { code } => Ok(self.add_invite(now, code)),
            Command::Enter { nick, ident, display, account, away } => {
                self.enter(now, nick, ident, display, account, away)
            }
            Command::LogIn { user, account } => self.log_in(now, user, account),
            Command::Leave { user, reason } => self.leave(now, user, reason),
            Command::Rename { user, nick } => self.rename(user, nick),
            Command::SetAway { user, away } => self.set_away(user, away),
            Command::SetDisplay { user, display } => self.set_display(user, display),
            Command::SetModes { user, on, off } => self.set_modes(user, on, off),
            Command::SetRank { user, rank } => self.set_rank(user, rank),
            Command::Join { user, room, key } => self.join(now, user, &room, key.as_deref()),
            Command::Part { user, room, reason } => self.part(now, user, room, reason),
            Command::Kick { user, room, whom, reason } => self.kick(now, user, room, whom, reason),
            Command::Invite { user, room, whom } => self.invite(user, room, whom),
            Command::SetRoomModes { user, room, changes } => self.set_room_modes(now, user, room, changes),
            Command::RenameRoom { user, room, name, reason } => self.rename_room(now, user, room, name, reason),
            Command::SetTopic { user, room, text } => self.set_topic(now, user, room, text),
            Command::Ban { by, target, reason, until } => self.ban(now, by, target, reason, until),
            Command::Unban { id } => self.unban(id),
            Command::Accept { user, whom, on } => self.accept(user, whom, on),
            Command::Say { user, to, kind, tags, text } => self.say(now, user, to, kind, &tags, text),
            Command::Redact { user, to, seq, place, author, reason } => {
                self.redact(now, user, to, (seq, place), author.as_ref(), reason)
            }
            Command::SetMetadata { user, about, key, value } => self.set_metadata(user, about, key, value),
            Command::SetHash { account, hash } => self.set_hash(account, hash),
            Command::Mark { user, target, at } => self.mark(now, user, target, at),
        }
    }

    /// Somebody who is here.
    #[must_use]
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id)
    }

    /// Everybody who is here, in the order of coming.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// How many are here.
    #[must_use]
    pub fn online_count(&self) -> usize {
        self.users.len()
    }

    /// How many of them are what.
    #[must_use]
    pub fn census(&self) -> Census {
        self.census
    }

    /// How many rooms there are.
    #[must_use]
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// Who has this nick, if anybody.
    #[must_use]
    pub fn by_nick(&self, nick: &str) -> Option<&User> {
        self.nicks.get(&self.fold(nick)).and_then(|id| self.users.get(&id))
    }

    /// An account.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// The account of this name.
    #[must_use]
    pub fn account_by_name(&self, name: &str) -> Option<&Account> {
        self.account_names.get(&self.fold(name)).and_then(|id| self.accounts.get(&id))
    }

    /// The account that `number` happens to choose; `None` where there is none.
    #[must_use]
    pub fn some_account(&self, number: u64) -> Option<&Account> {
        let from = AccountId(number % self.last_account.max(1) + 1);
        self.accounts.range(from..).next().or_else(|| self.accounts.iter().next()).map(|(_, account)| account)
    }

    /// What an account may do: its own rank, or what the configuration gives it.
    #[must_use]
    pub fn rank_of(&self, row: &AccountRow) -> Rank {
        let given = if self.policy.operator_accounts.contains(&row.name) { Rank::Operator } else { Rank::Member };
        row.rank.max(given)
    }

    /// How many accounts there are.
    #[must_use]
    pub fn account_count(&self) -> usize {
        self.accounts.len()
    }

    /// The person of an account, if here.
    #[must_use]
    pub fn person_of(&self, account: AccountId) -> Option<&User> {
        self.online.get(&account).and_then(|id| self.users.get(id))
    }

    /// The name of somebody's account.
    #[must_use]
    pub fn account_name(&self, user: &User) -> Option<&AccountName> {
        user.account.and_then(|id| self.accounts.get(&id)).map(|account| &account.row.name)
    }

    /// A room.
    #[must_use]
    pub fn room(&self, id: RoomId) -> Option<&Room> {
        self.rooms.get(&id)
    }

    /// The room of this name.
    #[must_use]
    pub fn room_by_name(&self, name: &str) -> Option<&Room> {
        self.room_names.get(&self.fold(name)).and_then(|id| self.rooms.get(&id))
    }

    /// All rooms, by name.
    pub fn rooms(&self) -> impl Iterator<Item = &Room> {
        self.room_names.holders().filter_map(|id| self.rooms.get(&id))
    }

    /// Whether an account said something under this nonce before.
    #[must_use]
    pub fn before(&self, account: AccountId, nonce: &str) -> Before {
        self.nonces.before(account, nonce)
    }

    /// How many records were ever made.
    #[must_use]
    pub fn record_count(&self) -> u64 {
        self.last_seq
    }

    /// Whether `room` is the one everybody is put into.
    #[must_use]
    pub fn is_lobby(&self, room: &Room) -> bool {
        self.policy.lobby.as_ref() == Some(&room.row.name)
    }

    /// Whether a nick is free for `by`: nobody else here has it or one that looks like it, and it is no account's but `own`.
    fn is_nick_free(&self, nick: &Nick, by: Option<UserId>, own: Option<AccountId>) -> bool {
        let taken = self.nicks.holder(nick.as_str(), nick.folded()).is_some_and(|holder| Some(holder) != by);
        let registered = self.account_names.holder(nick.as_str(), nick.folded());
        let registered = registered.is_some_and(|account| Some(account) != own);
        !taken && !registered
    }

    /// The form under which names and masks are compared.
    #[must_use]
    pub fn fold(&self, text: &str) -> Folded {
        self.policy.casemapping.fold(text)
    }

    fn next_seq(&mut self) -> Seq {
        self.last_seq += 1;
        Seq(self.last_seq)
    }

    /// A record of something that `user` did in a room.
    fn record(&mut self, now: UnixMs, user: &User, room: RoomId, kind: RecordKind, text: String) -> Record {
        Record {
            seq: self.next_seq(),
            at: now,
            place: Place::Room(room),
            source: user.source.to_string(),
            account: self.account_name(user).cloned(),
            kind,
            tags: user.own_tags().to_owned(),
            text,
        }
    }

    /// What stays of somebody's coming or going in a room, by themselves or by `user`, which everybody there has `seen` or
    /// not.
    fn trace(
        &mut self,
        now: UnixMs,
        (user, seen): (&User, bool),
        room: RoomId,
        kind: RecordKind,
        text: String,
    ) -> Trace {
        if seen {
            return Trace::Record(self.record(now, user, room, kind, text));
        }
        self.last_passing += 1;
        Trace::Passing(self.last_passing)
    }

    fn known(&self, user: UserId) -> Result<&User, Refusal> {
        self.users.get(&user).ok_or(Refusal::Gone)
    }

    fn known_room(&self, room: RoomId) -> Result<&Room, Refusal> {
        self.rooms.get(&room).ok_or(Refusal::Gone)
    }
}
