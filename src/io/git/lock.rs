//! `index.lock`, held as git holds it, and known again as ours after a crash. A lock of someone else is never removed.
//!
//! The record beside it holds the same words as the lock. It is itself locked (`flock`) while its owner lives, because the process ids of
//! containers repeat: who gets that lock and finds the words of the record in `index.lock` has found the leavings of a dead process. Below the
//! words stands which branch was about to be moved where: libgit2's lock of a branch stays behind too.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read, Seek, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use git2::Oid;

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
    pub(super) fn acquire(git_folder: &Path, common_folder: &Path) -> Result<IndexLock, NotNow> {
        let start = Instant::now();
        loop {
            match try_acquire(git_folder, common_folder) {
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

    /// Notes that the branch is about to be moved, so that a lock of it that a crash leaves is known again.
    pub(super) fn will_move(&mut self, branch: &str, tip: Oid) -> io::Result<()> {
        self.record.write_all(format!("{branch}\n{tip}\n").as_bytes())
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
pub(super) fn clear_own(git_folder: &Path, common_folder: &Path) {
    if let Ok(mut record) = OpenOptions::new().read(true).write(true).open(git_folder.join(RECORD))
        && record.try_lock().is_ok()
    {
        // A failure shows again, with its reason, when the lock is wanted.
        let _ = clear(&git_folder.join(LOCK), common_folder, &mut record);
    }
}

/// Returns `None` when somebody else holds the lock.
fn try_acquire(git_folder: &Path, common_folder: &Path) -> io::Result<Option<IndexLock>> {
    let lock = git_folder.join(LOCK);
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
    let mut record = options.open(git_folder.join(RECORD))?;
    match record.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    clear(&lock, common_folder, &mut record)?;
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

/// Removes the lock when it holds the words of the record, and that of the branch named there, and empties the record.
fn clear(lock: &Path, common_folder: &Path, record: &mut File) -> io::Result<()> {
    let mut owner = String::new();
    record.rewind()?;
    record.read_to_string(&mut owner)?;
    let mut lines = owner.split_inclusive('\n');
    if let Some(words) = lines.next()
        && fs::read(lock).is_ok_and(|it| it == words.as_bytes())
    {
        // Before the other: while it is there, git's own commands keep their hands off the branch.
        if let (Some(branch), Some(tip)) = (lines.next(), lines.next()) {
            clear_branch(&common_folder.join(format!("{}.lock", branch.trim_end())), tip)?;
        }
        fs::remove_file(lock)?;
    }
    record.set_len(0)?;
    record.rewind()
}

/// Removes the lock of a branch that libgit2 left: it holds where the branch was to go, or nothing yet. What somebody else has just made
/// is filled in a moment.
fn clear_branch(lock: &Path, tip: &str) -> io::Result<()> {
    let holds = |text: &str| fs::read(lock).is_ok_and(|it| it == text.as_bytes());
    if holds("") {
        thread::sleep(STEP * 4);
    }
    if holds("") || holds(tip) { fs::remove_file(lock) } else { Ok(()) }
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
