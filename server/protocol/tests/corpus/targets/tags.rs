//! Message tags: reading, escaping, and what a hostile value can do to the line it stands in.

use klatch_protocol::{
    LineBuilder, Message, Tags,
    tags::{escape_into, unescape},
};

/// The bytes are the tags of a line in wire form, and every value in them, unescaped or not, is one to be sent.
pub fn check(bytes: &[u8]) {
    let raw = String::from_utf8_lossy(bytes);
    let tags = Tags::from_raw(&raw);
    let mut last = std::collections::BTreeMap::new();
    for (key, value) in tags.iter() {
        assert!(!key.contains([';', '=']) && !value.contains(';'), "{key}={value} is more than one tag");
        last.insert(key, value);
    }
    for (key, value) in last {
        let plain = unescape(value);
        assert!(plain.len() <= value.len(), "an escape is longer than what it stands for");
        assert_eq!(tags.get(key), Some(plain.clone()), "the last {key} counts");
        assert!(tags.has(key));
        value_survives(&plain);
        value_survives(value);
    }
    let client: Vec<_> = tags.client_only().collect();
    assert!(client.iter().all(|(key, _)| key.starts_with('+') && tags.has(key)));
    value_survives(&raw);
    passing_on_changes_nothing(&raw);
}

/// A value that is escaped is one word without any separator, and comes out again as it went in.
fn value_survives(value: &str) {
    let mut escaped = String::new();
    escape_into(&mut escaped, value);
    assert!(!escaped.contains([' ', ';', '\r', '\n', '\0']), "{escaped:?}");
    let sent = value.replace('\0', "");
    assert_eq!(unescape(&escaped), sent);

    let line = LineBuilder::new().tag("before", "1").tag("k", value).tag("after", "2").command("X").end_bare();
    let message = Message::parse(&line).expect("a line with a tag is a message");
    let read = ["before", "k", "after"].map(|key| message.tags.get(key).expect("the tag is there").into_owned());
    assert_eq!(read, ["1".to_owned(), sent, "2".to_owned()]);
    assert_eq!((message.tags.iter().count(), message.command, message.params().len()), (3, "X", 0));
}

/// Tags that came in and are passed on as they are do not become anything else but tags.
fn passing_on_changes_nothing(raw: &str) {
    let line = LineBuilder::new().tag("id", "7").raw_tags(raw).command("X").end_bare();
    assert!(!line.contains(['\0', '\r', '\n']), "{line:?}");
    let message = Message::parse(&line).expect("a line with tags is a message");
    assert_eq!((message.command, message.params().len(), message.source), ("X", 0, None));
    if !raw.contains([' ', '\0', '\r', '\n']) {
        let passed: Vec<_> = message.tags.iter().skip(1).collect();
        assert_eq!(passed, Tags::from_raw(raw).iter().collect::<Vec<_>>());
    }
}
