//! How each forge is asked: its paths, its header for the token, lists of several pages, and how it says that it wants to be left alone.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use membridge::{config::forges::Forge as Configured, model::pull_request::ForgeKind};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{NOTE, asked::until, forge, note_with, with_forge};
use crate::harness::Server;

const TOKEN: &str = "0123456789abcdef-forge";
const SHA: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// What the forge does at the moment.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Well,
    /// As GitHub says that no calls are left.
    Spent,
    /// As GitLab does.
    Busy,
    Broken,
}

struct Forge {
    kind: ForgeKind,
    mood: Mood,
    calls: Vec<String>,
}

type Shared = Arc<Mutex<Forge>>;

/// Returns one page of a list, with a `Link` to the next one that leads elsewhere: only that there is one counts.
fn page(uri: &Uri, all: &[Value], size: usize) -> Response {
    let query = uri.query().unwrap_or_default();
    let number = query
        .split('&')
        .find_map(|it| it.strip_prefix("page=")?.parse::<usize>().ok())
        .unwrap_or(1);
    let some: Vec<&Value> = all.iter().skip((number - 1) * size).take(size).collect();
    let mut headers = HeaderMap::new();
    if number * size < all.len() {
        headers.insert("link", "<http://evil.example/next>; rel=\"next\"".parse().unwrap());
    }
    (headers, Json(json!(some))).into_response()
}

fn comments(kind: ForgeKind) -> Vec<Value> {
    let at = |it: u64| format!("2026-02-03T04:{:02}:{:02}Z", it / 60, it % 60);
    let text = |it: u64| {
        if it == 150 {
            "Decision: keep the old disk.".to_owned()
        } else {
            format!("remark {it}")
        }
    };
    let one = |it: u64| match kind {
        ForgeKind::GitLab => json!({"id": it, "author": {"username": "eve"}, "body": text(it), "created_at": at(it), "system": false}),
        _ => json!({"id": it, "user": {"login": "eve"}, "body": text(it), "created_at": at(it)}),
    };
    (1..=150).map(one).collect()
}

async fn answer(State(forge): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    let (kind, mood) = {
        let mut forge = forge.lock().unwrap();
        forge.calls.push(uri.to_string());
        (forge.kind, forge.mood)
    };
    let soon = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 1;
    match mood {
        Mood::Well => {}
        Mood::Spent => {
            let spent = [("x-ratelimit-remaining", "0".to_owned()), ("x-ratelimit-reset", soon.to_string())];
            return (StatusCode::FORBIDDEN, spent).into_response();
        }
        Mood::Busy => return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response(),
        Mood::Broken => return StatusCode::BAD_GATEWAY.into_response(),
    }
    let (header, expected) = match kind {
        ForgeKind::GitLab => ("private-token", TOKEN.to_owned()),
        ForgeKind::GitHub => ("authorization", format!("Bearer {TOKEN}")),
        _ => ("authorization", format!("token {TOKEN}")),
    };
    if headers.get(header).map(|it| it.as_bytes()) != Some(expected.as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let found = match kind {
        ForgeKind::GitHub => github(&uri),
        _ => gitlab(&uri),
    };
    found.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

fn github(uri: &Uri) -> Option<Response> {
    let files: Vec<Value> = (0..130)
        .map(|it| json!({"filename": format!("docs/{it}.md"), "status": "modified", "additions": it, "deletions": 1}))
        .collect();
    let commit = json!({"sha": SHA, "commit": {"message": "fix(copper): pin", "author": {"name": "Ada", "date": "2026-02-03T04:00:00Z"}}});
    let whole = |value: Value| Some(Json(value).into_response());
    match uri.path().strip_prefix("/api/v3/repos/owner/name")? {
        "/pulls/7" => whole(
            json!({"number": 7, "title": "Bump the copper image", "state": "open", "user": {"login": "ada"},
            "head": {"ref": "bump", "sha": SHA}, "base": {"ref": "main"}, "updated_at": "2026-02-03T04:30:00Z"}),
        ),
        "/pulls/7/reviews" => Some(page(
            uri,
            &[json!({"id": 4, "user": {"login": "bob"}, "state": "APPROVED", "body": "Ship it.", "submitted_at": "2026-02-03T04:20:00Z"})],
            100,
        )),
        "/issues/7/comments" => Some(page(uri, &comments(ForgeKind::GitHub), 100)),
        "/pulls/7/comments" => Some(page(uri, &[], 100)),
        "/pulls/7/files" => Some(page(uri, &files, 100)),
        "/pulls/7/commits" => Some(page(uri, &[commit], 100)),
        path if *path == format!("/commits/{SHA}/status") => whole(json!({"statuses": [{"context": "old-ci", "state": "success"}]})),
        path if *path == format!("/commits/{SHA}/check-runs") => {
            whole(json!({"check_runs": [{"name": "actions", "status": "completed", "conclusion": "failure"}]}))
        }
        "/pulls" => whole(json!([])),
        _ => None,
    }
}

fn gitlab(uri: &Uri) -> Option<Response> {
    let files: Vec<Value> = (0..130)
        .map(|it| json!({"new_path": format!("docs/{it}.md"), "old_path": format!("docs/{it}.md"), "diff": "@@ -1 +1 @@\n-a\n+b\n"}))
        .collect();
    let commit = json!({"id": SHA, "message": "fix(copper): pin", "author_name": "Ada", "authored_date": "2026-02-03T04:00:00Z"});
    let whole = |value: Value| Some(Json(value).into_response());
    match uri.path().strip_prefix("/api/v4/projects/owner%2Fname")? {
        "/merge_requests/7" => whole(
            json!({"iid": 7, "title": "Bump the copper image", "state": "opened", "author": {"username": "ada"},
            "sha": SHA, "source_branch": "bump", "target_branch": "main", "updated_at": "2026-02-03T04:30:00Z"}),
        ),
        "/merge_requests/7/approvals" => whole(json!({"approved_by": [{"user": {"username": "bob"}}]})),
        "/merge_requests/7/notes" => Some(page(uri, &comments(ForgeKind::GitLab), 100)),
        "/merge_requests/7/diffs" => Some(page(uri, &files, 100)),
        "/merge_requests/7/commits" => Some(page(uri, &[commit], 100)),
        path if *path == format!("/repository/commits/{SHA}/statuses") => whole(json!([{"name": "actions", "status": "failed"}])),
        "/merge_requests" => whole(json!([])),
        _ => None,
    }
}

async fn start(kind: ForgeKind, mood: Mood, token: &str) -> (Server, Shared) {
    let shared: Shared = Arc::new(Mutex::new(Forge {
        kind,
        mood,
        calls: Vec::new(),
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("vault")).unwrap();
    let token_file = folder.path().join("token");
    fs::write(&token_file, format!("{token}\n")).unwrap();
    let server = Server::start_in(folder, |config| {
        with_forge(config);
        config.pull_requests.forges = vec![Configured {
            kind,
            token_file: Some(token_file),
            ..forge(&url)
        }];
    })
    .await;
    (server, shared)
}

async fn ask(server: &Server) {
    let answer = server
        .post("/v1/pull-requests/sync", &json!({"repo": "owner/name", "number": 7}))
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
}

const KINDS: [ForgeKind; 2] = [ForgeKind::GitHub, ForgeKind::GitLab];

/// Only the first page of each list was read.
#[tokio::test]
async fn lists_are_read_whole() {
    for kind in KINDS {
        let (server, forge) = start(kind, Mood::Well, TOKEN).await;
        ask(&server).await;
        let parts = [
            "Bump the copper image",
            "keep the old disk",
            "bob",
            "actions",
            "130 files",
            "fix(copper)",
        ];
        let note = note_with(&server, NOTE, &parts).await;
        assert!(note.contains("files: 130"), "{note}");
        let calls = forge.lock().unwrap().calls.clone();
        let ours = |it: &String| it.starts_with("/api/v3/repos/owner/name/") || it.starts_with("/api/v4/projects/owner%2Fname/");
        assert!(calls.iter().all(ours), "{calls:?}");
        assert!(calls.len() < 20, "{calls:?}");
    }
}

#[tokio::test]
async fn a_forge_that_wants_to_be_left_alone_is_asked_when_it_says() {
    for (kind, mood, said) in [
        (ForgeKind::GitHub, Mood::Spent, "403"),
        (ForgeKind::GitLab, Mood::Busy, "429"),
        (ForgeKind::GitLab, Mood::Broken, "502"),
    ] {
        let (server, forge) = start(kind, mood, TOKEN).await;
        ask(&server).await;
        // Not only that it rests, but why, and until when.
        until(&server, "the refusal is told", |it| {
            let errors = it["errors"].to_string();
            errors.matches(&format!("the answer was {said}; the next try is at 20")).count() == 2 && it["waiting"] == 1
        })
        .await;
        forge.lock().unwrap().mood = Mood::Well;
        note_with(&server, NOTE, &["keep the old disk"]).await;
        until(&server, "all is well", |it| it["waiting"] == 0 && it["errors"] == json!({})).await;
    }
}

#[tokio::test]
async fn a_wrong_token_is_told_in_words() {
    for kind in KINDS {
        let (server, forge) = start(kind, Mood::Well, "0123456789abcdef-wrong").await;
        ask(&server).await;
        until(&server, "the refusal is told", |it| {
            it["errors"].to_string().contains("the answer was 401: the token is not taken") && it["waiting"] == 1
        })
        .await;
        // It rests: the list is not asked for meanwhile, and nothing is asked in a loop.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(forge.lock().unwrap().calls.len() <= 2);
    }
}
