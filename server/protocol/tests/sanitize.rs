//! Cleaning of hostile text: the kept corpus as a table, and what has to hold for every text.

mod hostile;

use std::borrow::Cow;

use hostile::{Case, corpus, is_harmful};
use klatch_protocol::{
    format,
    sanitize::{MAX_CLUSTER, MAX_MARKS, clean_line, clean_name, clean_text},
};
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

type Clean = fn(&str) -> Cow<'_, str>;

fn by_kind(kind: &str) -> Clean {
    match kind {
        "line" => clean_line,
        "text" => clean_text,
        "name" => clean_name,
        other => panic!("unknown kind `{other}`"),
    }
}

#[test]
fn the_corpus_of_hostile_texts() {
    for Case { row, kind, input, want } in corpus() {
        let got = match kind {
            // What is said, as klatch shows it.
            "said" => clean_line(&format::strip(&input)).into_owned(),
            kind => by_kind(kind)(&input).into_owned(),
        };
        assert_eq!(got, want, "hostile.txt:{row}: {kind} {input:?}");
        assert!(!got.contains(|c| is_harmful(c) && c != '\n'), "hostile.txt:{row}: {got:?}");
    }
}

#[test]
fn clean_text_is_borrowed() {
    for text in ["", "hello, world", "größer 漢字 👩\u{200d}💻"] {
        for clean in [clean_line as Clean, clean_text, clean_name] {
            // A name keeps no joiner, so the last text is no clean name.
            let got = clean(text);
            assert!(matches!(got, Cow::Borrowed(_)) == (got == text), "{text:?}");
        }
    }
}

/// Texts made of what an attacker would use, so that chance meets the interesting cases often.
fn strange() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        4 => "[ -~]{1,3}",
        2 => prop::sample::select(vec!["\n", "\r", "\t", "\u{85}", "\u{2028}", " ", "\u{3164}", "\u{1160}", "\u{2800}"]).prop_map(String::from),
        3 => prop::sample::select(vec!["\u{1b}", "\u{1b}[", "\u{1b}]", "\u{7}", "\u{9b}", "\u{9c}", "\u{7f}", "\u{0}"]).prop_map(String::from),
        3 => prop::sample::select(vec!["\u{202e}", "\u{202c}", "\u{2066}", "\u{2067}", "\u{2068}", "\u{2069}"]).prop_map(String::from),
        3 => prop::sample::select(vec!["\u{200b}", "\u{200c}", "\u{200d}", "\u{feff}", "\u{ad}", "\u{fe0f}"]).prop_map(String::from),
        3 => prop::sample::select(vec!["👩", "❤", "🏴", "🏻", "🇩", "💻", "©"]).prop_map(String::from),
        3 => prop::sample::select(vec!["\u{e0067}", "\u{e0062}", "\u{e0030}", "\u{e007f}", "\u{e0001}"]).prop_map(String::from),
        3 => "[\u{300}-\u{310}\u{94d}\u{e33}\u{93f}]{1,6}",
        2 => prop::sample::select(vec!["क", "ᄀ", "ᅡ", "ᆨ", "각", "\u{600}", "\u{111c2}"]).prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn cleaning_twice_changes_nothing(text in strange()) {
        for clean in [clean_line as Clean, clean_text, clean_name] {
            let once = clean(&text).into_owned();
            prop_assert_eq!(clean(&once), once.clone());
        }
    }

    #[test]
    fn nothing_that_controls_a_terminal_or_the_direction_is_left(text in strange()) {
        for (clean, newlines) in [(clean_line as Clean, false), (clean_text, true), (clean_name, false)] {
            let got = clean(&text).into_owned();
            let controls = got.chars().filter(|c| c.is_control() && !(newlines && *c == '\n')).count();
            prop_assert_eq!(controls, 0, "{:?}", got);
            let reorders = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}');
            prop_assert!(!got.contains(reorders), "{:?}", got);
            let invisible = ['\u{200b}', '\u{200c}', '\u{feff}', '\u{2060}', '\u{ad}'];
            prop_assert!(!got.contains(invisible), "{:?}", got);
        }
    }

    #[test]
    fn isolates_are_closed_on_their_line(text in strange()) {
        for line in clean_text(&text).split('\n') {
            let mut open = 0_i32;
            for c in line.chars() {
                match c {
                    '\u{2066}'..='\u{2068}' => open += 1,
                    '\u{2069}' => open -= 1,
                    _ => {}
                }
                prop_assert!(open >= 0);
            }
            prop_assert_eq!(open, 0, "{:?}", line);
        }
    }

    #[test]
    fn clusters_are_bounded(text in strange()) {
        for clean in [clean_line as Clean, clean_text, clean_name] {
            for cluster in clean(&text).graphemes(true) {
                prop_assert!(cluster.chars().count() <= MAX_CLUSTER, "{:?}", cluster);
                let marks = cluster.chars().filter(|c| matches!(c, '\u{300}'..='\u{310}')).count();
                prop_assert!(marks <= MAX_MARKS || cluster.contains(['\u{94d}', 'ᄀ', '\u{600}', '\u{111c2}']), "{:?}", cluster);
            }
        }
    }

    #[test]
    fn a_name_is_one_line_without_blank_ends(text in strange()) {
        let name = clean_name(&text);
        prop_assert!(!name.starts_with(' ') && !name.ends_with(' ') && !name.contains("  "), "{:?}", name);
        let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200d}' | '\u{2066}'..='\u{2069}' | '\u{e0020}'..='\u{e007f}');
        prop_assert!(!name.contains(hidden), "{:?}", name);
    }

    #[test]
    fn printable_ascii_is_left_alone(text in "[!-~]{0,20}") {
        for clean in [clean_line as Clean, clean_text, clean_name] {
            prop_assert!(matches!(clean(&text), Cow::Borrowed(same) if same == text));
        }
    }
}
