//! Opening folders so that no path can leave the root: the kernel refuses links and ways up. Knows descriptors; knows nothing of notes.

use std::{os::fd::OwnedFd, path::Path};

use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, fstatfs, openat, statat},
    io::Errno,
};

/// How a folder is opened whose entries are opened by name but not listed.
#[cfg(target_os = "linux")]
pub(super) const PASS_THROUGH: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
pub(super) const PASS_THROUGH: OFlags = OFlags::RDONLY;

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens the root itself, the only place where a symbolic link is followed. `ENOTDIR` when it is not a folder.
pub(super) fn open_root(root: &Path) -> Result<OwnedFd, Errno> {
    openat(CWD, root, PASS_THROUGH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// Opens a folder below the root (`.` is the root). `ELOOP` or `EXDEV` when the way leads over a symbolic link.
pub(super) fn open_folder(root: &OwnedFd, folder: &str, access: OFlags) -> Result<OwnedFd, Errno> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{ResolveFlags, openat2};

        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match openat2(root, folder, access | FOLDER, Mode::empty(), resolve) {
            // A kernel before 5.6, or a container's system call filter that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => {}
            // With O_PATH a link in last place is opened as the link it is, so the kernel complains that it is no folder.
            Err(Errno::NOTDIR) => return Err(symlink_or_file(root, folder)),
            opened => return opened,
        }
    }
    open_by_steps(root, folder, access)
}

/// The same promise one component at a time, where the kernel cannot resolve a whole path beneath a folder.
fn open_by_steps(root: &OwnedFd, folder: &str, access: OFlags) -> Result<OwnedFd, Errno> {
    let (above, last) = folder.rsplit_once('/').map_or((None, folder), |(above, last)| (Some(above), last));
    let mut here: Option<OwnedFd> = None;
    for name in above.into_iter().flat_map(|it| it.split('/')) {
        here = Some(step(here.as_ref().unwrap_or(root), name, PASS_THROUGH)?);
    }
    step(here.as_ref().unwrap_or(root), last, access)
}

fn step(here: &OwnedFd, name: &str, access: OFlags) -> Result<OwnedFd, Errno> {
    match openat(here, name, access | FOLDER, Mode::empty()) {
        Err(Errno::NOTDIR) => Err(symlink_or_file(here, name)),
        opened => opened,
    }
}

/// Tells a symbolic link from a file where `O_DIRECTORY` made both `ENOTDIR`. The answer is for a message, not for safety.
fn symlink_or_file(here: &OwnedFd, path: &str) -> Errno {
    match statat(here, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => Errno::LOOP,
        _ => Errno::NOTDIR,
    }
}

/// Says whether the file system may change without telling this kernel. One that cannot be asked counts as remote.
#[cfg(target_os = "linux")]
pub(super) fn is_remote(folder: &OwnedFd) -> bool {
    /// `f_type` from the kernel's `linux/magic.h` and file systems: NFS, SMB, CIFS, SMB2, 9p, FUSE (also virtiofs), overlay, Ceph, AFS.
    const REMOTE: [u32; 9] = [
        0x6969,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x0102_1997,
        0x6573_5546,
        0x794c_7630,
        0x00c3_6400,
        0x5346_414f,
    ];
    // The kernel's word is signed or not by platform; the numbers have 32 bits.
    fstatfs(folder).map_or(true, |it| REMOTE.contains(&(it.f_type as u32)))
}

/// Says whether the file system may change without telling this kernel. One that cannot be asked counts as remote.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_remote(folder: &OwnedFd) -> bool {
    /// `MNT_LOCAL` of BSD and macOS.
    const LOCAL: u64 = 0x1000;
    fstatfs(folder).map_or(true, |it| u64::from(it.f_flags) & LOCAL == 0)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn both_ways_of_opening_keep_to_the_root() {
        let outside = tempfile::tempdir().unwrap();
        let vault = outside.path().join("vault");
        fs::create_dir_all(vault.join("a/b")).unwrap();
        fs::create_dir_all(outside.path().join("secret")).unwrap();
        fs::write(vault.join("a/n.md"), "x").unwrap();
        symlink("../secret", vault.join("out")).unwrap();
        symlink("a", vault.join("in")).unwrap();
        symlink("..", vault.join("a/up")).unwrap();
        symlink("/proc/self/root/etc", vault.join("magic")).unwrap();
        symlink("loop2", vault.join("loop1")).unwrap();
        symlink("loop1", vault.join("loop2")).unwrap();
        let root = open_root(&vault).unwrap();

        let check = |folder: &str, expected: Option<Errno>| {
            for access in [PASS_THROUGH, OFlags::RDONLY] {
                assert_eq!(open_folder(&root, folder, access).err(), expected, "{folder} at once");
                assert_eq!(open_by_steps(&root, folder, access).err(), expected, "{folder} by steps");
            }
        };
        check(".", None);
        check("a", None);
        check("a/b", None);
        check("a/n.md", Some(Errno::NOTDIR));
        check("a/n.md/b", Some(Errno::NOTDIR));
        check("none", Some(Errno::NOENT));
        check("none/b", Some(Errno::NOENT));
        check("out", Some(Errno::LOOP));
        check("in", Some(Errno::LOOP));
        check("in/b", Some(Errno::LOOP));
        check("a/up", Some(Errno::LOOP));
        check("a/up/a/b", Some(Errno::LOOP));
        check("magic/ssl", Some(Errno::LOOP));
        check("loop1/x", Some(Errno::LOOP));
    }
}
