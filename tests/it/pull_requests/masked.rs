//! Secrets in other people's texts stop no note, and leave neither by it nor over HTTP.

use std::time::Instant;

use super::{NOTE, PATIENCE, deliver, note_with, opened, start};
use crate::harness::files_below;

/// What is hidden was taken out after secrets were masked: the write was refused for good, and the list told the title as it came.
#[tokio::test]
async fn a_token_with_something_hidden_inside_is_masked_in_note_list_and_brief() {
    let server = start().await;
    let (head, tail) = (format!("ghp_{}", "a1B2c3D4e5"), "F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let mut body = opened(7, 1, &format!("Bump\nwith {head}\u{200b}{tail} \u{202e}{}", "long ".repeat(2000)));
    body["pull_request"]["body"] = format!("## Why\n{head}\u{ad}{tail}\n\nDecision: the password:\nHunter2hunter2Xy9").into();
    body["pull_request"]["head"]["ref"] = format!("bump-{head}\u{feff}{tail}").into();
    deliver(&server, "1", &body).await;
    let note = note_with(&server, NOTE, &["Bump with", "redacted:github-token"]).await;
    assert!(!note.contains(tail), "{note}");

    let begun = Instant::now();
    let entry = loop {
        let entry = server.get("/v1/pull-requests").await.json()["pull_requests"][0].clone();
        if entry["path"] == NOTE {
            break entry;
        }
        assert!(begun.elapsed() < PATIENCE, "{entry}");
        tokio::task::yield_now().await;
    };
    let title = entry["title"].as_str().unwrap();
    assert!(title.starts_with("Bump with [redacted:github-token] long"), "{title}");
    assert!(title.chars().count() <= 201 && !title.contains('\u{202e}'), "{title}");
    assert_eq!(entry["problem"], serde_json::Value::Null);
    let brief = server.get("/v1/brief").await;
    let brief = brief.text();
    assert!(brief.contains("Bump with") && !brief.contains(tail), "{brief}");
}

/// `state/` held the texts as they came.
#[tokio::test]
async fn what_is_kept_of_a_pull_request_holds_no_secret() {
    let server = start().await;
    let (head, tail) = (format!("ghp_{}", "a1B2c3D4e5"), "F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let mut body = opened(7, 1, &format!("Bump with {head}{tail}"));
    body["pull_request"]["body"] = "## Why\n\nDecision: the password: Hunter2hunter2Xy9".into();
    body["pull_request"]["labels"] = serde_json::json!([{"name": format!("{head}{tail}")}]);
    body["pull_request"]["user"]["login"] = format!("{head}{tail}").into();
    body["pull_request"]["requested_reviewers"] = serde_json::json!([{"login": format!("{head}{tail}")}]);
    deliver(&server, "1", &body).await;
    let state = server.folder().join("data/state");
    let check = |folder: &str| {
        let files = files_below(&state.join(folder));
        let texts: Vec<String> = files.iter().filter_map(|it| std::fs::read_to_string(it).ok()).collect();
        assert!(texts.iter().all(|it| !it.contains(tail) && !it.contains("Hunter2")), "{texts:?}");
        texts.len()
    };
    // While it waits, and after.
    check("deliveries");
    note_with(&server, NOTE, &["Bump with", "redacted:github-token"]).await;
    assert!(check("pull-requests") > 0);
}
