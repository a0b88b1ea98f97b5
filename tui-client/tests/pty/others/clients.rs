//! What every client has to be able to do on klatchd, with klatch on the other side of the talk.

use std::ops::{Deref, DerefMut};

use tempfile::TempDir;

use super::{irssi, weechat};
use crate::{
    klatch::{Klatch, LARGE},
    peer::Peer,
    server::Server,
    terminal::Terminal,
};

/// What differs from client to client.
pub struct Words {
    /// The command that goes to the window of the lobby.
    pub lobby: &'static str,
    /// The command that fetches what was said before, for clients that do not do so by themselves.
    pub history: &'static str,
    /// What is said of a certificate that is not the expected one.
    pub wrong_key: &'static str,
    /// What is said when logging in fails.
    pub refused: &'static str,
}

/// A running client with its own home.
pub struct Client {
    terminal: Terminal,
    words: Words,
    _home: TempDir,
}

impl Client {
    pub fn new(terminal: Terminal, home: TempDir, words: Words) -> Self {
        Client { terminal, words, _home: home }
    }
}

impl Deref for Client {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.terminal
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Terminal {
        &mut self.terminal
    }
}

/// Starts a client: port, fingerprint, user name. `None` where it is not installed.
type Start = fn(u16, &str, &str) -> Option<Client>;

const USER: &str = "rorywill";

/// A server on which [`USER`] has an account and has said something before.
fn server() -> Server {
    let server = Server::start_with("[limits]\nflood = false\n");
    let mut earlier = Peer::sign_up(server.port, USER);
    earlier.say("früher gesagt");
    earlier.send("QUIT");
    earlier.wait("ERROR");
    server
}

#[test]
fn weechat_talks_with_klatch() {
    talks_with_klatch(weechat::start);
}

#[test]
fn irssi_talks_with_klatch() {
    talks_with_klatch(irssi::start);
}

fn talks_with_klatch(start: Start) {
    let server = server();
    let mut amy = Klatch::at(&server, LARGE);
    amy.sign_up("Amy", "amypond");
    let Some(mut rory) = start(server.port, &server.fingerprint, USER) else { return };

    amy.wait_text("rorywill joined");
    in_the_lobby(&mut rory);
    rory.wait_text("früher gesagt");

    amy.enter("grüße von klatch 🙂");
    rory.wait_text("grüße von klatch 🙂");
    rory.enter("schöne grüße zurück 🚀");
    amy.wait_text("schöne grüße zurück 🚀");

    let long = |end: &str| format!("{}{end}", "many words ".repeat(60));
    amy.enter(&long("END1"));
    rory.wait_text("END1");
    rory.enter(&long("END2"));
    amy.wait_text("END2");

    rory.enter("/query amypond");
    rory.enter("nur für dich");
    amy.wait_text("rorywill 1!");
    amy.enter("/query rorywill");
    amy.wait_text("nur für dich");
    amy.enter("und für dich");
    rory.wait_text("und für dich");
    amy.enter("/1");

    let lobby = rory.words.lobby;
    rory.enter(lobby);
    rory.enter("/part #lobby bis später");
    amy.wait_text("rorywill left: bis später");
    rory.enter("/join #lobby");
    amy.wait_for("the return", |screen| screen.contents().matches("rorywill joined").count() == 2);
    rory.enter("/quit gute nacht");
    amy.wait_text("gute nacht");
    rory.wait_exit();
}

/// Waits until the client has a window of the lobby, and goes there.
fn in_the_lobby(client: &mut Client) {
    client.wait_for("the lobby", |screen| {
        let text = screen.contents();
        // irssi names the window in which something happened, WeeChat goes there.
        text.contains("Act: 2") || text.contains("2:#lobby")
    });
    let lobby = client.words.lobby;
    client.enter(lobby);
}

#[test]
fn weechat_is_told_why_it_does_not_get_in() {
    is_told_why_it_does_not_get_in(weechat::start);
}

#[test]
fn irssi_is_told_why_it_does_not_get_in() {
    is_told_why_it_does_not_get_in(irssi::start);
}

fn is_told_why_it_does_not_get_in(start: Start) {
    let server = server();
    let mut rory = Klatch::at(&server, LARGE);
    rory.log_in(USER);
    let Some(second) = start(server.port, &server.fingerprint, USER) else { return };
    second.wait_text("in use on another device");
    second.wait_text(second.words.refused);
    assert!(rory.shows("online"), "who was there first stays:\n{}", rory.text());

    let other_key = "00:".repeat(31) + "00";
    let Some(careful) = start(server.port, &other_key, USER) else { return };
    careful.wait_text(careful.words.wrong_key);
}
