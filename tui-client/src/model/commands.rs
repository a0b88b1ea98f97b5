//! What the user typed: words to say, or a command. The commands are one table, from which help, hints and completion
//! are made.

use crate::session::{Manner, Request};

/// A command: how it is called, what it takes, what it does.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Its name, without the slash.
    pub name: &'static str,
    /// Other names for the same.
    pub aliases: &'static [&'static str],
    /// What it takes, `<needed>` or `[optional]`; empty for nothing.
    pub takes: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    build: Build,
}

/// What a command is made into, from the room looked at and the words behind the command's name.
type Build = fn(&Arguments<'_>) -> Option<Typed>;

/// Where the user is, and what stands behind the command's name.
struct Arguments<'a> {
    /// The room looked at; empty for the server's window.
    here: &'a str,
    /// The text behind the name, without blanks at its ends.
    rest: &'a str,
}

/// What the typed text wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// Nothing was typed.
    Nothing,
    /// This is for the session.
    Ask(Request),
    /// Leave the program, with these words to the others.
    Leave(Option<String>),
    /// Open a direct conversation, and say something there if there is something to say.
    Query {
        /// With whom.
        nick: String,
        /// The words.
        text: Option<String>,
    },
    /// Leave the room looked at, if it is one, and close its window.
    Close,
    /// Empty the window looked at.
    Clear,
    /// Show the help.
    Help,
    /// Look at room number so-and-so, counted from 1.
    Switch(usize),
    /// Try to connect again now.
    Reconnect,
    /// It cannot be done like this; how it can.
    Hint(String),
}

/// Every command, in the order of the help.
pub const TABLE: &[Command] = &[
    command("join", &["j"], "<room> [key]", "go into a room", |a| {
        let (room, key) = a.word()?;
        Some(Typed::Ask(Request::Join { room: room_name(room), key: words(key) }))
    }),
    command("part", &["leave"], "[room] [reason]", "leave a room", |a| {
        let (room, reason) = a.room()?;
        Some(Typed::Ask(Request::Part { room, reason }))
    }),
    command("msg", &["m", "tell"], "<nick or room> <text>", "say something to one person, or in another room", |a| {
        let (to, text) = a.word()?;
        let (to, text) = (to.to_owned(), words(text)?);
        Some(match is_room(&to) {
            true => Typed::Ask(Request::Say { to, text, manner: Manner::Plain }),
            false => Typed::Query { nick: to, text: Some(text) },
        })
    }),
    command("query", &["q"], "<nick>", "open a conversation with one person", |a| {
        let (nick, text) = a.word()?;
        Some(match is_room(nick) {
            true => Typed::Hint(format!("{nick} is a room; /join {nick} goes there")),
            false => Typed::Query { nick: nick.to_owned(), text: words(text) },
        })
    }),
    command("me", &[], "<what you do>", "say what you do: * ann waves", |a| a.say(Manner::Action)),
    command("say", &[], "<text>", "say it as it is, a / or exit() at its beginning included", |a| a.say(Manner::Plain)),
    command("notice", &[], "<target> <text>", "send a notice, which nothing answers by itself", |a| {
        let (to, text) = a.word()?;
        Some(Typed::Ask(Request::Say { to: to.to_owned(), text: words(text)?, manner: Manner::Notice }))
    }),
    command("retry", &[], "", "send again what was refused here", |a| {
        Some(Typed::Ask(Request::Again { to: words(a.here)? }))
    }),
    command("topic", &[], "[text]", "show or set the room's topic; - clears it", |a| {
        let text = words(a.rest).map(|text| if text == "-" { String::new() } else { text });
        Some(Typed::Ask(Request::Topic { room: a.here_room()?, text }))
    }),
    command("rename", &[], "<new name> [reason]", "give the room another name", |a| {
        let (name, reason) = a.word()?;
        Some(Typed::Ask(Request::Rename { room: a.here_room()?, name: room_name(name), reason: words(reason) }))
    }),
    command("names", &[], "[room]", "who is in a room", |a| {
        let (room, _) = a.room()?;
        Some(Typed::Ask(Request::Names(room)))
    }),
    command("who", &[], "[room or nick]", "who is there, with their details", |a| {
        let mask = words(a.rest).or_else(|| words(a.here)).unwrap_or_else(|| "*".to_owned());
        Some(Typed::Ask(Request::Who(mask)))
    }),
    command("whois", &["w"], "<nick>", "who somebody is", |a| Some(Typed::Ask(Request::Whois(a.word()?.0.to_owned())))),
    command("list", &[], "[pattern]", "which rooms there are", |a| Some(Typed::Ask(Request::List(words(a.rest))))),
    command("invite", &[], "<nick> [room]", "ask somebody into a room", |a| {
        let (nick, room) = a.word()?;
        let room = words(room).map_or_else(|| a.here_room(), |room| Some(room_name(&room)))?;
        Some(Typed::Ask(Request::Invite { nick: nick.to_owned(), room }))
    }),
    command("kick", &[], "<nick> [reason]", "throw somebody out of the room", |a| {
        let (nick, reason) = a.word()?;
        Some(Typed::Ask(Request::Kick { room: a.here_room()?, nick: nick.to_owned(), reason: words(reason) }))
    }),
    command("mode", &[], "[target] [change]", "show or change modes", |a| {
        let (target, change) = match a.word() {
            Some((word, change)) if !word.starts_with(['+', '-']) => (word.to_owned(), change.to_owned()),
            _ => (words(a.here)?, a.rest.to_owned()),
        };
        Some(Typed::Ask(Request::Mode { target, change }))
    }),
    command("nick", &[], "<name>", "change your nick, where the server lets you", |a| {
        Some(Typed::Ask(Request::Nick(a.word()?.0.to_owned())))
    }),
    command("name", &["setname"], "<display name>", "change your display name", |a| {
        Some(Typed::Ask(Request::SetName(words(a.rest)?)))
    }),
    command("away", &[], "[why]", "be away; without a reason just away", |a| {
        Some(Typed::Ask(Request::Away(words(a.rest).or_else(|| Some("away".to_owned())))))
    }),
    command("back", &[], "", "be back", |_| Some(Typed::Ask(Request::Away(None)))),
    command("close", &[], "", "leave the room and close its window", |_| Some(Typed::Close)),
    command("clear", &[], "", "empty the window", |_| Some(Typed::Clear)),
    command("reconnect", &[], "", "try to connect again now", |_| Some(Typed::Reconnect)),
    command("raw", &["quote"], "<line>", "send a line of the protocol as it is", |a| {
        Some(Typed::Ask(Request::Raw(words(a.rest)?)))
    }),
    command("help", &["h"], "", "show the keys and commands", |_| Some(Typed::Help)),
    command("quit", &["exit"], "[why]", "leave; exit() does the same", |a| Some(Typed::Leave(words(a.rest)))),
];

const fn command(
    name: &'static str,
    aliases: &'static [&'static str],
    takes: &'static str,
    about: &'static str,
    build: Build,
) -> Command {
    Command { name, aliases, takes, about, build }
}

impl Command {
    /// Whether it is called `name`, by its own name or another.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    }

    /// How it is typed: `/join <room> [key]`.
    #[must_use]
    pub fn usage(&self) -> String {
        format!("/{} {}", self.name, self.takes).trim_end().to_owned()
    }
}

impl Arguments<'_> {
    /// The first word and what stands behind it.
    fn word(&self) -> Option<(&str, &str)> {
        let (word, rest) = self.rest.split_once(char::is_whitespace).unwrap_or((self.rest, ""));
        (!word.is_empty()).then(|| (word, rest.trim_start()))
    }

    /// The room looked at, if it is one.
    fn here_room(&self) -> Option<String> {
        is_room(self.here).then(|| self.here.to_owned())
    }

    /// A room named first, else the one looked at; and the rest.
    fn room(&self) -> Option<(String, Option<String>)> {
        match self.word() {
            Some((word, rest)) if word.starts_with(['#', '&']) => Some((word.to_owned(), words(rest))),
            _ => Some((self.here_room()?, words(self.rest))),
        }
    }

    /// The rest, said here.
    fn say(&self, manner: Manner) -> Option<Typed> {
        let (to, text) = (words(self.here)?, words(self.rest)?);
        Some(Typed::Ask(Request::Say { to, text, manner }))
    }
}

/// Reads what was typed in the room called `here` (empty for the server's window).
///
/// `exit()` alone leaves, `\exit()` says it; `//text` says `/text`; anything else that begins with `/` is a command.
#[must_use]
pub fn parse(typed: &str, here: &str) -> Typed {
    let text = typed.trim_end();
    let bare = text.trim_start();
    if bare.is_empty() {
        return Typed::Nothing;
    }
    if bare == "exit()" {
        return Typed::Leave(None);
    }
    if bare == "\\exit()" {
        return say("exit()", here);
    }
    if let Some(rest) = bare.strip_prefix("//") {
        return say(&format!("/{rest}"), here);
    }
    match bare.strip_prefix('/') {
        Some(rest) => run(rest, here),
        None => say(text, here),
    }
}

fn say(text: &str, here: &str) -> Typed {
    if here.is_empty() {
        return Typed::Hint("nobody hears you here; pick a room, or /join one".to_owned());
    }
    Typed::Ask(Request::Say { to: here.to_owned(), text: text.to_owned(), manner: Manner::Plain })
}

fn run(text: &str, here: &str) -> Typed {
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if let Ok(number) = name.parse::<usize>() {
        return Typed::Switch(number);
    }
    let Some(command) = TABLE.iter().find(|command| command.is(name)) else {
        let meant = nearest(name).map_or_else(|| ".".to_owned(), |near| format!("; did you mean {}?", near.usage()));
        return Typed::Hint(format!("there is no command /{name}{meant} /help lists them, //{name} says it"));
    };
    (command.build)(&Arguments { here, rest: rest.trim() })
        .unwrap_or_else(|| Typed::Hint(format!("{} - {}", command.usage(), command.about)))
}

/// The command whose name is nearest to `name`, if any is near enough to be meant.
fn nearest(name: &str) -> Option<&'static Command> {
    let name = name.to_lowercase();
    let distance_to = |command: &Command| {
        let names =
            std::iter::once(command.name).chain(command.aliases.iter().copied().filter(|alias| alias.len() > 2));
        names.map(|known| if known.starts_with(&name) { 0 } else { distance(known, &name) }).min().unwrap_or(usize::MAX)
    };
    let best = TABLE.iter().min_by_key(|command| distance_to(command))?;
    (!name.is_empty() && distance_to(best) <= 2.min(name.len() / 2 + 1)).then_some(best)
}

/// How many letters have to be added, dropped or changed to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(32).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let changed = diagonal + usize::from(x != *y);
            diagonal = *cell;
            left = changed.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// A text, if there is one.
fn words(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// A room's name, with the `#` that people leave out.
fn room_name(name: &str) -> String {
    if is_room(name) { name.to_owned() } else { format!("#{name}") }
}

/// Whether this names a room, by what names of rooms begin with (modern.ircdocs.horse "Channels").
fn is_room(name: &str) -> bool {
    name.starts_with(['#', '&', '+', '!'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Typed {
        Typed::Ask(Request::Say { to: "#lobby".into(), text: text.into(), manner: Manner::Plain })
    }

    #[test]
    fn words_are_said_and_exit_alone_leaves() {
        let table = [
            ("hello there", said("hello there")),
            ("  indented", said("  indented")),
            ("exit()", Typed::Leave(None)),
            (" exit() ", Typed::Leave(None)),
            ("type exit() to leave", said("type exit() to leave")),
            ("\\exit()", said("exit()")),
            ("/say exit()", said("exit()")),
            ("//etc/passwd", said("/etc/passwd")),
            ("", Typed::Nothing),
            ("  \n", Typed::Nothing),
            ("/quit", Typed::Leave(None)),
            ("/exit so long", Typed::Leave(Some("so long".into()))),
            ("/3", Typed::Switch(3)),
        ];
        for (typed, wanted) in table {
            assert_eq!(parse(typed, "#lobby"), wanted, "{typed:?}");
        }
    }

    #[test]
    fn commands_become_requests() {
        let ask = |typed| match parse(typed, "#lobby") {
            Typed::Ask(request) => request,
            other => panic!("{typed}: {other:?}"),
        };
        assert_eq!(ask("/join ops key"), Request::Join { room: "#ops".into(), key: Some("key".into()) });
        assert_eq!(ask("/J #ops"), Request::Join { room: "#ops".into(), key: None });
        assert_eq!(ask("/part"), Request::Part { room: "#lobby".into(), reason: None });
        assert_eq!(ask("/part #x so long"), Request::Part { room: "#x".into(), reason: Some("so long".into()) });
        assert_eq!(ask("/part so long"), Request::Part { room: "#lobby".into(), reason: Some("so long".into()) });
        let topic = |text: Option<&str>| Request::Topic { room: "#lobby".into(), text: text.map(str::to_owned) };
        assert_eq!(ask("/topic"), topic(None));
        assert_eq!(ask("/topic new  one"), topic(Some("new  one")));
        assert_eq!(ask("/topic -"), topic(Some("")));
        assert_eq!(ask("/away"), Request::Away(Some("away".into())));
        assert_eq!(ask("/back"), Request::Away(None));
        assert_eq!(ask("/mode +t"), Request::Mode { target: "#lobby".into(), change: "+t".into() });
        assert_eq!(ask("/mode #x +o amy"), Request::Mode { target: "#x".into(), change: "+o amy".into() });
        assert_eq!(
            parse("/msg amy hi there", "#lobby"),
            Typed::Query { nick: "amy".into(), text: Some("hi there".into()) }
        );
    }

    #[test]
    fn a_wrong_command_gets_a_hint() {
        let hint = |typed, here| match parse(typed, here) {
            Typed::Hint(hint) => hint,
            other => panic!("{typed}: {other:?}"),
        };
        assert!(hint("/jion #x", "").contains("/join <room> [key]"));
        assert!(hint("/whos", "").contains("/who"));
        assert!(!hint("/xyzzy", "").contains("did you mean"));
        assert!(hint("/join", "").starts_with("/join <room> [key]"));
        assert!(hint("/topic x", "amy").starts_with("/topic"));
        assert!(hint("hello", "").contains("/join"));
        for name in ["/", "/ ", "/é", "/\u{1F600}"] {
            hint(name, "#lobby");
        }
    }

    #[test]
    fn no_name_is_taken_twice() {
        let names: Vec<&str> = TABLE.iter().flat_map(|c| std::iter::once(&c.name).chain(c.aliases)).copied().collect();
        let once: std::collections::BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), once.len());
    }
}
