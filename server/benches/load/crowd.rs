//! The load generator: many clients on one thread.

use std::{
    io::{Error, ErrorKind, Result},
    time::{Duration, Instant},
};

use klatch_protocol::{Frame, Framer, Limits};
use mio::{Events, Interest, Poll, Token, net::TcpStream};
use tokio_rustls::rustls::{ClientConnection, Connection, pki_types::ServerName};

use crate::{subject::Subject, wire::Wire};

/// How long anything may take that everybody waits for.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Connections that are being made at a time: less than a listener keeps waiting.
const AT_ONCE: usize = 500;
/// What room the crowd meets in.
const ROOM: &str = "#bench";

/// Many clients of one server.
pub struct Crowd {
    poll: Poll,
    events: Events,
    members: Vec<Member>,
    space: Vec<u8>,
    floor: bool,
}

struct Member {
    wire: Wire,
    framer: Framer,
    gone: bool,
}

impl Crowd {
    /// `count` clients that have connected and said who they are.
    pub fn connect(subject: &Subject, count: usize) -> Result<Self> {
        let mut crowd = Self::new(subject)?;
        let mut registered = 0;
        let begin = Instant::now();
        while registered < count {
            while crowd.members.len() < count && crowd.members.len() - registered < AT_ONCE {
                let number = crowd.members.len();
                crowd.add(subject)?;
                let (nick, floor) = (nick(number), subject.floor);
                crowd.say(
                    number,
                    match floor {
                        true => "?in\r\n".into(),
                        false => format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n"),
                    },
                )?;
            }
            // The floor answers with what it was asked.
            let end = match subject.floor {
                true => "?in",
                false => ":klatch.local 376 ",
            };
            crowd.hear(Duration::from_millis(100), |_, line| registered += usize::from(line.starts_with(end)))?;
            if begin.elapsed() > PATIENCE {
                return Err(late(&format!("{registered} of {count} are registered")));
            }
        }
        Ok(crowd)
    }

    /// Nobody yet.
    pub fn new(subject: &Subject) -> Result<Self> {
        let (poll, events) = (Poll::new()?, Events::with_capacity(4096));
        Ok(Crowd { poll, events, members: Vec::new(), space: vec![0; 256 * 1024], floor: subject.floor })
    }

    /// One more connection, which says nothing by itself but what TLS needs.
    pub fn add(&mut self, subject: &Subject) -> Result<()> {
        let mut socket = TcpStream::connect(subject.daemon.address)?;
        let token = Token(self.members.len());
        self.poll.registry().register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        let tls = subject.tls.as_ref().map(|config| {
            let name = ServerName::try_from("localhost").map_err(Error::other)?;
            ClientConnection::new(config.clone(), name).map(Connection::Client).map_err(Error::other)
        });
        let wire = Wire::new(socket, tls.transpose()?);
        self.members.push(Member { wire, framer: Framer::new(Limits::FROM_SERVER), gone: false });
        Ok(())
    }

    /// Everybody comes into one room, all at once, and hears of everybody who comes after them.
    pub fn meet(&mut self) -> Result<()> {
        if self.floor {
            return Ok(());
        }
        let all = self.members.len();
        for number in 0..all {
            self.say(number, format!("JOIN {ROOM}\r\n"))?;
        }
        let (mut inside, mut seen) = (0, 0);
        let begin = Instant::now();
        while inside < all || seen < all * (all + 1) / 2 {
            self.hear(Duration::from_millis(100), |_, line| {
                inside += usize::from(line.starts_with(":klatch.local 366 "));
                seen += usize::from(line.contains(" JOIN "));
            })?;
            if begin.elapsed() > PATIENCE {
                return Err(late(&format!("{inside} of {all} are in the room, {seen} entries were seen")));
            }
        }
        Ok(())
    }

    /// One of them reads nothing any more.
    pub fn deafen(&mut self, number: usize) -> Result<()> {
        self.poll.registry().deregister(&mut self.members[number].wire.socket)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// One of them sends something.
    pub fn say(&mut self, number: usize, text: impl AsRef<[u8]>) -> Result<()> {
        let wire = &mut self.members[number].wire;
        wire.say(text.as_ref())?;
        wire.flush()
    }

    /// The line that makes `number` say `text` to the others.
    pub fn line(&self, number: usize, text: &str) -> String {
        match self.floor {
            false => format!("PRIVMSG {ROOM} :{text}\r\n"),
            // What klatchd makes of it.
            true => heard(number, text),
        }
    }

    /// The bytes in which others hear such a text.
    pub fn length(text: &str) -> usize {
        heard(0, text).len()
    }

    /// Waits for at most `wait` and takes what has come in, as bytes.
    pub fn listen(&mut self, wait: Duration, mut take: impl FnMut(usize, &[u8])) -> Result<()> {
        self.turn(wait, |number, _, bytes| take(number, bytes))
    }

    /// The same, as lines.
    pub fn hear(&mut self, wait: Duration, mut take: impl FnMut(usize, &str)) -> Result<()> {
        self.turn(wait, |number, framer, bytes| {
            framer.push(bytes);
            while let Some(frame) = framer.next_frame() {
                if let Frame::Line(line) = frame {
                    take(number, line);
                }
            }
        })
    }

    fn turn(&mut self, wait: Duration, mut take: impl FnMut(usize, &mut Framer, &[u8])) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            done => done?,
        }
        for event in &self.events {
            let number = event.token().0;
            let Member { wire, framer, gone } = &mut self.members[number];
            if event.is_readable() && !*gone {
                // Whom the server disconnects is not heard of any more; who waits for them waits in vain and says so.
                *gone = !matches!(wire.read(&mut self.space, |bytes| take(number, framer, bytes)), Ok(true));
            }
            // Writes what was waiting for the socket, and what TLS has to say.
            *gone |= wire.flush().is_err();
        }
        Ok(())
    }
}

fn heard(number: usize, text: &str) -> String {
    let nick = nick(number);
    format!(":{nick}!{nick}@private PRIVMSG {ROOM} :{text}\r\n")
}

/// All of one length.
fn nick(number: usize) -> String {
    format!("c{number:05}")
}

fn late(state: &str) -> Error {
    Error::new(ErrorKind::TimedOut, format!("it takes too long: {state}"))
}
