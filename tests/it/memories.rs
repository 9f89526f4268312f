//! Memories, the journal, moves and restores, over HTTP: what the notes look like afterwards, and what happened to their links.

use std::fs;

use axum::http::{HeaderName, StatusCode};
use serde_json::json;

use crate::write::{git, if_match, on_disk, over, over_repository};

#[tokio::test]
async fn a_memory_becomes_a_note_with_its_origin() {
    let server = over(&[("Copper.md", "a human's note\n")]).await;
    let headers = [
        (HeaderName::from_static("membridge-agent"), "claw"),
        (HeaderName::from_static("membridge-session"), "s-7"),
    ];
    let memory =
        json!({"text": "The NAS reboots on Sundays.", "title": "NAS: reboots?", "topic": "home lab", "tags": ["nas"], "links": ["Copper"]});
    let answer = server.post_with("/v1/memories", &memory, &headers).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let receipt = answer.json();
    assert_eq!(receipt["path"], "Agent/Memories/home lab/NAS reboots.md", "{receipt}");
    let text = on_disk(&server, "Agent/Memories/home lab/NAS reboots.md");
    for line in [
        "agent: claw",
        "session: s-7",
        "origin: agent",
        "  - nas",
        "[[Copper]]",
        "The NAS reboots on Sundays.",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(receipt["similar"], json!([]));

    // The same again: its name is taken, and the first is told.
    let again = server.post("/v1/memories", &memory).await.json();
    assert_eq!(again["path"], "Agent/Memories/home lab/NAS reboots-2.md");
    assert_eq!(again["similar"][0]["path"], "Agent/Memories/home lab/NAS reboots.md", "{again}");
}

#[tokio::test]
async fn a_memory_never_takes_the_name_of_another_note() {
    let server = over(&[("People/Ada.md", "a human's note\n"), ("Log.md", "[[Ada]]\n")]).await;
    let receipt = server
        .post("/v1/memories", &json!({"text": "She likes tea.", "title": "Ada"}))
        .await
        .json();
    assert_eq!(receipt["path"], "Agent/Memories/Ada-2.md", "{receipt}");
    let resolved = server.get("/v1/resolve?name=Ada").await.json();
    assert_eq!(resolved["path"], "People/Ada.md");
}

#[tokio::test]
async fn a_memory_marks_what_it_supersedes_in_one_commit() {
    let server = over(&[]).await;
    let old = server
        .post("/v1/memories", &json!({"text": "Copper costs 7.", "title": "Copper price"}))
        .await
        .json();
    let input = json!({"text": "Copper costs 9.", "title": "Copper price now", "supersedes": old["path"]});
    let new = server.post("/v1/memories", &input).await.json();
    assert_eq!(new["also_changed"], json!(["Agent/Memories/Copper price.md"]), "{new}");
    assert!(on_disk(&server, "Agent/Memories/Copper price.md").contains("superseded_by: \"[[Copper price now]]\""));
    assert!(on_disk(&server, "Agent/Memories/Copper price now.md").contains("supersedes: \"[[Copper price]]\""));
    let history = server.get("/v1/history/Agent/Memories/Copper%20price.md").await.json();
    assert_eq!(history["commits"][0]["commit"], new["commit"]);
    // What holds ranks before what held.
    let found = server.get("/v1/search?q=copper+price+costs").await.json();
    assert_eq!(found["hits"][0]["path"], "Agent/Memories/Copper price now.md", "{found}");
    let missing = server
        .post("/v1/memories", &json!({"text": "x", "supersedes": "Agent/None.md"}))
        .await;
    assert_eq!(missing.problem(), (404, "note-not-found".to_owned()));
}

#[tokio::test]
async fn what_is_superseded_in_other_capitals_had_no_candidates() {
    let server = over(&[("Agent/Copper.md", "Copper costs 7.\n")]).await;
    let missing = server
        .post("/v1/memories", &json!({"text": "x", "supersedes": "agent/copper.md"}))
        .await;
    assert_eq!(missing.problem(), (404, "note-not-found".to_owned()));
    assert_eq!(missing.json()["candidates"], json!(["Agent/Copper.md"]), "{}", missing.text());
}

#[tokio::test]
async fn the_journal_grows_by_entries() {
    let server = over(&[]).await;
    let first = server
        .post(
            "/v1/journal",
            &json!({"text": "Moved the disks.", "heading": "Backups", "date": "2026-02-03"}),
        )
        .await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    assert_eq!(first.json()["path"], "Agent/Journal/2026-02-03 agent.md");
    let second = server.post("/v1/journal", &json!({"text": "Done.", "date": "2026-02-03"})).await;
    assert_eq!(second.status, StatusCode::OK, "{}", second.text());
    let text = on_disk(&server, "Agent/Journal/2026-02-03 agent.md");
    let entries: Vec<&str> = text.lines().filter(|it| it.starts_with("## ")).collect();
    assert_eq!((entries.len(), entries[0].ends_with("Backups")), (2, true), "{text}");
    assert!(text.contains("origin: agent") && text.contains("Moved the disks.\n"), "{text}");
    // The name is taken elsewhere: another one is chosen once, and grows.
    server.put("Agent/Other/2026-02-04%20agent.md", "x\n", &[]).await;
    for _ in 0..2 {
        let entry = server.post("/v1/journal", &json!({"text": "Done.", "date": "2026-02-04"})).await;
        assert_eq!(entry.json()["path"], "Agent/Journal/2026-02-04 agent-2.md", "{}", entry.text());
    }
    let wrong = server.post("/v1/journal", &json!({"text": "x", "date": "yesterday"})).await;
    assert_eq!(wrong.problem(), (400, "invalid-body".to_owned()));
}

#[tokio::test]
async fn a_move_takes_its_links_along_and_tells_what_it_left() {
    let server = over(&[("Human.md", "see [[Agent/Old|the old one]]\n")]).await;
    server.put("Agent/Old.md", "# Old\n\nback to [[Agent/Index]]\n", &[]).await;
    server
        .put("Agent/Index.md", "- [[Agent/Old#Old|first]]\n- [md](Old.md)\n", &[])
        .await;
    let answer = server
        .post("/v1/move/Agent/Old.md", &json!({"to": "Agent/sub/New", "reason": "tidy"}))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let receipt = answer.json();
    assert_eq!(
        (&receipt["path"], &receipt["moved_from"]),
        (&json!("Agent/sub/New.md"), &json!("Agent/Old.md"))
    );
    assert_eq!(receipt["also_changed"], json!(["Agent/Index.md"]), "{receipt}");
    assert_eq!(receipt["left"][0]["path"], "Human.md", "{receipt}");
    let index = on_disk(&server, "Agent/Index.md");
    assert!(index.contains("#Old|first]]") && !index.contains("[[Agent/Old"), "{index}");
    assert!(!server.folder().join("vault/Agent/Old.md").exists());
    for (link, expected) in [("Agent/Index.md", "Agent/sub/New.md"), ("Agent/sub/New.md", "Agent/Index.md")] {
        let links = server.get(&format!("/v1/links/{link}")).await.json();
        assert!(
            links["outgoing"].as_array().unwrap().iter().all(|it| it["resolved"] == expected),
            "{links}"
        );
    }
    // One commit holds all of it.
    let changes = server.get("/v1/changes").await.json();
    assert_eq!(changes["commits"][0]["reason"], "tidy", "{changes}");
    let of_move: Vec<&str> = changes["notes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["commits"].as_array().unwrap().contains(&receipt["commit"]))
        .map(|it| it["path"].as_str().unwrap())
        .collect();
    assert_eq!(of_move, ["Agent/Index.md", "Agent/Old.md", "Agent/sub/New.md"]);
}

#[tokio::test]
async fn a_move_that_must_not_be_is_refused() {
    let server = over_repository(&[("Plan.md", "first\n")]).await;
    server.put("Agent/A.md", "a\n", &[]).await;
    server.put("Agent/B.md", "b\n", &[]).await;
    let check = async |from: &str, to: &str, expected: (u16, &str)| {
        let answer = server.post(&format!("/v1/move/{from}"), &json!({"to": to})).await;
        assert_eq!(answer.problem(), (expected.0, expected.1.to_owned()), "{from} {to}");
    };
    check("Agent/A.md", "Agent/B.md", (409, "already-exists")).await;
    check("Agent/A.md", ".obsidian/a.md", (403, "forbidden-path")).await;
    check("Agent/A.md", "../x.md", (400, "invalid-path")).await;
    check("Agent/A.md", "Agent/con.md", (400, "invalid-path")).await;
    check("Agent/None.md", "Agent/C.md", (404, "note-not-found")).await;
    check("Plan.md", "Agent/Plan.md", (403, "forbidden-path")).await;
    assert_eq!(on_disk(&server, "Agent/A.md"), "a\n");
}

#[tokio::test]
async fn an_old_version_comes_back_as_a_new_commit() {
    let server = over_repository(&[("Plan.md", "first\n")]).await;
    let vault = server.folder().join("vault");
    let first = git(&vault, &["rev-parse", "HEAD"]);
    let read = server.get("/v1/notes/Plan.md").await;
    server
        .put("Plan.md", "second\n", &[(axum::http::header::IF_MATCH, &if_match(&read))])
        .await;
    let restored = server
        .post("/v1/restore/Plan.md", &json!({"at": first.trim(), "reason": "was better"}))
        .await;
    assert_eq!(restored.status, StatusCode::OK, "{}", restored.text());
    assert_eq!(on_disk(&server, "Plan.md"), "first\n");
    assert_eq!(git(&vault, &["log", "--format=%s", "-n1"]), "note: Plan (restore)\n");
    assert_eq!(git(&vault, &["status", "--porcelain"]), "");
    let nothing = server.post("/v1/restore/Plan.md", &json!({"at": "0000000"})).await;
    assert_eq!(nothing.problem(), (404, "revision-not-found".to_owned()));

    server.put("Agent/A.md", "a\n", &[]).await;
    server.delete("Agent/A.md", &[]).await;
    let back = server.post("/v1/restore/Agent/A.md", &json!({"at": "HEAD"})).await;
    assert_eq!(back.problem(), (400, "invalid-parameter".to_owned()));
    let commit = server.get("/v1/history/Agent/A.md").await.json()["commits"][1]["commit"].clone();
    let back = server.post("/v1/restore/Agent/A.md", &json!({"at": commit})).await;
    assert_eq!(back.status, StatusCode::CREATED, "{}", back.text());
    assert_eq!(fs::read_to_string(vault.join("Agent/A.md")).unwrap(), "a\n");
}
