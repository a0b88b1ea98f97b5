//! How each thing looks: roles become styles made of the terminal's own sixteen colours, so that any colour scheme, light
//! or dark, stays readable. It owns the glyphs as well. Colour never carries a meaning alone: every role that says
//! something has a glyph or a word beside it, and without colours roles differ by bold, reverse and dim.

use ratatui::style::{Color, Modifier, Style};

use klatch_protocol::fold;

/// What a piece of text is, as far as its looks go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What people say.
    Text,
    /// What may be overlooked: times, hints, confirmed marks.
    Dim,
    /// Lines that separate.
    Rule,
    /// A name or a heading that stands out.
    Strong,
    /// The one thing in focus.
    Focus,
    /// A key to press.
    Key,
    /// The line that somebody came.
    Join,
    /// The line that somebody left.
    Leave,
    /// What the program or the server has to say.
    Info,
    /// What went wrong.
    Error,
    /// What needs attention soon.
    Warning,
    /// What is well.
    Good,
    /// Our own name said by somebody else, and the time beside it.
    Mention,
    /// A room with something unread.
    Unread,
    /// A chosen row of a list.
    Chosen,
    /// A link.
    Link,
    /// The banner that everybody has to see.
    Alarm,
}

/// Signs used on the screen.
#[derive(Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Somebody came.
    pub join: &'static str,
    /// Somebody left.
    pub leave: &'static str,
    /// Somebody does something (`/me`).
    pub action: &'static str,
    /// Something to know.
    pub info: &'static str,
    /// Something went wrong.
    pub error: &'static str,
    /// A horizontal line.
    pub dash: &'static str,
    /// A vertical line.
    pub bar: &'static str,
    /// Something was cut here.
    pub cut: &'static str,
    /// On its way to the server.
    pub pending: &'static str,
    /// Waits for a connection.
    pub queued: &'static str,
    /// On the server's disk.
    pub done: &'static str,
    /// There is a connection.
    pub online: &'static str,
    /// There is none.
    pub offline: &'static str,
    /// A character of a password.
    pub mask: &'static str,
    /// A chosen option.
    pub chosen: &'static str,
    /// The one in focus, the prompt.
    pub prompt: &'static str,
    /// There is more above.
    pub up: &'static str,
    /// There is more below, or this is the newest.
    pub down: &'static str,
    /// Between two short things.
    pub dot: &'static str,
}

/// The signs of a UTF-8 terminal.
pub static UNICODE: Glyphs = Glyphs {
    join: "→",
    leave: "←",
    action: "*",
    info: "·",
    error: "!",
    dash: "─",
    bar: "│",
    cut: "…",
    pending: "…",
    queued: "○",
    done: "✓",
    online: "●",
    offline: "○",
    mask: "•",
    chosen: "•",
    prompt: "›",
    up: "↑",
    down: "↓",
    dot: "·",
};

/// The signs of every other terminal. Each is as wide as its twin in [`UNICODE`], or one cell wider.
pub static ASCII: Glyphs = Glyphs {
    join: "->",
    leave: "<-",
    action: "*",
    info: "-",
    error: "!",
    dash: "-",
    bar: "|",
    cut: ".",
    pending: ".",
    queued: "o",
    done: "+",
    online: "*",
    offline: "o",
    mask: "*",
    chosen: "*",
    prompt: ">",
    up: "^",
    down: "v",
    dot: "-",
};

/// Nick colours that can be read on black, on white and on the usual schemes between: bright blue instead of blue, which
/// is hard to see on black, and none of the other bright ones, which are hard to see on white.
const HUES: [Color; 6] = [Color::Cyan, Color::Magenta, Color::Green, Color::Yellow, Color::LightBlue, Color::Red];

/// How things look on this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// The signs to draw with.
    pub glyphs: &'static Glyphs,
    colour: Colour,
}

/// Whether there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// The terminal's own sixteen.
    Sixteen,
    /// None: bold, reverse and dim have to do.
    None,
}

impl Theme {
    /// A theme of these parts.
    #[must_use]
    pub const fn new(colour: Colour, glyphs: &'static Glyphs) -> Self {
        Theme { glyphs, colour }
    }

    /// The theme that the environment asks for. `lookup` gives a variable's value: `NO_COLOR` set to anything but nothing
    /// (<https://no-color.org>) or `TERM=dumb` take the colours away; `LC_ALL`, `LC_CTYPE`, `LANG`, the first that is set,
    /// has to name UTF-8 for signs beyond ASCII. Where no locale is set at all UTF-8 is taken for granted, as containers
    /// and SSH sessions often have none.
    #[must_use]
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let plain = set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        let utf8 = locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        Theme::new(if plain { Colour::None } else { Colour::Sixteen }, if utf8 { &UNICODE } else { &ASCII })
    }

    /// The style of `role`.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        match self.colour {
            Colour::Sixteen => coloured(role),
            Colour::None => plain(role),
        }
    }

    /// The style of a person's name, the same for ever for the same `identity`: the account where it is known, else the nick.
    #[must_use]
    pub fn nick(&self, identity: &str) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD);
        match self.colour {
            Colour::None => style,
            Colour::Sixteen => style.fg(hue(fold(identity).as_str())),
        }
    }
}

fn coloured(role: Role) -> Style {
    let style = Style::new();
    match role {
        Role::Text => style,
        Role::Dim | Role::Rule => style.add_modifier(Modifier::DIM),
        Role::Strong => style.add_modifier(Modifier::BOLD),
        Role::Focus => style.fg(Color::Cyan).add_modifier(Modifier::BOLD),
        Role::Key => style.fg(Color::Cyan),
        Role::Join | Role::Good => style.fg(Color::Green),
        Role::Leave => style.fg(Color::Red),
        Role::Info => style.fg(Color::Cyan).add_modifier(Modifier::DIM),
        Role::Error => style.fg(Color::Red).add_modifier(Modifier::BOLD),
        Role::Warning => style.fg(Color::Yellow),
        Role::Mention => style.add_modifier(Modifier::REVERSED | Modifier::BOLD),
        Role::Unread => style.fg(Color::Yellow).add_modifier(Modifier::BOLD),
        Role::Chosen => style.add_modifier(Modifier::REVERSED),
        Role::Link => style.add_modifier(Modifier::UNDERLINED),
        Role::Alarm => style.fg(Color::Red).add_modifier(Modifier::BOLD | Modifier::REVERSED),
    }
}

fn plain(role: Role) -> Style {
    Style::new().add_modifier(match role {
        Role::Text | Role::Good | Role::Key => Modifier::empty(),
        Role::Dim | Role::Rule | Role::Info => Modifier::DIM,
        Role::Strong | Role::Focus | Role::Join | Role::Leave | Role::Error | Role::Warning | Role::Unread => {
            Modifier::BOLD
        }
        Role::Mention | Role::Alarm => Modifier::REVERSED.union(Modifier::BOLD),
        Role::Chosen => Modifier::REVERSED,
        Role::Link => Modifier::UNDERLINED,
    })
}

/// The hue of a name. FNV-1a is small and the same on every machine and in every version, so that a person keeps their colour;
/// its upper bits are the well mixed ones, so they choose.
fn hue(name: &str) -> Color {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let index = (u64::from(hash) * HUES.len() as u64) >> 32;
    // The product shifted by all bits of the hash is less than the number of hues.
    HUES[index as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Theme {
        Theme::from_env(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_environment_decides_about_colours_and_signs() {
        assert_eq!(from(&[]), Theme::new(Colour::Sixteen, &UNICODE));
        assert_eq!(from(&[("NO_COLOR", "1"), ("LANG", "C")]), Theme::new(Colour::None, &ASCII));
        assert_eq!(from(&[("NO_COLOR", ""), ("LANG", "de_DE.UTF-8")]), Theme::new(Colour::Sixteen, &UNICODE));
        assert_eq!(
            from(&[("TERM", "dumb"), ("LC_ALL", "POSIX"), ("LANG", "C.utf8")]),
            Theme::new(Colour::None, &ASCII)
        );
    }

    #[test]
    fn without_colours_no_style_has_a_colour() {
        let theme = Theme::new(Colour::None, &UNICODE);
        for role in [Role::Join, Role::Leave, Role::Error, Role::Alarm, Role::Key, Role::Focus, Role::Unread] {
            assert_eq!((theme.style(role).fg, theme.style(role).bg), (None, None), "{role:?}");
        }
        assert_eq!(theme.nick("ann").fg, None);
    }

    #[test]
    fn a_person_keeps_the_colour_whatever_the_case_of_the_name() {
        let theme = Theme::new(Colour::Sixteen, &UNICODE);
        assert_eq!(theme.nick("Ann"), theme.nick("aNN"));
        let hues: std::collections::BTreeSet<_> = ["ann", "bob", "carol", "dave", "eve", "frank", "grace", "heidi"]
            .map(|n| format!("{:?}", theme.nick(n).fg))
            .into();
        assert!(hues.len() >= 4, "{hues:?}");
    }
}
