//! What a person did with a note is respected: deleted, it stays so until it is wanted again; moved out of reach, it is left alone.

use std::{
    fs,
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use membridge::model::{glob::PathGlob, write_policy::WritePolicy};
use serde_json::{Value, json};

use super::{NOTE, PATIENCE, asked::until, deliver, merged, note_with, opened, start, with_forge};
use crate::{harness::Server, write::repository};

/// Waits until the only pull request that is known is listed so.
async fn listed(server: &Server, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let entry = server.get("/v1/pull-requests").await.json()["pull_requests"][0].clone();
        let waiting = server.get("/v1/status").await.json()["pull_requests"]["waiting"].clone();
        if holds(&entry) && waiting == 0 {
            return entry;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {entry} {waiting}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn written(server: &Server) -> String {
    deliver(server, "1", &opened(7, 1, "Bump")).await;
    note_with(server, NOTE, &["Bump"]).await;
    listed(server, "it is written", |it| it["path"] == NOTE).await;
    fs::read_to_string(server.folder().join("vault").join(NOTE)).unwrap()
}

/// It came back with the next news, without what the person had written.
#[tokio::test]
async fn a_deleted_note_stays_deleted_until_it_is_wanted() {
    let server = Server::start_in(repository(&[("Home.md", "home\n")]), with_forge).await;
    let file = server.folder().join("vault").join(NOTE);
    written(&server).await;
    let append = json!({"edits": [{"op": "append", "text": "A person's words."}]});
    let answer = server.patch(NOTE, &append).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let answer = server.delete(NOTE, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());

    deliver(&server, "2", &opened(7, 5, "Bump it")).await;
    let entry = listed(&server, "it is deleted", |it| it["note"] == "deleted").await;
    assert_eq!(
        (&entry["title"], &entry["path"]),
        (&json!("Bump it"), &json!(NOTE)),
        "news are kept"
    );
    // The first look for it was told, and is settled.
    assert_eq!(entry["problem"], Value::Null);
    deliver(&server, "3", &merged(7, 30, "Bump it well")).await;
    listed(&server, "it is merged", |it| it["state"] == "merged" && it["note"] == "deleted").await;
    let server = server.restart().await;
    deliver(&server, "4", &merged(7, 31, "Bump it very well")).await;
    listed(&server, "it is known", |it| it["title"] == "Bump it very well").await;
    assert!(!file.exists());

    let answer = server
        .post(
            "/v1/pull-requests/sync",
            &json!({"repo": "owner/name", "number": 7, "restore": true}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let text = note_with(&server, NOTE, &["Bump it very well", "state: merged", "A person's words."]).await;
    assert!(text.contains("# Bump it very well"), "{text}");
    listed(&server, "it is back", |it| it["note"] == Value::Null).await;
    let answer = server
        .post(
            "/v1/pull-requests/sync",
            &json!({"repo": "owner/name", "number": 9, "restore": true}),
        )
        .await;
    assert_eq!(answer.problem(), (400, "invalid-body".to_owned()));
}

#[tokio::test]
async fn a_deleted_note_that_is_put_back_is_written_again() {
    let server = start().await;
    let text = written(&server).await;
    let file = server.folder().join("vault").join(NOTE);
    fs::remove_file(&file).unwrap();
    deliver(&server, "2", &opened(7, 5, "Bump it")).await;
    listed(&server, "it is deleted", |it| it["note"] == "deleted").await;
    fs::write(&file, format!("{text}\nA person's words.\n")).unwrap();
    deliver(&server, "3", &opened(7, 6, "Bump it well")).await;
    note_with(&server, NOTE, &["Bump it well", "A person's words."]).await;
    listed(&server, "it is back", |it| it["note"] == Value::Null).await;
}

const PR: &str = "git.example.org/owner/name#7";

/// It was told as deleted two seconds later, and got no news from then on.
#[tokio::test]
async fn a_note_whose_properties_cannot_be_read_just_now_is_tried_again() {
    let server = start().await;
    let text = written(&server).await;
    let vault = server.folder().join("vault");
    // A list that its owner has begun, and not closed yet.
    fs::write(vault.join(NOTE), text.replacen("---\n", "---\nseen: [by me\n", 1)).unwrap();
    deliver(&server, "2", &opened(7, 5, "Bump it")).await;
    let is_left_alone = |it: &Value| {
        let why = it["errors"][PR].as_str().unwrap_or_default();
        it["waiting"] == 1 && why.contains("cannot be read") && why.contains("left alone") && why.contains("next try")
    };
    until(&server, "it is left alone", is_left_alone).await;
    let entry = server.get("/v1/pull-requests").await.json()["pull_requests"][0].clone();
    assert_eq!(entry["note"], Value::Null, "{entry}");
    fs::write(vault.join(NOTE), text.replacen("---\n", "---\nseen: [by me]\n", 1)).unwrap();
    note_with(&server, NOTE, &["Bump it", "seen: [by me]"]).await;
    listed(&server, "it is written", |it| {
        it["note"] == Value::Null && it["problem"] == Value::Null
    })
    .await;
}

/// The news were given up at once, and never came.
#[tokio::test]
async fn a_note_that_is_not_utf8_just_now_is_tried_again() {
    let server = start().await;
    let text = written(&server).await;
    let file = server.folder().join("vault").join(NOTE);
    fs::write(&file, [text.as_bytes(), b"caf\xe9"].concat()).unwrap();
    deliver(&server, "2", &opened(7, 5, "Bump it")).await;
    let is_left_alone = |it: &Value| {
        let why = it["errors"][PR].as_str().unwrap_or_default();
        it["waiting"] == 1 && why.contains("is not UTF-8") && why.contains("next try")
    };
    until(&server, "it is left alone", is_left_alone).await;
    fs::write(&file, format!("{text}\ncaf\u{e9}\n")).unwrap();
    note_with(&server, NOTE, &["Bump it", "caf\u{e9}"]).await;
}

/// Nothing said that it is not brought up to date any more.
#[tokio::test]
async fn a_part_whose_end_is_gone_is_told() {
    let server = start().await;
    let text = written(&server).await;
    let end = "<!-- membridge:end outcome -->\n";
    assert!(text.contains(end), "{text}");
    server.write(NOTE, text.replacen(end, "", 1));
    deliver(&server, "2", &merged(7, 30, "Bump")).await;
    let entry = listed(&server, "it is told", |it| it["problem"] != Value::Null).await;
    let problem = entry["problem"].as_str().unwrap();
    assert!(
        problem.contains("not brought up to date: outcome") && problem.contains(end.trim()),
        "{problem}"
    );
    let note = note_with(&server, NOTE, &["state: merged"]).await;
    server.write(
        NOTE,
        note.replacen(
            "\n\n<!-- membridge:begin intent",
            &format!("\n{end}\n<!-- membridge:begin intent"),
            1,
        ),
    );
    // Without news: that a person mended it is seen.
    listed(&server, "it is well", |it| it["problem"] == Value::Null).await;
    let note = fs::read_to_string(server.folder().join("vault").join(NOTE)).unwrap();
    assert!(note.contains("**Merged**") || note.contains("Merged"), "{note}");
}

/// It was told as deleted, and `--restore` put a second note beside it.
#[tokio::test]
async fn a_note_without_its_property_is_not_ours_any_more() {
    let server = start().await;
    let text = written(&server).await;
    let vault = server.folder().join("vault");
    let theirs = text.replacen(&format!("pr: {PR}\n"), "", 1);
    assert_ne!(theirs, text);
    fs::write(vault.join(NOTE), &theirs).unwrap();
    deliver(&server, "2", &opened(7, 5, "Bump it")).await;
    let entry = listed(&server, "it is not ours", |it| it["note"] == "not-ours").await;
    let problem = entry["problem"].as_str().unwrap();
    assert!(
        problem.contains("not ours any more") && problem.contains(&format!("`pr: {PR}`")),
        "{problem}"
    );

    let restore = json!({"repo": "owner/name", "number": 7, "restore": true});
    assert_eq!(server.post("/v1/pull-requests/sync", &restore).await.status, StatusCode::ACCEPTED);
    listed(&server, "it still is not", |it| it["note"] == "not-ours").await;
    let folder = vault.join(NOTE);
    let beside = fs::read_dir(folder.parent().unwrap()).unwrap().count();
    assert_eq!((beside, fs::read_to_string(&folder).unwrap()), (1, theirs));

    fs::write(vault.join(NOTE), &text).unwrap();
    deliver(&server, "3", &opened(7, 6, "Bump it well")).await;
    note_with(&server, NOTE, &["Bump it well"]).await;
    listed(&server, "it is ours again", |it| it["note"] == Value::Null).await;
}

/// It was found, not written, and told as the name of an error in the code, again and again.
#[tokio::test]
async fn a_note_out_of_reach_is_left_alone_and_told() {
    let server = Server::start_with(&[], |config| {
        with_forge(config);
        config.write = WritePolicy {
            allow: vec![PathGlob::parse("Agent/").unwrap()],
            edit_existing: Vec::new(),
        };
    })
    .await;
    let text = written(&server).await;
    fs::remove_file(server.folder().join("vault").join(NOTE)).unwrap();
    server.write("Mine/The bump.md", format!("{text}\nA person's words.\n"));
    let begun = Instant::now();
    while server.get("/v1/search?q=person+words").await.json()["hits"][0]["path"] != "Mine/The bump.md" {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    deliver(&server, "2", &merged(7, 30, "Bump it")).await;
    let entry = listed(&server, "it is left alone", |it| it["note"] == "left-alone").await;
    let problem = entry["problem"].as_str().unwrap();
    assert!(
        problem.contains("Mine/The bump.md") && problem.contains("left alone") && problem.contains("write.edit_existing"),
        "{problem}"
    );
    assert!(!problem.contains("Forbidden(") && !problem.contains("next try"), "{problem}");
    let status = server.get("/v1/status").await.json();
    assert_eq!(status["pull_requests"]["errors"]["git.example.org/owner/name#7"], problem);
    let file = server.folder().join("vault/Mine/The bump.md");
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{text}\nA person's words.\n"));
    assert!(!server.folder().join("vault").join(NOTE).exists());

    // Once it is moved back it says what came meanwhile: it was left alone until there was news.
    fs::rename(&file, server.folder().join("vault").join(NOTE)).unwrap();
    let server = server.restart().await;
    note_with(&server, NOTE, &["Bump it", "state: merged", "A person's words."]).await;
    let entry = listed(&server, "it is written", |it| it["note"] == Value::Null).await;
    assert_eq!((&entry["problem"], &entry["path"]), (&Value::Null, &json!(NOTE)));
    fs::rename(server.folder().join("vault").join(NOTE), &file).unwrap();

    // Once its place is open it says what came meanwhile.
    let server = server
        .restart_with(|config| config.write.edit_existing = vec![PathGlob::parse("Mine/").unwrap()])
        .await;
    deliver(&server, "3", &merged(7, 31, "Bump it well")).await;
    note_with(&server, "Mine/The bump.md", &["Bump it well", "state: merged", "A person's words."]).await;
    listed(&server, "it is written", |it| {
        it["note"] == Value::Null && it["problem"] == Value::Null
    })
    .await;
}
