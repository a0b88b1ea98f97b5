//! What people say about themselves: AWAY and SETNAME.

use klatch_protocol::{Caps, Message, Numeric, encode::truncate};

use super::registration::MAX_DISPLAY;
use crate::hub::{turn::Turn, world::Command};

/// The most bytes of an away text (ISUPPORT `AWAYLEN`).
const MAX_AWAY: usize = 200;

/// AWAY (modern.ircdocs.horse "AWAY message"). Before registration has ended it is for clients that negotiated
/// `draft/pre-away`.
pub(super) fn away(turn: &mut Turn<'_>, message: &Message<'_>) {
    let away = message.given(0).map(|text| truncate(text, MAX_AWAY).to_owned());
    let reply = if away.is_some() { Numeric::RPL_NOWAWAY } else { Numeric::RPL_UNAWAY };
    match turn.me() {
        Some(user) => {
            // Only somebody who is gone could be refused.
            let _ = turn.apply(Command::SetAway { user, away });
        }
        None if turn.caps().contains(Caps::PRE_AWAY) => {
            if let Some(registration) = turn.session().registration() {
                registration.away = away;
            }
        }
        None => return turn.refuse(Numeric::ERR_NOTREGISTERED, &[]),
    }
    turn.refuse(reply, &[]);
}

/// SETNAME (ircv3.net "setname"): another display name, which the account keeps.
pub(super) fn setname(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(user) = turn.me() else { return };
    let display = message.param(0).unwrap_or_default().trim();
    if display.is_empty() || display.len() > MAX_DISPLAY {
        let text = format!("A display name has 1 to {MAX_DISPLAY} bytes");
        return turn.fail("SETNAME", "INVALID_REALNAME", &[], &text);
    }
    // Only somebody who is gone could be refused.
    let _ = turn.apply(Command::SetDisplay { user, display: display.to_owned() });
}
