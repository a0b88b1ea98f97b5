//! Very many connect and say nothing, or begin a handshake and say no more, while somebody honest logs in.

use std::{
    io::{BufRead as _, BufReader, Error, ErrorKind, Result, Write as _},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use klatch_protocol::sasl::{self, Plain};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};

use super::Plan;
use crate::{
    crowd::Crowd,
    figures::compare,
    subject::{Kind, Subject},
};

/// How many say nothing.
const SILENT: usize = 10_000;
/// The beginning of a TLS handshake that does not go on.
const HALF_A_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00";
/// Room for those and the honest one; passwords cost what they cost by default.
const CONFIGURATION: &str = "[limits]\nconnections = 11000\nhandshake_seconds = 60\n";

/// Measures both kinds of silence.
pub fn run(plan: &Plan) {
    let names = ["log-in with a password, nobody else, s", "log-in with a password meanwhile, s"];
    for (what, first) in [("nothing", &b""[..]), ("half a TLS hello", HALF_A_HELLO)] {
        let title = format!("{SILENT} connections say {what}");
        compare(&title, plan.klatchds(), &names, plan.runs, |kind| measure(kind, first));
    }
}

fn measure(kind: &Kind, first: &[u8]) -> Result<Vec<f64>> {
    let mut subject = Subject::configured(kind, true, CONFIGURATION)?;
    let tls = subject.tls.take().ok_or_else(|| Error::other("started without TLS"))?;
    Honest::connect(&subject, &tls)?.sign_up()?;
    let alone = log_in(&subject, &tls)?;
    let mut crowd = Crowd::new(&subject)?;
    for number in 0..SILENT {
        crowd.add(&subject)?;
        crowd.say(number, first)?;
        if number % 250 == 0 {
            // Lets connections that are being made be finished.
            crowd.listen(Duration::from_millis(10), |_, _| {})?;
        }
    }
    crowd.listen(Duration::from_millis(500), |_, _| {})?;
    let meanwhile = log_in(&subject, &tls)?;
    Ok(vec![alone, meanwhile])
}

/// Seconds from connecting to being in.
fn log_in(subject: &Subject, tls: &Arc<ClientConfig>) -> Result<f64> {
    let begin = Instant::now();
    Honest::connect(subject, tls)?.log_in()?;
    Ok(begin.elapsed().as_secs_f64())
}

/// One client that does everything as it should.
struct Honest {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Honest {
    fn connect(subject: &Subject, tls: &Arc<ClientConfig>) -> Result<Self> {
        let socket = TcpStream::connect(subject.daemon.address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(60)))?;
        let name = ServerName::try_from("localhost").map_err(Error::other)?;
        let connection = ClientConnection::new(tls.clone(), name).map_err(Error::other)?;
        Ok(Honest { stream: BufReader::new(StreamOwned::new(connection, socket)) })
    }

    fn sign_up(mut self) -> Result<()> {
        self.say("CAP LS 302\r\nCAP REQ :draft/account-registration\r\nNICK honest\r\nUSER honest 0 * :Honest\r\n")?;
        self.say("REGISTER * * a-good-password\r\n")?;
        self.until("REGISTER SUCCESS")?;
        self.say("CAP END\r\n")?;
        self.until(" 376 ")?;
        self.say("QUIT\r\n")?;
        self.until("ERROR")
    }

    fn log_in(mut self) -> Result<()> {
        self.say("CAP LS 302\r\nCAP REQ :sasl\r\nNICK honest\r\nUSER honest 0 * :Honest\r\nAUTHENTICATE PLAIN\r\n")?;
        self.until("AUTHENTICATE +")?;
        let password = "a-good-password".to_owned().into();
        let plain = Plain { authzid: String::new(), authcid: "honest".into(), password };
        for chunk in sasl::chunks(&plain.encode()) {
            self.say(&format!("AUTHENTICATE {}\r\n", chunk.as_str()))?;
        }
        self.until(" 903 ")?;
        self.say("CAP END\r\n")?;
        self.until(" 376 ")?;
        self.say("QUIT\r\n")?;
        self.until("ERROR")
    }

    fn say(&mut self, text: &str) -> Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(text.as_bytes())?;
        stream.flush()
    }

    fn until(&mut self, part: &str) -> Result<()> {
        let mut line = String::new();
        while self.stream.read_line(&mut line)? > 0 {
            if line.contains(part) {
                return Ok(());
            }
            line.clear();
        }
        Err(Error::new(ErrorKind::UnexpectedEof, format!("closed before `{part}`")))
    }
}
