//! irssi, as docs/operating.md tells people to set it up.

use std::{ffi::OsStr, fs};

use tempfile::TempDir;

use super::{
    clients::{Client, Words},
    installed,
};
use crate::{
    klatch::{LARGE, PASSWORD},
    terminal::Terminal,
};

const WORDS: Words = Words {
    lobby: "/window goto #lobby",
    history: "/quote CHATHISTORY LATEST #lobby * 50",
    wrong_key: "Pinned certificate mismatch",
    refused: "Cannot authenticate via SASL",
};

/// Starts irssi with a home of its own; it logs in as `user` if the certificate is the one with this fingerprint.
pub fn start(port: u16, fingerprint: &str, user: &str) -> Option<Client> {
    let program = installed("irssi")?;
    let home = TempDir::new().expect("a directory can be made");
    let history = WORDS.history;
    let configuration = format!(
        r#"
servers = ({{
    chatnet = "klatch"; address = "127.0.0.1"; port = "{port}"; autoconnect = "yes";
    use_tls = "yes"; tls_verify = "no"; tls_pinned_cert = "{fingerprint}";
}});
chatnets = {{
    klatch = {{
        type = "IRC"; nick = "{user}"; autosendcmd = "{history}";
        sasl_mechanism = "PLAIN"; sasl_username = "{user}"; sasl_password = "{PASSWORD}";
    }};
}};
"#
    );
    fs::write(home.path().join("config"), configuration).expect("the configuration can be written");
    let arguments = ["--home".as_ref(), home.path().as_os_str()];
    let environment = [("LANG", OsStr::new("C.UTF-8")), ("HOME", home.path().as_os_str())];
    let terminal = Terminal::start::<&OsStr>(&program, arguments, &environment, LARGE);
    Some(Client::new(terminal, home, WORDS))
}
