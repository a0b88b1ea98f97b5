//! From bytes to inputs.

use std::{future::poll_fn, mem::MaybeUninit, pin::Pin, task::ready};

use klatch_protocol::{Frame, Framer, Limits};
use tokio::{
    io::{AsyncRead, ReadBuf},
    sync::mpsc,
};

use zeroize::Zeroize as _;

use super::Arrival;
use crate::hub::io::{ConnId, FrameFault, Input};

/// Bytes read at a time. They lie on the stack during one poll, so a quiet connection holds no buffer.
const CHUNK: usize = 8 * 1024;

/// How reading ended.
#[derive(Debug)]
pub(super) enum ReadEnd {
    /// The other end closed or broke, or never ended its line; the reason as others will see it.
    Over(String),
    /// It has to make room for others, since it has not logged in.
    SentAway,
    /// It speaks HTTP: a browser was led here. Nothing of it may be taken for chat.
    Http,
}

/// Reads until the end, and delivers each line to `arrivals`, waiting while that is full.
pub(super) async fn read(
    conn: ConnId,
    stream: &mut (impl AsyncRead + Unpin),
    arrivals: &mpsc::Sender<Arrival>,
) -> ReadEnd {
    let mut framer = Framer::new(Limits::FROM_CLIENT);
    let mut first = true;
    loop {
        match fill(stream, &mut framer).await {
            Ok(0) => return ReadEnd::Over("Connection closed".into()),
            Ok(_) => {}
            Err(error) => return ReadEnd::Over(broken(&error)),
        }
        while let Some(frame) = framer.next_frame() {
            let endless = frame == Frame::Endless;
            let input = match frame {
                Frame::Line(line) if first && is_http(line) => return ReadEnd::Http,
                Frame::Line(line) => Input::Line { conn, line: line.to_owned() },
                Frame::NotUtf8(line) => Input::BadFrame { conn, fault: FrameFault::NotUtf8 { head: head_of(line) } },
                Frame::TooLong => Input::BadFrame { conn, fault: FrameFault::TooLong },
                Frame::Endless => Input::BadFrame { conn, fault: FrameFault::Endless },
            };
            first = false;
            if arrivals.send(Arrival::Input(input)).await.is_err() {
                return ReadEnd::Over("Server closed".into());
            }
            if endless {
                return ReadEnd::Over("Line without end".into());
            }
        }
    }
}

/// The words of a line before the one that is not UTF-8.
fn head_of(line: &[u8]) -> String {
    let valid = line.utf8_chunks().next().map(|chunk| chunk.valid()).unwrap_or_default();
    valid.rsplit_once(' ').map(|(head, _)| head.to_owned()).unwrap_or_default()
}

/// Reads once into the framer; 0 at the end of the stream. Cancel-safe.
async fn fill(stream: &mut (impl AsyncRead + Unpin), framer: &mut Framer) -> std::io::Result<usize> {
    poll_fn(|context| {
        let mut space = [const { MaybeUninit::uninit() }; CHUNK];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
        framer.push(buffer.filled());
        let read = buffer.filled().len();
        // It may hold a password.
        buffer.filled_mut().zeroize();
        std::task::Poll::Ready(Ok(read))
    })
    .await
}

/// Why a connection broke, in words for people.
pub(super) fn broken(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "Connection closed".into(),
        std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe => "Connection reset".into(),
        std::io::ErrorKind::TimedOut => "Connection timed out".into(),
        _ => "Connection failed".into(),
    }
}

/// Whether a first line is the request line of HTTP/1 (RFC 9112 section 3).
fn is_http(line: &str) -> bool {
    let mut words = line.split(' ');
    let method = words.next().is_some_and(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase()));
    method && words.nth(1).is_some_and(|version| version.starts_with("HTTP/1.")) && words.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_and_faults_arrive_in_order() {
        let (send, mut arrivals) = mpsc::channel(16);
        let mut stream: &[u8] = b"NICK amy\r\n@a=b X \xff\nUSER a\nunfinished";
        let end = read(ConnId(3), &mut stream, &send).await;
        assert!(matches!(end, ReadEnd::Over(reason) if reason == "Connection closed"));
        drop(send);
        let mut got = Vec::new();
        while let Some(Arrival::Input(input)) = arrivals.recv().await {
            got.push(match input {
                Input::Line { conn: ConnId(3), line } => line,
                other => format!("{other:?}"),
            });
        }
        assert_eq!(got, ["NICK amy", "BadFrame { conn: ConnId(3), fault: NotUtf8 { head: \"@a=b X\" } }", "USER a"]);
    }

    #[test]
    fn a_request_line_is_known() {
        assert!(is_http("POST /x HTTP/1.1"));
        assert!(is_http("GET / HTTP/1.0"));
        for chat in ["NICK amy", "GET / HTTP/1.1 x", "privmsg x HTTP/1.1", "USER a b c :d", ""] {
            assert!(!is_http(chat), "{chat}");
        }
    }
}
