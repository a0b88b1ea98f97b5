//! What each key means, as data: (context, key) → [`Action`], with the words that explain it. The help overlay and the
//! documentation are printed from the same table, so they cannot disagree with it. Performs nothing.

mod key;
mod table;

pub use key::Key;

use crate::action::Action;

/// Where a key is pressed. Each context has all of [`Context::Everywhere`] as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// On every screen.
    Everywhere,
    /// The chat screen, no overlay open.
    Chat,
    /// The connect form.
    Form,
    /// A list with a filter: help, room switcher.
    List,
    /// A question that waits for yes or no.
    Question,
}

/// What must be true of the text being typed for a binding to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Nothing.
    Always,
    /// There is no text.
    Empty,
    /// There is some text.
    Filled,
}

/// Under which heading the help shows a binding. The order is the order of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Moving through what was said.
    Reading,
    /// Typing and sending.
    Writing,
    /// Changing the text being typed.
    Editing,
    /// Going from room to room.
    Rooms,
    /// What is on screen.
    View,
    /// Ending.
    Leaving,
    /// The connect form.
    Form,
    /// Help and room switcher.
    Lists,
    /// Yes or no.
    Questions,
}

impl Section {
    /// All of them, in order.
    pub const ALL: &[Section] = &[
        Section::Reading,
        Section::Writing,
        Section::Editing,
        Section::Rooms,
        Section::View,
        Section::Leaving,
        Section::Form,
        Section::Lists,
        Section::Questions,
    ];

    /// The heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Section::Reading => "Reading",
            Section::Writing => "Writing",
            Section::Editing => "Editing",
            Section::Rooms => "Rooms",
            Section::View => "View",
            Section::Leaving => "Leaving",
            Section::Form => "Connect form",
            Section::Lists => "Lists",
            Section::Questions => "Questions",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where it counts.
    pub context: Context,
    /// Its heading in the help.
    pub section: Section,
    /// What must be true of the text being typed.
    pub when: When,
    /// The keys; none for what can only be typed.
    pub keys: &'static [Key],
    /// What can be typed into the input box instead; empty for nothing.
    pub typed: &'static str,
    /// What it does.
    pub action: Action,
    /// The same in a few words.
    pub help: &'static str,
}

/// Which table is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Readline's hands: Ctrl-P and Ctrl-N bring back what was typed.
    #[default]
    Default,
    /// The hands of other IRC programs: Ctrl-P and Ctrl-N go from room to room.
    Irc,
}

/// The bindings in force.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keymap {
    preset: Preset,
}

impl Keymap {
    /// The table of this preset.
    #[must_use]
    pub fn new(preset: Preset) -> Self {
        Keymap { preset }
    }

    /// What `key` means in `context`, given whether there is text in the input box. `None`: nothing; a key that types a
    /// character then types it.
    #[must_use]
    pub fn action(&self, context: Context, key: Key, empty: bool) -> Option<Action> {
        self.bindings()
            .filter(|binding| binding.context == context || binding.context == Context::Everywhere)
            .filter(|binding| match binding.when {
                When::Always => true,
                When::Empty => empty,
                When::Filled => !empty,
            })
            .find(|binding| binding.keys.contains(&key))
            .map(|binding| binding.action)
    }

    /// What typing `text` alone on a line means, for what would else need a key: `/help`, `/3`.
    #[must_use]
    pub fn typed(&self, text: &str) -> Option<Action> {
        self.bindings().find(|binding| !text.is_empty() && binding.typed == text).map(|binding| binding.action)
    }

    /// All rows, the more important ones first. Rows of the preset hide the same keys in later rows; see [`Keymap::keys`].
    pub fn bindings(&self) -> impl Iterator<Item = &'static Binding> {
        let first: &[Binding] = match self.preset {
            Preset::Default => &[],
            Preset::Irc => table::IRC,
        };
        first.iter().chain(table::BINDINGS)
    }

    /// Those keys of `binding` that are not hidden by an earlier row, as they are written for people.
    #[must_use]
    pub fn keys(&self, binding: &Binding) -> Vec<String> {
        let hidden = |key: &&Key| {
            self.bindings().take_while(|earlier| !std::ptr::eq(*earlier, binding)).any(|earlier| {
                earlier.context == binding.context && earlier.when == When::Always && earlier.keys.contains(key)
            })
        };
        binding.keys.iter().filter(|key| !hidden(key)).map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::action::Edit;

    const PRESETS: [Preset; 2] = [Preset::Default, Preset::Irc];

    fn meaning(context: Context, key: &str, empty: bool) -> Option<Action> {
        Keymap::default().action(context, key.parse().unwrap(), empty)
    }

    #[test]
    fn every_action_is_reachable_without_alt_mouse_or_function_keys() {
        for preset in PRESETS {
            let keymap = Keymap::new(preset);
            let mut reachable: HashMap<Action, bool> = HashMap::new();
            for binding in keymap.bindings() {
                let by_key = binding.keys.iter().any(|key| key.is_universal() && shown(&keymap, binding, *key));
                *reachable.entry(binding.action).or_default() |= by_key || !binding.typed.is_empty();
            }
            for (action, reachable) in reachable {
                assert!(reachable, "{action:?} needs Alt or a function key");
            }
        }
    }

    fn shown(keymap: &Keymap, binding: &Binding, key: Key) -> bool {
        keymap.keys(binding).contains(&key.to_string())
    }

    #[test]
    fn keys_that_belong_to_terminals_are_never_bound() {
        let forbidden = ["Ctrl-B", "Ctrl-S", "Ctrl-\\", "Ctrl-Space", "Ctrl-I", "Ctrl-M", "Ctrl-[", "F11"];
        for preset in PRESETS {
            for binding in Keymap::new(preset).bindings() {
                for key in forbidden {
                    assert!(!binding.keys.contains(&key.parse().unwrap()), "{key} is bound to {:?}", binding.action);
                }
            }
        }
    }

    #[test]
    fn no_key_means_two_things_at_once() {
        for binding in table::BINDINGS {
            for key in binding.keys {
                let same_place = |other: &&Binding| {
                    (other.context == binding.context || other.context == Context::Everywhere)
                        && (other.when == When::Always || binding.when == When::Always || other.when == binding.when)
                };
                let meanings =
                    table::BINDINGS.iter().filter(same_place).filter(|other| other.keys.contains(key)).count();
                assert_eq!(meanings, 1, "{key} in {:?}", binding.context);
            }
        }
    }

    #[test]
    fn conflicts_are_decided_by_whether_anything_is_typed() {
        assert_eq!(meaning(Context::Chat, "Ctrl-K", true), Some(Action::Rooms));
        assert_eq!(meaning(Context::Chat, "Ctrl-K", false), Some(Action::Edit(Edit::CutToEnd)));
        assert_eq!(meaning(Context::Chat, "?", true), Some(Action::Help));
        assert_eq!(meaning(Context::Chat, "?", false), None);
        assert_eq!(meaning(Context::Chat, "Ctrl-D", true), Some(Action::HowToLeave));
        assert_eq!(meaning(Context::Chat, "Ctrl-D", false), Some(Action::Edit(Edit::Delete)));
    }

    #[test]
    fn quit_works_in_every_context() {
        for context in [Context::Chat, Context::Form, Context::List, Context::Question] {
            assert_eq!(meaning(context, "Ctrl-Q", true), Some(Action::Quit));
        }
    }

    #[test]
    fn the_irc_preset_gives_ctrl_p_and_ctrl_n_to_rooms_and_says_so_in_the_help() {
        let keymap = Keymap::new(Preset::Irc);
        assert_eq!(keymap.action(Context::Chat, "Ctrl-P".parse().unwrap(), true), Some(Action::PreviousRoom));
        assert_eq!(keymap.action(Context::Chat, "Ctrl-Up".parse().unwrap(), true), Some(Action::OlderInput));
        let older = keymap.bindings().find(|binding| binding.action == Action::OlderInput).unwrap();
        assert_eq!(keymap.keys(older), ["Ctrl-Up"]);
        assert_eq!(Keymap::default().keys(older), ["Ctrl-P", "Ctrl-Up"]);
    }

    #[test]
    fn what_needs_a_key_elsewhere_can_be_typed() {
        assert_eq!(Keymap::default().typed("/3"), Some(Action::Room(3)));
        assert_eq!(Keymap::default().typed("/help"), Some(Action::Help));
        assert_eq!(Keymap::default().typed("exit()"), Some(Action::Quit));
        assert_eq!(Keymap::default().typed(""), None);
    }
}
