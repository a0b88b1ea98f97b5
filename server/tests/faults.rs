//! The real program on a disk that takes nothing or fails.
//!
//! Full disks are made in two ways: by a limit on the size of files, which works everywhere, and by a small file system
//! in a name space of its own, where the machine allows that. Failing ones are made by strace, which answers system calls
//! in the kernel's place. What a machine cannot do is skipped, and says so.
#![cfg(target_os = "linux")]

mod support;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use support::{Client, Daemon, contents, ctl, refused_start, until, word};

const CONFIGURATION: &str = "[accounts]\npassword_hash_cost = \"test\"\n[limits]\nflood = false\n";

/// A program that runs what stands behind its words; `None`, and a line on the test's output, where it does not work here.
fn wrapper(words: &[&str]) -> Option<Command> {
    let make = || {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        command
    };
    let works = make().arg("true").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|end| end.success());
    if !works {
        println!("skipped: `{}` does not work on this machine", words.join(" "));
        return None;
    }
    let mut command = make();
    command.arg(env!("CARGO_BIN_EXE_klatchd"));
    Some(command)
}

/// klatchd under strace, which lets those system calls fail that `injection` names, on this file only.
fn with_failing_calls(file: &Path, injection: &str) -> Option<Command> {
    let calls = injection.split(':').next().unwrap();
    let (trace, inject) = (format!("trace={calls}"), format!("inject={injection}"));
    let file = file.to_str().unwrap();
    wrapper(&["strace", "-f", "-qq", "-o", "/dev/null", "-P", file, "-e", &trace, "-e", &inject])
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The lines of the log that are no everyday ones.
fn complaints(daemon: &Daemon) -> Vec<String> {
    let log = daemon.log();
    log.lines().filter(|line| !line.contains("INFO")).map(str::to_owned).collect()
}

/// Talks until the disk takes no more, and looks whether anybody was told anything untrue; then `mend`s it, and looks
/// whether everything goes on by itself.
async fn wait_out(mut daemon: Daemon, data: &Path, complaint: &str, break_it: impl FnOnce(), mend: impl FnOnce()) {
    const WORDS: usize = 2_000;
    let mut amy = Client::plain(daemon.address).await;
    amy.sign_up("amelia").await;
    let mut bob = Client::plain(daemon.address).await;
    bob.sign_up("robert").await;
    break_it();
    for number in 0..WORDS {
        amy.send(&[&format!("PRIVMSG #lobby :{}", word(number))]).await;
    }
    until(complaint, || daemon.log().contains(complaint)).await;
    let (code, said) = ctl(data, &["who"]);
    assert!(code == 1 && said.contains("waiting until the disk takes"), "{said}");
    let seen = complaints(&daemon);
    assert_eq!(seen.len(), 1, "one line: {seen:#?}");

    mend();
    // Everything that was sent meanwhile is said once, in its order, and to everybody.
    for client in [&mut amy, &mut bob] {
        for number in 0..WORDS {
            let line = client.until("PRIVMSG #lobby :").await;
            assert!(line.ends_with(&word(number)), "{line}");
        }
    }
    let history = amy.history("#lobby").await;
    assert_eq!(history.len(), WORDS);
    let seen = complaints(&daemon);
    assert!(seen.len() == 2 && seen[1].contains("everything was saved"), "{seen:#?}");
    daemon.signal(Signal::TERM);
    assert!(daemon.child.wait().unwrap().success());
}

#[tokio::test]
async fn a_limit_on_the_size_of_files_is_waited_out() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start(&data);
    let process = Pid::from_child(&daemon.child);
    let limit = move |current| {
        let old = rustix::process::getrlimit(Resource::Fsize);
        prlimit(Some(process), Resource::Fsize, Rlimit { current, maximum: old.maximum }).unwrap();
    };
    let log = data.join("klatch.db-wal");
    let break_it = || limit(Some(log.metadata().unwrap().len() + 100_000));
    wait_out(daemon, &data, "nothing can be written to", break_it, || limit(None)).await;
}

#[tokio::test]
async fn a_full_file_system_is_waited_out() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let script = format!("mount -t tmpfs -o size=8m,mode=700 tmpfs {} && exec \"$@\"", path(&data));
    let Some(program) = wrapper(&["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"]) else {
        return;
    };
    let daemon = Daemon::configured(program, &data, CONFIGURATION);
    // What the server sees there, nobody else does; but the kernel shows it to its owner.
    let inside = PathBuf::from(format!("/proc/{}/root{}", daemon.child.id(), path(&data)));
    let ballast = inside.join("ballast");
    let fill = || {
        use std::io::Write as _;
        let mut file = std::fs::File::create(&ballast).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
    };
    wait_out(daemon, &inside, "is full; free some space", fill, || std::fs::remove_file(&ballast).unwrap()).await;
}

#[tokio::test]
async fn writes_that_fail_for_a_while_are_waited_out() {
    for error in ["EIO", "ENOSPC", "EDQUOT", "EROFS"] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let log = data.join("klatch.db-wal");
        // Three pauses of a quarter of a second each.
        let Some(program) = with_failing_calls(&log, &format!("pwrite64:error={error}:when=60..62")) else { return };
        let mut daemon = Daemon::configured(program, &data, CONFIGURATION);
        let mut amy = Client::plain(daemon.address).await;
        amy.sign_up("amelia").await;
        for number in 0..60 {
            amy.send(&[&format!("PRIVMSG #lobby :{}", word(number))]).await;
            let line = amy.until("PRIVMSG #lobby :").await;
            assert!(line.ends_with(&word(number)), "{line}");
        }
        let seen = complaints(&daemon);
        assert!(seen.len() == 2 && seen[1].contains("everything was saved"), "{error}: {seen:#?}");
        assert_eq!(amy.history("#lobby").await.len(), 60);
        assert_eq!(ctl(&data, &["shutdown"]).0, 0);
        assert!(daemon.child.wait().unwrap().success());
    }
}

#[tokio::test]
async fn what_cannot_be_flushed_ends_the_server_and_is_told_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let log = data.join("klatch.db-wal");
    let Some(program) = with_failing_calls(&log, "fsync,fdatasync:error=EIO:when=30+") else { return };
    let mut daemon = Daemon::configured(program, &data, CONFIGURATION);
    let mut amy = Client::plain(daemon.address).await;
    amy.sign_up("amelia").await;
    let mut heard = Vec::new();
    'talk: for number in 0..60 {
        amy.send(&[&format!("PRIVMSG #lobby :{}", word(number))]).await;
        loop {
            match amy.next().await {
                None => break 'talk,
                Some(line) if line.contains("PRIVMSG #lobby :") => break,
                Some(_) => {}
            }
        }
        heard.push(word(number));
    }
    assert!(!heard.is_empty() && heard.len() < 60, "{}", heard.len());
    assert_eq!(daemon.child.wait().unwrap().code(), Some(74));
    let seen = complaints(&daemon);
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert!(seen[0].contains("stopped, because something could not be saved") && seen[0].contains("check the disk"));

    let daemon = Daemon::start(&data);
    let mut amy = Client::plain(daemon.address).await;
    amy.log_in("amelia").await;
    let kept: Vec<String> = amy.history("#lobby").await.into_iter().map(|(_, text)| text).collect();
    assert_eq!(kept[..heard.len()], heard, "everything that was heard is there");
    assert!(kept.len() <= heard.len() + 1, "and at most what was on its way");
}

#[tokio::test]
async fn a_disk_that_cannot_be_read_is_said_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut daemon = Daemon::start(&data);
    daemon.signal(Signal::TERM);
    daemon.child.wait().unwrap();
    let Some(program) =
        with_failing_calls(&data.join("klatch.db"), "pread64,read,copy_file_range,sendfile,splice:error=EIO:when=3+")
    else {
        return;
    };
    let (code, said) = refused_start(program, &data);
    assert_eq!(code, 74, "{said}");
    assert!(said.contains("klatch.db cannot be read or written") && said.contains("check the disk"), "{said}");
}

#[tokio::test]
async fn a_start_on_a_full_disk_or_a_read_only_one_is_one_line_and_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let under = |script: &str| {
        let script = script.replace("DATA", path(&data)) + " && exec \"$@\"";
        wrapper(&["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"])
    };
    // Nothing there, and no room for anything.
    let full =
        "mount -t tmpfs -o size=64k,mode=700 tmpfs DATA && { head -c 1m /dev/zero > DATA/ballast 2>/dev/null; true; }";
    let Some(program) = under(full) else { return };
    let (code, said) = refused_start(program, &data);
    assert!([73, 74].contains(&code) && said.contains("free some space"), "{code} {said}");

    // A whole data directory, copied to where hardly anything is left.
    let mut daemon = Daemon::start(&data);
    daemon.signal(Signal::TERM);
    daemon.child.wait().unwrap();
    let before = contents(&data);
    let full = "cp -a DATA DATA.copy && mount -t tmpfs -o size=2m,mode=700 tmpfs DATA && cp -a DATA.copy/. DATA \
                && { head -c 4m /dev/zero > DATA/ballast 2>/dev/null; true; }";
    let (code, said) = refused_start(under(full).unwrap(), &data);
    assert!(code == 74 && said.contains("klatch.db"), "{code} {said}");
    assert!(said.contains("is full") || said.contains("nothing can be written"), "{said}");

    let read_only = "mount --bind DATA DATA && mount -o remount,bind,ro DATA";
    let (code, said) = refused_start(under(read_only).unwrap(), &data);
    assert!(code == 73 && said.contains(path(&data)) && said.contains("mount it for writing"), "{said}");
    assert_eq!(contents(&data), before);
}
