//! Whose file is whose: two klatch of one account on one machine have a file each, and what one that is gone has left is
//! taken over, once.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{Account, Found, file};
use crate::{files::Paths, session::Unsent};

/// The most klatch of one account that have a file of their own at a time; more cannot keep what is unsent.
const MOST: usize = 16;
/// The most broken files of one name that are put aside; what is over stays where it is, and its slot is not used.
const MOST_ASIDE: usize = 100;

/// One klatch's own file for one account. While it lives, by a lock of the system that ends with the process, no other klatch
/// uses that file.
#[derive(Debug)]
pub struct Slot {
    path: PathBuf,
    /// Held, never read. `None` where the file system knows no locks; there, two klatch are not kept apart.
    _lock: Option<File>,
}

impl Slot {
    /// Takes the first file of this account that no other klatch has, and takes over what others that are gone have left.
    /// Waits for the disk, and for another klatch that does the same at this moment.
    ///
    /// # Errors
    /// There is no file to be had; the sentence says why. What was unsent stays where it is.
    pub fn take(paths: &Paths, account: &Account) -> Result<(Slot, Found), String> {
        let folder = paths.unsent();
        let trouble = |error: &io::Error| format!("what is unsent cannot be kept in {}: {error}", folder.display());
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error| trouble(&error))?;
        // One at a time, so that what is left is taken over by one klatch only. Where there are no locks there is no wait.
        let door = File::open(&folder).map_err(|error| trouble(&error))?;
        let _ = door.lock();
        let mut found = Found::default();
        let mut free = Vec::new();
        for number in 1..=MOST {
            let path = folder.join(file::name(account, number));
            // Once we have a file, others are of interest only if there is something in them.
            if !free.is_empty() && fs::symlink_metadata(&path).is_err() {
                continue;
            }
            let Some(lock) = lock(&path).map_err(|error| trouble(&error))? else { continue };
            if let Some(messages) = read(&path, &mut found) {
                free.push((Slot { path, _lock: lock }, messages));
            }
        }
        let mut free = free.into_iter();
        let Some((own, messages)) = free.next() else {
            return Err(format!("what is unsent cannot be kept: too many klatch use this account ({MOST})"));
        };
        found.messages = messages;
        own.take_over(free.filter(|(_, left)| !left.is_empty()).collect(), &mut found);
        Ok((own, found))
    }

    /// Keeps this instead of what was kept. When it returns, a power cut does not undo it.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn write(&self, messages: &[Unsent]) -> io::Result<()> {
        file::write(&self.path, messages)
    }

    /// Moves what others have left into our own file. Theirs go only when ours has it all: a message that is in two files for
    /// a moment is known by its nonce.
    fn take_over(&self, left: Vec<(Slot, Vec<Unsent>)>, found: &mut Found) {
        if left.is_empty() {
            return;
        }
        let mut all = found.messages.clone();
        for unsent in left.iter().flat_map(|(_, messages)| messages) {
            if !all.iter().any(|known| known.nonce == unsent.nonce) {
                all.push(unsent.clone());
            }
        }
        if let Err(error) = self.write(&all) {
            return found.troubles.push(format!(
                "what another klatch left unsent cannot be taken over into {}: {error}; it is tried again at the next start",
                self.path.display()
            ));
        }
        found.messages = all;
        for (slot, _) in left {
            if let Err(error) = slot.write(&[]) {
                found.troubles.push(format!("{} cannot be removed: {error}; it is read again", slot.path.display()));
            }
        }
    }
}

/// The lock of a file; `None` when another klatch holds it. The lock is on a file beside it, which stays for good: the file
/// itself is replaced at each change.
fn lock(path: &Path) -> io::Result<Option<Option<File>>> {
    let lock =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path.with_extension("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(Some(lock))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(_)) => Ok(Some(None)),
    }
}

/// What a file holds. One that cannot be read is put aside, so that nothing in it is overwritten; `None` when that fails, too.
fn read(path: &Path, found: &mut Found) -> Option<Vec<Unsent>> {
    let why = match file::read(path) {
        Ok(messages) => return Some(messages),
        Err(why) => why,
    };
    let aside = (1..=MOST_ASIDE).map(|number| path.with_extension(format!("broken-{number}")));
    let free = aside.into_iter().find(|aside| fs::symlink_metadata(aside).is_err());
    let moved = free.filter(|aside| fs::rename(path, aside).is_ok());
    let path = path.display();
    found.troubles.push(match &moved {
        Some(aside) => format!(
            "{path} cannot be read ({why}), so what was unsent there is not sent; it is kept as {}, a text you can look into",
            aside.display()
        ),
        None => format!("{path} cannot be read ({why}), nor renamed; what was unsent there is left alone"),
    });
    moved.map(|_| Vec::new())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{super::file::tests::*, *};

    fn taken(paths: &Paths) -> (Slot, Vec<Unsent>) {
        let (slot, found) = Slot::take(paths, &account()).unwrap();
        assert_eq!(found.troubles, Vec::<String>::new());
        (slot, found.messages)
    }

    #[test]
    fn two_klatch_at_once_have_a_file_each_and_what_is_left_is_taken_over_once() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let (first, nothing) = taken(&paths);
        let (second, nothing_either) = taken(&paths);
        assert_eq!((nothing, nothing_either), (Vec::new(), Vec::new()));
        first.write(&[unsent("1"), unsent("2")]).unwrap();
        second.write(&[unsent("3")]).unwrap();
        drop(second);
        let (third, left) = taken(&paths);
        assert_eq!(left, [unsent("3")], "the first one's words are its own while it runs");
        drop((first, third));
        let (_fourth, left) = taken(&paths);
        assert_eq!(left, [unsent("1"), unsent("2"), unsent("3")]);
        assert_eq!(taken(&paths).1, Vec::new(), "it was taken over once");
    }

    #[test]
    fn a_message_in_two_files_is_one_message() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let ((first, _), (second, _)) = (taken(&paths), taken(&paths));
        // As after a kill between writing the one and emptying the other.
        first.write(&[unsent("1"), unsent("2")]).unwrap();
        second.write(&[unsent("2")]).unwrap();
        drop((first, second));
        assert_eq!(taken(&paths).1, [unsent("1"), unsent("2")]);
    }

    #[test]
    fn a_broken_file_is_put_aside_and_named() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        for number in 1..=2 {
            let (slot, _) = Slot::take(&paths, &account()).unwrap();
            fs::write(&slot.path, format!("message = {number}")).unwrap();
            drop(slot);
            let (slot, found) = Slot::take(&paths, &account()).unwrap();
            let aside = slot.path.with_extension(format!("broken-{number}"));
            assert_eq!(fs::read_to_string(&aside).unwrap(), format!("message = {number}"));
            assert_eq!(found.messages, []);
            let [trouble] = &found.troubles[..] else { panic!("{:?}", found.troubles) };
            assert!(trouble.contains(&*aside.to_string_lossy()) && !trouble.contains('\n'), "{trouble}");
            slot.write(&[unsent("1")]).unwrap();
            slot.write(&[]).unwrap();
        }
    }

    #[test]
    fn everything_is_private_and_no_name_leads_elsewhere() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let (slot, _) = taken(&paths);
        slot.write(&[unsent("1")]).unwrap();
        let files: Vec<_> = fs::read_dir(paths.unsent()).unwrap().map(|entry| entry.unwrap()).collect();
        assert_eq!(files.len(), 2, "the file and its lock: {files:?}");
        assert!(files.iter().all(|file| file.metadata().unwrap().permissions().mode() & 0o777 == 0o600));
    }
}
