//! What is read back.

use super::*;

/// Three commits of `a.md`, one of another note between them, at 100, 200, 300 and 400.
fn told() -> (Place, Vec<String>) {
    let place = Place::bare_vault();
    let at = |time: i64, name: &str, text: Option<&str>| CommitRequest {
        time,
        ..request(&[(name, text)])
    };
    let group = [
        at(100, "a.md", Some("1")),
        at(200, "x/b.md", Some("b")),
        at(300, "a.md", Some("2")),
        at(400, "a.md", None),
    ];
    let made = place.open().commit(&group).unwrap().into_iter().map(sha).collect();
    (place, made)
}

#[test]
fn the_history_of_a_path_is_bounded_and_newest_first() {
    let (place, made) = told();
    let check = |name: &str, limit: usize, expected: &[usize], more: bool| {
        let found = place.open().history(&path(name), limit).unwrap();
        let shas: Vec<&str> = found.commits.iter().map(|it| it.sha.as_str()).collect();
        let expected: Vec<&str> = expected.iter().map(|it| made[*it].as_str()).collect();
        assert_eq!((shas, found.more, found.shallow), (expected, more, false), "{name} {limit}");
    };
    check("a.md", 10, &[3, 2, 0], false);
    check("a.md", 3, &[3, 2, 0], false);
    check("a.md", 2, &[3, 2], true);
    check("x/b.md", 10, &[1], false);
    check("none.md", 10, &[], false);
    let first = place.open().history(&path("x/b.md"), 1).unwrap().commits.remove(0);
    let expected = CommitInfo {
        sha: made[1].clone(),
        time: 200,
        author: "OpenClaw <agent@host>".to_owned(),
        committer: "membridge <membridge@localhost>".to_owned(),
        subject: "note: a".to_owned(),
        trailers: vec![("Agent".to_owned(), "openclaw".to_owned())],
    };
    assert_eq!(first, expected);
}

#[test]
fn a_note_is_read_as_it_was() {
    let (place, made) = told();
    let check = |name: &str, commit: &str, expected: Option<&str>| {
        let found = place.open().read_at(&path(name), commit).unwrap();
        assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{name} {commit}");
    };
    check("a.md", &made[0], Some("1"));
    check("a.md", &made[1][..7], Some("1"));
    check("a.md", &made[2], Some("2"));
    check("a.md", &made[3], None);
    check("x", &made[1], None);
    check("a.md", "0123456789", None);
}

#[test]
fn only_ids_are_resolved() {
    let (place, made) = told();
    let check = |rev: &str, expected: Option<&str>| assert_eq!(place.open().resolve(rev).unwrap().as_deref(), expected, "{rev}");
    check(&made[3], Some(&made[3]));
    check(&made[3][..8], Some(&made[3]));
    check(&made[3][..3], None);
    check("HEAD", None);
    check("main", None);
    check("HEAD~1", None);
    check("", None);
    check(&format!("{}0", made[3]), None);
    check("ffffffffffffffffffffffffffffffffffffffff", None);
}

#[test]
fn a_moment_has_a_commit() {
    let (place, made) = told();
    let check = |second: i64, expected: Option<usize>| {
        assert_eq!(
            place.open().commit_at(second).unwrap(),
            expected.map(|it| made[it].clone()),
            "{second}"
        );
    };
    check(99, None);
    check(100, Some(0));
    check(399, Some(2));
    check(i64::MAX, Some(3));
}

#[test]
fn changes_since_then() {
    use ChangeKind::{Added, Deleted, Modified};
    let (place, made) = told();
    let check = |since: Since, limit: usize, expected: &[(usize, &str, ChangeKind)]| {
        let found = place.open().changes(since.clone(), limit).unwrap();
        let found: Vec<_> = found.into_iter().map(|it| (it.info.sha, it.changes)).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(n, path, kind)| (made[*n].clone(), vec![((*path).to_owned(), *kind)]))
            .collect();
        assert_eq!(found, expected, "{since:?} {limit}");
    };
    let all = [
        (3, "a.md", Deleted),
        (2, "a.md", Modified),
        (1, "x/b.md", Added),
        (0, "a.md", Added),
    ];
    check(Since::Time(0), 10, &all);
    check(Since::Time(200), 10, &all[..3]);
    check(Since::Time(0), 1, &all[..1]);
    check(Since::Commit(made[1].clone()), 10, &all[..2]);
    check(Since::Commit(made[3][..8].to_owned()), 10, &[]);
    assert!(place.open().changes(Since::Commit("HEAD".to_owned()), 10).is_err());
}

#[test]
fn nothing_is_told_of_an_unborn_or_empty_past() {
    let place = Place::unborn();
    assert_eq!(place.open().history(&path("a.md"), 10).unwrap().commits, []);
    assert_eq!(place.open().changes(Since::Time(0), 10).unwrap(), []);
    assert_eq!(place.open().commit_at(i64::MAX).unwrap(), None);
}

#[test]
fn a_merge_counts_only_for_what_it_decided() {
    let place = Place::new();
    place.git(&["checkout", "-qb", "side"]);
    place.put("side.md", "s\n");
    place.put(".obsidian/app.json", "{}");
    place.git(&["add", "-A"]);
    place.git(&["commit", "-qm", "side"]);
    place.git(&["checkout", "-q", "main"]);
    place.put("a.md", "2\n");
    place.git(&["commit", "-qam", "main"]);
    place.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let subjects = |name: &str| {
        let found = place.open().history(&path(name), 10).unwrap().commits;
        found.into_iter().map(|it| it.subject).collect::<Vec<_>>()
    };
    for name in ["side.md", "a.md", "b.md"] {
        let expected = place.git(&["log", "--format=%s", "--", name]);
        assert_eq!(subjects(name), expected.lines().collect::<Vec<_>>(), "{name}");
    }
    let changes = place.open().changes(Since::Time(0), 10).unwrap();
    let mut told: Vec<_> = changes.into_iter().map(|it| (it.info.subject, it.changes.len())).collect();
    told.sort();
    assert_eq!(told, [("main".to_owned(), 1), ("side".to_owned(), 1), ("start".to_owned(), 2)]);
}
