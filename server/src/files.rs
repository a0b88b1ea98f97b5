//! Files that only their owner may read, and that are on the disk when they are said to be.

use std::{
    fs::File,
    io::{Error, Write as _},
    path::Path,
};

/// Makes a file for its owner only, if it is not there. SQLite gives the files beside a database the same permissions.
pub(crate) fn make_private(path: &Path) -> Result<(), Error> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Writes a file that only its owner may read. It appears whole and on the disk, or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let half = path.with_extension("new");
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = || {
        let mut file = options.open(&half)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&half, path)
    };
    let written = write();
    if written.is_err() {
        // Half a file is of no use; that there is an error is said anyway.
        let _ = std::fs::remove_file(&half);
    }
    written.and_then(|()| sync_folder(path))
}

/// Makes it last that `file` came into its folder, left it or has another name there.
pub(crate) fn sync_folder(file: &Path) -> Result<(), Error> {
    // Only Unix lets a folder be flushed.
    #[cfg(unix)]
    {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
