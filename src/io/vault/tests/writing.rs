//! Writing against real folders: what lands where, what is refused, and that nobody's text is lost on the way.

use std::{
    fs::{OpenOptions, Permissions},
    io::Write,
    os::unix::fs::{MetadataExt, PermissionsExt},
};

use super::*;
use crate::model::hash::ContentHash;

mod faults;
mod together;

/// A vault with a spool beside it.
struct Desk {
    place: Place,
    spool: Spool,
}

impl Desk {
    fn new() -> Desk {
        let place = Place::new();
        let spool = Spool::open(&place.vault, &place.outside.path().join("state/spool/main")).unwrap();
        Desk { place, spool }
    }

    /// As where files cannot be exchanged.
    fn without_exchange() -> Desk {
        let mut desk = Desk::new();
        desk.spool.exchanges = false;
        desk
    }

    fn vault(&self) -> &Vault {
        &self.place.vault
    }

    fn publish(&self, path: &str, text: &str, base: Option<&str>) -> Result<Published, WriteFailure> {
        let staged = [self.vault().stage(&self.spool, &note(path), text.as_bytes())?];
        self.vault().sync_staged(&self.spool, &staged)?;
        let [staged] = staged;
        let published = self
            .vault()
            .publish(&self.spool, staged, base.map(|it| ContentHash::of(it.as_bytes())))?;
        self.vault().sync_folders(&self.spool, &[note(path)])?;
        Ok(published)
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.place.at(path)).unwrap()
    }

    fn spooled(&self) -> Vec<String> {
        let entries = fs::read_dir(self.spool.place()).unwrap();
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn done(published: Result<Published, WriteFailure>) -> (Stamp, Option<Displaced>) {
    match published.unwrap() {
        Published::Done { stamp, displaced } => (stamp, displaced),
        other => panic!("{other:?}"),
    }
}

fn hash(text: &str) -> ContentHash {
    ContentHash::of(text.as_bytes())
}

fn shows(answer: &impl fmt::Debug, expected: &str) {
    let answer = format!("{answer:?}");
    assert!(answer.starts_with(expected), "{answer}, not {expected}");
}

#[test]
fn the_spool_lies_outside_and_leaves_no_trace_inside() {
    let desk = Desk::new();
    assert!(desk.spool.exchanges && desk.spool.place().ends_with("state/spool/main"));
    assert_eq!(fs::read_dir(desk.vault().root()).unwrap().count(), 0);
    assert!(desk.spooled().is_empty());
    assert_eq!(fs::metadata(desk.spool.place()).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn the_spool_lies_inside_where_the_outside_is_on_another_file_system() {
    let shm = Path::new("/dev/shm");
    let place = Place::new();
    if !shm.is_dir() || fs::metadata(shm).unwrap().dev() == fs::metadata(place.vault.root()).unwrap().dev() {
        eprintln!("skipped: no second file system at /dev/shm");
        return;
    }
    fs::create_dir_all(place.at(".git/info")).unwrap();
    fs::write(place.at(".git/info/exclude"), "*.bak").unwrap();
    let other = tempfile::tempdir_in(shm).unwrap();
    for _ in 0..2 {
        let spool = Spool::open(&place.vault, &other.path().join("spool")).unwrap();
        assert!(spool.exchanges && spool.place() == place.at(".membridge"));
    }
    assert_eq!(fs::read_to_string(place.at(".git/info/exclude")).unwrap(), "*.bak\n/.membridge/\n");
    assert_eq!(fs::metadata(place.at(".membridge")).unwrap().mode() & 0o777, 0o700);
    place.put(".membridge/displaced-0123456789abcdef.md", "");
    assert!(files(&place.scan()).is_empty() && place.scan().folders.is_empty());
}

#[test]
fn only_our_own_temporary_files_are_cleaned_away() {
    let desk = Desk::new();
    let stay = [
        "displaced-0123456789abcdef",
        "note.tmp",
        "tmp-0123",
        "tmp-0123456789ABCDEF",
        "tmp-0123456789abcdef0",
    ];
    for name in stay.iter().chain(&["tmp-0123456789abcdef", "tmp-fedcba9876543210"]) {
        fs::write(desk.spool.place().join(name), "").unwrap();
    }
    assert_eq!(desk.spool.clean().unwrap(), 2);
    let mut left = desk.spooled();
    left.sort();
    assert_eq!(left, stay);
}

#[test]
fn a_new_note_comes_with_its_folders_and_replaces_nothing() {
    let desk = Desk::new();
    let (stamp, displaced) = done(desk.publish("a/b/n.md", "new", None));
    assert!(displaced.is_none() && desk.text("a/b/n.md") == "new");
    assert_eq!(desk.vault().stamp(&note("a/b/n.md")).unwrap(), Some(stamp));
    assert_eq!(fs::metadata(desk.place.at("a/b/n.md")).unwrap().mode() & 0o777 & !0o022, 0o644);

    shows(
        &desk.publish("a/b/n.md", "other", None),
        "Ok(Changed { found: Some([110, 101, 119]) })",
    );
    assert_eq!(desk.text("a/b/n.md"), "new");
    assert!(desk.spooled().is_empty());
}

#[test]
fn an_update_keeps_the_mode_and_has_a_later_time() {
    for desk in [Desk::new(), Desk::without_exchange()] {
        desk.place.put("n.md", "old");
        desk.place.put("n.md.tmp", "of the user");
        fs::set_permissions(desk.place.at("n.md"), Permissions::from_mode(0o640)).unwrap();
        let tagged = rustix::fs::setxattr(desk.place.at("n.md"), "user.tag", b"red", rustix::fs::XattrFlags::empty()).is_ok();
        let ahead = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
        OpenOptions::new()
            .write(true)
            .open(desk.place.at("n.md"))
            .unwrap()
            .set_modified(ahead)
            .unwrap();
        let old = desk.vault().stamp(&note("n.md")).unwrap().unwrap();

        let (stamp, displaced) = done(desk.publish("n.md", "new", Some("old")));
        assert_eq!((desk.text("n.md").as_str(), desk.text("n.md.tmp").as_str()), ("new", "of the user"));
        assert_eq!(desk.vault().stamp(&note("n.md")).unwrap(), Some(stamp));
        assert!(stamp.mtime_ns > old.mtime_ns && stamp.ino != old.ino);
        assert_eq!(fs::metadata(desk.place.at("n.md")).unwrap().mode() & 0o777, 0o640);
        if tagged {
            let mut value = [0; 9];
            assert_eq!(rustix::fs::getxattr(desk.place.at("n.md"), "user.tag", &mut value[..]), Ok(3));
        }

        let displaced = displaced.unwrap();
        assert_eq!(
            (displaced.hash, fs::read_to_string(&displaced.file).unwrap().as_str()),
            (hash("old"), "old")
        );
        assert_eq!(fs::metadata(&displaced.file).unwrap().mode() & 0o777, 0o640);
        assert_eq!(
            ContentHash::of(&desk.vault().look_again(&displaced).unwrap().unwrap()),
            displaced.hash
        );
        desk.vault().forget(displaced);
        assert!(desk.spooled().is_empty());
    }
}

#[test]
fn a_file_that_is_not_the_base_stays() {
    let desk = Desk::new();
    desk.place.put("n.md", "A");
    shows(&desk.publish("n.md", "new", Some("old")), "Ok(Changed { found: Some([65]) })");
    shows(&desk.publish("gone.md", "new", Some("old")), "Ok(Changed { found: None })");
    shows(&desk.publish("gone/n.md", "new", Some("old")), "Ok(Changed { found: None })");
    assert!(desk.text("n.md") == "A" && desk.spooled().is_empty() && !desk.place.at("gone").exists());
}

#[test]
fn an_editor_that_writes_late_is_heard() {
    let desk = Desk::new();
    desk.place.put("n.md", "old");
    let mut editor = OpenOptions::new().append(true).open(desk.place.at("n.md")).unwrap();
    let displaced = done(desk.publish("n.md", "new", Some("old"))).1.unwrap();
    assert_eq!(
        ContentHash::of(&desk.vault().look_again(&displaced).unwrap().unwrap()),
        displaced.hash
    );
    editor.write_all(b" and more").unwrap();
    assert_eq!(desk.vault().look_again(&displaced).unwrap().unwrap(), b"old and more");
    assert_eq!(desk.text("n.md"), "new");
}

#[test]
fn links_and_odd_files_are_refused() {
    let desk = Desk::new();
    desk.place.put("n.md", "old");
    desk.place.link("../secret.md", "link.md");
    desk.place.link("../planted.md", "dangling.md");
    desk.place.link("..", "up");
    fs::create_dir(desk.place.at("folder.md")).unwrap();
    fs::hard_link(desk.place.at("n.md"), desk.place.at("twin.md")).unwrap();
    for (path, expected) in [
        ("link.md", "Err(Symlink)"),
        ("dangling.md", "Err(Symlink)"),
        ("up/planted.md", "Err(Symlink)"),
        ("up/below/planted.md", "Err(Symlink)"),
        ("folder.md", "Err(NotAFile)"),
        ("n.md", "Err(HardLinked)"),
    ] {
        shows(&desk.publish(path, "new", None), expected);
        shows(&desk.publish(path, "new", Some("secret")), expected);
    }
    // Planted between staging and publishing.
    let staged = |path| desk.vault().stage(&desk.spool, &note(path), b"new").unwrap();
    let (one, two, three) = (staged("late/n.md"), staged("late.md"), staged("swapped.md"));
    desk.place.link("..", "late");
    desk.place.link("../planted.md", "late.md");
    desk.place.link("../secret.md", "swapped.md");
    shows(&desk.vault().publish(&desk.spool, one, None), "Err(Symlink)");
    shows(&desk.vault().publish(&desk.spool, two, None), "Err(Symlink)");
    shows(&desk.vault().publish(&desk.spool, three, Some(hash("secret"))), "Err(Symlink)");
    shows(&desk.publish("x".repeat(255).as_str(), "new", None), "Ok(Done");

    let outside: Vec<_> = fs::read_dir(desk.place.outside.path())
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    assert_eq!(outside.len(), 3, "the vault, the state and the secret: {outside:?}");
    assert_eq!(fs::read_to_string(desk.place.outside.path().join("secret.md")).unwrap(), "secret");
    assert!(desk.spooled().is_empty());
}

#[test]
fn deleted_files_go_to_the_trash_and_replace_nothing_there() {
    let desk = Desk::new();
    for expected in [".trash/a/n.md", ".trash/a/n 2.md", ".trash/a/n 3.md"] {
        desk.place.put("a/n.md", "text");
        match desk.vault().trash(&note("a/n.md"), hash("text")).unwrap() {
            Trashed::Done { to } => assert_eq!((to.as_str(), desk.text(expected).as_str()), (expected, "text")),
            other => panic!("{other:?}"),
        }
        assert!(!desk.place.at("a/n.md").exists());
    }
    desk.place.put("n.md", "A");
    shows(&desk.vault().trash(&note("n.md"), hash("old")), "Ok(Changed { found: Some([65]) })");
    shows(&desk.vault().trash(&note("gone.md"), hash("old")), "Ok(Changed { found: None })");
    assert_eq!(desk.text("n.md"), "A");

    let linked = Desk::new();
    linked.place.put("n.md", "A");
    linked.place.link("..", ".trash");
    shows(&linked.vault().trash(&note("n.md"), hash("A")), "Err(Symlink)");
    assert_eq!(linked.text("n.md"), "A");
}

#[test]
fn renames_replace_nothing() {
    let desk = Desk::new();
    desk.place.put("n.md", "A");
    desk.place.put("taken.md", "B");
    let rename = |from: &str, to: &str, base: &str| desk.vault().rename(&note(from), &note(to), hash(base));
    shows(&rename("n.md", "taken.md", "A"), "Ok(Exists)");
    shows(&rename("n.md", "new/n.md", "old"), "Ok(Changed { found: Some([65]) })");
    shows(&rename("gone.md", "new/n.md", "A"), "Ok(Changed { found: None })");
    assert!(!desk.place.at("new").exists());
    match rename("n.md", "new/n.md", "A").unwrap() {
        Renamed::Done { stamp } => assert_eq!(desk.vault().stamp(&note("new/n.md")).unwrap(), Some(stamp)),
        other => panic!("{other:?}"),
    }
    assert_eq!((desk.text("new/n.md").as_str(), desk.text("taken.md").as_str()), ("A", "B"));
    assert!(!desk.place.at("n.md").exists());
}
