//! CHATHISTORY (ircv3.net "chathistory").

use klatch_protocol::{Caps, Message, Numeric, RoomName, UnixMs};

use super::{redact, repeat, search};
use crate::hub::{
    Hub,
    io::{AccountId, Anchor, Answer, Effects, Now, Page, Place, Query, Record, RecordKind, RoomId, Seq, Ticket},
    render::{Body, Line},
    session::{Job, Pending},
    turn::Turn,
    world::{MessageId, World},
};

/// Why a request cannot be answered: the FAIL code, what belongs to it, and its sentence.
struct Fault(&'static str, Option<String>, &'static str);

/// The tokens of a page besides that of its line.
const COST: u32 = 1;
/// The most targets of one answer. They are no messages, so the limit of a page is not theirs: a client has to be able to ask
/// for all that have one time, since it cannot go on behind some of them.
const MOST_TARGETS: u32 = 1_000;

/// CHATHISTORY with its subcommands.
pub(super) fn chathistory(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(subcommand) = message.given(0).map(str::to_ascii_uppercase) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["CHATHISTORY"]);
    };
    let asked = match subcommand.as_str() {
        "TARGETS" => targets(turn, message),
        "LATEST" | "BEFORE" | "AFTER" | "AROUND" | "BETWEEN" => page(turn, &subcommand, message),
        _ => Err(Fault("INVALID_PARAMS", None, "Unknown subcommand")),
    };
    if let Err(Fault(code, context, text)) = asked {
        let context = [Some(subcommand.as_str()), context.as_deref()];
        let context: Vec<&str> = context.into_iter().flatten().collect();
        turn.fail("CHATHISTORY", code, &context, text);
    }
}

fn page(turn: &mut Turn<'_>, subcommand: &str, message: &Message<'_>) -> Result<(), Fault> {
    let count = if subcommand == "BETWEEN" { 5 } else { 4 };
    let params = exactly(message, count)?;
    let (name, limit) = (params[1], limit(params[count - 1], turn.hub.policy.history_page)?);
    let anchor = |index: usize| anchor(turn, name, params[index]);
    let page = match subcommand {
        "LATEST" if params[2] == "*" => Page::Latest(None),
        "LATEST" => Page::Latest(Some(anchor(2)?)),
        "BEFORE" => Page::Before(anchor(2)?),
        "AFTER" => Page::After(anchor(2)?),
        "AROUND" => Page::Around(anchor(2)?),
        _ => Page::Between(anchor(2)?, anchor(3)?),
    };
    let invalid = || Fault("INVALID_TARGET", Some(name.to_owned()), "Messages could not be retrieved");
    let place = place(turn, name).ok_or_else(invalid)?;
    let events = turn.caps().contains(Caps::EVENT_PLAYBACK);
    turn.costs(COST);
    let job = Job::History { subcommand: subcommand.to_owned(), target: name.to_owned() };
    turn.ask(Query::History { place, page, limit, events }, job);
    Ok(())
}

fn targets(turn: &mut Turn<'_>, message: &Message<'_>) -> Result<(), Fault> {
    let params = exactly(message, 4)?;
    let limit = limit(params[3], MOST_TARGETS)?;
    let (from, to) = (time(params[1])?, time(params[2])?);
    let Some((account, rooms)) = turn.myself().map(|user| (World::correspondent(user), user.rooms.clone())) else {
        return Ok(());
    };
    turn.costs(COST);
    // No account has the number 0, so a guest who never talked to one asks for rooms only.
    let account = account.unwrap_or(AccountId(0));
    let guests = turn.world().users().filter_map(|user| user.correspondent).collect();
    turn.ask(Query::Targets { account, rooms, guests, from, to, limit }, Job::Targets);
    Ok(())
}

/// All parameters, if there are as many as there have to be.
fn exactly<'a>(message: &'a Message<'_>, count: usize) -> Result<&'a [&'a str], Fault> {
    match message.params().len() {
        given if given < count => Err(Fault("INVALID_PARAMS", None, "Insufficient parameters")),
        given if given > count => Err(Fault("INVALID_PARAMS", None, "Too many parameters")),
        _ => Ok(message.params()),
    }
}

fn limit(text: &str, most: u32) -> Result<u32, Fault> {
    match text.parse::<u32>() {
        Ok(limit) if limit > 0 => Ok(limit.min(most)),
        _ => Err(Fault("INVALID_PARAMS", Some(text.to_owned()), "Invalid limit")),
    }
}

fn time(text: &str) -> Result<UnixMs, Fault> {
    let time = text.strip_prefix("timestamp=").and_then(UnixMs::parse);
    time.ok_or_else(|| Fault("INVALID_PARAMS", Some(text.to_owned()), "Invalid timestamp"))
}

fn anchor(turn: &Turn<'_>, target: &str, text: &str) -> Result<Anchor, Fault> {
    match text.split_once('=') {
        Some(("timestamp", _)) => time(text).map(Anchor::Time),
        Some(("msgid", id)) => {
            let seq = turn.hub.ids.read(id).map(Anchor::Seq);
            seq.ok_or_else(|| Fault("INVALID_PARAMS", Some(text.to_owned()), "Unknown message id"))
        }
        Some(_) => {
            Err(Fault("INVALID_MSGREFTYPE", Some(target.to_owned()), "Messages are found by msgid= or timestamp="))
        }
        None => Err(Fault("INVALID_PARAMS", Some(text.to_owned()), "Invalid message reference")),
    }
}

/// What may be read under this name: a room one is in, or what one and another said to each other.
pub(super) fn place(turn: &Turn<'_>, name: &str) -> Option<Place> {
    let (world, user) = (turn.world(), turn.myself()?);
    if RoomName::looks_like(name) {
        let room = world.room_by_name(name).filter(|room| room.present.contains_key(&user.id))?;
        return Some(Place::Room(room.row.id));
    }
    let own = World::correspondent(user)?;
    let other = match world.by_nick(name) {
        Some(other) => World::correspondent(other)?,
        None => world.account_by_name(name)?.row.id,
    };
    Some(Place::direct(own, other))
}

impl Hub {
    /// The store has answered.
    pub(in crate::hub) fn resume_history(&mut self, now: Now, ticket: Ticket, answer: Answer, effects: &mut Effects) {
        let Some(Pending { job, reply, .. }) = self.take_pending(ticket) else { return };
        let conn = reply.conn;
        self.turn(now, reply, effects, |turn| match (job, answer) {
            (Job::History { target, .. }, Answer::History(records)) => send_page(turn, &target, &records),
            (Job::History { subcommand, target }, _) => {
                let text = "Messages could not be retrieved";
                turn.fail("CHATHISTORY", "MESSAGE_ERROR", &[&subcommand, &target], text);
            }
            (Job::Targets, Answer::Targets(targets)) => send_targets(turn, &targets),
            (Job::Targets, _) => {
                turn.fail("CHATHISTORY", "MESSAGE_ERROR", &["TARGETS"], "The list could not be retrieved");
            }
            (Job::Say(message), answer) => repeat::go_on(turn, &message, answer),
            (Job::Search, answer) => search::go_on(turn, &answer),
            (Job::Redact(redaction), Answer::Record(record)) => {
                redact::go_on(turn, redaction, record.map(|record| *record));
            }
            (Job::Redact(redaction), _) => redact::go_on(turn, redaction, None),
            // Tickets are never shared, so no other job can wait for this answer.
            (Job::LogIn { .. } | Job::Probe { .. } | Job::SignUp { .. } | Job::BecomeOperator { .. }, _) => {}
        });
        self.pump(now, conn, effects);
    }
}

pub(super) fn in_batch(turn: &mut Turn<'_>, kind: &str, target: Option<&str>, work: impl FnOnce(&mut Turn<'_>)) {
    let policy = turn.hub.policy.clone();
    let batched = turn.caps().contains(Caps::BATCH);
    if batched {
        let id = turn.hub.next_batch();
        turn.reply.open_batch(&policy.server_name, id, kind, target);
    }
    work(turn);
    if batched {
        turn.reply.close_batch(&policy.server_name);
    }
}

fn send_page(turn: &mut Turn<'_>, target: &str, records: &[Record]) {
    in_batch(turn, "chathistory", Some(target), |turn| replay(turn, records));
}

/// Lines as they were when they happened, to whoever asks now.
pub(super) fn replay(turn: &mut Turn<'_>, records: &[Record]) {
    let caps = turn.caps();
    for record in records {
        let Some(target) = shown_target(turn, record) else { continue };
        let name = |seq| turn.hub.ids.write(MessageId::Kept(seq));
        // As when it happened, a redaction has no id; it has that of what it takes back.
        let (id, redacted) = match redacted(record) {
            Some(seq) => (None, name(seq)),
            None => (Some(name(record.seq)), String::new()),
        };
        let account = record.account.as_ref().map(AsRef::as_ref);
        let body = body(record, &target, &redacted);
        let line = Line { source: &record.source, account, at: record.at, id, tags: &record.tags, body };
        if line.is_for(caps) {
            turn.reply.push(line.write(caps));
        }
    }
}

/// To whom a record went, by their present name: the room, or the one of two people who did not say it. `None` where the
/// asker may not read it any more: who was thrown out while the store looked gets nothing.
fn shown_target(turn: &Turn<'_>, record: &Record) -> Option<String> {
    let (world, user) = (turn.world(), turn.myself()?);
    match record.place {
        Place::Room(room) => own_room(turn, room),
        Place::Direct(a, b) => {
            // Of a guest's conversation only the other side has an account.
            let by_me = record.account.as_ref() == world.account_name(user);
            let other = if World::correspondent(user) == Some(a) { b } else { a };
            let name = if by_me { world.correspondent_name(other)? } else { user.nick.as_str() };
            Some(name.to_owned())
        }
    }
}

/// What a redaction takes back.
fn redacted(record: &Record) -> Option<Seq> {
    let text = (record.kind == RecordKind::Redact).then_some(record.text.as_str())?;
    text.split(' ').next()?.parse().ok().map(Seq)
}

/// What a record was when it happened; `redacted` is the id of what a redaction takes back.
fn body<'a>(record: &'a Record, target: &'a str, redacted: &'a str) -> Body<'a> {
    let text = record.text.as_str();
    match record.kind {
        RecordKind::Privmsg | RecordKind::Notice | RecordKind::Tagmsg => {
            Body::Message { kind: record.kind, target, text }
        }
        RecordKind::Join => Body::Join { room: target, display: text },
        RecordKind::Part => Body::Part { room: target, reason: text },
        RecordKind::Quit => Body::Quit { reason: text },
        RecordKind::Topic => Body::Topic { room: target, text },
        RecordKind::Kick => {
            let (whom, reason) = text.split_once(' ').unwrap_or((text, ""));
            Body::Kick { room: target, whom, reason }
        }
        RecordKind::Mode => Body::Mode { target, change: text },
        RecordKind::Redact => {
            let reason = text.split_once(' ').map(|(_, reason)| reason).filter(|reason| !reason.is_empty());
            Body::Redact { target, id: redacted, reason }
        }
    }
}

/// The name of a room that the asker is in.
fn own_room(turn: &Turn<'_>, room: RoomId) -> Option<String> {
    let (room, me) = (turn.world().room(room)?, turn.me()?);
    room.present.contains_key(&me).then(|| room.row.name.as_str().to_owned())
}

fn send_targets(turn: &mut Turn<'_>, targets: &[(Place, UnixMs)]) {
    let own = turn.myself().and_then(World::correspondent);
    in_batch(turn, "draft/chathistory-targets", None, |turn| {
        for (place, at) in targets {
            let world = turn.world();
            let name = match place {
                Place::Room(room) => own_room(turn, *room),
                Place::Direct(a, b) => {
                    world.correspondent_name(if Some(*a) == own { *b } else { *a }).map(str::to_owned)
                }
            };
            if let Some(name) = name {
                let at = at.to_string();
                turn.say_as_server(|line| line.command("CHATHISTORY").param("TARGETS").param(name).param(at));
            }
        }
    });
}
