//! From the outbox to the socket: whatever is queued goes out in as few writes as the system allows.

use std::{
    io::{Error, ErrorKind, IoSlice},
    pin::pin,
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    time::timeout,
};

use super::{
    Outbox,
    outbox::{Ending, Take},
    reader::broken,
};

/// The most slices of one vectored write. More do not make it faster.
const SLICES: usize = 256;

/// How long a connection that is over may take to get its last lines.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(3);

/// How writing ended.
#[derive(Debug)]
pub(super) enum WriteEnd {
    /// Everything was written, and our half is closed.
    Flushed,
    /// More was queued than the outbox may hold.
    TooSlow,
    /// The connection broke; the reason as others will see it.
    Failed(String),
}

/// Writes what comes into `outbox` until it ends; after that the other end has [`LAST_WORDS`] to take what is left.
pub(super) async fn write(stream: impl AsyncWrite + Unpin, outbox: &Outbox) -> WriteEnd {
    let mut pumping = pin!(pump(stream, outbox));
    tokio::select! {
        end = &mut pumping => return end,
        end = outbox.ended() => if end == Ending::Overflow { return WriteEnd::TooSlow },
    }
    timeout(LAST_WORDS, pumping).await.unwrap_or_else(|_| WriteEnd::Failed("Connection timed out".into()))
}

async fn pump(mut stream: impl AsyncWrite + Unpin, outbox: &Outbox) -> WriteEnd {
    loop {
        let (chunks, last) = match outbox.take().await {
            Take::Chunks(chunks) => (chunks, false),
            Take::Last(chunks) => (chunks, true),
            Take::Overflow => return WriteEnd::TooSlow,
        };
        if let Err(error) = write_all(&mut stream, &chunks).await {
            return WriteEnd::Failed(broken(&error));
        }
        if last {
            // An error here means that the other end is gone already.
            let _ = stream.shutdown().await;
            return WriteEnd::Flushed;
        }
    }
}

async fn write_all(stream: &mut (impl AsyncWrite + Unpin), chunks: &[Bytes]) -> std::io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = chunks.iter().map(|chunk| IoSlice::new(chunk)).collect();
    let mut rest = &mut slices[..];
    // Takes off what is empty.
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        let now = rest.len().min(SLICES);
        let written = stream.write_vectored(&rest[..now]).await?;
        if written == 0 {
            return Err(Error::from(ErrorKind::WriteZero));
        }
        IoSlice::advance_slices(&mut rest, written);
    }
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn everything_arrives_through_a_narrow_pipe() {
        let (near, mut far) = tokio::io::duplex(7);
        let outbox = Outbox::new(1 << 20);
        let text: Vec<String> = (0..600).map(|number| format!("line {number}\r\n")).collect();
        outbox.push(text.iter().map(|line| Bytes::from(line.clone())).chain([Bytes::new()]).collect());
        outbox.close();
        let mut got = String::new();
        let (end, read) = tokio::join!(write(near, &outbox), far.read_to_string(&mut got));
        read.unwrap();
        assert!(matches!(end, WriteEnd::Flushed));
        assert_eq!(got, text.concat());
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_too_slowly_is_given_up() {
        let (near, _far) = tokio::io::duplex(4);
        let outbox = Outbox::new(10);
        outbox.push(vec![Bytes::from_static(b"12345678")]);
        let mut writing = std::pin::pin!(write(near, &outbox));
        assert!(timeout(Duration::from_secs(1), &mut writing).await.is_err(), "it waits for the reader");
        outbox.push(vec![Bytes::from_static(b"12")]);
        outbox.push(vec![Bytes::from_static(b"3")]);
        assert!(matches!(writing.await, WriteEnd::TooSlow));
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_take_its_last_lines_is_left() {
        let (near, _far) = tokio::io::duplex(4);
        let outbox = Outbox::new(10);
        outbox.push(vec![Bytes::from_static(b"12345678")]);
        outbox.close();
        let end = timeout(LAST_WORDS * 2, write(near, &outbox)).await.unwrap();
        assert!(matches!(end, WriteEnd::Failed(_)));
    }

    #[tokio::test]
    async fn a_broken_connection_ends_it() {
        let (near, far) = tokio::io::duplex(4);
        drop(far);
        let outbox = Outbox::new(10);
        outbox.push(vec![Bytes::from_static(b"12345678")]);
        assert!(matches!(write(near, &outbox).await, WriteEnd::Failed(_)));
    }
}
