//! How people are called on the screen: by their display name, with the nick beside it wherever the display name alone could
//! be somebody else's. Nobody can pose as another, nor as one of the screen's own lines.

use std::{borrow::Cow, collections::BTreeMap, collections::BTreeSet};

use crate::model::{Body, Roster};

/// Which display names of a room belong to more than one person, and the colours' identities of its people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    shared: BTreeSet<String>,
}

impl Names {
    /// Looks at everybody in `roster`. A display name is shared if somebody else has it as well, as display name or as nick,
    /// whatever the case.
    #[must_use]
    pub fn of(roster: &Roster) -> Self {
        let mut owners: BTreeMap<String, &str> = BTreeMap::new();
        let mut shared = BTreeSet::new();
        for member in roster.iter() {
            let display = member.display.as_deref().filter(|display| !display.eq_ignore_ascii_case(&member.nick));
            for name in [Some(member.nick.as_str()), display].into_iter().flatten() {
                let name = comparable(name);
                match owners.get(&name) {
                    Some(owner) if *owner != member.nick => _ = shared.insert(name),
                    Some(_) => {}
                    None => _ = owners.insert(name, &member.nick),
                }
            }
        }
        Names { shared }
    }

    /// What to call the person with this nick and display name: the display name; `display (nick)` where it is shared; the
    /// nick where there is no display name, or one that does not begin with a letter or digit and so could pass for one of
    /// the screen's own signs.
    #[must_use]
    pub fn shown<'a>(&self, nick: &'a str, display: Option<&'a str>) -> Cow<'a, str> {
        let display = display.map(str::trim).filter(|name| name.starts_with(char::is_alphanumeric));
        match display {
            None => Cow::Borrowed(nick),
            Some(name) if name.eq_ignore_ascii_case(nick) => Cow::Borrowed(name),
            Some(name) if self.shared.contains(&comparable(name)) => Cow::Owned(format!("{name} ({nick})")),
            Some(name) => Cow::Borrowed(name),
        }
    }

    /// The same for a column of `width` cells: where both names would not fit, the nick alone, which is never ambiguous.
    #[must_use]
    pub fn shown_within<'a>(&self, nick: &'a str, display: Option<&'a str>, width: usize) -> Cow<'a, str> {
        let name = self.shown(nick, display);
        let both = matches!(&name, Cow::Owned(_));
        if both && super::wrap::cells(&name) > width { Cow::Borrowed(nick) } else { name }
    }
}

/// The form in which two display names look the same to a hasty reader.
fn comparable(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Member;

    fn roster(people: &[(&str, Option<&str>)]) -> Roster {
        let mut roster = Roster::default();
        for (nick, display) in people {
            roster.insert(Member {
                nick: (*nick).to_owned(),
                display: display.map(str::to_owned),
                account: None,
                operator: false,
                away: false,
            });
        }
        roster
    }

    #[test]
    fn the_nick_stands_beside_a_display_name_that_two_people_have() {
        let names = Names::of(&roster(&[("ann", Some("Ann Lee")), ("evil", Some("ann  lee")), ("bob", Some("Bob"))]));
        assert_eq!(names.shown("ann", Some("Ann Lee")), "Ann Lee (ann)");
        assert_eq!(names.shown("evil", Some("ann  lee")), "ann  lee (evil)");
        assert_eq!(names.shown("bob", Some("Bob")), "Bob");
        assert_eq!(names.shown_within("evil", Some("ann  lee"), 10), "evil");
    }

    #[test]
    fn a_display_name_that_is_somebodys_nick_is_not_trusted() {
        let names = Names::of(&roster(&[("bob", None), ("eve", Some("Bob"))]));
        assert_eq!(names.shown("eve", Some("Bob")), "Bob (eve)");
        assert_eq!(names.shown("bob", None), "bob");
    }

    #[test]
    fn a_display_name_cannot_look_like_a_banner() {
        let names = Names::default();
        for display in ["→", "-> root", "* ann", "", "  ", "! error"] {
            assert_eq!(names.shown("eve", Some(display)), "eve");
        }
    }
}
