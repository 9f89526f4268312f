//! `index.lock`, held as git holds it, and known again as ours after a crash. A lock of someone else is never removed.
//!
//! The record beside it holds the same words as the lock. It is itself locked (`flock`) while its owner lives, because the process ids of
//! containers repeat: who gets that lock and finds the words of the record in `index.lock` has found the leavings of a dead process.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read, Seek, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::io::git::{NotNow, NotNowReason};

/// The longest wait for somebody's lock, and the step.
const WAIT: Duration = Duration::from_millis(100);
const STEP: Duration = Duration::from_millis(8);

const LOCK: &str = "index.lock";
const RECORD: &str = "membridge.lock-owner";

/// The held lock; dropping it gives it back.
#[derive(Debug)]
pub(super) struct IndexLock {
    lock: PathBuf,
    record: File,
}

impl IndexLock {
    /// Takes the lock in a git folder, waiting a little for another holder.
    pub(super) fn acquire(git_folder: &Path) -> Result<IndexLock, NotNow> {
        let start = Instant::now();
        loop {
            match try_acquire(git_folder) {
                Ok(Some(lock)) => return Ok(lock),
                Ok(None) if start.elapsed() < WAIT => thread::sleep(STEP),
                Ok(None) => return Err(NotNow::new(NotNowReason::Locked, held(&git_folder.join(LOCK)))),
                Err(error) => {
                    let detail = format!("cannot lock the repository {}: {error}", git_folder.display());
                    return Err(NotNow::new(NotNowReason::Failed, detail));
                }
            }
        }
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        // Nothing is left to do where this fails: the record still says that the lock is ours, and the next hold clears it.
        if fs::remove_file(&self.lock).is_ok() {
            let _ = self.record.set_len(0);
        }
    }
}

/// Removes a lock that a dead process of ours left. Does nothing when there is none or someone lives who may hold it.
pub(super) fn clear_own(git_folder: &Path) {
    if let Ok(mut record) = OpenOptions::new().read(true).write(true).open(git_folder.join(RECORD))
        && record.try_lock().is_ok()
    {
        // A failure shows again, with its reason, when the lock is wanted.
        let _ = clear(&git_folder.join(LOCK), &mut record);
    }
}

/// Returns `None` when somebody else holds the lock.
fn try_acquire(git_folder: &Path) -> io::Result<Option<IndexLock>> {
    let lock = git_folder.join(LOCK);
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
    let mut record = options.open(git_folder.join(RECORD))?;
    match record.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    clear(&lock, &mut record)?;
    if lock.try_exists()? {
        return Ok(None);
    }
    let words = words();
    record.write_all(words.as_bytes())?;
    if create(&lock, &git_folder.join("membridge.lock-new"), &words)? {
        return Ok(Some(IndexLock { lock, record }));
    }
    record.set_len(0)?;
    Ok(None)
}

/// Removes the lock when it holds the words of the record, and empties the record.
fn clear(lock: &Path, record: &mut File) -> io::Result<()> {
    let mut owner = Vec::new();
    record.rewind()?;
    record.read_to_end(&mut owner)?;
    if !owner.is_empty() && fs::read(lock).is_ok_and(|it| it == owner) {
        fs::remove_file(lock)?;
    }
    record.set_len(0)?;
    record.rewind()
}

/// Makes the lock appear with its words in it, or says that there is one. Where a file system has no hard links, there is a moment in which
/// it is still empty, and a crash in this moment leaves a lock that nobody dares to remove.
fn create(lock: &Path, aside: &Path, words: &str) -> io::Result<bool> {
    fs::write(aside, words)?;
    let linked = fs::hard_link(aside, lock);
    fs::remove_file(aside)?;
    let made = match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(lock)
            .and_then(|mut it| it.write_all(words.as_bytes())),
        linked => linked,
    };
    match made {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Words that no other hold has, of this process or of another.
fn words() -> String {
    static HOLDS: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let hold = HOLDS.fetch_add(1, Ordering::Relaxed);
    format!("membridge {} {now} {hold}\n", process::id())
}

fn held(lock: &Path) -> String {
    let age = fs::metadata(lock)
        .and_then(|it| it.modified())
        .ok()
        .and_then(|it| it.elapsed().ok());
    match age {
        Some(age) => format!("{} is held by another program for {} s", lock.display(), age.as_secs()),
        None => format!("{} is held by another program", lock.display()),
    }
}
