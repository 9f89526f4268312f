//! A vault that follows a remote over smart HTTP: commits arrive there, and whatever keeps them from it is told in the status while writes go
//! on. Nothing is forced, and no secret is told.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use membridge::config::{Config, GitSync};
use serde_json::Value;

use crate::harness::Server;
use remote::{Remote, commit_elsewhere};

pub(crate) mod remote;

const PATIENCE: Duration = Duration::from_secs(30);

/// How long a remote that hangs is waited for.
const HANGS: Duration = Duration::from_secs(2);

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let identity = [
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.org",
        "-c",
        "init.defaultBranch=main",
    ];
    let output = Command::new("git")
        .current_dir(folder)
        .args(identity)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A server over a vault that was pushed to the remote.
async fn over(remote: &Remote, notes: &[(&str, &str)], change: impl FnOnce(&mut Config, &Path)) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let vault = folder.path().join("vault");
    git(folder.path(), &["init", "-q", "vault"]);
    for (path, text) in notes {
        fs::create_dir_all(vault.join(path).parent().unwrap()).unwrap();
        fs::write(vault.join(path), text).unwrap();
    }
    git(&vault, &["add", "-A"]);
    git(&vault, &["commit", "-qm", "first", "--allow-empty"]);
    let bare = remote.repository();
    git(&vault, &["push", "-q", bare.to_str().unwrap(), "main"]);
    git(&vault, &["remote", "add", "origin", &remote.url()]);
    git(&vault, &["update-ref", "refs/remotes/origin/main", "main"]);
    git(&vault, &["branch", "-q", "--set-upstream-to=origin/main"]);
    let place = folder.path().to_owned();
    Server::start_in(folder, |config| {
        config.git.sync = GitSync::Push;
        config.git.push_after = Duration::from_millis(20);
        config.git.fetch_every = Duration::from_millis(100);
        config.git.timeout = Duration::from_secs(20);
        change(config, &place);
    })
    .await
}

async fn source(server: &Server) -> Value {
    server.get("/v1/status").await.json()["sources"][0].clone()
}

/// Waits until the status of the vault is as wanted.
async fn eventually(server: &Server, wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let source = source(server).await;
        if wanted(&source) {
            return source;
        }
        assert!(begun.elapsed() < PATIENCE, "{source}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn is_in_step(source: &Value) -> bool {
    source["unpushed"] == 0 && source["sync"] == ""
}

fn says<'a>(word: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |source| source["sync"].as_str().unwrap().starts_with(word)
}

async fn write(server: &Server, path: &str, text: &str) -> String {
    let answer = server.put(path, text, &[]).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer.json()["commit"].as_str().unwrap().to_owned()
}

async fn arrived(remote: &Remote, commit: &str) {
    let begun = Instant::now();
    while remote.head().trim() != commit {
        assert!(begun.elapsed() < PATIENCE, "{} is not {commit}", remote.head());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_arrives_at_the_remote() {
    let remote = Remote::start().await;
    let server = over(&remote, &[("Home.md", "home\n")], |_, _| ()).await;
    let commit = write(&server, "Agent/A.md", "text\n").await;
    arrived(&remote, &commit).await;
    assert_eq!(git(&remote.repository(), &["show", "main:Agent/A.md"]), "text\n");
    eventually(&server, is_in_step).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_of_an_earlier_run_arrive_after_the_start() {
    let remote = Remote::start().await;
    let server = over(&remote, &[], |config, _| config.git.push_after = Duration::from_secs(600)).await;
    let commit = write(&server, "Agent/A.md", "text\n").await;
    eventually(&server, |it| it["unpushed"] == 1 && it["sync"] == "").await;
    let server = server.restart().await;
    arrived(&remote, &commit).await;
    eventually(&server, is_in_step).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_moved_is_told_and_never_forced() {
    let remote = Remote::start().await;
    let server = over(&remote, &[], |_, _| ()).await;
    commit_elsewhere(&remote, &[("Other.md", Some("other\n"))]);
    let theirs = remote.head();
    write(&server, "Agent/A.md", "text\n").await;
    eventually(&server, |it| it["unpushed"] == 1 && says("diverged: ")(it)).await;
    assert_eq!(remote.head(), theirs);
    write(&server, "Agent/B.md", "text\n").await;
    eventually(&server, |it| it["unpushed"] == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_remote_rejects_waits_for_another_commit() {
    let remote = Remote::start().await;
    let server = over(&remote, &[], |config, place| {
        fs::write(place.join("token"), "secret-token\n").unwrap();
        config.git.token_file = Some(place.join("token"));
    })
    .await;
    remote.set_hook("pre-receive", "echo the branch is protected, secret-token; exit 1");
    write(&server, "Agent/A.md", "text\n").await;
    let source = eventually(&server, |it| it["unpushed"] == 1 && says("rejected: ")(it)).await;
    assert!(
        source["sync"].as_str().unwrap().ends_with("the branch is protected, ***"),
        "{source}"
    );
    remote.set_hook("pre-receive", "exit 0");
    let commit = write(&server, "Agent/B.md", "text\n").await;
    arrived(&remote, &commit).await;
    eventually(&server, is_in_step).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told_and_a_right_one_is_read_anew() {
    let remote = Remote::start().await;
    // `x-access-token:right-token`
    remote.ask_for("Basic eC1hY2Nlc3MtdG9rZW46cmlnaHQtdG9rZW4=");
    let server = over(&remote, &[], |config, place| {
        fs::write(place.join("token"), "wrong-token\n").unwrap();
        config.git.token_file = Some(place.join("token"));
    })
    .await;
    let commit = write(&server, "Agent/A.md", "text\n").await;
    let source = eventually(&server, |it| it["unpushed"] == 1 && says("denied: ")(it)).await;
    assert!(!source.to_string().contains("wrong-token"), "{source}");
    fs::write(server.folder().join("token"), "right-token\n").unwrap();
    let server = server.restart().await;
    arrived(&remote, &commit).await;
    eventually(&server, is_in_step).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_that_hangs_holds_nobody_up() {
    let remote = Remote::start().await;
    let server = over(&remote, &[], |config, _| config.git.timeout = HANGS).await;
    remote.be_silent(true);
    write(&server, "Agent/A.md", "text\n").await;
    // A write that waits for the remote takes all of its time; the quickest is not one that a pause of the machine fell into.
    let mut quickest = HANGS;
    for number in 0..5 {
        let begun = Instant::now();
        write(&server, &format!("Agent/{number}.md"), "text\n").await;
        quickest = quickest.min(begun.elapsed());
    }
    assert!(quickest < HANGS / 2, "{quickest:?}");
    eventually(&server, |it| it["unpushed"] == 6 && says("timed out")(it)).await;
    remote.be_silent(false);
    let server = server.restart_with(|config| config.git.timeout = PATIENCE).await;
    eventually(&server, is_in_step).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_service_does_not_wait_for_a_remote_that_hangs() {
    let remote = Remote::start().await;
    let server = over(&remote, &[], |config, _| config.git.timeout = Duration::from_secs(600)).await;
    remote.be_silent(true);
    write(&server, "Agent/A.md", "text\n").await;
    eventually(&server, |it| it["unpushed"] == 1).await;
    let begun = Instant::now();
    drop(server);
    assert!(begun.elapsed() < PATIENCE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_follows_nothing_says_so() {
    let server = Server::start_with(&[], |config| config.git.sync = GitSync::Push).await;
    let source = eventually(&server, |it| it["sync"] != "").await;
    assert_eq!(source["sync"], "the vault is not the root of a git repository");

    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "vault"]);
    git(&folder.path().join("vault"), &["commit", "-qm", "first", "--allow-empty"]);
    let server = Server::start_in(folder, |config| config.git.sync = GitSync::Push).await;
    let source = eventually(&server, |it| it["sync"] != "").await;
    let why = "failed: the branch follows none of a remote: run `git push -u origin HEAD` once";
    assert_eq!(source["sync"], why);
}

/// The vault and the remote have come apart by these commits when the service starts.
async fn meeting(remote: &Remote, notes: &[(&str, &str)], ours: &[(&str, &str)], theirs: &[(&str, Option<&str>)]) -> Server {
    let server = over(remote, notes, |config, place| {
        let vault = place.join("vault");
        for (path, text) in ours {
            fs::create_dir_all(vault.join(path).parent().unwrap()).unwrap();
            fs::write(vault.join(path), text).unwrap();
        }
        git(&vault, &["add", "-A"]);
        git(&vault, &["commit", "-qm", "ours"]);
        commit_elsewhere(remote, theirs);
        config.git.sync = GitSync::Full;
    })
    .await;
    eventually(&server, |source| {
        is_in_step(source) && git(&vault(&server), &["rev-parse", "main"]) == remote.head()
    })
    .await;
    assert_eq!(git(&vault(&server), &["status", "--porcelain"]), "");
    git(&vault(&server), &["fsck", "--strict"]);
    server
}

fn vault(server: &Server) -> PathBuf {
    server.folder().join("vault")
}

fn on_disk(server: &Server, path: &str) -> String {
    fs::read_to_string(vault(server).join(path)).unwrap()
}

/// Returns the names in a folder of the vault.
fn names(server: &Server, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(vault(server).join(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_pushed_comes_in() {
    let remote = Remote::start().await;
    let notes = [
        ("Home.md", "home\n"),
        ("Old.md", "old\n"),
        (".obsidian/app.json", "{}"),
        (".gitignore", ".trash/\n"),
    ];
    let server = over(&remote, &notes, |config, _| config.git.sync = GitSync::Full).await;
    let theirs = [
        ("Home.md", Some("zirconium\n")),
        ("Deep/New.md", Some("new\n")),
        ("Old.md", None),
        (".obsidian/app.json", Some("{\"a\":1}")),
    ];
    commit_elsewhere(&remote, &theirs);
    eventually(&server, |_| git(&vault(&server), &["rev-parse", "main"]) == remote.head()).await;
    assert_eq!(
        (on_disk(&server, "Home.md"), on_disk(&server, "Deep/New.md")),
        ("zirconium\n".into(), "new\n".into())
    );
    assert_eq!(on_disk(&server, ".obsidian/app.json"), "{\"a\":1}");
    assert!(!vault(&server).join("Old.md").exists());
    assert_eq!(git(&vault(&server), &["status", "--porcelain"]), "");
    let begun = Instant::now();
    while server.get("/v1/search?q=zirconium").await.json()["total"] != 1 {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_both_sides_meet_in_one_commit() {
    let remote = Remote::start().await;
    let both = "one\n\ntwo\n\nthree\n";
    let ours = [("Agent/A.md", "ours\n")];
    let theirs = [("Theirs.md", Some("theirs\n")), ("Both.md", Some("ONE\n\ntwo\n\nthree\n"))];
    let server = meeting(&remote, &[("Both.md", both)], &ours, &theirs).await;
    assert_eq!(
        (on_disk(&server, "Agent/A.md"), on_disk(&server, "Theirs.md")),
        ("ours\n".into(), "theirs\n".into())
    );
    let head = git(&vault(&server), &["log", "-1", "--format=%s|%cn|%p"]);
    let (subject, parents) = head.trim().rsplit_once('|').unwrap();
    assert_eq!((subject, parents.split(' ').count()), ("sync: merge origin/main|membridge", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_conflict_both_sides_stay() {
    let remote = Remote::start().await;
    let ours = [("Agent/A.md", "ours\n"), ("Agent/B.md", "same\n")];
    let theirs = [("Agent/A.md", Some("theirs\n")), ("Agent/B.md", Some("same\n"))];
    let server = meeting(&remote, &[("Home.md", "home\n")], &ours, &theirs).await;
    let names = names(&server, "Agent");
    assert!(names.len() == 3 && names[0].starts_with("A (conflict origin "), "{names:?}");
    assert_eq!(on_disk(&server, "Agent/A.md"), "ours\n");
    assert_eq!(on_disk(&server, &format!("Agent/{}", names[0])), "theirs\n");
    let tree = git(&remote.repository(), &["ls-tree", "-r", "--name-only", "main"]);
    assert!(names.iter().all(|it| tree.contains(it)), "{tree}");
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_nobody_committed_survives_what_comes_in() {
    let remote = Remote::start().await;
    let server = over(
        &remote,
        &[("Plan.md", "one\n\ntwo\n\nthree\n"), ("Gone.md", "gone\n")],
        |config, _| {
            config.git.sync = GitSync::Full;
            config.git.fetch_every = Duration::from_secs(600);
        },
    )
    .await;
    eventually(&server, is_in_step).await;
    server.write("Plan.md", "one, by hand\n\ntwo\n\nthree\n");
    server.write("Gone.md", "changed by hand\n");
    commit_elsewhere(&remote, &[("Plan.md", Some("one\n\ntwo\n\nTHREE\n")), ("Gone.md", None)]);
    let server = server.restart().await;
    eventually(&server, |_| git(&vault(&server), &["rev-parse", "main"]) == remote.head()).await;
    assert_eq!(on_disk(&server, "Plan.md"), "one, by hand\n\ntwo\n\nTHREE\n");
    assert_eq!(on_disk(&server, "Gone.md"), "changed by hand\n");
    let authors = git(&vault(&server), &["log", "--format=%an", "--", "Plan.md"]);
    assert!(authors.contains("vault owner") && authors.contains("Ada"), "{authors}");
    assert_eq!(git(&vault(&server), &["status", "--porcelain"]), "");
}
