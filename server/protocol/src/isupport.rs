//! ISUPPORT, numeric 005: what a server says about itself (modern.ircdocs.horse "RPL_ISUPPORT", "RPL_ISUPPORT Parameters").
//!
//! It owns the form of the tokens on both sides: a server collects them in [`Tokens`] and sends them in groups that fit a
//! line, a client keeps them in [`Isupport`] and asks for what it needs. Which tokens there are is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    casemap::CaseMapping,
    modes::{self, ChanModes, Prefixes},
};

/// The most tokens of one line: 15 parameters less the nick and the text.
pub const TOKENS_PER_LINE: usize = 13;
/// The most tokens kept of what a server says. The longest lists seen have about 60.
const MAX_TOKENS: usize = 256;

/// The tokens a server is going to send.
#[derive(Debug, Clone, Default)]
pub struct Tokens(Vec<String>);

impl Tokens {
    /// Adds a token without value.
    #[must_use]
    pub fn flag(mut self, name: &str) -> Self {
        self.0.push(name.to_owned());
        self
    }

    /// Adds a token with a value. Spaces, `=` and backslashes of the value are escaped, as are control characters.
    #[must_use]
    pub fn value(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        let mut token = format!("{name}=");
        for c in value.to_string().chars() {
            if matches!(c, ' ' | '=' | '\\') || c.is_ascii_control() {
                token.push_str(&format!("\\x{:02X}", u32::from(c)));
            } else {
                token.push(c);
            }
        }
        self.0.push(token);
        self
    }

    /// What to say to a client that knows `before`: what is new or has another value, and with `-` in front what is gone.
    #[must_use]
    pub fn since(&self, before: &Tokens) -> Tokens {
        let name = |token: &String| token.split('=').next().unwrap_or_default().to_owned();
        let names: BTreeSet<String> = self.0.iter().map(name).collect();
        let fresh = self.0.iter().filter(|token| !before.0.contains(token)).cloned();
        let gone = before.0.iter().map(name).filter(|name| !names.contains(name)).map(|name| format!("-{name}"));
        Tokens(fresh.chain(gone).collect())
    }

    /// The tokens in the groups of one line each: at most [`TOKENS_PER_LINE`] and, with a space before each, at most
    /// `bytes` long. A token longer than that stands alone.
    #[must_use]
    pub fn lines(&self, bytes: usize) -> Vec<&[String]> {
        let mut lines = Vec::new();
        let mut rest = self.0.as_slice();
        while !rest.is_empty() {
            let mut length = 0;
            let fitting = rest.iter().take(TOKENS_PER_LINE).take_while(|token| {
                length += token.len() + 1;
                length <= bytes
            });
            let (line, tail) = rest.split_at(fitting.count().max(1));
            lines.push(line);
            rest = tail;
        }
        lines
    }
}

/// What a server said about itself, as far as it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Isupport {
    tokens: BTreeMap<String, String>,
}

impl Isupport {
    /// Takes the parameters of one 005 line, the nick in front and the text at the end included. Tokens may come again with
    /// another value, or be taken back with `-` in front.
    pub fn apply(&mut self, params: &[&str]) {
        let Some((_, [_, tokens @ ..])) = params.split_last() else {
            return;
        };
        for token in tokens {
            if let Some(name) = token.strip_prefix('-') {
                self.tokens.remove(name);
                continue;
            }
            let (name, value) = token.split_once('=').unwrap_or((token, ""));
            if !name.is_empty() && (self.tokens.len() < MAX_TOKENS || self.tokens.contains_key(name)) {
                self.tokens.insert(name.to_owned(), unescape(value));
            }
        }
    }

    /// The value of the token `name`; empty for one without value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.tokens.get(name).map(String::as_str)
    }

    /// `NETWORK`: the name to show.
    #[must_use]
    pub fn network(&self) -> Option<&str> {
        self.get("NETWORK").filter(|name| !name.is_empty())
    }

    /// `CASEMAPPING`: which names are the same. `rfc1459` where nothing is said (modern.ircdocs.horse "CASEMAPPING
    /// parameter"); something unknown is taken for one of those that fold all scripts.
    #[must_use]
    pub fn casemapping(&self) -> CaseMapping {
        match self.get("CASEMAPPING") {
            Some(name) => CaseMapping::parse(name).unwrap_or(CaseMapping::Precis),
            None => CaseMapping::Rfc1459,
        }
    }

    /// `CHANTYPES`: the characters with which names of rooms begin.
    #[must_use]
    pub fn chan_types(&self) -> &str {
        self.get("CHANTYPES").unwrap_or("#&")
    }

    /// Whether `target` is a room's name here.
    #[must_use]
    pub fn is_room(&self, target: &str) -> bool {
        target.starts_with(|c| self.chan_types().contains(c))
    }

    /// `PREFIX`: the ranks of members.
    #[must_use]
    pub fn prefixes(&self) -> Prefixes {
        self.get("PREFIX").and_then(Prefixes::parse).unwrap_or_default()
    }

    /// `CHANMODES` with `PREFIX`: the modes of rooms.
    #[must_use]
    pub fn chan_modes(&self) -> ChanModes {
        ChanModes::parse(self.get("CHANMODES").unwrap_or(modes::DEFAULT_CHANMODES), self.prefixes())
    }

    /// `STATUSMSG`: the prefixes that may stand before a room's name to reach only members of that rank.
    #[must_use]
    pub fn status_msg(&self) -> &str {
        self.get("STATUSMSG").unwrap_or_default()
    }

    /// `CHATHISTORY`: the most messages one answer has; `None` for no history. 0 means that the server names no limit.
    #[must_use]
    pub fn chat_history(&self) -> Option<usize> {
        self.number("CHATHISTORY")
    }

    /// `MSGREFTYPES`: the ways to refer to a message, the best first: `msgid`, `timestamp`.
    pub fn message_references(&self) -> impl Iterator<Item = &str> {
        self.get("MSGREFTYPES").unwrap_or_default().split(',').filter(|kind| !kind.is_empty())
    }

    /// `NICKLEN`: the most bytes of a nick.
    #[must_use]
    pub fn nick_len(&self) -> Option<usize> {
        self.number("NICKLEN")
    }

    /// `CHANNELLEN`: the most bytes of a room's name.
    #[must_use]
    pub fn channel_len(&self) -> Option<usize> {
        self.number("CHANNELLEN")
    }

    /// `TOPICLEN`: the most bytes of a topic.
    #[must_use]
    pub fn topic_len(&self) -> Option<usize> {
        self.number("TOPICLEN")
    }

    /// `LINELEN`: the most bytes of a line without tags, CR LF counted; 512 where nothing is said. Kept within sensible
    /// bounds whatever the server says.
    #[must_use]
    pub fn line_len(&self) -> usize {
        self.number("LINELEN").unwrap_or(crate::encode::MAX_LINE).clamp(crate::encode::MAX_LINE, 16 * 1024)
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.parse().ok()
    }
}

/// Undoes `\xHH`. A backslash before anything else stands for itself.
fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("\\x") {
        out.push_str(before);
        match after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(u8::is_ascii) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &after[2..];
            }
            None => {
                out.push_str("\\x");
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_told_and_understood() {
        let before = Tokens::default().flag("A").value("B", 1).value("C", 2);
        let now = Tokens::default().flag("A").value("B", 3).flag("D");
        let change = now.since(&before);
        assert_eq!(change.0, ["B=3", "D", "-C"]);
        assert!(now.since(&now).lines(100).is_empty());
        let mut known = Isupport::default();
        known.apply(&["amy", "A", "B=1", "C=2", "text"]);
        let line: Vec<&str> = ["amy"].into_iter().chain(change.0.iter().map(String::as_str)).chain(["text"]).collect();
        known.apply(&line);
        assert_eq!(
            [known.get("A"), known.get("B"), known.get("C"), known.get("D")],
            [Some(""), Some("3"), None, Some("")]
        );
    }

    fn read(line: &str) -> Isupport {
        let mut isupport = Isupport::default();
        let mut params: Vec<_> = line.split(' ').collect();
        params.insert(0, "amy");
        params.push("are supported by this server");
        isupport.apply(&params);
        isupport
    }

    #[test]
    fn values_are_read() {
        let isupport = read(
            "NETWORK=Our\\x20Net CHATHISTORY=200 PREFIX=(ohv)@%+ MSGREFTYPES=msgid,timestamp CASEMAPPING=ascii EXCEPTS",
        );
        assert_eq!(isupport.network(), Some("Our Net"));
        assert_eq!(isupport.chat_history(), Some(200));
        assert_eq!(isupport.prefixes().mode('%'), Some('h'));
        assert_eq!(isupport.message_references().collect::<Vec<_>>(), ["msgid", "timestamp"]);
        assert_eq!(isupport.casemapping(), CaseMapping::Ascii);
        assert_eq!(isupport.get("EXCEPTS"), Some(""));
        assert!(isupport.is_room("#lobby") && !isupport.is_room("amy"));
    }

    #[test]
    fn tokens_change_and_go_in_mid_session() {
        let mut isupport = read("NICKLEN=9 TOPICLEN=20");
        isupport.apply(&["amy", "NICKLEN=30", "-TOPICLEN", "are supported"]);
        assert_eq!((isupport.nick_len(), isupport.topic_len()), (Some(30), None));
        for odd in [&[][..], &["amy"], &["amy", "text"], &["amy", "=", "-", "", "text"]] {
            isupport.apply(odd);
        }
        assert_eq!(isupport.nick_len(), Some(30));
        assert_eq!(read("LINELEN=0").line_len(), 512);
        assert_eq!(read("NETWORK=a\\xZZ\\x").network(), Some("a\\xZZ\\x"));
    }

    #[test]
    fn a_flood_of_tokens_is_bounded() {
        let mut isupport = Isupport::default();
        for number in 0..1000 {
            isupport.apply(&["amy", &format!("T{number}"), "text"]);
        }
        assert_eq!(isupport.tokens.len(), MAX_TOKENS);
    }

    #[test]
    fn lines_have_thirteen_tokens_and_fit() {
        let mut tokens = Tokens::default().flag("SAFELIST").value("NETWORK", "Our = Net\\");
        for number in 0..30 {
            tokens = tokens.value("N", number);
        }
        let lines = tokens.lines(400);
        assert_eq!(lines.iter().map(|line| line.len()).collect::<Vec<_>>(), [13, 13, 6]);
        assert_eq!(lines[0][1], "NETWORK=Our\\x20\\x3D\\x20Net\\x5C");
        assert_eq!(read(&lines[0].join(" ")).network(), Some("Our = Net\\"));
        assert!(
            tokens
                .lines(30)
                .iter()
                .all(|line| line.len() == 1 || line.iter().map(|t| t.len() + 1).sum::<usize>() <= 30)
        );
    }
}
