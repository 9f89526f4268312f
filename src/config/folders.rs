//! Where the folders of a configuration lie to each other and on which file system. Only looks; creates and changes nothing.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use crate::config::{Config, SourceConfig, SourceKind, findings::Findings};

/// Notes whatever is wrong with the folders of the sources and of the data.
pub fn check(config: &Config, keys: &FolderKeys, findings: &mut Findings) {
    let ours = |source: &SourceConfig| source.remote.is_some();
    for (source, key) in config.sources.iter().zip(&keys.sources).filter(|(it, _)| !ours(it)) {
        if let Err(error) = fs::read_dir(&source.path) {
            if source.kind == SourceKind::Repo {
                // A tool beside us may be about to make it; the vaults need not wait for that.
                let message = format!("cannot read the checkout `{}`: {error}", source.path.display());
                findings.warning(
                    key,
                    message,
                    "mend the path, or wait for what makes it: it is taken in when it is there",
                );
                continue;
            }
            let hint = match error.kind() {
                io::ErrorKind::NotFound => "create it or mend the path; a vault is never created by the service",
                io::ErrorKind::NotADirectory => "name the folder of the vault, not a file in it",
                _ => "give this user the right to read it",
            };
            findings.problem(key, format!("cannot read the vault `{}`: {error}", source.path.display()), hint);
        }
    }
    check_apart(config, keys, findings);
    let state = real(&config.state_dir());
    if let Some(kind) = in_memory(&fs::read_to_string("/proc/self/mounts").unwrap_or_default(), &state) {
        let message = format!(
            "`{}` lies on {kind}, which a restart empties; unfinished work would be lost",
            state.display()
        );
        findings.warning(&keys.data_dir, message, "put the data folder on a lasting disk");
    }
}

/// Under which keys the owner finds the folders.
#[derive(Debug)]
pub struct FolderKeys {
    pub sources: Vec<String>,
    pub data_dir: String,
    pub index_dir: String,
}

fn check_apart(config: &Config, keys: &FolderKeys, findings: &mut Findings) {
    let sources: Vec<(&str, PathBuf)> = config
        .sources
        .iter()
        .zip(&keys.sources)
        .filter(|(it, _)| it.remote.is_none())
        .map(|(it, key)| (key.as_str(), real(&it.path)))
        .collect();
    for (at, (key, path)) in sources.iter().enumerate() {
        if let Some((_, other)) = sources[..at].iter().find(|(_, other)| nested(path, other)) {
            let message = format!("`{}` and `{}` lie in each other", path.display(), other.display());
            findings.problem(
                *key,
                message,
                "every note must belong to one source: name the outer one only, or use `exclude`",
            );
        }
    }
    let mut ours = vec![(&keys.data_dir, "data folder", real(&config.data_dir))];
    if config.index_dir != config.data_dir.join("index") {
        ours.push((&keys.index_dir, "index folder", real(&config.index_dir)));
    }
    for (key, what, path) in ours {
        if let Some((source, other)) = sources.iter().find(|(_, other)| nested(&path, other)) {
            let message = format!(
                "the {what} `{}` and {source} `{}` lie in each other",
                path.display(),
                other.display()
            );
            findings.problem(key, message, "choose a folder outside every source");
        }
    }
}

fn nested(one: &Path, other: &Path) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// Returns the path with the links in its existing part followed, and `.` and `..` worked out in the rest.
pub fn real(path: &Path) -> PathBuf {
    let existing = path.ancestors().find_map(|it| Some((it, fs::canonicalize(it).ok()?)));
    let Some((existing, mut real)) = existing else {
        return path.to_owned();
    };
    for part in path.strip_prefix(existing).unwrap_or(Path::new("")).components() {
        match part {
            Component::ParentDir => _ = real.pop(),
            Component::Normal(name) => real.push(name),
            _ => {}
        }
    }
    real
}

/// Returns the kind of memory file system that holds the path, from the text of `/proc/self/mounts`; `None` for a disk.
fn in_memory<'a>(mounts: &'a str, path: &Path) -> Option<&'a str> {
    let entries = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        // A space in a mount point is written \040 (proc(5)); the other escapes are not worth a warning that is missing.
        let point = PathBuf::from(fields.next()?.replace("\\040", " "));
        Some((point, fields.next()?))
    });
    // Later mounts cover earlier ones at the same place, and `max_by_key` returns the last of equals.
    let (_, kind) = entries
        .filter(|(point, _)| path.starts_with(point))
        .max_by_key(|(point, _)| point.components().count())?;
    matches!(kind, "tmpfs" | "ramfs").then_some(kind)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_innermost_mount_says_where_a_path_lies() {
        let mounts = "overlay / overlay rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/sda1 /tmp/disk ext4 rw 0 0\ntmpfs /my\\040run tmpfs rw 0 0\n";
        let check = |path: &str, expected: Option<&str>| assert_eq!(in_memory(mounts, Path::new(path)), expected, "{path}");
        check("/var/lib/membridge/state", None);
        check("/tmp/data/state", Some("tmpfs"));
        check("/tmpfoo/state", None);
        check("/tmp/disk/state", None);
        check("/my run/state", Some("tmpfs"));
        assert_eq!(in_memory("", Path::new("/tmp")), None);
    }

    #[test]
    fn a_path_that_does_not_exist_yet_is_followed_as_far_as_it_does() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(root.join("vault")).unwrap();
        symlink(root.join("vault"), root.join("link")).unwrap();
        assert_eq!(real(&root.join("link/data/../state")), root.join("vault/state"));
    }
}
