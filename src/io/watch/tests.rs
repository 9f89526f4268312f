//! The watcher against real folders. Waits end as soon as the hint is there; a deadline turns a missing hint into a failure.

use std::{
    fs,
    os::unix::fs::symlink,
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use tempfile::TempDir;

use super::*;

struct Heard {
    outside: TempDir,
    root: PathBuf,
    hints: Arc<Hints>,
    woken: Receiver<()>,
    watcher: Watcher,
}

impl Heard {
    /// Watches a fresh vault that `prepare` has filled.
    fn new(prepare: impl FnOnce(&Path)) -> Heard {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("vault");
        fs::create_dir(&root).unwrap();
        prepare(&root);
        Heard::at(outside, root)
    }

    fn at(outside: TempDir, root: PathBuf) -> Heard {
        let (wake, woken) = crossbeam_channel::bounded(1);
        let hints = Arc::new(Hints::new(wake));
        let watcher = Watcher::start(&root, &hints);
        assert!(hints.take().rescan, "what happened before the watch must be looked for");
        woken.try_iter().for_each(drop);
        Heard {
            outside,
            root,
            hints,
            woken,
            watcher,
        }
    }

    /// Gathers hints until `enough` of them came.
    fn until(&self, what: &str, enough: impl Fn(&Taken) -> bool) -> Taken {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut all = Taken::default();
        while !enough(&all) {
            assert!(self.woken.recv_deadline(deadline).is_ok(), "no hint: {what}; heard {all:?}");
            let taken = self.hints.take();
            all.paths.extend(taken.paths);
            all.rescan |= taken.rescan;
            all.root_lost |= taken.root_lost;
        }
        all
    }

    fn hears(&self, path: &str) -> Taken {
        self.until(path, |all| all.paths.contains(&note(path)))
    }

    fn is_on(&self, folder: &Path) -> bool {
        let found = fs::metadata(folder).unwrap();
        self.watcher.is_on(found.dev(), found.ino())
    }
}

fn note(path: &str) -> NotePath {
    NotePath::parse(path).unwrap()
}

#[test]
fn whatever_happens_to_a_note_hints_at_it() {
    let heard = Heard::new(|root| fs::create_dir(root.join("a")).unwrap());
    assert_eq!(heard.watcher.state(), WatchState::Watching);
    let path = |name: &str| heard.root.join(name);

    fs::write(path("a/new.md"), "x").unwrap();
    heard.hears("a/new.md");
    fs::write(path("a/new.md"), "y").unwrap();
    heard.hears("a/new.md");
    fs::write(path("save.tmp"), "z").unwrap();
    fs::rename(path("save.tmp"), path("a/new.md")).unwrap();
    heard.hears("a/new.md");
    fs::rename(path("a/new.md"), path("a/moved.md")).unwrap();
    let renamed = heard.until("both names", |all| {
        [note("a/new.md"), note("a/moved.md")].iter().all(|it| all.paths.contains(it))
    });
    assert!(!renamed.rescan);
    fs::remove_file(path("a/moved.md")).unwrap();
    heard.hears("a/moved.md");
}

#[test]
fn a_new_folder_is_hinted_at_and_then_watched() {
    let heard = Heard::new(|_| {});
    fs::create_dir_all(heard.root.join("x/y")).unwrap();
    heard.hears("x");
    // The watch on a new folder comes a little later than the folder: write until it is there.
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut seen = false;
    while !seen && Instant::now() < deadline {
        fs::write(heard.root.join("x/y/n.md"), "x").unwrap();
        let _ = heard.woken.recv_timeout(Duration::from_millis(50));
        seen = heard.hints.take().paths.contains(&note("x/y/n.md"));
    }
    assert!(seen);
}

#[test]
fn a_moved_folder_hints_at_both_its_names() {
    let heard = Heard::new(|root| {
        fs::create_dir(root.join("old")).unwrap();
        fs::write(root.join("old/n.md"), "x").unwrap();
    });
    fs::rename(heard.root.join("old"), heard.root.join("new")).unwrap();
    heard.until("both names", |all| {
        all.paths.contains(&note("old")) && all.paths.contains(&note("new"))
    });
    fs::rename(heard.root.join("new"), heard.outside.path().join("out")).unwrap();
    heard.hears("new");
    fs::rename(heard.outside.path().join("out"), heard.root.join("back")).unwrap();
    heard.hears("back");
}

#[test]
fn hidden_things_and_reading_make_no_hint() {
    let heard = Heard::new(|root| {
        fs::create_dir_all(root.join(".git/objects")).unwrap();
        fs::write(root.join("n.md"), "x").unwrap();
    });
    fs::write(heard.root.join(".git/objects/ab"), "x").unwrap();
    fs::write(heard.root.join(".hidden.md"), "x").unwrap();
    fs::write(heard.root.join("~syncthing~n.md.tmp"), "x").unwrap();
    fs::write(heard.root.join("line\nfeed.md"), "x").unwrap();
    fs::read(heard.root.join("n.md")).unwrap();
    fs::read_dir(&heard.root).unwrap().for_each(drop);
    fs::write(heard.root.join("last.md"), "x").unwrap();
    let all = heard.hears("last.md");
    assert_eq!(
        all,
        Taken {
            paths: [note("last.md")].into(),
            ..Taken::default()
        }
    );
}

#[test]
fn links_inside_the_vault_are_not_watched() {
    let heard = Heard::new(|root| {
        fs::create_dir(root.parent().unwrap().join("other")).unwrap();
        symlink("../other", root.join("link")).unwrap();
    });
    fs::write(heard.outside.path().join("other/n.md"), "x").unwrap();
    fs::write(heard.root.join("last.md"), "x").unwrap();
    assert_eq!(heard.hears("last.md").paths, [note("last.md")].into());
}

#[test]
fn r18_a_root_that_is_moved_or_deleted_is_lost() {
    let moved = Heard::new(|_| {});
    assert!(moved.is_on(&moved.root));
    fs::rename(&moved.root, moved.outside.path().join("away")).unwrap();
    assert!(moved.until("the root was moved", |all| all.root_lost).rescan);
    fs::create_dir(&moved.root).unwrap();
    assert!(!moved.is_on(&moved.root));

    let deleted = Heard::new(|_| {});
    fs::remove_dir(&deleted.root).unwrap();
    assert!(deleted.until("the root was deleted", |all| all.root_lost).rescan);
}

#[test]
fn a_linked_root_is_watched_at_its_target_and_a_switch_is_noticed_by_identity() {
    let outside = tempfile::tempdir().unwrap();
    for version in ["v1", "v2"] {
        fs::create_dir(outside.path().join(version)).unwrap();
    }
    let link = outside.path().join("current");
    symlink("v1", &link).unwrap();
    let heard = Heard::at(outside, link.clone());
    fs::write(link.join("n.md"), "x").unwrap();
    heard.hears("n.md");
    assert!(heard.is_on(&link));

    symlink("v2", heard.outside.path().join("next")).unwrap();
    fs::rename(heard.outside.path().join("next"), &link).unwrap();
    assert!(!heard.is_on(&link));
}

#[test]
fn what_cannot_be_watched_is_polled_and_says_why() {
    let hints = Arc::new(Hints::new(crossbeam_channel::bounded(1).0));
    let watcher = Watcher::start(Path::new("/nowhere/at/all"), &hints);
    assert!(matches!(watcher.state(), WatchState::Polling { reason } if reason.contains("cannot be watched")));
    assert!(hints.take().rescan);
}

#[test]
fn r20_errors_of_notify_mean_polling_except_about_hidden_folders() {
    let hints = Arc::new(Hints::new(crossbeam_channel::bounded(1).0));
    let state = Arc::new(Mutex::new(WatchState::Watching));
    let listener = Listener {
        root: "/vault".into(),
        state: Arc::clone(&state),
        hints: Arc::clone(&hints),
    };
    let denied = || notify::Error::io(std::io::ErrorKind::PermissionDenied.into());

    listener.hear(Err(denied().add_path("/vault/.git/hooks".into())));
    assert_eq!((&*lock(&state), hints.take()), (&WatchState::Watching, Taken::default()));

    listener.hear(Err(notify::Error::new(notify::ErrorKind::MaxFilesWatch).add_path("/vault/a".into())));
    listener.hear(Err(denied()));
    assert!(
        matches!(&*lock(&state), WatchState::Polling { reason } if reason.contains("limit")),
        "{state:?}"
    );
    assert!(hints.take().rescan);
}

#[test]
fn r19_an_overflow_of_the_kernels_queue_is_a_rescan() {
    let hints = Arc::new(Hints::new(crossbeam_channel::bounded(1).0));
    let listener = Listener {
        root: "/vault".into(),
        state: Arc::new(Mutex::new(WatchState::Watching)),
        hints: Arc::clone(&hints),
    };
    listener.hear(Ok(Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan)));
    assert_eq!(
        hints.take(),
        Taken {
            rescan: true,
            ..Taken::default()
        }
    );
}
