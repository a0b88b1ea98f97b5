//! What stands in the way of a start: one line that says what, where and what to do, and an exit code.

mod support;

use std::{net::TcpListener, path::Path};

use support::{Client, Daemon, klatchd, refused};

/// Runs klatchd on what cannot work, and gives its exit code and the only line it says.
fn failure(arguments: &[&str]) -> (i32, String) {
    refused(klatchd().arg("--headless").args(arguments))
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_port_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, said) = failure(&["--listen", &address, "--data", path(&folder.path().join("data"))]);
    assert_eq!(code, 69);
    let want =
        format!("klatchd: cannot listen on {address}: another program uses this port; stop it, or choose another");
    assert!(said.starts_with(&want), "{said}");
}

#[test]
fn a_data_directory_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let inside = file.join("data");
    let (code, said) = failure(&["--listen", "127.0.0.1:0", "--data", path(&inside)]);
    assert_eq!(code, 73);
    assert!(said.contains(path(&inside)) && said.contains("--data"), "{said}");
}

#[test]
fn a_second_server_on_the_same_data() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let _first = Daemon::start(&data);
    let (code, said) = failure(&["--listen", "127.0.0.1:0", "--data", path(&data)]);
    assert_eq!(code, 75);
    assert!(said.contains("another klatchd") && said.contains(path(&data)), "{said}");
}

#[test]
fn a_broken_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("klatchd.toml");
    std::fs::write(&config, "[server]\nname = \"x\"\nlisten_on = 1\n").unwrap();
    let (code, said) = failure(&["--config", path(&config)]);
    assert_eq!(code, 78);
    assert!(said.starts_with(&format!("klatchd: {}:3:1: unknown field `listen_on`", path(&config))), "{said}");
    let (code, said) = failure(&["--config", path(&folder.path().join("missing.toml"))]);
    assert_eq!(code, 78);
    assert!(said.contains("missing.toml") && said.contains("--config"), "{said}");
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_kept_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start(&data);
    let mut amy = Client::plain(daemon.address).await;
    amy.sign_up("amelia").await;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in ["klatch.db", "klatch.db-wal", "tls-key.pem", "owner-code.txt"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_headless_server_that_keeps_nothing_tells_who_started_it_the_owner_code() {
    use std::{io::BufRead as _, process::Stdio};
    let arguments = ["--headless", "--ephemeral", "--listen", "127.0.0.1:0"];
    let mut child = klatchd().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let ready = lines.next().unwrap();
    let words: Vec<&str> = ready.split(' ').collect();
    let address = format!("{}:{}", words[1], words[2]).parse().unwrap();
    let code = lines.find_map(|line| line.strip_prefix("OWNER ").map(str::to_owned)).unwrap();
    let mut amy = Client::plain(address).await;
    amy.send(&[&format!("PASS {code}")]).await;
    amy.sign_up("amelia").await;
    amy.send(&["MODE amelia"]).await;
    let modes = amy.until(" 221 ").await;
    assert!(modes.rsplit(' ').next().unwrap().contains('o'), "{modes}");
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    let log = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(log.contains("OWNER") && !log.contains(&code), "{log}");
}

#[test]
fn help_shows_examples() {
    let output = klatchd().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("Examples:") && help.contains("klatchd --headless --lan"), "{help}");
    let version = klatchd().arg("--version").output().unwrap();
    assert!(String::from_utf8(version.stdout).unwrap().starts_with("klatchd 0."));
}
