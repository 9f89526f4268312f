//! File objects that someone planted, and files that change while they are looked at. The ids are rows F of the list of hostile inputs.

use std::{
    fs::{self, File, FileTimes, Permissions},
    io::Write,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant, SystemTime},
};

use rustix::fs::{CWD, RenameFlags, mkfifoat, renameat_with};

use super::*;

fn make_pipe(path: &Path) {
    mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).unwrap();
}

/// Root may read everything, so what permissions forbid cannot be tested as root.
fn permissions_apply() -> bool {
    let apply = !rustix::process::geteuid().is_root();
    if !apply {
        eprintln!("skipped: permissions do not apply to root");
    }
    apply
}

#[test]
fn f01_to_f08_links_are_never_followed() {
    let place = Place::new();
    place.put("n.md", "inside");
    fs::create_dir(place.at("sub")).unwrap();
    place.link("n.md", "in.md");
    place.link("../secret.md", "esc.md");
    place.link("/etc", "d");
    place.link("/proc/self/root/etc", "magic");
    place.link("/proc/self/environ", "environ.md");
    place.link("nowhere.md", "dangling.md");
    place.link("b", "a");
    place.link("a", "b");
    place.link("..", "sub/up");
    for path in [
        "in.md",
        "esc.md",
        "d/passwd",
        "magic/passwd",
        "environ.md",
        "dangling.md",
        "a",
        "a/x.md",
        "sub/up/n.md",
    ] {
        assert!(
            matches!(place.read(path), Err(ReadError::Symlink)),
            "{path}: {:?}",
            place.read(path)
        );
        assert!(matches!(place.vault.stamp(&note(path)), Err(ReadError::Symlink)), "{path}");
    }
    let scan = place.scan();
    assert_eq!((files(&scan), names(&scan.folders)), (vec!["n.md"], vec!["sub"]));
    assert_eq!(scan.skipped_count, 9);
    assert!(scan.skipped.iter().all(|it| it.why == WhySkipped::Symlink));
}

#[test]
fn f09_what_turns_into_a_link_never_lets_a_read_out() {
    let place = Place::new();
    place.put("d/secret.md", "inside");
    place.link("..", "link");
    place.put("n.md", "inside");
    place.link("../secret.md", "link.md");
    let swap = |one: &str, other: &str| renameat_with(CWD, place.at(one), CWD, place.at(other), RenameFlags::EXCHANGE).unwrap();
    let (done, begin) = (AtomicBool::new(false), Instant::now());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) && begin.elapsed() < Duration::from_secs(60) {
                swap("d", "link");
                swap("n.md", "link.md");
            }
        });
        for path in ["d/secret.md", "n.md"] {
            let (mut inside, mut refused) = (0, 0);
            // Where a core is shared the other thread may not run for a while.
            let mut reads = 0;
            while reads < 20_000 || (inside == 0 || refused == 0) && begin.elapsed() < Duration::from_secs(30) {
                reads += 1;
                match place.read(path) {
                    Ok(text) => {
                        assert_eq!(text, "inside");
                        inside += 1;
                    }
                    Err(ReadError::Symlink | ReadError::NotFound | ReadError::Changing) => refused += 1,
                    Err(why) => panic!("{path}: {why}"),
                }
            }
            assert!(
                inside > 0 && refused > 0,
                "{path}: the race never happened: {inside} inside, {refused} refused"
            );
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn f10_a_hard_link_is_read_like_any_file() {
    let place = Place::new();
    fs::hard_link(place.outside.path().join("secret.md"), place.at("n.md")).unwrap();
    assert_eq!(place.read("n.md").unwrap(), "secret");
    assert_eq!(files(&place.scan()), ["n.md"]);
}

#[test]
fn f11_pipes_and_sockets_are_neither_opened_nor_waited_for() {
    let place = Place::new();
    make_pipe(&place.at("x.md"));
    let _listener = UnixListener::bind(place.at("s.md")).unwrap();
    let begin = Instant::now();
    let scan = place.scan();
    assert_eq!(skipped(&scan), [("s.md", WhySkipped::NotAFile), ("x.md", WhySkipped::NotAFile)]);
    for path in ["x.md", "s.md"] {
        assert!(matches!(place.read(path), Err(ReadError::NotAFile)), "{path}");
        assert!(matches!(place.vault.stamp(&note(path)), Err(ReadError::NotAFile)), "{path}");
    }
    assert!(begin.elapsed() < Duration::from_secs(30));
}

#[test]
fn f14_a_file_without_rights_is_listed_and_not_taken_for_gone() {
    if !permissions_apply() {
        return;
    }
    let place = Place::new();
    place.put("n.md", "x");
    fs::set_permissions(place.at("n.md"), Permissions::from_mode(0o000)).unwrap();
    assert_eq!(files(&place.scan()), ["n.md"]);
    assert!(matches!(place.read("n.md"), Err(ReadError::Unreadable(why)) if why.kind() == io::ErrorKind::PermissionDenied));
}

#[test]
fn f15_a_folder_without_rights_proves_nothing_about_its_notes() {
    if !permissions_apply() {
        return;
    }
    let place = Place::new();
    place.put("open/n.md", "x");
    place.put("shut/deep/n.md", "x");
    place.put("listed/n.md", "x");
    fs::set_permissions(place.at("shut"), Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(place.at("listed"), Permissions::from_mode(0o400)).unwrap();
    let scan = place.scan();
    let stamp = place.vault.stamp(&note("shut/deep/n.md"));
    fs::set_permissions(place.at("shut"), Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(place.at("listed"), Permissions::from_mode(0o700)).unwrap();

    assert_eq!(files(&scan), ["open/n.md"]);
    let mut unlisted: Vec<_> = scan.unlisted.iter().map(|(folder, _)| folder.as_str()).collect();
    unlisted.sort_unstable();
    assert_eq!(unlisted, ["listed", "shut"]);
    assert!(!scan.proves_absent(&note("shut/deep/n.md")) && !scan.proves_absent(&note("listed/n.md")));
    assert!(scan.proves_absent(&note("open/gone.md")) && scan.proves_absent(&note("shutter/n.md")));
    assert!(matches!(stamp, Err(ReadError::Unreadable(_))), "{stamp:?}");
}

#[test]
fn f17_a_huge_file_is_measured_and_not_read() {
    let place = Place::new();
    File::create(place.at("big.md")).unwrap().set_len(10 << 30).unwrap();
    assert!(matches!(place.read("big.md"), Err(ReadError::TooLarge { size }) if size == 10 << 30));
    assert_eq!(place.scan().files[0].1.size, 10 << 30);
    place.put("fits.md", "12345");
    assert!(place.vault.read(&note("fits.md"), 5).is_ok());
    assert!(matches!(
        place.vault.read(&note("fits.md"), 4),
        Err(ReadError::TooLarge { size: 5 })
    ));
}

#[test]
fn f18_a_file_that_grows_is_never_half_read() {
    let place = Place::new();
    place.put("n.md", "");
    let (path, done) = (place.at("n.md"), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = File::options().append(true).open(&path).unwrap();
            while !done.load(Ordering::Relaxed) && file.metadata().unwrap().len() < 4 << 20 {
                file.write_all(&[b'x'; 512]).unwrap();
            }
        });
        for _ in 0..2000 {
            match place.vault.read(&note("n.md"), MAX) {
                Ok(text) => assert_eq!((text.bytes.len() as u64, text.bytes.len() % 512), (text.stamp.size, 0)),
                Err(why) => assert!(matches!(why, ReadError::Changing), "{why}"),
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn f20_odd_times_are_kept() {
    let place = Place::new();
    place.put("n.md", "");
    let file = File::options().write(true).open(place.at("n.md")).unwrap();
    let check = |time: SystemTime, expected: i64| {
        file.set_times(FileTimes::new().set_modified(time)).unwrap();
        assert_eq!(place.scan().files[0].1.mtime_ns, expected);
    };
    check(SystemTime::UNIX_EPOCH, 0);
    check(SystemTime::UNIX_EPOCH - Duration::from_millis(1500), -1_500_000_000);
    check(
        SystemTime::UNIX_EPOCH + Duration::from_secs(4_300_000_000),
        4_300_000_000_000_000_000,
    );
}

#[test]
fn f21_f22_an_edit_shows_in_the_stamp_even_with_the_old_time_and_size() {
    let place = Place::new();
    place.put("n.md", "one");
    let before = place.vault.stamp(&note("n.md")).unwrap().unwrap();
    let old_time = FileTimes::new().set_modified(fs::metadata(place.at("n.md")).unwrap().modified().unwrap());
    // Kernels before 6.13 stamp with the clock tick of up to 10 ms.
    std::thread::sleep(Duration::from_millis(20));
    place.put("n.md", "two");
    File::options()
        .write(true)
        .open(place.at("n.md"))
        .unwrap()
        .set_times(old_time)
        .unwrap();
    let edited = place.vault.stamp(&note("n.md")).unwrap().unwrap();
    assert_eq!(
        (edited.ino, edited.size, edited.mtime_ns),
        (before.ino, before.size, before.mtime_ns)
    );
    assert_ne!(edited, before);

    place.put("new.md", "six");
    File::options()
        .write(true)
        .open(place.at("new.md"))
        .unwrap()
        .set_times(old_time)
        .unwrap();
    fs::rename(place.at("new.md"), place.at("n.md")).unwrap();
    let replaced = place.vault.stamp(&note("n.md")).unwrap().unwrap();
    assert_eq!((replaced.size, replaced.mtime_ns), (before.size, before.mtime_ns));
    assert_ne!(replaced.ino, before.ino);
}

#[test]
fn f23_many_files_in_one_folder_are_all_found() {
    let place = Place::new();
    (0..20_000).for_each(|it| fs::write(place.at(&format!("{it}.md")), "").unwrap());
    assert_eq!(place.scan().files.len(), 20_000);
}
