//! What lies in the folder of a test: written before the start, looked at around every row.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hasher},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Folders of the service in a vault. What lies in them counts, not whether they are there.
const OWN: [&str; 2] = ["vault/.membridge", "vault/.trash"];

/// Returns what lies in the vault and beside it, without what is the service's own.
pub(super) fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut tree = BTreeMap::new();
    read(folder, Path::new(""), &mut tree);
    tree
}

fn read(root: &Path, below: &Path, tree: &mut BTreeMap<PathBuf, String>) {
    let Ok(entries) = fs::read_dir(root.join(below)) else { return };
    for entry in entries.map(Result::unwrap) {
        let path = below.join(entry.file_name());
        let file = root.join(&path);
        // The spool tries what the file system can do, and leaves no trace.
        let Ok(metadata) = fs::symlink_metadata(&file) else { continue };
        if metadata.is_dir() && path != Path::new("data") {
            read(root, &path, tree);
        }
        if metadata.is_dir() && OWN.iter().any(|it| path.starts_with(it)) {
            continue;
        }
        let content = match metadata.file_type() {
            it if it.is_symlink() => format!("-> {}", fs::read_link(&file).unwrap().display()),
            it if it.is_file() && metadata.len() < 8 << 20 => {
                format!("{:x?} of {}", fs::read(&file).map(|it| hash_of(&it)), metadata.nlink())
            }
            _ => String::new(),
        };
        tree.insert(path, format!("{:o} {content}", metadata.mode()));
    }
}

fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// Writes a file and the folders above it.
pub(super) fn write(file: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Makes what was written just now old, so that nobody waits for a human who types.
pub(super) fn age_all(folder: &Path) {
    let old = SystemTime::now() - Duration::from_secs(3600);
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            age_all(&entry.path());
        } else if kind.is_file() && entry.metadata().unwrap().modified().unwrap() > old {
            fs::File::open(entry.path()).unwrap().set_modified(old).unwrap();
        }
    }
}
