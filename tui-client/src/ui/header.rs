//! The first row of the chat screen: the room, what it is about, and how many are here.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{
    draw::{put, put_right, width_of},
    theme::{Role, Theme},
    wrap::fit,
};
use crate::model::{Room, RoomKind};

/// The header of `room`.
#[derive(Debug)]
pub struct Header<'a> {
    /// The room on screen.
    pub room: &'a Room,
    /// How things look.
    pub theme: Theme,
}

impl Widget for &Header<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let room = self.room;
        let margin = u16::from(area.width >= 60);
        let here = match room.kind {
            RoomKind::Room => format!("{} here", room.roster.len()),
            RoomKind::Direct | RoomKind::Server => String::new(),
        };
        let after = put(buf, area, margin, 0, &room.name, self.theme.style(Role::Strong));
        let inner = Rect { width: area.width.saturating_sub(margin), ..area };
        let counted = put_right(buf, inner, after + 2, 0, &here, self.theme.style(Role::Dim));
        let taken = after + 3 + if counted { width_of(&here) + 2 } else { 0 };
        let room_left = usize::from(inner.width.saturating_sub(taken));
        if !room.topic.is_empty() && room_left > 3 {
            let topic = fit(&room.topic, room_left, self.theme.glyphs.cut);
            let next = put(buf, area, after + 1, 0, self.theme.glyphs.dot, self.theme.style(Role::Dim));
            put(buf, area, next + 1, 0, &topic, self.theme.style(Role::Text));
        }
    }
}
