//! The vault against real folders.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
};

use tempfile::TempDir;

use super::*;
use crate::model::path::InvalidPath;

mod hostile;
mod writing;

const MAX: u64 = 5 << 20;

/// A folder that holds a vault, so that there is an outside.
struct Place {
    outside: TempDir,
    vault: Vault,
}

impl Place {
    fn new() -> Place {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("vault");
        fs::create_dir(&root).unwrap();
        fs::write(outside.path().join("secret.md"), "secret").unwrap();
        Place {
            vault: Vault::open(&root).unwrap(),
            outside,
        }
    }

    fn put(&self, path: &str, text: &str) {
        let file = self.at(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn at(&self, path: &str) -> PathBuf {
        self.vault.root().join(path)
    }

    fn link(&self, target: &str, path: &str) {
        symlink(target, self.at(path)).unwrap();
    }

    fn scan(&self) -> Scan {
        self.vault.scan(&|_| false).unwrap()
    }

    fn read(&self, path: &str) -> Result<String, ReadError> {
        self.vault.read(&note(path), MAX).map(|it| String::from_utf8(it.bytes).unwrap())
    }
}

fn note(path: &str) -> NotePath {
    NotePath::parse(path).unwrap()
}

fn files(scan: &Scan) -> Vec<&str> {
    stamped(&scan.files)
}

fn stamped(files: &[(NotePath, Stamp)]) -> Vec<&str> {
    files.iter().map(|(path, _)| path.as_str()).collect()
}

fn names(paths: &[NotePath]) -> Vec<&str> {
    paths.iter().map(NotePath::as_str).collect()
}

fn skipped(scan: &Scan) -> Vec<(&str, WhySkipped)> {
    let mut skipped: Vec<_> = scan.skipped.iter().map(|it| (it.path.as_str(), it.why)).collect();
    skipped.sort_by_key(|it| it.0);
    skipped
}

#[test]
fn lists_notes_other_files_and_folders_sorted() {
    let place = Place::new();
    place.put("b.md", "b");
    place.put("a/Z.MD", "z");
    place.put("a/b/c.md", "c");
    place.put("a/pic.png", "");
    place.put("Board.canvas", "{}");
    let scan = place.scan();
    assert_eq!(files(&scan), ["a/Z.MD", "a/b/c.md", "b.md"]);
    assert_eq!(stamped(&scan.other_files), ["Board.canvas", "a/pic.png"]);
    assert_eq!(names(&scan.folders), ["a", "a/b"]);
    assert_eq!((scan.skipped_count, scan.unlisted.len(), scan.conflicts.len()), (0, 0, 0));
    assert_eq!(scan.root, place.vault.root_identity().unwrap());
    for (path, stamp) in scan.files.iter().chain(&scan.other_files) {
        assert_eq!(place.vault.stamp(path).unwrap(), Some(*stamp));
        assert_eq!(place.vault.read(path, MAX).unwrap().stamp, *stamp);
    }
}

#[test]
fn f25_hidden_noise_and_excluded_things_appear_nowhere() {
    let place = Place::new();
    for path in [
        ".obsidian/app.md",
        ".trash/a.md",
        "Sub/.obsidian/a.md",
        "~syncthing~a.md.tmp",
        "redflag.md",
        "Skip/a.md",
        "x.skip.md",
    ] {
        place.put(path, "");
    }
    place.put("Sub/a.md", "");
    let scan = place.vault.scan(&|path| path == "Skip" || path.ends_with(".skip.md")).unwrap();
    assert_eq!(
        (files(&scan), stamped(&scan.other_files), names(&scan.folders)),
        (vec!["Sub/a.md"], vec![], vec!["Sub"])
    );
    assert_eq!(scan.skipped_count, 0);
}

#[test]
fn i6_conflict_copies_are_listed_with_their_original() {
    let place = Place::new();
    for path in [
        "a/n.md",
        "a/n 2.md",
        "a/Chapter 2.md",
        "n.sync-conflict-20260102-153000-ABCDEFG.md",
        "B (Conflicted copy).canvas",
    ] {
        place.put(path, "");
    }
    let scan = place.scan();
    let conflicts: Vec<_> = scan
        .conflicts
        .iter()
        .map(|(copy, original)| (copy.as_str(), original.as_str()))
        .collect();
    let syncthing = ("n.sync-conflict-20260102-153000-ABCDEFG.md", "n.md");
    assert_eq!(
        conflicts,
        [("a/n 2.md", "a/n.md"), syncthing, ("B (Conflicted copy).canvas", "B.canvas")]
    );
    assert_eq!(files(&scan).len(), 4, "a copy is still a note");
}

#[test]
fn scans_one_folder_and_proves_nothing_about_the_others() {
    let place = Place::new();
    place.put("a/b/c.md", "");
    place.put("ab/c.md", "");
    let scan = place.vault.scan_below(&note("a"), &|_| false).unwrap();
    assert_eq!((files(&scan), names(&scan.folders)), (vec!["a/b/c.md"], vec!["a/b"]));
    assert!(scan.proves_absent(&note("a/gone.md")) && scan.proves_absent(&note("a/b/gone.md")));
    assert!(!scan.proves_absent(&note("a/b/c.md")) && !scan.proves_absent(&note("ab/gone.md")) && !scan.proves_absent(&note("gone.md")));

    let gone = place.vault.scan_below(&note("gone"), &|_| false).unwrap();
    assert!(files(&gone).is_empty() && gone.proves_absent(&note("gone/n.md")));
}

#[test]
fn names_that_no_path_can_spell_are_listed_and_do_not_stop_the_scan() {
    let place = Place::new();
    place.put("ok.md", "");
    fs::write(place.vault.root().join(OsStr::from_bytes(b"bad\xff.md")), "").unwrap();
    fs::create_dir(place.vault.root().join(OsStr::from_bytes(b"dir\xff"))).unwrap();
    place.put("line\nfeed.md", "");
    place.put("back\\slash.md", "");
    let scan = place.scan();
    assert_eq!(files(&scan), ["ok.md"]);
    let expected = [
        ("back\\\\slash.md", WhySkipped::Name(InvalidPath::Backslash)),
        ("bad\u{fffd}.md", WhySkipped::NotUtf8),
        ("dir\u{fffd}", WhySkipped::NotUtf8),
        ("line\\nfeed.md", WhySkipped::Name(InvalidPath::ControlCharacter)),
    ];
    assert_eq!(skipped(&scan), expected);
}

#[test]
fn a_very_deep_tree_ends_where_paths_do() {
    let place = Place::new();
    let mut here = beneath::open_root(place.vault.root()).unwrap();
    for depth in 1..=600 {
        rustix::fs::mkdirat(&here, "d", Mode::RWXU).unwrap();
        here = openat(&here, "d", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        if depth == 400 {
            drop(openat(&here, "n.md", OFlags::CREATE | OFlags::WRONLY, Mode::RUSR).unwrap());
        }
    }
    let scan = place.scan();
    assert_eq!((scan.folders.len(), scan.skipped_count), (512, 1));
    assert_eq!(scan.skipped[0].why, WhySkipped::Name(InvalidPath::TooLong));
    assert_eq!(place.read(scan.files[0].0.as_str()).unwrap(), "");
}

#[test]
fn the_root_may_be_a_link_that_switches() {
    let outside = tempfile::tempdir().unwrap();
    for version in ["v1", "v2"] {
        fs::create_dir(outside.path().join(version)).unwrap();
        fs::write(outside.path().join(version).join("n.md"), version).unwrap();
    }
    let link = outside.path().join("current");
    symlink("v1", &link).unwrap();
    let vault = Vault::open(&link).unwrap();
    let first = vault.scan(&|_| false).unwrap();
    assert_eq!(vault.read(&note("n.md"), MAX).unwrap().bytes, b"v1");

    symlink("v2", outside.path().join("next")).unwrap();
    fs::rename(outside.path().join("next"), &link).unwrap();
    let second = vault.scan(&|_| false).unwrap();
    assert_eq!(vault.read(&note("n.md"), MAX).unwrap().bytes, b"v2");
    assert_ne!(first.root, second.root);
    assert_ne!(first.files, second.files);
}

#[test]
fn a_root_that_is_gone_or_a_file_is_no_empty_vault() {
    let place = Place::new();
    place.put("n.md", "x");
    let check = || {
        assert!(matches!(place.vault.scan(&|_| false), Err(ScanError::RootGone)));
        assert!(matches!(place.vault.scan_below(&note("a"), &|_| false), Err(ScanError::RootGone)));
        assert!(matches!(place.vault.root_identity(), Err(ScanError::RootGone)));
        assert!(matches!(place.read("n.md"), Err(ReadError::RootGone)));
        assert!(matches!(place.vault.stamp(&note("n.md")), Err(ReadError::RootGone)));
    };
    fs::rename(place.vault.root(), place.outside.path().join("away")).unwrap();
    check();
    fs::write(place.vault.root(), "a file").unwrap();
    check();
    assert!(Vault::open(place.vault.root()).is_err() && Vault::open(Path::new("/nowhere/at/all")).is_err());
}

#[test]
fn tells_absent_from_folder() {
    let place = Place::new();
    place.put("a/n.md", "x");
    let check = |path: &str, expected: &str| assert_eq!(format!("{:?}", place.vault.stamp(&note(path))), expected, "{path}");
    check("gone.md", "Ok(None)");
    check("gone/n.md", "Ok(None)");
    check("a/n.md/below.md", "Ok(None)");
    check("a", "Err(Folder)");
    assert!(matches!(place.read("gone.md"), Err(ReadError::NotFound)));
}
