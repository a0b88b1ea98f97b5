//! The operator on a terminal: the banner, a line for each thing that happens, and verbs to type.
//!
//! It makes texts and asks the server; it owns neither the terminal nor the server.

mod ink;
pub mod news;
mod verbs;

use std::{
    fmt::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use klatch_protocol::{UnixMs, fingerprint::Fingerprint, sanitize::clean_line};

pub use ink::Ink;
use verbs::{HELP, Typed};

use crate::{
    clock,
    hub::io::{OperatorAnswer, OperatorVerb, Present, Rank, Secret, Status},
    secret,
    serve::Server,
    store::Existing,
};

/// What stands on the screen when the server is ready.
#[must_use]
pub fn banner(addresses: &[SocketAddr], fingerprint: &Fingerprint, owner_code: Option<&str>, ink: Ink) -> String {
    let mut text = format!("{}\n", ink.bold(&format!("Klatch server {}", env!("CARGO_PKG_VERSION"))));
    for address in addresses {
        let (host, port) = (ink.cyan(&address.ip().to_string()), ink.cyan(&address.port().to_string()));
        let _ = writeln!(text, "  host         {host}\n  port         {port}");
        let _ = writeln!(text, "  connect      klatch --host {} --port {}", address.ip(), address.port());
    }
    let words = fingerprint.words().join(" ");
    let _ = writeln!(text, "  fingerprint  {}\n               {fingerprint}", ink.bold(&words));
    if let Some(code) = owner_code {
        let _ = writeln!(text, "  owner code   {}   who signs up with it owns this server", ink.bold(code));
    }
    let _ = write!(text, "Type {} to turn off, {} for more.", ink.bold("shutdown"), ink.bold("help"));
    text
}

/// Does what a line says. `given` is a password that came beside it, for `account add`. What comes back is for the screen;
/// empty for nothing.
///
/// # Errors
/// What is wrong with the line, or why it was not done; also for the screen.
pub async fn obey(server: &Server, line: &str, given: Option<Secret>, ink: Ink) -> Result<String, String> {
    // What was typed may have been pasted.
    let typed = verbs::parse(&clean_line(line))?;
    let by_chance = || secret::code().map_err(|error| format!("the system gives no random bytes: {error}"));
    let mut made = None;
    let verb = match typed {
        Typed::Nothing => return Ok(String::new()),
        Typed::Help => return Ok(help(ink)),
        Typed::Reload => return server.reload().await,
        Typed::Backup { file, existing } => return server.backup(file, existing).await,
        Typed::Invite => OperatorVerb::Invite { code: by_chance()? },
        Typed::AddAccount { name, password } => {
            let password = match given.or(password.map(Secret::from)) {
                Some(password) => password,
                None => made.insert(Secret::from(by_chance()?)).clone(),
            };
            OperatorVerb::AddAccount { name, password }
        }
        Typed::Verb(verb) => verb,
    };
    match server.operator(verb).await {
        OperatorAnswer::Done(done) => {
            let done = clean_line(&done).into_owned();
            Ok(made.map_or(done.clone(), |password| format!("{done} Its password: {}", password.reveal().as_str())))
        }
        OperatorAnswer::Who(people) => Ok(who(&people, clock::wall(), ink)),
        OperatorAnswer::Bans(bans) if bans.is_empty() => Ok("nobody is banned".into()),
        OperatorAnswer::Bans(bans) => Ok(lines(bans.iter().map(ToString::to_string))),
        OperatorAnswer::Audit(deeds) if deeds.is_empty() => Ok("nothing yet".into()),
        OperatorAnswer::Audit(deeds) => {
            Ok(lines(deeds.iter().map(|deed| format!("{} {} {}", deed.at, deed.by, deed.what))))
        }
        OperatorAnswer::Status(status) => Ok(figures(&status)),
        OperatorAnswer::Refused(reason) => Err(clean_line(&reason).into_owned()),
    }
}

/// The line that asks for a backup, for [`obey`]; `None` for a name that cannot be typed.
#[must_use]
pub fn backup_line(file: &Path, existing: Existing) -> Option<String> {
    let force = if existing == Existing::Replace { format!("{} ", verbs::FORCE) } else { String::new() };
    let line = format!("backup {force}{}", file.to_str()?);
    (backup_of(&line) == Some((file.to_owned(), existing))).then_some(line)
}

/// What a line asks to be backed up to, if that is what it asks.
#[must_use]
pub fn backup_of(line: &str) -> Option<(PathBuf, Existing)> {
    match verbs::parse(&clean_line(line)) {
        Ok(Typed::Backup { file, existing }) => Some((file, existing)),
        _ => None,
    }
}

fn lines(texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| clean_line(&text).into_owned()).collect::<Vec<_>>().join("\n")
}

fn help(ink: Ink) -> String {
    let width = HELP.iter().map(|(usage, _)| usage.len()).max().unwrap_or(0);
    let lines = HELP.iter().map(|(usage, what)| format!("  {}  {what}", ink.bold(&format!("{usage:width$}"))));
    lines.collect::<Vec<_>>().join("\n")
}

fn who(people: &[Present], now: UnixMs, ink: Ink) -> String {
    if people.is_empty() {
        return "nobody is here".into();
    }
    let mut text = format!("{} here:", people.len());
    for person in people {
        let since = duration(now.seconds().saturating_sub(person.since.seconds()).max(0).cast_unsigned());
        let name = news::person(&person.display, &person.nick, ink);
        let _ = write!(text, "\n  {name} from {}:{}, for {since}", person.peer.addr, person.peer.port);
        text.push_str(if person.peer.secure { "" } else { ", plain text" });
        text.push_str(if person.away { ", away" } else { "" });
        text.push_str(match person.rank {
            Rank::Member => "",
            Rank::Operator => ", operator",
            Rank::Owner => ", owner",
        });
    }
    text
}

fn figures(status: &Status) -> String {
    let Status { connections, online, accounts, rooms, records } = status;
    format!("people here {online}, connections {connections}, accounts {accounts}, rooms {rooms}, records {records}")
}

/// Seconds in words: `45 s`, `1 min 30 s`, `2 h 5 min`, `3 d 4 h`.
fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::io::Peer;

    #[test]
    fn the_banner_says_how_to_connect_and_how_to_end() {
        let print = Fingerprint::of(b"certificate");
        let text = banner(&["127.0.0.1:23791".parse().unwrap()], &print, Some("CODE"), Ink::PLAIN);
        for part in ["klatch --host 127.0.0.1 --port 23791", "CODE", "Type shutdown to turn off", &print.to_string()] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!banner(&[], &print, None, Ink::PLAIN).contains("owner code"));
    }

    #[test]
    fn people_are_listed_cleaned() {
        let person = Present {
            nick: "amy".into(),
            display: "Amy\u{202e}".into(),
            peer: Peer { addr: [10, 0, 0, 7].into(), port: 99, secure: false },
            since: UnixMs(1_000),
            away: true,
            rank: Rank::Owner,
        };
        let text = who(&[person], UnixMs(3_661_000), Ink::PLAIN);
        assert_eq!(text, "1 here:\n  Amy (amy) from 10.0.0.7:99, for 1 h 1 min, plain text, away, owner");
    }
}
