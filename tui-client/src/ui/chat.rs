//! The chat screen put together: header, pane, sidebar, status row and input, for any size of terminal.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    widgets::Widget,
};

use super::{
    banner::Banner,
    completion::CompletionList,
    draw::put,
    header::Header,
    input::{InputBox, InputRow},
    layout::{Areas, Wanted},
    pane::{Feed, Pane},
    sidebar::Sidebar,
    status::Status,
    theme::Role,
};

/// All that the chat screen shows.
pub struct Chat<'a> {
    /// The room on screen.
    pub feed: Feed<'a>,
    /// Where its pane stands.
    pub pane: &'a Pane,
    /// What is being typed.
    pub input: &'a InputBox,
    /// What to press, longest first; the first that fits is shown while nothing is typed.
    pub hints: &'a [&'a str],
    /// The status row.
    pub status: Status<'a>,
    /// Whether the user wants the sidebar.
    pub sidebar: bool,
    /// The banner, while there is one.
    pub banner: Option<Banner<'a>>,
    /// What the word being typed can become, while that is open.
    pub completion: Option<CompletionList<'a>>,
}

impl Chat<'_> {
    /// Where everything is on a screen of this area.
    #[must_use]
    pub fn areas(&self, area: Rect) -> Areas {
        let wanted =
            Wanted { input_rows: self.input.rows(area.width), sidebar: self.sidebar, banner: self.banner.is_some() };
        Areas::of(area, wanted)
    }

    /// Where the terminal's cursor belongs after the screen was drawn in `area`; nowhere if the input does not fit.
    #[must_use]
    pub fn cursor(&self, area: Rect) -> Option<Position> {
        self.input.cursor().filter(|cursor| self.areas(area).input.contains(*cursor))
    }
}

impl Widget for &Chat<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let theme = self.feed.theme;
        let areas = self.areas(area);
        if areas.too_small {
            put(buf, area, 0, 0, "too small", theme.style(Role::Strong));
            return;
        }
        if areas.cramped {
            put(buf, areas.header, 0, 0, "too small (20x6)", theme.style(Role::Warning));
        } else {
            Header { room: self.feed.room, theme }.render(areas.header, buf);
        }
        if let Some(banner) = &self.banner {
            banner.render(areas.banner, buf);
        }
        self.pane.view(self.feed).render(areas.pane, buf);
        let Feed { room, own, .. } = self.feed;
        Sidebar { roster: &room.roster, own, theme }.render(areas.sidebar, buf);
        if let Some(completion) = &self.completion {
            completion.render(Rect { width: areas.pane.width + areas.sidebar.width, ..areas.pane }, buf);
        }
        self.status.render(areas.status, buf);
        let hint_room = usize::from(areas.input.width.saturating_sub(8));
        let hint = self.hints.iter().find(|hint| super::wrap::cells(hint) <= hint_room).copied().unwrap_or("");
        InputRow { input: self.input, hint, theme }.render(areas.input, buf);
    }
}
