//! Messages that are sent again under the nonce they had the first time (docs/protocol.md, "`klatch.chat/nonce`"): each is
//! answered as the first one was or should have been, and nobody else hears of it.

use klatch_protocol::UnixMs;

use super::talk::say_first;
use crate::hub::{
    io::{Answer, Query, RecordKind, Seq},
    publish::Repeat,
    session::Job,
    turn::Turn,
    world::{Before, nonce_of},
};

/// What is to be done with a message.
pub(super) enum Verdict {
    /// It was not said before, or nobody can be asked.
    First,
    /// It is answered, or will be when the store has told.
    Done,
}

/// A message that waits for the store to tell whether it is a repeat.
#[derive(Debug)]
pub(in crate::hub) struct Stamped {
    target: String,
    kind: RecordKind,
    tags: String,
    text: String,
}

/// Looks whether a message was said before, and answers it if so.
pub(super) fn check(turn: &mut Turn<'_>, target: &str, kind: RecordKind, tags: &str, text: &str) -> Verdict {
    let account = turn.myself().and_then(|user| user.account);
    let Some((account, nonce)) = account.zip(nonce_of(tags).filter(|_| kind != RecordKind::Tagmsg)) else {
        return Verdict::First;
    };
    match turn.world().before(account, &nonce) {
        Before::Never => return Verdict::First,
        Before::Said(seq, at) => answer(turn, target, kind, (tags, text), (seq, at)),
        Before::AskStore => {
            let message = Stamped { target: target.to_owned(), kind, tags: tags.to_owned(), text: text.to_owned() };
            turn.ask(Query::Nonce { account, nonce }, Job::Say(Box::new(message)));
        }
    }
    Verdict::Done
}

/// The store has told. Meanwhile another connection of the account may have said it.
pub(super) fn go_on(turn: &mut Turn<'_>, message: &Stamped, told: Answer) {
    let Stamped { target, kind, tags, text } = message;
    let account = turn.myself().and_then(|user| user.account);
    let meanwhile = account.zip(nonce_of(tags)).map(|(account, nonce)| turn.world().before(account, &nonce));
    match (meanwhile, told) {
        (Some(Before::Said(seq, at)), _) | (_, Answer::Nonce(Some((seq, at)))) => {
            answer(turn, target, *kind, (tags, text), (seq, at));
        }
        (_, Answer::Nonce(None)) => say_first(turn, target, *kind, tags, text),
        _ => {
            let command = if *kind == RecordKind::Notice { "NOTICE" } else { "PRIVMSG" };
            turn.fail(
                command,
                "TEMPORARILY_UNAVAILABLE",
                &[target],
                "It cannot be told now whether this was said before",
            );
        }
    }
}

fn answer(turn: &mut Turn<'_>, target: &str, kind: RecordKind, (tags, text): (&str, &str), (seq, at): (Seq, UnixMs)) {
    let Some(user) = turn.me() else { return };
    turn.hub.show_repeat(user, &Repeat { target, seq, at, kind, tags, text }, &mut turn.reply);
}
