//! WeeChat, as docs/operating.md tells people to set it up.

use std::{ffi::OsStr, process::Command};

use tempfile::TempDir;

use super::{
    clients::{Client, Words},
    installed,
};
use crate::{
    klatch::{LARGE, PASSWORD},
    terminal::Terminal,
};

const WORDS: Words = Words {
    lobby: "/buffer irc.klatch.#lobby",
    history: "/quote CHATHISTORY LATEST #lobby * 50",
    wrong_key: "certificate fingerprint does NOT match",
    refused: "SASL authentication failed",
};

/// Starts WeeChat with a home of its own; it logs in as `user` if the certificate is the one with this fingerprint.
pub fn start(port: u16, fingerprint: &str, user: &str) -> Option<Client> {
    let program = installed("weechat")?;
    let version = Command::new(&program).arg("--version").output().expect("WeeChat can be started").stdout;
    let version = String::from_utf8_lossy(&version).into_owned();
    let major: u32 = version.split('.').next().and_then(|major| major.trim().parse().ok()).unwrap_or(4);
    // Before version 4 what is called TLS now was called SSL.
    let tls = if major < 4 { "ssl" } else { "tls" };
    let fingerprint = fingerprint.replace(':', "");
    let commands = [
        format!("/server add klatch 127.0.0.1/{port} -{tls}"),
        format!("/set irc.server.klatch.{tls}_fingerprint {fingerprint}"),
        "/set irc.server.klatch.sasl_mechanism plain".to_owned(),
        format!("/set irc.server.klatch.sasl_username {user}"),
        format!("/set irc.server.klatch.sasl_password \"{PASSWORD}\""),
        format!("/set irc.server.klatch.nicks {user}"),
        "/set irc.server_default.capabilities \"*\"".to_owned(),
        format!("/set irc.server.klatch.command \"{}\"", WORDS.history),
        // What the test types comes faster than people type, and must not be taken for a paste.
        "/set weechat.look.paste_max_lines -1".to_owned(),
        "/connect klatch".to_owned(),
    ];
    let home = TempDir::new().expect("a directory can be made");
    let mut arguments = vec!["-d".as_ref(), home.path().as_os_str(), "-P".as_ref(), "irc".as_ref()];
    for command in &commands {
        arguments.extend(["-r".as_ref(), OsStr::new(command)]);
    }
    let environment = [("LANG", OsStr::new("C.UTF-8")), ("HOME", home.path().as_os_str())];
    let terminal = Terminal::start(&program, arguments, &environment, LARGE);
    Some(Client::new(terminal, home, WORDS))
}
