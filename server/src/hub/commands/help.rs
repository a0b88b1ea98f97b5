//! HELP: what the server understands, and how each command is written (modern.ircdocs.horse "HELP message").

use klatch_protocol::{Message, Numeric};

use super::words;
use crate::hub::turn::Turn;

/// The most words of one line of the list.
const WORDS_PER_LINE: usize = 10;

/// How each command is written, and what it does. Brackets hold what may be left out.
const USAGE: &[(&str, &str, &str)] = &[
    ("ACCEPT", "[[-]nick,…|*]", "lets somebody write to you in spite of your mode R; with - no more; * lists"),
    ("ADMIN", "", "says whom to ask about this server"),
    ("AUTHENTICATE", "mechanism|base64|*", "logs in to an account, step by step; clients do it by themselves"),
    ("AWAY", "[text]", "says that you are away; without a text that you are back"),
    ("BATCH", "+name draft/multiline target | -name", "holds the lines of one message together; clients do it"),
    ("CAP", "LS|LIST|REQ|END [capabilities]", "agrees on what the client understands; clients do it"),
    ("CHATHISTORY", "LATEST|BEFORE|AFTER|AROUND|BETWEEN|TARGETS …", "plays back what was said"),
    ("DLINE", "[span] target [reason]", "operators: the same as KLINE"),
    ("HELP", "[command]", "lists the commands, or explains one"),
    ("HELPOP", "[command]", "the same as HELP"),
    ("INFO", "", "says what this server is"),
    ("INVITE", "[nick room]", "asks somebody into a room; alone it lists where you are asked in"),
    ("ISON", "nick …", "says which of these are here"),
    ("JOIN", "room,… [key,…]", "enters rooms, and makes them if need be"),
    ("KICK", "room nick,… [reason]", "throws people out of a room"),
    ("KILL", "nick [reason]", "operators: closes all connections of somebody"),
    ("KLINE", "[span] target [reason]", "operators: keeps out an account, address or mask; alone it lists all bans"),
    ("LINKS", "[mask]", "lists the servers of this network: this one"),
    ("LIST", "[room,…|conditions]", "lists rooms; conditions are <n, >n, C<min, C>min, T<min, T>min, mask, !mask"),
    ("LUSERS", "", "says how many are here"),
    ("MARKREAD", "target [timestamp=…]", "remembers how far you have read"),
    ("METADATA", "target GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC …", "what people and rooms say about themselves"),
    ("MODE", "nick|room [modes [parameters]]", "shows or changes modes"),
    ("MONITOR", "+|- nick,… | C | L | S", "tells you when people come and go"),
    ("MOTD", "", "shows the message of the day"),
    ("NAMES", "[room,…]", "lists who is in rooms"),
    ("NICK", "nick", "gives you another nick"),
    ("NOTICE", "target,… text", "says something that no program answers"),
    ("OPER", "name password", "makes you an operator of this server"),
    ("PART", "room,… [reason]", "leaves rooms for good"),
    ("PASS", "password", "before anything else: the server's password, or a code for signing up"),
    ("PING", "token", "is answered with PONG, after everything that came before"),
    ("PONG", "token", "answers PING; clients do it"),
    ("PRIVMSG", "target,… text", "says something to people and rooms"),
    ("QUIT", "[reason]", "leaves the server"),
    ("REDACT", "target msgid [reason]", "takes a message back"),
    ("REGISTER", "account|* email|* password", "makes an account"),
    ("REHASH", "", "operators: has the configuration read again"),
    ("RENAME", "room name [reason]", "gives a room another name"),
    ("SEARCH", "in=…;from=…;after=…;before=…;text=…;limit=…", "looks for what was said where you may read"),
    ("SETNAME", "name", "changes your display name"),
    ("STATS", "k|l|o|u", "operators: bans, connections, operators; all: how long the server has been running"),
    ("TAGMSG", "target,…", "says something by tags alone; clients do it"),
    ("TIME", "", "says what time it is here"),
    ("TOPIC", "room [text]", "shows or sets what a room is about"),
    ("UNDLINE", "target", "operators: the same as UNKLINE"),
    ("UNKLINE", "target", "operators: takes a ban back"),
    ("USER", "name 0 * displayname", "says who you are, when connecting; clients do it"),
    ("USERHOST", "nick …", "says where people are, as far as you may know"),
    ("VERIFY", "account code", "no account here waits for a code"),
    ("VERSION", "", "says what runs here"),
    ("WALLOPS", "text", "operators: says something to all with the mode w"),
    ("WEBIRC", "password gateway host address", "gateways say for whom they connect"),
    ("WHO", "[mask|room [flags][%fields[,token]]]", "lists people"),
    ("WHOIS", "nick", "tells all you may know of somebody"),
    ("WHOWAS", "nick,… [count]", "tells who had a nick before"),
];

/// HELP `[command]`.
pub(super) fn help(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(subject) = message.given(0) else { return list(turn) };
    let known = words().find(|word| word.eq_ignore_ascii_case(subject));
    let Some((word, usage, what)) = known.and_then(explained) else {
        return turn.refuse(Numeric::ERR_HELPNOTFOUND, &[subject]);
    };
    turn.numeric(Numeric::RPL_HELPSTART, &[word, format!("{word} {usage}").trim_end()]);
    turn.numeric(Numeric::RPL_HELPTXT, &[word, what]);
    turn.refuse(Numeric::RPL_ENDOFHELP, &[word]);
}

fn list(turn: &mut Turn<'_>) {
    turn.numeric(Numeric::RPL_HELPSTART, &["*", "What this server understands; HELP and a word explains it:"]);
    for some in words().collect::<Vec<_>>().chunks(WORDS_PER_LINE) {
        turn.numeric(Numeric::RPL_HELPTXT, &["*", &some.join(" ")]);
    }
    turn.refuse(Numeric::RPL_ENDOFHELP, &["*"]);
}

fn explained(word: &str) -> Option<(&'static str, &'static str, &'static str)> {
    USAGE.iter().find(|(known, ..)| *known == word).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_explained() {
        let silent: Vec<&str> = words().filter(|word| explained(word).is_none()).collect();
        assert!(silent.is_empty(), "USAGE lacks {silent:?}");
    }
}
