//! How many files the system lets this process open: each connection is one.

/// Files that are not connections: the database and its log, the terminal, listening sockets, what the system keeps open,
/// and connections that have been told to go.
const OTHERS: usize = 128;

/// The most connections there are files for. The process asks for as many files as it may have.
#[cfg(unix)]
#[must_use]
pub fn most_connections() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let mut wanted = limit;
        wanted.current = limit.maximum;
        match setrlimit(Resource::Nofile, wanted) {
            Ok(()) => limit.current = limit.maximum,
            Err(error) => tracing::debug!(%error, "no more files than before may be open"),
        }
    }
    // Without a limit there are as many as the settings allow.
    let files = limit.current.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
    (files - files / 16).saturating_sub(OTHERS).max(1)
}

/// The most connections there are files for: elsewhere the system counts memory instead.
#[cfg(not(unix))]
#[must_use]
pub fn most_connections() -> usize {
    usize::MAX
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn all_files_that_may_be_open_are_asked_for() {
        let most = most_connections();
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
        assert!(most >= 1 && limit.current.is_none_or(|files| (most as u64) < files));
        assert_eq!(most_connections(), most);
    }
}
