//! Pull requests become notes: webhooks, what others tell, restarts, and a forge that is asked.

use std::{
    fs,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{HeaderName, StatusCode, header},
};
use hmac::{Hmac, KeyInit, Mac};
use membridge::{
    config::{
        Config,
        forges::Forge,
        tokens::{Scope, Secret, Token},
    },
    model::pull_request::ForgeKind,
};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    harness::{Answer, Server},
    write::{git, repository},
};

mod asked;
mod cloned;
mod lists;
mod masked;
mod wishes;

const SECRET: &str = "a-secret-of-webhooks";
const SECOND: &str = "another-secret-of-webhooks";
const NOTE: &str = "Agent/PRs/owner/name/owner-name-7.md";
const PATIENCE: Duration = Duration::from_secs(30);

fn forge(url: &str) -> Forge {
    Forge {
        kind: ForgeKind::Gitea,
        url: url.to_owned(),
        host: url.split("://").nth(1).unwrap().to_owned(),
        repos: vec!["owner/name".to_owned()],
        token_file: None,
        secrets: [SECRET, SECOND].map(|it| Secret::parse(it.as_bytes()).unwrap()).into(),
        poll_every: Duration::from_secs(3600),
        clone: false,
    }
}

fn with_forge(config: &mut Config) {
    config.pull_requests.forges = vec![forge("https://git.example.org")];
    config.pull_requests.flux = vec![Secret::parse(SECRET.as_bytes()).unwrap()];
    config.pull_requests.debounce = Duration::from_millis(50);
}

async fn start() -> Server {
    Server::start_with(&[("Home.md", "home\n")], with_forge).await
}

/// A pull request as Gitea sends it.
fn pull_request(number: u64, minute: u32, title: &str) -> Value {
    json!({
        "number": number, "title": title, "body": "Why: the old image leaks.\n\nCloses #3", "state": "open", "merged": false, "draft": false,
        "user": {"login": "ada"}, "labels": [{"name": "infra"}],
        "base": {"ref": "main", "sha": "b".repeat(40)}, "head": {"ref": "bump", "sha": "a".repeat(40)},
        "merge_base": "c".repeat(40), "created_at": "2026-02-03T04:00:00Z", "updated_at": format!("2026-02-03T04:{minute:02}:00Z"),
    })
}

fn opened(number: u64, minute: u32, title: &str) -> Value {
    json!({"action": "opened", "number": number, "pull_request": pull_request(number, minute, title),
        "repository": {"full_name": "owner/name"}, "sender": {"login": "ada"}})
}

fn merged(number: u64, minute: u32, title: &str) -> Value {
    let mut body = opened(number, minute, title);
    body["action"] = json!("closed");
    let pr = body["pull_request"].as_object_mut().unwrap();
    for (key, value) in [
        ("state", json!("closed")),
        ("merged", json!(true)),
        ("merge_commit_sha", json!("d".repeat(40))),
        ("merged_at", json!("2026-02-03T04:30:00Z")),
        ("merged_by", json!({"login": "bob"})),
    ] {
        pr.insert(key.to_owned(), value);
    }
    body
}

fn signature(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

async fn deliver_as(server: &Server, id: &str, signature: Option<&str>, body: &str, kind: &str) -> Answer {
    let mut headers = vec![
        (header::CONTENT_TYPE, kind),
        (HeaderName::from_static("x-gitea-event"), "pull_request"),
        (HeaderName::from_static("x-gitea-event-type"), "pull_request"),
        (HeaderName::from_static("x-gitea-delivery"), id),
    ];
    headers.extend(signature.map(|it| (HeaderName::from_static("x-gitea-signature"), it)));
    server
        .send("POST", "/v1/webhooks/gitea", &headers, Body::from(body.to_owned()))
        .await
}

async fn deliver(server: &Server, id: &str, body: &Value) -> Answer {
    let body = body.to_string();
    deliver_as(server, id, Some(&signature(SECRET, &body)), &body, "application/json").await
}

/// Waits until the note holds all of these.
async fn note_with(server: &Server, path: &str, parts: &[&str]) -> String {
    let (file, begun) = (server.folder().join("vault").join(path), Instant::now());
    loop {
        let text = fs::read_to_string(&file).unwrap_or_default();
        if !text.is_empty() && parts.iter().all(|it| text.contains(it)) {
            return text;
        }
        let status = server.get("/v1/status").await;
        assert!(begun.elapsed() < PATIENCE, "{parts:?} not in {text}\n{}", status.text());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Tells, as Flux does, that a revision is on the cluster.
async fn roll_out(server: &Server, revision: &str) {
    let metadata = json!({"kustomize.toolkit.fluxcd.io/revision": format!("main@sha1:{revision}")});
    tell_flux(server, "Kustomization", &metadata).await;
}

async fn tell_flux(server: &Server, kind: &str, metadata: &Value) {
    let event = json!({"involvedObject": {"kind": kind, "namespace": "flux-system", "name": "apps"}, "severity": "info",
        "timestamp": "2026-02-03T05:00:00Z", "message": "applied", "reason": "ReconciliationSucceeded", "metadata": metadata})
    .to_string();
    let signed = format!("sha256={}", signature(SECRET, &event));
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (HeaderName::from_static("x-signature"), signed.as_str()),
    ];
    let answer = server.send("POST", "/v1/webhooks/flux", &headers, Body::from(event)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
}

#[tokio::test]
async fn a_rollout_of_a_chart_version_was_lost_silently() {
    let server = start().await;
    tell_flux(&server, "HelmRelease", &json!({"helm.toolkit.fluxcd.io/revision": "6.2.1"})).await;
    let told = server.get("/v1/status").await.json()["pull_requests"].clone();
    assert_eq!(
        (&told["ignored"], &told["rollouts_without_commit"]),
        (&json!(1), &json!(1)),
        "{told}"
    );
}

#[tokio::test]
async fn a_webhook_becomes_a_note_that_is_searchable_and_committed() {
    let server = Server::start_in(repository(&[("Home.md", "home\n")]), with_forge).await;
    let begun = Instant::now();
    let answer = deliver(&server, "1", &opened(7, 1, "Bump the copper image")).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let text = note_with(&server, NOTE, &["pr: git.example.org/owner/name#7", "Bump the copper image"]).await;
    let mut took = vec![begun.elapsed()];
    let found = loop {
        let found = server.get("/v1/search?q=copper+image").await.json();
        if found["hits"][0]["path"] == NOTE {
            break found;
        }
        assert!(begun.elapsed() < PATIENCE, "{found}");
    };
    assert_eq!(found["hits"][0]["origin"], "pull-request", "{text}");
    let vault = server.folder().join("vault");
    let log = git(&vault, &["log", "-n1", "--format=%an %(trailers:key=Source,separator=%x20)"]);
    assert_eq!(log, "membridge Source: git.example.org/owner/name#7\n");
    assert_eq!(git(&vault, &["status", "--porcelain"]), "");
    // The list hears of the note a moment after the disk does.
    let begun = Instant::now();
    let mut listed = json!({});
    while listed["pull_requests"][0]["path"] != NOTE && begun.elapsed() < PATIENCE {
        listed = server.get("/v1/pull-requests?state=open&repo=owner/name").await.json();
    }
    assert_eq!(
        listed["pull_requests"],
        json!([{"pr": "git.example.org/owner/name#7", "title": "Bump the copper image", "state": "open", "path": NOTE,
            "updated": "2026-02-03T04:01:00Z"}])
    );
    assert_eq!(
        server.get("/v1/pull-requests?state=closed").await.json()["pull_requests"],
        json!([])
    );
    // A single delivery says little on a machine that is busy or paused now and then: one of some is quick.
    while took.iter().all(|it| *it > Duration::from_secs(2)) {
        assert!(took.len() < 5, "{took:?}");
        let minute = u32::try_from(took.len()).unwrap() + 1;
        let title = format!("Bump the copper image, {minute}");
        let begun = Instant::now();
        deliver(&server, &minute.to_string(), &opened(7, minute, &title)).await;
        note_with(&server, NOTE, &[&title]).await;
        took.push(begun.elapsed());
    }
}

#[tokio::test]
async fn only_who_knows_a_secret_is_heard() {
    let server = start().await;
    let body = opened(7, 1, "Bump").to_string();
    let check = async |signature: Option<&str>, expected: u16| {
        let answer = deliver_as(&server, "1", signature, &body, "application/json").await;
        assert_eq!(answer.status.as_u16(), expected, "{signature:?} {}", answer.text());
    };
    check(None, 401).await;
    check(Some(""), 401).await;
    check(Some("sha256="), 401).await;
    let right = signature(SECRET, &body);
    check(Some(&right[..63]), 401).await;
    check(Some(&right.to_uppercase()), 401).await;
    check(Some(&format!("sha256={right}")), 401).await;
    check(Some(&signature("a-secret-of-others", &body)), 401).await;
    check(Some(&signature(SECRET, &format!("{body} "))), 401).await;
    assert_eq!(server.get("/v1/pull-requests").await.json()["pull_requests"], json!([]));
    check(Some(&signature(SECOND, &body)), 202).await;
    check(Some(&right), 202).await;

    let form = deliver_as(&server, "2", Some(&right), &body, "application/x-www-form-urlencoded").await;
    assert_eq!(form.problem(), (415, "unsupported-media-type".to_owned()));
    let large = "x".repeat(9 << 20);
    let large = deliver_as(&server, "3", Some(&signature(SECRET, &large)), &large, "application/json").await;
    assert_eq!(large.problem(), (413, "too-large".to_owned()));
    for kind in ["github", "gitlab", "forgejo", "nothing"] {
        let answer = server.post(&format!("/v1/webhooks/{kind}"), &json!({})).await;
        assert_eq!(answer.problem(), (404, "route-not-found".to_owned()), "{kind}");
    }
    assert_eq!(server.get("/v1/webhooks/gitea").await.problem().0, 405);
    let broken = deliver_as(&server, "4", Some(&signature(SECRET, "{")), "{", "application/json").await;
    assert_eq!(broken.problem(), (400, "invalid-body".to_owned()));

    // What was refused is told in words of webhooks, and counted.
    let answer = deliver_as(&server, "5", None, &body, "application/json").await.json();
    let text = answer.to_string();
    assert!(text.contains("has no signature") && !text.contains("token"), "{text}");
    let status = server.get("/v1/status").await.json();
    assert_eq!(status["pull_requests"]["refused"], json!({"missing": 3, "wrong": 6}), "{status}");
    let metrics = server.get("/metrics").await;
    let metrics = metrics.text();
    assert!(
        metrics.contains("membridge_webhooks_total{kind=\"gitea\",outcome=\"signature-wrong\"} 6"),
        "{metrics}"
    );
}

/// They were answered with 400, which a forge shows as its owner's fault.
#[tokio::test]
async fn what_is_signed_and_of_no_known_shape_is_taken_and_counted() {
    let server = start().await;
    let mut danced = opened(7, 1, "Bump");
    danced["action"] = json!("danced");
    let odd = [
        json!([]),
        json!({"pull_request": {"number": 7}}),
        json!({"action": "opened", "number": "seven"}),
        danced,
        // It made a note, and its number was another in every list that counts by floats.
        opened(1 << 63, 1, "Bump"),
    ];
    for (at, body) in odd.iter().enumerate() {
        let answer = deliver(&server, &at.to_string(), body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{body} {}", answer.text());
    }
    let signed = format!("sha256={}", signature(SECRET, "{}"));
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (HeaderName::from_static("x-signature"), signed.as_str()),
    ];
    let answer = server.send("POST", "/v1/webhooks/flux", &headers, Body::from("{}")).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let status = server.get("/v1/status").await.json();
    assert_eq!(status["pull_requests"]["ignored"], 6, "{status}");
    assert_eq!(server.get("/v1/pull-requests").await.json()["pull_requests"], json!([]));
}

#[tokio::test]
async fn a_late_merge_stands_in_the_journal_at_its_time() {
    let server = start().await;
    deliver(&server, "1", &merged(7, 30, "Bump")).await;
    note_with(&server, "Agent/Journal/2026-02-03 agent.md", &["owner-name-7"]).await;
    let mut late = merged(8, 40, "Earlier");
    late["pull_request"]["merged_at"] = json!("2026-02-03T01:30:00Z");
    deliver(&server, "2", &late).await;
    let journal = note_with(&server, "Agent/Journal/2026-02-03 agent.md", &["owner-name-8"]).await;
    let place = |of: &str| journal.find(of).unwrap();
    assert!(place("owner-name-8") < place("owner-name-7"), "{journal}");
    assert!(place("## 01:30") < place("## 04:30"), "{journal}");
}

#[tokio::test]
async fn a_deleted_comment_leaves_the_note() {
    let server = start().await;
    let comment = |action: &str| {
        json!({"action": action, "is_pull": true, "repository": {"full_name": "owner/name"}, "sender": {"login": "eve"},
            "issue": {"number": 7, "title": "Bump", "state": "open", "pull_request": {"merged": false}, "updated_at": "2026-02-03T04:02:00Z"},
            "comment": {"id": 5, "user": {"login": "eve"}, "body": "Copper was a mistake.", "created_at": "2026-02-03T04:02:00Z"}})
        .to_string()
    };
    let send = async |body: String| {
        let signed = signature(SECRET, &body);
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (HeaderName::from_static("x-gitea-event"), "issue_comment"),
            (HeaderName::from_static("x-gitea-event-type"), "pull_request_comment"),
            (HeaderName::from_static("x-gitea-signature"), signed.as_str()),
        ];
        server.send("POST", "/v1/webhooks/gitea", &headers, Body::from(body)).await
    };
    deliver(&server, "1", &opened(7, 1, "Bump")).await;
    assert_eq!(send(comment("created")).await.status, StatusCode::ACCEPTED);
    note_with(&server, NOTE, &["Copper was a mistake."]).await;
    assert_eq!(send(comment("deleted")).await.status, StatusCode::ACCEPTED);
    let begun = Instant::now();
    while fs::read_to_string(server.folder().join("vault").join(NOTE))
        .unwrap()
        .contains("Copper")
    {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn what_concerns_nobody_is_taken_and_left_aside() {
    let server = start().await;
    let mut foreign = opened(7, 1, "Bump");
    foreign["repository"]["full_name"] = json!("stranger/name");
    assert_eq!(deliver(&server, "1", &foreign).await.status, StatusCode::ACCEPTED);
    let mut odd = opened(7, 1, "Bump");
    odd["action"] = json!("danced");
    odd["pull_request"] = json!(null);
    let odd = odd.to_string();
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (HeaderName::from_static("x-gitea-event"), "dance"),
        (HeaderName::from_static("x-gitea-signature"), &signature(SECRET, &odd)),
    ];
    let answer = server.send("POST", "/v1/webhooks/gitea", &headers, Body::from(odd.clone())).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    assert_eq!(server.get("/v1/pull-requests").await.json()["pull_requests"], json!([]));
    let status = server.get("/v1/status").await.json();
    assert_eq!(status["pull_requests"]["ignored"], 2, "{status}");
}

#[tokio::test]
async fn tokens_open_no_webhook_and_webhooks_need_no_token() {
    let server = Server::start_with(&[], |config| {
        with_forge(config);
        config.tokens = vec![Token {
            name: "agent".to_owned(),
            secret: Secret::parse(b"0123456789abcdef").unwrap(),
            file: None,
            scopes: [Scope::Read].into(),
            prefix: None,
        }];
    })
    .await;
    let bearer = [(header::AUTHORIZATION, "Bearer 0123456789abcdef")];
    assert_eq!(deliver(&server, "1", &opened(7, 1, "Bump")).await.status, StatusCode::ACCEPTED);
    assert_eq!(server.get("/v1/pull-requests").await.problem().0, 401);
    assert_eq!(server.get_with("/v1/pull-requests", &bearer).await.status, StatusCode::OK);
    let told = server
        .post_with("/v1/pull-requests", &json!({"repo": "a/b", "number": 1}), &bearer)
        .await;
    assert_eq!(told.problem(), (403, "forbidden-scope".to_owned()));
}

#[tokio::test]
async fn what_was_acknowledged_outlives_a_restart() {
    let server = Server::start_with(&[], |config| {
        with_forge(config);
        config.pull_requests.debounce = Duration::from_secs(300);
    })
    .await;
    deliver(&server, "1", &opened(7, 1, "Bump the copper image")).await;
    let spool = server.folder().join("data/state/deliveries");
    let waiting = || {
        fs::read_dir(&spool)
            .unwrap()
            .filter(|it| it.as_ref().unwrap().path().extension().is_some())
            .count()
    };
    assert_eq!(waiting(), 1);
    let server = server.restart_with(|config| config.pull_requests.debounce = Duration::ZERO).await;
    note_with(&server, NOTE, &["Bump the copper image"]).await;
    // The same delivery again is known.
    deliver(&server, "1", &opened(7, 1, "Bump the copper image")).await;
    let begun = Instant::now();
    while server.get("/v1/status").await.json()["pull_requests"]["waiting"] != 0 {
        assert!(begun.elapsed() < PATIENCE);
    }
    assert_eq!(server.get("/v1/status").await.json()["pull_requests"]["taken"], 0);
}

#[tokio::test]
async fn a_merge_is_told_in_the_journal_once_and_a_rollout_in_the_note() {
    let server = start().await;
    // It may come before anybody told of the merge.
    roll_out(&server, &"d".repeat(40)).await;
    deliver(&server, "1", &merged(7, 30, "Bump")).await;
    note_with(&server, NOTE, &["flux-system/apps", "bob"]).await;
    deliver(&server, "2", &merged(7, 31, "Bump it")).await;
    note_with(&server, NOTE, &["Bump it"]).await;
    let journal = note_with(&server, "Agent/Journal/2026-02-03 agent.md", &["owner-name-7"]).await;
    assert_eq!(journal.matches("owner-name-7").count(), 1, "{journal}");
}

#[tokio::test]
async fn a_note_is_found_wherever_it_was_moved_and_the_text_of_people_stays() {
    let server = start().await;
    deliver(&server, "1", &opened(7, 1, "Bump")).await;
    let text = note_with(&server, NOTE, &["Bump"]).await;
    let begun = Instant::now();
    while server.get("/v1/status").await.json()["pull_requests"]["waiting"] != 0 {
        assert!(begun.elapsed() < PATIENCE);
    }
    let vault = server.folder().join("vault");
    fs::remove_file(vault.join(NOTE)).unwrap();
    server.write("Agent/Bumps/The bump.md", format!("{text}\nA person's words.\n"));
    while server.get("/v1/search?q=person+words").await.json()["hits"][0]["path"] != "Agent/Bumps/The bump.md" {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    deliver(&server, "2", &merged(7, 30, "Bump")).await;
    let text = note_with(&server, "Agent/Bumps/The bump.md", &["bob"]).await;
    assert!(text.ends_with("\nA person's words.\n"), "{text}");
    assert!(!vault.join(NOTE).exists());
}

#[tokio::test]
async fn callers_without_a_forge_tell_what_they_know() {
    let server = start().await;
    let told = json!({"repo": "owner/tools", "number": 3, "title": "Add copper", "state": "merged", "merged": "2026-02-03T04:05:06Z",
        "updated": "2026-02-03T04:05:06Z", "commits": [{"sha": "e".repeat(40), "message": "feat: copper", "author": "ada"}]});
    let answer = server.post("/v1/pull-requests", &told).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    assert_eq!(answer.json()["pr"], "local/owner/tools#3");
    note_with(&server, "Agent/PRs/owner/tools/owner-tools-3.md", &["Add copper", "feat"]).await;
    for (field, value) in [
        ("state", json!("odd")),
        ("head_sha", json!("xyz")),
        ("repo", json!("../x")),
        ("number", json!(0)),
        ("number", json!(1_u64 << 31)),
        ("updated", json!("now")),
        ("x", json!(1)),
    ] {
        let mut wrong = told.clone();
        wrong[field] = value;
        assert_eq!(
            server.post("/v1/pull-requests", &wrong).await.problem(),
            (400, "invalid-body".to_owned()),
            "{wrong}"
        );
    }
    let other = server
        .post("/v1/pull-requests", &json!({"host": "git.example.org", "repo": "a/b", "number": 1}))
        .await;
    assert_eq!(other.problem(), (400, "invalid-body".to_owned()));
    let sync = server
        .post("/v1/pull-requests/sync", &json!({"repo": "owner/name", "number": 1}))
        .await;
    assert_eq!(sync.problem(), (400, "invalid-body".to_owned()), "no token, nobody to ask");
    let sync = server
        .post("/v1/pull-requests/sync", &json!({"repo": "owner/name", "number": 1_u64 << 63}))
        .await;
    assert_eq!(sync.problem(), (400, "invalid-body".to_owned()));
    assert!(sync.text().contains("it is 1 to 2147483647"), "{}", sync.text());
}

#[tokio::test]
async fn where_another_note_lies_a_pull_request_gets_one_beside_it() {
    let own = "# My own note\n";
    let server = Server::start_with(&[("Agent/PRs/own/y/own-y-1.md", own)], with_forge).await;
    let told = json!({"host": "example.net", "repo": "own/y", "number": 1, "title": "Told by hand", "state": "open"});
    assert_eq!(server.post("/v1/pull-requests", &told).await.status, StatusCode::ACCEPTED);
    note_with(&server, "Agent/PRs/own/y/own-y-1-example.net.md", &["pr: example.net/own/y#1"]).await;
    // Another forge's of the same name and number has a third.
    let other = json!({"host": "example.com", "repo": "own/y", "number": 1, "title": "Another", "state": "open"});
    assert_eq!(server.post("/v1/pull-requests", &other).await.status, StatusCode::ACCEPTED);
    note_with(&server, "Agent/PRs/own/y/own-y-1-example.com.md", &["pr: example.com/own/y#1"]).await;
    assert_eq!(
        fs::read_to_string(server.folder().join("vault/Agent/PRs/own/y/own-y-1.md")).unwrap(),
        own
    );
}

#[tokio::test]
async fn a_thousand_events_in_any_order_become_the_same_notes() {
    let mut events: Vec<(String, Value)> = Vec::new();
    for number in 1..=200 {
        for minute in 1..=4 {
            events.push((
                format!("{number}-{minute}"),
                opened(number, minute, &format!("Title {minute} of {number}")),
            ));
        }
        if number % 2 == 0 {
            events.push((format!("{number}-m"), merged(number, 30, &format!("Title 4 of {number}"))));
        } else {
            events.push((format!("{number}-4"), opened(number, 4, &format!("Title 4 of {number}"))));
        }
    }
    let notes = async |events: &[(String, Value)]| {
        let server = start().await;
        for (id, body) in events {
            assert_eq!(deliver(&server, id, body).await.status, StatusCode::ACCEPTED);
        }
        let begun = Instant::now();
        while server.get("/v1/status").await.json()["pull_requests"]["waiting"] != 0 {
            assert!(begun.elapsed() < 6 * PATIENCE);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let text = |number: u64| fs::read_to_string(server.folder().join(format!("vault/Agent/PRs/owner/name/owner-name-{number}.md")));
        (1..=200).map(|it| text(it).unwrap()).collect::<Vec<String>>()
    };
    let in_order = notes(&events).await;
    // A permutation that is far from the order, and every seventh event twice under another id, as Gitea replays it.
    let mut shuffled: Vec<(String, Value)> = (0..events.len()).map(|it| events[it * 617 % events.len()].clone()).collect();
    let again: Vec<(String, Value)> = events
        .iter()
        .step_by(7)
        .map(|(id, body)| (format!("{id}-again"), body.clone()))
        .collect();
    shuffled.extend(again);
    let shuffled = notes(&shuffled).await;
    for (one, other) in in_order.iter().zip(&shuffled) {
        assert_eq!(one, other);
    }
}
