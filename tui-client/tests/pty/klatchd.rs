//! The server as its operator meets it.

use std::{ffi::OsStr, path::Path};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vt100::Screen;

use crate::{
    server::{Server, klatchd},
    terminal::{CTRL_C, Modes, Terminal},
};

const SIZE: (u16, u16) = (110, 40);

fn start(arguments: &[&str]) -> Terminal {
    Terminal::start(klatchd(), arguments, &[], SIZE)
}

/// A klatchd on a terminal with data of its own, on any free port. Gives the port as well.
pub fn on_a_terminal(data: &Path) -> (Terminal, u16) {
    let arguments = ["--listen".as_ref(), "127.0.0.1:0".as_ref(), "--data".as_ref(), data.as_os_str()];
    let terminal = Terminal::start::<&OsStr>(klatchd(), arguments, &[], SIZE);
    terminal.wait_text("to turn off");
    let text = terminal.text();
    let port = text.split("--port ").nth(1).and_then(|rest| rest.split_whitespace().next());
    (terminal, port.and_then(|port| port.parse().ok()).expect("the banner says how to connect"))
}

#[test]
fn without_an_address_it_asks_whom_to_serve() {
    let mut terminal = start(&["--ephemeral"]);
    terminal.wait_text("[1] localhost");
    terminal.wait_text("[2] local IPv4");
    terminal.enter("3");
    terminal.wait_text("neither 1 nor 2");
    terminal.enter("exit()");
    assert!(terminal.wait_exit().success());
}

#[test]
fn localhost_is_served_on_the_usual_port_until_it_is_shut_down() {
    let mut terminal = start(&["--ephemeral"]);
    terminal.wait_text("[1] localhost");
    terminal.enter("1");
    let in_use = "another program uses this port";
    terminal.wait_for("an answer", |screen| {
        screen.contents().contains("to turn off") || screen.contents().contains(in_use)
    });
    if terminal.shows(in_use) {
        // Somebody's own server is running on this machine; klatchd has said so.
        assert!(!terminal.wait_exit().success());
        return;
    }
    for part in ["127.0.0.1", "23791", "fingerprint", "owner code", "to turn off"] {
        terminal.wait_text(part);
    }
    terminal.enter("shutdown");
    assert!(terminal.wait_exit().success());
    assert_eq!(terminal.modes(), Modes::RESTORED);
}

#[test]
fn the_console_answers_verbs_and_hints_at_the_right_one() {
    let data = TempDir::new().expect("a directory can be made");
    let (mut terminal, _) = on_a_terminal(data.path());
    terminal.enter("shutdwon");
    terminal.wait_text("did you mean shutdown?");
    terminal.enter("help");
    terminal.wait_text("kick USER [REASON]");
    terminal.enter("who");
    terminal.wait_text("nobody is here");
    terminal.enter("status");
    terminal.wait_text("accounts 0");
    terminal.enter("invite");
    terminal.wait_text("makes one account");
    terminal.enter("shutdown now");
    assert!(terminal.wait_exit().success());
}

#[test]
fn ctrl_c_and_sigterm_end_it_gracefully() {
    let data = TempDir::new().expect("a directory can be made");
    let (mut terminal, _) = on_a_terminal(data.path());
    terminal.press(CTRL_C);
    assert!(terminal.wait_exit().success(), "{}", terminal.text());

    let (mut terminal, _) = on_a_terminal(data.path());
    assert!(terminal.shows("owner code"), "nobody has used it yet:\n{}", terminal.text());
    let pid = i32::try_from(terminal.pid()).ok().and_then(Pid::from_raw).expect("the server has a number");
    kill_process(pid, Signal::TERM).expect("the server can be told");
    assert!(terminal.wait_exit().success(), "{}", terminal.text());
}

#[test]
fn a_headless_server_ends_on_sigterm_and_keeps_its_certificate() {
    let mut server = Server::start();
    let before = server.fingerprint.clone();
    assert_eq!(server.terminate(), Some(0));
    server.restart();
    assert_eq!(server.fingerprint, before);
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let server = Server::start();
    let address = format!("127.0.0.1:{}", server.port);
    let mut second = start(&["--ephemeral", "--listen", &address]);
    assert!(!second.wait_exit().success());
    let text = second.look(Screen::contents);
    assert!(text.contains(&address), "{text}");
    assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 1, "{text}");
}
