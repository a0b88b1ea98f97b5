//! What the help overlay and the documentation show: the key table and the command table, put into sections.

use crate::{
    action::Action,
    keymap::{Binding, Context, Key, Keymap, Section},
    model::commands,
    ui::help,
};

/// The sections of the help for a screen.
#[must_use]
pub fn sections(keymap: &Keymap, screen: Context) -> Vec<help::Section> {
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
    use std::{fmt::Write, fs};

    use super::*;
    use crate::keymap::Preset;

    const MANUAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/client.md");
    const BEGIN: &str = "<!-- keys: printed from the table in tui-client/src/keymap/table.rs -->\n";
    const END: &str = "<!-- end of keys -->";

    /// The keys as the manual shows them.
    fn manual() -> String {
        let keymap = Keymap::default();
        let mut text = String::new();
        let chat = sections(&keymap, Context::Chat).into_iter().filter(|section| section.title != "Commands");
        let others = [Context::Form, Context::List, Context::Question].map(|screen| sections(&keymap, screen));
        let mut printed: Vec<String> = Vec::new();
        for section in chat.chain(others.into_iter().flatten()) {
            if printed.contains(&section.title) {
                continue;
            }
            let _ = writeln!(text, "\n### {}\n\n| keys | what they do |\n|---|---|", section.title);
            for (ways, does) in &section.rows {
                let ways: Vec<_> = ways.split_whitespace().map(|way| format!("`{way}`")).collect();
                let _ = writeln!(text, "| {} | {does} |", ways.join(" ").replace("`…`", "…"));
            }
            printed.push(section.title);
        }
        text.push('\n');
        text
    }

    #[test]
    fn the_manual_shows_the_keys_of_the_table() {
        let text = fs::read_to_string(MANUAL).unwrap();
        let (before, rest) = text.split_once(BEGIN).expect("the manual has a place for the keys");
        let (keys, after) = rest.split_once(END).expect("which ends somewhere");
        if std::env::var_os("UPDATE_MANUAL").is_some() {
            return fs::write(MANUAL, format!("{before}{BEGIN}{}{END}{after}", manual())).unwrap();
        }
        assert_eq!(
            keys,
            manual(),
            "docs/client.md is stale; UPDATE_MANUAL=1 cargo test -p klatch manual prints it anew"
        );
    }

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
