//! What the operator can type.

use std::path::PathBuf;

use crate::{
    hub::io::{OperatorVerb, span},
    store::Existing,
};

/// A typed line, understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Nothing.
    Nothing,
    /// `help`
    Help,
    /// `invite`; the code is made by the caller.
    Invite,
    /// `account add`; without a password one is made by the caller.
    AddAccount {
        /// The user name.
        name: String,
        /// What was typed behind it.
        password: Option<String>,
    },
    /// `backup`
    Backup {
        /// Where to.
        file: PathBuf,
        /// What becomes of what is there.
        existing: Existing,
    },
    /// `reload`
    Reload,
    /// Everything the hub answers.
    Verb(OperatorVerb),
}

/// The verbs: what to type, and what it does.
pub(super) const HELP: &[(&str, &str)] = &[
    ("who", "who is here"),
    ("status", "figures about this server"),
    ("say TEXT", "say something to everybody"),
    ("kick USER [REASON]", "disconnect somebody"),
    (
        "ban TARGET [SPAN] [REASON]",
        "keep out an account, an address, 10.0.0.0/8 or a mask, for 90s, 30m, 12h, 7d or 4w",
    ),
    ("unban TARGET", "take that back"),
    ("bans", "who is kept out, by whom and until when"),
    ("audit", "what operators did lately"),
    ("invite", "make a code with which one person can sign up"),
    ("account add NAME [PASSWORD]", "make an account; without a password one is made and shown"),
    ("backup [--force] FILE", "copy the database to a new file; with --force it may be there already"),
    ("reload", "read the configuration again"),
    ("shutdown [DELAY] [REASON]", "end the server and everybody's client; DELAY is 30, 30s, 5m or 1h"),
    ("help", "this list"),
];

/// What lets a backup replace a file.
pub(super) const FORCE: &str = "--force";

/// Words people type for ours.
const SYNONYMS: &[(&str, &str)] = &[
    ("exit()", "shutdown"),
    ("exit", "shutdown"),
    ("quit", "shutdown"),
    ("stop", "shutdown"),
    ("halt", "shutdown"),
    ("users", "who"),
    ("list", "who"),
    ("names", "who"),
    ("stats", "status"),
    ("kline", "ban"),
    ("block", "ban"),
    ("banlist", "bans"),
    ("log", "audit"),
    ("kill", "kick"),
    ("?", "help"),
    ("code", "invite"),
    ("adduser", "account"),
    ("register", "account"),
    ("rehash", "reload"),
    ("save", "backup"),
    ("dump", "backup"),
];

/// Understands a line, or says what is wrong with it and what to type instead.
pub(super) fn parse(line: &str) -> Result<Typed, String> {
    let (word, rest) = split(line);
    let verb = match word.to_ascii_lowercase().as_str() {
        "" => return Ok(Typed::Nothing),
        "help" => return Ok(Typed::Help),
        "invite" => return Ok(Typed::Invite),
        "account" => return account(rest),
        "backup" => return backup(rest),
        "reload" => return Ok(Typed::Reload),
        "who" => OperatorVerb::Who,
        "status" => OperatorVerb::Status,
        "say" if rest.is_empty() => return Err("say what? Type: say TEXT".into()),
        "say" => OperatorVerb::Say(rest.to_owned()),
        "kick" => {
            let (user, reason) = split(rest);
            if user.is_empty() {
                return Err("kick whom? Type: kick USER [REASON]; who lists the users".into());
            }
            OperatorVerb::Kick { user: user.to_owned(), reason: some(reason) }
        }
        "ban" => return ban(rest),
        "unban" if rest.is_empty() => return Err("unban whom? Type: unban TARGET; bans lists them".into()),
        "unban" => OperatorVerb::Unban { target: rest.to_owned() },
        "bans" => OperatorVerb::Bans,
        "audit" => OperatorVerb::Audit,
        "shutdown" => shutdown(rest),
        other => return Err(hint(other, rest)),
    };
    Ok(Typed::Verb(verb))
}

fn account(rest: &str) -> Result<Typed, String> {
    let (what, rest) = split(rest);
    let (name, password) = split(rest);
    match (what, name) {
        ("add", name) if !name.is_empty() => Ok(Typed::AddAccount { name: name.to_owned(), password: some(password) }),
        _ => Err("what account? Type: account add NAME [PASSWORD]".into()),
    }
}

fn backup(rest: &str) -> Result<Typed, String> {
    let (existing, file) = match split(rest) {
        (FORCE, file) => (Existing::Replace, file),
        _ => (Existing::Keep, rest),
    };
    match file {
        "" => Err("back up to which file? Type: backup FILE".into()),
        file => Ok(Typed::Backup { file: file.into(), existing }),
    }
}

/// A second word that is no span of time belongs to the reason.
fn ban(rest: &str) -> Result<Typed, String> {
    let (target, rest) = split(rest);
    if target.is_empty() {
        return Err("ban whom? Type: ban TARGET [SPAN] [REASON], for example: ban 10.0.0.7 7d spam".into());
    }
    let (first, after) = split(rest);
    let length = span(first);
    let reason = if length.is_some() { after } else { rest };
    Ok(Typed::Verb(OperatorVerb::Ban { target: target.to_owned(), length, reason: reason.to_owned() }))
}

/// A first word that is no time belongs to the reason.
fn shutdown(rest: &str) -> OperatorVerb {
    let (first, reason) = split(rest);
    match delay(first) {
        Some(delay) => OperatorVerb::Shutdown { delay, reason: some(reason) },
        None => OperatorVerb::Shutdown { delay: 0, reason: some(rest) },
    }
}

/// `30`, `30s`, `5m`, `1h` or `now`, in milliseconds; at most a week.
fn delay(text: &str) -> Option<u64> {
    const WEEK: u64 = 7 * 24 * 3600;
    if text == "now" {
        return Some(0);
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..)? {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        _ => return None,
    };
    let seconds = digits.parse::<u64>().ok()?.checked_mul(unit)?;
    (seconds <= WEEK).then_some(seconds * 1000)
}

/// A word with more behind it is rather the beginning of a sentence than a verb typed wrongly.
fn hint(word: &str, rest: &str) -> String {
    let near = if rest.is_empty() { 2 } else { 1 };
    let verbs = HELP.iter().map(|(usage, _)| split(usage).0);
    let alike = verbs.map(|verb| (distance(word, verb), verb)).min().filter(|(distance, _)| *distance <= near);
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == word).map(|(_, verb)| *verb);
    match synonym.or(alike.map(|(_, verb)| verb)) {
        Some(verb) => format!("there is no `{word}`; did you mean {verb}? (help lists what there is)"),
        None => format!("there is no `{word}`; help lists what there is, say TEXT talks to everybody"),
    }
}

/// How many letters have to be put in, taken out or changed to make one word of the other (Levenshtein). Long words are
/// like none of ours.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 16 {
        return usize::MAX;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (down, letter) in a.chars().enumerate() {
        let mut diagonal = down;
        let mut left = down + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(&b) {
            let here = (diagonal + usize::from(letter != *other)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            left = here;
            *cell = here;
        }
        if let Some(first) = row.first_mut() {
            *first = down + 1;
        }
    }
    row.last().copied().unwrap_or(a.len())
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first, rest.trim())
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_understood() {
        let shutdown = |delay, reason: Option<&str>| {
            Typed::Verb(OperatorVerb::Shutdown { delay, reason: reason.map(str::to_owned) })
        };
        for (typed, want) in [
            ("", Typed::Nothing),
            ("  HELP ", Typed::Help),
            ("invite", Typed::Invite),
            ("who", Typed::Verb(OperatorVerb::Who)),
            ("say  hello all", Typed::Verb(OperatorVerb::Say("hello all".into()))),
            ("kick bob", Typed::Verb(OperatorVerb::Kick { user: "bob".into(), reason: None })),
            (
                "kick bob too loud",
                Typed::Verb(OperatorVerb::Kick { user: "bob".into(), reason: Some("too loud".into()) }),
            ),
            ("reload", Typed::Reload),
            ("backup /a b.db", Typed::Backup { file: "/a b.db".into(), existing: Existing::Keep }),
            ("backup --force c.db", Typed::Backup { file: "c.db".into(), existing: Existing::Replace }),
            ("account add bob", Typed::AddAccount { name: "bob".into(), password: None }),
            ("account add bob a b", Typed::AddAccount { name: "bob".into(), password: Some("a b".into()) }),
            (
                "ban amy 2h too loud",
                Typed::Verb(OperatorVerb::Ban {
                    target: "amy".into(),
                    length: Some(7_200_000),
                    reason: "too loud".into(),
                }),
            ),
            (
                "ban *!*@10.* spam",
                Typed::Verb(OperatorVerb::Ban { target: "*!*@10.*".into(), length: None, reason: "spam".into() }),
            ),
            ("unban amy", Typed::Verb(OperatorVerb::Unban { target: "amy".into() })),
            ("bans", Typed::Verb(OperatorVerb::Bans)),
            ("audit", Typed::Verb(OperatorVerb::Audit)),
            ("shutdown", shutdown(0, None)),
            ("shutdown 30", shutdown(30_000, None)),
            ("shutdown 5m for tea", shutdown(300_000, Some("for tea"))),
            ("shutdown for tea", shutdown(0, Some("for tea"))),
            ("shutdown now 30", shutdown(0, Some("30"))),
            ("shutdown 9999999h", shutdown(0, Some("9999999h"))),
        ] {
            assert_eq!(parse(typed), Ok(want), "{typed}");
        }
    }

    #[test]
    fn a_wrong_word_gets_a_hint() {
        for (typed, want) in [
            ("shutdwn", "did you mean shutdown?"),
            ("hlep", "did you mean help?"),
            ("exit()", "did you mean shutdown?"),
            ("hello everybody", "say TEXT talks to everybody"),
            ("kick", "kick USER"),
            ("backup", "backup FILE"),
            ("backup --force", "backup FILE"),
            ("say", "say TEXT"),
            ("ban", "ban TARGET"),
            ("unban", "unban TARGET"),
            ("account bob", "account add NAME"),
        ] {
            let hint = parse(typed).unwrap_err();
            assert!(hint.contains(want), "{typed}: {hint}");
        }
    }
}
