//! One server a data folder. Knows the lock file; knows nothing of what it protects.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    os::unix::fs::DirBuilderExt,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tracing::warn;

/// How long a start waits for the server before it: a rolling update lets the two meet for a moment.
const WAIT: Duration = Duration::from_secs(10);

/// Holds the data folder until it is dropped, or the process ends.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Creates the folder if need be and takes its lock, waiting 10 seconds for another server to let it go.
    pub(super) fn take(folder: &Path) -> Result<FolderLock> {
        FolderLock::take_within(folder, WAIT)
    }

    fn take_within(folder: &Path, wait: Duration) -> Result<FolderLock> {
        // It holds the texts of all notes: a folder that is made here is its owner's alone. One that is there stays as it is.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("create the data folder `{}`", folder.display()))?;
        let path = folder.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("open the lock `{}`", path.display()))?;
        let until = Instant::now() + wait;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(FolderLock { _file: file }),
                Err(TryLockError::Error(error)) => return Err(error).with_context(|| format!("lock `{}`", path.display())),
                Err(TryLockError::WouldBlock) if Instant::now() >= until => {
                    bail!(
                        "another membridge server uses the data folder `{}`; stop it, or give this one its own with --data-dir",
                        folder.display()
                    )
                }
                Err(TryLockError::WouldBlock) => {
                    warn!(folder = %folder.display(), "another server holds the data folder; waiting for it to stop");
                    thread::sleep(Duration::from_secs(1).min(wait));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_waits_and_then_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::take(folder.path()).unwrap();
        let refused = FolderLock::take_within(folder.path(), Duration::from_millis(10)).unwrap_err();
        assert!(refused.to_string().contains("another membridge server"), "{refused}");
        drop(first);
        FolderLock::take_within(folder.path(), Duration::ZERO).unwrap();
    }
}
