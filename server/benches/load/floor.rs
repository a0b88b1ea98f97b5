//! The floor: what a server cannot be faster than. One thread, one epoll; each line goes to all other sockets, and each
//! socket is written to once a turn. No names, no rooms, no history. A line that begins with `?` is answered with itself.

use std::{
    io::{Read as _, Result},
    net::{Ipv4Addr, SocketAddr},
    ops::Range,
    sync::Arc,
};

use klatch_server::tls::{Identity, Tls};
use mio::{
    Events, Interest, Poll, Registry, Token,
    net::{TcpListener, TcpStream},
};
use socket2::{Domain, Socket, Type};
use tokio_rustls::rustls::{Connection, ServerConfig, ServerConnection};

use crate::wire::Wire;

const LISTENER: Token = Token(usize::MAX);

struct Peer {
    wire: Wire,
    /// The beginning of a line.
    line: Vec<u8>,
    /// What of this turn's lines is its own.
    own: Vec<Range<usize>>,
}

/// Serves 127.0.0.1 until standard input ends, and says where as klatchd does.
pub fn serve(tls: bool) -> Result<()> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let own = Tls::new(&Identity::Fleeting, "localhost").map_err(std::io::Error::other)?;
    let config = tls.then(|| own.acceptor.config().clone());
    let mut poll = Poll::new()?;
    let mut listener = listener()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let address = listener.local_addr()?;
    println!("READY {} {} {}", address.ip(), address.port(), own.fingerprint);
    let (mut peers, mut events) = (Vec::new(), Events::with_capacity(1024));
    let mut space = vec![0; 64 * 1024];
    loop {
        poll.poll(&mut events, None)?;
        let mut said = Vec::new();
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, poll.registry(), config.as_ref(), &mut peers)?;
            } else if !hear(&mut peers, event.token().0, &mut space, &mut said) {
                peers[event.token().0] = None;
            }
        }
        relay(&mut peers, &said);
    }
}

/// With as long a queue as klatchd's, or connections would wait a second for the next try.
fn listener() -> Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(1024)?;
    socket.set_nonblocking(true)?;
    Ok(TcpListener::from_std(socket.into()))
}

fn accept(
    listener: &TcpListener,
    registry: &Registry,
    tls: Option<&Arc<ServerConfig>>,
    peers: &mut Vec<Option<Peer>>,
) -> Result<()> {
    while let Ok((mut socket, _)) = listener.accept() {
        socket.set_nodelay(true)?;
        let token = Token(peers.len());
        registry.register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        peers.push(Some(Peer { wire: wire(socket, tls)?, line: Vec::new(), own: Vec::new() }));
    }
    Ok(())
}

fn wire(socket: TcpStream, tls: Option<&Arc<ServerConfig>>) -> Result<Wire> {
    let connection = tls.map(|config| ServerConnection::new(config.clone())).transpose();
    Ok(Wire::new(socket, connection.map_err(std::io::Error::other)?.map(Connection::Server)))
}

/// Takes what a peer says into `said`; whether it is still there.
fn hear(peers: &mut [Option<Peer>], number: usize, space: &mut [u8], said: &mut Vec<u8>) -> bool {
    let Some(Some(Peer { wire, line, own })) = peers.get_mut(number) else { return true };
    let mut asked = Vec::new();
    let alive = wire.read(space, |bytes| {
        line.extend_from_slice(bytes);
        let Some(end) = line.iter().rposition(|byte| *byte == b'\n') else { return };
        let begin = said.len();
        for whole in line[..=end].split_inclusive(|byte| *byte == b'\n') {
            if whole.starts_with(b"?") { &mut asked } else { &mut *said }.extend_from_slice(whole);
        }
        line.drain(..=end);
        if said.len() > begin {
            own.push(begin..said.len());
        }
    });
    matches!(alive, Ok(true)) && wire.say(&asked).and_then(|()| wire.flush()).is_ok()
}

/// Everything that was said this turn, to all but those who said it.
fn relay(peers: &mut [Option<Peer>], said: &[u8]) {
    if said.is_empty() {
        return;
    }
    for place in peers {
        let Some(peer) = place else { continue };
        let mut at = 0;
        let mut all = Ok(());
        for own in peer.own.drain(..) {
            all = all.and_then(|()| peer.wire.say(&said[at..own.start]));
            at = own.end;
        }
        if all.and_then(|()| peer.wire.say(&said[at..])).and_then(|()| peer.wire.flush()).is_err() {
            *place = None;
        }
    }
}
