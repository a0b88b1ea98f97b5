//! The configuration file: what is refused is refused with its place, and what is accepted makes a server.

use std::path::Path;

use klatch_protocol::UnixMs;
use klatch_server::{
    config::{ConfigError, File},
    hub::{
        Hub,
        io::{ConnId, Effects, Input, Now, Peer},
    },
    store::{Memory, Store as _},
};

/// The bytes are a file; one that is not UTF-8 is refused before it is parsed.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match File::parse(text, Path::new("k.toml")) {
        Ok(file) => {
            written_otherwise_it_says_the_same(text, &file);
            makes_a_server(&file);
        }
        Err(error) => is_told_with_its_place(&error, text),
    }
}

fn is_told_with_its_place(error: &ConfigError, text: &str) {
    let ConfigError::Wrong { line, column, message, .. } = error else { panic!("{error}") };
    let there = text.split('\n').nth(line - 1).unwrap_or_else(|| panic!("{error}: no such line"));
    assert!((1..=there.chars().count() + 1).contains(column), "{error}: no such column");
    assert!(!message.is_empty());
    let shown = error.to_string();
    assert!(!shown.contains(char::is_control), "{shown:?} is more than one line of text");
    assert!(shown.starts_with(&format!("k.toml:{line}:{column}: ")), "{shown}");
}

/// The same keys in another order, without remarks and with other quotes.
fn written_otherwise_it_says_the_same(text: &str, file: &File) {
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        // Numbers from 2^63 on are read, but no table can hold them.
        Err(error) if error.message().contains("too large") => return,
        Err(error) => panic!("a configuration that is no TOML: {error}"),
    };
    let again = toml::to_string(&table).expect("a table can be written");
    let read = File::parse(&again, Path::new("k.toml")).unwrap_or_else(|error| panic!("{error} in {again}"));
    assert_eq!(format!("{read:?}"), format!("{file:?}"));
}

/// Whatever the numbers are, nothing overflows, and somebody who connects is answered.
fn makes_a_server(file: &File) {
    let (net, endpoints) = (file.net(), file.endpoints());
    assert!(net.connections > 0 && net.per_address > 0 && net.outbox > 0 && !net.handshake.is_zero());
    assert_eq!(endpoints.len(), file.server.listen.len());
    let _ = (file.auth(), file.compat_endpoints(&file.server.compat_listen));

    let store = Memory::new(1, "owner".to_owned());
    let mut now = Now { wall: UnixMs(1_700_000_000_000), mono: 5_000 };
    let mut hub = Hub::new(file.policy(), store.load().expect("memory is always readable"), now.wall);
    let conn = ConnId(1);
    let mut effects = Effects::default();
    hub.handle(
        now,
        Input::Open { conn, peer: Peer { addr: [127, 0, 0, 1].into(), port: 1, secure: true } },
        &mut effects,
    );
    for line in
        ["CAP LS 302", "NICK amanda", "USER amanda 0 * :A", "CAP END", "JOIN #lobby", "PRIVMSG #lobby :hello", "PING x"]
    {
        hub.handle(now, Input::Line { conn, line: line.to_owned() }, &mut effects);
    }
    assert!(!effects.sends.is_empty(), "the server says nothing");
    for _ in 0..8 {
        let Some(due) = hub.next_deadline() else { break };
        // A deadline in a far future is as good as none.
        now.wall.0 = now.wall.0.saturating_add(due.saturating_sub(now.mono).try_into().unwrap_or(i64::MAX));
        now.mono = due.max(now.mono);
        hub.handle(now, Input::Tick, &mut effects);
    }
}
