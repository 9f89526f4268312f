//! A folder of notes on disk: what lies there, the bytes of one file, and the only writer of them. The only place that turns a [`NotePath`]
//! into a file path; it opens beneath the root and follows no link out of it or inside it. Knows nothing of Markdown, of the index or of what was there before.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use anyhow::Context;
use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, statat},
    io::Errno,
};

use crate::model::path::NotePath;

mod beneath;
mod failure;
mod moves;
mod new_file;
mod replace;
mod room;
mod scan;
mod settings;
mod spool;
mod stage;

pub use failure::WriteFailure;
pub use moves::{Renamed, Trashed};
pub use new_file::create_new;
pub use replace::{Displaced, Published};
pub use room::{Room, may_write, room};
pub use scan::{Scan, ScanError, Skipped, WhySkipped};
pub use spool::{INSIDE, Spool};
pub use stage::Staged;

/// One folder of notes. Keeps no descriptor open between calls, so a root that is a switching symlink is resolved anew each time and a
/// volume can be unmounted; cheap to share between threads.
#[derive(Debug)]
pub struct Vault {
    root: PathBuf,
}

/// What identifies one state of a file without reading it. Compare whole and for inequality, never "newer than": sync tools set mtimes
/// back, and only ctime cannot be set by a program (reference: git's index, Syncthing).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp {
    pub dev: u64,
    pub ino: u64,
    /// In bytes.
    pub size: u64,
    /// Nanoseconds since the Unix epoch, negative before it, held at the ends of `i64` (the years 1677 and 2262).
    pub mtime_ns: i64,
    /// As `mtime_ns`.
    pub ctime_ns: i64,
}

/// Which folder the root is at the moment. Another identity than before means a switched symlink, another volume or a recreated folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RootIdentity {
    pub dev: u64,
    pub ino: u64,
}

/// The whole of a file, and the stamp that it had before and after it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileText {
    pub bytes: Vec<u8>,
    pub stamp: Stamp,
}

/// Why there is nothing to read. Only `NotFound`, `Folder`, `NotAFile` and `Symlink` say that a known note is gone; after the others its
/// last known state stays.
#[derive(Debug)]
pub enum ReadError {
    NotFound,
    /// The vault itself is not there, which says nothing of its notes.
    RootGone,
    /// The path names a folder.
    Folder,
    /// A pipe, socket or device: never opened.
    NotAFile,
    /// The path, or a folder on its way, is a symbolic link. Links are not followed.
    Symlink,
    TooLarge {
        size: u64,
    },
    /// Someone writes into it at this moment: try again shortly.
    Changing,
    /// A cloud drive holds only a placeholder of it here; reading would download it (macOS).
    NotLocal,
    Unreadable(io::Error),
}

impl Vault {
    /// Returns the vault at `root`, a folder or a symbolic link to one.
    pub fn open(root: &Path) -> anyhow::Result<Vault> {
        let vault = Vault::at(root)?;
        let root = &vault.root;
        let found =
            std::fs::metadata(root).with_context(|| format!("cannot open the vault {}: check the path and its mount", root.display()))?;
        anyhow::ensure!(
            found.is_dir(),
            "the vault {} is not a folder: give the folder that holds the notes",
            root.display()
        );
        Ok(vault)
    }

    /// Returns the folder of files at `root`, which need not be there yet: then it is one that is gone.
    pub fn at(root: &Path) -> anyhow::Result<Vault> {
        let root = std::path::absolute(root).with_context(|| format!("cannot use the vault path {}", root.display()))?;
        Ok(Vault { root })
    }

    /// Returns the root as configured, made absolute, its links not resolved.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns all that the vault holds, without reading a file. `exclude` is asked for every relative path; a folder that it names is not
    /// entered. Costs about 2 µs a note (measured: 0.2 s for 100,000).
    pub fn scan(&self, exclude: &dyn Fn(&str) -> bool) -> Result<Scan, ScanError> {
        scan::walk(&self.open_root()?, None, exclude)
    }

    /// Returns what one folder and those below it hold; nothing when there is no such folder. The caller has checked that neither the
    /// folder nor one above it is excluded.
    pub fn scan_below(&self, folder: &NotePath, exclude: &dyn Fn(&str) -> bool) -> Result<Scan, ScanError> {
        scan::walk(&self.open_root()?, Some(folder), exclude)
    }

    /// Returns a file's bytes. A file larger than `max_bytes` is not read at all.
    pub fn read(&self, path: &NotePath, max_bytes: u64) -> Result<FileText, ReadError> {
        read_in(&self.open_folder_of(path)?, path.file_name(), max_bytes)
    }

    /// Returns the first bytes of a file, at most so many, however large it is; its stamp is that of the whole.
    pub fn read_beginning(&self, path: &NotePath, most: u64) -> Result<FileText, ReadError> {
        read_up_to(&self.open_folder_of(path)?, path.file_name(), u64::MAX, most)
    }

    /// Returns the stamp of a file, `None` when nothing lies there.
    pub fn stamp(&self, path: &NotePath) -> Result<Option<Stamp>, ReadError> {
        let found = self
            .open_folder_of(path)
            .and_then(|folder| Ok(statat(&folder, path.file_name(), AtFlags::SYMLINK_NOFOLLOW)?));
        match found {
            Ok(stat) => check_kind(&stat).map(|()| Some(Stamp::of(&stat))),
            Err(ReadError::NotFound) => Ok(None),
            Err(why) => Err(why),
        }
    }

    /// Returns which folder the root is now. To be compared with the last scan's before a missing file is taken for a deleted one: an empty
    /// mount point looks like a vault without notes.
    pub fn root_identity(&self) -> Result<RootIdentity, ScanError> {
        Ok(RootIdentity::of(&fstat(self.open_root()?)?))
    }

    /// Says whether changes may come without an event: a network, FUSE or overlay file system (reference: reliability.md 1.1, measured), or
    /// one that cannot be asked. The caller then polls.
    pub fn is_remote(&self) -> bool {
        self.open_root().map_or(true, |root| beneath::is_remote(&root))
    }

    fn open_root(&self) -> Result<OwnedFd, ScanError> {
        Ok(beneath::open_root(&self.root)?)
    }

    fn open_folder_of(&self, path: &NotePath) -> Result<OwnedFd, ReadError> {
        let root = self.open_root()?;
        if path.folder().is_empty() {
            Ok(root)
        } else {
            Ok(beneath::open_folder(&root, path.folder(), beneath::PASS_THROUGH)?)
        }
    }
}

fn read_in(folder: &OwnedFd, name: &str, max_bytes: u64) -> Result<FileText, ReadError> {
    read_up_to(folder, name, max_bytes, u64::MAX)
}

fn read_up_to(folder: &OwnedFd, name: &str, max_bytes: u64, most: u64) -> Result<FileText, ReadError> {
    // Looked at before it is opened: opening a pipe or a device can already disturb who is at its other end.
    check_readable(&statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?, max_bytes)?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(openat(folder, name, flags, Mode::empty())?);

    let before = fstat(&file)?;
    check_readable(&before, max_bytes)?;
    let stamp = Stamp::of(&before);
    let wanted = stamp.size.min(most);
    let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
    // One byte more than there should be shows that it grows.
    (&file)
        .take(stamp.size.saturating_add(1).min(most))
        .read_to_end(&mut bytes)
        .map_err(ReadError::Unreadable)?;
    if Stamp::of(&fstat(&file)?) != stamp || bytes.len() as u64 != wanted {
        return Err(ReadError::Changing);
    }
    Ok(FileText { bytes, stamp })
}

impl Stamp {
    fn of(stat: &Stat) -> Stamp {
        let RootIdentity { dev, ino } = RootIdentity::of(stat);
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Stamp {
            dev,
            ino,
            size: stat.st_size as u64,
            mtime_ns: nanoseconds(stat.st_mtime, stat.st_mtime_nsec as i64),
            ctime_ns: nanoseconds(stat.st_ctime, stat.st_ctime_nsec as i64),
        }
    }
}

impl RootIdentity {
    #[cfg_attr(
        target_os = "linux",
        expect(clippy::unnecessary_cast, reason = "device numbers are signed on macOS")
    )]
    fn of(stat: &Stat) -> RootIdentity {
        RootIdentity {
            dev: stat.st_dev as u64,
            ino: stat.st_ino,
        }
    }
}

fn check_kind(stat: &Stat) -> Result<(), ReadError> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(()),
        FileType::Directory => Err(ReadError::Folder),
        FileType::Symlink => Err(ReadError::Symlink),
        _ => Err(ReadError::NotAFile),
    }
}

fn check_readable(stat: &Stat, max_bytes: u64) -> Result<(), ReadError> {
    check_kind(stat)?;
    let size = stat.st_size as u64;
    if size > max_bytes {
        return Err(ReadError::TooLarge { size });
    }
    // Elsewhere a file without blocks is merely sparse, or small enough for its inode.
    if cfg!(target_os = "macos") && size > 0 && stat.st_blocks == 0 {
        return Err(ReadError::NotLocal);
    }
    Ok(())
}

impl From<ScanError> for ReadError {
    fn from(why: ScanError) -> ReadError {
        match why {
            ScanError::RootGone => ReadError::RootGone,
            ScanError::Unreadable(why) => ReadError::Unreadable(why),
        }
    }
}

impl From<Errno> for ReadError {
    fn from(errno: Errno) -> ReadError {
        match errno {
            Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG => ReadError::NotFound,
            Errno::LOOP | Errno::XDEV => ReadError::Symlink,
            Errno::NXIO | Errno::NODEV => ReadError::NotAFile,
            other => ReadError::Unreadable(other.into()),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::NotFound => f.write_str("no such file"),
            ReadError::RootGone => ScanError::RootGone.fmt(f),
            ReadError::Folder => f.write_str("a folder, not a file"),
            ReadError::NotAFile => f.write_str("a pipe, socket or device, not a file"),
            ReadError::Symlink => f.write_str("behind a symbolic link; links are not followed"),
            ReadError::TooLarge { size } => write!(f, "too large to read ({size} bytes)"),
            ReadError::Changing => f.write_str("being written at this moment; try again"),
            ReadError::NotLocal => f.write_str("not downloaded by the cloud drive yet"),
            ReadError::Unreadable(why) => write!(f, "cannot be read: {why}"),
        }
    }
}

impl std::error::Error for ReadError {}

#[cfg(test)]
mod tests;
