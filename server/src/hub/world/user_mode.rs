//! The modes that people set on themselves (modern.ircdocs.horse "User Modes"). What being an operator of the server is
//! worth stands in the rank instead: nobody gives that to themselves.

bitflags::bitflags! {
    /// A set of modes of a person. The letter of each is in [`UserModes::LETTERS`].
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub struct UserModes: u8 {
        /// Hidden from those who share no room.
        const INVISIBLE = 1 << 0;
        /// Direct messages from people without an account are refused.
        const REGISTERED_ONLY = 1 << 1;
        /// Hears WALLOPS.
        const WALLOPS = 1 << 2;
        /// A program, not a person (ircv3.net "bot-mode").
        const BOT = 1 << 3;
        /// Direct messages that are CTCP requests are refused; ACTION is none.
        const NO_CTCP = 1 << 4;
    }
}

impl UserModes {
    /// Every mode with its letter.
    pub const LETTERS: &[(UserModes, char)] = &[
        (UserModes::BOT, 'B'),
        (UserModes::INVISIBLE, 'i'),
        (UserModes::REGISTERED_ONLY, 'R'),
        (UserModes::NO_CTCP, 'T'),
        (UserModes::WALLOPS, 'w'),
    ];

    /// The mode of a letter.
    #[must_use]
    pub fn by_letter(letter: char) -> Option<Self> {
        UserModes::LETTERS.iter().find(|(_, known)| *known == letter).map(|(mode, _)| *mode)
    }

    /// The letters of this set.
    pub fn letters(self) -> impl Iterator<Item = char> {
        UserModes::LETTERS.iter().filter(move |(mode, _)| self.contains(*mode)).map(|(_, letter)| *letter)
    }
}
