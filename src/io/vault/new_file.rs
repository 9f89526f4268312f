//! One file that was not there, whole or not at all. For the owner's own hand at the command line; notes of the service go through the spool.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Makes a file that holds these bytes, durably. Fails with `AlreadyExists` where anything lies there, a link that leads nowhere too.
pub fn create_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    #[cfg(target_os = "linux")]
    match create_without_name(path, folder, bytes, mode) {
        // The file system knows no files without a name, or there is no /proc.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::Unsupported | io::ErrorKind::NotFound | io::ErrorKind::IsADirectory
            ) => {}
        made => {
            made?;
            return File::open(folder)?.sync_all();
        }
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
        // Half a file is worse than none; the error says the rest.
        let _ = std::fs::remove_file(path);
        return Err(error);
    }
    File::open(folder)?.sync_all()
}

/// The file gets its name once it is whole: no tool that watches the folder sees less.
#[cfg(target_os = "linux")]
fn create_without_name(path: &Path, folder: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};

    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let mut file = File::from(openat(CWD, folder, flags, Mode::from_raw_mode(mode))?);
    file.write_all(bytes)?;
    file.sync_all()?;
    let nameless = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, nameless, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    use super::*;

    #[test]
    fn what_lies_there_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        create_new(&at("new"), b"text", 0o600).unwrap();
        assert_eq!(fs::read(at("new")).unwrap(), b"text");
        assert_eq!(fs::metadata(at("new")).unwrap().permissions().mode() & 0o777, 0o600);
        symlink("nowhere", at("link")).unwrap();
        for name in ["new", "link"] {
            let error = create_new(&at(name), b"other", 0o600).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{name}");
        }
        assert_eq!(fs::read(at("new")).unwrap(), b"text");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside them");
    }
}
