//! MODE lines and the ranks of members (modern.ircdocs.horse "MODE message", "CHANMODES parameter", "PREFIX parameter").
//!
//! It owns which letters take a parameter and which prefix means which rank, as a server announces both in ISUPPORT; what
//! a mode does is decided elsewhere. Both sides read mode strings with the same function.

/// The ranks members can have, highest first: a mode letter and the prefix that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefixes(Vec<(char, char)>);

impl Default for Prefixes {
    /// What is to be assumed where a server says nothing: `(ov)@+`.
    fn default() -> Self {
        Prefixes(vec![('o', '@'), ('v', '+')])
    }
}

impl Prefixes {
    /// Reads the value of ISUPPORT `PREFIX`, such as `(qaohv)~&@%+`. An empty value means that there are no ranks;
    /// `None` stands for one that makes no sense.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        if value.is_empty() {
            return Some(Prefixes(Vec::new()));
        }
        let (modes, prefixes) = value.strip_prefix('(')?.split_once(')')?;
        let same_length = modes.chars().count() == prefixes.chars().count();
        same_length.then(|| Prefixes(modes.chars().zip(prefixes.chars()).collect()))
    }

    /// The value of ISUPPORT `PREFIX`.
    #[must_use]
    pub fn to_value(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let modes = self.0.iter().map(|(mode, _)| mode);
        let prefixes = self.0.iter().map(|(_, prefix)| prefix);
        std::iter::once(&'(').chain(modes).chain(std::iter::once(&')')).chain(prefixes).collect()
    }

    /// Splits `@+amy` into the prefixes and the name, as in RPL_NAMREPLY with `multi-prefix` and in STATUSMSG targets.
    #[must_use]
    pub fn split<'a>(&self, name: &'a str) -> (&'a str, &'a str) {
        let rest = name.trim_start_matches(|c| self.mode(c).is_some());
        name.split_at(name.len() - rest.len())
    }

    /// The mode letter that `prefix` shows.
    #[must_use]
    pub fn mode(&self, prefix: char) -> Option<char> {
        self.0.iter().find(|(_, shown)| *shown == prefix).map(|(mode, _)| *mode)
    }

    /// The prefix that shows the mode letter `mode`.
    #[must_use]
    pub fn prefix(&self, mode: char) -> Option<char> {
        self.0.iter().find(|(known, _)| *known == mode).map(|(_, prefix)| *prefix)
    }

    /// How high the rank of `mode` is: 0 for the highest.
    #[must_use]
    pub fn place(&self, mode: char) -> Option<usize> {
        self.0.iter().position(|(known, _)| *known == mode)
    }
}

/// Whether and when a mode letter of a room takes a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModeKind {
    /// Type A: a list. Takes a parameter; without one the list is asked for.
    List,
    /// Type B: a setting that always takes a parameter.
    Always,
    /// Type C: a setting that takes a parameter only when it is set.
    WhenSet,
    /// Type D: a setting without parameter. Unknown letters count as this.
    Never,
    /// The rank of a member, whose nick is the parameter.
    Rank,
}

/// What is to be assumed where a server says nothing (RFC 2812 section 3.2.3).
pub const DEFAULT_CHANMODES: &str = "beI,k,l,imnpst";

/// The modes a room can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChanModes {
    /// Types A to D, in the letters of ISUPPORT `CHANMODES`.
    types: [String; 4],
    /// The ranks.
    pub prefixes: Prefixes,
}

impl ChanModes {
    /// Reads the value of ISUPPORT `CHANMODES`, such as `beI,k,l,imnst`. Types after the fourth are ignored, missing ones
    /// are empty.
    #[must_use]
    pub fn parse(value: &str, prefixes: Prefixes) -> Self {
        let mut types: [String; 4] = Default::default();
        for (slot, letters) in types.iter_mut().zip(value.split(',')) {
            letters.clone_into(slot);
        }
        ChanModes { types, prefixes }
    }

    /// The value of ISUPPORT `CHANMODES`.
    #[must_use]
    pub fn to_value(&self) -> String {
        self.types.join(",")
    }

    /// Of which kind the letter `mode` is; `None` for one that is not known.
    #[must_use]
    pub fn kind(&self, mode: char) -> Option<ModeKind> {
        if self.prefixes.prefix(mode).is_some() {
            return Some(ModeKind::Rank);
        }
        let kinds = [ModeKind::List, ModeKind::Always, ModeKind::WhenSet, ModeKind::Never];
        self.types.iter().zip(kinds).find(|(letters, _)| letters.contains(mode)).map(|(_, kind)| kind)
    }

    /// Takes `+o-v amy bob` apart: `modes` is the first parameter, `arguments` those behind it. Where one is missing the
    /// change has none, and who applies it decides whether that is a question or an error. Letters before any sign count
    /// as set.
    #[must_use]
    pub fn changes<'a>(&self, modes: &str, arguments: &[&'a str]) -> Vec<Change<'a>> {
        let mut arguments = arguments.iter().copied();
        let mut set = true;
        let mut changes = Vec::new();
        for mode in modes.chars() {
            match mode {
                '+' => set = true,
                '-' => set = false,
                _ => {
                    let kind = self.kind(mode);
                    let takes = match kind {
                        Some(ModeKind::List | ModeKind::Always | ModeKind::Rank) => true,
                        Some(ModeKind::WhenSet) => set,
                        Some(ModeKind::Never) | None => false,
                    };
                    let argument = if takes { arguments.next() } else { None };
                    changes.push(Change { set, mode, kind, argument });
                }
            }
        }
        changes
    }
}

/// One change of a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'a> {
    /// Whether the mode is set (`+`) or taken away (`-`).
    pub set: bool,
    /// The letter.
    pub mode: char,
    /// Its kind; `None` for a letter that is not known.
    pub kind: Option<ModeKind>,
    /// The parameter, if it takes one and there was one.
    pub argument: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(modes: &ChanModes, line: &str) -> String {
        let mut words = line.split(' ');
        let letters = words.next().unwrap_or_default();
        let changes = modes.changes(letters, &words.collect::<Vec<_>>());
        let one = |c: &Change<'_>| {
            format!(
                "{}{}{}",
                if c.set { '+' } else { '-' },
                c.mode,
                c.argument.map(|a| format!("={a}")).unwrap_or_default()
            )
        };
        changes.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_letter_takes_its_own_parameter() {
        let modes = ChanModes::parse("beI,k,l,imnst", Prefixes::parse("(qaohv)~&@%+").unwrap());
        assert_eq!(shown(&modes, "+o-v amy bob"), "+o=amy -v=bob");
        assert_eq!(shown(&modes, "+mlk-l 5 key"), "+m +l=5 +k=key -l");
        assert_eq!(shown(&modes, "b"), "+b");
        assert_eq!(shown(&modes, "-k+b-i x *!*@*"), "-k=x +b=*!*@* -i");
        assert_eq!(shown(&modes, "+zo amy"), "+z +o=amy");
        assert_eq!(shown(&modes, "+oo amy"), "+o=amy +o");
        assert_eq!(shown(&modes, ""), "");
        assert_eq!(modes.kind('z'), None);
        assert_eq!(modes.to_value(), "beI,k,l,imnst");
    }

    #[test]
    fn prefixes_are_read_and_written() {
        let prefixes = Prefixes::parse("(qaohv)~&@%+").unwrap();
        assert_eq!(prefixes.to_value(), "(qaohv)~&@%+");
        assert_eq!(prefixes.split("@+amy"), ("@+", "amy"));
        assert_eq!(prefixes.split("amy"), ("", "amy"));
        assert_eq!((prefixes.mode('@'), prefixes.prefix('v'), prefixes.place('q')), (Some('o'), Some('+'), Some(0)));
        assert_eq!(Prefixes::parse("").unwrap().to_value(), "");
        assert_eq!(Prefixes::parse("(ov)@"), None);
        assert_eq!(Prefixes::parse("@+"), None);
    }
}
