//! Bytes on their way into the vault: written beside it with the look of the file that they will replace, and made durable. Knows
//! descriptors and metadata; publishes nothing.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{Read, Write},
    os::fd::OwnedFd,
};

use rustix::{
    fs::{
        AtFlags, FileType, Mode, OFlags, Stat, Timespec, Timestamps, UTIME_OMIT, XattrFlags, fchmod, fchown, fgetxattr, flistxattr,
        fsetxattr, fstat, fsync, futimens, mkdirat, openat, statat, unlinkat,
    },
    io::Errno,
};

use super::{Spool, Stamp, Vault, WriteFailure, beneath, spool};
use crate::model::{hash::ContentHash, path::NotePath};

/// Obsidian and sync tools compare times by the millisecond.
const LATER_NS: i64 = 1_000_000;

/// A text written into the spool and not yet published. If it is dropped, [`Spool::clean`] deletes the file.
#[derive(Debug)]
pub struct Staged {
    pub(super) path: NotePath,
    /// In the spool.
    pub(super) name: String,
    pub(super) file: File,
    pub(super) hash: ContentHash,
}

/// What lies at a name in a folder.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) stamp: Stamp,
    /// The bytes, or why it may not be replaced.
    pub(super) bytes: Result<Vec<u8>, WriteFailure>,
}

impl Vault {
    /// Writes bytes into a new file of the spool, which takes mode and, where possible, owner and extended attributes of the file at `path`,
    /// and a later modification time. Nothing is synced.
    pub fn stage(&self, spool: &Spool, path: &NotePath, bytes: &[u8]) -> Result<Staged, WriteFailure> {
        let old = match self.folder_for_writing(path.folder())? {
            Some(folder) => open_note(&folder, path.file_name())?,
            None => None,
        };
        let folder = self.open_spool(spool.place())?;
        let name = spool::temporary_name();
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // The process's umask takes its share of the first; the other is nobody's business until it has its mode.
        let mode = if old.is_none() { 0o644 } else { 0o600 };
        let file = File::from(openat(&folder, &name, flags, Mode::from_raw_mode(mode))?);
        let staged = Staged {
            path: path.clone(),
            name,
            file,
            hash: ContentHash::of(bytes),
        };
        match write(&staged.file, bytes, old.as_ref()) {
            Ok(()) => Ok(staged),
            Err(why) => {
                let _ = unlinkat(&folder, &staged.name, AtFlags::empty());
                Err(why)
            }
        }
    }

    /// Makes what was staged durable: by an fsync of one file, or one sync of the file system for several.
    pub fn sync_staged(&self, spool: &Spool, staged: &[Staged]) -> Result<(), WriteFailure> {
        #[cfg(target_os = "linux")]
        if staged.len() > 1 {
            match rustix::fs::syncfs(self.open_spool(spool.place())?) {
                Err(Errno::NOSYS | Errno::INVAL) => {}
                synced => return Ok(synced?),
            }
        }
        self.open_spool(spool.place())?;
        staged.iter().try_for_each(|it| Ok(fsync(&it.file)?))
    }

    /// Makes names durable: syncs the folders that hold these paths, once each, and the spool's. A folder that is gone is passed over.
    pub fn sync_folders(&self, spool: &Spool, paths: &[NotePath]) -> Result<(), WriteFailure> {
        let folders: BTreeSet<&str> = paths.iter().map(NotePath::folder).collect();
        for folder in folders {
            if let Some(folder) = self.folder_for_writing(folder)? {
                fsync(folder)?;
            }
        }
        Ok(fsync(self.open_spool(spool.place())?)?)
    }

    /// `None` when there is no such folder.
    pub(super) fn folder_for_writing(&self, folder: &str) -> Result<Option<OwnedFd>, WriteFailure> {
        let root = self.open_root()?;
        match beneath::open_folder(&root, if folder.is_empty() { "." } else { folder }, OFlags::RDONLY) {
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::LOOP | Errno::XDEV) => Err(WriteFailure::Symlink),
            opened => Ok(Some(opened?)),
        }
    }

    /// Opens a folder and makes what is missing of it, each synced into the one above.
    pub(super) fn make_folder(&self, folder: &str) -> Result<OwnedFd, WriteFailure> {
        let root = self.open_root()?;
        let mut here = beneath::open_folder(&root, ".", OFlags::RDONLY)?;
        for name in folder.split('/').filter(|it| !it.is_empty()) {
            let mut below = beneath::open_folder(&here, name, OFlags::RDONLY);
            if matches!(below, Err(Errno::NOENT)) {
                match mkdirat(&here, name, Mode::from_raw_mode(0o777)) {
                    Ok(()) => fsync(&here)?,
                    Err(Errno::EXIST) => {}
                    Err(why) => return Err(why.into()),
                }
                below = beneath::open_folder(&here, name, OFlags::RDONLY);
            }
            here = below?;
        }
        Ok(here)
    }

    pub(super) fn open_spool(&self, place: &std::path::Path) -> Result<OwnedFd, WriteFailure> {
        self.open_root()?;
        Ok(spool::open(place)?)
    }
}

/// Opens the file that is to be replaced; `None` when there is none.
fn open_note(folder: &OwnedFd, name: &str) -> Result<Option<File>, WriteFailure> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    // Looked at before it is opened, as when it is read.
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(None),
        found => check_replaceable(&found?)?,
    }
    match openat(folder, name, flags, Mode::empty()) {
        Err(Errno::NOENT) => Ok(None),
        opened => {
            let file = opened?;
            check_replaceable(&fstat(&file)?)?;
            Ok(Some(file.into()))
        }
    }
}

/// Returns what lies at a name, `None` when nothing does.
pub(super) fn see(folder: &OwnedFd, name: &str) -> Result<Option<Seen>, WriteFailure> {
    let stat = match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(None),
        found => found?,
    };
    match open_note(folder, name) {
        Ok(None) => Ok(None),
        Ok(Some(mut file)) => {
            let stamp = Stamp::of(&fstat(&file)?);
            let mut bytes = Vec::new();
            let bytes = file.read_to_end(&mut bytes).map(|_| bytes).map_err(WriteFailure::from);
            Ok(Some(Seen { stamp, bytes }))
        }
        Err(why) => Ok(Some(Seen {
            stamp: Stamp::of(&stat),
            bytes: Err(why),
        })),
    }
}

impl Seen {
    pub(super) fn hash(&self) -> Option<ContentHash> {
        self.bytes.as_deref().ok().map(ContentHash::of)
    }
}

fn check_replaceable(stat: &Stat) -> Result<(), WriteFailure> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile if stat.st_nlink > 1 => Err(WriteFailure::HardLinked),
        FileType::RegularFile => Ok(()),
        FileType::Symlink => Err(WriteFailure::Symlink),
        _ => Err(WriteFailure::NotAFile),
    }
}

fn write(mut file: &File, bytes: &[u8], old: Option<&File>) -> Result<(), WriteFailure> {
    file.write_all(bytes)?;
    let Some(old) = old else { return Ok(()) };
    let stat = fstat(old)?;
    // Only root may give a file away; what is left then is a file of ours with the same mode.
    let _ = fchown(
        file,
        Some(rustix::process::Uid::from_raw(stat.st_uid)),
        Some(rustix::process::Gid::from_raw(stat.st_gid)),
    );
    fchmod(file, Mode::from_raw_mode(stat.st_mode & 0o777))?;
    copy_attributes(old, file);
    Ok(make_later(file, Stamp::of(&stat).mtime_ns)?)
}

/// Sets the modification time after that of the file to be replaced, where the clock has not done so.
pub(super) fn make_later(file: &File, old_ns: i64) -> Result<(), Errno> {
    let now_ns = Stamp::of(&fstat(file)?).mtime_ns;
    if now_ns / LATER_NS > old_ns / LATER_NS {
        return Ok(());
    }
    let later_ns = old_ns.saturating_add(LATER_NS);
    let omit = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_OMIT,
    };
    let last_modification = Timespec {
        tv_sec: later_ns.div_euclid(1_000_000_000),
        tv_nsec: later_ns.rem_euclid(1_000_000_000) as _,
    };
    let times = Timestamps {
        last_access: omit,
        last_modification,
    };
    futimens(file, &times)
}

/// Copies what can be copied: access lists and tags of a desktop. One that is refused is no reason not to write.
fn copy_attributes(from: &File, to: &File) {
    let mut names = vec![0; 64 << 10];
    let Ok(length) = flistxattr(from, &mut names[..]) else { return };
    for name in names[..length].split(|it| *it == 0).filter(|it| !it.is_empty()) {
        let mut value = vec![0; 64 << 10];
        if let Ok(length) = fgetxattr(from, name, &mut value[..]) {
            let _ = fsetxattr(to, name, &value[..length], XattrFlags::empty());
        }
    }
}
