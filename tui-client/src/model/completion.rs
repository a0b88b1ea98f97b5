//! What Tab can make of the word before the cursor: a nick, a room, a command, an emoji by its short name.

use std::{collections::BTreeSet, ops::Range};

use super::{Model, Room, RoomKind, commands};

/// The most candidates offered.
const MOST: usize = 50;

/// What a word can be completed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The bytes of the text that a candidate replaces.
    pub range: Range<usize>,
    /// The candidates, the likeliest first; empty for none.
    pub candidates: Vec<Candidate>,
}

/// One way to complete a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What is put in, with the blank or colon behind it.
    pub insert: String,
    /// What is shown in the list.
    pub label: String,
    /// A few words about it; may be empty.
    pub about: String,
}

impl Model {
    /// What the word that ends at byte `cursor` of `text` can be completed to. A cursor outside of `text`, or within a
    /// character, is moved to the nearest border before it.
    #[must_use]
    pub fn complete(&self, text: &str, cursor: usize) -> Completion {
        let cursor = text.floor_char_boundary(cursor);
        let begin = text[..cursor].rfind(char::is_whitespace).map_or(0, |at| text.ceil_char_boundary(at + 1));
        let word = &text[begin..cursor];
        let first = text[..begin].trim().is_empty();
        let mut candidates = match word.chars().next() {
            Some('/') if first => of_commands(&word[1..]),
            Some('#') => self.of_rooms(word),
            Some(':') if word.len() > 1 => of_emoji(&word[1..]),
            Some('@') => self.of_people(&word[1..], "@", " "),
            Some(_) => self.of_people(word, "", if first { ": " } else { " " }),
            None => Vec::new(),
        };
        candidates.truncate(MOST);
        Completion { range: begin..cursor, candidates }
    }

    /// Those in the room looked at, first the ones who spoke last, then by name.
    fn of_people(&self, word: &str, before: &str, behind: &str) -> Vec<Candidate> {
        let room = self.active();
        let word = word.to_lowercase();
        let spoke = last_spoken(room);
        let mut people: Vec<(usize, &str, String)> = room
            .roster
            .iter()
            .filter(|member| !self.names.same(&member.nick, &self.me.nick))
            .filter(|member| {
                let display = member.display.as_deref().unwrap_or_default();
                member.nick.to_lowercase().starts_with(&word) || display.to_lowercase().starts_with(&word)
            })
            .map(|member| {
                let rank = spoke.iter().position(|nick| *nick == member.nick).unwrap_or(usize::MAX);
                (rank, member.nick.as_str(), room.roster.shown(member).into_owned())
            })
            .collect();
        people.sort();
        if people.is_empty() {
            return self.of_people_elsewhere(&word, before, behind);
        }
        people
            .into_iter()
            .map(|(_, nick, shown)| Candidate {
                insert: format!("{before}{nick}{behind}"),
                label: nick.to_owned(),
                about: if shown == nick { String::new() } else { shown },
            })
            .collect()
    }

    /// Those in other rooms and conversations, by name: who is looked for in a conversation, or from the server's window.
    fn of_people_elsewhere(&self, word: &str, before: &str, behind: &str) -> Vec<Candidate> {
        let members = self.rooms.iter().flat_map(|room| room.roster.iter().map(|member| member.nick.as_str()));
        let others = self.rooms.iter().filter(|room| room.kind == RoomKind::Direct).map(|room| room.name.as_str());
        let nicks: BTreeSet<&str> = members
            .chain(others)
            .filter(|nick| nick.to_lowercase().starts_with(word) && !self.names.same(nick, &self.me.nick))
            .collect();
        let about = |nick: &str| {
            let shown =
                self.rooms.iter().find_map(|room| room.roster.get(nick).map(|member| room.roster.shown(member)));
            shown.filter(|shown| shown != nick).unwrap_or_default().into_owned()
        };
        let candidate = |nick: &str| Candidate {
            insert: format!("{before}{nick}{behind}"),
            label: nick.to_owned(),
            about: about(nick),
        };
        nicks.into_iter().take(MOST).map(candidate).collect()
    }

    fn of_rooms(&self, word: &str) -> Vec<Candidate> {
        let word = word.to_lowercase();
        let known = self.rooms.iter().filter(|room| room.kind == RoomKind::Room);
        known
            .filter(|room| room.name.to_lowercase().starts_with(&word))
            .map(|room| Candidate {
                insert: format!("{} ", room.name),
                label: room.name.clone(),
                about: room.topic.clone(),
            })
            .collect()
    }
}

fn of_commands(word: &str) -> Vec<Candidate> {
    let word = word.to_lowercase();
    commands::TABLE
        .iter()
        .filter(|command| command.name.starts_with(&word))
        .map(|command| Candidate {
            insert: format!("/{} ", command.name),
            label: command.usage(),
            about: command.about.to_owned(),
        })
        .collect()
}

/// Emoji whose short name begins with `word`, those for which it is the whole name first, then in the order of Unicode's chart.
fn of_emoji(word: &str) -> Vec<Candidate> {
    let word = word.trim_end_matches(':').to_lowercase();
    let mut found: Vec<(bool, &str, &emojis::Emoji)> = emojis::iter()
        .filter_map(|emoji| {
            let short = emoji.shortcodes().find(|short| short.starts_with(&word))?;
            Some((short != word, short, emoji))
        })
        .collect();
    found.sort_by_key(|(longer, ..)| *longer);
    let candidate = |(_, short, emoji): (bool, &str, &emojis::Emoji)| Candidate {
        insert: format!("{} ", emoji.as_str()),
        label: format!("{} :{short}:", emoji.as_str()),
        about: emoji.name().to_owned(),
    };
    found.into_iter().take(MOST).map(candidate).collect()
}

/// Who spoke in the newest lines, the latest first, each once.
fn last_spoken(room: &Room) -> Vec<&str> {
    let mut nicks: Vec<&str> = Vec::new();
    for line in room.history.iter().rev().take(200) {
        if let super::Body::Said { nick, .. } = &line.body
            && !nicks.contains(&nick.as_str())
        {
            nicks.push(nick);
        }
    }
    nicks
}
