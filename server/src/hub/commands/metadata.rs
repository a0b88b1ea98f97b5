//! METADATA (ircv3.net "metadata", "METADATA client command").

use std::collections::BTreeMap;

use klatch_protocol::{Caps, Message, Numeric, RoomName};

use super::history::in_batch;
use crate::hub::{
    metadata::METADATA,
    room_view::sees,
    turn::Turn,
    world::{About, Command, MAX_KEYS, Refusal},
};

/// The most keys one connection subscribes to (`max-subs`).
const MAX_SUBSCRIPTIONS: usize = 100;
/// The most bytes of a key.
const MAX_KEY: usize = 32;
/// The most bytes of a value (`max-value-bytes`): what the longest names and key leave of a line.
const MAX_VALUE: usize = 300;
/// Keys of one answering line.
const KEYS_A_LINE: usize = 8;

/// The value of the capability.
pub(super) fn limits() -> String {
    format!("before-connect,max-subs={MAX_SUBSCRIPTIONS},max-keys={MAX_KEYS},max-value-bytes={MAX_VALUE}")
}

/// METADATA `<target> <subcommand> …`. While a connection registers it may only speak about itself.
pub(super) fn metadata(turn: &mut Turn<'_>, message: &Message<'_>) {
    if !turn.caps().intersects(METADATA) {
        return turn.unknown_command("METADATA");
    }
    let (Some(target), Some(subcommand)) = (message.given(0), message.given(1)) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["METADATA"]);
    };
    let params = message.params().get(2..).unwrap_or_default();
    match subcommand.to_ascii_uppercase().as_str() {
        "SUB" => subscribe(turn, params),
        "UNSUB" => unsubscribe(turn, params),
        "SUBS" => tell_subscriptions(turn),
        word @ ("GET" | "LIST" | "SET" | "CLEAR" | "SYNC") if turn.me().is_some() => {
            let Some(about) = find(turn, target) else { return invalid_target(turn, target) };
            match word {
                "GET" => get(turn, about, params),
                "LIST" => list(turn, about),
                "SET" => set(turn, about, params),
                "CLEAR" => clear(turn, about),
                _ => sync(turn, about),
            }
        }
        word @ ("GET" | "LIST" | "SET" | "CLEAR" | "SYNC") if target == "*" => before_connect(turn, word, params),
        "GET" | "LIST" | "SET" | "CLEAR" | "SYNC" => invalid_target(turn, target),
        _ => turn.fail("METADATA", "SUBCOMMAND_INVALID", &[subcommand], "No such subcommand"),
    }
}

/// What may be looked at under this name: oneself, somebody who does not hide, a room one is in.
fn find(turn: &Turn<'_>, target: &str) -> Option<About> {
    let me = turn.myself()?;
    if target == "*" {
        return Some(About::User(me.id));
    }
    if RoomName::looks_like(target) {
        let room = turn.world().room_by_name(target)?;
        return (room.present.contains_key(&me.id) || me.is_operator()).then_some(About::Room(room.row.id));
    }
    turn.world().by_nick(target).filter(|user| sees(Some(me), user)).map(|user| About::User(user.id))
}

fn get(turn: &mut Turn<'_>, about: About, keys: &[&str]) {
    in_named_batch(turn, about, |turn, target| {
        for key in keys {
            if !is_key(key) {
                invalid_key(turn, key);
                continue;
            }
            let value = turn.world().metadata(about).find(|(known, _)| known == key).map(|(_, value)| value.to_owned());
            tell(turn, target, key, value.as_deref());
        }
    });
}

fn list(turn: &mut Turn<'_>, about: About) {
    in_named_batch(turn, about, |turn, target| {
        let values = turn.hub.world.metadata(about);
        let lines: Vec<String> =
            values.map(|(key, value)| turn.hub.value_line(turn.reply.conn, target, key, Some(value))).collect();
        lines.into_iter().for_each(|line| turn.reply.push(line));
    });
}

fn set(turn: &mut Turn<'_>, about: About, params: &[&str]) {
    let (Some(user), Some(target)) = (turn.me(), turn.hub.name_of(about)) else { return };
    let Some((key, value)) = checked(turn, params) else { return };
    let command = Command::SetMetadata { user, about, key: key.to_owned(), value: value.map(str::to_owned) };
    match turn.apply(command) {
        Ok(_) => tell(turn, &target, key, value),
        Err(Refusal::NotOperator) => forbidden(turn, &target, key),
        Err(Refusal::TooMany) => turn.fail("METADATA", "LIMIT_REACHED", &[&target], "There are too many keys already"),
        Err(_) => turn.fail("METADATA", "KEY_NOT_SET", &[&target, key], "The key is not set"),
    }
}

/// A key and its value, if both may be.
fn checked<'a>(turn: &mut Turn<'_>, params: &[&'a str]) -> Option<(&'a str, Option<&'a str>)> {
    let (key, value) = (params.first().copied().unwrap_or_default(), params.get(1).copied());
    if !is_key(key) {
        invalid_key(turn, if key.is_empty() { "*" } else { key });
        return None;
    }
    if value.is_some_and(|value| value.len() > MAX_VALUE) {
        let text = format!("A value has at most {MAX_VALUE} bytes");
        match is_third(turn) {
            true => turn.fail("METADATA", "INVALID_VALUE", &[key], &text),
            false => turn.fail("METADATA", "VALUE_INVALID", &[], &text),
        }
        return None;
    }
    Some((key, value))
}

fn clear(turn: &mut Turn<'_>, about: About) {
    let (Some(user), Some(target)) = (turn.me(), turn.hub.name_of(about)) else { return };
    if !turn.world().may_describe(user, about) {
        return forbidden(turn, &target, "*");
    }
    let keys: Vec<String> = turn.world().metadata(about).map(|(key, _)| key.to_owned()).collect();
    in_named_batch(turn, about, |turn, target| {
        for key in keys {
            if turn.apply(Command::SetMetadata { user, about, key: key.clone(), value: None }).is_ok() {
                tell(turn, target, &key, None);
            }
        }
    });
}

fn sync(turn: &mut Turn<'_>, about: About) {
    in_named_batch(turn, about, |turn, _| turn.hub.sync(about, &mut turn.reply));
}

/// "The server MUST process each key in order".
fn subscribe(turn: &mut Turn<'_>, keys: &[&str]) {
    let mut done = Vec::new();
    for key in keys {
        if !is_key(key) {
            invalid_key(turn, key);
            continue;
        }
        let subscriptions = &mut turn.session().subscriptions;
        if subscriptions.len() >= MAX_SUBSCRIPTIONS && !subscriptions.contains(*key) {
            turn.fail("METADATA", "TOO_MANY_SUBS", &[key], "You are subscribed to too many keys");
            break;
        }
        subscriptions.insert((*key).to_owned());
        done.push(*key);
    }
    tell_keys(turn, Numeric::RPL_METADATASUBOK, &done);
    // What is known already is left to METADATA SYNC ("Postponed synchronization").
    let conn = turn.conn();
    let me = turn.myself().map(|user| (About::User(user.id), user.rooms.clone()));
    let Some((own, rooms)) = me.filter(|_| !done.is_empty()) else { return };
    for about in std::iter::once(own).chain(rooms.into_iter().map(About::Room)) {
        if turn.hub.has_news_for(conn, about)
            && let Some(target) = turn.hub.name_of(about)
        {
            turn.numeric(Numeric::RPL_METADATASYNCLATER, &[&target]);
        }
    }
}

fn unsubscribe(turn: &mut Turn<'_>, keys: &[&str]) {
    let (good, bad): (Vec<&str>, Vec<&str>) = keys.iter().partition(|key| is_key(key));
    for key in &good {
        turn.session().subscriptions.remove(*key);
    }
    tell_keys(turn, Numeric::RPL_METADATAUNSUBOK, &good);
    bad.into_iter().for_each(|key| invalid_key(turn, key));
}

fn tell_subscriptions(turn: &mut Turn<'_>) {
    let keys: Vec<String> = turn.session().subscriptions.iter().cloned().collect();
    in_batch(turn, "metadata-subs", None, |turn| {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        tell_keys(turn, Numeric::RPL_METADATASUBS, &keys);
    });
}

/// While a connection registers its values wait for it to come in.
fn before_connect(turn: &mut Turn<'_>, subcommand: &str, params: &[&str]) {
    match subcommand {
        "SET" => {
            let Some((key, value)) = checked(turn, params) else { return };
            let early = &mut turn.session().early_metadata;
            match value {
                Some(_) if early.len() >= MAX_KEYS && !early.contains_key(key) => {
                    return turn.fail("METADATA", "LIMIT_REACHED", &["*"], "There are too many keys already");
                }
                Some(value) => drop(early.insert(key.to_owned(), value.to_owned())),
                None => drop(early.remove(key)),
            }
            tell(turn, "*", key, value);
        }
        "CLEAR" => {
            let early = std::mem::take(&mut turn.session().early_metadata);
            in_batch(turn, "metadata", Some("*"), |turn| early.keys().for_each(|key| tell(turn, "*", key, None)));
        }
        _ => {
            let early = turn.session().early_metadata.clone();
            in_batch(turn, "metadata", Some("*"), |turn| match subcommand {
                "GET" => params.iter().for_each(|key| tell(turn, "*", key, early.get(*key).map(String::as_str))),
                _ => early.iter().for_each(|(key, value)| tell(turn, "*", key, Some(value))),
            });
        }
    }
}

impl Turn<'_> {
    /// What is known about oneself, or will be in a moment, "before RPL_ENDOFMOTD" ("Notifications").
    pub(in crate::hub) fn tell_own_metadata(&mut self) {
        if !self.caps().intersects(METADATA) {
            return;
        }
        let Some((about, nick)) = self.myself().map(|user| (About::User(user.id), user.nick.as_str().to_owned()))
        else {
            return;
        };
        let known = self.world().metadata(about).map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mut values: BTreeMap<String, String> = known.collect();
        values.extend(self.session().early_metadata.clone());
        in_batch(self, "metadata", Some(&nick), |turn| {
            values.iter().for_each(|(key, value)| tell(turn, &nick, key, Some(value)));
        });
    }

    /// What was set while the connection registered becomes so.
    pub(in crate::hub) fn settle_metadata(&mut self) {
        let Some(user) = self.me() else { return };
        for (key, value) in std::mem::take(&mut self.session().early_metadata) {
            // Too many keys at most, when the account has some already: then the rest is not kept.
            let _ = self.apply(Command::SetMetadata { user, about: About::User(user), key, value: Some(value) });
        }
    }
}

fn in_named_batch(turn: &mut Turn<'_>, about: About, work: impl FnOnce(&mut Turn<'_>, &str)) {
    let Some(target) = turn.hub.name_of(about) else { return };
    in_batch(turn, "metadata", Some(&target), |turn| work(turn, &target));
}

fn tell(turn: &mut Turn<'_>, target: &str, key: &str, value: Option<&str>) {
    let line = turn.hub.value_line(turn.reply.conn, target, key, value);
    turn.reply.push(line);
}

fn tell_keys(turn: &mut Turn<'_>, numeric: Numeric, keys: &[&str]) {
    for some in keys.chunks(KEYS_A_LINE) {
        turn.numeric(numeric, some);
    }
}

fn is_third(turn: &Turn<'_>) -> bool {
    turn.caps().contains(Caps::METADATA_3)
}

fn invalid_key(turn: &mut Turn<'_>, key: &str) {
    let code = if is_third(turn) { "INVALID_KEY" } else { "KEY_INVALID" };
    turn.fail("METADATA", code, &[key], "A key has 1 to 32 of a-z, 0-9, _ . / and -");
}

fn invalid_target(turn: &mut Turn<'_>, target: &str) {
    turn.fail("METADATA", "INVALID_TARGET", &[target], "There is nobody and nothing of that name for you");
}

fn forbidden(turn: &mut Turn<'_>, target: &str, key: &str) {
    turn.fail("METADATA", "KEY_NO_PERMISSION", &[target, key], "You may not change that");
}

/// "Key names are restricted to the ranges a-z, 0-9, and _./-".
fn is_key(key: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_./-".contains(&b);
    (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(allowed)
}
