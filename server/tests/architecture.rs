//! Who may know whom in the server and in the protocol, read from the sources (docs/architecture.md, "Invariants").

mod source_rules;

use std::path::Path;

use source_rules::{IMPURE, Rule, broken, idle, too_long};

const SERVER: &[Rule] = &[
    // The chat itself: no runtime, no clock, no disk. Whatever needs one is an input or an effect.
    Rule {
        module: "hub",
        crates: Some(&["klatch_protocol", "bitflags", "bytes", "zeroize", "subtle"]),
        own: Some(&["hub"]),
        never: IMPURE,
    },
    // The shared state knows names, not lines: it can be fed from elsewhere than a connection.
    Rule {
        module: "hub/world",
        crates: Some(&["bitflags", "klatch_protocol", "zeroize", "subtle"]),
        own: Some(&["hub/world", "hub/io", "hub/policy"]),
        never: &["Message", "LineBuilder", "Caps", "Numeric", "ConnId", "Now"],
    },
    // Stores know what is kept, not who talks.
    Rule {
        module: "store",
        crates: None,
        own: Some(&["store", "hub/io", "files", "lanes"]),
        never: &["tokio::net", "tokio::spawn", "rustls"],
    },
    Rule { module: "auth", crates: None, own: Some(&["auth", "hub/io", "lanes"]), never: &["rusqlite"] },
    // Connections know bytes and lines, not what lines mean. Only the translator of net/compat does, in the role of a client.
    Rule { module: "net", crates: None, own: Some(&["net", "hub/io"]), never: &["rusqlite", "argon2", "Message"] },
];

const PROTOCOL: &[Rule] = &[Rule { module: "", crates: None, own: None, never: IMPURE }];

fn server() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn nobody_knows_more_than_they_may() {
    let found = [broken(server(), SERVER), broken(&server().join("protocol"), PROTOCOL)].concat();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_rule_is_about_something() {
    assert_eq!(idle(server(), SERVER), Vec::<&str>::new());
}

#[test]
fn no_file_is_too_long() {
    let found = [too_long(server()), too_long(&server().join("protocol"))].concat();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}
