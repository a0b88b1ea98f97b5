//! What people do and what goes wrong while there is trouble.

use klatch::session::Request;
use klatch_server::hub::io::{Input, OperatorVerb, Ticket};

use crate::{
    network::Parcel,
    server::{Killed, unpack},
    world::{Broken, NAMES, TEA, World},
};

/// The farthest a clock jumps, in milliseconds.
const JUMP: u64 = 600_000;

/// One thing happens.
pub(crate) fn happen(world: &mut World) {
    let index = usize::try_from(world.chance.below(world.clients.len() as u64)).unwrap();
    let deed = world.chance.below(100);
    world.trace(|| format!("deed {deed} of {}", world.clients[index].name));
    match deed {
        0..43 => say(world, index),
        43..46 => take_back(world, index),
        46..48 => ban_from_room(world, index),
        48..50 => ban_from_server(world, index),
        50..58 => look(world, index),
        58..66 => world.ask(index, Request::Join { room: TEA.to_owned(), key: None }),
        66..68 => world.ask(index, Request::Part { room: TEA.to_owned(), reason: None }),
        68..70 => {
            let nick = (*world.chance.pick(&NAMES)).to_owned();
            world.ask(index, Request::Kick { room: TEA.to_owned(), nick, reason: None });
        }
        70..80 => cut(world, index),
        80..85 => {
            let length = world.chance.below(30_000);
            if let Some(conn) = world.clients[index].link {
                world.net.stall(world.time, conn, length);
            }
        }
        85..89 => kill_client(world, index),
        89..94 => kill_server(world),
        94..96 => world.server.disk.full_until = world.time + world.chance.below(5_000),
        96..98 => world.server.disk.slow_until = world.time + world.chance.below(10_000),
        98 => world.clients[index].skew = jump(world),
        _ => world.server.skew = jump(world),
    }
}

/// Somebody, who may not be allowed to, bans another one from the room, where they can stay but not talk, and may throw them
/// out besides; or takes such a ban back.
fn ban_from_room(world: &mut World, index: usize) {
    let nick = (*world.chance.pick(&NAMES)).to_owned();
    let sign = if world.chance.once_in(3) { '-' } else { '+' };
    world.ask(index, Request::Mode { target: TEA.to_owned(), change: format!("{sign}b {nick}!*@*") });
    if sign == '+' && world.chance.once_in(2) {
        world.ask(index, Request::Kick { room: TEA.to_owned(), nick, reason: None });
    }
}

/// The operator of the server throws somebody out, who cannot come back for a while.
fn ban_from_server(world: &mut World, index: usize) {
    let length = Some(1_000 + world.chance.below(15_000));
    let verb = OperatorVerb::Ban { target: world.clients[index].name.clone(), length, reason: "enough".to_owned() };
    world.server.take(Input::Operator { ticket: Ticket(u64::MAX), verb });
}

fn say(world: &mut World, index: usize) {
    if !world.clients[index].arrived {
        return;
    }
    let to = match world.chance.below(10) {
        0..5 => "#lobby",
        5..8 => TEA,
        _ => *world.chance.pick(&NAMES),
    };
    let lines = if world.chance.once_in(4) { 1 + world.chance.below(8) } else { 1 };
    for _ in 0..lines {
        let lines = world.clients[index].say(world.time, to);
        world.send(index, lines);
    }
}

/// Somebody, who may not be allowed to, takes back something that they see, mostly of the newest.
fn take_back(world: &mut World, index: usize) {
    let rooms = world.clients[index].rooms();
    if !world.clients[index].arrived || rooms.is_empty() {
        return;
    }
    let room = world.chance.pick(&rooms).clone();
    let ids: Vec<String> = world.clients[index].ids_in(&room).into_iter().filter(|id| !id.is_empty()).collect();
    let reach = if world.chance.once_in(3) { ids.len() } else { ids.len().min(3) };
    if reach > 0 {
        let id = world.chance.pick(&ids[ids.len() - reach..]).clone();
        world.ask(index, Request::Raw(format!("REDACT {room} {id} :not so")));
    }
}

fn look(world: &mut World, index: usize) {
    let rooms = world.clients[index].rooms();
    if !rooms.is_empty() {
        let room = world.chance.pick(&rooms).clone();
        world.clients[index].look(&room);
        let lines = world.clients[index].mark_read(world.time, &room);
        world.send(index, lines);
    }
}

fn cut(world: &mut World, index: usize) {
    let slowest = if world.chance.once_in(3) { 40_000 } else { 1_000 };
    if let Some(conn) = world.clients[index].link {
        world.net.cut(world.time, conn, slowest, &mut world.chance);
    }
}

/// klatch is killed, and started again. What it had sent is lost on the way, or arrives all the same.
fn kill_client(world: &mut World, index: usize) {
    let (take_over, stale) = (world.chance.once_in(2), world.chance.once_in(4));
    if let Some(conn) = world.clients[index].link {
        if world.chance.once_in(2) {
            world.net.cut(world.time, conn, 60_000, &mut world.chance);
        } else {
            world.net.send(world.time, Parcel::EndAtServer(conn), &mut world.chance);
        }
    }
    let client = &mut world.clients[index];
    let kept = if stale { client.kept_before.clone() } else { client.kept.clone() };
    client.restart(world.time, take_over, kept, &mut world.chance);
}

fn kill_server(world: &mut World) {
    if !world.server.is_up() {
        return;
    }
    let how = *world.chance.pick(&[Killed::BeforeCommit, Killed::AfterCommit, Killed::HalfReleased]);
    let lying = world.broken == Some(Broken::Durability);
    let told = world.server.kill(how, lying, &mut world.chance);
    world.tell(unpack(told));
    world.server.up_at = world.time + world.chance.below(8_000);
    world.net.cut_all(world.time, 2_000, &mut world.chance);
}

fn jump(world: &mut World) -> i64 {
    world.chance.below(2 * JUMP).cast_signed() - JUMP.cast_signed()
}
