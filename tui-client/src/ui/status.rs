//! The row above the input: the connection, other rooms with something unread, who is typing, what is not sent yet, where
//! the pane stands, and the time. Every state is said in words or signs as well as in colour.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::{
    draw::{put_line, width_of},
    pane::Standing,
    theme::{Role, Theme},
    wrap::fit,
};

/// How the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// There is one, and nothing is missing.
    Online,
    /// There is one; what was missed is being fetched.
    CatchingUp,
    /// It is being made.
    Connecting,
    /// It broke; the next attempt is this many seconds away.
    Retry(u64),
    /// There is none and there will be none.
    Offline,
}

/// Another room in the status row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting<'a> {
    /// The number that switches to it.
    pub number: usize,
    /// Its name.
    pub name: &'a str,
    /// Messages not seen.
    pub unread: usize,
    /// Of those, how many name us.
    pub mentions: usize,
}

/// What the status row says.
#[derive(Debug, Clone)]
pub struct Status<'a> {
    /// How the connection is.
    pub link: Link,
    /// The room on screen.
    pub room: &'a str,
    /// Other rooms with something unread, most important first.
    pub waiting: Vec<Waiting<'a>>,
    /// Who is typing in this room, as they are called on the screen.
    pub typing: &'a [String],
    /// Messages typed but not on the server.
    pub unsent: usize,
    /// Where the pane stands.
    pub standing: Standing,
    /// The time of day, ready to be shown; may be empty.
    pub clock: &'a str,
    /// Something to say for a moment, in the place of who is typing.
    pub notice: Option<&'a str>,
    /// How things look.
    pub theme: Theme,
}

/// How many words there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Everything in words.
    Full,
    /// No words where a sign is enough, single spaces.
    Short,
    /// Numbers instead of names.
    Least,
}

impl Widget for &Status<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let roomy = area.width >= 60;
        let margin = u16::from(roomy);
        let inner = Rect { x: area.x + margin.min(area.width), width: area.width.saturating_sub(2 * margin), ..area };
        let right = self.right(area.width >= 80);
        let right_width = width_of_line(&right).min(inner.width);
        put_line(buf, inner, inner.width - right_width, 0, &right);
        let left = Rect { width: inner.width.saturating_sub(right_width + 1), ..inner };
        let details = [Detail::Full, Detail::Short, Detail::Least];
        let fitting = details.into_iter().skip(usize::from(!roomy)).find(|detail| self.width(*detail) <= left.width);
        self.left(left, fitting.unwrap_or(Detail::Least), buf);
    }
}

impl Status<'_> {
    /// Puts part after part, and leaves out the ones that do not fit. What is said for a moment is cut rather than left out.
    fn left(&self, area: Rect, detail: Detail, buf: &mut Buffer) {
        let mut x = 0_u16;
        for (index, part) in self.parts(detail).iter().enumerate() {
            let width = width_of_line(part);
            if x == 0 || x.saturating_add(width) <= area.width {
                put_line(buf, area, x, 0, part);
                x = x.saturating_add(width).saturating_add(gap(detail));
            } else if let Some(notice) = self.notice.filter(|_| index == 1) {
                let cut = fit(notice, usize::from(area.width.saturating_sub(x)), self.theme.glyphs.cut);
                put_line(buf, area, x, 0, &Line::styled(cut, self.style(Role::Warning)));
                return;
            }
        }
    }

    fn width(&self, detail: Detail) -> u16 {
        let parts = self.parts(detail);
        let widths = parts.iter().map(|part| width_of_line(part).saturating_add(gap(detail)));
        widths.fold(0, u16::saturating_add).saturating_sub(gap(detail))
    }

    /// The parts from left to right, the connection first and behind it what is said for a moment.
    fn parts(&self, detail: Detail) -> Vec<Line<'_>> {
        let mut parts = vec![self.link(detail)];
        if let Some(notice) = self.notice {
            parts.push(Line::styled(notice, self.style(Role::Warning)));
        }
        if !self.room.is_empty() {
            parts.push(Line::styled(self.room, self.style(Role::Strong)));
        }
        parts.extend(self.waiting.iter().map(|waiting| self.waiting(*waiting, detail)));
        if self.notice.is_none() && !self.typing.is_empty() {
            parts.push(Line::styled(typing(self.typing, detail), self.style(Role::Dim)));
        }
        parts
    }

    fn right(&self, roomy: bool) -> Line<'_> {
        let glyphs = self.theme.glyphs;
        let mut spans = Vec::new();
        if self.unsent > 0 {
            spans.push(Span::styled(format!("{} unsent", self.unsent), self.style(Role::Warning)));
        }
        spans.push(match self.standing {
            Standing::Newest if roomy => Span::styled(format!("{} newest", glyphs.down), self.style(Role::Dim)),
            Standing::Newest => Span::styled(glyphs.down, self.style(Role::Dim)),
            Standing::Above { below, new: 0 } => {
                Span::styled(format!("{} {below}", glyphs.up), self.style(Role::Focus))
            }
            Standing::Above { below, new } if roomy => {
                Span::styled(format!("{} {below} {} {new} new below", glyphs.up, glyphs.dot), self.style(Role::Unread))
            }
            Standing::Above { new, .. } => Span::styled(format!("{} {new} new", glyphs.up), self.style(Role::Unread)),
        });
        if !self.clock.is_empty() {
            spans.push(Span::styled(self.clock, self.style(Role::Dim)));
        }
        let gap = if roomy { "   " } else { " " };
        let count = spans.len();
        let spaced = spans
            .into_iter()
            .enumerate()
            .flat_map(|(index, span)| [Some(span), (index + 1 < count).then(|| Span::raw(gap))].into_iter().flatten());
        Line::from_iter(spaced)
    }

    fn link(&self, detail: Detail) -> Line<'static> {
        let glyphs = self.theme.glyphs;
        let (sign, word, role) = match self.link {
            Link::Online => (glyphs.online, "online".to_owned(), Role::Good),
            Link::CatchingUp => (glyphs.online, "catching up".to_owned(), Role::Warning),
            Link::Connecting => (glyphs.offline, "connecting".to_owned(), Role::Warning),
            Link::Retry(0) => (glyphs.offline, "retrying".to_owned(), Role::Error),
            Link::Retry(seconds) => (glyphs.offline, format!("retry {seconds}s"), Role::Error),
            Link::Offline => (glyphs.offline, "offline".to_owned(), Role::Error),
        };
        let style = self.style(role);
        // The one state in which nothing is wrong may go without its word where space is scarce.
        if detail != Detail::Full && self.link == Link::Online {
            return Line::styled(sign, style);
        }
        Line::styled(format!("{sign} {word}"), style)
    }

    fn waiting(&self, waiting: Waiting<'_>, detail: Detail) -> Line<'static> {
        let (role, sign) = if waiting.mentions > 0 { (Role::Unread, "!") } else { (Role::Text, "") };
        let text = match detail {
            Detail::Full => format!("[{} {} {}{sign}]", waiting.number, waiting.name, waiting.unread),
            Detail::Short => format!("[{} {}{sign}]", waiting.number, waiting.name),
            Detail::Least => format!("[{}{sign}]", waiting.number),
        };
        Line::styled(text, self.style(role))
    }

    fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }
}

/// Who is typing, in a few words.
fn typing(people: &[String], detail: Detail) -> String {
    match people {
        [one] if detail == Detail::Full => format!("{one} is typing"),
        [one] => format!("{one} types"),
        [one, two] => format!("{one}, {two} type"),
        many => format!("{} type", many.len()),
    }
}

fn gap(detail: Detail) -> u16 {
    if detail == Detail::Full { 3 } else { 1 }
}

fn width_of_line(line: &Line<'_>) -> u16 {
    line.iter().map(|span| width_of(&span.content)).fold(0, u16::saturating_add)
}
