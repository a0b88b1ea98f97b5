//! What holds for every line and every stream of bytes.

use klatch_protocol::{Frame, Framer, Limits, LineBuilder, Message, format, modes, split::pieces, tags};
use proptest::prelude::*;

/// Any text a line can carry at its end.
fn text() -> impl Strategy<Value = String> {
    "[^\\x00\\r\\n]{0,30}"
}

/// Any text that can stand in the middle.
fn word() -> impl Strategy<Value = String> {
    "[^\\x00\\r\\n :][^\\x00\\r\\n ]{0,10}"
}

/// Bytes of which some make lines.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\r\n".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"@a=b ".to_vec()),
        Just("é漢".as_bytes().to_vec()),
        "[ -~]{0,20}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..4),
        Just(vec![b'x'; 40]),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

const SMALL: Limits = Limits { tags: 16, body: 40, endless: 128 };

fn frames(chunks: impl Iterator<Item = Vec<u8>>) -> Vec<String> {
    let mut framer = Framer::new(SMALL);
    let mut out = Vec::new();
    for chunk in chunks {
        framer.push(&chunk);
        while let Some(frame) = framer.next_frame() {
            out.push(format!("{frame:?}"));
            if frame == Frame::Endless {
                return out;
            }
        }
    }
    out
}

proptest! {
    #[test]
    fn parsing_what_was_built_gives_it_back(
        tags in prop::collection::btree_map("[+a-z][a-z0-9./-]{0,8}", "[^\\x00]{0,12}", 0..4),
        source in prop::option::of("[a-z]{1,8}(![a-z]{1,4})?(@[a-z.]{1,8})?"),
        command in "[A-Za-z]{1,8}|[0-9]{3}",
        middle in prop::collection::vec(word(), 0..13),
        last in prop::option::of(text()),
    ) {
        let mut line = tags.iter().fold(LineBuilder::new(), |line, (key, value)| line.tag(key, value));
        if let Some(source) = &source {
            line = line.source(source);
        }
        let line = middle.iter().fold(line.command(&command), LineBuilder::param);
        let line = last.iter().fold(line, LineBuilder::param).end_bare();
        let message = Message::parse(&line).expect("what was built is a message");
        for (key, value) in &tags {
            let got = message.tags.get(key);
            prop_assert_eq!(got.as_deref(), Some(value.as_str()));
        }
        prop_assert_eq!(message.source.map(|source| source.to_string()), source);
        prop_assert_eq!(message.command, command);
        let params: Vec<_> = middle.iter().chain(&last).map(String::as_str).collect();
        prop_assert_eq!(message.params(), params);
        let again = message.to_string();
        prop_assert_eq!(Message::parse(&again), Ok(message));
    }

    #[test]
    fn nothing_built_breaks_out_of_its_line(parts in prop::collection::vec(any::<String>(), 4), last in any::<String>()) {
        let line = LineBuilder::new().tag(&parts[0], &parts[1]).source(&parts[2]).command("X").param(&parts[3]).trailing(&last);
        let line = line.end();
        prop_assert_eq!(line.matches(['\r', '\n', '\0']).count(), 2);
        prop_assert!(line.ends_with("\r\n"));
        let message = Message::parse(line.trim_end_matches("\r\n")).expect("a message");
        prop_assert_eq!(message.params().len(), 2);
    }

    #[test]
    fn the_parser_takes_any_line(line in "[ -~é]{0,60}|[@: a-z=;\\\\]{0,40}|\\PC{0,40}") {
        if let Ok(message) = Message::parse(&line) {
            let again = message.to_string();
            prop_assert_eq!(Message::parse(&again), Ok(message.clone()));
            prop_assert!(message.params().len() <= 15);
        }
    }

    #[test]
    fn the_framer_gives_the_same_frames_in_any_cuts(bytes in stream(), cuts in prop::collection::vec(1_usize..50, 1..20)) {
        let whole = frames(std::iter::once(bytes.clone()));
        let mut rest = bytes.as_slice();
        let mut chunks = Vec::new();
        for size in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, tail) = rest.split_at(rest.len().min(*size));
            chunks.push(chunk.to_vec());
            rest = tail;
        }
        prop_assert_eq!(frames(chunks.into_iter()), whole);
    }

    #[test]
    fn tag_values_survive_their_escapes(value in "[^\\x00]{0,30}") {
        let mut escaped = String::new();
        tags::escape_into(&mut escaped, &value);
        prop_assert!(!escaped.contains([' ', ';', '\r', '\n']));
        prop_assert_eq!(tags::unescape(&escaped), value);
    }

    #[test]
    fn pieces_fit_and_hold_the_whole_text(text in "[a-z \né👩\u{200d}]{0,80}", bytes in 4_usize..40) {
        let cut: Vec<_> = pieces(&text, bytes).collect();
        prop_assert!(cut.iter().all(|piece| piece.len() <= bytes && !piece.is_empty()));
        let visible = |text: &str| text.replace([' ', '\n'], "");
        prop_assert_eq!(visible(&cut.concat()), visible(&text));
    }

    #[test]
    fn formatting_is_stripped_once_and_for_all(text in "[a-f0-9,\u{2}\u{3}\u{4}\u{f}é]{0,30}") {
        let codes = |c: char| c.is_control();
        prop_assert!(!format::strip(&text).contains(codes));
    }

    #[test]
    fn mode_strings_never_take_more_than_there_is(letters in "[-+a-zA-Z]{0,20}", arguments in prop::collection::vec("[a-z]{1,3}", 0..5)) {
        let known = modes::ChanModes::parse("beI,k,l,imnst", modes::Prefixes::default());
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let taken: Vec<_> = known.changes(&letters, &arguments).iter().filter_map(|change| change.argument).collect();
        prop_assert_eq!(&arguments[..taken.len()], taken);
    }
}
