//! Backups by the real program, made while people talk, and the way back from them.
#![cfg(unix)]

mod support;

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use rusqlite::{Connection, params};
use support::{Client, Daemon, klatchd, until};

/// Runs klatchd in the folder `here`; its exit code and what it said on both outputs.
fn run(here: &Path, data: &Path, words: &[&str]) -> (i32, String) {
    let output = klatchd().current_dir(here).arg("--data").arg(data).args(words).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap().trim_end().to_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What stands in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A data directory whose only database is a copy of `backup`.
fn directory_of(backup: &Path, folder: &Path) -> PathBuf {
    let data = folder.join("second");
    std::fs::create_dir(&data).unwrap();
    std::fs::copy(backup, data.join("klatch.db")).unwrap();
    data
}

async fn history(data: &Path, account: &str) -> Vec<(String, String)> {
    let daemon = Daemon::start(data);
    let mut client = Client::plain(daemon.address).await;
    client.log_in(account).await;
    client.history("#lobby").await
}

/// Makes a data directory with some tens of megabytes in a room that nobody is in, so that a copy takes its time.
fn fill(data: &Path) {
    let mut daemon = Daemon::start(data);
    daemon.signal(rustix::process::Signal::TERM);
    assert!(daemon.child.wait().unwrap().success());
    let mut db = Connection::open(data.join("klatch.db")).unwrap();
    let burst = db.transaction().unwrap();
    let sql =
        "INSERT INTO record (seq, at, low, high, kind, source, tags, text) VALUES (?1, ?1, 0, 999, 0, 'x', '', ?2)";
    for seq in 1..=10_000 {
        let words: String = (0..60).map(|word| format!("{:x} ", seq * 7919 + word * 104_729)).collect();
        burst.execute(sql, params![seq, words]).unwrap();
    }
    burst.commit().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_holds_the_history_up_to_a_moment_and_nobody_waits_for_it() {
    const PEOPLE: [&str; 4] = ["amelia", "robert", "carola", "dorian"];
    let folder = tempfile::tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup.db"));
    fill(&data);
    let mut daemon = Daemon::start(&data);
    let (heard, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut people = tokio::task::JoinSet::new();
    for name in PEOPLE {
        let mut client = Client::plain(daemon.address).await;
        client.sign_up(name).await;
        let (heard, enough) = (heard.clone(), enough.clone());
        people.spawn(async move {
            let mut next = 0;
            while !enough.load(Ordering::Relaxed) {
                let word = format!("{name}-{next}-end");
                client.send(&[&format!("PRIVMSG #lobby :{word}")]).await;
                client.until(&word).await;
                heard.fetch_add(1, Ordering::Relaxed);
                next += 1;
            }
        });
    }
    // A machine may be so quick, or so busy, that nothing is said while one copy is made.
    let mut before = 0;
    let mut meanwhile = 0;
    for _ in 0..10 {
        before = heard.load(Ordering::Relaxed);
        let (here, data, backup) = (folder.path().to_owned(), data.clone(), backup.clone());
        let asked = move || run(&here, &data, &["backup", "--force", text(&backup)]);
        let (code, said) = tokio::task::spawn_blocking(asked).await.unwrap();
        assert!(code == 0 && said.starts_with("Backed up to "), "{said}");
        meanwhile = heard.load(Ordering::Relaxed) - before;
        if meanwhile > 0 {
            break;
        }
    }
    assert!(meanwhile > 0, "people have to go on talking while a backup is made");
    enough.store(true, Ordering::Relaxed);
    while let Some(done) = people.join_next().await {
        done.unwrap();
    }
    daemon.kill();

    assert_eq!(backup.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = std::fs::read(&backup).unwrap();
    assert_eq!(bytes[18..20], [1, 1], "one file that needs no log beside it");
    assert!(names(folder.path()).iter().all(|name| !name.starts_with("backup.db") || name == "backup.db"));

    let all = history(&data, "amelia").await;
    let kept = history(&directory_of(&backup, folder.path()), "amelia").await;
    assert_eq!(kept, all[..kept.len()]);
    assert!(kept.len() >= before, "what was heard before is in it: {} of {before}", kept.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_breaks_its_backup_off_and_closes_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup.db"));
    fill(&data);
    let mut daemon = Daemon::start(&data);
    let asked = tokio::task::spawn_blocking({
        let (here, data, backup) = (folder.path().to_owned(), data.clone(), backup.clone());
        move || run(&here, &data, &["backup", text(&backup)])
    });
    let half = folder.path().join("backup.db.half");
    until("a backup", || half.exists() || backup.exists()).await;
    daemon.signal(rustix::process::Signal::TERM);
    assert!(daemon.child.wait().unwrap().success());
    // It may have been quicker than the signal.
    match asked.await.unwrap() {
        (0, _) => assert!(backup.exists()),
        (code, said) => assert!(code != 0 && said.contains("the server ended") && !backup.exists(), "{said}"),
    }
    assert!(!half.exists());
    assert!(!names(&data).iter().any(|name| name.ends_with("-wal") || name.ends_with("-open")), "{:?}", names(&data));
}

#[tokio::test]
async fn a_backup_never_takes_a_name_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (here, data) = (folder.path().join("here"), folder.path().join("data"));
    std::fs::create_dir(&here).unwrap();
    let ctl = |words: &[&str]| run(&here, &data, &[&["ctl", "backup"], words].concat());
    let (code, said) = run(&here, &data, &["backup", "a.db"]);
    assert!(code == 66 && said.contains("there is no ") && !data.exists(), "{said}");

    let mut daemon = Daemon::start(&data);
    for (round, running) in [(1, true), (2, false)] {
        let first = format!("first {round}.db");
        assert_eq!(run(&here, &data, &["backup", &first]).0, 0);
        let whole = std::fs::read(here.join(&first)).unwrap();
        let (code, said) = run(&here, &data, &["backup", &first]);
        assert!(code == 1 && said.contains("is there already") && said.contains("--force"), "{said}");
        assert_eq!(std::fs::read(here.join(&first)).unwrap(), whole);
        std::fs::write(here.join(&first), "an older one").unwrap();
        assert_eq!(run(&here, &data, &["backup", "--force", &first]).0, 0);
        assert_eq!(std::fs::read(here.join(&first)).unwrap().len(), whole.len());

        for name in ["klatch.db", "klatch.db-wal", "klatch.db.new"] {
            let (_, said) = run(&here, &data, &["backup", "--force", text(&data.join(name))]);
            assert!(said.contains("is a file of the data directory itself"), "{said}");
        }
        let (code, said) = run(&here, &data, &["backup", "missing/b.db"]);
        assert!(code != 0 && said.contains("cannot write ") && said.contains("missing/b.db"), "{said}");
        let (code, said) = run(&here, &data, &["backup", "--force", text(folder.path())]);
        assert!(code != 0 && said.contains("it is a folder"), "{said}");

        if running {
            assert_eq!(ctl(&["by ctl.db"]).0, 0, "names are those of the folder where it was typed");
            assert_eq!(ctl(&["--force", "by ctl.db"]).0, 0);
            assert!(ctl(&[]).1.contains("backup FILE"));
            assert_eq!(run(folder.path(), &data, &["ctl", "shutdown"]).0, 0);
            assert!(daemon.child.wait().unwrap().success());
        }
    }
    assert_eq!(names(&here), ["by ctl.db", "first 1.db", "first 2.db"]);
    assert!(!names(&data).iter().any(|name| name.contains("half") || name.ends_with("-wal")), "{:?}", names(&data));
}

#[tokio::test]
async fn a_restored_backup_goes_on_where_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup.db"));
    let here = folder.path();
    let mut daemon = Daemon::start(&data);
    let mut amy = Client::plain(daemon.address).await;
    amy.sign_up("amelia").await;
    let say = async |client: &mut Client, word: &str| {
        client.send(&[&format!("PRIVMSG #lobby :{word}")]).await;
        client.until(&format!("PRIVMSG #lobby :{word}")).await;
    };
    say(&mut amy, "one").await;
    say(&mut amy, "two").await;
    assert_eq!(run(here, &data, &["backup", text(&backup)]).0, 0);
    say(&mut amy, "three").await;
    let before = amy.history("#lobby").await;

    let (code, said) = run(here, &data, &["restore", text(&backup)]);
    assert!(code == 75 && said.contains("another klatchd uses"), "{said}");
    daemon.kill();
    for (name, bytes) in [("damaged", std::fs::read(&backup).unwrap()[..8192].to_vec()), ("nothing", Vec::new())] {
        let broken = folder.path().join(name);
        std::fs::write(&broken, bytes).unwrap();
        let (code, said) = run(here, &data, &["restore", text(&broken)]);
        assert!(code == 65 && said.contains(text(&broken)) && said.lines().count() == 1, "{said}");
    }
    assert_eq!(run(here, &data, &["restore", "missing.db"]).0, 66);
    assert_eq!(history(&data, "amelia").await, before, "what was refused changed nothing");

    let (code, said) = run(here, &data, &["restore", text(&backup)]);
    assert!(code == 0 && said.contains("was restored from"), "{said}");
    let aside = PathBuf::from(said.split_once("The old one is kept as ").unwrap().1.trim_end_matches('.'));
    let daemon = Daemon::start(&data);
    let mut amy = Client::plain(daemon.address).await;
    amy.log_in("amelia").await;
    assert_eq!(amy.history("#lobby").await, before[..2]);
    say(&mut amy, "four").await;
    let after = amy.history("#lobby").await;
    assert_eq!(after[..2], before[..2], "what is kept has the ids it had");
    assert!(before.iter().all(|(id, _)| *id != after[2].0), "an id is never given twice");
    drop(daemon);
    assert_eq!(history(&directory_of(&aside, folder.path()), "amelia").await, before, "the old one is whole");

    // Where the old database cannot be read, nobody knows which ids were given.
    std::fs::write(data.join("klatch.db"), [0xa5; 8192]).unwrap();
    assert_eq!(run(here, &data, &["restore", text(&backup)]).0, 0);
    let anew = history(&data, "amelia").await;
    assert!(anew.iter().zip(&before).all(|((new, word), (old, said))| word == said && new != old), "{anew:?}");
}

#[tokio::test]
async fn a_restore_that_was_broken_off_is_no_new_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup.db"));
    let mut daemon = Daemon::start(&data);
    assert_eq!(run(folder.path(), &data, &["backup", text(&backup)]).0, 0);
    daemon.kill();
    // As after a power cut between the two renamings.
    std::fs::rename(data.join("klatch.db"), data.join("klatch.db.until-x")).unwrap();
    std::fs::rename(data.join("klatch.db-wal"), data.join("klatch.db.until-x-wal")).unwrap();
    std::fs::copy(&backup, data.join("klatch.db.restoring")).unwrap();
    let (code, said) = run(folder.path(), &data, &["--headless", "--listen", "127.0.0.1:0"]);
    assert!(code == 65 && said.contains("is missing") && said.contains("klatchd restore FILE"), "{said}");
    assert_eq!(run(folder.path(), &data, &["restore", text(&backup)]).0, 0);
    Daemon::start(&data);
}
