//! Memory of connections that hold everything they may, which is the worst that anybody can make the server keep.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Error, ErrorKind, Read, Result, Write},
    net::TcpStream,
    thread::sleep,
    time::Duration,
};

use tokio_rustls::rustls::{ClientConnection, StreamOwned, pki_types::ServerName};

use super::Plan;
use crate::{
    figures::compare,
    subject::{Kind, Subject},
};

/// How many connections are filled.
const MANY: usize = 50;
/// How many people fill all their rooms.
const FOUNDERS: usize = 2;
/// The lines that cost no time; what comes after them waits.
const BURST: usize = 20_000;
/// How many short lines may wait: each counts 64 bytes more, of 65,536.
const WAITING: usize = 900;
/// Nobody has to be quick, and guests may come in.
const CONFIGURATION: &str = "[accounts]\nrequired = false\n[rooms]\nlobby = \"\"\n\
    [limits]\nflood_burst = 20000\nflood_per_second = 1\nregister_seconds = 3600\nping_seconds = 3600\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Who never logs in.
    Stranger,
    /// Somebody who is in.
    Guest,
}

impl Who {
    /// The bytes that they may leave unread.
    fn most_unread(self) -> usize {
        match self {
            Who::Stranger => 128 << 10,
            Who::Guest => 1 << 20,
        }
    }
}

/// Measures all of them.
pub fn run(plan: &Plan) {
    let names = ["all but what it does not read, KiB", "what it does not read, KiB", "for a connection, KiB"];
    for tls in [false, true] {
        for (who, what) in [(Who::Stranger, "not logged in"), (Who::Guest, "logged in")] {
            let title = format!("{MANY} full connections, {what}{}", if tls { ", TLS" } else { "" });
            compare(&title, plan.klatchds(), &names, plan.runs, |kind| measure(kind, tls, who));
        }
    }
    let names = ["for somebody, KiB"];
    compare("a hundred rooms with full lists and values", plan.klatchds(), &names, plan.runs, founders);
}

fn measure(kind: &Kind, tls: bool, who: Who) -> Result<Vec<f64>> {
    let subject = Subject::configured(kind, tls, CONFIGURATION)?;
    let empty = rest(&subject)?;
    let others = subject.files()?;
    let mut all = (0..MANY).map(|number| Glutton::connect(&subject, number)).collect::<Result<Vec<_>>>()?;
    for glutton in &mut all {
        glutton.say_all_of(who)?;
    }
    let settled = subject.memory()?;
    leave_unread(&subject, &mut all, who.most_unread())?;
    let unread = rest(&subject)?;
    for glutton in &mut all {
        glutton.wait_with_lines()?;
    }
    let full = rest(&subject)?;
    if subject.files()? < others + MANY {
        return Err(Error::other("some were disconnected, so the figure would be too low"));
    }
    let each = |kib: f64| kib / MANY as f64;
    Ok(vec![each(settled - empty + full - unread), each(unread - settled), each(full - empty)])
}

fn founders(kind: &Kind) -> Result<Vec<f64>> {
    let subject = Subject::configured(kind, false, CONFIGURATION)?;
    let mut all = (0..FOUNDERS).map(|number| Glutton::connect(&subject, number)).collect::<Result<Vec<_>>>()?;
    for glutton in &mut all {
        glutton.come_in()?;
        glutton.until_done()?;
    }
    let before = subject.memory()?;
    for glutton in &mut all {
        for room in 0..100 {
            glutton.fill_room(room)?;
        }
    }
    Ok(vec![(rest(&subject)? - before) / FOUNDERS as f64])
}

/// The memory when nothing happens any more.
fn rest(subject: &Subject) -> Result<f64> {
    sleep(Duration::from_secs(2));
    subject.memory()
}

/// Has each of them asked until it leaves unread nearly as much as it may: what the system takes comes on top of that, and
/// is not the same for each.
fn leave_unread(subject: &Subject, all: &mut [Glutton], most: usize) -> Result<()> {
    let server = subject.daemon.address.port();
    let mut quiet = 0;
    while quiet < QUIET {
        sleep(ROUND);
        let taken = queues()?;
        let of = |from: u16, to: u16| taken.get(&(from, to)).copied().unwrap_or_default();
        quiet += 1;
        for glutton in &mut *all {
            let port = glutton.socket.local_addr()?.port();
            // Less than a hundredth of that is what TLS adds.
            let with_the_system = (of(server, port).sent + of(port, server).received) / 100 * 99;
            // What is written in part counts as a whole, so there has to be some room left.
            let room = (most / 8 * 7 + with_the_system).saturating_sub(glutton.unread) / glutton.answer;
            for _ in 0..room.min(TOGETHER) {
                quiet = 0;
                glutton.ask()?;
            }
        }
    }
    Ok(())
}

/// For how many rounds nobody has to ask any more, until all is quiet.
const QUIET: usize = 5;
/// How long a round is: until the system has told the other end what has arrived, the same bytes stand in both queues.
const ROUND: Duration = Duration::from_millis(80);
/// How many questions are asked in a round. The answers are written together, and count until all of them are written.
const TOGETHER: usize = 4;

/// What the system holds for a socket.
#[derive(Debug, Clone, Copy, Default)]
struct Queues {
    sent: usize,
    received: usize,
}

/// Of all sockets, by their ports here and there.
fn queues() -> Result<HashMap<(u16, u16), Queues>> {
    let table = std::fs::read_to_string("/proc/net/tcp")?;
    let hex = |text: &str| usize::from_str_radix(text, 16).ok();
    let port = |address: &str| hex(address.rsplit(':').next()?).and_then(|port| u16::try_from(port).ok());
    let row = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let (here, there) = (port(words.next()?)?, port(words.next()?)?);
        let (sent, received) = words.nth(1)?.split_once(':')?;
        Some(((here, there), Queues { sent: hex(sent)?, received: hex(received)? }))
    };
    Ok(table.lines().filter_map(row).collect())
}

trait Duplex: Read + Write {}
impl<S: Read + Write> Duplex for S {}

/// Somebody who makes the server keep all that there is to keep.
struct Glutton {
    number: usize,
    socket: TcpStream,
    stream: BufReader<Box<dyn Duplex>>,
    /// How many lines were said, or cost as much.
    said: usize,
    /// How many bytes come back for a question, and how many did that were not read.
    answer: usize,
    unread: usize,
}

impl Glutton {
    fn connect(subject: &Subject, number: usize) -> Result<Self> {
        let socket = TcpStream::connect(subject.daemon.address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(60)))?;
        let stream: Box<dyn Duplex> = match &subject.tls {
            None => Box::new(socket.try_clone()?),
            Some(tls) => {
                let name = ServerName::try_from("localhost").map_err(Error::other)?;
                let connection = ClientConnection::new(tls.clone(), name).map_err(Error::other)?;
                Box::new(StreamOwned::new(connection, socket.try_clone()?))
            }
        };
        Ok(Glutton { number, socket, stream: BufReader::new(stream), said: 0, answer: 0, unread: 0 })
    }

    /// Everything that is kept of what a connection says.
    fn say_all_of(&mut self, who: Who) -> Result<()> {
        match who {
            Who::Stranger => self.say([format!("NICK n{}", self.number), format!("PASS {}", "x".repeat(480))])?,
            Who::Guest => {
                self.come_in()?;
                self.say_what_guests_say()?;
            }
        }
        self.say_values()?;
        self.say(["CAP REQ :sasl draft/pre-away".to_owned(), format!("AWAY :{}", "a".repeat(200))])?;
        self.say(["AUTHENTICATE PLAIN".to_owned()])?;
        self.say(vec![format!("AUTHENTICATE {}", "A".repeat(400)); 7])?;
        self.until_done()?;
        self.ask()?;
        self.answer = self.until_done()?;
        self.unread = 0;
        Ok(())
    }

    /// Has a dozen values told.
    fn ask(&mut self) -> Result<()> {
        self.unread += self.answer;
        let keys: Vec<String> = (0..12).map(key).collect();
        self.say([format!("METADATA * GET {}", keys.join(" "))])
    }

    fn come_in(&mut self) -> Result<()> {
        let number = self.number;
        self.say([format!("NICK n{number}"), format!("USER {} 0 * :{}", "u".repeat(16), "d".repeat(128))])
    }

    fn say_values(&mut self) -> Result<()> {
        let keys: Vec<String> = (0..100).map(key).collect();
        // Without the names of batches, which get longer, each answer has the same length.
        self.say(["CAP REQ :draft/metadata-2"])?;
        self.say(keys.iter().map(|key| format!("METADATA * SET {key} :{}", "v".repeat(300))))?;
        self.say(keys.chunks(10).map(|keys| format!("METADATA * SUB {}", keys.join(" "))))
    }

    fn say_what_guests_say(&mut self) -> Result<()> {
        let number = self.number;
        let room = |room: usize| format!("#{number:0>30}-{room:0>32}");
        let rooms: Vec<String> = (0..100).map(room).collect();
        self.say(["CAP REQ :message-tags draft/multiline draft/read-marker"])?;
        self.say(rooms.chunks(7).map(|rooms| format!("JOIN {}", rooms.join(","))))?;
        // Each room costs a line.
        self.said += rooms.len() - rooms.chunks(7).len();
        let nicks: Vec<String> = (0..100).map(|nick| format!("m{nick:0>31}")).collect();
        self.say(nicks.chunks(14).map(|nicks| format!("MONITOR + {}", nicks.join(","))))?;
        self.say((0..1000).map(|name| format!("MARKREAD #{name:0>63} timestamp=2020-01-01T00:00:00.000Z")))?;
        self.say([format!("BATCH +{} draft/multiline {}", "b".repeat(64), room(0))])?;
        let line = format!("@batch={} PRIVMSG {} :{}", "b".repeat(64), room(0), "x".repeat(370));
        self.say(vec![line; 11])
    }

    fn fill_room(&mut self, room: usize) -> Result<()> {
        let name = format!("#{:0>30}-{room:0>32}", self.number);
        self.say(["CAP REQ :draft/metadata-2".to_owned(), format!("JOIN {name}")])?;
        self.say([format!("TOPIC {name} :{}", "t".repeat(300))])?;
        let masks: Vec<String> =
            (0..99).map(|mask| format!("n{mask:0>30}!{}@{}", "u".repeat(30), "h".repeat(60))).collect();
        self.say(masks.chunks(3).map(|masks| format!("MODE {name} +bbb {}", masks.join(" "))))?;
        self.say((0..100).map(|key| format!("METADATA {name} SET {key:0>32} :{}", "v".repeat(300))))?;
        self.until_done().map(drop)
    }

    /// Says lines until they wait, and half a line, the longest that is kept.
    fn wait_with_lines(&mut self) -> Result<()> {
        self.say(vec!["PONG"; BURST - self.said])?;
        self.say(vec!["PONG x"; WAITING])?;
        self.write(format!("@{}", "+a;".repeat(1500)).as_bytes())
    }

    fn say(&mut self, lines: impl IntoIterator<Item = impl AsRef<str>>) -> Result<()> {
        let mut text = String::new();
        for line in lines {
            text.push_str(line.as_ref());
            text.push_str("\r\n");
            self.said += 1;
        }
        self.write(text.as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(bytes)?;
        stream.flush()
    }

    /// Reads until all was done that was said; how many bytes came for that.
    fn until_done(&mut self) -> Result<usize> {
        self.say(["PING done"])?;
        let (mut line, mut bytes) = (String::new(), 0);
        while self.stream.read_line(&mut line)? > 0 {
            if line.ends_with(":done\r\n") {
                return Ok(bytes);
            }
            bytes += line.len();
            line.clear();
        }
        Err(Error::new(ErrorKind::UnexpectedEof, "disconnected"))
    }
}

/// The longest keys there are.
fn key(number: usize) -> String {
    format!("{number:0>32}")
}
