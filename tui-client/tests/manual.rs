//! The manual shows the commands that there are: its table is printed from the program's own.

use std::fs;

use klatch::model::commands::{Command, TABLE};

const MANUAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/client.md");
const BEGIN: &str = "<!-- commands: printed from the table in tui-client/src/model/commands.rs -->\n";
const END: &str = "<!-- end of commands -->";

#[test]
fn the_manual_shows_the_commands_of_the_table() {
    let text = fs::read_to_string(MANUAL).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the manual has a place for the commands");
    let (printed, after) = rest.split_once(END).expect("which ends somewhere");
    let row = |command: &Command| {
        let also: Vec<String> = command.aliases.iter().map(|alias| format!("`/{alias}`")).collect();
        format!("| `{}` | {} | {} |\n", command.usage(), command.about, also.join(" "))
    };
    let rows: String = TABLE.iter().map(row).collect();
    let table = format!("\n| command | what it does | also |\n|---|---|---|\n{rows}\n");
    if std::env::var_os("UPDATE_MANUAL").is_some() {
        return fs::write(MANUAL, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    }
    assert_eq!(printed, table, "docs/client.md is stale; UPDATE_MANUAL=1 cargo test -p klatch manual prints it anew");
}
