//! Why a note could not be written, in the few ways that a caller answers differently. Knows errno; knows nothing of how writing is done.

use std::{fmt, io};

use rustix::io::Errno;

use super::ScanError;

/// Why nothing was written. What lay at the path lies there still.
#[derive(Debug)]
pub enum WriteFailure {
    /// No space or no inode left, or over quota.
    Full(io::Error),
    /// The file system takes no writes.
    ReadOnly(io::Error),
    /// Permissions forbid it.
    Denied(io::Error),
    /// The path, or a folder on its way, is a symbolic link. Links are neither followed nor replaced.
    Symlink,
    /// A folder, pipe, socket or device lies at the path.
    NotAFile,
    /// The file has a second name, which replacing would cut off.
    HardLinked,
    /// The folder lies on another file system than the vault, so nothing can be swapped in there in one step.
    OtherFileSystem,
    /// The vault itself is not there.
    RootGone,
    NameTooLong,
    Failed(io::Error),
}

impl From<io::Error> for WriteFailure {
    fn from(why: io::Error) -> WriteFailure {
        match Errno::from_io_error(&why) {
            Some(Errno::NOSPC | Errno::DQUOT) => WriteFailure::Full(why),
            Some(Errno::ROFS) => WriteFailure::ReadOnly(why),
            Some(Errno::ACCESS | Errno::PERM) => WriteFailure::Denied(why),
            Some(Errno::LOOP) => WriteFailure::Symlink,
            Some(Errno::XDEV) => WriteFailure::OtherFileSystem,
            Some(Errno::ISDIR | Errno::NXIO | Errno::NODEV) => WriteFailure::NotAFile,
            Some(Errno::NAMETOOLONG) => WriteFailure::NameTooLong,
            _ => WriteFailure::Failed(why),
        }
    }
}

impl From<Errno> for WriteFailure {
    fn from(errno: Errno) -> WriteFailure {
        io::Error::from(errno).into()
    }
}

impl From<ScanError> for WriteFailure {
    fn from(why: ScanError) -> WriteFailure {
        match why {
            ScanError::RootGone => WriteFailure::RootGone,
            ScanError::Unreadable(why) => why.into(),
        }
    }
}

impl fmt::Display for WriteFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteFailure::Full(why) => write!(f, "no space left: {why}"),
            WriteFailure::ReadOnly(why) => write!(f, "the file system is read-only: {why}"),
            WriteFailure::Denied(why) => write!(f, "not permitted: {why}"),
            WriteFailure::Symlink => f.write_str("behind a symbolic link; links are not followed"),
            WriteFailure::NotAFile => f.write_str("a folder, pipe, socket or device, not a file"),
            WriteFailure::HardLinked => f.write_str("the file has a second name (a hard link), which replacing it would cut off"),
            WriteFailure::OtherFileSystem => f.write_str("the folder lies on another file system than the vault"),
            WriteFailure::RootGone => ScanError::RootGone.fmt(f),
            WriteFailure::NameTooLong => f.write_str("the name is too long for the file system"),
            WriteFailure::Failed(why) => write!(f, "cannot be written: {why}"),
        }
    }
}

impl std::error::Error for WriteFailure {}
