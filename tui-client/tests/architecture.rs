//! Who may know whom in the client, read from the sources (docs/architecture.md, "Invariants").

#[path = "../../server/tests/source_rules/mod.rs"]
mod source_rules;

use std::path::Path;

use source_rules::{IMPURE, Rule, broken, idle, too_long};

const CLIENT: &[Rule] = &[
    // What is known and what is said: plain data and a state machine, with time as a parameter.
    Rule {
        module: "model",
        crates: Some(&["klatch_protocol", "unicode_segmentation", "unicode_width", "unicode_security", "emojis"]),
        own: Some(&["model", "session"]),
        never: IMPURE,
    },
    Rule {
        module: "session",
        crates: Some(&["klatch_protocol", "zeroize", "thiserror"]),
        own: Some(&["session", "model"]),
        never: IMPURE,
    },
    // What is drawn is given to it.
    Rule {
        module: "ui",
        crates: None,
        own: Some(&["ui", "model", "action", "keymap"]),
        never: &["tokio", "std::fs", "TcpStream"],
    },
    // What happens next is decided without waiting for anything.
    Rule { module: "app", crates: None, own: None, never: &["tokio", "tokio_rustls", "async fn", "std::thread"] },
    // The connection knows bytes and lines, not what they mean or how they look.
    Rule {
        module: "net",
        crates: None,
        own: None,
        never: &["ratatui", "crossterm", "crate::ui", "crate::app", "crate::model"],
    },
];

fn client() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn nobody_knows_more_than_they_may() {
    let found = broken(client(), CLIENT);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_rule_is_about_something() {
    assert_eq!(idle(client(), CLIENT), Vec::<&str>::new());
}

#[test]
fn no_file_is_too_long() {
    let found = too_long(client());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}
