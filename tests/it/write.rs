//! Notes are written over HTTP: what a receipt says, what lies on the disk after it, and what git keeps. Real files, real repositories.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

use axum::{
    body::Body,
    http::{HeaderName, StatusCode, header},
};
use membridge::config::tokens::{Scope, Secret, Token};
use serde_json::json;

use crate::harness::{Answer, Server};

/// Notes that lie there for a long time: nobody is waited for.
pub(crate) async fn over(notes: &[(&str, &str)]) -> Server {
    let server = Server::start(notes).await;
    for (path, _) in notes {
        age(&server.folder().join("vault").join(path));
    }
    server
}

pub(crate) fn age(file: &Path) {
    age_by(file, 3600);
}

fn age_by(file: &Path, seconds: u64) {
    let old = SystemTime::now() - Duration::from_secs(seconds);
    fs::File::options().write(true).open(file).unwrap().set_modified(old).unwrap();
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args([
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.org",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A vault that is a git repository with these notes in its first commit.
pub(crate) fn repository(notes: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let vault = folder.path().join("vault");
    fs::create_dir(&vault).unwrap();
    git(&vault, &["init", "-q"]);
    for (path, text) in notes {
        let file = vault.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        age(&file);
    }
    git(&vault, &["add", "-A"]);
    git(&vault, &["commit", "-qm", "first", "--allow-empty"]);
    folder
}

/// A server over a [`repository`] in which the agent may edit every note.
pub(crate) async fn over_repository(notes: &[(&str, &str)]) -> Server {
    Server::start_in(repository(notes), |config| {
        config.write.edit_existing = vec![membridge::model::glob::PathGlob::parse("**").unwrap()];
    })
    .await
}

pub(crate) fn if_match(answer: &Answer) -> String {
    format!("\"{}\"", answer.json()["hash"].as_str().unwrap())
}

pub(crate) fn on_disk(server: &Server, path: &str) -> String {
    fs::read_to_string(server.folder().join("vault").join(path)).unwrap()
}

#[tokio::test]
async fn a_note_is_created_found_and_in_the_history() {
    let server = over(&[("Home.md", "home\n")]).await;
    let headers = [
        (HeaderName::from_static("membridge-agent"), "claw"),
        (HeaderName::from_static("membridge-session"), "s-7"),
    ];
    let answer = server
        .put("Agent/Copper.md?reason=learned+today", "# Copper\n\nzirconium\n", &headers)
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let receipt = answer.json();
    assert_eq!(
        (&receipt["git"], &receipt["repository"], &receipt["changed"]),
        (&json!("committed"), &json!("private"), &json!(true))
    );
    assert_eq!(receipt["previous_hash"], json!(null));
    assert_eq!(on_disk(&server, "Agent/Copper.md"), "# Copper\n\nzirconium\n");

    // The receipt's generation is searchable at once, without a wait.
    let found = server
        .get(&format!(
            "/v1/search?q=zirconium&min_generation={}&wait_ms=0",
            receipt["generation"]
        ))
        .await;
    assert_eq!(found.json()["hits"][0]["path"], "Agent/Copper.md", "{}", found.text());
    assert_eq!(found.json()["hits"][0]["origin"], "agent");

    let history = server.get("/v1/history/Agent/Copper.md").await.json();
    let commit = &history["commits"][0];
    assert_eq!(commit["commit"], receipt["commit"]);
    assert_eq!(
        (&commit["agent"], &commit["session"], &commit["reason"]),
        (&json!("claw"), &json!("s-7"), &json!("learned today"))
    );
    assert_eq!(history["repository"], "private");
}

#[tokio::test]
async fn an_existing_note_needs_the_hash_that_was_read() {
    let server = over(&[]).await;
    let first = server.put("Agent/A.md", "one\n", &[]).await;
    assert_eq!(
        server.put("Agent/A.md", "two\n", &[]).await.problem(),
        (428, "precondition-required".to_owned())
    );
    let second = server.put("Agent/A.md", "two\n", &[(header::IF_MATCH, &if_match(&first))]).await;
    assert_eq!(second.status, StatusCode::OK, "{}", second.text());
    let stale = server.put("Agent/A.md", "three\n", &[(header::IF_MATCH, &if_match(&first))]).await;
    assert_eq!(stale.problem(), (412, "stale-note".to_owned()));
    assert_eq!(stale.json()["current_hash"], second.json()["hash"]);
    assert_eq!(on_disk(&server, "Agent/A.md"), "two\n");
    let same = server.put("Agent/A.md", "two\n", &[(header::IF_MATCH, &if_match(&second))]).await;
    assert_eq!(
        (&same.json()["changed"], same.json()["git"].as_str()),
        (&json!(false), Some("committed")),
        "{}",
        same.text()
    );
}

#[tokio::test]
async fn a_dry_run_shows_the_difference_and_changes_nothing() {
    let server = over(&[]).await;
    let answer = server.put("Agent/A.md?dry_run=true&diff=true", "one\n", &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["diff"], "--- a/Agent/A.md\n+++ b/Agent/A.md\n@@ -0,0 +1 @@\n+one\n");
    assert!(!server.folder().join("vault/Agent/A.md").exists());
}

#[tokio::test]
async fn a_deleted_note_lies_in_the_trash_and_in_the_history() {
    let server = over(&[]).await;
    server.put("Agent/A.md", "quixotic\n", &[]).await;
    let gone = server.delete("Agent/A.md", &[]).await;
    assert_eq!(
        (gone.status, &gone.json()["hash"]),
        (StatusCode::OK, &json!(null)),
        "{}",
        gone.text()
    );
    assert_eq!(on_disk(&server, ".trash/Agent/A.md"), "quixotic\n");
    assert_eq!(server.get("/v1/search?q=quixotic").await.json()["total"], 0);
    assert_eq!(server.get("/v1/notes/Agent/A.md").await.status, StatusCode::NOT_FOUND);
    let history = server.get("/v1/history/Agent/A.md").await.json();
    assert_eq!(history["commits"].as_array().unwrap().len(), 2, "{history}");
    let before = history["commits"][1]["commit"].as_str().unwrap();
    let old = server.get(&format!("/v1/notes/Agent/A.md?at={before}")).await;
    assert_eq!(old.json()["content"], "quixotic\n", "{}", old.text());
    assert_eq!(server.delete("Agent/A.md", &[]).await.problem(), (404, "note-not-found".to_owned()));
}

#[tokio::test]
async fn a_humans_uncommitted_text_gets_a_commit_of_their_own() {
    let server = over_repository(&[("Plan.md", "first\n")]).await;
    let vault = server.folder().join("vault");
    server.write("Plan.md", "second, by a human\n");
    age(&vault.join("Plan.md"));
    let read = server.get("/v1/notes/Plan.md").await;
    let answer = server
        .put("Plan.md", "third, by the agent\n", &[(header::IF_MATCH, &if_match(&read))])
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(
        (&answer.json()["repository"], &answer.json()["git"]),
        (&json!("vault"), &json!("committed"))
    );
    assert_eq!(
        git(&vault, &["log", "--format=%an|%cn", "-n2"]),
        "agent|membridge\nvault owner|membridge\n"
    );
    assert_eq!(git(&vault, &["show", "HEAD~1:Plan.md"]), "second, by a human\n");
    assert_eq!(git(&vault, &["show", "HEAD:Plan.md"]), "third, by the agent\n");
    assert_eq!(git(&vault, &["status", "--porcelain"]), "");
    let diff = server.get("/v1/diff/Plan.md").await.json();
    assert!(
        diff["diff"]
            .as_str()
            .unwrap()
            .contains("-second, by a human\n+third, by the agent\n"),
        "{diff}"
    );
    let changes = server.get("/v1/changes").await.json();
    assert_eq!(
        (&changes["notes"][0]["path"], &changes["notes"][0]["change"]),
        (&json!("Plan.md"), &json!("added")),
        "{changes}"
    );
}

#[tokio::test]
async fn while_git_is_busy_the_write_succeeds_and_the_commit_waits() {
    let server = over_repository(&[("Plan.md", "first\n")]).await;
    let vault = server.folder().join("vault");
    fs::write(vault.join(".git/index.lock"), "").unwrap();
    let answer = server.put("Agent/A.md", "text\n", &[]).await;
    assert_eq!(
        (answer.status, &answer.json()["git"], &answer.json()["commit"]),
        (StatusCode::CREATED, &json!("queued"), &json!(null))
    );
    let status = server.get("/v1/status").await.json();
    assert_eq!(status["sources"][0]["commits_waiting"], 1, "{status}");
    assert!(
        status["sources"][0]["git"].as_str().unwrap().starts_with("vault: locked"),
        "{status}"
    );

    // It survives a restart.
    let server = server.restart().await;
    assert_eq!(server.get("/v1/status").await.json()["sources"][0]["commits_waiting"], 1);
    fs::remove_file(vault.join(".git/index.lock")).unwrap();
    let server = server.restart().await;
    assert_eq!(git(&vault, &["log", "--format=%s", "-n1"]), "note: A (create)\n");
    assert_eq!(git(&vault, &["status", "--porcelain"]), "");
    assert_eq!(server.get("/v1/status").await.json()["sources"][0]["commits_waiting"], 0);
}

#[tokio::test]
async fn a_key_is_answered_once_across_restarts() {
    let server = over(&[]).await;
    let key = [(HeaderName::from_static("idempotency-key"), "k-1")];
    let first = server.put("Agent/A.md", "one\n", &key).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let server = server.restart().await;
    let again = server.put("Agent/A.md", "one\n", &key).await;
    assert_eq!((again.status, again.json()), (StatusCode::CREATED, first.json()));
    let other = server.put("Agent/A.md", "two\n", &key).await;
    assert_eq!(other.problem(), (422, "idempotency-mismatch".to_owned()));
}

#[tokio::test]
async fn a_key_is_known_after_a_crash_even_while_git_is_busy() {
    let server = over_repository(&[]).await;
    let key = [(HeaderName::from_static("idempotency-key"), "k-1")];
    server.put("Agent/A.md", "one\n", &key).await;
    // As a crash leaves it after the file was written: nothing remembered, the intent logged, nothing committed.
    let (vault, state) = (server.folder().join("vault"), server.folder().join("data/state"));
    let line = fs::read_to_string(state.join("receipts")).unwrap();
    let known: serde_json::Value = serde_json::from_str(line.trim_end()).unwrap();
    fs::remove_file(state.join("receipts")).unwrap();
    git(&vault, &["reset", "-q", "HEAD~1"]);
    let intent = json!([{
        "operation": "0123456789abcdef", "source": "vault", "path": "Agent/A.md", "before": null, "head": null, "before_text": null,
        "after": "one\n", "time": 1, "subject": "note: A (create)", "reason": "", "agent": "claw", "session": "",
        "idempotency": ["k-1", known["request"]],
    }]);
    fs::write(state.join("intents/00000000000000000099.json"), intent.to_string()).unwrap();
    fs::write(vault.join(".git/index.lock"), "").unwrap();
    let server = server.restart().await;
    let again = server.put("Agent/A.md", "one\n", &key).await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["git"]),
        (201, &json!("queued")),
        "{}",
        again.text()
    );
}

#[tokio::test]
async fn what_may_not_be_written_is_refused() {
    let server = over(&[("Home.md", "home\n"), ("Agent/Notes/Übung.md", "x\n")]).await;
    let check = async |path: &str, expected: (u16, &str)| {
        let answer = server.put(path, "text\n", &[]).await;
        assert_eq!(answer.problem(), (expected.0, expected.1.to_owned()), "{path}");
    };
    check("Home.md", (403, "forbidden-path")).await;
    check("Other/New.md", (403, "forbidden-path")).await;
    check("Agent/.hidden/A.md", (403, "forbidden-path")).await;
    check(".obsidian/app.md", (403, "forbidden-path")).await;
    check("Agent/../Home.md", (400, "invalid-path")).await;
    check("Agent/con.md", (400, "invalid-path")).await;
    check("Agent/a%3Ab.md", (400, "invalid-path")).await;
    check("Agent/picture.png", (415, "unsupported-media-type")).await;
    check("agent/notes/%C3%BCbung.md", (409, "already-exists")).await;
    check("Agent/Notes/U%CC%88bung.md", (400, "invalid-path")).await;
    assert_eq!(server.put("Agent/A.md", "", &[]).await.problem(), (400, "invalid-body".to_owned()));
    assert_eq!(
        server.get("/v1/history/Nothing.md").await.problem(),
        (404, "note-not-found".to_owned())
    );
}

#[tokio::test]
async fn a_note_that_a_human_saved_a_moment_ago_is_waited_for() {
    let server = over_repository(&[("Plan.md", "first\n")]).await;
    let begun = SystemTime::now();
    server.write("Plan.md", "a human types\n");
    let read = server.get("/v1/notes/Plan.md").await;
    let answer = server.put("Plan.md", "agent\n", &[(header::IF_MATCH, &if_match(&read))]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(begun.elapsed().unwrap() > Duration::from_millis(500));
    assert_eq!(git(&server.folder().join("vault"), &["show", "HEAD~1:Plan.md"]), "a human types\n");
}

#[tokio::test]
async fn an_edit_changes_a_part_and_says_where_it_cannot() {
    let server = over(&[]).await;
    server.put("Agent/A.md", "# Plan\n\nbuy copper\n", &[]).await;
    let edit = json!({"edits": [{"op": "replace_text", "old": "copper", "new": "tin"}], "reason": "cheaper"});
    let answer = server.patch("Agent/A.md", &edit).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(on_disk(&server, "Agent/A.md"), "# Plan\n\nbuy tin\n");
    assert_eq!(
        server.patch("Agent/A.md", &edit).await.problem(),
        (409, "text-not-found".to_owned())
    );
    assert_eq!(server.get("/v1/history/Agent/A.md").await.json()["commits"][0]["reason"], "cheaper");
}

#[tokio::test]
async fn a_batch_is_one_commit_for_a_conversation() {
    let folder = repository(&[("Plan.md", "first\n")]);
    let server = Server::start_in(folder, |config| config.git.mode = membridge::config::GitMode::Batched).await;
    let vault = server.folder().join("vault");
    let session = |it| [(HeaderName::from_static("membridge-session"), it)];
    for (path, id) in [("Agent/A.md", "s-1"), ("Agent/B.md", "s-1"), ("Agent/C.md", "s-2")] {
        let answer = server.put(path, "text\n", &session(id)).await;
        assert_eq!(answer.json()["git"], "queued", "{}", answer.text());
    }
    let flushed = server.post("/v1/flush", &json!({})).await;
    assert_eq!(
        flushed.json(),
        json!({"committed": 3, "waiting": 0, "reason": ""}),
        "{}",
        flushed.text()
    );
    assert_eq!(
        git(&vault, &["log", "--format=%s", "-n3"]),
        "note: C (create)\nnotes: 2 writes\nfirst\n"
    );
    assert_eq!(git(&vault, &["status", "--porcelain"]), "");

    // What still waits when the service stops gets its commit.
    server.put("Agent/D.md", "text\n", &session("s-3")).await;
    let server = server.restart().await;
    assert_eq!(git(&vault, &["log", "--format=%s", "-n1"]), "note: D (create)\n");
    drop(server);
}

#[tokio::test]
async fn a_stale_save_does_not_take_the_agents_change_away() {
    let old = "# Plan\n\nfirst\n\n# Ledger\n\n3 kg\n";
    let server = over_repository(&[("Plan.md", old)]).await;
    let edit = json!({"edits": [{"op": "replace_text", "old": "3 kg", "new": "4 kg"}]});
    assert_eq!(server.patch("Plan.md", &edit).await.status, StatusCode::OK);
    // An editor that had the old text open saves it, with one more line.
    server.write("Plan.md", old.replace("first", "first, and more"));
    age_by(&server.folder().join("vault/Plan.md"), 3);
    let expected = old.replace("first", "first, and more").replace("3 kg", "4 kg");
    for _ in 0..600 {
        if on_disk(&server, "Plan.md") == expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(on_disk(&server, "Plan.md"), expected);
}

#[tokio::test]
async fn a_secret_is_not_written_unless_that_is_meant() {
    let server = over(&[]).await;
    let text = "# NAS\n\npassword: hunter22\n";
    let refused = server.put("Agent/A.md", text, &[]).await;
    assert_eq!(refused.problem(), (422, "secret-found".to_owned()));
    assert!(
        !refused.text().contains("hunter22") && refused.text().contains("line 3"),
        "{}",
        refused.text()
    );
    assert_eq!(
        server.put("Agent/A.md?allow_secret=true", text, &[]).await.status,
        StatusCode::CREATED
    );
    // What stands there already is no matter of an edit.
    let edit = json!({"edits": [{"op": "append", "text": "more"}]});
    assert_eq!(server.patch("Agent/A.md", &edit).await.status, StatusCode::OK);
    let edit = json!({"edits": [{"op": "append", "text": "token: ghp_a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8"}]});
    assert_eq!(server.patch("Agent/A.md", &edit).await.problem(), (422, "secret-found".to_owned()));
}

#[tokio::test]
async fn a_secret_in_a_name_or_in_the_reason_is_one_too() {
    let server = over(&[("Agent/Old.md", "old\n")]).await;
    // Put together here, so that no scanner of repositories takes this file for a leak.
    let token = format!("gh{}_a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8", "p");
    let refused = server.put(&format!("Agent/{token}.md"), "text\n", &[]).await;
    assert_eq!(refused.problem(), (422, "secret-found".to_owned()));
    assert!(refused.text().contains("the name of the note"), "{}", refused.text());
    let refused = server.put(&format!("Agent/A.md?reason=use%20{token}"), "text\n", &[]).await;
    assert_eq!(refused.problem(), (422, "secret-found".to_owned()));
    assert!(
        refused.text().contains("the reason of the commit") && !refused.text().contains(&token),
        "{}",
        refused.text()
    );
    // A word that only looks like a key is fine in a name.
    assert_eq!(
        server.put("Agent/password=hunter22.md", "text\n", &[]).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn a_note_that_git_never_held_is_committed_before_it_goes() {
    let server = over_repository(&[("Plan.md", "first\n")]).await;
    let vault = server.folder().join("vault");
    for name in ["Gone.md", "Moved.md"] {
        server.write(&format!("Agent/{name}"), "by a human\n");
        age(&vault.join("Agent").join(name));
    }
    let gone = server.delete("Agent/Gone.md", &[]).await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text());
    assert_eq!(git(&vault, &["log", "--format=%an", "-n2"]), "agent\nvault owner\n");
    assert_eq!(git(&vault, &["show", "HEAD~1:Agent/Gone.md"]), "by a human\n");
    let moved = server.post("/v1/move/Agent/Moved.md", &json!({"to": "Agent/New.md"})).await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.text());
    assert_eq!(git(&vault, &["log", "--format=%an", "-n2"]), "agent\nvault owner\n");
    assert_eq!(git(&vault, &["show", "HEAD~1:Agent/Moved.md"]), "by a human\n");
    assert_eq!(git(&vault, &["show", "HEAD:Agent/New.md"]), "by a human\n");
}

#[tokio::test]
async fn a_write_that_changes_nothing_is_remembered_under_its_key() {
    let server = over(&[]).await;
    let first = server.put("Agent/A.md", "one\n", &[]).await;
    let hash = if_match(&first);
    let key = [
        (HeaderName::from_static("idempotency-key"), "k-2"),
        (header::IF_MATCH, hash.as_str()),
    ];
    assert_eq!(server.put("Agent/A.md", "one\n", &key).await.json()["changed"], false);
    assert_eq!(
        server.put("Agent/A.md", "two\n", &key).await.problem(),
        (422, "idempotency-mismatch".to_owned())
    );
}

#[tokio::test]
async fn a_note_that_was_deleted_brings_nothing_back_into_the_next_of_its_name() {
    let server = over(&[]).await;
    server.put("Agent/A.md", "one\n\ntwo\n", &[]).await;
    let edit = json!({"edits": [{"op": "append", "text": "three"}]});
    assert_eq!(server.patch("Agent/A.md", &edit).await.status, StatusCode::OK);
    server.delete("Agent/A.md", &[]).await;
    assert_eq!(server.put("Agent/A.md", "one\n\ntwo\n", &[]).await.status, StatusCode::CREATED);
    age_by(&server.folder().join("vault/Agent/A.md"), 3);
    // Longer than a watched note is left unlooked at.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(on_disk(&server, "Agent/A.md"), "one\n\ntwo\n");
}

/// The candidates of a 404 named notes that the caller could not have changed.
#[tokio::test]
async fn a_path_in_other_capitals_named_a_note_outside_of_what_may_be_written() {
    let notes = [("Agent/Old.md", "old\n"), ("Projects/Private.md", "private\n")];
    let server = Server::start_with(&notes, |it| {
        it.write.edit_existing = vec![membridge::model::glob::PathGlob::parse("**").unwrap()];
        it.tokens = vec![Token {
            name: "writer".to_owned(),
            secret: Secret::parse(b"0123456789abcdef").unwrap(),
            file: None,
            scopes: [Scope::Read, Scope::Write].into(),
            prefix: None,
        }];
    })
    .await;
    let edit = json!({"edits": [{"op": "append", "text": "x"}]}).to_string();
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::AUTHORIZATION, "Bearer 0123456789abcdef"),
    ];
    let missed = async |path: &str| {
        let target = format!("/v1/notes/{path}");
        let answer = server.send("PATCH", &target, &headers, Body::from(edit.clone())).await;
        assert_eq!(answer.problem(), (404, "note-not-found".to_owned()), "{}", answer.text());
        answer.json()["candidates"].clone()
    };
    assert_eq!(missed("agent/old.md").await, json!(["Agent/Old.md"]));
    // Without the scope `edit` it is none of its notes.
    assert_eq!(missed("projects/private.md").await, json!(null));
}
