//! The real program in front of a database that was damaged while nobody looked: one line, a way out, and nothing is
//! changed by looking.
#![cfg(unix)]

mod support;

use std::{
    os::unix::fs::{FileExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use rustix::process::Signal;
use support::{Client, Daemon, contents, klatchd, refused_start, word};

/// A data directory of a server that was killed while somebody talked, so that its newest messages are in the log only.
async fn killed(data: &Path) {
    let mut daemon = Daemon::start(data);
    let mut amy = Client::plain(daemon.address).await;
    amy.sign_up("amelia").await;
    for number in 0..40 {
        amy.send(&[&format!("PRIVMSG #lobby :{}", word(number))]).await;
        amy.until(&word(number)).await;
    }
    daemon.kill();
}

/// The same, stopped in order, so that there is no log.
async fn stopped(data: &Path) {
    killed(data).await;
    let mut daemon = Daemon::start(data);
    daemon.signal(Signal::TERM);
    daemon.child.wait().unwrap();
}

#[tokio::test]
async fn damage_is_one_line_with_a_way_out_and_nothing_is_changed_by_looking() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, torn) = (folder.path().join("whole"), folder.path().join("torn"));
    stopped(&whole).await;
    killed(&torn).await;
    let restore = "klatchd restore FILE";
    type Harm = fn(&Path);
    let cases: [(&str, &Path, Harm, &[&str]); 13] = [
        ("its second half is gone", &whole, |db| cut(db, |length| length / 2), &["is damaged", restore]),
        ("its last bytes are gone", &whole, |db| cut(db, |length| length - 5), &["is damaged", restore]),
        ("a page in the middle is garbage", &whole, |db| overwrite(db, 0.5, &[0xa5; 4096]), &["is damaged", restore]),
        ("bits in the middle are turned", &whole, |db| flip(db, 0.6), &["is damaged", restore]),
        ("its beginning is zeros", &whole, |db| overwrite(db, 0.0, &[0; 100]), &["is damaged", restore]),
        ("it is garbage", &whole, |db| std::fs::write(db, [0xa5; 8192]).unwrap(), &["is damaged", restore]),
        ("it is empty", &whole, |db| std::fs::write(db, "").unwrap(), &["is damaged (it is empty)", restore]),
        (
            "its log is garbage",
            &torn,
            |db| overwrite(&log_of(db), 0.0, &[0xa5; 9000]),
            &["its log", "damaged", restore],
        ),
        ("bits of its log are turned", &torn, |db| flip(&log_of(db), 0.5), &["commits in it are lost", restore]),
        ("its log is gone", &torn, |db| std::fs::remove_file(log_of(db)).unwrap(), &["its log", "is gone", restore]),
        ("it is gone and its log is not", &torn, |db| std::fs::remove_file(db).unwrap(), &["is missing", restore]),
        ("it is somebody else's", &whole, foreign, &["is not a database of klatchd", "another data directory"]),
        ("it is newer", &whole, newer, &["has schema 99", "newer klatchd"]),
    ];
    for (what, from, harm, parts) in cases {
        let data = folder.path().join(what.replace(' ', "-"));
        copy(from, &data);
        harm(&data.join("klatch.db"));
        let before = contents(&data);
        let (code, said) = refused_start(klatchd(), &data);
        assert_eq!(code, 65, "{what}: {said}");
        for part in parts {
            assert!(said.contains(part), "{what}: {said}");
        }
        assert!(said.contains(data.to_str().unwrap()), "{what}: {said}");
        assert!(contents(&data) == before, "{what}: something was changed");
    }
    // Neither harm nor killing: both can be served.
    for data in [whole, torn] {
        let daemon = Daemon::start(&data);
        let mut amy = Client::plain(daemon.address).await;
        amy.log_in("amelia").await;
        assert_eq!(amy.history("#lobby").await.len(), 40);
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for (file, bytes) in contents(from) {
        let copy = to.join(file.file_name().unwrap());
        std::fs::write(&copy, bytes).unwrap();
        std::fs::set_permissions(copy, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn log_of(database: &Path) -> PathBuf {
    database.with_extension("db-wal")
}

fn cut(file: &Path, length: impl Fn(u64) -> u64) {
    let file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    file.set_len(length(file.metadata().unwrap().len())).unwrap();
}

/// Writes `bytes` at a page's beginning, that far into the file.
fn overwrite(file: &Path, part: f64, bytes: &[u8]) {
    let mut whole = std::fs::read(file).unwrap();
    let place = (whole.len() as f64 * part) as usize / 4096 * 4096;
    whole[place..place + bytes.len()].copy_from_slice(bytes);
    std::fs::write(file, whole).unwrap();
}

/// Turns the bits of a page's or a frame's first bytes, where SQLite keeps what it is.
fn flip(file: &Path, part: f64) {
    let mut whole = std::fs::read(file).unwrap();
    let place = (whole.len() as f64 * part) as usize / 4096 * 4096;
    for byte in &mut whole[place..place + 64] {
        *byte ^= 0xff;
    }
    std::fs::write(file, whole).unwrap();
}

fn foreign(file: &Path) {
    std::fs::remove_file(file).unwrap();
    rusqlite::Connection::open(file).unwrap().execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
}

fn newer(file: &Path) {
    let db = rusqlite::Connection::open(file).unwrap();
    db.pragma_update(None, "journal_mode", "DELETE").unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
}

#[tokio::test]
async fn damage_in_a_large_database_is_found_while_it_is_served() {
    const QUICKLY_READ: u64 = 8 << 20;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    stopped(&data).await;
    let database = data.join("klatch.db");
    let mut db = rusqlite::Connection::open(&database).unwrap();
    let burst = db.transaction().unwrap();
    let (sql, text) = ("INSERT INTO record VALUES (?1, 1, 0, 999, 2, 'x', NULL, '', ?2)", "x".repeat(1 << 20));
    for seq in 1_000..1_020 {
        burst.execute(sql, rusqlite::params![seq, text]).unwrap();
    }
    burst.commit().unwrap();
    drop(db);
    let size = database.metadata().unwrap().len();
    assert!(size > QUICKLY_READ, "{size}");

    let mut daemon = Daemon::start(&data);
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.child.wait().unwrap().code(), Some(0), "in order, it is served");
    let file = std::fs::OpenOptions::new().write(true).open(&database).unwrap();
    file.write_all_at(&[0xa5; 4096], size / 2 / 4096 * 4096).unwrap();
    let before = contents(&data);
    let mut daemon = Daemon::start(&data);
    assert_eq!(daemon.child.wait().unwrap().code(), Some(65));
    let log = daemon.log();
    let last = log.lines().last().unwrap();
    assert!(last.starts_with("klatchd: stopped: the database ") && last.contains("klatchd restore FILE"), "{log}");
    assert!(contents(&data) == before, "nothing was changed");
}
