//! Inputs that fuzzing found worth keeping, a file each.

use std::{fs, path::Path};

/// Gives `check` every file below `package`/`folder`, in the order of their names. The name of the one at work is printed,
/// so that it stands above a panic.
pub fn each(package: &str, folder: &str, check: fn(&[u8])) {
    let folder = Path::new(package).join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "nothing is kept in {}", folder.display());
    for file in files {
        println!("{}", file.display());
        check(&fs::read(&file).expect("what is kept can be read"));
    }
}
