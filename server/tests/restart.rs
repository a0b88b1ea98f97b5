//! The real program, ended in every way, and what is there when it is started again.

mod support;

use std::{collections::BTreeSet, time::Duration};

use support::{Client, Daemon};

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut acknowledged = BTreeSet::new();
    let mut fingerprint = None;
    for round in 0..3 {
        let mut daemon = Daemon::start(&data);
        assert_eq!(*fingerprint.get_or_insert(daemon.fingerprint.to_string()), daemon.fingerprint.to_string());
        let mut amy = Client::tls(daemon.address, &daemon.fingerprint).await;
        match round {
            0 => amy.sign_up("amelia").await,
            _ => amy.log_in("amelia").await,
        }
        // The process is killed while messages are on their way in, in the store and on their way out.
        let killed = std::thread::spawn(move || {
            std::thread::park_timeout(Duration::from_millis(40 + 30 * round));
            daemon.kill();
        });
        let mut next = 0;
        while !killed.is_finished() {
            for _ in 0..20 {
                amy.send(&[&format!("PRIVMSG #lobby :word-{round}-{next}-end")]).await;
                next += 1;
            }
            while let Some(line) = amy.next().await {
                let Some((_, word)) = line.split_once("PRIVMSG #lobby :") else { continue };
                acknowledged.insert(word.to_owned());
                if word == format!("word-{round}-{}-end", next - 1) {
                    break;
                }
            }
        }
        killed.join().unwrap();
        // The index of words never differs from what was said (sqlite.org/fts5.html, "The 'integrity-check' Command").
        let copy = folder.path().join(format!("copy-{round}.db"));
        for suffix in ["", "-wal"] {
            let of = |path: &std::path::Path| std::path::PathBuf::from(format!("{}{suffix}", path.display()));
            std::fs::copy(of(&data.join("klatch.db")), of(&copy)).unwrap();
        }
        let db = rusqlite::Connection::open(copy).unwrap();
        db.execute("INSERT INTO speech (speech, rank) VALUES ('integrity-check', 1)", []).unwrap();
    }
    assert!(acknowledged.len() > 20, "the test has to see some messages: {}", acknowledged.len());

    let daemon = Daemon::start(&data);
    let mut amy = Client::plain(daemon.address).await;
    amy.log_in("amelia").await;
    let kept: Vec<String> = amy.history("#lobby").await.into_iter().map(|(_, text)| text).collect();
    let unique: BTreeSet<String> = kept.iter().cloned().collect();
    assert_eq!(unique.len(), kept.len(), "nothing is doubled");
    let lost: Vec<_> = acknowledged.difference(&unique).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_ends_it_in_order_and_a_second_one_at_once() {
    use rustix::process::Signal;
    let folder = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::start(&folder.path().join("data"));
    let mut amy = Client::plain(daemon.address).await;
    amy.sign_up("amelia").await;
    daemon.signal(Signal::TERM);
    let said = amy.rest().await;
    assert!(said.last().unwrap().contains("restart"), "{said:?}");
    drop(amy);
    assert_eq!(daemon.child.wait().unwrap().code(), Some(0));

    let mut daemon = Daemon::start(&folder.path().join("data"));
    let mut amy = Client::plain(daemon.address).await;
    amy.log_in("amelia").await;
    daemon.signal(Signal::INT);
    // Our side stays open, so the server still waits for us when the second one comes.
    amy.until("ERROR").await;
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.child.wait().unwrap().code(), Some(128 + 15));
}
