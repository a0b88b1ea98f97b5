//! The numeric replies as lines, and the fixed sentences of those that have one (modern.ircdocs.horse "Numerics").

use klatch_protocol::{LineBuilder, Numeric, encode::truncate};

/// `:server NNN nick middle… :last`. Middle parameters that could not stand there are made to fit.
pub(super) fn line(server: &str, numeric: Numeric, nick: &str, params: &[&str]) -> String {
    let mut line = LineBuilder::new().source(server).command(numeric).param(word(nick));
    if let Some((last, middle)) = params.split_last() {
        for param in middle {
            line = line.param(word(param));
        }
        line = line.trailing(last);
    }
    line.end()
}

/// The most bytes of what a client sent that a numeric repeats. Longer than any name.
const MAX_WORD: usize = 100;

/// What of `text` can stand as a middle parameter: its first word, not beginning with `:`, never empty, and short enough to
/// leave room for the sentence.
pub(super) fn word(text: &str) -> &str {
    let first = text.trim_start_matches([':', ' ']).split(' ').next().unwrap_or_default();
    if first.is_empty() { "*" } else { truncate(first, MAX_WORD) }
}

/// The sentence of a numeric that always says the same.
pub(super) fn sentence(numeric: Numeric) -> &'static str {
    use Numeric::*;
    match numeric {
        RPL_ENDOFSTATS => "End of STATS report",
        RPL_YOUREOPER => "You are now an operator of this server",
        RPL_ENDOFACCEPT => "End of ACCEPT list",
        ERR_ACCEPTFULL => "You accept too many people; take somebody out first",
        ERR_NEEDREGGEDNICK => "Log in to an account first",
        ERR_NOCTCP => "They take no CTCP requests",
        RPL_UNAWAY => "You are no longer marked as being away",
        RPL_NOWAWAY => "You have been marked as being away",
        RPL_ENDOFWHO => "End of WHO list",
        RPL_ENDOFWHOIS => "End of WHOIS list",
        RPL_ENDOFWHOWAS => "End of WHOWAS",
        RPL_LISTEND => "End of LIST",
        RPL_NOTOPIC => "No topic is set",
        RPL_ENDOFNAMES => "End of NAMES list",
        RPL_ENDOFINVITELIST => "End of invitation list",
        RPL_ENDOFLINKS => "End of LINKS list",
        RPL_ENDOFHELP => "End of HELP",
        RPL_ENDOFINFO => "End of INFO list",
        RPL_ENDOFMOTD => "End of MOTD command",
        RPL_WHOISSECURE => "is using a secure connection",
        RPL_KEYNOTSET => "key not set",
        RPL_WHOISBOT => "is a bot",
        RPL_WHOISACCOUNT => "is logged in as",
        RPL_ENDOFMONLIST => "End of MONITOR list",
        ERR_NOSUCHNICK => "No such nick or room",
        ERR_NOSUCHSERVER => "No such server",
        ERR_NOSUCHCHANNEL => "No such room",
        ERR_CANNOTSENDTOCHAN => "You cannot send to this room; join it first",
        ERR_TOOMANYCHANNELS => "You are in too many rooms; leave one first",
        ERR_WASNOSUCHNICK => "There was no such nick",
        ERR_TOOMANYTARGETS => "Too many targets; name fewer at once",
        ERR_NOORIGIN => "No token given",
        ERR_INVALIDCAPCMD => "Unknown CAP subcommand",
        ERR_NORECIPIENT => "No recipient given",
        ERR_NOTEXTTOSEND => "No text to send",
        ERR_INPUTTOOLONG => "The line is too long; send it in parts",
        ERR_UNKNOWNCOMMAND => "Unknown command",
        ERR_NONICKNAMEGIVEN => "No nick given",
        ERR_NICKNAMEINUSE => "The nick is in use, or belongs to an account; choose another, or log in",
        ERR_USERNOTINCHANNEL => "They are not in that room",
        ERR_NOTONCHANNEL => "You are not in that room",
        ERR_USERONCHANNEL => "is already in that room",
        ERR_NOTREGISTERED => "You have not registered",
        ERR_NEEDMOREPARAMS => "Not enough parameters",
        ERR_ALREADYREGISTERED => "You may not register twice",
        ERR_LINKCHANNEL => "You may not come into that room; this is the one it sends people to",
        ERR_CHANNELISFULL => "The room is full (+l)",
        ERR_INVITEONLYCHAN => "Only who is invited may come in (+i)",
        ERR_BANNEDFROMCHAN => "You are banned from that room (+b)",
        ERR_BADCHANNELKEY => "The room has a key, and this is not it (+k)",
        ERR_BANLISTFULL => "The room's lists are full; take an entry away first",
        RPL_ENDOFBANLIST => "End of ban list",
        RPL_ENDOFEXCEPTLIST => "End of exception list",
        RPL_ENDOFINVEXLIST => "End of invite exception list",
        ERR_UNKNOWNMODE => "is a mode this server does not know",
        ERR_BADCHANMASK => "Bad room name",
        ERR_NOPRIVILEGES => "Only operators of the server may do that",
        ERR_PASSWDMISMATCH => "The password of this server is needed, by PASS",
        ERR_CHANOPRIVSNEEDED => "Your rank in the room does not allow that",
        ERR_UMODEUNKNOWNFLAG => "Unknown user mode",
        ERR_USERSDONTMATCH => "You cannot see or change the modes of others",
        ERR_HELPNOTFOUND => "No help on this; HELP alone lists what there is",
        ERR_SASLFAIL => "SASL authentication failed",
        ERR_SASLTOOLONG => "SASL message too long",
        ERR_SASLABORTED => "SASL authentication aborted",
        ERR_SASLALREADY => "You are logged in already",
        RPL_SASLSUCCESS => "SASL authentication successful",
        RPL_SASLMECHS => "are the available SASL mechanisms",
        other => {
            debug_assert!(false, "{other} has no sentence of its own");
            ""
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middles_never_break_the_line() {
        let text = line("s", Numeric::ERR_NOSUCHNICK, "amy", &[":a b", "", "No such nick"]);
        assert_eq!(text, ":s 401 amy a * :No such nick\r\n");
    }
}
