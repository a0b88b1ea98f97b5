//! Lines as the parser takes them apart, and as they are built again.

use klatch_protocol::{LineBuilder, Message, encode::MAX_LINE, message::MAX_PARAMS};

/// The bytes are one line; what is not UTF-8 never reaches the parser, so it is replaced.
pub fn check(bytes: &[u8]) {
    let line = String::from_utf8_lossy(bytes);
    let Ok(message) = Message::parse(&line) else { return };
    assert!(message.params().len() <= MAX_PARAMS);
    assert!(!message.command.is_empty() && message.command.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    parts_lie_in_the_line(&message, &line);
    assert_eq!(Message::parse(&message.to_string()).as_ref(), Ok(&message), "what is shown is what was read");
    what_is_built_is_read_back(&message);
}

/// Every part is a slice of the line, and they stand in it in their order.
fn parts_lie_in_the_line(message: &Message<'_>, line: &str) {
    let source = message.source.map(|source| [Some(source.name), source.user, source.host]).unwrap_or_default();
    let parts = [message.tags.raw()].into_iter().chain(source.into_iter().flatten());
    let parts = parts.chain([message.command]).chain(message.params().iter().copied());
    let mut from = line.as_ptr().addr();
    for part in parts.filter(|part| !part.is_empty()) {
        let start = part.as_ptr().addr();
        assert!(start >= from, "{part:?} stands out of its place");
        from = start + part.len();
    }
    assert!(from <= line.as_ptr().addr() + line.len(), "a part ends outside of the line");
}

/// The line that is built of the parts of another holds the same, unless something in it could break out.
fn what_is_built_is_read_back(message: &Message<'_>) {
    let builder = LineBuilder::new().raw_tags(message.tags.raw());
    let builder = message.source.iter().fold(builder, LineBuilder::source).command(message.command);
    let builder = message.params().iter().fold(builder, LineBuilder::param);
    let (bare, line) = (builder.clone().end_bare(), builder.end());
    assert!(!bare.contains(['\0', '\r', '\n']), "{bare:?}");
    let cut = line.strip_suffix("\r\n").expect("a line has an end");
    assert!(bare.starts_with(cut) && !cut.contains(['\0', '\r', '\n']), "{line:?}");
    let body = cut.strip_prefix('@').and_then(|rest| rest.split_once(' ')).map_or(cut, |(_, body)| body);
    assert!(body.len() + 2 <= MAX_LINE, "{line:?}");

    let again = Message::parse(&bare).expect("what was built is a message");
    assert_eq!((again.command, again.params().len()), (message.command, message.params().len()));
    let clean = |text: &str| !text.contains(['\0', '\r', '\n']);
    let given = message.params().iter().rev().skip(1);
    if clean(&message.to_string()) && given.clone().all(|param| !param.is_empty()) {
        assert_eq!(&again, message);
    }
}
