//! The language of the scripts, a statement a line; `#` begins a remark.
//!
//! ```text
//! policy lobby #lobby              a setting, before anybody connects
//! amy connects [over TLS]          a bare connection
//! amy enters [with CAP CAP…]       … that registers as the guest `amy`
//! amy signs up [with CAP…]         … that makes the account `amy` with the password `secret-amy`
//! amy logs in [with CAP…]          … that logs in to it
//! amy2 logs in as amy [with CAP…]  … under another name in the script
//! amy tries NAME PASSWORD          a log-in on an open connection
//! amy: PRIVMSG bob :hi             amy sends a line
//! amy sees: :bob!*@* …             the next line amy was sent; `*` any text, `{word}` a word to remember
//! amy skips to: PATTERN            the same, but lines before it do not matter
//! amy sees nothing                 amy was sent nothing more
//! amy forgets                      whatever amy was sent does not matter
//! amy is closed                    the server closed amy's connection
//! amy goes: REASON                 amy's connection breaks
//! amy sends too much|garbage|an endless line
//! people come from 10.0.0.7        those who connect from now on
//! wait 3000                        milliseconds pass
//! operator: VERB …   operator sees: PATTERN   news: PATTERN   no news
//! passwords wait|are busy|work   store waits|fails|works   all goes on   restart   server stops
//! reload   reload fails            the settings are read again
//! ```

use std::collections::HashMap;

use klatch_protocol::{AccountName, CaseMapping, RoomName, sasl::chunks};
use klatch_server::hub::{
    io::{Answer, FrameFault, OperatorAnswer, OperatorVerb, Secret, span},
    policy::{Flood, Gateway, OperatorLogin, Proof, Sts},
};

use crate::{
    pattern::{fill, fits},
    stage::Stage,
};

/// Plays a script; panics where the play differs from it.
pub(crate) fn run(text: &str) {
    let (mut stage, mut words) = (Stage::new(), HashMap::new());
    for (index, line) in text.lines().enumerate() {
        let statement = line.trim();
        if statement.is_empty() || statement.starts_with('#') {
            continue;
        }
        if let Err(fault) = play(&mut stage, statement, &mut words) {
            panic!("line {}: {statement}\n{fault}", index + 1);
        }
    }
}

type Words = HashMap<String, String>;

fn play(stage: &mut Stage, statement: &str, words: &mut Words) -> Result<(), String> {
    match statement {
        "passwords wait" => stage.auth_waits = true,
        "passwords are busy" => stage.auth_busy = true,
        "passwords work" => stage.auth_busy = false,
        "store waits" => stage.store_waits = true,
        "store fails" => stage.store_says = Some(Answer::Failed("disk on fire".into())),
        "store is busy" => stage.store_says = Some(Answer::Busy),
        "store takes too long" => stage.store_says = Some(Answer::TooLong),
        "store works" => stage.store_says = None,
        "all goes on" => stage.go_on(),
        "restart" => stage.restart(),
        "reload" => stage.reload(Ok("read again".into())),
        "reload fails" => stage.reload(Err("k.toml:1:1: broken".into())),
        "server stops" => return check(stage.stopped, "the server goes on"),
        "no news" => return check(stage.news.is_empty(), &format!("there is news: {:?}", stage.news)),
        _ => return play_more(stage, statement, words),
    }
    Ok(())
}

fn play_more(stage: &mut Stage, statement: &str, words: &mut Words) -> Result<(), String> {
    if let Some(ms) = statement.strip_prefix("wait ") {
        stage.wait(ms.parse().map_err(|_| "milliseconds?")?);
    } else if let Some(setting) = statement.strip_prefix("policy ") {
        set_policy(stage, setting)?;
    } else if let Some(address) = statement.strip_prefix("people come from ") {
        stage.address = address.parse().map_err(|_| "address?")?;
    } else if let Some(verb) = statement.strip_prefix("operator: ") {
        stage.operator(parse_verb(verb)?);
    } else if let Some(pattern) = statement.strip_prefix("operator sees: ") {
        let answer = stage.answers.pop_front().map(|answer| describe(&answer)).ok_or("no answer")?;
        return check(fits(pattern, &answer, words), &format!("the answer is: {answer}"));
    } else if let Some(pattern) = statement.strip_prefix("news: ") {
        let news = format!("{:?}", stage.news.pop_front().ok_or("no news")?);
        return check(fits(pattern, &news, words), &format!("the news is: {news}"));
    } else {
        return play_person(stage, statement, words);
    }
    Ok(())
}

fn play_person(stage: &mut Stage, statement: &str, words: &mut Words) -> Result<(), String> {
    if let Some((who, line)) = statement.split_once(": ").filter(|(who, _)| !who.contains(' ')) {
        stage.line(who, &fill(line, words));
        return Ok(());
    }
    let (who, what) = statement.split_once(' ').ok_or("what?")?;
    if let Some(pattern) = what.strip_prefix("sees: ") {
        let line = stage.next_line(who).ok_or_else(|| format!("{who} sees nothing"))?;
        return check(fits(pattern, &line, words), &format!("{who} sees: {line}"));
    }
    if let Some(pattern) = what.strip_prefix("skips to: ") {
        let mut seen = Vec::new();
        while let Some(line) = stage.next_line(who) {
            if fits(pattern, &line, words) {
                return Ok(());
            }
            seen.push(line);
        }
        return Err(format!("{who} saw only:\n{}", seen.join("\n")));
    }
    if let Some(reason) = what.strip_prefix("goes: ") {
        stage.disconnect(who, reason);
        return Ok(());
    }
    if let Some((name, password)) = what.strip_prefix("tries ").and_then(|rest| rest.split_once(' ')) {
        try_password(stage, who, name, password);
        let line = stage.next_line(who).unwrap_or_default();
        return check(line == "AUTHENTICATE +", &line);
    }
    match what {
        "sees nothing" => return stage.next_line(who).map_or(Ok(()), |line| Err(format!("{who} sees: {line}"))),
        "forgets" => stage.forget_lines(who),
        "is closed" => return check(stage.is_closed(who), "the connection is open"),
        "connects" => stage.connect(who, false),
        "connects over TLS" => stage.connect(who, true),
        "sends too much" => stage.fault(who, FrameFault::TooLong),
        "sends garbage" => stage.fault(who, FrameFault::NotUtf8 { head: "@label=g PRIVMSG #x".to_owned() }),
        "sends an endless line" => stage.fault(who, FrameFault::Endless),
        _ => return come_in(stage, who, what),
    }
    Ok(())
}

/// `enters`, `signs up` and `logs in`, each `as NAME` and `with CAPS`.
pub(crate) fn come_in(stage: &mut Stage, who: &str, what: &str) -> Result<(), String> {
    let (what, caps) = what.split_once(" with ").unwrap_or((what, ""));
    let (what, nick) = what.split_once(" as ").unwrap_or((what, who));
    stage.connect(who, false);
    stage.line(who, "CAP LS 302");
    stage.line(who, &format!("CAP REQ :{caps}"));
    stage.line(who, &format!("NICK {nick}"));
    let mut display = nick.to_owned();
    display[..1].make_ascii_uppercase();
    stage.line(who, &format!("USER {nick} 0 * :{display}"));
    match what {
        "enters" => {}
        "signs up" => stage.line(who, &format!("REGISTER * * secret-{nick}")),
        "logs in" => try_password(stage, who, nick, &format!("secret-{nick}")),
        other => return Err(format!("{other}?")),
    }
    stage.line(who, "CAP END");
    while let Some(line) = stage.next_line(who) {
        if line.contains(" 001 ") {
            stage.forget_lines(who);
        }
    }
    Ok(())
}

/// SASL PLAIN.
fn try_password(stage: &mut Stage, who: &str, name: &str, password: &str) {
    stage.line(who, "AUTHENTICATE PLAIN");
    for chunk in chunks(format!("\0{name}\0{password}").as_bytes()) {
        stage.line(who, &format!("AUTHENTICATE {}", *chunk));
    }
}

pub(crate) fn set_policy(stage: &mut Stage, setting: &str) -> Result<(), String> {
    let (key, value) = setting.split_once(' ').ok_or("value?")?;
    let (policy, yes, number) = (&mut stage.policy, value == "yes", value.parse::<u64>().unwrap_or(0));
    match key {
        "server_name" => policy.server_name = value.to_owned(),
        "sts" => policy.sts = Some(Sts { port: 6697, seconds: number, preload: number > 0 }),
        "gateway" => {
            let from = vec!["127.0.0.0/8".parse()?];
            policy.gateways.push(Gateway { from, password: value.to_owned().into() });
        }
        "attempts_per_account" => policy.attempts.per_account = value.parse().map_err(|_| "number?")?,
        "attempts_per_ip" => policy.attempts.per_address = value.parse().map_err(|_| "number?")?,
        "sign_ups_per_ip" => policy.attempts.sign_ups = value.parse().map_err(|_| "number?")?,
        "guests_per_ip" => policy.attempts.guests = value.parse().map_err(|_| "number?")?,
        "exempt" => policy.exempt.push(value.parse()?),
        "password" => policy.password = value.to_owned().into(),
        "account_required" => policy.account_required = yes,
        "register_before_connect" => policy.register_before_connect = yes,
        "operator" | "operator_hash" => {
            let (name, proof) = value.split_once(' ').ok_or("name and password?")?;
            let proof = match key {
                "operator" => Proof::Password(Secret::from(proof.to_owned())),
                _ => Proof::Hash(proof.into()),
            };
            policy.operator_logins.push(OperatorLogin { name: name.to_owned(), proof });
        }
        "operator_account" => policy.operator_accounts.extend(AccountName::new(value)),
        "nick_is_account" => policy.nick_is_account = yes,
        "many_devices" => policy.many_devices = yes,
        "sign_up" => policy.sign_up = value.parse()?,
        "lobby" => policy.lobby = RoomName::new(value).ok(),
        "max_permanent" => policy.max_permanent = value.parse().map_err(|_| "number?")?,
        "network" => policy.network = value.to_owned(),
        "email_required" => policy.email_required = yes,
        "max_rooms" => policy.max_rooms = value.parse().map_err(|_| "number?")?,
        "casemapping" => policy.casemapping = CaseMapping::parse(value).ok_or("mapping?")?,
        "max_masks" => policy.max_masks = value.parse().map_err(|_| "number?")?,
        "history_age" => policy.history_age = Some(number),
        "history_most" => policy.history_most = Some(number),
        "history_page" => policy.history_page = value.parse().map_err(|_| "number?")?,
        "flood_burst" => {
            policy.flood = Some(Flood { burst: value.parse().map_err(|_| "number?")?, per_second: 1, backlog: 300 });
        }
        "ping_after" => policy.ping_after = number,
        "register_within" => policy.register_within = number,
        _ => return Err("no such setting".into()),
    }
    Ok(())
}

pub(crate) fn parse_verb(text: &str) -> Result<OperatorVerb, String> {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    let reason = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(match verb {
        "who" => OperatorVerb::Who,
        "status" => OperatorVerb::Status,
        "kick" => {
            let (user, why) = rest.split_once(' ').unwrap_or((rest, ""));
            OperatorVerb::Kick { user: user.to_owned(), reason: reason(why) }
        }
        "say" => OperatorVerb::Say(rest.to_owned()),
        "account" => {
            let (name, password) = rest.split_once(' ').ok_or("account NAME PASSWORD")?;
            OperatorVerb::AddAccount { name: name.to_owned(), password: password.to_owned().into() }
        }
        "ban" => {
            let (target, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            let (first, after) = rest.split_once(' ').unwrap_or((rest, ""));
            let length = span(first);
            let reason = if length.is_some() { after } else { rest };
            OperatorVerb::Ban { target: target.to_owned(), length, reason: reason.to_owned() }
        }
        "unban" => OperatorVerb::Unban { target: rest.to_owned() },
        "bans" => OperatorVerb::Bans,
        "audit" => OperatorVerb::Audit,
        "invite" => OperatorVerb::Invite { code: rest.to_owned() },
        "shutdown" => {
            let (delay, why) = rest.split_once(' ').unwrap_or((rest, ""));
            OperatorVerb::Shutdown { delay: delay.parse().map_err(|_| "delay?")?, reason: reason(why) }
        }
        "restart" => OperatorVerb::Restart { reason: reason(rest) },
        _ => return Err("no such verb".into()),
    })
}

fn describe(answer: &OperatorAnswer) -> String {
    match answer {
        OperatorAnswer::Done(text) => format!("done: {text}"),
        OperatorAnswer::Refused(text) => format!("refused: {text}"),
        OperatorAnswer::Who(present) => {
            let people = present.iter().map(|p| format!("{} ({}) {:?} away={}", p.nick, p.display, p.rank, p.away));
            people.collect::<Vec<_>>().join(", ")
        }
        OperatorAnswer::Bans(bans) if bans.is_empty() => "no bans".to_owned(),
        OperatorAnswer::Bans(bans) => bans.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        OperatorAnswer::Audit(deeds) => {
            deeds.iter().map(|deed| format!("{} {}", deed.by, deed.what)).collect::<Vec<_>>().join("; ")
        }
        OperatorAnswer::Status(status) => format!("{status:?}"),
    }
}

fn check(right: bool, fault: &str) -> Result<(), String> {
    if right { Ok(()) } else { Err(fault.to_owned()) }
}
