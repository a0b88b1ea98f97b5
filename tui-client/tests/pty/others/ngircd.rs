//! ngIRCd: a server without SASL, labels, echo and history, and without a message of the day.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::installed;
use crate::{
    klatch::{Klatch, LARGE, PASSWORD},
    peer::Peer,
    terminal::ENTER,
};

/// A running ngIRCd.
struct Network {
    child: Child,
    port: u16,
    files: TempDir,
}

impl Network {
    /// Starts one on a free port; `None` where it is not installed.
    fn start() -> Option<Self> {
        installed("ngircd")?;
        let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = free.local_addr().expect("it has an address").port();
        drop(free);
        let files = TempDir::new().expect("a directory can be made");
        Some(Network { child: launch(&files, port), port, files })
    }

    /// Ends it and starts it again on the same port.
    fn restart(&mut self) {
        self.end();
        self.child = launch(&self.files, self.port);
    }

    fn end(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts it and waits until it accepts.
fn launch(files: &TempDir, port: u16) -> Child {
    let configuration = format!(
        "[Global]\nName = irc.other.test\nInfo = another network\nListen = 127.0.0.1\nPorts = {port}\n\
         MotdFile = /nonexistent\n[Options]\nDNS = no\nIdent = no\nPAM = no\n"
    );
    let path = files.path().join("ngircd.conf");
    fs::write(&path, configuration).expect("the configuration can be written");
    let program = installed("ngircd").expect("it was found before");
    let mut command = Command::new(program);
    command.arg("-n").arg("-f").arg(path).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("ngIRCd can be started");
    let mut output = BufReader::new(child.stdout.take().expect("the output is piped"));
    let mut said = String::new();
    while !said.contains(" ready.") {
        let count = output.read_line(&mut said).expect("ngIRCd says what it does");
        assert!(count > 0, "ngIRCd did not get ready:\n{said}");
    }
    // Whatever else it says is read, so that it never waits for us.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    child
}

fn visit(network: &Network, user: &str) -> Klatch {
    let mut klatch = Klatch::open(&["--plain-text", "--host", "127.0.0.1", "--port", &network.port.to_string()], LARGE);
    klatch.fill_log_in(user, PASSWORD);
    klatch.press(ENTER);
    klatch.wait_text("you are in by your nick alone");
    klatch
}

#[test]
fn klatch_talks_on_a_network_without_accounts_and_history() {
    let Some(mut network) = Network::start() else { return };
    let mut amy = visit(&network, "amypond");
    amy.enter("/join #team");
    amy.wait_text("1 here");
    assert!(amy.shows("no older messages"), "{}", amy.text());

    let mut rory = Peer::come_in(network.port, "rory");
    rory.send("JOIN #team");
    rory.wait(" 366 ");
    amy.wait_text("rory joined");
    amy.enter("grüße 🙂");
    assert!(rory.wait("PRIVMSG #team").contains("grüße 🙂"));
    amy.wait_text("✓");
    amy.enter("/msg nobody hello");
    amy.wait_text("not sent: there is nobody called nobody here");
    amy.enter("/close");
    amy.wait_gone("nobody");
    rory.send("PRIVMSG #team :selber grüße 🚀");
    amy.wait_text("selber grüße 🚀");
    rory.send("PRIVMSG amypond :psst");
    amy.wait_text("rory 1!");

    // Somebody has that nick: klatch comes in under another.
    let mut other = visit(&network, "amypond");
    other.enter("/join #team");
    amy.wait_text("amypond_ joined");

    // Nobody but klatch knows there in which rooms it was.
    drop(other);
    network.restart();
    let mut rory = Peer::come_in(network.port, "rory");
    rory.send("JOIN #team");
    rory.wait("JOIN");
    amy.wait_text("● online");
    amy.enter("back again");
    rory.wait("back again");
}
