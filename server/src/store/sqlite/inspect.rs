//! What lies where the database should be, looked at before it is opened for good. Looking changes nothing: neither the
//! file nor its log, so that whatever is wrong can still be examined, and mended by other means.

use std::{
    fmt::Write as _,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};

use super::{OPEN, RESTORING, StoreError, beside, check_health, explain, of_system, schema, wal};

/// The most bytes of a database that is read as a whole before it is served.
const QUICK: u64 = 8 << 20;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing, and nothing that says that there should be something.
    Nothing,
    /// A database in order.
    Sound,
    /// A database in order as far as could be seen quickly; it is too large to be read as a whole.
    Large,
}

/// Looks at `path`, its log and what else would be beside it.
///
/// # Errors
/// [`StoreError`] says what is wrong.
pub(super) fn inspect(path: &Path) -> Result<Found, StoreError> {
    let corrupt = |detail: String| StoreError::Corrupt { path: path.to_owned(), detail };
    let size = match path.metadata() {
        Ok(file) => file.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => return nothing(path),
        Err(error) => return Err(of_system(path, &error)),
    };
    if size == 0 {
        return Err(corrupt("it is empty".into()));
    }
    let log = beside(path, "-wal");
    let mark = beside(path, OPEN);
    if mark.exists() && !log.exists() {
        return Err(StoreError::LogMissing { path: path.to_owned(), log, mark });
    }
    wal::check(&log).map_err(|error| of_system(&log, &error))?.map_or(Ok(()), |fault| Err(corrupt(fault)))?;
    contents(path, size).map_err(|error| match error {
        // SQLite calls damaged what the system cannot read (SQLITE_IOERR_CORRUPTFS); a backup would not help the disk.
        StoreError::Corrupt { .. } => unreadable(path).map_or(error, |fault| of_system(path, &fault)),
        other => other,
    })
}

/// Looks into the file.
fn contents(path: &Path, size: u64) -> Result<Found, StoreError> {
    let db = read_only(path).map_err(|error| explain(path, &error))?;
    schema::check_owner(&db, path)?;
    if !has_log(path) {
        let pages = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let whole = pages("page_count").and_then(|count| Ok(count.saturating_mul(pages("page_size")?)));
        if size < whole.map_err(|error| explain(path, &error))?.unsigned_abs() {
            return Err(StoreError::Corrupt { path: path.to_owned(), detail: "its end is missing".into() });
        }
    }
    if size > QUICK {
        return Ok(Found::Large);
    }
    check_health(&db, path).map(|()| Found::Sound)
}

/// Why the system cannot read a file, if it cannot.
fn unreadable(path: &Path) -> Option<std::io::Error> {
    std::fs::File::open(path).and_then(|mut file| std::io::copy(&mut file, &mut std::io::sink())).err()
}

/// There is no database; but was there one?
fn nothing(path: &Path) -> Result<Found, StoreError> {
    let signs = [RESTORING, "-wal", OPEN].map(|suffix| beside(path, suffix));
    match signs.into_iter().find(|sign| sign.exists()) {
        Some(sign) => Err(StoreError::Missing { path: path.to_owned(), sign }),
        None => Ok(Found::Nothing),
    }
}

/// Opens a database without changing it: also not by bringing the log into it. What is no regular database shows with the
/// first question.
pub(super) fn read_only(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match has_log(path) {
        true => Connection::open_with_flags(path, flags),
        // SQLite would make an empty log to read a database without one, unless told that nobody writes (sqlite.org/uri.html).
        false => Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_URI),
    }
}

/// Whether something may be in the log, or somebody has the database open who may put something there.
fn has_log(path: &Path) -> bool {
    beside(path, "-wal").exists()
}

fn immutable(path: &Path) -> PathBuf {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            other => {
                // Writing to a string cannot fail.
                let _ = write!(uri, "%{other:02X}");
            }
        }
    }
    uri.push_str("?immutable=1");
    PathBuf::from(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_can_be_written_as_an_address() {
        assert_eq!(immutable(Path::new("/a b/ü?#%.db")), Path::new("file:/a%20b/%C3%BC%3F%23%25.db?immutable=1"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b?#%41.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE here (x)").unwrap();
        let tables = read_only(&path).unwrap().query_row("SELECT name FROM sqlite_schema", [], |row| row.get(0));
        assert_eq!(tables, Ok("here".to_owned()));
    }
}
