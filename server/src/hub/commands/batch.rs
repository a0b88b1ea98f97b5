//! BATCH from clients, which is for messages of several lines (ircv3.net "client-batch", "multiline").

use klatch_protocol::{Caps, Message};

use super::talk::{self, client_only};
use crate::hub::{
    io::RecordKind,
    multiline::{Piece, append},
    render::{BATCH_TYPE, CONCAT_TAG},
    reply::Reply,
    turn::Turn,
};

/// The most bytes of all lines together, and the most lines: the capability's value.
pub(super) const MAX_BYTES: usize = 4096;
pub(super) const MAX_LINES: usize = 32;
/// The most bytes of a reference tag.
const MAX_REFERENCE: usize = 64;

/// A batch that a client has opened.
#[derive(Debug)]
pub(in crate::hub) struct Draft {
    reference: String,
    target: String,
    /// Client-only tags of the opening line, for the whole message.
    tags: String,
    kind: Option<RecordKind>,
    text: String,
    lines: usize,
    /// With the label of the opening line; answered when the batch ends. `None` after a fault: what still comes is ignored.
    reply: Option<Reply>,
}

/// Why a batch is no message: the FAIL code with what belongs to it.
type Fault = (&'static str, Vec<String>, &'static str);

/// BATCH `+ref draft/multiline target`, BATCH `-ref`.
pub(super) fn batch(turn: &mut Turn<'_>, message: &Message<'_>) {
    if !turn.caps().contains(Caps::MULTILINE) {
        return turn.unknown_command("BATCH");
    }
    match message.given(0).map(|reference| (reference.get(..1), reference.get(1..).unwrap_or_default())) {
        Some((Some("+"), reference)) => open(turn, reference, message),
        Some((Some("-"), reference)) => close(turn, reference),
        _ => invalid_reference(turn, "*"),
    }
}

fn open(turn: &mut Turn<'_>, reference: &str, message: &Message<'_>) {
    let fits = !reference.is_empty()
        && reference.len() <= MAX_REFERENCE
        && reference.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !fits {
        return invalid_reference(turn, reference);
    }
    if turn.session().draft.as_ref().is_some_and(|draft| draft.reply.is_some()) {
        return break_off(turn, ("MULTILINE_INVALID", Vec::new(), "End the batch that is open first"));
    }
    let kind = message.param(1).unwrap_or_default();
    let Some(target) = message.given(2).filter(|_| kind == BATCH_TYPE) else {
        return turn.fail("BATCH", "UNKNOWN_TYPE", &[reference, kind], "Only draft/multiline with a target is known");
    };
    let conn = turn.conn();
    let draft = Draft {
        reference: reference.to_owned(),
        target: target.to_owned(),
        tags: client_only(message),
        kind: None,
        text: String::new(),
        lines: 0,
        reply: Some(std::mem::replace(&mut turn.reply, Reply::new(conn))),
    };
    turn.session().draft = Some(draft);
}

fn invalid_reference(turn: &mut Turn<'_>, reference: &str) {
    turn.fail(
        "BATCH",
        "INVALID_REFTAG",
        &[reference],
        "The reference tag is empty, too long or not of letters and digits",
    );
}

/// A line with a `batch` tag, or any message while a batch is open; whether it is dealt with by that.
pub(super) fn take(turn: &mut Turn<'_>, message: &Message<'_>) -> bool {
    if !turn.caps().contains(Caps::MULTILINE) {
        return false;
    }
    let speaks = message.is("PRIVMSG") || message.is("NOTICE");
    let tag = message.tags.get("batch");
    let Some(draft) = turn.session().draft.as_ref() else {
        if tag.is_some() {
            turn.fail("BATCH", "MULTILINE_INVALID", &[], "No such batch is open");
        }
        return tag.is_some();
    };
    let (broken, own) = (draft.reply.is_none(), tag.as_deref() == Some(draft.reference.as_str()));
    if broken || (tag.is_none() && !speaks) {
        return broken && own;
    }
    turn.reply.forget_label();
    if !own || !speaks {
        break_off(turn, ("MULTILINE_INVALID", Vec::new(), "Only lines of the open batch may come before its end"));
    } else if let Err(fault) = add(turn, message) {
        break_off(turn, fault);
    }
    true
}

fn add(turn: &mut Turn<'_>, message: &Message<'_>) -> Result<(), Fault> {
    let kind = if message.is("NOTICE") { RecordKind::Notice } else { RecordKind::Privmsg };
    let (target, text) = (message.param(0).unwrap_or_default(), message.param(1).unwrap_or_default());
    let piece = Piece { concat: message.tags.has(CONCAT_TAG), text };
    let fits = talk::fits(turn, target, text);
    let Some(draft) = turn.session().draft.as_mut() else { return Ok(()) };
    let invalid = |text| Err(("MULTILINE_INVALID", Vec::new(), text));
    if target != draft.target {
        let targets = vec![draft.target.clone(), target.to_owned()];
        return Err(("MULTILINE_INVALID_TARGET", targets, "All lines of a batch have its target"));
    }
    if *draft.kind.get_or_insert(kind) != kind {
        return invalid("PRIVMSG and NOTICE do not mix");
    }
    if piece.concat && (text.is_empty() || draft.lines == 0) {
        return invalid("Nothing to go on with");
    }
    if !fits {
        return invalid("A line is too long");
    }
    draft.lines += 1;
    if draft.lines > MAX_LINES {
        return Err(("MULTILINE_MAX_LINES", vec![MAX_LINES.to_string()], "The message has too many lines"));
    }
    match draft.lines {
        1 => draft.text.push_str(text),
        _ => append(&mut draft.text, piece),
    }
    // A joint counts as well, which the specification does not ask for; it is one byte a line.
    if draft.text.len() > MAX_BYTES {
        return Err(("MULTILINE_MAX_BYTES", vec![MAX_BYTES.to_string()], "The message is too long"));
    }
    Ok(())
}

/// The batch is over before its end: what still comes of it is ignored.
fn break_off(turn: &mut Turn<'_>, (code, context, text): Fault) {
    if let Some(reply) = turn.session().draft.as_mut().and_then(|draft| draft.reply.take()) {
        turn.reply = reply;
    }
    let context: Vec<&str> = context.iter().map(String::as_str).collect();
    turn.fail("BATCH", code, &context, text);
}

fn close(turn: &mut Turn<'_>, reference: &str) {
    let Some(draft) = turn.session().draft.take_if(|draft| draft.reference == reference) else {
        return turn.fail("BATCH", "MULTILINE_INVALID", &[], "No such batch is open");
    };
    let Some(reply) = draft.reply else { return };
    turn.reply = reply;
    match draft.kind {
        Some(kind) if !draft.text.trim_matches('\n').is_empty() => {
            talk::say_to(turn, &draft.target, kind, &draft.tags, &draft.text);
        }
        _ => turn.fail("BATCH", "MULTILINE_INVALID", &[], "The message is empty"),
    }
}
