//! One socket that does not block, in plain text or TLS, at either end.

use std::io::{ErrorKind, Read as _, Result, Write as _};

use mio::net::TcpStream;
use tokio_rustls::rustls::Connection;

/// A connection, with what the socket did not take yet.
pub struct Wire {
    pub socket: TcpStream,
    tls: Option<Box<Connection>>,
    /// Plain text that is to be written.
    waiting: Vec<u8>,
}

impl Wire {
    pub fn new(socket: TcpStream, tls: Option<Connection>) -> Self {
        let tls = tls.map(|mut tls| {
            // As in plain text: what waits is bounded by what the benchmark says at once.
            tls.set_buffer_limit(None);
            Box::new(tls)
        });
        Wire { socket, tls, waiting: Vec::new() }
    }

    /// Reads all there is by way of `space`, and gives it to `take`. `false` when the other end has closed.
    pub fn read(&mut self, space: &mut [u8], mut take: impl FnMut(&[u8])) -> Result<bool> {
        loop {
            let count = match self.socket.read(space) {
                Ok(0) => return Ok(false),
                Ok(count) => count,
                Err(error) if is_patient(error.kind()) => return Ok(true),
                Err(error) => return Err(error),
            };
            match &mut self.tls {
                None => take(&space[..count]),
                Some(tls) => decrypt(tls, &space[..count], &mut take)?,
            }
        }
    }

    /// Puts `bytes` behind what is to be written.
    pub fn say(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.tls {
            None => self.waiting.extend_from_slice(bytes),
            Some(tls) => tls.writer().write_all(bytes)?,
        }
        Ok(())
    }

    /// Writes as much as the socket takes.
    pub fn flush(&mut self) -> Result<()> {
        let done = match &mut self.tls {
            Some(tls) => write_records(tls, &mut self.socket),
            None => write_waiting(&mut self.waiting, &mut self.socket),
        };
        match done {
            Err(error) if is_patient(error.kind()) => Ok(()),
            done => done,
        }
    }
}

/// Whether the socket will be ready some other time. A connection that is not made yet is one of these.
fn is_patient(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::NotConnected | ErrorKind::Interrupted)
}

fn decrypt(tls: &mut Connection, mut records: &[u8], take: &mut impl FnMut(&[u8])) -> Result<()> {
    let mut text = [0; 16 * 1024];
    while !records.is_empty() {
        tls.read_tls(&mut records)?;
        tls.process_new_packets().map_err(std::io::Error::other)?;
        // At the end of what there is, the reader would block.
        while let Ok(count @ 1..) = tls.reader().read(&mut text) {
            take(&text[..count]);
        }
    }
    Ok(())
}

fn write_records(tls: &mut Connection, socket: &mut TcpStream) -> Result<()> {
    while tls.wants_write() {
        tls.write_tls(socket)?;
    }
    Ok(())
}

fn write_waiting(waiting: &mut Vec<u8>, socket: &mut TcpStream) -> Result<()> {
    let mut done = 0;
    let mut result = Ok(());
    while done < waiting.len() && result.is_ok() {
        result = socket.write(&waiting[done..]).map(|count| done += count);
    }
    waiting.drain(..done);
    if waiting.is_empty() {
        // As every connection has one, an idle one should not hold on to memory.
        *waiting = Vec::new();
    }
    result
}
