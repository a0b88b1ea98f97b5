//! The published vectors for parsers: github.com/ircdocs/parser-tests, `tests/msg-split.yaml`, `tests/msg-join.yaml` and
//! `tests/userhost-split.yaml`, dedicated to the public domain (CC0) by Daniel Oaks; some of them come from grawity, Mozilla
//! and Sadie Powell. Only the inputs and results are kept here, as tables.
//!
//! `validate-hostname` is left out: klatchd shows addresses, never names of hosts.

use klatch_protocol::{LineBuilder, Message, Source};

/// Tags, source, command, parameters.
type Atoms = (&'static [(&'static str, &'static str)], Option<&'static str>, &'static str, &'static [&'static str]);

const GRAVEL: Option<&str> = Some("gravel.mozilla.org");

#[rustfmt::skip]
const SPLIT: &[(&str, Atoms)] = &[
    ("foo bar baz asdf", (&[], None, "foo", &["bar", "baz", "asdf"])),
    (":coolguy foo bar baz asdf", (&[], Some("coolguy"), "foo", &["bar", "baz", "asdf"])),
    ("foo bar baz :asdf quux", (&[], None, "foo", &["bar", "baz", "asdf quux"])),
    ("foo bar baz :", (&[], None, "foo", &["bar", "baz", ""])),
    ("foo bar baz ::asdf", (&[], None, "foo", &["bar", "baz", ":asdf"])),
    (":coolguy foo bar baz :asdf quux", (&[], Some("coolguy"), "foo", &["bar", "baz", "asdf quux"])),
    (":coolguy foo bar baz :  asdf quux ", (&[], Some("coolguy"), "foo", &["bar", "baz", "  asdf quux "])),
    (":coolguy PRIVMSG bar :lol :) ", (&[], Some("coolguy"), "PRIVMSG", &["bar", "lol :) "])),
    (":coolguy foo bar baz :", (&[], Some("coolguy"), "foo", &["bar", "baz", ""])),
    (":coolguy foo bar baz :  ", (&[], Some("coolguy"), "foo", &["bar", "baz", "  "])),
    ("@a=b;c=32;k;rt=ql7 foo", (&[("a", "b"), ("c", "32"), ("k", ""), ("rt", "ql7")], None, "foo", &[])),
    (r"@a=b\\and\nk;c=72\s45;d=gh\:764 foo", (&[("a", "b\\and\nk"), ("c", "72 45"), ("d", "gh;764")], None, "foo", &[])),
    ("@c;h=;a=b :quux ab cd", (&[("c", ""), ("h", ""), ("a", "b")], Some("quux"), "ab", &["cd"])),
    (":src JOIN #chan", (&[], Some("src"), "JOIN", &["#chan"])),
    (":src JOIN :#chan", (&[], Some("src"), "JOIN", &["#chan"])),
    (":src AWAY", (&[], Some("src"), "AWAY", &[])),
    (":src AWAY ", (&[], Some("src"), "AWAY", &[])),
    (":cool\tguy foo bar baz", (&[], Some("cool\tguy"), "foo", &["bar", "baz"])),
    (":coolguy!ag@net\x035w\x03ork.admin PRIVMSG foo :bar baz",
        (&[], Some("coolguy!ag@net\x035w\x03ork.admin"), "PRIVMSG", &["foo", "bar baz"])),
    (":coolguy!~ag@n\x02et\x0305w\x0fork.admin PRIVMSG foo :bar baz",
        (&[], Some("coolguy!~ag@n\x02et\x0305w\x0fork.admin"), "PRIVMSG", &["foo", "bar baz"])),
    ("@tag1=value1;tag2;vendor1/tag3=value2;vendor2/tag4= :irc.example.com COMMAND param1 param2 :param3 param3",
        (&[("tag1", "value1"), ("tag2", ""), ("vendor1/tag3", "value2"), ("vendor2/tag4", "")], Some("irc.example.com"),
            "COMMAND", &["param1", "param2", "param3 param3"])),
    (":irc.example.com COMMAND param1 param2 :param3 param3",
        (&[], Some("irc.example.com"), "COMMAND", &["param1", "param2", "param3 param3"])),
    ("@tag1=value1;tag2;vendor1/tag3=value2;vendor2/tag4 COMMAND param1 param2 :param3 param3",
        (&[("tag1", "value1"), ("tag2", ""), ("vendor1/tag3", "value2"), ("vendor2/tag4", "")], None,
            "COMMAND", &["param1", "param2", "param3 param3"])),
    ("COMMAND", (&[], None, "COMMAND", &[])),
    (r"@foo=\\\\\:\\s\s\r\n COMMAND", (&[("foo", "\\\\;\\s \r\n")], None, "COMMAND", &[])),
    (":gravel.mozilla.org 432  #momo :Erroneous Nickname: Illegal characters",
        (&[], GRAVEL, "432", &["#momo", "Erroneous Nickname: Illegal characters"])),
    (":gravel.mozilla.org MODE #tckk +n ", (&[], GRAVEL, "MODE", &["#tckk", "+n"])),
    (":services.esper.net MODE #foo-bar +o foobar  ",
        (&[], Some("services.esper.net"), "MODE", &["#foo-bar", "+o", "foobar"])),
    (r"@tag1=value\\ntest COMMAND", (&[("tag1", r"value\ntest")], None, "COMMAND", &[])),
    (r"@tag1=value\1 COMMAND", (&[("tag1", "value1")], None, "COMMAND", &[])),
    (r"@tag1=value1\ COMMAND", (&[("tag1", "value1")], None, "COMMAND", &[])),
    ("@tag1=1;tag2=3;tag3=4;tag1=5 COMMAND", (&[("tag1", "5"), ("tag2", "3"), ("tag3", "4")], None, "COMMAND", &[])),
    ("@tag1=1;tag2=3;tag3=4;tag1=5;vendor/tag2=8 COMMAND",
        (&[("tag1", "5"), ("tag2", "3"), ("tag3", "4"), ("vendor/tag2", "8")], None, "COMMAND", &[])),
    (":SomeOp MODE #channel :+i", (&[], Some("SomeOp"), "MODE", &["#channel", "+i"])),
    (":SomeOp MODE #channel +oo SomeUser :AnotherUser",
        (&[], Some("SomeOp"), "MODE", &["#channel", "+oo", "SomeUser", "AnotherUser"])),
];

/// Each with the lines that are right for it.
#[rustfmt::skip]
const JOIN: &[(Atoms, &[&str])] = &[
    ((&[], None, "foo", &["bar", "baz", "asdf"]), &["foo bar baz asdf", "foo bar baz :asdf"]),
    ((&[], Some("src"), "AWAY", &[]), &[":src AWAY"]),
    ((&[], Some("src"), "AWAY", &[""]), &[":src AWAY :"]),
    ((&[], Some("coolguy"), "foo", &["bar", "baz", "asdf"]), &[":coolguy foo bar baz asdf", ":coolguy foo bar baz :asdf"]),
    ((&[], None, "foo", &["bar", "baz", "asdf quux"]), &["foo bar baz :asdf quux"]),
    ((&[], None, "foo", &["bar", "baz", ""]), &["foo bar baz :"]),
    ((&[], None, "foo", &["bar", "baz", ":asdf"]), &["foo bar baz ::asdf"]),
    ((&[], Some("coolguy"), "foo", &["bar", "baz", "asdf quux"]), &[":coolguy foo bar baz :asdf quux"]),
    ((&[], Some("coolguy"), "foo", &["bar", "baz", "  asdf quux "]), &[":coolguy foo bar baz :  asdf quux "]),
    ((&[], Some("coolguy"), "PRIVMSG", &["bar", "lol :) "]), &[":coolguy PRIVMSG bar :lol :) "]),
    ((&[], Some("coolguy"), "foo", &["bar", "baz", ""]), &[":coolguy foo bar baz :"]),
    ((&[], Some("coolguy"), "foo", &["bar", "baz", "  "]), &[":coolguy foo bar baz :  "]),
    ((&[], Some("coolguy"), "foo", &["b\tar", "baz"]), &[":coolguy foo b\tar baz", ":coolguy foo b\tar :baz"]),
    ((&[("asd", "")], Some("coolguy"), "foo", &["bar", "baz", "  "]), &["@asd :coolguy foo bar baz :  "]),
    ((&[("a", "b\\and\nk"), ("d", "gh;764")], None, "foo", &[]), &[r"@a=b\\and\nk;d=gh\:764 foo"]),
    ((&[("a", "b\\and\nk"), ("d", "gh;764")], None, "foo", &["par1", "par2"]),
        &[r"@a=b\\and\nk;d=gh\:764 foo par1 par2", r"@a=b\\and\nk;d=gh\:764 foo par1 :par2"]),
    ((&[("foo", "\\\\;\\s \r\n")], None, "COMMAND", &[]), &[r"@foo=\\\\\:\\s\s\r\n COMMAND"]),
];

/// Source, nick, user, host.
const SOURCES: &[(&str, &str, Option<&str>, Option<&str>)] = &[
    ("coolguy!ag@127.0.0.1", "coolguy", Some("ag"), Some("127.0.0.1")),
    ("coolguy!~ag@localhost", "coolguy", Some("~ag"), Some("localhost")),
    ("coolguy@127.0.0.1", "coolguy", None, Some("127.0.0.1")),
    ("coolguy!ag", "coolguy", Some("ag"), None),
    ("coolguy!ag@net\x035w\x03ork.admin", "coolguy", Some("ag"), Some("net\x035w\x03ork.admin")),
    ("coolguy!~ag@n\x02et\x0305w\x0fork.admin", "coolguy", Some("~ag"), Some("n\x02et\x0305w\x0fork.admin")),
];

#[test]
fn lines_are_taken_apart_as_published() {
    for (line, (tags, source, command, params)) in SPLIT {
        let message = Message::parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let mut keys: Vec<_> = message.tags.iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), tags.len(), "{line}");
        for (key, value) in *tags {
            assert_eq!(message.tags.get(key).as_deref(), Some(*value), "{line}");
        }
        assert_eq!(message.source.map(|source| source.to_string()).as_deref(), *source, "{line}");
        assert_eq!((message.command, message.params()), (*command, *params), "{line}");
    }
}

#[test]
fn lines_are_put_together_as_published() {
    for ((tags, source, command, params), lines) in JOIN {
        let mut line = tags.iter().fold(LineBuilder::new(), |line, (key, value)| line.tag(key, value));
        if let Some(source) = source {
            line = line.source(source);
        }
        let line = params.iter().fold(line.command(command), LineBuilder::param).end_bare();
        assert!(lines.contains(&line.as_str()), "{line} is none of {lines:?}");
    }
}

#[test]
fn sources_are_taken_apart_as_published() {
    for (text, nick, user, host) in SOURCES {
        let source = Source::parse(text);
        assert_eq!((source.name, source.user, source.host), (*nick, *user, *host), "{text}");
    }
}
