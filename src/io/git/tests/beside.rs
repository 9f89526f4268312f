//! Commits beside people: nothing of theirs is touched, and nothing of ours is taken back.

use std::{thread, time::Instant};

use super::*;

fn not_now(place: &Place) -> NotNowReason {
    let before = (
        place.git(&["log", "--all", "--format=%H"]),
        fs::read(place.vault().join(".git/index")).unwrap(),
    );
    place.put("a.md", "ours\n");
    let reason = place.open().commit(&[request(&[("a.md", Some("ours\n"))])]).unwrap_err().reason;
    let after = (
        place.git(&["log", "--all", "--format=%H"]),
        fs::read(place.vault().join(".git/index")).unwrap(),
    );
    assert!(before == after, "something was changed: {reason:?}");
    reason
}

fn leavings(place: &Place) -> Vec<String> {
    let names = fs::read_dir(place.vault().join(".git")).unwrap();
    let names = names.map(|it| it.unwrap().file_name().into_string().unwrap());
    names.filter(|it| it.ends_with(".lock") || it.starts_with("membridge")).collect()
}

#[test]
fn what_others_have_staged_or_changed_stays() {
    let place = Place::new();
    place.put("staged.md", "s\n");
    place.git(&["add", "staged.md"]);
    place.put("b.md", "dirty\n");
    place.put("untracked.md", "u\n");
    let before = place.status();
    sha(place.write("a.md", "2\n"));
    sha(place.write("new.md", "n\n"));
    assert_eq!(place.status(), before);
    assert_eq!(place.git(&["ls-tree", "--name-only", "HEAD"]), "a.md\nb.md\nnew.md\n");
    // The commit of the user then holds what they staged and leaves ours as it is.
    place.git(&["commit", "-qm", "theirs"]);
    assert_eq!(place.git(&["show", "HEAD:a.md"]), "2\n");
    assert_eq!(place.git(&["show", "--name-only", "--format=", "HEAD"]), "staged.md\n");
    assert_eq!(leavings(&place), ["membridge.lock-owner"]);
}

#[test]
fn what_somebody_staged_at_our_path_is_left() {
    let place = Place::new();
    place.put("a.md", "theirs\n");
    place.git(&["add", "a.md"]);
    sha(place.write("a.md", "ours\n"));
    assert_eq!(place.git(&["show", ":a.md"]), "theirs\n");
    assert_eq!(place.git(&["show", "HEAD:a.md"]), "ours\n");
    assert_eq!(place.status(), "MM a.md\n");
}

#[test]
fn what_an_add_met_of_ours_is_brought_in_step() {
    let place = Place::new();
    place.put("a.md", "2\n");
    place.git(&["add", "-A"]);
    place.put("a.md", "3\n");
    let group = [request(&[("a.md", Some("2\n"))]), request(&[("a.md", Some("3\n"))])];
    place.open().commit(&group).unwrap();
    assert_eq!(place.status(), "");
}

#[test]
fn what_somebody_types_meanwhile_shows_as_changed() {
    let place = Place::new();
    place.put("a.md", "x\n");
    sha(only(place.open().commit(&[request(&[("a.md", Some("2\n"))])])));
    assert_eq!(place.status(), " M a.md\n");
}

#[test]
fn what_another_committed_already_is_no_commit_of_ours() {
    let place = Place::new();
    place.put("a.md", "2\n");
    place.git(&["commit", "-qam", "theirs"]);
    let head = place.git(&["rev-parse", "HEAD"]).trim().to_owned();
    assert_eq!(place.write("a.md", "2\n"), Committed::Unchanged(Some(head.clone())));
    assert_eq!(place.git(&["rev-parse", "HEAD"]).trim(), head);
    assert_eq!(place.status(), "");
}

#[test]
fn a_merge_in_progress_is_waited_for() {
    let place = Place::new();
    place.git(&["checkout", "-qb", "side"]);
    place.put("b.md", "side\n");
    place.git(&["commit", "-qam", "side"]);
    place.git(&["checkout", "-q", "main"]);
    place.put("b.md", "main\n");
    place.git(&["commit", "-qam", "main"]);
    assert!(!place.try_git(&["merge", "-q", "side"]).status.success());
    assert_eq!(not_now(&place), NotNowReason::InProgress);
    place.git(&["merge", "--abort"]);
    sha(place.write("a.md", "ours\n"));
}

#[test]
fn a_detached_head_is_waited_for() {
    let place = Place::new();
    place.git(&["checkout", "-q", "--detach"]);
    assert_eq!(not_now(&place), NotNowReason::DetachedHead);
}

#[test]
fn an_index_that_libgit2_cannot_read_is_left_alone() {
    let place = Place::new();
    place.git(&["update-index", "--split-index"]);
    assert_eq!(not_now(&place), NotNowReason::Unsupported);
}

#[test]
fn a_branch_locked_by_another_is_waited_for() {
    let place = Place::new();
    fs::write(place.vault().join(".git/refs/heads/main.lock"), "").unwrap();
    assert_eq!(not_now(&place), NotNowReason::Locked);
}

#[test]
fn a_lock_of_somebody_else_is_never_removed() {
    let place = Place::new();
    let lock = place.vault().join(".git/index.lock");
    let check = |words: &str| {
        fs::write(&lock, words).unwrap();
        let start = Instant::now();
        assert_eq!(not_now(&place), NotNowReason::Locked);
        assert!(start.elapsed().as_secs() < 30);
        assert_eq!(fs::read_to_string(&lock).unwrap(), words);
    };
    check("");
    check("DIRC");
    // Not even beside the record of a process of ours that died before it had the lock.
    fs::write(place.vault().join(".git/membridge.lock-owner"), "membridge 1 2 3\n").unwrap();
    check("membridge 1 2 4\n");
    fs::write(place.vault().join(".git/membridge.lock-owner"), "").unwrap();
    check("");
}

#[test]
fn a_lock_that_we_left_is_removed() {
    let place = Place::new();
    let leave = || {
        for name in ["index.lock", "membridge.lock-owner"] {
            fs::write(place.vault().join(".git").join(name), "membridge 1 2 3\n").unwrap();
        }
        fs::write(place.vault().join(".git/membridge.index"), "half").unwrap();
    };
    let repository = place.open();
    leave();
    place.put("a.md", "2\n");
    sha(only(repository.commit(&[request(&[("a.md", Some("2\n"))])])));
    assert_eq!(place.status(), "");
    leave();
    place.open();
    place.git(&["commit", "-q", "--allow-empty", "-m", "git is free"]);
}

#[test]
fn a_kill_amid_a_commit_leaves_nothing_that_stops_the_next() {
    let check = |branch_lock: fn(&str) -> String| {
        let place = Place::new();
        let base = place.git(&["rev-parse", "main"]);
        let git = place.vault().join(".git");
        fs::write(git.join("index.lock"), "membridge 1 2 3\n").unwrap();
        fs::write(
            git.join("membridge.lock-owner"),
            format!("membridge 1 2 3\nrefs/heads/main\n{base}"),
        )
        .unwrap();
        // What libgit2 makes while it writes the index, and while it moves the branch.
        fs::write(git.join("membridge.index.lock"), "half").unwrap();
        fs::write(git.join("refs/heads/main.lock"), branch_lock(&base)).unwrap();
        sha(place.write("a.md", "2\n"));
        assert_eq!(
            (place.status().as_str(), leavings(&place)),
            ("", vec!["membridge.lock-owner".to_owned()])
        );
    };
    check(str::to_owned);
    check(|_| String::new());

    let place = Place::bare_vault();
    sha(place.write("a.md", "1\n"));
    fs::write(place.private().join("refs/heads/main.lock"), "half").unwrap();
    sha(place.write("a.md", "2\n"));
}

#[test]
fn a_lock_that_lives_is_ours_alone() {
    let place = Place::new();
    let held = lock::IndexLock::acquire(&place.vault().join(".git"), &place.vault().join(".git")).unwrap();
    place.open();
    assert_eq!(not_now(&place), NotNowReason::Locked);
    drop(held);
    sha(place.write("a.md", "2\n"));
}

#[test]
fn commits_beside_a_busy_user_lose_nothing() {
    const ROUNDS: usize = 30;
    let place = Place::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..ROUNDS {
                place.put(&format!("user/{n}.md"), "u\n");
                // A round that meets our lock fails, and the next takes its file along.
                if place.try_git(&["add", "-A"]).status.success() {
                    place.try_git(&["commit", "-qm", "user"]);
                }
            }
        });
        let repository = place.open();
        for n in 0..ROUNDS {
            let (name, text) = (format!("agent/{n}.md"), format!("{n}\n"));
            place.put(&name, &text);
            place.put("agent/log.md", &text);
            let wanted = [request(&[(&name, Some(&text))]), request(&[("agent/log.md", Some(&text))])];
            // The engine would queue it.
            while let Err(error) = repository.commit(&wanted) {
                assert_eq!(error.reason, NotNowReason::Locked, "{error:?}");
            }
        }
    });
    place.git(&["add", "-A"]);
    place.try_git(&["commit", "-qm", "rest"]);
    assert_eq!(place.status(), "");
    let listed = place.git(&["ls-tree", "-r", "--name-only", "HEAD"]);
    assert_eq!(listed.lines().count(), 2 + ROUNDS * 2 + 1, "{listed}");
    assert_eq!(place.git(&["show", "HEAD:agent/log.md"]), format!("{}\n", ROUNDS - 1));
    // Nothing of ours was ever taken back: no commit removed a file.
    assert_eq!(place.git(&["log", "--diff-filter=D", "--format=%H"]), "");
    place.fsck();
}
