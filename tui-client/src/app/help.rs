//! What the help overlay and the documentation show: the key table and the command table, put into sections.

use crate::{
    action::Action,
    keymap::{Binding, Context, Key, Keymap, Section},
    model::commands,
    ui::help,
};

/// The sections of the help for a screen.
pub(super) fn sections(keymap: &Keymap, screen: Context) -> Vec<help::Section> {
    let mut sections: Vec<_> = Section::ALL
        .iter()
        .filter_map(|section| {
            let here = |binding: &&Binding| {
                binding.section == *section && [Context::Everywhere, screen].contains(&binding.context)
            };
            let rows = rows(keymap, keymap.bindings().filter(here));
            (!rows.is_empty()).then(|| help::Section { title: section.title().to_owned(), rows })
        })
        .collect();
    if screen == Context::Chat {
        let rows = commands::TABLE.iter().map(|command| (command.usage(), command.about.to_owned())).collect();
        sections.push(help::Section { title: "Commands".to_owned(), rows });
    }
    sections
}

fn rows<'a>(keymap: &Keymap, bindings: impl Iterator<Item = &'a Binding>) -> Vec<(String, String)> {
    bindings
        // Nine rows that differ in one digit say no more than one.
        .filter(|binding| !matches!(binding.action, Action::Room(2..)))
        .map(|binding| match binding.action {
            Action::Room(_) => ("Alt-1 … Alt-9  /1 /2 …".to_owned(), "go to room 1, 2 …".to_owned()),
            _ => (ways(keymap, binding), binding.help.to_owned()),
        })
        .filter(|(ways, _)| !ways.is_empty())
        .collect()
}

/// The keys, and what can be typed instead where not every terminal delivers one of them.
fn ways(keymap: &Keymap, binding: &Binding) -> String {
    let mut ways = keymap.keys(binding);
    if !binding.typed.is_empty() && (binding.action == Action::Quit || !binding.keys.iter().all(Key::is_universal)) {
        ways.push(binding.typed.to_owned());
    }
    if ways.is_empty() {
        ways.extend((!binding.typed.is_empty()).then(|| binding.typed.to_owned()));
    }
    ways.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keymap::Preset;

    fn all(screen: Context) -> String {
        let sections = sections(&Keymap::new(Preset::Default), screen);
        let line = |(keys, does): &(String, String)| format!("{keys} = {does}");
        sections.iter().flat_map(|s| s.rows.iter().map(line)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_help_of_the_chat_names_keys_words_and_commands() {
        let help = all(Context::Chat);
        for wanted in ["Ctrl-Q exit() = quit", "F8 Alt-S /sidebar = ", "PageUp = one page up", "/join <room> [key] = "]
        {
            assert!(help.contains(wanted), "{wanted} is missing in\n{help}");
        }
        assert!(!help.contains("Alt-2 "), "{help}");
        assert!(!help.contains("next field"));
    }

    #[test]
    fn the_help_of_the_form_is_about_the_form() {
        let help = all(Context::Form);
        assert!(help.contains("Tab Down = next field") && help.contains("Ctrl-Q exit() = quit"), "{help}");
        assert!(!help.contains("/join"));
    }
}
