//! The ways in which a connection, a server or klatch ends, and what is left afterwards.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{
    klatch::{Klatch, LARGE},
    klatchd,
    peer::Peer,
    server::Server,
    terminal::{CTRL_Q, CTRL_Z, Modes, Terminal, lines},
};

fn signal(terminal: &Terminal, signal: Signal) {
    let pid = i32::try_from(terminal.pid()).ok().and_then(Pid::from_raw).expect("the program has a number");
    kill_process(pid, signal).expect("the program can be told");
}

type Leave = fn(&mut Klatch);

#[test]
fn every_way_out_restores_the_terminal() {
    let server = Server::start();
    let ways: [(&str, Leave); 5] = [
        ("Ctrl-Q", |klatch| klatch.press(CTRL_Q)),
        ("exit()", |klatch| klatch.enter("exit()")),
        ("/quit", |klatch| klatch.enter("/quit")),
        ("SIGTERM", |klatch| signal(klatch, Signal::TERM)),
        ("SIGHUP", |klatch| signal(klatch, Signal::HUP)),
    ];
    for (number, (name, leave)) in ways.into_iter().enumerate() {
        let mut klatch = Klatch::at(&server, LARGE);
        klatch.sign_up("Amy", &format!("amypond{number}"));
        assert_ne!(klatch.modes(), Modes::RESTORED);
        leave(&mut klatch);
        klatch.wait_exit();
        assert_eq!(klatch.modes(), Modes::RESTORED, "{name}");
    }
}

/// Set for the process that [`a_panic_restores_the_terminal_before_it_is_reported`] starts.
const PANICS: &str = "KLATCH_TEST_PANICS";

/// Takes the terminal and panics, in a process of its own; does nothing in the test run itself.
#[test]
fn panics_with_the_terminal_taken() {
    if env::var_os(PANICS).is_some() {
        let _screen = klatch::terminal::Screen::take(true).expect("standard output is a terminal");
        panic!("on purpose");
    }
}

#[test]
fn a_panic_restores_the_terminal_before_it_is_reported() {
    let program: PathBuf = env::current_exe().expect("a running test has a program");
    let arguments = ["--exact", "endings::panics_with_the_terminal_taken", "--nocapture"];
    let mut terminal = Terminal::start(&program, arguments, &[(PANICS, OsStr::new("1"))], LARGE);
    terminal.wait_text("on purpose");
    assert!(!terminal.wait_exit().success());
    assert_eq!(terminal.modes(), Modes::RESTORED);
}

#[test]
fn ctrl_z_gives_the_terminal_back_until_klatch_returns() {
    let home = TempDir::new().expect("a directory can be made");
    let environment = [("KLATCH_HOME", home.path().as_os_str()), ("PS1", OsStr::new("$ "))];
    let mut shell = Terminal::start(Path::new("/bin/sh"), ["-i"], &environment, LARGE);
    shell.enter(env!("CARGO_BIN_EXE_klatch"));
    shell.wait_text("User name");
    shell.press("half");
    shell.wait_text("half");
    shell.press(CTRL_Z);
    shell.wait_text("Stopped");
    assert!(!shell.modes().alternate_screen && !shell.modes().bracketed_paste, "{:?}", shell.modes());
    shell.enter("fg");
    shell.wait_for("the form", |screen| screen.alternate_screen() && screen.contents().contains("half"));
    shell.press(CTRL_Q);
    shell.wait_for("the prompt", |screen| !screen.alternate_screen() && lines(screen).trim_end().ends_with('$'));
    shell.enter("exit");
    shell.wait_exit();
}

#[test]
fn a_killed_server_is_noticed_and_found_again() {
    let mut server = Server::start();
    let mut amy = Klatch::at(&server, LARGE);
    amy.sign_up("Amy", "amypond");
    amy.enter("before the crash");
    amy.wait_text("✓");
    server.kill();
    amy.wait_text("connection lost: the server closed");
    amy.wait_for("the broken connection", |screen| {
        let text = screen.contents();
        text.contains("retry") || text.contains("connecting") || text.contains("offline")
    });
    amy.press("half a sen");
    server.restart();
    amy.wait_text("● online");
    assert!(amy.shows("half a sen"), "what was typed stays:\n{}", amy.text());
    assert!(amy.shows("before the crash"), "{}", amy.text());
    amy.enter("tence");
    let mut peer = Peer::sign_up(server.port, "rory");
    peer.say("welcome back");
    amy.wait_text("welcome back");
    assert_eq!(amy.look(|screen| screen.contents().matches("before the crash").count()), 1, "{}", amy.text());
    amy.wait_text("half a sentence");
}

#[test]
fn what_was_missed_comes_back() {
    let mut server = Server::start();
    let mut amy = Klatch::at(&server, LARGE);
    amy.sign_up("Amy", "amypond");
    let mut peer = Peer::sign_up(server.port, "rory");
    peer.say("heard");
    amy.wait_text("heard");
    signal(&amy, Signal::STOP);
    peer.say("missed while stopped");
    server.terminate();
    server.restart();
    signal(&amy, Signal::CONT);
    amy.wait_text("missed while stopped");
}

#[test]
fn a_shutdown_is_announced_and_ends_klatch() {
    let data = TempDir::new().expect("a directory can be made");
    let (mut klatchd, port) = klatchd::on_a_terminal(data.path());
    let mut amy = Klatch::at_port(port, LARGE);
    amy.sign_up("Amy", "amypond");
    klatchd.wait_text("[NEW]");
    klatchd.wait_text("[ CONNECTED ] - Amy");
    klatchd.enter("shutdown new disks");
    amy.wait_text("SERVER IS SHUTTING DOWN");
    assert!(klatchd.wait_exit().success());
    assert!(amy.wait_exit().success());
    assert_eq!(amy.modes(), Modes::RESTORED);
}

#[test]
fn the_operator_sees_who_comes_and_goes() {
    let data = TempDir::new().expect("a directory can be made");
    let (mut klatchd, port) = klatchd::on_a_terminal(data.path());
    let mut amy = Klatch::at_port(port, LARGE);
    amy.sign_up("Amy", "amypond");
    klatchd.wait_text("[ CONNECTED ] - Amy");
    klatchd.enter("who");
    klatchd.wait_text("1 here:");
    klatchd.enter("say tea is ready");
    amy.wait_text("tea is ready");
    klatchd.enter("kick amypond see you");
    klatchd.wait_text("[ DISCONNECTED ]");
    klatchd.enter("shutdown");
    assert!(klatchd.wait_exit().success());
}
