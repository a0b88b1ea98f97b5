//! What the user does: keys, pastes and the mouse, on whichever screen is shown.

use ratatui::layout::Position;

use super::{
    App, Effect,
    chat::Turn,
    farewell::Farewell,
    overlay::{Overlay, Pasted},
    typing::Sent,
};
use crate::{
    action::Action,
    event::{Mouse, MouseKind},
    keymap::{Context, Key},
    ui::{form::FormAction, question::Question, switcher::Switcher},
};

impl App {
    pub(super) fn key(&mut self, key: Key) {
        let context = match (&self.overlay, &self.chat) {
            (Some(overlay), _) => overlay.context(),
            (None, Some(_)) => Context::Chat,
            (None, None) => Context::Form,
        };
        let empty = self.chat.as_ref().is_none_or(|chat| chat.input.is_empty());
        let action = self.keymap.action(context, key, empty);
        let leaving = action == Some(Action::Quit);
        if !leaving && self.chat.as_mut().and_then(|chat| chat.farewell.as_mut()).is_some_and(Farewell::stay) {
            return;
        }
        match action {
            Some(Action::Quit) => self.quit(None),
            Some(Action::Suspend) => self.suspend(),
            Some(Action::Repaint) => self.effects.push(Effect::Repaint),
            Some(Action::Help) => self.open_help(),
            _ if self.overlay.is_some() => self.overlay_key(action, key.typed()),
            _ if self.chat.is_some() => self.chat_key(action, key.typed()),
            _ => self.form_key(action, key.typed()),
        }
    }

    fn form_key(&mut self, action: Option<Action>, typed: Option<char>) {
        let form = &mut self.entry.form;
        match action {
            Some(Action::NextField) => form.next_field(),
            Some(Action::PreviousField) => form.previous_field(),
            Some(Action::SwitchSignUp) => form.switch_mode(),
            Some(Action::Reveal) => form.reveal(),
            Some(Action::Edit(edit)) => form.edit(edit),
            Some(Action::Connect) => {
                let asked = form.submit();
                self.form_asks(asked);
            }
            Some(Action::Back) => self.entry.stop(None, &mut self.effects),
            Some(_) => {}
            None => {
                if let Some(c) = typed {
                    form.insert(c.encode_utf8(&mut [0; 4]));
                }
            }
        }
    }

    fn form_asks(&mut self, asked: FormAction) {
        let chance = self.chance();
        match asked {
            FormAction::None => {}
            FormAction::Submit(filled) => self.entry.begin(filled, false, chance, &mut self.effects),
            FormAction::Quit => self.quit(None),
        }
    }

    fn chat_key(&mut self, action: Option<Action>, typed: Option<char>) {
        let Some(chat) = &mut self.chat else { return };
        let mut turn = Turn { now: self.now, effects: &mut self.effects };
        match (action, typed) {
            (Some(Action::Send), _) => {
                let sent = chat.send(&self.keymap, &mut turn);
                self.sent(sent);
            }
            (Some(action), _) => self.act(action),
            (None, Some(c)) => chat.insert(c.encode_utf8(&mut [0; 4]), &mut turn),
            (None, None) => {}
        }
    }

    fn sent(&mut self, sent: Sent) {
        match sent {
            Sent::Done => {}
            Sent::Leave(words) => self.quit(words),
            Sent::Act(action) => self.act(action),
            Sent::Mouse(on) => self.set_mouse(on),
        }
    }

    /// Does what a key or a typed word asks for on the chat screen.
    fn act(&mut self, action: Action) {
        match action {
            Action::Suspend => self.suspend(),
            Action::Repaint => self.effects.push(Effect::Repaint),
            Action::Help => self.open_help(),
            Action::Rooms => self.overlay = Some(Overlay::Rooms(Switcher::default())),
            Action::Sidebar => self.settings.sidebar = !self.settings.sidebar,
            Action::Bare => {
                self.bare = !self.bare;
                self.effects.push(Effect::Mouse(self.mouse && !self.bare));
            }
            Action::Mouse => self.set_mouse(!self.mouse),
            other => {
                if let Some(chat) = &mut self.chat {
                    chat.act(other, &self.keymap, &mut Turn { now: self.now, effects: &mut self.effects });
                }
            }
        }
    }

    fn set_mouse(&mut self, on: bool) {
        self.mouse = on;
        self.effects.push(Effect::Mouse(on && !self.bare));
        if let Some(chat) = &mut self.chat {
            chat.notice(if on { "mouse on; Shift-drag selects" } else { "mouse off; /mouse takes it back" }, self.now);
        }
    }

    /// A paste never sends by itself: one line is put in, of more it is asked what to do with them.
    pub(super) fn paste(&mut self, text: &str) {
        match (&self.overlay, &mut self.chat) {
            (Some(_), _) => {}
            (None, None) => self.entry.form.insert(text),
            (None, Some(chat)) => {
                let text = text.trim_end_matches('\n');
                if text.contains('\n') {
                    let pasted = Pasted { text: text.to_owned(), room: chat.model.active().name.clone() };
                    self.overlay = Some(Overlay::Paste(Question::paste(text), pasted));
                } else {
                    chat.insert(text, &mut Turn { now: self.now, effects: &mut self.effects });
                }
            }
        }
    }

    pub(super) fn mouse(&mut self, mouse: Mouse) {
        let wheel = match mouse.kind {
            MouseKind::WheelUp => Some(Action::LineUp),
            MouseKind::WheelDown => Some(Action::LineDown),
            MouseKind::Click => None,
        };
        match (wheel, &self.overlay, &mut self.chat) {
            (Some(_), Some(Overlay::Help(..) | Overlay::Rooms(_)), _) => self.overlay_key(wheel, None),
            (Some(action), None, Some(chat)) => chat.wheel(action == Action::LineUp),
            (None, None, None) => {
                let asked = self.entry.form.click(Position::new(mouse.column, mouse.row));
                self.form_asks(asked);
            }
            _ => {}
        }
    }
}
