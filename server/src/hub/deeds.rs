//! What operators did: kept, and told at once to the operators who are here and to the screen of who runs the server.

use klatch_protocol::LineBuilder;

use super::{
    Hub,
    deliver::{Hearers, Own},
    io::{ConnId, DEEDS_TOLD, Deed, Effects, News, Send, Write},
    render::{Body, Line},
    reply::Reply,
    world::{User, UserModes},
};

impl Hub {
    /// `by` did `what`, which goes on where a name begins a sentence: `killed bob (spam)`.
    pub(super) fn put_on_record(&mut self, by: &str, what: String, effects: &mut Effects) {
        let text = format!("{by} {what}");
        let operators = self.world.users().filter(|user| user.is_operator());
        let notices: Vec<Send> = operators.flat_map(|user| self.notice_to(user, &text)).collect();
        effects.sends.extend(notices);
        let deed = Deed { at: self.clock, by: by.to_owned(), what };
        effects.writes.push(Write::Deed(deed.clone()));
        effects.news.push(News::Deed(deed.clone()));
        if self.deeds.len() >= DEEDS_TOLD {
            self.deeds.pop_front();
        }
        self.deeds.push_back(deed);
    }

    /// A notice of the server to all connections of somebody.
    fn notice_to(&self, user: &User, text: &str) -> Vec<Send> {
        let line = LineBuilder::new().source(&self.policy.server_name).command("NOTICE").param(&user.nick);
        let bytes = bytes::Bytes::from(line.trailing(text).end());
        self.devices_of(user.id).into_iter().map(|conn| Send::One(conn, bytes.clone())).collect()
    }

    /// WALLOPS, to everybody who has the mode for it.
    pub(super) fn show_wallops(&mut self, by: &User, text: &str, effects: &mut Effects, reply: &mut Reply) {
        let wanting = self.world.users().filter(|user| user.modes.contains(UserModes::WALLOPS));
        let hearers: Vec<ConnId> = wanting.flat_map(|user| self.devices_of(user.id)).collect();
        let account = self.world.account_name(by).cloned();
        let account = account.as_ref().map(AsRef::as_ref);
        let body = Body::Wallops { text };
        let line = Line { source: &by.source, account, at: self.clock, id: None, tags: "", body };
        self.deliver(line, &Hearers::Conns(&hearers), Own::Echo, effects, Some(reply));
    }
}
