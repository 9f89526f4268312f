//! A staged text takes its place in the vault, and nobody else's text is lost by it: what lay there is swapped out, looked at, and put back
//! when it was not what the caller thought. Knows nothing of what the texts mean or how they could be merged.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, Mode, OFlags, RenameFlags, fstat, linkat, openat, renameat, renameat_with, unlinkat},
    io::Errno,
};

use super::{
    Spool, Staged, Stamp, Vault, WriteFailure, spool,
    stage::{Seen, make_later, see},
};
use crate::model::{hash::ContentHash, path::NotePath};

/// Each round needs somebody who saved within the microseconds of the one before.
const MAX_ROUNDS: usize = 64;

/// What became of a staged text.
#[derive(Debug)]
pub enum Published {
    /// The text lies at the path. What lay there before, for the second look; `None` for a new file.
    Done { stamp: Stamp, displaced: Option<Displaced> },
    /// The file at the path was not the base (any more). `found` are the bytes that were there, `None` when there is no file; by now newer
    /// ones may lie there.
    Changed { found: Option<Vec<u8>> },
}

/// A file that was swapped out; an editor may still hold it open and write into it.
#[derive(Debug)]
pub struct Displaced {
    /// Where it lay in the vault.
    pub path: NotePath,
    /// Where it lies in the spool.
    pub file: PathBuf,
    /// Of its bytes when it was swapped out.
    pub hash: ContentHash,
}

impl Vault {
    /// Puts a staged text at its path. Without a `base` it becomes a new file, in folders that are made as needed; with one it replaces a
    /// file of exactly those bytes. Durable after [`Vault::sync_folders`].
    pub fn publish(&self, spool: &Spool, staged: Staged, base: Option<ContentHash>) -> Result<Published, WriteFailure> {
        let spooled = self.open_spool(spool.place())?;
        let published = match base {
            None => self.create(&spooled, &staged),
            Some(base) => self.replace(spool, &spooled, &staged, base),
        };
        if !matches!(published, Ok(Published::Done { .. })) {
            // Not there any more if it has been at the path: then it has another name.
            let _ = unlinkat(&spooled, &staged.name, AtFlags::empty());
        }
        // Staged no longer, whatever came of it.
        drop(staged);
        published
    }

    /// Reads a displaced file again: whoever had it open may have written into it. `None` when it is gone.
    pub fn look_again(&self, displaced: &Displaced) -> Result<Option<Vec<u8>>, WriteFailure> {
        let (folder, name) = self.open_displaced(displaced)?;
        see(&folder, name)?.map(|it| it.bytes).transpose()
    }

    /// Deletes a displaced file, once its bytes are held elsewhere.
    #[expect(clippy::needless_pass_by_value, reason = "nobody may look at it afterwards")]
    pub fn forget(&self, displaced: Displaced) {
        if let Ok((folder, name)) = self.open_displaced(&displaced) {
            // If it stays it costs space and nothing else.
            let _ = unlinkat(&folder, name, AtFlags::empty());
        }
    }

    fn open_displaced<'a>(&self, displaced: &'a Displaced) -> Result<(OwnedFd, &'a str), WriteFailure> {
        let place = displaced.file.parent().unwrap_or(Path::new("/"));
        let name = displaced.file.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        Ok((self.open_spool(place)?, name))
    }

    fn create(&self, spooled: &OwnedFd, staged: &Staged) -> Result<Published, WriteFailure> {
        let folder = self.make_folder(staged.path.folder())?;
        let before = stamp_of(staged)?;
        match move_to_free(spooled, &staged.name, &folder, staged.path.file_name()) {
            Ok(()) => Ok(Published::Done {
                stamp: stamp_since(staged, before),
                displaced: None,
            }),
            Err(Errno::EXIST) => changed(&folder, staged.path.file_name()),
            Err(why) => Err(why.into()),
        }
    }

    fn replace(&self, spool: &Spool, spooled: &OwnedFd, staged: &Staged, base: ContentHash) -> Result<Published, WriteFailure> {
        let Some(folder) = self.folder_for_writing(staged.path.folder())? else {
            return Ok(Published::Changed { found: None });
        };
        let name = staged.path.file_name();
        let Some(old) = see(&folder, name)? else {
            return Ok(Published::Changed { found: None });
        };
        if old.hash() != Some(base) {
            return Ok(Published::Changed { found: Some(old.bytes?) });
        }
        make_later(&staged.file, old.stamp.mtime_ns)?;
        let before = stamp_of(staged)?;

        // From here on the name in the spool is one that no cleaning deletes: after a crash it may hold what somebody else wrote.
        let held = spool::displaced_name();
        let swapped = if spool.exchanges {
            renameat(spooled, &staged.name, spooled, &held)?;
            renameat_with(spooled, &held, &folder, name, RenameFlags::EXCHANGE)
        } else {
            renameat(&folder, name, spooled, &held)
        };
        if let Err(why) = swapped {
            if spool.exchanges {
                let _ = renameat(spooled, &held, spooled, &staged.name);
            }
            return if why == Errno::NOENT {
                changed(&folder, name)
            } else {
                Err(why.into())
            };
        }
        let out = see(spooled, &held)?;
        let is_base = out.as_ref().is_some_and(|it| it.hash() == Some(base));
        if !is_base {
            if spool.exchanges {
                let heard = vec![Some(staged.hash), out.as_ref().and_then(Seen::hash)];
                put_back(spooled, &held, &folder, name, Placed::of_staged(before, staged), heard)?;
            } else {
                give_back(spooled, &held, &folder, name)?;
            }
            // Not what lies there by now: an editor that read the path during the swap may save over these bytes and not have them.
            return Ok(Published::Changed {
                found: out.map(|it| it.bytes).transpose()?,
            });
        }
        if !spool.exchanges
            && let Err(why) = move_to_free(spooled, &staged.name, &folder, name)
        {
            if why == Errno::EXIST {
                return changed(&folder, name);
            }
            give_back(spooled, &held, &folder, name)?;
            return Err(why.into());
        }
        Ok(Published::Done {
            stamp: stamp_since(staged, before),
            displaced: Some(Displaced {
                path: staged.path.clone(),
                file: spool.place().join(held),
                hash: base,
            }),
        })
    }
}

/// What was last put at the path, to know it again.
struct Placed {
    dev: u64,
    ino: u64,
    hash: Option<ContentHash>,
}

impl Placed {
    fn of_staged(stamp: Stamp, staged: &Staged) -> Placed {
        Placed {
            dev: stamp.dev,
            ino: stamp.ino,
            hash: Some(staged.hash),
        }
    }

    fn of_seen(seen: &Seen) -> Placed {
        Placed {
            dev: seen.stamp.dev,
            ino: seen.stamp.ino,
            hash: seen.hash(),
        }
    }

    fn is(&self, seen: &Seen) -> bool {
        (seen.stamp.dev, seen.stamp.ino, seen.hash()) == (self.dev, self.ino, self.hash)
    }
}

/// Swaps back what was swapped out, until what comes out is what was put in the time before: then the newest of others' files lies at the
/// path. What is left in the spool stays, since an editor may have opened it while it lay there. So does a copy of every text that came by
/// and is not in `heard`: an editor may have read one, and save it over another.
fn put_back(
    spooled: &OwnedFd,
    held: &str,
    folder: &OwnedFd,
    name: &str,
    mut placed: Placed,
    mut heard: Vec<Option<ContentHash>>,
) -> Result<(), WriteFailure> {
    for _ in 0..MAX_ROUNDS {
        let Some(newer) = see(spooled, held)? else { return Ok(()) };
        if !heard.contains(&newer.hash()) {
            heard.push(newer.hash());
            keep_copy(spooled, &newer);
        }
        match renameat_with(spooled, held, folder, name, RenameFlags::EXCHANGE) {
            Ok(()) => {}
            // Deleted in between: text that comes back is the lesser harm.
            Err(Errno::NOENT) => return give_back(spooled, held, folder, name),
            Err(why) => return Err(why.into()),
        }
        match see(spooled, held)? {
            Some(out) if !placed.is(&out) => placed = Placed::of_seen(&newer),
            _ => return Ok(()),
        }
    }
    Ok(())
}

/// Nothing hangs on its success: the file itself is put back in any case.
fn keep_copy(spooled: &OwnedFd, seen: &Seen) {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    if let (Ok(bytes), Ok(file)) = (
        &seen.bytes,
        openat(spooled, spool::displaced_name(), flags, Mode::RUSR | Mode::WUSR),
    ) {
        let _ = File::from(file).write_all(bytes);
    }
}

/// Moves a file back to its path if nothing lies there by now; otherwise it stays in the spool.
fn give_back(spooled: &OwnedFd, held: &str, folder: &OwnedFd, name: &str) -> Result<(), WriteFailure> {
    match move_to_free(spooled, held, folder, name) {
        Err(Errno::EXIST) => Ok(()),
        moved => Ok(moved?),
    }
}

/// Renames and never replaces: `EEXIST` when something lies there.
pub(super) fn move_to_free(from: &OwnedFd, old: &str, to: &OwnedFd, new: &str) -> Result<(), Errno> {
    match renameat_with(from, old, to, new, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) => {
            linkat(from, old, to, new, AtFlags::empty())?;
            unlinkat(from, old, AtFlags::empty())
        }
        moved => moved,
    }
}

fn changed(folder: &OwnedFd, name: &str) -> Result<Published, WriteFailure> {
    let found = see(folder, name)?.map(|it| it.bytes).transpose()?;
    Ok(Published::Changed { found })
}

fn stamp_of(staged: &Staged) -> io::Result<Stamp> {
    Ok(Stamp::of(&fstat(&staged.file)?))
}

/// Returns the stamp of the published file; the one from before, which matches no file, when somebody has already written into it. So
/// nobody takes their bytes for ours.
fn stamp_since(staged: &Staged, before: Stamp) -> Stamp {
    match stamp_of(staged) {
        Ok(now) if (now.mtime_ns, now.size) == (before.mtime_ns, before.size) => now,
        _ => before,
    }
}
