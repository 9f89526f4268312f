//! Sources that are repositories: a clone of a real remote over HTTP and a checkout, searched beside the vault, read, and never written.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use axum::http::header;
use membridge::config::{Config, Remote as ConfiguredRemote, SourceConfig, SourceKind};
use serde_json::{Value, json};

use crate::{
    harness::{Answer, Server},
    sync::{git, remote::Remote},
};

mod committed;
mod damaged;
mod first;
mod folder;
mod large;
mod packed;
mod reading;
mod references;

const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: openclaw\n  namespace: ai\nspec:\n  values:\n    \
                       image:\n      repository: ghcr.io/example/openclaw\n      tag: v1.4.2\n    persistence:\n      size: 20Gi\n";

/// A work tree with a few files, pushed to the remote.
fn fill(remote: &Remote, work: &Path) {
    fs::create_dir_all(work).unwrap();
    git(work, &["init", "-q", "-b", "main"]);
    put(work, "clusters/home/openclaw.yaml", RELEASE);
    put(
        work,
        "skills/backup/SKILL.md",
        "---\nname: backup\ndescription: Restore a volume from the nightly snapshots\n---\n# Backup\nUse velero.\n",
    );
    put(work, ".gitea/workflows/ci.yaml", "on: push\njobs:\n  lint: {}\n");
    commit(work, "feat: deploy the agent (#7)");
    git(work, &["remote", "add", "origin", &remote.url()]);
    git(work, &["push", "-q", "origin", "main"]);
}

pub(crate) fn put(work: &Path, path: &str, text: &str) {
    let file = work.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn commit(work: &Path, subject: &str) {
    git(work, &["add", "-A"]);
    git(work, &["commit", "-q", "-m", subject]);
}

pub(crate) fn clone_of(url: &str, config: &Config) -> SourceConfig {
    SourceConfig {
        name: membridge::model::path::SourceName::parse("config").unwrap(),
        kind: SourceKind::Repo,
        path: config.data_dir.join("clones/config.git"),
        remote: Some(ConfiguredRemote {
            url: url.to_owned(),
            branch: Some("main".to_owned()),
            fetch_every: Duration::from_secs(3600),
            token_file: None,
        }),
        exclude: Vec::new(),
        origin: Vec::new(),
    }
}

pub(crate) fn checkout_at(path: &Path) -> SourceConfig {
    SourceConfig {
        name: membridge::model::path::SourceName::parse("config").unwrap(),
        kind: SourceKind::Repo,
        path: path.to_owned(),
        remote: None,
        exclude: Vec::new(),
        origin: Vec::new(),
    }
}

/// Asks until the answer is as wanted: the worker and the watcher have their own pace.
pub(crate) async fn until(server: &Server, target: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let answer: Answer = server.get(target).await;
        let json: Value = answer.json();
        if wanted(&json) {
            return json;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{target}: {json}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn is_found(json: &Value) -> bool {
    json["total"].as_u64().is_some_and(|it| it > 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_is_searched_beside_the_vault_and_cited_with_its_commit() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    fill(&remote, work.path());
    let url = remote.url();
    let server = Server::start_with(&[("Notes.md", "# Notes\nThe openclaw agent runs at home.\n")], |it| {
        it.sources.push(clone_of(&url, it));
    })
    .await;
    // The first fetch is told a moment after its files are found.
    let is_whole = |it: &Value| it["total"] == 2 && it["index"]["stale"] == false;
    let found = until(&server, "/v1/search?q=openclaw", is_whole).await;
    let hit = found["hits"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["source"] == "config")
        .unwrap();
    assert_eq!(
        (&hit["origin"], &hit["path"]),
        (&json!("config"), &json!("clusters/home/openclaw.yaml"))
    );
    let head = remote.head().trim().to_owned();
    let cited = hit["citation"].as_str().unwrap();
    assert!(
        cited.starts_with(&format!("config@{}:clusters/home/openclaw.yaml#L1", &head[..12])),
        "{cited}"
    );

    // The citation is a path; a hidden file is a file like others.
    let read = server
        .get(&format!("/v1/notes/{}", cited.replace('#', "%23").replace('@', "%40")))
        .await;
    assert!(
        read.json()["content"].as_str().is_some_and(|it| it.contains("20Gi")),
        "{}",
        read.text()
    );
    assert_eq!(server.get("/v1/notes/.gitea/workflows/ci.yaml?source=config").await.status, 200);
    assert_eq!(
        server.get("/v1/notes/.gitea/workflows/ci.yaml").await.problem(),
        (400, "invalid-path".to_owned())
    );

    // A push is found by the next fetch, at the latest; here somebody asks for it.
    put(work.path(), "clusters/home/openclaw.yaml", &RELEASE.replace("20Gi", "4711Gi"));
    commit(work.path(), "fix: grow the volume");
    git(work.path(), &["push", "-q", "origin", "main"]);
    server.handle().fetch();
    until(&server, "/v1/search?q=4711Gi", is_found).await;
    let changes = server.get("/v1/changes?source=config&since=1d").await.json();
    assert_eq!(changes["repository"], "clone");
    assert_eq!(changes["commits"][1]["pull_request"], 7);
    assert_eq!(changes["notes"][1]["path"], "clusters/home/openclaw.yaml", "{changes}");
    let history = server.get("/v1/history/clusters/home/openclaw.yaml?source=config").await.json();
    assert_eq!(history["commits"].as_array().unwrap().len(), 2, "{history}");
    let before = server
        .get(&format!("/v1/notes/clusters/home/openclaw.yaml?source=config&at={head}"))
        .await;
    assert!(before.json()["content"].as_str().unwrap().contains("20Gi"));
    let diff = server.get("/v1/diff/clusters/home/openclaw.yaml?source=config").await.json();
    assert!(diff["diff"].as_str().unwrap().contains("+      size: 4711Gi"), "{diff}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_ask_finds_the_file_and_its_lines() {
    let work = tempfile::tempdir().unwrap();
    put(work.path(), "clusters/home/openclaw.yaml", RELEASE);
    put(
        work.path(),
        "apps/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: openclaw-web, namespace: web}\nspec:\n  template:\n    spec:\n      containers:\n        \
         - name: app\n          image: docker.io/library/nginx:1.27.3\n          ports:\n            - containerPort: 8443\n---\napiVersion: \
         networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: web}\nspec:\n  rules:\n    - host: notes.example.org\n",
    );
    put(
        work.path(),
        "apps/broken.yaml",
        "kind: Deployment\nmetadata:\n  name: broken\n  labels: {{ include \"x\" . }}\n---\nkind: Service\nmetadata:\n  name: sound\n",
    );
    put(
        work.path(),
        "scripts/backup.sh",
        "#!/bin/sh\nrestore_snapshot() {\n  velero restore create\n}\n",
    );
    let vault = [("nginx.md", "# nginx\nNotes on nginx and its image.\n")];
    let server = Server::start_with(&vault, |it| it.sources.push(checkout_at(work.path()))).await;
    until(&server, "/v1/search?q=velero", is_found).await;
    let check = async |query: &str, expected: &[&str]| {
        let encoded: String = query.bytes().map(|it| format!("%{it:02X}")).collect();
        let found = server.get(&format!("/v1/search?q={encoded}")).await.json();
        let first = found["hits"][0]["citation"].as_str();
        assert_eq!(first, expected.first().copied(), "{query}: {found}");
    };
    check("kind:HelmRelease name:openclaw", &["config:clusters/home/openclaw.yaml#L1-L12"]).await;
    check("kind:HelmRelease name:web", &[]).await;
    check("image:nginx", &["config:apps/web.yaml#L1-L11"]).await;
    check("path:clusters/*/* openclaw", &["config:clusters/home/openclaw.yaml#L1-L12"]).await;
    check("spec.values.persistence.size", &["config:clusters/home/openclaw.yaml#L1-L12"]).await;
    check("v1.4.2", &["config:clusters/home/openclaw.yaml#L1-L12"]).await;
    check("notes.example.org", &["config:apps/web.yaml#L12-L18"]).await;
    check("8443", &["config:apps/web.yaml#L1-L11"]).await;
    check("containerPort", &["config:apps/web.yaml#L1-L11"]).await;
    check("kind:Service name:sound", &["config:apps/broken.yaml#L5-L8"]).await;
    check("restore_snapshot", &["config:scripts/backup.sh#L1-L4"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_skill_that_fits_a_task_comes_first_from_whichever_source() {
    let work = tempfile::tempdir().unwrap();
    put(
        work.path(),
        ".agents/skills/backup/SKILL.md",
        "---\nname: backup\ndescription: Restore a volume from the nightly snapshots\n---\nUse velero.\n",
    );
    put(
        work.path(),
        "skills/tea/SKILL.md",
        "---\nname: tea\ndescription: Open pull requests on the forge\n---\nA pull request restores trust.\n",
    );
    let note = "---\ndescription: Keep a list of what to buy\n---\n";
    let server = Server::start_with(&[("Skills/shopping/SKILL.md", note), ("Skills/other.md", "restore")], |it| {
        it.sources.push(checkout_at(work.path()));
    })
    .await;
    let all = until(&server, "/v1/skills", |it| it["total"] == 3).await;
    assert_eq!(all["skills"][0]["citation"], "config:.agents/skills/backup/SKILL.md");
    let found = server.get("/v1/skills?q=restore%20a%20volume").await.json();
    assert_eq!(found["skills"][0]["name"], "backup", "{found}");
    let found = server.get("/v1/skills?q=buy%20milk").await.json();
    assert_eq!(
        (&found["total"], &found["skills"][0]["name"]),
        (&json!(1), &json!("shopping")),
        "{found}"
    );
    assert_eq!(server.get("/v1/skills?q=entirely-unknown").await.json()["total"], 0);
    assert_eq!(
        server.get("/v1/skills?limit=0").await.problem(),
        (400, "invalid-parameter".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_never_written() {
    let work = tempfile::tempdir().unwrap();
    put(work.path(), "README.md", "# Config\n");
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    let refused = (403, "read-only-source".to_owned());
    assert_eq!(server.put("Agent/x.md?source=config", "x", &[]).await.problem(), refused);
    assert_eq!(server.put("config:Agent/x.md", "x", &[]).await.problem(), refused);
    let edit = json!({"edits": [{"op": "append", "text": "x"}]});
    assert_eq!(server.patch("README.md?source=config", &edit).await.problem(), refused);
    let any = [(header::IF_MATCH, "\"0000000000000000000000000000000000000000\"")];
    assert_eq!(server.delete("README.md?source=config", &any).await.problem(), refused);
    assert_eq!(fs::read_dir(work.path()).unwrap().count(), 1, "nothing came beside the file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_is_followed_as_git_would_take_it() {
    let work = tempfile::tempdir().unwrap();
    put(work.path(), ".gitignore", "build/\n");
    put(work.path(), "app/values.yaml", "replicas: 3\nname: copperline\n");
    put(work.path(), "build/out.yaml", "name: copperline\n");
    git(work.path(), &["init", "-q", "-b", "main"]);
    commit(work.path(), "first");
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    let found = until(&server, "/v1/search?q=copperline", is_found).await;
    assert_eq!((&found["total"], &found["hits"][0]["path"]), (&json!(1), &json!("app/values.yaml")));
    put(work.path(), "app/values.yaml", "replicas: 3\nname: silverline\n");
    until(&server, "/v1/search?q=silverline", is_found).await;
    put(work.path(), "app/more.yaml", "name: goldline\n");
    until(&server, "/v1/search?q=goldline", is_found).await;
    fs::remove_file(work.path().join("app/more.yaml")).unwrap();
    until(&server, "/v1/search?q=goldline", |it| it["total"] == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_that_fails_leaves_the_last_good_state_answering_and_stale() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    fill(&remote, work.path());
    let url = remote.url();
    let server = Server::start_with(&[], |it| {
        // Longer than a pause of the machine: what answers must not time out.
        it.git.timeout = Duration::from_secs(5);
        it.sources.push(clone_of(&url, it));
    })
    .await;
    until(&server, "/v1/search?q=openclaw", is_found).await;
    remote.be_silent(true);
    server.handle().fetch();
    let found = until(&server, "/v1/search?q=openclaw", |it| it["index"]["stale"] == true).await;
    assert!(is_found(&found));
    let status = server.get("/v1/status").await.json();
    assert!(status["sources"][1]["problem"].as_str().unwrap().contains("timed out"), "{status}");

    // A restart answers from the clone before the remote does.
    let server = server.restart().await;
    assert!(is_found(&server.get("/v1/search?q=openclaw").await.json()));
    remote.be_silent(false);
    // The branch was rewritten meanwhile.
    git(work.path(), &["checkout", "-q", "--orphan", "other"]);
    git(work.path(), &["rm", "-rqf", "."]);
    put(work.path(), "only.yaml", "name: rewritten\n");
    commit(work.path(), "anew");
    git(work.path(), &["push", "-qf", "origin", "other:main"]);
    server.handle().fetch();
    until(&server, "/v1/search?q=rewritten", is_found).await;
    let found = until(&server, "/v1/search?q=openclaw", |it| it["index"]["stale"] == false).await;
    assert_eq!(found["total"], 0);
    // And vanished.
    git(&remote.repository(), &["branch", "-m", "main", "gone"]);
    server.handle().fetch();
    let found = until(&server, "/v1/search?q=rewritten", |it| it["index"]["stale"] == true).await;
    assert!(is_found(&found));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mounted_config_map_keeps_its_paths_when_kubernetes_swaps_it() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "..2026_01/values.yaml", "name: copperline\n");
    std::os::unix::fs::symlink("..2026_01", folder.path().join("..data")).unwrap();
    std::os::unix::fs::symlink("..data/values.yaml", folder.path().join("values.yaml")).unwrap();
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(folder.path()))).await;
    let found = until(&server, "/v1/search?q=copperline", is_found).await;
    assert_eq!(
        (&found["total"], &found["hits"][0]["path"]),
        (&json!(1), &json!("values.yaml")),
        "{found}"
    );
    put(folder.path(), "..2026_02/values.yaml", "name: silverline\n");
    std::os::unix::fs::symlink("..2026_02", folder.path().join("..data_tmp")).unwrap();
    fs::rename(folder.path().join("..data_tmp"), folder.path().join("..data")).unwrap();
    fs::remove_dir_all(folder.path().join("..2026_01")).unwrap();
    let found = until(&server, "/v1/search?q=silverline", is_found).await;
    assert_eq!(
        (&found["total"], &found["hits"][0]["path"]),
        (&json!(1), &json!("values.yaml")),
        "{found}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_switches_between_checkouts_deletes_nothing_in_between() {
    let folder = tempfile::tempdir().unwrap();
    let tree = |name: &str, text: &str| put(&folder.path().join(name), "app/values.yaml", text);
    tree("one", "name: copperline\n");
    tree("two", "name: silverline\n");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("one", &link).unwrap();
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(&link))).await;
    until(&server, "/v1/search?q=copperline", is_found).await;
    std::os::unix::fs::symlink("two", folder.path().join("next")).unwrap();
    fs::rename(folder.path().join("next"), &link).unwrap();
    fs::remove_dir_all(folder.path().join("one")).unwrap();
    let begun = Instant::now();
    loop {
        let found = server.get("/v1/search?path=app/*").await.json();
        assert_eq!(found["total"], 1, "the file was there all the time: {found}");
        if is_found(&server.get("/v1/search?q=silverline").await.json()) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
