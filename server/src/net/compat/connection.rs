//! One connection of the original's client: its socket on one side, the hub on the other, the translator between.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::{Instant, sleep_until, timeout, timeout_at},
};

use super::{
    segments::{Request, Segments},
    talk::{Act, MAX_SHOWN, Talk},
};
use crate::{
    hub::io::{ConnId, Input, Peer},
    net::{
        Arrival, Gate, NetLimits, Outbox, Seat, connection::drain, outbox::Take, reader::broken, stopped,
        writer::LAST_WORDS,
    },
};

/// Bytes read at a time: the most that the original sends at once.
const CHUNK: usize = 1024;
/// The silence after which what has come in is taken for a whole message.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a text waits behind another, so that the client reads them apart.
const BETWEEN_TEXTS: Duration = Duration::from_millis(60);
/// How long anything waits behind an answer, and an answer behind anything. The client reads it with one `recv` and
/// compares the whole of that; a machine under load may take a while to get there.
const BESIDE_ANSWERS: Duration = Duration::from_millis(400);
/// How many texts wait here for their turn. More wait in the outbox, which is bounded in bytes.
const TEXTS_WAITING: usize = 64;

/// Serves one connection to its end. Its people talk in `room`.
/// One that has not said who it is is dropped when `stop` becomes true.
pub(in crate::net) async fn serve(
    gate: &Gate,
    mut stream: TcpStream,
    peer: Peer,
    room: &str,
    (limits, seat): (&NetLimits, &Seat),
    mut stop: watch::Receiver<bool>,
) {
    let mut segments = Segments::default();
    let first = tokio::select! {
        first = first_request(&mut stream, &mut segments, limits) => first,
        () = seat.sent_away() => None,
        () = stopped(&mut stop) => None,
    };
    let Some(first) = first else { return };
    let Some((talk, acts)) = Talk::begin(first, room) else { return };
    let outbox = Arc::new(Outbox::new(limits.outbox));
    let conn = gate.next_id();
    let opened = Arrival::Opened { conn, peer, outbox: outbox.clone(), stay: seat.stay() };
    if gate.deliver(opened).await.is_none() {
        return;
    }
    let mut line = Line { gate, conn, stream, segments, talk, screen: Screen::default(), ending: false };
    let reason = tokio::select! {
        reason = line.run(acts, &outbox, limits.handshake) => reason,
        () = seat.sent_away() => "The server is full".to_owned(),
    };
    let _ = gate.deliver(Arrival::Input(Input::Closed { conn, reason })).await;
    let _ = timeout(LAST_WORDS, line.stream.shutdown()).await;
    drain(&mut line.stream).await;
}

/// What a connection begins with; `None` when nothing whole comes in time.
async fn first_request(stream: &mut TcpStream, segments: &mut Segments, limits: &NetLimits) -> Option<Request> {
    let deadline = Instant::now() + limits.handshake;
    let mut buffer = [0; CHUNK];
    loop {
        if let Some(request) = segments.next(false) {
            return Some(request);
        }
        let patience = if segments.is_empty() { limits.handshake } else { PAUSE };
        match timeout_at(deadline, timeout(patience, stream.read(&mut buffer))).await {
            Ok(Ok(Ok(read @ 1..))) => segments.push(buffer.get(..read)?),
            // A pause; without a whole message the rest may still come.
            Ok(Err(_)) => {
                if let Some(request) = segments.next(true) {
                    return Some(request);
                }
                let read = timeout_at(deadline, stream.read(&mut buffer)).await.ok()?.ok()?;
                segments.push(buffer.get(..read).filter(|bytes| !bytes.is_empty())?);
            }
            // The end of what is sent, as after a probe, is a pause as well.
            Ok(Ok(_)) => return segments.next(true),
            Err(_) => return None,
        }
    }
}

/// A connection that the hub knows.
struct Line<'a> {
    gate: &'a Gate,
    conn: ConnId,
    stream: TcpStream,
    segments: Segments,
    talk: Talk,
    screen: Screen,
    /// Whether nothing follows what waits for the screen.
    ending: bool,
}

impl Line<'_> {
    /// To the end; how it ended, as others will see it.
    async fn run(&mut self, acts: Vec<Act>, outbox: &Outbox, patience: Duration) -> String {
        let mut buffer = [0; CHUNK];
        // When what has come in counts as whole, and when an unfinished message is given up. Something may have come
        // behind the first message.
        let now = Instant::now();
        let (mut whole_at, mut forget_at) = match self.segments.is_empty() {
            true => (None, None),
            false => (Some(now + PAUSE), Some(now + patience)),
        };
        if self.act(acts).await.is_none() {
            return "Server closed".into();
        }
        loop {
            if self.ending && self.screen.waiting.is_empty() {
                return "Connection closed".into();
            }
            let done = tokio::select! {
                taken = outbox.take(), if !self.ending && self.screen.waiting.len() < TEXTS_WAITING => match taken {
                    Take::Chunks(chunks) => self.hear(&chunks.concat()).await,
                    Take::Last(chunks) => {
                        let done = self.hear(&chunks.concat()).await;
                        self.ending = true;
                        done
                    }
                    Take::Overflow => return "Reader too slow".into(),
                },
                read = self.stream.read(&mut buffer), if !self.ending => match read {
                    Ok(0) => {
                        // Nothing follows, so what has come in is whole.
                        self.listen(true).await;
                        return "Connection closed".into();
                    }
                    Ok(read) => {
                        self.segments.push(&buffer[..read]);
                        let now = Instant::now();
                        (whole_at, forget_at) = (Some(now + PAUSE), Some(now + patience));
                        self.listen(false).await
                    }
                    Err(error) => return broken(&error),
                },
                () = at(whole_at) => {
                    whole_at = None;
                    self.listen(true).await
                }
                () = at(forget_at) => {
                    forget_at = None;
                    self.segments.clear();
                    Some(())
                }
                () = at(self.screen.due()) => {
                    let bytes = self.screen.next_write();
                    match timeout(LAST_WORDS, self.stream.write_all(bytes.as_bytes())).await {
                        Ok(Ok(())) => Some(()),
                        Ok(Err(error)) => return broken(&error),
                        Err(_) => return "Reader too slow".into(),
                    }
                }
            };
            if done.is_none() {
                return "Server closed".into();
            }
        }
    }

    /// Takes what the client said; `None` when the server is gone.
    async fn listen(&mut self, paused: bool) -> Option<()> {
        while let Some(request) = self.segments.next(paused) {
            let acts = self.talk.said(request);
            self.act(acts).await?;
        }
        Some(())
    }

    /// Takes lines of the hub, which builds nothing but UTF-8.
    async fn hear(&mut self, bytes: &[u8]) -> Option<()> {
        for text in String::from_utf8_lossy(bytes).lines() {
            let acts = self.talk.heard(text);
            self.act(acts).await?;
        }
        Some(())
    }

    async fn act(&mut self, acts: Vec<Act>) -> Option<()> {
        for act in acts {
            match act {
                Act::Line(line) => {
                    self.gate.deliver(Arrival::Input(Input::Line { conn: self.conn, line })).await?;
                }
                Act::Show(text) => self.screen.waiting.push_back(Output::Text(text)),
                Act::Answer(answer) => self.screen.waiting.push_back(Output::Answer(answer)),
                Act::End => self.ending = true,
            }
        }
        Some(())
    }
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => std::future::pending().await,
    }
}

/// What waits to be written.
#[derive(Debug)]
enum Output {
    Text(String),
    /// Compared by the client, so it goes alone.
    Answer(&'static str),
}

/// The pace of writing.
#[derive(Debug, Default)]
struct Screen {
    waiting: VecDeque<Output>,
    /// When the last write was, and whether it was an answer.
    last: Option<(Instant, bool)>,
}

impl Screen {
    /// When the next write may be; `None` when nothing waits.
    fn due(&self) -> Option<Instant> {
        let next = self.waiting.front()?;
        let Some((last, was_answer)) = self.last else { return Some(Instant::now()) };
        let alone = was_answer || matches!(next, Output::Answer(_));
        Some(last + if alone { BESIDE_ANSWERS } else { BETWEEN_TEXTS })
    }

    /// Takes an answer, or as many texts as the client reads at once.
    fn next_write(&mut self) -> String {
        let answer = match self.waiting.front() {
            Some(Output::Answer(answer)) => Some((*answer).to_owned()),
            _ => None,
        };
        self.last = Some((Instant::now(), answer.is_some()));
        if let Some(answer) = answer {
            self.waiting.pop_front();
            return answer;
        }
        let mut write = String::new();
        while let Some(Output::Text(text)) = self.waiting.front() {
            if !write.is_empty() && write.len() + 1 + text.len() > MAX_SHOWN {
                break;
            }
            if !write.is_empty() {
                write.push('\n');
            }
            write.push_str(text);
            self.waiting.pop_front();
        }
        write
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn answers_go_alone_and_texts_together_when_there_are_many() {
        let mut screen = Screen::default();
        screen.waiting.push_back(Output::Answer("True"));
        screen.waiting.extend((0..3).map(|_| Output::Text("x".repeat(400))));
        screen.waiting.push_back(Output::Answer("exit_server"));
        let mut writes = Vec::new();
        while let Some(due) = screen.due() {
            sleep_until(due).await;
            writes.push((screen.next_write(), Instant::now()));
        }
        let lengths: Vec<usize> = writes.iter().map(|(write, _)| write.len()).collect();
        assert_eq!(lengths, [4, 801, 400, 11]);
        let gaps: Vec<Duration> = writes.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
        assert_eq!(gaps, [BESIDE_ANSWERS, BETWEEN_TEXTS, BESIDE_ANSWERS]);
    }
}
