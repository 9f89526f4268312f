//! The walk over a vault: names and stamps, relative to descriptors. Knows which names are never looked at; reads no file.

use std::{fmt, io, os::fd::OwnedFd};

use rustix::{
    fs::{AtFlags, Dir, DirEntry, FileType, OFlags, fstat, statat},
    io::Errno,
};

use super::{RootIdentity, Stamp, beneath};
use crate::model::{
    noise,
    path::{InvalidPath, NotePath},
};

/// How many skipped entries are listed; the rest is only counted.
const MAX_LISTED: usize = 1000;

/// What a walk found. Hidden things, sync tools' files and excluded paths appear nowhere.
#[derive(Debug)]
pub struct Scan {
    /// The root that was walked, whatever its path names by now.
    pub root: RootIdentity,
    /// The Markdown files, conflict copies among them, sorted by path.
    pub files: Vec<(NotePath, Stamp)>,
    /// All other files: attachments, canvases, bases. Sorted by path.
    pub other_files: Vec<(NotePath, Stamp)>,
    /// The folders below the root, sorted.
    pub folders: Vec<NotePath>,
    /// Conflict copies with the path of their original, which need not exist.
    pub conflicts: Vec<(NotePath, String)>,
    /// Entries that cannot be notes here, at most a thousand.
    pub skipped: Vec<Skipped>,
    /// How many such entries there were.
    pub skipped_count: usize,
    /// Folders (empty: the root) that could not be listed to the end, each with the reason. Nothing is known of what lies there.
    pub unlisted: Vec<(String, String)>,
    /// The folder that was walked, when it was not the whole vault.
    below: Option<NotePath>,
}

/// An entry that was left out, for the status page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its path with odd characters escaped: for people, not for opening.
    pub path: String,
    pub why: WhySkipped,
}

/// Why an entry was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhySkipped {
    NotUtf8,
    Name(InvalidPath),
    Symlink,
    NotAFile,
}

/// Why there is no scan. Neither means that notes were deleted.
#[derive(Debug)]
pub enum ScanError {
    /// Nothing, or no folder, lies at the root's path: unmounted, moved or replaced by a file.
    RootGone,
    Unreadable(io::Error),
}

impl Scan {
    /// Says whether the scan proves that there is no such note: it looked at the folder, to the end, and did not find it.
    pub fn proves_absent(&self, path: &NotePath) -> bool {
        let lies_in = |folder: &str| folder.is_empty() || path.as_str().strip_prefix(folder).is_some_and(|it| it.starts_with('/'));
        let looked = self.below.as_ref().is_none_or(|it| lies_in(it.as_str()));
        looked && !self.unlisted.iter().any(|(folder, _)| lies_in(folder)) && !self.holds(path.as_str())
    }

    fn holds(&self, path: &str) -> bool {
        let lies_in = |files: &[(NotePath, Stamp)]| files.binary_search_by(|(it, _)| it.as_str().cmp(path)).is_ok();
        lies_in(&self.files) || lies_in(&self.other_files)
    }
}

pub(super) fn walk(root: &OwnedFd, below: Option<&NotePath>, exclude: &dyn Fn(&str) -> bool) -> Result<Scan, ScanError> {
    let scan = Scan {
        root: RootIdentity::of(&fstat(root)?),
        files: Vec::new(),
        other_files: Vec::new(),
        folders: Vec::new(),
        conflicts: Vec::new(),
        skipped: Vec::new(),
        skipped_count: 0,
        unlisted: Vec::new(),
        below: below.cloned(),
    };
    let mut walk = Walk {
        root,
        exclude,
        pending: Vec::new(),
        scan,
    };
    walk.list_first(below.map_or("", NotePath::as_str))?;
    // Every folder is opened from the root, so a deep tree costs neither stack nor descriptors; the bound on paths bounds its depth.
    while let Some(folder) = walk.pending.pop() {
        walk.list_next(folder.as_str());
        walk.scan.folders.push(folder);
    }

    let mut scan = walk.scan;
    scan.files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    scan.other_files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    scan.folders.sort_unstable();
    let files = scan.files.iter().chain(&scan.other_files);
    scan.conflicts = files
        .filter_map(|(path, _)| noise::conflict_of(path.as_str(), |original| scan.holds(original)).map(|original| (path.clone(), original)))
        .collect();
    Ok(scan)
}

struct Walk<'a> {
    root: &'a OwnedFd,
    exclude: &'a dyn Fn(&str) -> bool,
    pending: Vec<NotePath>,
    scan: Scan,
}

impl Walk<'_> {
    /// Lists the folder where the walk begins. A root that cannot be opened is an error of the whole scan, never an empty vault.
    fn list_first(&mut self, folder: &str) -> Result<(), ScanError> {
        if !folder.is_empty() {
            self.list_next(folder);
            return Ok(());
        }
        let opened = beneath::open_folder(self.root, ".", OFlags::RDONLY)?;
        self.list(folder, opened);
        Ok(())
    }

    fn list_next(&mut self, folder: &str) {
        match beneath::open_folder(self.root, folder, OFlags::RDONLY) {
            Ok(opened) => self.list(folder, opened),
            // Gone, or replaced by a file or link, since the folder above was listed.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV) => {}
            Err(why) => self.scan.unlisted.push((folder.to_owned(), io::Error::from(why).to_string())),
        }
    }

    /// Goes on after an entry that cannot be looked at: the folder then counts as not listed, and its other entries are known all the same.
    fn list(&mut self, folder: &str, opened: OwnedFd) {
        let mut failure = None;
        match Dir::new(opened) {
            Ok(mut dir) => {
                while let Some(entry) = dir.read() {
                    if let Err(why) = entry.and_then(|entry| self.look_at(folder, &dir, &entry)) {
                        failure = Some(why);
                    }
                }
            }
            Err(why) => failure = Some(why),
        }
        if let Some(why) = failure {
            self.scan.unlisted.push((folder.to_owned(), io::Error::from(why).to_string()));
        }
    }

    fn look_at(&mut self, folder: &str, dir: &Dir, entry: &DirEntry) -> Result<(), Errno> {
        let raw = entry.file_name().to_bytes();
        if raw.starts_with(b".") {
            return Ok(());
        }
        let Ok(name) = str::from_utf8(raw) else {
            self.skip(&join(folder, &String::from_utf8_lossy(raw)), WhySkipped::NotUtf8);
            return Ok(());
        };
        let text = join(folder, name);
        if noise::is_noise(&text) || (self.exclude)(&text) {
            return Ok(());
        }
        let path = match NotePath::parse(&text) {
            Ok(path) => path,
            Err(why) => {
                self.skip(&text, WhySkipped::Name(why));
                return Ok(());
            }
        };

        let mut kind = entry.file_type();
        let mut stamp = None;
        // Some file systems do not tell the kind while listing.
        if matches!(kind, FileType::Unknown | FileType::RegularFile) {
            let stat = match statat(dir.fd()?, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => return Ok(()),
                found => found?,
            };
            kind = FileType::from_raw_mode(stat.st_mode);
            stamp = Some(Stamp::of(&stat));
        }
        match (kind, stamp) {
            (FileType::RegularFile, Some(stamp)) if path.is_note() => self.scan.files.push((path, stamp)),
            (FileType::RegularFile, Some(stamp)) => self.scan.other_files.push((path, stamp)),
            (FileType::Directory, _) => self.pending.push(path),
            (FileType::Symlink, _) => self.skip(&text, WhySkipped::Symlink),
            _ => self.skip(&text, WhySkipped::NotAFile),
        }
        Ok(())
    }

    fn skip(&mut self, path: &str, why: WhySkipped) {
        self.scan.skipped_count += 1;
        if self.scan.skipped.len() < MAX_LISTED {
            self.scan.skipped.push(Skipped {
                path: path.escape_debug().to_string(),
                why,
            });
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        [folder, "/", name].concat()
    }
}

impl From<Errno> for ScanError {
    fn from(errno: Errno) -> ScanError {
        match errno {
            Errno::NOENT | Errno::NOTDIR => ScanError::RootGone,
            other => ScanError::Unreadable(other.into()),
        }
    }
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScanError::RootGone => f.write_str("the vault's folder is gone; check its mount"),
            ScanError::Unreadable(why) => write!(f, "the vault's folder cannot be read: {why}"),
        }
    }
}

impl std::error::Error for ScanError {}

impl fmt::Display for WhySkipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhySkipped::NotUtf8 => f.write_str("the name is not UTF-8"),
            WhySkipped::Name(why) => why.fmt(f),
            WhySkipped::Symlink => f.write_str("symbolic links are not followed"),
            WhySkipped::NotAFile => f.write_str("neither a file nor a folder"),
        }
    }
}
