//! Who is here, at the right of the screen: operators first with `@`, the away dimmed and called so.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{
    draw::put,
    theme::{Role, Theme},
    wrap::{cells, fit, name_within},
};
use crate::model::{Member, Roster};

/// The people of a room.
#[derive(Debug)]
pub struct Sidebar<'a> {
    /// Who is here.
    pub roster: &'a Roster,
    /// Our own nick, which is marked.
    pub own: &'a str,
    /// How things look.
    pub theme: Theme,
}

impl Widget for &Sidebar<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        for y in 0..area.height {
            put(buf, area, 0, y, self.theme.glyphs.bar, self.theme.style(Role::Rule));
        }
        let fits = usize::from(area.height);
        let hidden = if self.roster.len() > fits { self.roster.len() - fits.saturating_sub(1) } else { 0 };
        for (y, member) in (0..area.height).zip(self.roster.iter()) {
            if hidden > 0 && y + 1 == area.height {
                put(buf, area, 4, y, &format!("and {hidden} more"), self.theme.style(Role::Dim));
            } else {
                self.person(member, Rect { y: area.y + y, height: 1, ..area }, buf);
            }
        }
    }
}

impl Sidebar<'_> {
    fn person(&self, member: &Member, area: Rect, buf: &mut Buffer) {
        if member.operator {
            put(buf, area, 2, 0, "@", self.theme.style(Role::Warning));
        }
        let own = member.nick == self.own;
        let word = match (member.away, own) {
            (true, true) => " you, away",
            (true, false) => " away",
            (false, true) => " you",
            (false, false) => "",
        };
        let room = usize::from(area.width.saturating_sub(3));
        let word = if cells(word) + 4 > room { "" } else { word };
        let style = if member.away {
            self.theme.style(Role::Dim)
        } else {
            self.theme.nick(member.account.as_deref().unwrap_or(&member.nick))
        };
        let width = room.saturating_sub(cells(word));
        let shown = self.roster.shown(member);
        let name = name_within(&member.nick, Some(&shown), width);
        let x = put(buf, area, 3, 0, &fit(name, width, self.theme.glyphs.cut), style);
        put(buf, area, x, 0, word, self.theme.style(Role::Dim));
    }
}
