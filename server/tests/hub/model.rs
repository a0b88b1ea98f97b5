//! The world against a model that is too simple to be wrong: who is where, who may do what, and what the store knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use klatch_protocol::{AccountName, Nick, RoomName, UnixMs};
use klatch_server::{
    hub::{
        io::{AccountId, Ranks, RecordKind, RoomId, Write},
        persist,
        policy::Policy,
        world::{Change, Command, ModeChange, Refusal, Target, UserId, World},
    },
    store::{Memory, Store},
};
use proptest::prelude::*;

const ROOMS: [&str; 4] = ["#lobby", "#a", "#b", "#c"];
const MAX_ROOMS: usize = 3;

/// One step of a story; people and rooms by number.
#[derive(Debug, Clone, Copy)]
enum Step {
    SignUp(usize),
    Enter(usize, bool),
    Leave(usize),
    Join(usize, usize),
    Part(usize, usize),
    Kick(usize, usize, usize),
    Operator(usize, usize, usize, bool),
    Topic(usize, usize),
    Say(usize, usize),
    Tell(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (who, room) = (0..5usize, 0..ROOMS.len());
    let step = prop_oneof![
        1 => who.clone().prop_map(Step::SignUp),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, proven)| Step::Enter(who, proven)),
        1 => who.clone().prop_map(Step::Leave),
        4 => (who.clone(), room.clone()).prop_map(|(who, room)| Step::Join(who, room)),
        2 => (who.clone(), room.clone()).prop_map(|(who, room)| Step::Part(who, room)),
        1 => (who.clone(), room.clone(), who.clone()).prop_map(|(who, room, whom)| Step::Kick(who, room, whom)),
        2 => (who.clone(), room.clone(), who.clone(), any::<bool>())
            .prop_map(|(who, room, whom, on)| Step::Operator(who, room, whom, on)),
        1 => (who.clone(), room.clone()).prop_map(|(who, room)| Step::Topic(who, room)),
        2 => (who.clone(), room).prop_map(|(who, room)| Step::Say(who, room)),
        1 => (who.clone(), who).prop_map(|(who, whom)| Step::Tell(who, whom)),
    ];
    prop::collection::vec(step, 1..60)
}

/// Who is where, in plain collections.
#[derive(Debug, Default)]
struct Model {
    accounts: BTreeSet<usize>,
    /// Who is here, and whether logged in.
    here: BTreeMap<usize, bool>,
    /// Of each room: who is in it, and with which ranks.
    present: BTreeMap<usize, BTreeMap<usize, Ranks>>,
    /// The same for the accounts that belong to it.
    kept: BTreeMap<usize, BTreeMap<usize, Ranks>>,
    /// Whose each room is.
    founders: BTreeMap<usize, usize>,
}

impl Model {
    fn exists(&self, room: usize) -> bool {
        self.present.contains_key(&room)
    }

    fn is_in(&self, who: usize, room: usize) -> bool {
        self.present.get(&room).is_some_and(|members| members.contains_key(&who))
    }

    fn ranks(&self, who: usize, room: usize) -> Ranks {
        self.present.get(&room).and_then(|members| members.get(&who)).copied().unwrap_or_default()
    }

    /// The ranks that count: those shown, and the founder's.
    fn standing(&self, who: usize, room: usize) -> Ranks {
        let founded = self.is_in(who, room) && self.here.get(&who) == Some(&true);
        let founder = if founded && self.founders.get(&room) == Some(&who) { Ranks::FOUNDER } else { Ranks::empty() };
        self.ranks(who, room) | founder
    }

    fn is_operator(&self, who: usize, room: usize) -> bool {
        self.standing(who, room).reach(Ranks::OPERATOR)
    }

    fn join(&mut self, who: usize, room: usize) {
        let made = !self.exists(room);
        let logged_in = self.here.get(&who).copied().unwrap_or_default();
        let kept = self.kept.entry(room).or_default();
        if made && room != 0 && logged_in {
            self.founders.insert(room, who);
        }
        let founded = logged_in && self.founders.get(&room) == Some(&who);
        let first = if founded || made && room != 0 { Ranks::OPERATOR } else { Ranks::empty() };
        let ranks = kept.get(&who).filter(|_| logged_in).copied().unwrap_or(first);
        if logged_in {
            kept.insert(who, ranks);
        }
        self.present.entry(room).or_default().insert(who, ranks);
    }

    fn remove(&mut self, who: usize, room: usize) {
        if let Some(members) = self.present.get_mut(&room) {
            members.remove(&who);
        }
        if self.here.get(&who) == Some(&true)
            && let Some(kept) = self.kept.get_mut(&room)
        {
            kept.remove(&who);
        }
        self.tidy();
    }

    /// Rooms to which nobody belongs are gone, except the lobby.
    fn tidy(&mut self) {
        let empty = |map: &BTreeMap<usize, BTreeMap<usize, Ranks>>, room| map.get(&room).is_none_or(BTreeMap::is_empty);
        for room in 1..ROOMS.len() {
            if empty(&self.present, room) && empty(&self.kept, room) {
                self.present.remove(&room);
                self.kept.remove(&room);
                self.founders.remove(&room);
            }
        }
    }
}

/// The world, the model and the store, led through the same story.
struct Story {
    world: World,
    model: Model,
    store: Memory,
    users: BTreeMap<usize, UserId>,
    now: UnixMs,
}

impl Story {
    fn new() -> Self {
        let store = Memory::new(7, "code".into());
        let policy = Policy { max_rooms: MAX_ROOMS, ..Policy::default() };
        let world = World::new(Arc::new(policy), store.load().unwrap());
        Story { world, model: Model::default(), store, users: BTreeMap::new(), now: UnixMs(0) }
    }

    fn apply(&mut self, command: Command) -> Result<Vec<String>, Refusal> {
        self.now.0 += 1;
        let changes = self.world.apply(self.now, command)?;
        let names = changes.iter().map(|change| format!("{change:?}")).collect();
        let mut writes = Vec::new();
        for change in changes {
            if let Change::Entered(user) = change {
                let nick = self.world.user(user).unwrap().nick.as_str().to_owned();
                self.users.insert(nick[4..].parse().unwrap(), user);
            }
            persist::keep(change, &self.world, &mut writes);
        }
        self.check_order(&writes);
        self.store.commit(&writes).unwrap();
        Ok(names)
    }

    /// Records come in one order without gaps.
    fn check_order(&self, writes: &[Write]) {
        let mut last = self.store.load().unwrap().last_seq;
        for write in writes {
            if let Write::Record(record) = write {
                assert_eq!(record.seq.0, last + 1, "a gap in the order");
                last = record.seq.0;
            }
        }
    }

    fn step(&mut self, step: Step) {
        let name = |who: usize| AccountName::new(&format!("user{who}")).unwrap();
        match step {
            Step::SignUp(who) => {
                let by = self.users.get(&who).copied();
                let command =
                    Command::CreateAccount { name: name(who), display: "d".into(), hash: "h".into(), code: None, by };
                // Somebody here signs up for themselves in another command; here only newcomers do.
                if by.is_none() {
                    assert_eq!(self.apply(command).is_ok(), self.model.accounts.insert(who));
                }
            }
            Step::Enter(who, proven) => self.enter(who, proven, &name(who)),
            Step::Leave(who) => {
                if let Some(user) = self.users.remove(&who) {
                    self.apply(Command::Leave { user, reason: "r".into() }).unwrap();
                    self.model.here.remove(&who);
                    for members in self.model.present.values_mut() {
                        members.remove(&who);
                    }
                    self.model.tidy();
                }
            }
            other => self.act(other),
        }
    }

    fn enter(&mut self, who: usize, proven: bool, name: &AccountName) {
        let registered = self.model.accounts.contains(&who);
        let account = self.world.account_by_name(name.as_str()).map(|account| account.row.id).filter(|_| proven);
        let away = None;
        let command = Command::Enter { nick: Nick::from(name), ident: "i".into(), display: "d".into(), account, away };
        let allowed = !self.model.here.contains_key(&who) && (!registered || proven);
        assert_eq!(self.apply(command).is_ok(), allowed);
        if !allowed {
            return;
        }
        self.model.here.insert(who, registered);
        let own: Vec<usize> =
            self.model.kept.iter().filter(|(_, kept)| registered && kept.contains_key(&who)).map(|(r, _)| *r).collect();
        for room in [0].into_iter().chain(own.into_iter().filter(|room| *room != 0)) {
            self.model.join(who, room);
        }
    }

    fn act(&mut self, step: Step) {
        let (Step::Join(who, room)
        | Step::Part(who, room)
        | Step::Kick(who, room, _)
        | Step::Operator(who, room, _, _)
        | Step::Topic(who, room)
        | Step::Say(who, room)
        | Step::Tell(who, room)) = step
        else {
            return;
        };
        let Some(user) = self.users.get(&who).copied() else { return };
        let id = self.world.room_by_name(ROOMS[room % ROOMS.len()]).map_or(RoomId(u64::MAX), |room| room.row.id);
        let someone = |whom: usize| self.users.get(&whom).copied().unwrap_or(UserId(u64::MAX));
        match step {
            Step::Join(..) => {
                let rooms = self.model.present.values().filter(|members| members.contains_key(&who)).count();
                let allowed = !self.model.is_in(who, room) && rooms < MAX_ROOMS;
                let command = Command::Join { user, room: RoomName::new(ROOMS[room]).unwrap(), key: None };
                assert_eq!(self.apply(command).is_ok(), allowed);
                if allowed {
                    self.model.join(who, room);
                }
            }
            Step::Part(..) => {
                let allowed = self.model.is_in(who, room);
                assert_eq!(self.apply(Command::Part { user, room: id, reason: String::new() }).is_ok(), allowed);
                if allowed {
                    self.model.remove(who, room);
                }
            }
            Step::Kick(_, _, whom) => {
                let allowed = self.model.is_in(whom, room)
                    && self.model.standing(who, room).may_kick(self.model.standing(whom, room));
                let command = Command::Kick { user, room: id, whom: someone(whom), reason: "out".into() };
                assert_eq!(self.apply(command).is_ok(), allowed);
                if allowed {
                    self.model.remove(whom, room);
                }
            }
            Step::Operator(_, _, whom, on) => {
                let own = who == whom && !on && self.model.is_in(who, room);
                let allowed = own || self.model.is_operator(who, room) && self.model.is_in(whom, room);
                let changes = vec![ModeChange::Rank(Ranks::OPERATOR, someone(whom), on)];
                let command = Command::SetRoomModes { user, room: id, changes };
                assert_eq!(self.apply(command).is_ok(), allowed);
                if allowed {
                    let mut ranks = self.model.ranks(whom, room);
                    ranks.set(Ranks::OPERATOR, on);
                    self.model.present.get_mut(&room).unwrap().insert(whom, ranks);
                    if self.model.here[&whom] {
                        self.model.kept.get_mut(&room).unwrap().insert(whom, ranks);
                    }
                }
            }
            Step::Topic(..) => {
                let command = Command::SetTopic { user, room: id, text: format!("by {who}") };
                assert_eq!(self.apply(command).is_ok(), self.model.is_operator(who, room));
            }
            Step::Say(..) => assert_eq!(self.say(user, Target::Room(id)).is_ok(), self.model.is_in(who, room)),
            Step::Tell(_, whom) => {
                let here = self.model.here.contains_key(&whom);
                assert_eq!(self.say(user, Target::User(someone(whom))).is_ok(), here);
            }
            Step::SignUp(_) | Step::Enter(..) | Step::Leave(_) => {}
        }
    }

    fn say(&mut self, user: UserId, to: Target) -> Result<Vec<String>, Refusal> {
        let (kind, tags) = (RecordKind::Privmsg, String::new());
        self.apply(Command::Say { user, to, kind, tags, text: "t".into() })
    }

    /// The world says the same as the model, and what the store kept would make the same world again.
    fn check(&self) {
        let number = |user: UserId| self.users.iter().find(|(_, id)| **id == user).map(|(who, _)| *who).unwrap();
        for (index, name) in ROOMS.iter().enumerate() {
            let room = self.world.room_by_name(name);
            assert_eq!(room.is_some(), self.model.exists(index), "{name}");
            let Some(room) = room else { continue };
            let present: BTreeMap<usize, Ranks> =
                room.present.iter().map(|(user, member)| (number(*user), member.ranks)).collect();
            assert_eq!(present, self.model.present[&index], "in {name}");
            for who in self.users.values().filter_map(|id| self.world.user(*id)) {
                assert_eq!(who.rooms.contains(&room.row.id), room.present.contains_key(&who.id));
            }
        }
        let kept = self.store.load().unwrap();
        let stored: BTreeSet<(RoomId, AccountId, Ranks)> = kept.members.iter().copied().collect();
        let rooms = self.world.rooms();
        let world: BTreeSet<(RoomId, AccountId, Ranks)> = rooms
            .flat_map(|room| room.kept.iter().map(|(account, member)| (room.row.id, *account, member.ranks)))
            .collect();
        assert_eq!(stored, world, "what the store keeps");
        let topics = |id| kept.rooms.iter().find(|row| row.id == id).map(|row| row.topic.clone());
        for room in self.world.rooms() {
            assert_eq!(topics(room.row.id), Some(room.row.topic.clone()), "{}", room.row.name);
        }
        assert_eq!(kept.last_seq, self.world.record_count());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn the_world_is_what_its_story_says(steps in steps()) {
        let mut story = Story::new();
        for step in steps {
            story.step(step);
            story.check();
        }
    }
}
