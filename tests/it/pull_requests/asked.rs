//! A forge that is asked: what it adds, how it fails, and what a webhook lost.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{Html, IntoResponse, Redirect, Response},
};
use membridge::config::forges::Wake;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{NOTE, PATIENCE, deliver, forge, note_with, opened, pull_request, with_forge};
use crate::harness::Server;

const TOKEN: &str = "0123456789abcdef-forge";

/// What the forge does at the moment.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Well,
    Busy,
    Broken,
    /// A page of HTML where the API was.
    Page,
    /// The same, but for the list.
    PageButList,
    /// To a page to log in.
    Moved,
    /// JSON, but no pull request.
    Odd,
    /// A repository to which nobody has pushed yet, and that is all there is.
    Empty,
    /// More than anybody reads.
    Huge,
    Slow,
}

struct Forge {
    mood: Mood,
    pulls: BTreeMap<u64, Value>,
    calls: Vec<String>,
}

type Shared = Arc<Mutex<Forge>>;

async fn answer(State(forge): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    let mood = {
        let mut forge = forge.lock().unwrap();
        forge.calls.push(uri.to_string());
        forge.mood
    };
    match mood {
        Mood::Well => {}
        Mood::Busy => return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response(),
        Mood::Broken => return StatusCode::BAD_GATEWAY.into_response(),
        Mood::PageButList if uri.path().ends_with("/pulls") => {}
        Mood::Page | Mood::PageButList => return Html("<title>Back soon</title>").into_response(),
        Mood::Moved => return Redirect::to("/user/login").into_response(),
        Mood::Odd => return Json(json!({"message": "back soon"})).into_response(),
        Mood::Empty if uri.path() == "/api/v1/repos/owner/name" => {
            return Json(json!({"full_name": "owner/name", "empty": true})).into_response();
        }
        Mood::Empty => return StatusCode::NOT_FOUND.into_response(),
        Mood::Huge => return Json(json!({"number": 7, "body": "x".repeat(17 << 20)})).into_response(),
        Mood::Slow => tokio::time::sleep(Duration::from_secs(30)).await,
    }
    if headers.get("authorization").map(|it| it.as_bytes()) != Some(format!("token {TOKEN}").as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let forge = forge.lock().unwrap();
    let path = uri.path().strip_prefix("/api/v1/repos/owner/name").unwrap_or_default();
    if path == "/pulls" {
        let mut all: Vec<Value> = forge.pulls.values().cloned().collect();
        all.sort_by_key(|it| std::cmp::Reverse(it["updated_at"].as_str().unwrap().to_owned()));
        return Json(Value::Array(all)).into_response();
    }
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let found = match parts[..] {
        ["pulls", number] => number.parse().ok().and_then(|it: u64| forge.pulls.get(&it).cloned()),
        ["pulls", _, "reviews"] => Some(
            json!([{"id": 4, "user": {"login": "bob"}, "state": "APPROVED", "body": "Ship the copper.",
            "submitted_at": "2026-02-03T04:20:00Z", "comments_count": 1}]),
        ),
        ["pulls", _, "reviews", "4", "comments"] => Some(
            json!([{"id": 5, "user": {"login": "bob"}, "body": "Why this line?", "path": "a.yaml",
            "position": 3, "created_at": "2026-02-03T04:20:00Z"}]),
        ),
        ["issues", _, "comments"] => Some(json!([{"id": 6, "user": {"login": "eve"}, "body": "Decision: keep the old disk.",
            "created_at": "2026-02-03T04:21:00Z"}])),
        ["commits", _, "status"] => Some(json!({"statuses": [{"context": "ci/lint", "status": "success"}]})),
        _ => None,
    };
    found.map_or(StatusCode::NOT_FOUND.into_response(), |it| Json(it).into_response())
}

/// Starts the forge, and the service that asks it.
async fn start(mood: Mood, poll_every: Duration, token: &str) -> (Server, Shared) {
    start_beside(Vec::new(), mood, poll_every, token).await
}

/// The same, with other forges beside it.
async fn start_beside(others: Vec<membridge::config::forges::Forge>, mood: Mood, poll_every: Duration, token: &str) -> (Server, Shared) {
    let shared: Shared = Arc::new(Mutex::new(Forge {
        mood,
        pulls: BTreeMap::new(),
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
        let mut forge = forge(&url);
        forge.token_file = Some(token_file);
        forge.poll_every = poll_every;
        config.pull_requests.forges = others;
        config.pull_requests.forges.push(forge);
    })
    .await;
    (server, shared)
}

const NEVER: Duration = Duration::from_secs(3600);

pub(super) async fn until(server: &Server, what: &str, holds: impl Fn(&Value) -> bool) {
    let begun = Instant::now();
    loop {
        let status = server.get("/v1/status").await.json()["pull_requests"].clone();
        if holds(&status) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_forge_adds_reviews_comments_and_checks() {
    let (server, forge) = start(Mood::Well, NEVER, TOKEN).await;
    forge.lock().unwrap().pulls.insert(7, pull_request(7, 1, "Bump the copper image"));
    deliver(&server, "1", &opened(7, 1, "Bump the copper image")).await;
    let text = note_with(
        &server,
        NOTE,
        &["Bump the copper image", "Ship the copper.", "keep the old disk", "ci/lint"],
    )
    .await;
    assert!(text.contains("bob"), "{text}");
    // Nothing but the configured repository is asked for.
    let calls = forge.lock().unwrap().calls.clone();
    assert!(calls.iter().all(|it| it.starts_with("/api/v1/repos/owner/name/")), "{calls:?}");
}

#[tokio::test]
async fn a_forge_that_fails_is_asked_again_and_the_note_comes_meanwhile() {
    for mood in [Mood::Busy, Mood::Broken, Mood::Page, Mood::Moved, Mood::Odd] {
        let (server, forge) = start(mood, NEVER, TOKEN).await;
        deliver(&server, "1", &opened(7, 1, "Bump the copper image")).await;
        note_with(&server, NOTE, &["Bump the copper image"]).await;
        until(&server, "the failure is told", |it| {
            it["waiting"] == 1 && !it["errors"].as_object().unwrap().is_empty()
        })
        .await;
        {
            let mut forge = forge.lock().unwrap();
            forge.pulls.insert(7, pull_request(7, 1, "Bump the copper image"));
            forge.mood = Mood::Well;
        }
        // What waits outlives a restart.
        let server = server.restart().await;
        note_with(&server, NOTE, &["Ship the copper."]).await;
        until(&server, "all is well", |it| it["waiting"] == 0 && it["errors"] == json!({})).await;
    }
}

/// It was told as failing.
#[tokio::test]
async fn a_repository_to_which_nobody_has_pushed_yet_has_no_pull_requests() {
    let (server, forge) = start(Mood::Empty, Duration::from_millis(50), TOKEN).await;
    let begun = Instant::now();
    let looks = || {
        let calls = &forge.lock().unwrap().calls;
        calls.iter().filter(|it| it.contains("/pulls?")).count()
    };
    while looks() < 3 {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let status = server.get("/v1/status").await.json()["pull_requests"].clone();
    assert_eq!(status["errors"], json!({}), "{status}");
}

#[tokio::test]
async fn a_slow_forge_holds_nobody_up_for_long() {
    let (server, _forge) = start(Mood::Slow, NEVER, TOKEN).await;
    deliver(&server, "1", &opened(7, 1, "Bump the copper image")).await;
    // The quickest of some: a pause of the machine is none of the forge.
    let mut took = Vec::new();
    while took.iter().all(|it| *it > Duration::from_secs(1)) {
        assert!(took.len() < 5, "{took:?}");
        let begun = Instant::now();
        let id = (took.len() + 2).to_string();
        let answer = deliver(&server, &id, &opened(8, 1, "Bump the iron image")).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        took.push(begun.elapsed());
    }
    note_with(&server, "Agent/PRs/owner/name/owner-name-8.md", &["Bump the iron image"]).await;
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_told() {
    let (server, _forge) = start(Mood::Well, NEVER, "0123456789abcdef-wrong").await;
    deliver(&server, "1", &opened(7, 1, "Bump the copper image")).await;
    note_with(&server, NOTE, &["Bump the copper image"]).await;
    until(&server, "the refusal is told", |it| {
        it["errors"].to_string().contains("401") && it["waiting"] == 1
    })
    .await;
}

#[tokio::test]
async fn a_number_that_does_not_exist_is_given_up() {
    let (server, _forge) = start(Mood::Well, NEVER, TOKEN).await;
    let answer = server
        .post("/v1/pull-requests/sync", &json!({"repo": "owner/name", "number": 404}))
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    until(&server, "it is told", |it| {
        it["waiting"] == 0 && it["errors"].to_string().contains("no such pull request")
    })
    .await;
    assert_eq!(server.get("/v1/pull-requests").await.json()["pull_requests"], json!([]));
}

/// It was asked for again for ever.
#[tokio::test]
async fn an_answer_that_is_too_large_is_given_up_and_the_note_says_what_is_known() {
    let (server, forge) = start(Mood::Huge, NEVER, TOKEN).await;
    deliver(&server, "1", &opened(7, 1, "Bump the copper image")).await;
    note_with(&server, NOTE, &["Bump the copper image"]).await;
    until(&server, "it is given up", |it| {
        let why = it["errors"].to_string();
        it["waiting"] == 0 && why.contains("more than 16 MiB") && why.contains("after 3 tries") && !why.contains("next try")
    })
    .await;
    // News of it are asked for again.
    {
        let mut forge = forge.lock().unwrap();
        forge.pulls.insert(7, pull_request(7, 2, "Bump the copper image"));
        forge.mood = Mood::Well;
    }
    deliver(&server, "2", &opened(7, 2, "Bump the copper image")).await;
    note_with(&server, NOTE, &["Ship the copper."]).await;
}

#[tokio::test]
async fn a_look_finds_what_no_webhook_told() {
    let (server, forge) = start(Mood::Well, Duration::from_millis(200), TOKEN).await;
    forge.lock().unwrap().pulls.insert(7, pull_request(7, 1, "Bump the copper image"));
    note_with(&server, NOTE, &["Bump the copper image", "Ship the copper."]).await;
    forge.lock().unwrap().pulls.insert(7, pull_request(7, 5, "Bump the iron image"));
    note_with(&server, NOTE, &["Bump the iron image"]).await;
    let server = server.restart().await;
    let taken = server.get("/v1/status").await.json()["pull_requests"]["taken"].clone();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(
        server.get("/v1/status").await.json()["pull_requests"]["taken"],
        taken,
        "nothing is new"
    );
}

/// What was found in a list was given up, and counted as seen, when the rest of the answers were pages.
#[tokio::test]
async fn what_a_look_found_comes_though_the_forge_answers_with_pages_for_a_while() {
    let (server, forge) = start(Mood::PageButList, Duration::from_millis(200), TOKEN).await;
    forge.lock().unwrap().pulls.insert(7, pull_request(7, 1, "Bump the copper image"));
    until(&server, "the page is told", |it| {
        it["waiting"] == 1 && it["errors"].to_string().contains("no JSON")
    })
    .await;
    let server = server.restart().await;
    forge.lock().unwrap().mood = Mood::Well;
    note_with(&server, NOTE, &["Bump the copper image", "Ship the copper."]).await;
    until(&server, "all is well", |it| it["waiting"] == 0 && it["errors"] == json!({})).await;
}

/// A look at a page found an empty list.
#[tokio::test]
async fn a_look_at_what_is_no_list_is_told() {
    let (server, forge) = start(Mood::Odd, Duration::from_millis(200), TOKEN).await;
    until(&server, "it is told", |it| {
        it["errors"].to_string().contains("the answer is no list")
    })
    .await;
    {
        let mut forge = forge.lock().unwrap();
        forge.pulls.insert(7, pull_request(7, 1, "Bump the copper image"));
        forge.mood = Mood::Well;
    }
    note_with(&server, NOTE, &["Ship the copper."]).await;
}

#[tokio::test]
async fn what_is_asked_when_the_service_ends_is_asked_after_the_next_start() {
    let (server, forge) = start(Mood::Slow, NEVER, TOKEN).await;
    deliver(&server, "1", &opened(7, 1, "Bump the copper image")).await;
    let begun = Instant::now();
    while forge.lock().unwrap().calls.iter().all(|it| !it.ends_with("/pulls/7")) {
        assert!(begun.elapsed() < PATIENCE, "the forge is asked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let server = server.restart_with(|_| {}).await;
    {
        let mut forge = forge.lock().unwrap();
        forge.pulls.insert(7, pull_request(7, 1, "Bump the copper image"));
        forge.mood = Mood::Well;
    }
    note_with(&server, NOTE, &["Bump the copper image", "Ship the copper."]).await;
}

/// One thread did all calls in turn.
#[tokio::test]
async fn a_forge_that_does_not_answer_held_up_the_notes_of_another() {
    let mut other = forge("https://git.example.org");
    other.repos = vec!["owner/other".to_owned()];
    let (server, slow) = start_beside(vec![other], Mood::Slow, NEVER, TOKEN).await;
    let begun = Instant::now();
    // From here on its list is waited for.
    while slow.lock().unwrap().calls.is_empty() {
        assert!(begun.elapsed() < PATIENCE, "the forge is asked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    deliver(&server, "1", &opened(7, 1, "Bump the copper image")).await;
    let mut body = opened(8, 1, "Bump the iron image");
    body["repository"]["full_name"] = json!("owner/other");
    deliver(&server, "2", &body).await;
    note_with(&server, "Agent/PRs/owner/other/owner-other-8.md", &["Bump the iron image"]).await;
    let slow_note = server.folder().join("vault").join(NOTE);
    assert!(!slow_note.exists(), "the forge has not answered yet");
}

/// Who was to be woken, and did not answer, held up every note.
#[tokio::test]
async fn a_wake_that_hangs_holds_up_no_note() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks/wake", listener.local_addr().unwrap());
    let (server, _forge) = start(Mood::Broken, NEVER, TOKEN).await;
    let server = server
        .restart_with(|config| config.pull_requests.wake = Some(Wake { url, token_file: None }))
        .await;
    deliver(&server, "1", &opened(7, 1, "Bump the copper image")).await;
    let (stream, _) = tokio::time::timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    deliver(&server, "2", &opened(8, 1, "Bump the iron image")).await;
    note_with(&server, "Agent/PRs/owner/name/owner-name-8.md", &["Bump the iron image"]).await;
    // It sends and waits still, for all that was read of it.
    let mut heard = vec![0; 1 << 16];
    loop {
        match stream.try_read(&mut heard) {
            Ok(0) => panic!("the call was given up before the note came"),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
}
