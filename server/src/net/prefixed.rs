//! A stream whose first bytes were looked at.

use std::{
    io::{IoSlice, Result},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// Gives the bytes that were read to find out what is spoken once more, and then the stream's own.
#[derive(Debug)]
pub(super) struct Prefixed<S> {
    head: Vec<u8>,
    given: usize,
    stream: S,
}

impl<S: AsyncRead + Unpin> Prefixed<S> {
    /// Reads as much as `word` is long, or less if it cannot be `word`; also says whether it is. `None` when the stream
    /// ends before.
    pub(super) async fn peek(mut stream: S, word: &[u8]) -> Option<(Self, bool)> {
        let mut head = vec![0; word.len()];
        let mut read = 0;
        while read < word.len() && head[..read] == word[..read] {
            match stream.read(&mut head[read..]).await {
                Ok(0) | Err(_) => return None,
                Ok(more) => read += more,
            }
        }
        head.truncate(read);
        let found = head == word;
        Some((Prefixed { head, given: 0, stream }, found))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Prefixed<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let left = self.head.get(self.given..).unwrap_or_default();
        if left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let now = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..now]);
        self.given += now;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prefixed<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_looked_at_comes_once_more() {
        for (bytes, found) in [("GET / HTTP/1.1", true), ("GETX", false), ("NICK amy", false), ("GGGG", false)] {
            let (mut stream, is) = Prefixed::peek(bytes.as_bytes(), b"GET ").await.unwrap();
            assert_eq!(is, found, "{bytes}");
            let mut again = String::new();
            stream.read_to_string(&mut again).await.unwrap();
            assert_eq!(again, bytes);
        }
        assert!(Prefixed::peek(&b"GE"[..], b"GET ").await.is_none());
    }
}
