//! What of a change has to be on disk.

use klatch_protocol::fold;

use super::{
    io::{Record, Write},
    world::{Change, MessageId, World},
};

/// Adds the writes of one change, in order.
pub fn keep(change: Change, world: &World, writes: &mut Vec<Write>) {
    match change {
        Change::AccountCreated(row) => writes.push(Write::CreateAccount(row)),
        Change::OwnerCodeUsed => writes.push(Write::UseOwnerCode),
        Change::InviteUsed(code) => writes.push(Write::UseInvite { code }),
        Change::InviteAdded(code, at) => writes.push(Write::AddInvite { code, at }),
        Change::RoomCreated(row) => writes.push(Write::CreateRoom(row)),
        Change::RoomDeleted(room) => writes.push(Write::DeleteRoom(room)),
        Change::Joined { user, room, enrolled, record } => {
            let account = world.user(user).and_then(|user| user.account);
            if let (Some(account), Some(operator)) = (account, enrolled) {
                writes.push(Write::Join { room, account, operator, at: record.at });
            }
            writes.push(Write::Record(record));
        }
        Change::Enrolled { room, account, operator, at } => {
            writes.push(Write::Join { room, account, operator, at });
        }
        Change::Parted { user, room, record, .. } => {
            if let Some(account) = world.user(user).and_then(|user| user.account) {
                writes.push(Write::Part { room, account });
            }
            writes.push(Write::Record(record));
        }
        Change::Kicked { whom, room, record, .. } => {
            if let Some(account) = world.user(whom).and_then(|user| user.account) {
                writes.push(Write::Part { room, account });
            }
            writes.push(Write::Record(record));
        }
        Change::Left { user, records, at, .. } => {
            writes.extend(records.into_iter().map(Write::Record));
            writes.extend(user.account.map(|account| Write::Seen { account, at }));
        }
        Change::OperatorSet { whom, room, on, record, .. } => {
            if let Some(account) = world.user(whom).and_then(|user| user.account) {
                writes.push(Write::Join { room, account, operator: on, at: record.at });
            }
            writes.push(Write::Record(record));
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
            writes.push(Write::Record(Record { seq, at, place, source, account, kind, tags, text }));
        }
        Change::Redacted { seq, .. } => writes.push(Write::Redact(seq)),
        Change::Marked { user, target, at } => {
            if let Some(account) = world.user(user).and_then(|user| user.account) {
                writes.push(Write::Mark { account, target: fold(&target).to_string(), at });
            }
        }
        Change::Said { .. }
        | Change::Entered(_)
        | Change::LoggedIn(_)
        | Change::Renamed { .. }
        | Change::AwaySet(_)
        | Change::ModesSet { .. }
        | Change::RankSet(_)
        | Change::Invited { .. } => {}
    }
}
