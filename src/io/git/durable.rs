//! What makes commits outlive a power cut. Knows which calls the system offers; knows nothing of what was written.

use std::{fs::File, io, path::Path};

use git2::Repository;

/// Makes a handle ready: where [`sync_objects`] cannot work, libgit2 has to sync each object by itself.
#[cfg(target_os = "linux")]
pub(super) fn prepare(_: &Repository) -> Result<(), git2::Error> {
    Ok(())
}

/// See above. The setting is a file of its own beside the objects, so that the user's configuration stays as it is.
#[cfg(not(target_os = "linux"))]
pub(super) fn prepare(handle: &Repository) -> Result<(), git2::Error> {
    let strict = handle.commondir().join("membridge.config");
    if !strict.exists() {
        let written = std::fs::write(&strict, "[core]\n\tfsyncObjectFiles = true\n");
        written.map_err(|error| git2::Error::from_str(&format!("cannot write {}: {error}", strict.display())))?;
    }
    handle.config()?.add_file(&strict, git2::ConfigLevel::App, true)
}

/// Returns when everything written below the folder's file system is on the disk. libgit2's own way costs 14 syncs a commit.
#[cfg(target_os = "linux")]
pub(super) fn sync_objects(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

/// Nothing to do: each object was synced when it was written.
#[cfg(not(target_os = "linux"))]
pub(super) fn sync_objects(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Returns when the file and its name in its folder are on the disk.
pub(super) fn sync_file(file: &Path) -> io::Result<()> {
    File::open(file)?.sync_all()?;
    file.parent().map_or(Ok(()), sync_folder)
}

/// Returns when the names in a folder are on the disk.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
