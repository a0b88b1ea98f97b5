//! Somebody who talks to the server by hand, in plain text over loopback: other clients, and hostile ones.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use crate::{klatch::PASSWORD, terminal::PATIENCE};

/// A connection that sends what it is told to.
pub struct Peer {
    lines: BufReader<TcpStream>,
}

impl Peer {
    /// Connects and signs up as `nick`; is in the lobby afterwards.
    pub fn sign_up(port: u16, nick: &str) -> Self {
        let mut peer = Peer::connect(port);
        peer.send("CAP LS 302");
        peer.send("CAP REQ :echo-message server-time message-tags");
        peer.send(&format!("NICK {nick}"));
        peer.send(&format!("USER {nick} 0 * :{nick}"));
        peer.send(&format!("REGISTER * * :{PASSWORD}"));
        peer.send("CAP END");
        peer.wait(" 366 ");
        peer
    }

    /// Connects to a server without accounts, as `nick`, and is in no room afterwards.
    pub fn come_in(port: u16, nick: &str) -> Self {
        let mut peer = Peer::connect(port);
        peer.send(&format!("NICK {nick}"));
        peer.send(&format!("USER {nick} 0 * :{nick}"));
        peer.wait(" 422 ");
        peer
    }

    fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
        Peer { lines: BufReader::new(stream) }
    }

    /// Sends a line as it is.
    pub fn send(&mut self, line: &str) {
        self.lines.get_mut().write_all(format!("{line}\r\n").as_bytes()).expect("the server reads");
    }

    /// Says something in the lobby and waits until it is on the server's disk.
    pub fn say(&mut self, text: &str) {
        self.send(&format!("PRIVMSG #lobby :{text}"));
        self.wait("PRIVMSG #lobby");
    }

    /// Reads until a line holds `words`. Gives the line.
    pub fn wait(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            let count =
                self.lines.read_line(&mut line).unwrap_or_else(|error| panic!("waiting for `{words}`: {error}"));
            assert!(count > 0, "waiting for `{words}`, but the server closed the connection");
            if line.starts_with("PING") {
                self.send(&line.trim_end().replacen("PING", "PONG", 1));
            }
            if line.contains(words) {
                return line;
            }
        }
    }
}
