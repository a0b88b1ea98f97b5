//! Lines in and out of a link, until one end has had enough.

use std::io::ErrorKind;

use klatch_protocol::{Frame, Framer, Limits};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};

use super::{LinkId, NetEvent, Reports, failure::plain};

/// Bytes read at a time.
const READ: usize = 16 * 1024;
/// Bytes gathered for one write.
const WRITE: usize = 16 * 1024;

/// What is said of a server that is gone without a word.
const GONE: &str = "the server closed the connection";

/// Carries lines until the link ends or `unwritten` is closed; returns why it ended.
pub(super) async fn carry<S, E>(stream: S, unwritten: mpsc::Receiver<String>, reports: &Reports<E>) -> String
where
    S: AsyncRead + AsyncWrite,
    E: From<(LinkId, NetEvent)>,
{
    let (reader, writer) = tokio::io::split(stream);
    // Whichever ends first ends the link, so it does not matter where the other one is cancelled.
    tokio::select! {
        reason = read(reader, reports) => reason,
        reason = write(writer, unwritten) => reason,
    }
}

async fn read<E: From<(LinkId, NetEvent)>>(mut from: impl AsyncRead + Unpin, reports: &Reports<E>) -> String {
    let mut framer = Framer::new(Limits::FROM_SERVER);
    let mut buffer = vec![0; READ];
    loop {
        let bytes = match from.read(&mut buffer).await {
            Ok(0) => return GONE.to_owned(),
            // It was killed, or lost its network, before it could say goodbye as TLS has it.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return GONE.to_owned(),
            // `read` never gives more than the buffer holds.
            Ok(count) => &buffer[..count],
            Err(error) => return plain(&error),
        };
        framer.push(bytes);
        while let Some(frame) = framer.next_frame() {
            let line = match frame {
                Frame::Line(text) => text.to_owned(),
                Frame::NotUtf8(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                // Nothing can be done with the beginning of a line; the next one is whole again.
                Frame::TooLong => continue,
                Frame::Endless => return "the server sent a line without end".to_owned(),
            };
            if !reports.tell(NetEvent::Line(line)).await {
                return "nobody listens any more".to_owned();
            }
        }
    }
}

async fn write(mut to: impl AsyncWrite + Unpin, mut unwritten: mpsc::Receiver<String>) -> String {
    let mut bytes = Vec::new();
    while let Some(line) = unwritten.recv().await {
        bytes.clear();
        let mut next = Some(line);
        while let Some(line) = next {
            bytes.extend_from_slice(line.as_bytes());
            bytes.extend_from_slice(b"\r\n");
            next = if bytes.len() < WRITE { unwritten.try_recv().ok() } else { None };
        }
        let written = match to.write_all(&bytes).await {
            Ok(()) => to.flush().await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            return plain(&error);
        }
    }
    // The farewell of a link that is ended on purpose; a peer that is gone already does not miss it.
    let _ = to.shutdown().await;
    "closed".to_owned()
}
