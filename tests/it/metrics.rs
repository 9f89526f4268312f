//! `/metrics` as Prometheus reads it: what it counts, that its labels stay few and tell nothing, and that dashboard, alerts and the operator's
//! page name what there is.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use axum::{body::Body, http::StatusCode};
use membridge::config::{Config, Remote, SourceConfig, SourceKind, forges::Forge, tokens::Secret};
use membridge::model::pull_request::ForgeKind;
use regex::Regex;
use serde_json::json;

use crate::harness::Server;

const PATIENCE: Duration = Duration::from_secs(30);

async fn metrics(server: &Server) -> String {
    server.get("/metrics").await.text().to_owned()
}

/// Returns the number of a line, which begins with the name and its labels.
fn number(text: &str, line: &str) -> Option<f64> {
    let rest = text.lines().find_map(|it| it.strip_prefix(line)?.strip_prefix(' '))?;
    rest.parse().ok()
}

#[track_caller]
fn check(text: &str, line: &str, expected: f64) {
    assert_eq!(number(text, line), Some(expected), "{line}:\n{text}");
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_path() {
    let server = Server::start(&[("Secret plan.md", "the copper ledger\n")]).await;
    for target in [
        "/v1/notes/Secret%20plan.md",
        "/v1/notes/None.md",
        "/v1/search?q=copper",
        "/v1/search?q=copper+ledger",
        "/none/such",
        "/also/none",
    ] {
        server.get(target).await;
    }
    server.send("BREW", "/v1/status", &[], Body::empty()).await;
    let text = metrics(&server).await;
    let count = |method: &str, route: &str, status: &str| {
        format!("membridge_http_request_duration_seconds_count{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}")
    };
    check(&text, &count("GET", "/v1/notes/{path}", "2xx"), 1.0);
    check(&text, &count("GET", "/v1/notes/{path}", "4xx"), 1.0);
    check(&text, &count("GET", "/v1/search", "2xx"), 2.0);
    check(&text, &count("GET", "-", "4xx"), 2.0);
    check(&text, &count("other", "/v1/status", "4xx"), 1.0);
    // The one that asks.
    check(&text, "membridge_http_requests_running", 1.0);
    for word in ["Secret", "plan", "copper", "None", "none", "BREW"] {
        assert!(!text.contains(word), "{word}:\n{text}");
    }
}

#[tokio::test]
async fn a_write_shows_in_its_histograms() {
    let server = Server::start(&[("Home.md", "home\n")]).await;
    let before = metrics(&server).await;
    check(&before, "membridge_write_duration_seconds_count", 0.0);
    check(&before, "membridge_commit_duration_seconds_bucket{le=\"+Inf\"}", 0.0);
    assert_eq!(server.put("Agent/One.md", "one\n", &[]).await.status, StatusCode::CREATED);
    // One that is refused is no write.
    assert_eq!(server.put("Home.md", "two\n", &[]).await.status.as_u16() / 100, 4);
    let after = metrics(&server).await;
    check(&after, "membridge_write_duration_seconds_count", 1.0);
    check(&after, "membridge_write_duration_seconds_bucket{le=\"+Inf\"}", 1.0);
    check(&after, "membridge_commit_duration_seconds_count", 1.0);
    check(&after, "membridge_writes_waiting", 0.0);
    assert!(number(&after, "membridge_write_duration_seconds_sum").unwrap() > 0.0, "{after}");
    let commits = |text: &str| number(text, "membridge_index_commit_duration_seconds_count").unwrap();
    assert!(commits(&after) > commits(&before), "{after}");
}

#[tokio::test]
async fn webhooks_are_counted_by_sender_and_outcome() {
    let server = Server::start_with(&[], with_webhooks).await;
    let text = metrics(&server).await;
    // There from the start, so that the first one is a rise.
    check(&text, "membridge_webhooks_total{kind=\"gitea\",outcome=\"accepted\"}", 0.0);
    assert!(!text.contains("kind=\"gitlab\""), "{text}");
    for kind in ["gitea", "gitea", "flux", "gitlab", "my-own-forge"] {
        server.post(&format!("/v1/webhooks/{kind}"), &json!({})).await;
    }
    let text = metrics(&server).await;
    check(&text, "membridge_webhooks_total{kind=\"gitea\",outcome=\"signature-missing\"}", 2.0);
    check(&text, "membridge_webhooks_total{kind=\"flux\",outcome=\"signature-missing\"}", 1.0);
    check(&text, "membridge_webhooks_total{kind=\"gitlab\",outcome=\"unknown\"}", 1.0);
    check(&text, "membridge_webhooks_total{kind=\"other\",outcome=\"unknown\"}", 1.0);
    assert!(!text.contains("my-own-forge"), "{text}");
}

#[tokio::test]
async fn a_source_tells_its_watcher_its_scan_and_its_fetches() {
    let folder = tempfile::tempdir().unwrap();
    let remote = folder.path().join("remote");
    fs::create_dir(folder.path().join("vault")).unwrap();
    fs::create_dir(&remote).unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@localhost"];
        let ended = Command::new("git")
            .current_dir(&remote)
            .args(identity)
            .args(arguments)
            .output()
            .unwrap();
        assert!(ended.status.success(), "{ended:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    fs::write(remote.join("values.yaml"), "size: 20Gi\n").unwrap();
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "first"]);
    let url = format!("file://{}", remote.display());
    let server = Server::start_in(folder, |config| config.sources.push(clone_of(&url, config))).await;

    let begun = Instant::now();
    let text = loop {
        let text = metrics(&server).await;
        if number(&text, "membridge_notes_indexed{source=\"config\"}") == Some(1.0) {
            break text;
        }
        assert!(begun.elapsed() < PATIENCE, "{text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    check(&text, "membridge_fetch_failing{source=\"config\"}", 0.0);
    check(&text, "membridge_fetches_total{source=\"config\",outcome=\"failed\"}", 0.0);
    check(&text, "membridge_watcher{source=\"vault\",state=\"starting\"}", 0.0);
    check(&text, "membridge_source_problem{source=\"vault\"}", 0.0);
    let is_recent = |name: &str| number(&text, name).unwrap() > 1.7e9;
    assert!(is_recent("membridge_fetch_timestamp_seconds{source=\"config\"}"), "{text}");
    assert!(is_recent("membridge_scan_timestamp_seconds{source=\"vault\"}"), "{text}");
    assert!(is_recent("membridge_start_timestamp_seconds"), "{text}");
    check(
        &text,
        &format!("membridge_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")),
        1.0,
    );

    fs::remove_dir_all(server.folder().join("remote")).unwrap();
    server.handle().fetch();
    let begun = Instant::now();
    while number(
        &metrics(&server).await,
        "membridge_fetches_total{source=\"config\",outcome=\"failed\"}",
    ) < Some(1.0)
    {
        assert!(begun.elapsed() < PATIENCE, "{}", metrics(&server).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let text = metrics(&server).await;
    check(&text, "membridge_fetch_failing{source=\"config\"}", 1.0);
    every_name_is_one_that_there_is(&text);
}

/// Compares the pages that name metrics with what a service with everything in it tells.
#[track_caller]
fn every_name_is_one_that_there_is(text: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = Regex::new("membridge_[a-z_]+").unwrap();
    let names = |text: &str| -> BTreeSet<String> { name.find_iter(text).map(|it| it.as_str().to_owned()).collect() };
    let samples = text.lines().filter(|it| !it.starts_with('#'));
    let told: BTreeSet<String> = samples.flat_map(|it| names(it.split([' ', '{']).next().unwrap())).collect();
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    for page in ["deploy/grafana/membridge.json", "deploy/components/servicemonitor/alerts.yaml"] {
        let named = names(&read(page));
        assert!(named.len() > 5, "{page} was not read");
        // Those of webhooks need a forge, which this service has not.
        let unknown: Vec<&String> = named
            .iter()
            .filter(|it| !told.contains(*it) && *it != "membridge_webhooks_total")
            .collect();
        assert!(unknown.is_empty(), "{page}: {unknown:?}");
    }
    // Of a histogram the page names the whole, of a counter the name that it counts under.
    let whole = |it: &String| {
        let parts = ["_bucket", "_count", "_sum", "_total"];
        parts.iter().find_map(|part| it.strip_suffix(part)).unwrap_or(it).to_owned()
    };
    let told: BTreeSet<String> = told.iter().map(whole).chain(["membridge_webhooks".to_owned()]).collect();
    let page = read("docs/operating.md");
    let table: BTreeSet<String> = page
        .lines()
        .filter(|it| it.starts_with("| `membridge_"))
        .flat_map(|it| names(it.split('|').nth(1).unwrap()))
        .map(|it| whole(&it))
        .collect();
    let missing: Vec<_> = told.difference(&table).collect();
    let gone: Vec<_> = table.difference(&told).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "docs/operating.md misses {missing:?} and names in vain {gone:?}"
    );
}

fn with_webhooks(config: &mut Config) {
    let secret = || Secret::parse(b"a-secret-of-webhooks").unwrap();
    config.pull_requests.flux = vec![secret()];
    config.pull_requests.forges = vec![Forge {
        kind: ForgeKind::Gitea,
        url: "https://git.example.org".to_owned(),
        host: "git.example.org".to_owned(),
        repos: vec!["owner/name".to_owned()],
        token_file: None,
        secrets: vec![secret()],
        poll_every: Duration::from_secs(3600),
        clone: false,
    }];
}

fn clone_of(url: &str, config: &Config) -> SourceConfig {
    SourceConfig {
        name: membridge::model::path::SourceName::parse("config").unwrap(),
        kind: SourceKind::Repo,
        path: config.data_dir.join("clones/config.git"),
        remote: Some(Remote {
            url: url.to_owned(),
            branch: Some("main".to_owned()),
            fetch_every: Duration::from_secs(3600),
            token_file: None,
        }),
        exclude: Vec::new(),
        origin: Vec::new(),
    }
}
