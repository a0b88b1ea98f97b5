//! Who is in a room. It also knows whose display names could be mistaken for another's, so that nobody can pose as
//! somebody else.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use klatch_protocol::{CaseMapping, Folded};

use super::looks;

/// One person in a room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Member {
    /// The nick.
    pub nick: String,
    /// The display name, once known.
    pub display: Option<String>,
    /// The account, once known.
    pub account: Option<String>,
    /// Whether they have a say in the room (`@`).
    pub operator: bool,
    /// Whether away.
    pub away: bool,
}

/// Who is in a room, sorted: operators first, then by name.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    entries: BTreeMap<Folded, Entry>,
    /// How many members answer to each look; a look of more than one cannot stand alone.
    looks: HashMap<String, usize>,
    /// Which nicks are the same.
    names: CaseMapping,
}

/// A member with the looks of both names, and of the display name alone. Finding them is slow, and names are shown often.
#[derive(Debug, Clone)]
struct Entry {
    member: Member,
    looks: Vec<String>,
    of_display: Vec<String>,
}

impl Roster {
    /// The most people kept. Rooms are smaller by far; a server that says otherwise is not to be believed.
    pub const MOST: usize = 100_000;

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nobody is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The one with this nick.
    #[must_use]
    pub fn get(&self, nick: &str) -> Option<&Member> {
        self.entries.get(&self.names.fold(nick)).map(|entry| &entry.member)
    }

    /// Changes the one with this nick, in everything but the nick. Says whether there is such a one.
    pub fn update(&mut self, nick: &str, change: impl FnOnce(&mut Member)) -> bool {
        let Some(mut member) = self.remove(nick) else {
            return false;
        };
        let nick = member.nick.clone();
        change(&mut member);
        member.nick = nick;
        self.insert(member);
        true
    }

    /// Adds or replaces one. Nothing happens when there are [`Roster::MOST`] already.
    pub fn insert(&mut self, member: Member) {
        self.remove(&member.nick);
        if self.entries.len() >= Self::MOST {
            return;
        }
        let of_display = member.display.as_deref().map(looks::of_text).unwrap_or_default();
        let mut looks = looks::of_text(&member.nick);
        looks.extend(of_display.iter().filter(|look| !looks.contains(look)).cloned().collect::<Vec<_>>());
        for look in &looks {
            *self.looks.entry(look.clone()).or_default() += 1;
        }
        self.entries.insert(self.names.fold(&member.nick), Entry { member, looks, of_display });
    }

    /// Takes one out.
    pub fn remove(&mut self, nick: &str) -> Option<Member> {
        let entry = self.entries.remove(&self.names.fold(nick))?;
        for look in &entry.looks {
            if let Some(count) = self.looks.get_mut(look) {
                *count -= 1;
                if *count == 0 {
                    self.looks.remove(look);
                }
            }
        }
        Some(entry.member)
    }

    /// Nicks are compared otherwise from now on.
    pub fn compare_names(&mut self, names: CaseMapping) {
        let before = std::mem::replace(self, Roster { names, ..Roster::default() });
        before.entries.into_values().for_each(|entry| self.insert(entry.member));
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.looks.clear();
    }

    /// Everybody, operators first, each group by nick.
    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        let members = self.entries.values().map(|entry| &entry.member);
        let (operators, others): (Vec<_>, Vec<_>) = members.partition(|member| member.operator);
        operators.into_iter().chain(others)
    }

    /// The name to show for `member`, who is one of them, while these people are present: the display name, with the nick beside it where it
    /// could be taken for another person's display name or nick. A display name that does not begin with a letter or digit
    /// is not shown: it could pass for one of the screen's own signs.
    #[must_use]
    pub fn shown<'a>(&self, member: &'a Member) -> Cow<'a, str> {
        let Some(display) =
            member.display.as_deref().filter(|d| d.starts_with(char::is_alphanumeric) && *d != member.nick)
        else {
            return Cow::Borrowed(&member.nick);
        };
        let known = self.entries.get(&self.names.fold(&member.nick)).map(|entry| entry.of_display.as_slice());
        let shared = known.unwrap_or_default().iter().any(|look| self.looks.get(look).is_some_and(|count| *count > 1));
        if shared || looks::imitates(display) {
            Cow::Owned(format!("{display} ({})", member.nick))
        } else {
            Cow::Borrowed(display)
        }
    }

    /// [`Roster::shown`] by nick; for somebody who is not here the nick itself.
    #[must_use]
    pub fn shown_name<'a>(&'a self, nick: &'a str) -> Cow<'a, str> {
        self.get(nick).map_or(Cow::Borrowed(nick), |member| self.shown(member))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster(people: &[(&str, &str)]) -> Roster {
        let mut roster = Roster::default();
        for (nick, display) in people {
            roster.insert(Member { nick: (*nick).into(), display: Some((*display).into()), ..Member::default() });
        }
        roster
    }

    #[test]
    fn a_display_name_stands_alone_while_nobody_shares_it() {
        let mut people = roster(&[("lior", "Lior"), ("moshe", "Moshe")]);
        assert_eq!(people.shown_name("lior"), "Lior");
        people.insert(Member { nick: "lior2".into(), display: Some("Lior".into()), ..Member::default() });
        assert_eq!(people.shown_name("lior"), "Lior (lior)");
        assert_eq!(people.shown_name("lior2"), "Lior (lior2)");
        people.remove("lior2");
        assert_eq!(people.shown_name("lior"), "Lior");
        assert_eq!(people.shown_name("gone"), "gone");
    }

    #[test]
    fn look_alikes_share_a_name() {
        for fake in ["lior", "LIOR", "Li\u{43e}r", "L\u{131}or", "Lior ", "Li\u{200b}or", "Iior"] {
            let people = roster(&[("lior", "Lior"), ("mallory", fake)]);
            assert_eq!(people.shown_name("mallory"), format!("{fake} (mallory)"), "{fake:?}");
        }
    }

    #[test]
    fn a_display_name_cannot_be_another_persons_nick_or_carry_brackets_alone() {
        let people = roster(&[("amy", "Amy Adams"), ("mallory", "amy"), ("eve", "Amy Adams (amy)")]);
        assert_eq!(people.shown_name("mallory"), "amy (mallory)");
        assert_eq!(people.shown_name("eve"), "Amy Adams (amy) (eve)");
        assert_eq!(people.shown_name("amy"), "Amy Adams");
    }

    #[test]
    fn a_display_name_cannot_look_like_a_sign_of_the_screen() {
        for display in ["→", "-> root", "* amy", "", "  ", "! error"] {
            assert_eq!(roster(&[("eve", display)]).shown_name("eve"), "eve");
        }
    }

    #[test]
    fn changing_a_member_keeps_the_count_of_looks_true() {
        let mut people = roster(&[("lior", "Lior"), ("moshe", "Moshe")]);
        assert!(people.update("moshe", |m| m.display = Some("Lior".into())));
        assert_eq!(people.shown_name("lior"), "Lior (lior)");
        people.update("moshe", |m| m.display = None);
        assert_eq!(people.shown_name("lior"), "Lior");
        assert!(!people.update("nobody", |m| m.away = true));
        people.clear();
        assert!(people.looks.is_empty() && people.is_empty());
    }
}
