//! The folder where files lie that are not yet, or no longer, in the vault: found by trying what the file system can do. Knows the names of
//! temporary and displaced files; knows nothing of what is in them.

use std::{
    fs::{DirBuilder, File},
    hash::{BuildHasher, RandomState},
    io::{Read, Write},
    os::{fd::OwnedFd, unix::fs::DirBuilderExt},
    path::{Path, PathBuf},
};

use anyhow::Context;
use rustix::{
    fs::{AtFlags, CWD, Dir, Mode, OFlags, RenameFlags, mkdirat, openat, renameat_with, statat, unlinkat},
    io::Errno,
};

use super::{Vault, beneath};

/// The only thing of ours in a vault, and only where there is no way around it.
pub const INSIDE: &str = ".membridge";
const EXCLUDED: &str = "/.membridge/";
const TEMPORARY: &str = "tmp-";
const DISPLACED: &str = "displaced-";

/// Where the temporary and displaced files of one vault lie: outside it where files can be exchanged with it there, else in its `.membridge`.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    /// Whether two files can change places in one step.
    pub(super) exchanges: bool,
}

impl Spool {
    /// Returns the spool of a vault, made where it is missing (mode 0700). Whether `outside` will do is tried, which leaves no trace.
    pub fn open(vault: &Vault, outside: &Path) -> anyhow::Result<Spool> {
        let outside = std::path::absolute(outside).with_context(|| format!("cannot use the spool path {}", outside.display()))?;
        let root = vault
            .open_root()
            .with_context(|| format!("cannot write to the vault {}", vault.root().display()))?;
        make(&root).with_context(|| format!("cannot write to the vault {}", vault.root().display()))?;
        let inside = open_inside(&root).with_context(|| format!("cannot use {INSIDE} in the vault {}", vault.root().display()))?;

        let made = DirBuilder::new().recursive(true).mode(0o700).create(&outside);
        if made.is_ok() && open(&outside).is_ok_and(|it| exchanges(&it, &inside).unwrap_or(false)) {
            // Goes only if it is empty: what an earlier start left there is still somebody's text.
            let _ = unlinkat(&root, INSIDE, AtFlags::REMOVEDIR);
            return Ok(Spool {
                path: outside,
                exchanges: true,
            });
        }
        exclude_from_git(&root).with_context(|| format!("cannot list {INSIDE} in .git/info/exclude of {}", vault.root().display()))?;
        let exchanges = exchanges(&inside, &inside).with_context(|| format!("cannot write to {INSIDE} in {}", vault.root().display()))?;
        Ok(Spool {
            path: vault.root().join(INSIDE),
            exchanges,
        })
    }

    /// Returns the folder.
    pub fn place(&self) -> &Path {
        &self.path
    }

    /// Deletes the temporary files that a crash left, by the exact pattern of their names, and returns how many. Displaced files stay:
    /// what is in them may be nowhere else. To be called while nothing is staged.
    pub fn clean(&self) -> anyhow::Result<usize> {
        let broken = || format!("cannot clean the spool {}", self.path.display());
        let folder = open(&self.path).with_context(broken)?;
        let mut deleted = 0;
        for entry in Dir::read_from(&folder).with_context(broken)? {
            let entry = entry.with_context(broken)?;
            if entry.file_name().to_str().is_ok_and(is_temporary) {
                unlinkat(&folder, entry.file_name(), AtFlags::empty()).with_context(broken)?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }

    /// Returns the displaced files that an earlier run left, as name and bytes. What is in them may be nowhere else.
    pub fn left(&self) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let broken = || format!("cannot read the spool {}", self.path.display());
        let folder = open(&self.path).with_context(broken)?;
        let mut left = Vec::new();
        for entry in Dir::read_from(&folder).with_context(broken)? {
            let entry = entry.with_context(broken)?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if !is_named(name, DISPLACED) {
                continue;
            }
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let mut bytes = Vec::new();
            File::from(openat(&folder, name, flags, Mode::empty()).with_context(broken)?)
                .read_to_end(&mut bytes)
                .with_context(broken)?;
            left.push((name.to_owned(), bytes));
        }
        Ok(left)
    }

    /// Deletes a file of [`Spool::left`], once its bytes are somewhere else.
    pub fn forget_left(&self, name: &str) -> anyhow::Result<()> {
        let broken = || format!("cannot clean the spool {}", self.path.display());
        let folder = open(&self.path).with_context(broken)?;
        unlinkat(&folder, name, AtFlags::empty()).with_context(broken)
    }
}

/// Opens a spool folder, which must be no link itself; within a vault that is one step below the root.
pub(super) fn open(place: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(CWD, place, flags, Mode::empty())
}

pub(super) fn temporary_name() -> String {
    format!("{TEMPORARY}{:016x}", RandomState::new().hash_one(0))
}

pub(super) fn displaced_name() -> String {
    format!("{DISPLACED}{:016x}", RandomState::new().hash_one(0))
}

fn is_temporary(name: &str) -> bool {
    is_named(name, TEMPORARY)
}

fn is_named(name: &str, prefix: &str) -> bool {
    let hex = |it: char| it.is_ascii_digit() || ('a'..='f').contains(&it);
    name.strip_prefix(prefix).is_some_and(|it| it.len() == 16 && it.chars().all(hex))
}

fn make(root: &OwnedFd) -> Result<(), Errno> {
    match mkdirat(root, INSIDE, Mode::RWXU) {
        Err(Errno::EXIST) => Ok(()),
        made => made,
    }
}

fn open_inside(root: &OwnedFd) -> Result<OwnedFd, Errno> {
    beneath::open_folder(root, INSIDE, OFlags::RDONLY)
}

/// Tries an exchange with two empty files. `false` where the file system does not know how or the folders lie on different ones.
fn exchanges(here: &OwnedFd, there: &OwnedFd) -> Result<bool, Errno> {
    let (one, other) = (temporary_name(), temporary_name());
    let tried = try_exchange(here, &one, there, &other);
    let _ = unlinkat(here, &one, AtFlags::empty());
    let _ = unlinkat(there, &other, AtFlags::empty());
    match tried {
        Err(Errno::INVAL | Errno::NOSYS | Errno::XDEV | Errno::OPNOTSUPP) => Ok(false),
        tried => tried,
    }
}

fn try_exchange(here: &OwnedFd, one: &str, there: &OwnedFd, other: &str) -> Result<bool, Errno> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    for (folder, name) in [(here, one), (there, other)] {
        openat(folder, name, flags, Mode::RUSR | Mode::WUSR)?;
    }
    let number = |folder: &OwnedFd, name: &str| statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).map(|it| it.st_ino);
    let before = (number(here, one)?, number(there, other)?);
    renameat_with(here, one, there, other, RenameFlags::EXCHANGE)?;
    Ok((number(there, other)?, number(here, one)?) == before)
}

fn exclude_from_git(root: &OwnedFd) -> std::io::Result<()> {
    let info = match beneath::open_folder(root, ".git/info", beneath::PASS_THROUGH) {
        Ok(info) => info,
        // No repository here, or one whose folder is elsewhere.
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV) => return Ok(()),
        Err(why) => return Err(why.into()),
    };
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(&info, "exclude", flags, Mode::from_raw_mode(0o644))?);
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    if text.split(|it| *it == b'\n').any(|it| it == EXCLUDED.as_bytes()) {
        return Ok(());
    }
    let gap = if text.last().is_none_or(|it| *it == b'\n') { "" } else { "\n" };
    file.write_all(format!("{gap}{EXCLUDED}\n").as_bytes())
}
