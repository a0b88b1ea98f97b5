//! The operator without a terminal: the control socket of a running server, and accounts made beside it.
#![cfg(unix)]

mod support;

use std::{
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

use support::{Client, Daemon, ctl, klatchd};

/// Runs klatchd with `words`, gives it `input`, and tells its exit code and what it said on both outputs.
fn run(data: &Path, words: &[&str], input: &str) -> (i32, String) {
    let mut command: Command = klatchd();
    command.args(words).arg("--data").arg(data).arg("--config").arg(data.with_extension("toml"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // One that refuses its arguments ends without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap().trim_end().to_owned())
}

#[tokio::test]
async fn a_running_server_does_what_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut daemon = Daemon::start(&data);
    assert_eq!(data.join("control.sock").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let mut amy = Client::plain(daemon.address).await;
    amy.sign_up("amelia").await;

    let (code, said) = ctl(&data, &["who"]);
    assert!(code == 0 && said.starts_with("1 here:\n  amelia the tester (amelia) from 127.0.0.1:"), "{said}");
    assert_eq!(ctl(&data, &["say", "tea", "is", "ready"]), (0, "Said to 1 here.".into()));
    amy.until("tea is ready").await;
    let (code, said) = ctl(&data, &["kick", "robert"]);
    assert!(code == 1 && said.starts_with("klatchd: robert is not here"), "{said}");
    let (code, said) = ctl(&data, &["shutdwn"]);
    assert!(code == 1 && said.contains("did you mean shutdown?"), "{said}");
    let (code, said) = ctl(&data, &["reload"]);
    assert!(code == 0 && said.contains("read again"), "{said}");

    std::fs::write(data.with_extension("toml"), "[server]\nmotd = 7\n").unwrap();
    let (code, said) = ctl(&data, &["reload"]);
    assert!(code == 1 && said.contains("data.toml:2:8: invalid type"), "{said}");

    assert_eq!(ctl(&data, &["shutdown"]), (0, "The server ends now.".into()));
    amy.until("Server shutting down").await;
    assert!(daemon.child.wait().unwrap().success());
    let (code, said) = ctl(&data, &["who"]);
    assert!(code == 69 && said.starts_with("klatchd: no klatchd runs with the data directory"), "{said}");
}

#[tokio::test]
async fn accounts_are_made_whether_it_runs_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let config = data.with_extension("toml");
    std::fs::write(&config, "[accounts]\nsign_up = \"closed\"\npassword_hash_cost = \"test\"\n").unwrap();
    let add = |name: &str| run(&data, &["account", "add", "--password-stdin", name], "password\n");
    assert_eq!(add("amelia"), (0, "The account amelia was made.".into()));
    assert_eq!(add("Amelia"), (1, "klatchd: The name Amelia is taken.".into()));

    let daemon = Daemon::start(&data);
    assert_eq!(add("robert"), (0, "The account robert was made.".into()));
    let (code, said) = add("a b");
    assert!(code == 1 && said.starts_with("klatchd: "), "{said}");
    let (code, said) = run(&data, &["account", "add", "carola"], "");
    assert!(code == 0 && said.starts_with("The account carola was made. Its password: "), "{said}");
    for name in ["amelia", "robert"] {
        Client::plain(daemon.address).await.log_in(name).await;
    }
}

#[tokio::test]
async fn what_a_killed_server_left_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    Daemon::start(&data).kill();
    assert_eq!(ctl(&data, &["who"]).0, 69);
    let _daemon = Daemon::start(&data);
    assert_eq!(ctl(&data, &["who"]), (0, "nobody is here".into()));
}
