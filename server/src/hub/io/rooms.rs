//! Rooms as they are kept: their settings, the ranks of their members, the lists of masks.

use klatch_protocol::{RoomName, UnixMs};

use super::{AccountId, RoomId};

bitflags::bitflags! {
    /// The ranks of a member (modern.ircdocs.horse "Channel Membership Prefixes"). A higher one has the rights of the lower.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct Ranks: u8 {
        /// `v`, `+`: may speak where others may not.
        const VOICE = 1;
        /// `h`, `%`: keeps order among those below.
        const HALF_OPERATOR = 2;
        /// `o`, `@`: keeps order.
        const OPERATOR = 4;
        /// `a`, `&`: an operator whom operators cannot throw out.
        const ADMIN = 8;
        /// `q`, `~`: everything; who made the room with an account.
        const FOUNDER = 16;
    }

    /// The settings of a room without a value (modern.ircdocs.horse "Channel Modes").
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Flags: u32 {
        /// `C`: no CTCP but ACTION.
        const NO_CTCP = 1;
        /// `M`: only who is logged in, or has a rank, may speak.
        const ACCOUNT_TO_SPEAK = 1 << 1;
        /// `P`: stays when nobody belongs to it any more.
        const PERMANENT = 1 << 2;
        /// `R`: only who is logged in may come in.
        const ACCOUNT_TO_JOIN = 1 << 3;
        /// `U`: what people without a rank say is heard by those who keep order only.
        const TO_OPERATORS = 1 << 4;
        /// `i`: only who is asked in may come in.
        const INVITE_ONLY = 1 << 5;
        /// `m`: only who has a rank may speak.
        const MODERATED = 1 << 6;
        /// `n`: nobody speaks from outside.
        const NO_EXTERNAL = 1 << 7;
        /// `p`: hidden from those outside, and shown as private.
        const PRIVATE = 1 << 8;
        /// `s`: hidden from those outside.
        const SECRET = 1 << 9;
        /// `t`: the topic is set by those who keep order.
        const TOPIC = 1 << 10;
        /// `u`: people without a rank do not see each other.
        const AUDITORIUM = 1 << 11;
    }
}

impl Ranks {
    /// Each rank with its mode letter and the prefix that shows it, the highest first.
    pub const LETTERS: [(Ranks, char, char); 5] = [
        (Ranks::FOUNDER, 'q', '~'),
        (Ranks::ADMIN, 'a', '&'),
        (Ranks::OPERATOR, 'o', '@'),
        (Ranks::HALF_OPERATOR, 'h', '%'),
        (Ranks::VOICE, 'v', '+'),
    ];

    /// The rank of a mode letter.
    #[must_use]
    pub fn by_letter(letter: char) -> Option<Ranks> {
        Ranks::LETTERS.iter().find(|(_, known, _)| *known == letter).map(|(rank, ..)| *rank)
    }

    /// The rank of a prefix.
    #[must_use]
    pub fn by_prefix(prefix: char) -> Option<Ranks> {
        Ranks::LETTERS.iter().find(|(.., known)| *known == prefix).map(|(rank, ..)| *rank)
    }

    /// The prefixes of all of these, the highest first.
    pub fn prefixes(self) -> impl Iterator<Item = char> {
        Ranks::LETTERS.into_iter().filter(move |(rank, ..)| self.contains(*rank)).map(|(.., prefix)| prefix)
    }

    /// Whether the highest of these is `rank` or above it.
    #[must_use]
    pub fn reach(self, rank: Ranks) -> bool {
        self.bits() >= rank.bits()
    }

    /// Whether somebody with these may give and take `rank`.
    #[must_use]
    pub fn may_give(self, rank: Ranks) -> bool {
        self.reach(match rank {
            Ranks::VOICE => Ranks::HALF_OPERATOR,
            Ranks::HALF_OPERATOR | Ranks::OPERATOR => Ranks::OPERATOR,
            _ => Ranks::FOUNDER,
        })
    }

    /// Whether somebody with these may throw out who has `other`: those below, and operators and founders each other.
    #[must_use]
    pub fn may_kick(self, other: Ranks) -> bool {
        match () {
            () if self.reach(Ranks::FOUNDER) => true,
            () if self.reach(Ranks::OPERATOR) => !other.reach(Ranks::ADMIN),
            () => self.reach(Ranks::HALF_OPERATOR) && !other.reach(Ranks::HALF_OPERATOR),
        }
    }
}

impl Flags {
    /// Each flag with its mode letter, by letter.
    pub const LETTERS: [(Flags, char); 12] = [
        (Flags::NO_CTCP, 'C'),
        (Flags::ACCOUNT_TO_SPEAK, 'M'),
        (Flags::PERMANENT, 'P'),
        (Flags::ACCOUNT_TO_JOIN, 'R'),
        (Flags::TO_OPERATORS, 'U'),
        (Flags::INVITE_ONLY, 'i'),
        (Flags::MODERATED, 'm'),
        (Flags::NO_EXTERNAL, 'n'),
        (Flags::PRIVATE, 'p'),
        (Flags::SECRET, 's'),
        (Flags::TOPIC, 't'),
        (Flags::AUDITORIUM, 'u'),
    ];

    /// The flag of a mode letter.
    #[must_use]
    pub fn by_letter(letter: char) -> Option<Flags> {
        Flags::LETTERS.iter().find(|(_, known)| *known == letter).map(|(flag, _)| *flag)
    }

    /// The letters of all of these.
    #[must_use]
    pub fn letters(self) -> String {
        Flags::LETTERS.iter().filter(|(flag, _)| self.contains(*flag)).map(|(_, letter)| *letter).collect()
    }

    /// The flags of all letters that are known.
    #[must_use]
    pub fn from_letters(letters: &str) -> Flags {
        letters.chars().filter_map(Flags::by_letter).collect()
    }
}

/// A room as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRow {
    /// Its number.
    pub id: RoomId,
    /// Its name.
    pub name: RoomName,
    /// When it was made.
    pub created: UnixMs,
    /// What it is about.
    pub topic: Option<Topic>,
    /// The account that made it; none for the lobby and for rooms of guests.
    pub founder: Option<AccountId>,
    /// How it is set.
    pub settings: Settings,
}

impl RoomRow {
    /// A new room of nobody's, as such rooms are.
    #[must_use]
    pub fn new(id: RoomId, name: RoomName, created: UnixMs) -> Self {
        RoomRow { id, name, created, topic: None, founder: None, settings: Settings::default() }
    }
}

/// How a room is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What is on.
    pub flags: Flags,
    /// `k`: the word that JOIN has to give.
    pub key: Option<String>,
    /// `l`: how many may be in it.
    pub limit: Option<u32>,
    /// `f`: the room where those land who may not come in.
    pub forward: Option<RoomName>,
}

impl Default for Settings {
    /// What a new room is: `+nt`.
    fn default() -> Self {
        Settings { flags: Flags::NO_EXTERNAL | Flags::TOPIC, key: None, limit: None, forward: None }
    }
}

/// What a room is about, and who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// The text, never empty.
    pub text: String,
    /// The nick of who set it.
    pub by: String,
    /// When.
    pub at: UnixMs,
}

/// The lists of masks a room has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    /// `b`: who may not come in, nor speak.
    Ban,
    /// `e`: to whom bans do not apply.
    Except,
    /// `I`: who may come in without being asked.
    Invite,
}

impl List {
    /// Each list with its mode letter.
    pub const LETTERS: [(List, char); 3] = [(List::Ban, 'b'), (List::Except, 'e'), (List::Invite, 'I')];

    /// The list of a mode letter.
    #[must_use]
    pub fn by_letter(letter: char) -> Option<List> {
        List::LETTERS.iter().find(|(_, known)| *known == letter).map(|(list, _)| *list)
    }

    /// Its mode letter.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            List::Ban => 'b',
            List::Except => 'e',
            List::Invite => 'I',
        }
    }
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// The list.
    pub list: List,
    /// Whom it fits, as it was written.
    pub text: String,
    /// The nick of who added it.
    pub by: String,
    /// When.
    pub at: UnixMs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_do_what_to_whom() {
        let (founder, admin, operator) = (Ranks::FOUNDER, Ranks::ADMIN, Ranks::OPERATOR);
        let (half, voice, none) = (Ranks::HALF_OPERATOR | Ranks::VOICE, Ranks::VOICE, Ranks::empty());
        for (by, whom) in [(founder, founder), (admin, operator), (operator, operator), (half, voice), (half, none)] {
            assert!(by.may_kick(whom), "{by:?} {whom:?}");
        }
        for (by, whom) in [(admin, admin), (operator, founder), (half, half), (voice, none), (none, none)] {
            assert!(!by.may_kick(whom), "{by:?} {whom:?}");
        }
        assert!(half.may_give(Ranks::VOICE) && operator.may_give(operator) && founder.may_give(founder));
        assert!(!half.may_give(operator) && !admin.may_give(admin) && !voice.may_give(voice));
        assert_eq!(half.prefixes().collect::<String>(), "%+");
    }

    #[test]
    fn flags_are_kept_by_letter() {
        assert_eq!(Flags::all().letters(), "CMPRUimnpstu");
        assert_eq!(Flags::from_letters(&Flags::all().letters()), Flags::all());
        assert_eq!(Flags::from_letters("n?t"), Settings::default().flags);
    }
}
