//! What is read at the start of a conversation: each part, the cursor, who may see what, and that the budget holds.

use std::time::{Duration, SystemTime};

use axum::http::{HeaderName, StatusCode, header};
use membridge::{
    config::tokens::{Scope, Secret, Token},
    http::brief::BriefResponse,
    model::context::tokens::estimate,
};
use serde_json::json;

use crate::{
    context::generated,
    harness::Server,
    write::{git, over, over_repository},
};

/// Asks, and holds for every answer what holds for all.
async fn ask(server: &Server, query: &str, headers: &[(HeaderName, &str)]) -> BriefResponse {
    let answer = server.get_with(&format!("/v1/brief{query}"), headers).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let brief: BriefResponse = serde_json::from_slice(&answer.body).unwrap();
    let printed = estimate(&brief.text());
    assert!(printed <= brief.used && brief.used <= brief.budget, "{printed}: {brief:?}");
    brief
}

async fn since(server: &Server, cursor: &str) -> BriefResponse {
    ask(server, &format!("?since={}", cursor.replace('+', "%2B")), &[]).await
}

fn changes(brief: &BriefResponse) -> Vec<(&str, &str, &str)> {
    let lines = brief.changes.iter();
    lines.map(|it| (it.change.as_str(), it.path.as_str(), it.by.as_str())).collect()
}

const AGENT: (HeaderName, &str) = (HeaderName::from_static("membridge-agent"), "claw");

#[tokio::test]
async fn a_conversation_begins_with_rules_pins_pull_requests_the_journal_and_changes() {
    let server = over(&[
        ("AGENTS.md", "---\ntags: [rules]\n---\n# Rules\n\nAnswer in German.\n"),
        ("People/Ada.md", "---\nmemory: pinned\n---\n# Ada\nLikes tea.\n"),
        ("Agent/Owner.md", "---\nmemory: [pinned]\n---\nAllergic to nuts.\n"),
        ("Unpinned.md", "---\nmemory: unpinned\n---\nnever\n"),
    ])
    .await;
    for (text, heading, date) in [
        ("Moved the disks.", "Backups", "2026-02-03"),
        ("Bought zinc.", "Metals", "2026-02-04"),
    ] {
        let entry = json!({"text": text, "heading": heading, "date": date});
        let made = server.post_with("/v1/journal", &entry, &[AGENT]).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    }
    let pr = json!({"repo": "home/cluster", "number": 7, "title": "Raise the\nlimits", "state": "open"});
    assert_eq!(server.post("/v1/pull-requests", &pr).await.problem().0, 400, "a title is one line");
    for (number, title, state) in [(7, "Raise the limits", "open"), (8, "Done before", "merged")] {
        let pr = json!({"repo": "home/cluster", "number": number, "title": title, "state": state});
        assert_eq!(server.post("/v1/pull-requests", &pr).await.status, StatusCode::ACCEPTED);
    }
    let brief = loop {
        let generation = server.handle().freshness().generation;
        let brief = ask(&server, &format!("?budget=4000&min_generation={generation}"), &[]).await;
        if brief.pull_requests.len() == 1 {
            break brief;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let instructions = brief.instructions.as_ref().unwrap();
    assert_eq!(
        (instructions.citation.as_str(), instructions.text.as_str()),
        ("AGENTS.md#L4-L6", "Answer in German.")
    );
    let pinned: Vec<&str> = brief.pinned.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(pinned, ["Agent/Owner.md", "People/Ada.md"]);
    assert_eq!(brief.pull_requests[0].pr, "local/home/cluster#7");
    let journal: Vec<(&str, &str)> = brief.journal.iter().map(|it| (it.path.as_str(), it.text.as_str())).collect();
    assert_eq!(
        journal[..2],
        [
            ("Agent/Journal/2026-02-04 agent.md", "Bought zinc."),
            ("Agent/Journal/2026-02-03 agent.md", "Moved the disks.")
        ],
        "{journal:?}"
    );
    assert!(
        changes(&brief).contains(&("added", "Agent/Journal/2026-02-04 agent.md", "claw")),
        "{:?}",
        brief.changes
    );
    let text = brief.text();
    for line in [
        "AGENTS.md#L4-L6  Rules\n  Answer in German.\n",
        "# Pinned\nAgent/Owner.md#L4-L4  Owner  [agent]\n  Allergic to nuts.\n",
        "local/home/cluster#7  Raise the limits",
        "# Changed, newest first\n",
        "next time: membridge brief --since ",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("never") && !text.contains("Done before  "), "{text}");
}

#[tokio::test]
async fn a_cursor_leaves_out_what_was_told_and_tells_what_came_since() {
    let server = over_repository(&[("Home.md", "home\n")]).await;
    let receipt = server.put("Agent/Old.md", "old\n", &[AGENT]).await.json();
    let first = ask(&server, &format!("?min_generation={}", receipt["generation"]), &[]).await;
    assert!(changes(&first).contains(&("added", "Agent/Old.md", "claw")), "{first:?}");

    let reason = json!({"edits": [{"op": "append", "text": "more\n"}], "reason": "asked on the phone"});
    server.patch("Agent/Old.md", &reason).await;
    git(&server.folder().join("vault"), &["commit", "-q", "--allow-empty", "-m", "nothing"]);
    let receipt = server.put("Agent/New.md", "new\n", &[AGENT]).await.json();
    let cursor = &first.cursor;
    let second = ask(&server, &format!("?since={cursor}&min_generation={}", receipt["generation"]), &[]).await;
    assert_eq!(
        second
            .changes
            .iter()
            .map(|it| (it.path.as_str(), it.change.as_str(), it.reason.as_deref()))
            .collect::<Vec<_>>(),
        [
            ("Agent/New.md", "added", None),
            ("Agent/Old.md", "modified", Some("asked on the phone"))
        ]
    );
    assert!(second.text().contains(": asked on the phone\n"), "{}", second.text());
    assert!(changes(&since(&server, &second.cursor).await).is_empty());
    // The commit alone is a cursor, too.
    let commit = cursor.split('@').next().unwrap();
    assert_eq!(since(&server, commit).await.changes, second.changes);
}

#[tokio::test]
async fn what_the_owner_saved_and_nobody_committed_is_told() {
    let server = over_repository(&[("Home.md", "home\n"), ("Untouched.md", "as it was\n")]).await;
    server.write("Home.md", "home, sweet home\n");
    let file = std::fs::File::options()
        .write(true)
        .open(server.folder().join("vault/Home.md"))
        .unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    let brief = loop {
        let brief = ask(&server, "?since=1h", &[]).await;
        if brief.changes.iter().any(|it| it.commit.is_none()) {
            break brief;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let open: Vec<&str> = brief
        .changes
        .iter()
        .filter(|it| it.commit.is_none())
        .map(|it| it.path.as_str())
        .collect();
    assert_eq!(open, ["Home.md"]);
    assert!(brief.text().contains("modified  Home.md  human ") && brief.text().contains(", not committed\n"));
}

/// A new note was told as `modified`, and one whose time lies in the future in every brief.
#[tokio::test]
async fn a_new_note_was_told_as_modified_and_one_of_tomorrow_for_ever() {
    let server = over_repository(&[("Home.md", "home\n")]).await;
    let vault = server.folder().join("vault");
    std::fs::write(vault.join("New.md"), "new\n").unwrap();
    let file = std::fs::File::options().write(true).open(vault.join("New.md")).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(86_400)).unwrap();
    let brief = loop {
        let brief = ask(&server, "?since=1h", &[]).await;
        if brief.changes.iter().any(|it| it.path == "New.md") {
            break brief;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let new = brief.changes.iter().find(|it| it.path == "New.md").unwrap();
    assert_eq!(new.change, "added");
    let now = jiff::Timestamp::now();
    assert!(new.time.parse::<jiff::Timestamp>().unwrap() <= now, "{new:?}");
    let later = now + jiff::SignedDuration::from_secs(60);
    let later = ask(&server, &format!("?since={}", later.strftime("%Y-%m-%dT%H:%M:%SZ")), &[]).await;
    assert!(later.changes.is_empty(), "{:?}", later.changes);
}

#[tokio::test]
async fn a_commit_that_is_gone_is_no_error_but_a_warning() {
    let server = over(&[("Home.md", "home\n")]).await;
    let brief = since(&server, "0123456789ab@2026-02-03T10:00:00Z").await;
    assert!(brief.warnings[0].contains("2026-02-03T10:00:00Z"), "{brief:?}");
    for wrong in ["soon", "7d@7d", "abcdef12@soon", "@", "abcdef12@abcdef12"] {
        let answer = server.get(&format!("/v1/brief?since={wrong}")).await;
        assert_eq!(answer.problem(), (400, "invalid-parameter".to_owned()), "{wrong}");
    }
    for wrong in ["budget=49", "budget=32001", "budget=many", "colour=red", "wait_ms=99999"] {
        let answer = server.get(&format!("/v1/brief?{wrong}")).await;
        assert_eq!(answer.problem(), (400, "invalid-parameter".to_owned()), "{wrong}");
    }
    assert_eq!(server.get("/v1/brief?source=nowhere").await.problem().0, 404);
}

#[tokio::test]
async fn whoever_is_confined_to_a_folder_is_briefed_from_it() {
    let notes = [
        (".obsidian/app.json", r#"{"userIgnoreFilters": ["Work/Attic/"]}"#),
        ("AGENTS.md", "rules of the house\n"),
        ("Work/AGENTS.md", "rules of the office\n"),
        ("Home/Pin.md", "---\nmemory: pinned\n---\nat home\n"),
        ("Work/Attic/Pin.md", "---\nmemory: pinned\n---\nexcluded\n"),
        ("Work/Pin.md", "---\nmemory: pinned\n---\nat work\n"),
        ("Agent/Journal/2026-02-03 agent.md", "# 2026-02-03\n\n## 10:00 Secret\n\nat home\n"),
    ];
    let server = Server::start_with(&notes, |config| {
        config.tokens = vec![Token {
            name: "work".to_owned(),
            secret: Secret::parse(b"fedcba9876543210").unwrap(),
            file: None,
            scopes: [Scope::Read].into(),
            prefix: Some("Work/".to_owned()),
        }];
    })
    .await;
    let bearer = [(header::AUTHORIZATION, "Bearer fedcba9876543210")];
    let brief = ask(&server, "", &bearer).await;
    assert_eq!(brief.instructions.as_ref().unwrap().text, "rules of the office");
    assert_eq!(brief.pinned.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["Work/Pin.md"]);
    assert!(
        brief.journal.is_empty() && brief.changes.iter().all(|it| it.path.starts_with("Work/")),
        "{brief:?}"
    );
    assert_eq!(brief.omitted, 0);
}

#[tokio::test]
async fn an_import_of_thousands_is_a_few_lines_and_a_number() {
    let notes: Vec<(String, String)> = (0..300).map(|it| (format!("N{it:03}.md"), format!("note {it}\n"))).collect();
    let notes: Vec<(&str, &str)> = notes.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let server = over_repository(&notes).await;
    let brief = ask(&server, "?budget=32000", &[]).await;
    assert!(brief.changes.len() <= 100, "{}", brief.changes.len());
    assert_eq!(brief.omitted, 0, "the budget left out nothing");
    let told = format!(
        "{} more changes are not told: `membridge changes --source ",
        300 - brief.changes.len()
    );
    assert!(brief.warnings.iter().any(|it| it.starts_with(&told)), "{:?}", brief.warnings);
}

/// So many notes with such a value, and one that is pinned behind them.
fn pins(count: usize, value: &str) -> Vec<(String, String)> {
    let notes = (0..count).map(|it| (format!("N{it:03}.md"), format!("---\nmemory: {value}\n---\nnote {it}\n")));
    let last = ("Z.md".to_owned(), "---\nmemory: [other, Pinned]\n---\nlast\n".to_owned());
    notes.chain([last]).collect()
}

#[tokio::test]
async fn a_pinned_note_is_not_lost_behind_many_that_are_not_pinned() {
    for value in ["unpinned", "{deep: pinned}"] {
        let notes = pins(60, value);
        let notes: Vec<(&str, &str)> = notes.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let server = Server::start(&notes).await;
        let brief = ask(&server, "", &[]).await;
        let pinned: Vec<&str> = brief.pinned.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(pinned, ["Z.md"], "{value}");
        assert!(!brief.warnings.iter().any(|it| it.contains("pinned")), "{:?}", brief.warnings);
        let question = server.post("/v1/context", &json!({"question": "zzz"})).await.json();
        assert_eq!(
            (&question["omitted"], &question["passages"][0]["path"]),
            (&json!(0), &json!("Z.md"))
        );
    }
}

#[tokio::test]
async fn what_a_bound_left_out_is_no_matter_of_the_budget() {
    let notes = pins(44, "pinned");
    let notes: Vec<(&str, &str)> = notes.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let server = Server::start(&notes).await;
    let brief = ask(&server, "?budget=32000", &[]).await;
    assert_eq!((brief.pinned.len(), brief.omitted), (40, 0));
    let told = "5 more notes are pinned: `membridge search ";
    assert!(brief.warnings.iter().any(|it| it.starts_with(told)), "{:?}", brief.warnings);
}

#[tokio::test]
async fn what_the_owner_deleted_or_moved_and_nobody_committed_is_told() {
    let notes = [
        ("Home.md", "home\n"),
        ("Gone.md", "gone\n"),
        ("Old/Moved.md", "moved\n"),
        ("Stays.md", "stays\n"),
    ];
    let server = over_repository(&notes).await;
    let vault = server.folder().join("vault");
    let before = ask(&server, "?since=1h", &[]).await;
    assert!(before.changes.iter().all(|it| it.commit.is_some()), "{before:?}");
    std::fs::remove_file(vault.join("Gone.md")).unwrap();
    std::fs::create_dir(vault.join("New")).unwrap();
    std::fs::rename(vault.join("Old/Moved.md"), vault.join("New/Moved.md")).unwrap();
    let open = loop {
        let brief = ask(&server, "?since=1h", &[]).await;
        let open = brief.changes.iter().filter(|it| it.commit.is_none());
        let mut open: Vec<(String, String)> = open.map(|it| (it.change.clone(), it.line())).collect();
        if open.iter().any(|it| it.0 == "moved") {
            open.sort();
            break open;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let expected = ["deleted  Gone.md  human ", "moved  Old/Moved.md -> New/Moved.md  human "];
    assert_eq!(open.len(), expected.len(), "{open:?}");
    for ((_, line), expected) in open.iter().zip(expected) {
        assert!(line.starts_with(expected) && line.ends_with("not committed"), "{line}");
    }
}

/// All of them were told as deleted, and those beyond the bound not at all.
#[tokio::test]
async fn a_folder_that_was_renamed_is_told_as_moved() {
    let notes: Vec<(String, String)> = (0..120)
        .map(|it| (format!("Reading/{}/Note {it:03}.md", it % 7), format!("note {it}\n")))
        .collect();
    let notes: Vec<(&str, &str)> = notes.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let server = over_repository(&notes).await;
    let vault = server.folder().join("vault");
    std::fs::rename(vault.join("Reading"), vault.join("Books")).unwrap();
    let brief = loop {
        let brief = ask(&server, "?since=1h&budget=8000", &[]).await;
        if brief.changes.iter().filter(|it| it.change == "moved").count() >= 40 {
            break brief;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let open: Vec<_> = brief.changes.iter().filter(|it| it.commit.is_none()).collect();
    assert_eq!(open.len(), 40);
    for it in open {
        let from = it.from.as_deref().unwrap();
        assert_eq!(it.path, from.replace("Reading/", "Books/"), "{it:?}");
    }
    let told = "of 120 notes that nobody committed as removed or moved the first 40 are told";
    assert!(brief.warnings.iter().any(|it| it.starts_with(told)), "{:?}", brief.warnings);
}

/// It was told as the owner's, for as long as its commit waited.
#[tokio::test]
async fn what_the_agent_deleted_is_the_agents_though_its_commit_waits() {
    let server = over_repository(&[("Agent/Old.md", "old\n"), ("Gone.md", "gone\n")]).await;
    let vault = server.folder().join("vault");
    std::fs::write(vault.join(".git/index.lock"), "").unwrap();
    let receipt = server.delete("Agent/Old.md", &[AGENT]).await.json();
    assert_eq!(receipt["git"], "queued", "{receipt}");
    std::fs::remove_file(vault.join("Gone.md")).unwrap();
    let brief = loop {
        let brief = ask(&server, &format!("?since=1h&min_generation={}", receipt["generation"]), &[]).await;
        if brief.changes.iter().filter(|it| it.commit.is_none()).count() >= 2 {
            break brief;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let mut open = changes(&brief);
    open.retain(|it| it.0 == "deleted");
    open.sort_unstable();
    assert_eq!(open, [("deleted", "Agent/Old.md", "claw"), ("deleted", "Gone.md", "human")]);
}

/// Every note of it was told as changed.
#[tokio::test]
async fn a_first_brief_of_a_vault_without_git_tells_a_few_notes() {
    let notes: Vec<(String, String)> = (0..30).map(|it| (format!("N{it:03}.md"), format!("note {it}\n"))).collect();
    let notes: Vec<(&str, &str)> = notes.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let server = Server::start(&notes).await;
    let brief = ask(&server, "?budget=8000", &[]).await;
    let told = "a first brief of a vault without git: of 30 notes that were modified since ";
    assert!(brief.warnings.iter().any(|it| it.starts_with(told)), "{:?}", brief.warnings);
    assert_eq!(brief.changes.len(), 10);
    // Whoever says since when is told all of it.
    let brief = ask(&server, "?budget=8000&since=1h", &[]).await;
    assert_eq!((brief.changes.len(), &brief.warnings), (30, &Vec::new()));
}

#[tokio::test]
async fn the_least_budget_holds_the_cursor() {
    let server = over_repository(&[("AGENTS.md", "rules of the house\n")]).await;
    for budget in [50, 80, 120] {
        let brief = ask(&server, &format!("?budget={budget}"), &[]).await;
        let line = format!("next time: membridge brief --since {}\n", brief.cursor);
        assert!(brief.text().ends_with(&line), "{budget}: {}", brief.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_budget_holds_in_all_generated_vaults() {
    for seed in 10..16 {
        let mut notes = generated(seed, 40);
        let rules = notes[0].1.clone();
        notes.push(("AGENTS.md".to_owned(), rules));
        for day in 1..9 {
            let entry = notes[day].1.replace('\n', "\n\n## 10:00 铜 copper\n");
            notes.push((format!("Agent/Journal/2026-02-0{day} agent.md"), entry));
        }
        let notes: Vec<(&str, &str)> = notes.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let server = Server::start(&notes).await;
        for title in ["铜".repeat(100), "limits".to_owned(), "a b ".repeat(70)] {
            let pr = json!({"repo": "home/cluster", "number": title.len(), "title": title, "state": "open"});
            assert_eq!(server.post("/v1/pull-requests", &pr).await.status, StatusCode::ACCEPTED);
        }
        for budget in [50, 51, 63, 80, 100, 140, 200, 500, 1000, 2000, 8000, 32_000] {
            ask(&server, &format!("?budget={budget}"), &[]).await;
        }
    }
}
