//! The operator in front of a real terminal.
#![cfg(unix)]

#[path = "../../tui-client/tests/pty/terminal.rs"]
#[allow(dead_code, reason = "the client's tests press more keys")]
mod terminal;

mod support;

use std::{ffi::OsStr, net::SocketAddr, path::Path};

use support::Client;
use terminal::Terminal;

fn klatchd(arguments: &[&str], home: &Path, environment: &[(&str, &str)]) -> Terminal {
    let program = Path::new(env!("CARGO_BIN_EXE_klatchd"));
    let mut all: Vec<(&str, &OsStr)> = vec![("XDG_DATA_HOME", home.as_os_str()), ("STATE_DIRECTORY", OsStr::new(""))];
    all.extend(environment.iter().map(|(name, value)| (*name, OsStr::new(*value))));
    Terminal::start(program, arguments, &all, (110, 40))
}

/// What stands behind `label` in the banner.
fn shown(terminal: &Terminal, label: &str) -> String {
    let text = terminal.text();
    let line = text.lines().find(|line| line.trim_start().starts_with(label)).unwrap_or_else(|| panic!("{text}"));
    line.trim_start().trim_start_matches(label).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_reads_the_banner_sees_people_come_and_go_and_shuts_down() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = klatchd(&["--listen", "127.0.0.1:0"], home.path(), &[]);
    terminal.wait_text("Type shutdown to turn off");
    assert!(home.path().join("klatchd/klatch.db").exists());
    let port = shown(&terminal, "port");
    assert_eq!(shown(&terminal, "connect"), format!("klatch --host 127.0.0.1 --port {port}"));
    assert_eq!(shown(&terminal, "fingerprint").split(' ').count(), 4);
    let code = shown(&terminal, "owner code").split(' ').next().unwrap().to_owned();

    terminal.enter("shutdwn");
    terminal.wait_text("did you mean shutdown?");
    terminal.enter("help");
    terminal.wait_text("kick USER [REASON]");

    let address: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    let mut amy = Client::plain(address).await;
    amy.send(&[&format!("PASS {code}")]).await;
    amy.sign_up("amelia").await;
    terminal.wait_text("[NEW] account was created - amelia");
    terminal.wait_text("[ CONNECTED ] - amelia the tester (amelia)");
    terminal.enter("who");
    terminal.wait_text("plain text, owner");
    terminal.enter("say tea is ready");
    amy.until("tea is ready").await;
    terminal.enter("invite");
    terminal.wait_text("makes one account");
    let backup = home.path().join("chat.db");
    terminal.enter(&format!("backup {}", backup.display()));
    terminal.wait_text("Backed up to");
    assert!(backup.metadata().unwrap().len() > 0);
    terminal.enter(&format!("backup {}", backup.display()));
    terminal.wait_text("is there already");
    terminal.enter("kick amelia too loud");
    terminal.wait_text("[ DISCONNECTED ] - amelia the tester (amelia)");
    terminal.enter("shutdown");
    assert!(terminal.wait_exit().success());
}

#[test]
fn the_menu_can_be_left() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = klatchd(&[], home.path(), &[]);
    terminal.wait_text("[1] localhost");
    terminal.wait_text("[2] local IPv4");
    terminal.enter("3");
    terminal.wait_text("is neither 1 nor 2");
    terminal.enter("exit()");
    assert!(terminal.wait_exit().success());
    assert!(!home.path().join("klatchd").exists(), "nothing was made");
}

#[test]
fn colours_are_for_who_wants_them() {
    for (environment, coloured) in [(&[][..], true), (&[("NO_COLOR", "1")][..], false)] {
        let home = tempfile::tempdir().unwrap();
        let mut terminal = klatchd(&["--listen", "127.0.0.1:0", "--ephemeral"], home.path(), environment);
        terminal.wait_text("Type shutdown to turn off");
        assert_eq!(terminal.raw().contains(&0x1b), coloured);
        terminal.enter("shutdown");
        assert!(terminal.wait_exit().success());
    }
}
