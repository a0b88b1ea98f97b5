//! What sets things right once there is no more trouble, so that everybody can be everywhere in the end.

use klatch::session::Request;
use klatch_server::hub::io::{Input, OperatorVerb, Ticket};

use crate::world::{NAMES, TEA, TROUBLE, World};

/// One thing that somebody does, or that is done about them.
type Remedy = fn(&mut World, usize);

/// When everybody does what, in milliseconds after the start. Bans of the room are taken back once its founder must have come
/// in, who may: nobody else may have to be there. Whom they kept out comes after that.
pub(crate) const REMEDIES: [(u64, Remedy); 6] = [
    (TROUBLE + 60_000, gather),
    (TROUBLE + 62_000, forgive),
    (TROUBLE + 90_000, gather),
    (TROUBLE + 95_000, open_the_room),
    (TROUBLE + 100_000, gather),
    (TROUBLE + 145_000, ask_for_markers),
];

/// Whoever is not in the room goes there.
fn gather(world: &mut World, index: usize) {
    if !world.clients[index].model.room(TEA).is_some_and(|room| room.joined) {
        world.ask(index, Request::Join { room: TEA.to_owned(), key: None });
    }
}

/// The operator of the server takes back all bans: a clock that was set back makes them last longer.
fn forgive(world: &mut World, index: usize) {
    let verb = OperatorVerb::Unban { target: world.clients[index].name.clone() };
    world.server.take(Input::Operator { ticket: Ticket(u64::MAX), verb });
}

/// Whoever may takes back all bans of the room.
fn open_the_room(world: &mut World, index: usize) {
    for nick in NAMES {
        world.ask(index, Request::Mode { target: TEA.to_owned(), change: format!("-b {nick}!*@*") });
    }
}

/// How far everybody has read is asked for, as new devices do.
fn ask_for_markers(world: &mut World, index: usize) {
    let lines = world.clients[index].ask_for_markers(world.time);
    world.send(index, lines);
}
