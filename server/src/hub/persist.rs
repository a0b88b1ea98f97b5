//! What of a change has to be on disk.

use klatch_protocol::UnixMs;

use super::{
    io::{NonceRow, Record, RecordKind, RoomId, Write},
    world::{Change, MessageId, ModeChange, Room, Trace, World, nonce_of},
};

/// Adds the writes of one change, in order.
pub fn keep(change: Change, world: &World, writes: &mut Vec<Write>) {
    match change {
        Change::AccountCreated(row) => writes.push(Write::CreateAccount(row)),
        Change::HashSet(account, hash) => writes.push(Write::SetHash { account, hash }),
        Change::OwnerCodeUsed => writes.push(Write::UseOwnerCode),
        Change::InviteUsed(code) => writes.push(Write::UseInvite { code }),
        Change::InviteAdded(code, at) => writes.push(Write::AddInvite { code, at }),
        Change::Banned(ban) => writes.push(Write::AddBan(ban)),
        Change::Unbanned(id) => writes.push(Write::RemoveBan(id)),
        Change::RoomCreated(row) => writes.push(Write::CreateRoom(row)),
        Change::RoomDeleted(room) => writes.push(Write::DeleteRoom(room)),
        Change::ForwardGone(room) => writes.extend(world.room(room).map(set_room)),
        Change::Joined { user, room, enrolled, at, trace } => {
            let account = world.user(user).and_then(|user| user.account);
            if let (Some(account), Some(ranks)) = (account, enrolled) {
                writes.push(Write::Join { room, account, ranks, at });
            }
            writes.extend(trace.kept().map(Write::Record));
        }
        Change::Enrolled { room, account, ranks, at } => {
            writes.push(Write::Join { room, account, ranks, at });
        }
        Change::Parted { user, room, trace, .. } => {
            if let Some(account) = world.user(user).and_then(|user| user.account) {
                writes.push(Write::Part { room, account });
            }
            writes.extend(trace.kept().map(Write::Record));
        }
        Change::Kicked { whom, room, trace, .. } => {
            if let Some(account) = world.user(whom).and_then(|user| user.account) {
                writes.push(Write::Part { room, account });
            }
            writes.extend(trace.kept().map(Write::Record));
        }
        Change::Left { user, traces, at, .. } => {
            writes.extend(traces.into_iter().filter_map(Trace::kept).map(Write::Record));
            writes.extend(user.account.map(|account| Write::Seen { account, at }));
        }
        Change::RoomModesSet { room, changes, record } => {
            keep_modes(room, &changes, record.at, world, writes);
            writes.push(Write::Record(record));
        }
        Change::RoomRenamed { room, from, .. } => {
            let Some(name) = world.room(room).map(|known| known.row.name.clone()) else { return };
            let forwarding = world.rooms().filter(|other| other.row.settings.forward.as_ref() == Some(&name));
            writes.extend(forwarding.map(set_room));
            writes.push(Write::RenameRoom { room, from, name });
        }
        Change::TopicSet { room, topic, record, .. } => {
            writes.push(Write::SetTopic { room, topic });
            writes.push(Write::Record(record));
        }
        Change::DisplaySet(user) => {
            if let Some((account, user)) = world.user(user).and_then(|user| user.account.zip(Some(user))) {
                writes.push(Write::SetDisplay { account, display: user.display.clone() });
            }
        }
        Change::Said { by, at, id: MessageId::Kept(seq), place: Some(place), kind, tags, text, .. } => {
            let Some(user) = world.user(by) else { return };
            let (source, account) = (user.source.to_string(), world.account_name(user).cloned());
            let stamp = nonce_of(&tags).filter(|_| kind != RecordKind::Tagmsg);
            writes.push(Write::Record(Record { seq, at, place, source, account, kind, tags, text }));
            let stamp = user.account.zip(stamp);
            writes.extend(stamp.map(|(account, nonce)| Write::Nonce(NonceRow { account, nonce, seq, at })));
        }
        Change::Redacted { seq, record, .. } => {
            writes.push(Write::Redact(seq));
            writes.push(Write::Record(record));
        }
        Change::Marked { user, target, at } => {
            if let Some(account) = world.user(user).and_then(|user| user.account) {
                writes.push(Write::Mark { account, target: world.fold(&target).to_string(), at });
            }
        }
        Change::MetadataSet { kept: Some(subject), key, value, .. } => {
            writes.push(Write::SetMetadata { subject, key, value });
        }
        Change::Said { .. }
        | Change::MetadataSet { .. }
        | Change::Entered(_)
        | Change::LoggedIn(_)
        | Change::Renamed { .. }
        | Change::AwaySet(_)
        | Change::ModesSet { .. }
        | Change::RankSet(_)
        | Change::Invited { .. } => {}
    }
}

fn set_room(room: &Room) -> Write {
    Write::SetRoom { room: room.row.id, settings: room.row.settings.clone() }
}

/// What is left of mode changes: the settings as they are now, and each mask and rank.
fn keep_modes(room: RoomId, changes: &[ModeChange], at: UnixMs, world: &World, writes: &mut Vec<Write>) {
    let Some(known) = world.room(room) else { return };
    let mut settings = false;
    for change in changes {
        match change {
            ModeChange::Mask(list, text, true) => {
                let mask = known.list(*list).find(|mask| mask.text == *text);
                writes.extend(mask.map(|mask| Write::AddMask { room, mask: mask.clone() }));
            }
            ModeChange::Mask(list, text, false) => {
                writes.push(Write::RemoveMask { room, list: *list, text: text.clone() });
            }
            ModeChange::Rank(_, whom, _) => {
                let account = world.user(*whom).and_then(|user| user.account);
                let kept = account.and_then(|account| known.kept.get(&account).map(|member| (account, member.ranks)));
                writes.extend(kept.map(|(account, ranks)| Write::Join { room, account, ranks, at }));
            }
            _ => settings = true,
        }
    }
    if settings {
        writes.push(set_room(known));
    }
}
