//! Other people's programs: clients that talk with klatch through klatchd, and servers that klatch visits. They are used
//! as they come from Debian; one that is not installed is skipped, which is said.

mod clients;
mod irssi;
mod ngircd;
mod weechat;

use std::{env, path::PathBuf};

/// The program called `name`, if it is installed; else it is said that its test is skipped.
fn installed(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    // Servers stand where only root looks by default.
    let found = env::split_paths(&folders).chain([PathBuf::from("/usr/sbin")]).map(|folder| folder.join(name));
    let found = found.into_iter().find(|path| path.is_file());
    if found.is_none() {
        eprintln!("skipped: {name} is not installed");
    }
    found
}
