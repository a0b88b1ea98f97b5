//! WebSocket messages as a stream of lines, so that nothing behind it has to know of them.

use std::{
    io::{Error, ErrorKind, Result},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::{WebSocketStream, tungstenite};

/// Reads each message as a line with its CR LF, and writes each line as a message without.
#[derive(Debug)]
pub struct WebLines<S> {
    socket: WebSocketStream<S>,
    /// Whether messages are text. Without an agreement it is as the other end does it, and text until then.
    text: Option<bool>,
    /// What is left of the message being read.
    incoming: Bytes,
    /// Whether that message still needs its CR LF.
    unfinished: bool,
    /// What was written of a line that has no end yet.
    outgoing: Vec<u8>,
}

impl<S> WebLines<S> {
    /// `text` is what the handshake agreed on, if anything.
    pub(super) fn new(socket: WebSocketStream<S>, text: Option<bool>) -> Self {
        WebLines { socket, text, incoming: Bytes::new(), unfinished: false, outgoing: Vec::new() }
    }

    /// Takes a message for the line it is: servers "MUST NOT include trailing `\r` or `\n`", and clients that do are
    /// forgiven.
    fn take(&mut self, mut message: Bytes, text: bool) {
        self.text.get_or_insert(text);
        let end = message.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        message.truncate(end);
        self.incoming = message;
        self.unfinished = true;
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for WebLines<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        loop {
            if self.incoming.is_empty() && self.unfinished {
                self.incoming = Bytes::from_static(b"\r\n");
                self.unfinished = false;
            }
            if !self.incoming.is_empty() {
                let now = self.incoming.len().min(buffer.remaining());
                buffer.put_slice(&self.incoming.split_to(now));
                return Poll::Ready(Ok(()));
            }
            match ready!(Pin::new(&mut self.socket).poll_next(context)) {
                Some(Ok(tungstenite::Message::Text(text))) => self.take(text.into(), true),
                Some(Ok(tungstenite::Message::Binary(bytes))) => self.take(bytes, false),
                // Pings are answered by the library; after a close only the end follows.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(ended(error)),
                None => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for WebLines<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            self.outgoing.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        };
        ready!(Pin::new(&mut self.socket).poll_ready(context)).map_err(broken)?;
        let mut line = std::mem::take(&mut self.outgoing);
        line.extend_from_slice(&bytes[..end]);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let message = match self.text.unwrap_or(true) {
            true => tungstenite::Message::text(&*String::from_utf8_lossy(&line)),
            false => tungstenite::Message::binary(line),
        };
        Pin::new(&mut self.socket).start_send(message).map_err(broken)?;
        Poll::Ready(Ok(end + 1))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context).map_err(broken)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_close(context).map_err(broken)
    }
}

/// How reading ends: an end that was announced is none that broke.
fn ended(error: tungstenite::Error) -> Result<()> {
    match error {
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => Ok(()),
        error => Err(broken(error)),
    }
}

fn broken(error: tungstenite::Error) -> Error {
    match error {
        tungstenite::Error::Io(error) => error,
        // RFC 6455 section 7.1.7: the library has sent a close frame where one is due.
        error => Error::new(ErrorKind::InvalidData, error),
    }
}
