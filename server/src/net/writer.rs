//! From the outbox to the socket: whatever is queued goes out in as few writes as the system allows.

use std::io::{Error, ErrorKind, IoSlice};

use bytes::Bytes;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{
    Outbox,
    outbox::Take,
    reader::broken,
};

/// The most slices of one vectored write. More do not make it faster.
const SLICES: usize = 256;

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

/// Writes what comes into `outbox` until it ends.
pub(super) async fn write(mut stream: impl AsyncWrite + Unpin, outbox: &Outbox) -> WriteEnd {
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
    use std::time::Duration;

    use tokio::{io::AsyncReadExt, time::timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn everything_arrives_through_a_narrow_pipe() {
        let (near, mut far) = tokio::io::duplex(7);
        let outbox = Outbox::new(1 << 20);
        let text: Vec<String> = (0..600).map(|number| format!("line {number}\r\n")).collect();
        for line in &text {
            outbox.push(line.clone().into());
        }
        outbox.push(Bytes::new());
        outbox.close();
        let mut got = String::new();
        let (end, read) = tokio::join!(write(near, &outbox), far.read_to_string(&mut got));
        read.unwrap();
        assert!(matches!(end, WriteEnd::Flushed));
        assert_eq!(got, text.concat());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stops_is_told_from_one_that_is_slow() {
        let (near, _far) = tokio::io::duplex(4);
        let outbox = Outbox::new(10);
        outbox.push(Bytes::from_static(b"12345678"));
        outbox.wake();
        let mut writing = std::pin::pin!(write(near, &outbox));
        assert!(timeout(Duration::from_secs(1), &mut writing).await.is_err(), "it waits for the reader");
        outbox.push(Bytes::from_static(b"12345678"));
        outbox.push(Bytes::from_static(b"12345678"));
        outbox.wake();
        drop(_far);
        assert!(matches!(writing.await, WriteEnd::Failed(_)));
    }
}
