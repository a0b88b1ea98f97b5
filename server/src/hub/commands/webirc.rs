//! WEBIRC: a web gateway says for whom it connects (ircv3.net "WebIRC").

use std::net::IpAddr;

use klatch_protocol::Message;

use crate::hub::{io::listed, policy::Policy, session::Registration, turn::Turn};

/// WEBIRC `<password> <gateway> <hostname> <ip> [:<options>]`. It "MUST be the first command"; whatever is wrong with it ends
/// the connection. Host names mean nothing here: nobody is shown by where they come from.
pub(super) fn webirc(turn: &mut Turn<'_>, message: &Message<'_>) {
    let policy = turn.hub.policy.clone();
    let mut peer = turn.session().peer.clone();
    if !is_first(turn) {
        return turn.close("WEBIRC has to be the first command");
    }
    let attempt = match turn.attempt(None) {
        Ok(attempt) => attempt,
        Err(patience) => return turn.close(&patience.sentence("Too many attempts")),
    };
    if !is_gateway(&policy, peer.addr, message.param(0).unwrap_or_default()) {
        return turn.close("Invalid WebIRC password");
    }
    turn.hub.throttle.give_back(attempt);
    let Some(addr) = message.param(3).and_then(|ip| ip.parse::<IpAddr>().ok()) else {
        return turn.close("Invalid address in WEBIRC");
    };
    peer.addr = addr.to_canonical();
    let options = message.param(4).unwrap_or_default().split(' ');
    let mut secure = false;
    for option in options {
        // Options may come to have values, "they MUST treat [...] `secure` and `secure=examplevalue123` in exactly the same way".
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        match name {
            "secure" => secure = true,
            "remote-port" => peer.port = value.parse().unwrap_or(peer.port),
            _ => {}
        }
    }
    // "only [...] if this flag is sent and the connection from the gateway to the server is also secure with TLS".
    peer.secure &= secure;
    turn.session().peer = peer;
    // At the beginning only the gateway's own address was looked at.
    turn.is_turned_away();
}

fn is_first(turn: &mut Turn<'_>) -> bool {
    let session = turn.session();
    let silent = !session.modern && session.code.is_none() && !session.admitted && session.account.is_none();
    let said_nothing = |registration: &mut Registration| {
        registration.nick.is_none() && registration.ident.is_none() && !registration.negotiating
    };
    silent && session.registration().is_some_and(said_nothing)
}

/// The address alone is not enough, and the password alone is not either.
fn is_gateway(policy: &Policy, addr: IpAddr, password: &str) -> bool {
    policy.gateways.iter().any(|gateway| listed(&gateway.from, addr) && gateway.password.is(password))
}
