//! SEARCH over what one may read (soju's `search` extension, doc/ext/search.md).

use klatch_protocol::{Caps, Message, Tags, UnixMs};

use super::history::{in_batch, place, replay};
use crate::hub::{
    io::{AccountId, Answer, Asker, Query, Scope, Search, neighbourhood},
    session::Job,
    turn::Turn,
    world::World,
};

/// The tokens of a search besides that of its line: it may look at a hundred thousand records, with one thread for all.
const COST: u32 = 9;

/// SEARCH `key=value;…`, escaped as message tags are.
pub(super) fn search(turn: &mut Turn<'_>, message: &Message<'_>) {
    if !turn.caps().contains(Caps::SEARCH) {
        return turn.unknown_command("SEARCH");
    }
    match parse(turn, message.param(0).unwrap_or_default()) {
        Ok(search) => {
            turn.costs(COST);
            let by = asker(turn);
            turn.ask(Query::Search { by, search: Box::new(search) }, Job::Search);
        }
        Err(attribute) => turn.fail("SEARCH", "INVALID_PARAMS", &[&attribute], "Invalid parameters"),
    }
}

/// What is wanted, or the attribute that cannot be.
fn parse(turn: &Turn<'_>, attributes: &str) -> Result<Search, String> {
    let user = turn.myself().ok_or("*")?;
    let account = World::correspondent(user).unwrap_or(AccountId(0));
    let mut search = Search {
        scope: Scope::All { account, rooms: user.rooms.clone() },
        from: None,
        after: None,
        before: None,
        text: None,
        limit: turn.hub.policy.history_page,
    };
    let tags = Tags::from_raw(attributes);
    let mut given = false;
    for (key, _) in tags.iter() {
        let value = tags.get(key).filter(|value| !value.is_empty()).ok_or(key)?;
        let time = || UnixMs::parse(&value).map(Some).ok_or(key);
        match key {
            "in" => search.scope = Scope::Place(place(turn, &value).ok_or(key)?),
            "from" => search.from = Some(value.into_owned()),
            "after" => search.after = time()?,
            "before" => search.before = time()?,
            "text" => search.text = Some(value.into_owned()),
            "limit" => {
                let limit = value.parse::<u32>().ok().filter(|limit| *limit > 0).ok_or(key)?;
                search.limit = limit.min(search.limit);
            }
            unknown => return Err(unknown.to_owned()),
        }
        given = true;
    }
    if given { Ok(search) } else { Err("*".to_owned()) }
}

/// Whose turn a search takes.
fn asker(turn: &mut Turn<'_>) -> Asker {
    match turn.myself().and_then(|user| user.account) {
        Some(account) => Asker::Account(account),
        None => Asker::Guests(neighbourhood(turn.session().peer.addr)),
    }
}

/// The store has answered.
pub(super) fn go_on(turn: &mut Turn<'_>, answer: &Answer) {
    let (context, text) = match answer {
        Answer::History(records) => return in_batch(turn, "soju.im/search", None, |turn| replay(turn, records)),
        Answer::Busy => (&["BUSY"][..], "Too many searches are waiting; try again in a moment"),
        Answer::TooLong => (&["TIMEOUT"][..], "The search took too long; narrow it down with in, after or before"),
        _ => (&[][..], "The search could not be run"),
    };
    turn.fail("SEARCH", "INTERNAL_ERROR", context, text);
}
