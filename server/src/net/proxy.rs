//! The PROXY protocol, versions 1 and 2: a header before everything else by which a load balancer says for whom it
//! connects (haproxy.org "The PROXY protocol", 2020/03/05).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt};

/// What a version 2 header begins with (section 2.2).
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The longest version 1 header (section 2.1), its CR LF included.
const LONGEST_TEXT: usize = 107;
/// The most bytes of addresses and extensions that are read of a version 2 header; real ones have some hundreds.
const LONGEST_BINARY: usize = 4096;

/// Whom a header speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Somebody else, who is at this address.
    Client(SocketAddr),
    /// The sender itself, for example to see whether we are alive.
    Own,
}

/// Reads a header, and nothing of what follows it. `None` when there is none, or it is wrong.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Origin> {
    let mut start = [0; SIGNATURE.len()];
    stream.read_exact(&mut start).await.ok()?;
    match start == SIGNATURE {
        true => read_binary(stream).await,
        false => read_text(stream, start.to_vec()).await,
    }
}

/// Version 1: one line, read byte by byte because what follows is not ours.
async fn read_text(stream: &mut (impl AsyncRead + Unpin), mut line: Vec<u8>) -> Option<Origin> {
    if !line.starts_with(b"PROXY ") {
        return None;
    }
    while !line.ends_with(b"\r\n") {
        if line.len() >= LONGEST_TEXT {
            return None;
        }
        line.push(stream.read_u8().await.ok()?);
    }
    let line = std::str::from_utf8(&line).ok()?.trim_end_matches("\r\n");
    let mut words = line.split(' ').skip(1);
    let family = words.next()?;
    if family == "UNKNOWN" {
        return Some(Origin::Own);
    }
    let [source, _, port, _] = [words.next()?, words.next()?, words.next()?, words.next()?];
    let port = port.parse().ok()?;
    let client = match family {
        "TCP4" => SocketAddr::from((source.parse::<Ipv4Addr>().ok()?, port)),
        "TCP6" => SocketAddr::from((source.parse::<Ipv6Addr>().ok()?, port)),
        _ => return None,
    };
    words.next().is_none().then_some(Origin::Client(client))
}

/// Version 2 behind its signature: version and command, family, length, addresses, extensions.
async fn read_binary(stream: &mut (impl AsyncRead + Unpin)) -> Option<Origin> {
    let (command, family, length) =
        (stream.read_u8().await.ok()?, stream.read_u8().await.ok()?, stream.read_u16().await.ok()?);
    let mut rest = vec![0; usize::from(length)];
    if rest.len() > LONGEST_BINARY {
        return None;
    }
    stream.read_exact(&mut rest).await.ok()?;
    match (command, family) {
        (0x20, _) => Some(Origin::Own),
        (0x21, 0x11) => {
            let (source, ports) = (rest.first_chunk::<4>()?, rest.get(8..12)?);
            Some(Origin::Client((Ipv4Addr::from(*source), u16::from_be_bytes([ports[0], ports[1]])).into()))
        }
        (0x21, 0x21) => {
            let (source, ports) = (rest.first_chunk::<16>()?, rest.get(32..36)?);
            Some(Origin::Client((Ipv6Addr::from(*source), u16::from_be_bytes([ports[0], ports[1]])).into()))
        }
        // "the receiver must accept the connection" of a family it does not know, without its address.
        (0x21, _) => Some(Origin::Own),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(bytes: &[u8]) -> (Option<Origin>, usize) {
        let mut stream = bytes;
        let origin = read(&mut stream).await;
        (origin, stream.len())
    }

    fn client(address: &str) -> Option<Origin> {
        Some(Origin::Client(address.parse().unwrap()))
    }

    fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut header = SIGNATURE.to_vec();
        header.extend([command, family]);
        header.extend((rest.len() as u16).to_be_bytes());
        header.extend(rest);
        header
    }

    #[tokio::test]
    async fn headers_name_the_client_and_end_where_the_chat_begins() {
        let v4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x30, 0x39, 0x1a, 0x0b, 0xee, 0xee];
        let mut v6 = [0; 36];
        v6[0] = 0x20;
        v6[15] = 1;
        v6[33] = 80;
        for (header, want) in [
            (b"PROXY TCP4 192.0.2.7 10.0.0.1 12345 6667\r\n".to_vec(), client("192.0.2.7:12345")),
            (b"PROXY TCP6 2001:db8::1 ::1 9 6667\r\n".to_vec(), client("[2001:db8::1]:9")),
            (b"PROXY UNKNOWN\r\n".to_vec(), Some(Origin::Own)),
            (binary(0x21, 0x11, &v4), client("192.0.2.7:12345")),
            (binary(0x21, 0x21, &v6), client("[2000::1]:80")),
            (binary(0x20, 0, &[]), Some(Origin::Own)),
            (binary(0x21, 0x31, &[0; 216]), Some(Origin::Own)),
        ] {
            let bytes = [&header[..], b"NICK amy\r\n"].concat();
            assert_eq!(of(&bytes).await, (want, b"NICK amy\r\n".len()), "{header:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused() {
        let long = [b"PROXY TCP4 ".to_vec(), vec![b'1'; 200], b"\r\n".to_vec()].concat();
        for bytes in [
            &b""[..],
            b"NICK amy\r\nUSER amy 0 * :Amy\r\n",
            b"PROXY TCP4 192.0.2.7 10.0.0.1 12345\r\n",
            b"PROXY TCP4 2001:db8::1 ::1 9 6667\r\n",
            b"PROXY TCP4 192.0.2.7 10.0.0.1 99999 6667\r\n",
            b"PROXY TCP4 192.0.2.7 10.0.0.1 1 2 3\r\n",
            b"PROXY TCP4 192.0.2.7",
            &long,
            &binary(0x11, 0x11, &[0; 12]),
            &binary(0x21, 0x11, &[0; 4]),
            &binary(0x21, 0x11, &[0; 5000]),
        ] {
            assert_eq!(of(bytes).await.0, None, "{bytes:?}");
        }
    }
}
