//! A question laid over the screen: what it asks, and a key for every answer. The keys that count are the ones shown.

use ratatui::{buffer::Buffer, layout::Rect, text::Span, widgets::Widget};

use super::{
    draw::{overlay, put, put_line, width_of},
    theme::{Role, Theme},
    wrap::wrap,
};
use crate::action::Action;

/// What the user decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Send what was pasted.
    Send,
    /// Put what was pasted into the input.
    Edit,
    /// Forget what was pasted.
    Drop,
    /// Leave although something is not sent.
    Quit,
    /// Log in here and end the session on the other device.
    TakeOver,
    /// Trust the key that was shown.
    Trust,
    /// Do none of it.
    Cancel,
}

/// One answer: the key, and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// What the key map calls the key's meaning.
    pub action: Action,
    /// The key, as the key map has it for this action.
    pub name: &'static str,
    /// What it does.
    pub word: &'static str,
    /// What it answers.
    pub answer: Answer,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked, one line.
    pub title: String,
    /// What to know before answering; may be empty.
    pub body: String,
    /// The answers.
    pub choices: &'static [Choice],
}

const ESC: Choice = Choice { action: Action::Refuse, name: "Esc", word: "cancel", answer: Answer::Cancel };

impl Question {
    /// What to do with a paste of several lines; `text` is shown in part.
    #[must_use]
    pub fn paste(text: &str) -> Self {
        let lines = text.lines().count();
        let mut body: Vec<&str> = text.lines().take(4).collect();
        if lines > body.len() {
            body.push("…");
        }
        Question {
            title: format!("Send {lines} pasted lines?"),
            body: body.join("\n"),
            choices: &[
                Choice { action: Action::Accept, name: "Enter", word: "send", answer: Answer::Send },
                Choice { action: Action::EditPaste, name: "e", word: "edit first", answer: Answer::Edit },
                Choice { action: Action::Refuse, name: "Esc", word: "drop", answer: Answer::Drop },
            ],
        }
    }

    /// Whether to leave although `unsent` messages are not on the server.
    #[must_use]
    pub fn quit(unsent: usize) -> Self {
        let what = if unsent == 1 { "1 message is".to_owned() } else { format!("{unsent} messages are") };
        Question {
            title: format!("{what} not sent yet. Leave all the same?"),
            body: "It is kept, and sent when you log in here the next time.".to_owned(),
            choices: &[
                Choice { action: Action::Accept, name: "Enter", word: "leave", answer: Answer::Quit },
                Choice { action: Action::Refuse, name: "Esc", word: "stay", answer: Answer::Cancel },
            ],
        }
    }

    /// Whether to leave although that ends the server in this program, on which `others` people are.
    #[must_use]
    pub fn end_hosting(others: usize) -> Self {
        let who = if others == 1 { "1 other person is".to_owned() } else { format!("{others} others are") };
        Question {
            title: format!("{who} on the server that runs in here. Leave all the same?"),
            body: "When klatch ends, its server ends too, and everybody is told. What was said is kept.".to_owned(),
            ..Question::quit(0)
        }
    }

    /// Whether to take over the account `user`, which is in use elsewhere.
    #[must_use]
    pub fn take_over(user: &str) -> Self {
        Question {
            title: format!("{user} is in use on another device."),
            body: "Taking over logs the other device out. Unsent text there stays there.".to_owned(),
            choices: &[
                Choice { action: Action::Accept, name: "Enter", word: "take over", answer: Answer::TakeOver },
                ESC,
            ],
        }
    }

    /// What this action answers, if it is one of the choices.
    #[must_use]
    pub fn answer(&self, action: Action) -> Option<Answer> {
        answer(self.choices, action)
    }
}

/// The answer among `choices` that `action` gives.
pub(super) fn answer(choices: &[Choice], action: Action) -> Option<Answer> {
    choices.iter().find(|choice| choice.action == action).map(|choice| choice.answer)
}

/// The question as it is drawn over an area.
#[derive(Debug)]
pub struct QuestionBox<'a> {
    /// What is asked.
    pub question: &'a Question,
    /// How things look.
    pub theme: Theme,
}

impl Widget for &QuestionBox<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Question { title, body, choices } = self.question;
        let mut paragraphs = vec![(title.as_str(), Role::Strong)];
        if !body.is_empty() {
            paragraphs.extend([("", Role::Text), (body.as_str(), Role::Text)]);
        }
        panel(&paragraphs, choices, 60, area, self.theme, buf);
    }
}

/// Lays paragraphs and the keys to answer them over `area`. Where there is too little room the text gives way to the keys.
pub(super) fn panel(
    paragraphs: &[(&str, Role)],
    choices: &'static [Choice],
    width: u16,
    area: Rect,
    theme: Theme,
    buf: &mut Buffer,
) {
    let width = width.min(area.width.saturating_sub(2));
    let rows: Vec<(&str, Role)> = paragraphs
        .iter()
        .flat_map(|(text, role)| wrap(text, width, width).into_iter().map(|range| (&text[range], *role)))
        .collect();
    let keys = key_rows(choices, width);
    let count = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX);
    let column = overlay(area, width, count(rows.len() + 1 + keys.len()), theme, buf);
    let keys_at = column.height.saturating_sub(count(keys.len()));
    let text = Rect { height: keys_at, ..column };
    for (y, (row, role)) in (0..keys_at).zip(rows) {
        put(buf, text, 0, y, row, theme.style(role));
    }
    for (y, choices) in (keys_at..column.height).zip(keys) {
        put_keys(buf, column, y, choices, theme);
    }
}

/// The choices divided into rows of at most `width` cells.
fn key_rows(choices: &'static [Choice], width: u16) -> Vec<&'static [Choice]> {
    let mut rows = Vec::new();
    let mut start = 0;
    let mut used = 0;
    for (index, choice) in choices.iter().enumerate() {
        let size = width_of(choice.name) + 1 + width_of(choice.word) + 3;
        if index > start && used + size > width + 3 {
            rows.push(&choices[start..index]);
            (start, used) = (index, 0);
        }
        used += size;
    }
    rows.push(&choices[start..]);
    rows
}

/// Draws one row of choices.
fn put_keys(buf: &mut Buffer, column: Rect, y: u16, choices: &[Choice], theme: Theme) {
    let spans = choices.iter().flat_map(|choice| {
        [
            Span::styled(choice.name, theme.style(Role::Key)),
            Span::styled(format!(" {}   ", choice.word), theme.style(Role::Text)),
        ]
    });
    put_line(buf, column, 0, y, &spans.collect());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keymap::{Context, Keymap};

    #[test]
    fn the_keys_shown_are_the_keys_that_answer() {
        for question in [Question::paste("a\nb"), Question::quit(2), Question::take_over("ann")] {
            for choice in question.choices {
                let action = Keymap::default().action(Context::Question, choice.name.parse().unwrap(), true);
                assert_eq!(action.and_then(|action| question.answer(action)), Some(choice.answer), "{}", choice.name);
            }
            assert_eq!(question.answer(Action::LineUp), None);
        }
    }
}
