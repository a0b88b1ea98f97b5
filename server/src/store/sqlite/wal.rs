//! Whether the write-ahead log holds all that was put into it (sqlite.org/fileformat2.html, "The Write-Ahead Log").
//!
//! SQLite reads a log up to the first frame that is not as it was written, and takes the rest for a commit that a power
//! cut came between. That is what the end of a log may look like, for one commit: the next one begins only when it is on
//! the disk. Where more commits follow, people have seen what would silently be gone.

use std::{
    fs::File,
    io::{BufReader, Error, ErrorKind, Read, Result},
    path::Path,
};

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The header's first four bytes; the last bit is set where checksums are of big-endian words.
const MAGIC: u32 = 0x377f_0682;

/// What is wrong with the log at `path`, as a part of a sentence; `None` for nothing, and where there is no log.
pub(super) fn check(path: &Path) -> Result<Option<String>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let lost = lost_commits(BufReader::with_capacity(1 << 20, file))?;
    Ok(match lost {
        Lost::Nothing => None,
        Lost::All => Some(format!("the beginning of its log {} is damaged", path.display())),
        Lost::Commits(count) => Some(format!("its log {} is damaged; {count} commits in it are lost", path.display())),
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Lost {
    Nothing,
    All,
    /// So many, of which people have seen at least all but one.
    Commits(u32),
}

fn lost_commits(mut log: impl Read) -> Result<Lost> {
    let mut header = [0; HEADER];
    // A log without a whole header, or with an empty one, was never flushed, so nobody has seen what was to be in it.
    if !filled(&mut log, &mut header)? || header == [0; HEADER] {
        return Ok(Lost::Nothing);
    }
    let mut sum = Sum { big_endian: word(&header, 0) & 1 == 1, one: 0, two: 0 };
    sum.add(&header[..24]);
    let page = word(&header, 8) as usize;
    let whole = word(&header, 0) & !1 == MAGIC && sum.is(&header, 24);
    if !whole || !page.is_power_of_two() || !(512..=65_536).contains(&page) {
        return Ok(Lost::All);
    }
    let mut frame = vec![0; FRAME_HEADER + page];
    let mut broken = false;
    let mut lost = 0;
    while filled(&mut log, &mut frame)? {
        // Others are left from before the log was begun anew.
        let ours = frame[8..16] == header[16..24];
        sum.add(&frame[..8]);
        sum.add(&frame[FRAME_HEADER..]);
        broken |= !ours || !sum.is(&frame, 16);
        let ends_commit = word(&frame, 4) != 0;
        lost += u32::from(broken && ours && ends_commit);
    }
    Ok(if lost > 1 { Lost::Commits(lost) } else { Lost::Nothing })
}

/// Whether `buffer` could be filled; not at the end of `log`.
fn filled(log: &mut impl Read, buffer: &mut [u8]) -> Result<bool> {
    match log.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(Error::new(error.kind(), format!("its log cannot be read: {error}"))),
    }
}

/// The big-endian word at `place`; 0 behind the end.
fn word(bytes: &[u8], place: usize) -> u32 {
    bytes.get(place..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u32::from_be_bytes(*word))
}

/// The log's checksum: two words, each frame's going on from the one before.
struct Sum {
    big_endian: bool,
    one: u32,
    two: u32,
}

impl Sum {
    /// `bytes` are a multiple of eight.
    fn add(&mut self, bytes: &[u8]) {
        let (pairs, _) = bytes.as_chunks::<8>();
        for [a, b, c, d, e, f, g, h] in pairs {
            let read =
                |word: [u8; 4]| if self.big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) };
            let (first, second) = (read([*a, *b, *c, *d]), read([*e, *f, *g, *h]));
            self.one = self.one.wrapping_add(first).wrapping_add(self.two);
            self.two = self.two.wrapping_add(second).wrapping_add(self.one);
        }
    }

    fn is(&self, bytes: &[u8], place: usize) -> bool {
        (word(bytes, place), word(bytes, place + 4)) == (self.one, self.two)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// A log of ten commits, as SQLite writes it, and the length of one of its frames.
    fn log() -> (Vec<u8>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let db = Connection::open(&path).unwrap();
        db.pragma_update(None, "journal_mode", "WAL").unwrap();
        db.execute_batch("CREATE TABLE said (text)").unwrap();
        for number in 0..9 {
            db.execute("INSERT INTO said VALUES (?1)", [number]).unwrap();
        }
        (std::fs::read(folder.path().join("x.db-wal")).unwrap(), FRAME_HEADER + 4096)
    }

    fn lost(log: &[u8]) -> Lost {
        lost_commits(log).unwrap()
    }

    #[test]
    fn a_log_may_end_anywhere_in_its_last_commit() {
        let (log, frame) = log();
        for length in [0, 10, 32, 100, log.len() - frame, log.len() - 1, log.len()] {
            assert_eq!(lost(&log[..length]), Lost::Nothing, "{length}");
        }
        let mut torn = log.clone();
        torn[log.len() - 1] ^= 1;
        assert_eq!(lost(&torn), Lost::Nothing);
        assert_eq!(lost(&vec![0; log.len()]), Lost::Nothing);
    }

    #[test]
    fn a_log_that_is_broken_before_that_is_found_out() {
        let (log, frame) = log();
        for place in [HEADER + frame * 3 + 500, HEADER + frame * 3 + 17] {
            let mut broken = log.clone();
            broken[place] ^= 1;
            assert!(matches!(lost(&broken), Lost::Commits(count) if count > 1), "{place}");
        }
        let mut broken = log.clone();
        broken[20] ^= 1;
        assert_eq!(lost(&broken), Lost::All);
        assert_eq!(lost(&vec![0xa5; log.len()]), Lost::All);
    }

    #[test]
    fn what_is_left_from_before_is_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let db = Connection::open(&path).unwrap();
        db.pragma_update(None, "journal_mode", "WAL").unwrap();
        db.execute_batch("CREATE TABLE said (text)").unwrap();
        let say = |times| db.execute_batch(&"INSERT INTO said VALUES (1);".repeat(times)).unwrap();
        say(20);
        db.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
        say(3);
        assert_eq!(check(&folder.path().join("x.db-wal")).unwrap(), None);
    }
}
