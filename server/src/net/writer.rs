//! From the outbox to the socket: whatever is queued goes out in as few writes as the system allows.

use std::io::{Error, ErrorKind, IoSlice};

use bytes::Bytes;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{Outbox, outbox::Take, reader::broken};

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
        let (near, mut far) = tokio::io::duplex(4);
        let outbox = Outbox::new(10);
        outbox.push(vec![Bytes::from_static(b"12345678")]);
        let mut writing = std::pin::pin!(write(near, &outbox));
        assert!(timeout(Duration::from_secs(1), &mut writing).await.is_err(), "it waits for the reader");
        outbox.push(vec![Bytes::from_static(b"123456789012")]);
        let mut eight = [0; 8];
        let (end, read) = tokio::join!(writing, far.read_exact(&mut eight));
        read.unwrap();
        assert!(matches!(end, WriteEnd::TooSlow));
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
