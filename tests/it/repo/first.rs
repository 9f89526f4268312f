//! The first clone of a repository: one that takes its time, one that never comes, and one of which there is nothing yet.

use super::*;

fn problem(json: &Value) -> &str {
    json["sources"][1]["problem"].as_str().unwrap()
}

/// Each try began anew, and ended after `git.timeout`.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_clone_that_takes_longer_than_the_timeout_never_ended() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    fill(&remote, work.path());
    remote.be_slow(Duration::from_millis(700));
    let url = remote.url();
    let server = Server::start_with(&[], |it| {
        it.git.timeout = Duration::from_secs(1);
        it.sources.push(clone_of(&url, it));
    })
    .await;
    until(&server, "/v1/status", |it| problem(it).contains("ten times `git.timeout`")).await;
    until(&server, "/v1/search?q=openclaw", is_found).await;
    let status = server.get("/v1/status").await.json();
    assert_eq!(status["last_errors"], json!([]), "no try failed");
}

/// It is left after the usual time all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_remote_that_says_nothing_is_told_of_after_the_timeout() {
    let remote = Remote::start().await;
    remote.be_silent(true);
    let url = remote.url();
    let begun = Instant::now();
    let server = Server::start_with(&[], |it| {
        it.git.timeout = Duration::from_secs(2);
        it.sources.push(clone_of(&url, it));
    })
    .await;
    until(&server, "/v1/status", |it| problem(it).contains("timed out")).await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

/// It was an error at each try, and made the whole degraded.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_repository_was_told_as_failing_and_stale() {
    let remote = Remote::start().await;
    let (url, unnamed) = (remote.url(), remote.with("other"));
    git(&unnamed.1, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    let server = Server::start_with(&[("Home.md", "home\n")], |it| {
        it.sources.push(clone_of(&url, it));
        let mut other = clone_of(&format!("{}/other.git", unnamed.0), it);
        other.name = membridge::model::path::SourceName::parse("other").unwrap();
        other.path = it.data_dir.join("clones/other.git");
        other.remote.as_mut().unwrap().branch = None;
        it.sources.push(other);
    })
    .await;
    let is_known = |it: &Value| (1..3).all(|at| it["sources"][at]["last_scan"].is_string());
    let status = until(&server, "/v1/status", is_known).await;
    for at in [1, 2] {
        let source = &status["sources"][at];
        assert_eq!(
            (&source["problem"], &source["git"], &source["indexed"]),
            (&json!(""), &json!("off"), &json!(0)),
            "{status}"
        );
    }
    assert_eq!(status["last_errors"], json!([]));
    assert_eq!(server.get("/readyz").await.json()["degraded"], json!([]));
    let found = server.get("/v1/search?q=home").await.json();
    assert_eq!((&found["total"], &found["index"]["stale"]), (&json!(1), &json!(false)), "{found}");
    assert_eq!(server.get("/v1/search?q=home&source=config").await.json()["total"], 0);

    let work = tempfile::tempdir().unwrap();
    fill(&remote, work.path());
    server.handle().fetch();
    until(&server, "/v1/search?q=openclaw", is_found).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_can_be_read_was_told_as_off() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    fill(&remote, work.path());
    let url = remote.url();
    let server = Server::start_with(&[], |it| {
        it.sources.push(clone_of(&url, it));
        let mut checkout = checkout_at(work.path());
        checkout.name = membridge::model::path::SourceName::parse("checkout").unwrap();
        it.sources.push(checkout);
    })
    .await;
    until(&server, "/v1/status", |it| {
        it["sources"][1]["git"] == "clone" && it["sources"][2]["git"] == "checkout"
    })
    .await;
}
