//! A server that says whatever a test wants, to find out what klatch makes of it.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use crate::{
    klatch::{Klatch, PASSWORD},
    terminal::{ENTER, PATIENCE},
};

/// A listener in plain text on loopback.
pub struct Impostor {
    port: u16,
    accepted: mpsc::Receiver<TcpStream>,
}

/// A client that has connected to it.
pub struct Visitor {
    stream: TcpStream,
    lines: BufReader<TcpStream>,
}

impl Impostor {
    /// Listens on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let (give, accepted) = mpsc::channel();
        // Ends with the first client that comes after the test.
        thread::spawn(move || listener.incoming().map_while(Result::ok).try_for_each(|stream| give.send(stream)));
        Impostor { port, accepted }
    }

    /// A klatch in front of the form, everything filled in.
    pub fn klatch(&self, size: (u16, u16)) -> Klatch {
        let port = self.port.to_string();
        let mut klatch = Klatch::open(&["--plain-text", "--host", "127.0.0.1", "--port", &port], size);
        klatch.fill_log_in("amypond", PASSWORD);
        klatch
    }

    /// Waits for the next client.
    pub fn accept(&self) -> Visitor {
        let stream = self.accepted.recv_timeout(PATIENCE).expect("klatch connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
        let lines = BufReader::new(stream.try_clone().expect("a connection has two ends"));
        Visitor { stream, lines }
    }

    /// Connects `klatch` and lets it in, with these capabilities.
    pub fn let_in(&self, klatch: &mut Klatch, caps: &str) -> Visitor {
        klatch.press(ENTER);
        let mut visitor = self.accept();
        visitor.wait("CAP LS");
        visitor.say(&format!(":srv CAP * LS :{caps}"));
        visitor.wait("CAP REQ");
        visitor.say(&format!(":srv CAP * ACK :{caps}"));
        visitor.wait("CAP END");
        visitor.say(":srv 001 amypond :Welcome\r\n:srv 422 amypond :No message of the day");
        klatch.wait_text("you are in by your nick alone");
        visitor
    }
}

impl Visitor {
    /// Sends a line, or several with CR LF between them, as they are.
    pub fn say(&mut self, line: &str) {
        self.send(format!("{line}\r\n").as_bytes());
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("klatch reads");
    }

    /// Reads until a line holds `words`. Gives the line.
    pub fn wait(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            let count =
                self.lines.read_line(&mut line).unwrap_or_else(|error| panic!("waiting for `{words}`: {error}"));
            assert!(count > 0, "waiting for `{words}`, but klatch closed the connection");
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Listens no more; what klatch says from now on is read and forgotten, so that it never has to wait.
    pub fn deafen(&mut self) {
        let stream = self.stream.try_clone().expect("a connection has two ends");
        stream.set_read_timeout(None).expect("a time-out can be taken off");
        thread::spawn(move || std::io::copy(&mut &stream, &mut std::io::sink()));
    }
}
