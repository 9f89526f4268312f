//! What the system says of a folder without touching it: how much room is left there, and whether this user may write.

use std::{io, path::Path};

use rustix::fs::{Access, AtFlags, CWD, accessat, statvfs};

/// The room of the file system that holds a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// For users other than root.
    pub free_bytes: u64,
    pub total_bytes: u64,
    /// Files that can still be made; `None` where the file system has no bound.
    pub free_files: Option<u64>,
}

/// Returns how much room is left.
pub fn room(folder: &Path) -> io::Result<Room> {
    let found = statvfs(folder)?;
    Ok(Room {
        free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
        total_bytes: found.f_blocks.saturating_mul(found.f_frsize),
        free_files: (found.f_files > 0).then_some(found.f_favail),
    })
}

/// Says why this user may not make files in the folder: its rights, or a mount that is only read.
pub fn may_write(folder: &Path) -> io::Result<()> {
    Ok(accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)?)
}
