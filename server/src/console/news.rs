//! One line for each thing that happens, in the original's words.

use klatch_protocol::sanitize::{clean_line, clean_name};

use super::{Ink, duration};
use crate::hub::io::{News, Peer};

/// What happened, as a line for the operator's screen. Everything that strangers wrote in it is cleaned.
#[must_use]
pub fn line(news: &News, ink: Ink) -> String {
    match news {
        News::AccountCreated { account, peer } => {
            format!("{} account was created - {} {}", ink.green("[NEW]"), name(account, ink), from(peer))
        }
        News::Connected { display, nick, peer } => {
            format!("{} - {} - {}", from(peer), ink.green("[ CONNECTED ]"), person(display, nick, ink))
        }
        News::Disconnected { display, nick, peer, reason } => {
            let (word, who) = (ink.red("[ DISCONNECTED ]"), person(display, nick, ink));
            format!("{} - {word} - {who} - {}", from(peer), clean_line(reason))
        }
        News::LoginFailed { account, peer } => {
            format!("{} - {} - {}", from(peer), ink.red("[ LOG-IN REFUSED ]"), name(account, ink))
        }
        News::Deed(deed) => {
            format!("{} {} {}", ink.cyan("[ OPERATORS ]"), clean_name(&deed.by), clean_line(&deed.what))
        }
        News::ShuttingDown { delay, reason } => {
            let reason = reason.as_deref().map(|reason| format!(": {}", clean_line(reason))).unwrap_or_default();
            let when = match delay {
                0 => "now".to_owned(),
                delay => format!("in {}", duration(delay / 1000)),
            };
            format!("{} {when}{reason}", ink.red("[ SHUTTING DOWN ]"))
        }
    }
}

fn from(peer: &Peer) -> String {
    format!("[ {}:{} ]", peer.addr, peer.port)
}

fn name(text: &str, ink: Ink) -> String {
    ink.cyan(&clean_name(text))
}

/// The display name, with the user name where it is another.
pub(super) fn person(display: &str, nick: &str, ink: Ink) -> String {
    match display == nick || display.is_empty() {
        true => name(nick, ink),
        false => format!("{} ({})", name(display, ink), clean_name(nick)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_original_and_clean() {
        let peer = Peer { addr: [192, 168, 1, 5].into(), port: 4711, secure: true };
        let connected = News::Connected { display: "Lior\u{1b}[31m".into(), nick: "lior".into(), peer: peer.clone() };
        assert_eq!(line(&connected, Ink::PLAIN), "[ 192.168.1.5:4711 ] - [ CONNECTED ] - Lior␛ (lior)");
        let left = News::Disconnected {
            display: "lior".into(),
            nick: "lior".into(),
            peer: peer.clone(),
            reason: "bye\nNOW".into(),
        };
        assert_eq!(line(&left, Ink::PLAIN), "[ 192.168.1.5:4711 ] - [ DISCONNECTED ] - lior - bye NOW");
        let new = News::AccountCreated { account: "lior".into(), peer };
        assert_eq!(line(&new, Ink::PLAIN), "[NEW] account was created - lior [ 192.168.1.5:4711 ]");
        let end = News::ShuttingDown { delay: 90_000, reason: None };
        assert_eq!(line(&end, Ink::PLAIN), "[ SHUTTING DOWN ] in 1 min 30 s");
    }
}
