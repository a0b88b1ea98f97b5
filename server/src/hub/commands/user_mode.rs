//! MODE of oneself (modern.ircdocs.horse "MODE message", "User mode").

use klatch_protocol::Numeric;

use super::mode::signed;
use crate::hub::{
    io::Rank,
    turn::Turn,
    world::{Command, User, UserModes},
};

/// 221, or a change. `-o` gives the rank away until the next log-in or OPER; `+o` comes from there and is ignored here.
pub(super) fn user_mode(turn: &mut Turn<'_>, target: &str, change: Option<&str>) {
    let Some((user, own)) = turn.myself().map(|user| (user.id, user.nick.clone())) else { return };
    if !turn.mapping().same(own.as_str(), target) {
        return match turn.world().by_nick(target) {
            Some(_) => turn.refuse(Numeric::ERR_USERSDONTMATCH, &[]),
            None => turn.refuse(Numeric::ERR_NOSUCHNICK, &[target]),
        };
    }
    let Some(change) = change else {
        let modes = turn.myself().map_or_else(String::new, User::mode_string);
        return turn.numeric(Numeric::RPL_UMODEIS, &[&modes]);
    };
    let (mut on, mut off) = (UserModes::empty(), UserModes::empty());
    let (mut unknown, mut steps_down) = (false, false);
    for (set, letter) in signed(change) {
        match (UserModes::by_letter(letter), letter) {
            (Some(mode), _) => {
                on.set(mode, set);
                off.set(mode, !set);
            }
            (None, 'o') => steps_down |= !set,
            (None, _) => unknown = true,
        }
    }
    // Only somebody who is gone could be refused.
    let _ = turn.apply(Command::SetModes { user, on, off });
    if steps_down {
        let _ = turn.apply(Command::SetRank { user, rank: Rank::Member });
    }
    if unknown {
        turn.refuse(Numeric::ERR_UMODEUNKNOWNFLAG, &[]);
    }
}
