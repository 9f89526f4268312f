//! What may be read of a repository, by path, at a commit and in a batch, and what its own rules leave out.

use super::*;

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: \"4711\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_citation_of_a_commit_that_a_force_push_dropped_is_still_read() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    fill(&remote, work.path());
    let url = remote.url();
    let server = Server::start_with(&[], |it| it.sources.push(clone_of(&url, it))).await;
    let found = until(&server, "/v1/search?q=openclaw", is_found).await;
    let cited = found["hits"][0]["citation"]
        .as_str()
        .unwrap()
        .replace('#', "%23")
        .replace('@', "%40");
    git(work.path(), &["checkout", "-q", "--orphan", "other"]);
    git(work.path(), &["rm", "-rqf", "."]);
    put(work.path(), "only.yaml", "name: rewritten\n");
    commit(work.path(), "anew");
    git(work.path(), &["push", "-qf", "origin", "other:main"]);
    server.handle().fetch();
    until(&server, "/v1/search?q=rewritten", is_found).await;
    let read = server.get(&format!("/v1/notes/{cited}")).await;
    assert!(read.text().contains("20Gi"), "{}", read.text());
    let batch = json!({"paths": [found["hits"][0]["citation"]]});
    let batch = server.post("/v1/notes:batch", &batch).await.json();
    assert!(
        batch["notes"][0]["content"].as_str().is_some_and(|it| it.contains("20Gi")),
        "{batch}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_no_file_at_a_commit_either() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc/hosts", work.path().join("hosts.md")).unwrap();
    fill(&remote, work.path());
    let url = remote.url();
    let server = Server::start_with(&[], |it| it.sources.push(clone_of(&url, it))).await;
    until(&server, "/v1/search?q=openclaw", is_found).await;
    let head = remote.head();
    let now = server.get("/v1/notes/hosts.md?source=config").await.problem();
    let then = server.get(&format!("/v1/notes/hosts.md?source=config&at={}", head.trim())).await;
    assert_eq!(now, (404, "note-not-found".to_owned()));
    assert_eq!(then.status, 404, "{}", then.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_a_clone_leave_files_out_or_known_by_name() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    put(work.path(), ".membridgeignore", "dumps/\n");
    put(work.path(), ".gitattributes", "crds/** linguist-generated\n");
    put(work.path(), "dumps/all.yaml", "name: copperline\n");
    put(work.path(), "crds/widget.yaml", "name: copperline\n");
    put(work.path(), "app.yaml", "name: copperline\n");
    fill(&remote, work.path());
    let url = remote.url();
    let server = Server::start_with(&[], |it| it.sources.push(clone_of(&url, it))).await;
    let found = until(&server, "/v1/search?q=copperline", is_found).await;
    assert_eq!(
        (&found["total"], &found["hits"][0]["path"]),
        (&json!(1), &json!("app.yaml")),
        "{found}"
    );
    until(&server, "/v1/search?q=widget", |it| it["total"] == 1).await;
    assert_eq!(server.get("/v1/search?path=dumps/*").await.json()["total"], 0);
    assert_eq!(server.get("/v1/notes/dumps/all.yaml?source=config").await.status, 404);

    // Taken back, the text counts, although the file is as it was.
    put(work.path(), ".gitattributes", "");
    commit(work.path(), "fix: read the widgets");
    git(work.path(), &["push", "-q", "origin", "main"]);
    server.handle().fetch();
    until(&server, "/v1/search?q=copperline", |it| it["total"] == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_git_ignores_in_a_checkout_is_not_read_by_its_path() {
    let work = tempfile::tempdir().unwrap();
    put(work.path(), ".gitignore", "private/\n");
    put(work.path(), "private/plan.md", "# Plan\n");
    put(work.path(), ".membridgeignore", "kept/\n");
    put(work.path(), "kept/in-git.md", "# Kept\n");
    put(work.path(), "app.yaml", "name: copperline\n");
    git(work.path(), &["init", "-q", "-b", "main"]);
    commit(work.path(), "first");
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    until(&server, "/v1/search?q=copperline", is_found).await;
    assert_eq!(server.get("/v1/notes/app.yaml?source=config").await.status, 200);
    assert_eq!(server.get("/v1/notes/private/plan.md?source=config").await.status, 404);
    assert_eq!(server.get("/v1/notes/kept/in-git.md?source=config").await.status, 404);
    assert_eq!(server.get("/v1/search?path=kept/*").await.json()["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_was_never_cloned_is_not_ready_and_the_others_answer() {
    let remote = Remote::start().await;
    let url = remote.url();
    remote.be_silent(true);
    let server = Server::start_with(&[("a.md", "copperline\n")], |it| {
        it.git.timeout = Duration::from_secs(60);
        it.sources.push(clone_of(&url, it));
    })
    .await;
    let not_ready = (503, "not-ready".to_owned());
    assert_eq!(server.get("/v1/search?q=copperline&source=config").await.problem(), not_ready);
    assert_eq!(server.get("/v1/skills?source=config").await.problem(), not_ready);
    assert_eq!(server.get("/v1/notes/a.yaml?source=config").await.problem(), not_ready);
    assert_eq!(server.get("/v1/history/a.yaml?source=config").await.problem(), not_ready);
    assert_eq!(server.get("/v1/changes?source=config").await.problem(), not_ready);
    let found = server.get("/v1/search?q=copperline").await.json();
    assert_eq!((&found["total"], &found["index"]["stale"]), (&json!(1), &json!(true)), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_tells_nothing_of_a_masked_secret() {
    let work = tempfile::tempdir().unwrap();
    put(work.path(), "db.yaml", SECRET);
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    let found = until(&server, "/v1/search?q=kind:Secret", is_found).await;
    let read = server.get("/v1/notes/db.yaml?source=config").await.json();
    let raw = membridge::model::hash::ContentHash::of(SECRET.as_bytes()).to_string();
    assert!(!read["content"].as_str().unwrap().contains("4711"), "{read}");
    assert_ne!(read["hash"], raw);
    assert_eq!(found["hits"][0]["hash"], read["hash"], "the one hash is that of what is shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_file_has_a_map_and_is_read_in_a_batch() {
    let work = tempfile::tempdir().unwrap();
    put(work.path(), "app.yaml", RELEASE);
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    until(&server, "/v1/search?q=openclaw", is_found).await;
    let map = server.get("/v1/notes/app.yaml?source=config&view=map").await.json();
    assert_eq!(
        map["sections"][0]["headings"],
        json!(["HelmRelease ai/openclaw (helm.toolkit.fluxcd.io/v2)"]),
        "{map}"
    );
    let batch = server
        .post("/v1/notes:batch", &json!({"paths": ["config:app.yaml#L4", "config:none.yaml"]}))
        .await
        .json();
    assert_eq!(batch["notes"][0]["content"], "  name: openclaw\n", "{batch}");
    assert_eq!(batch["notes"][1]["error"]["status"], 404, "{batch}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_name_of_an_author_is_masked_as_in_subjects() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    fill(&remote, work.path());
    let token = format!("glpat-{}", "x1Y2z3W4v5".repeat(2));
    put(work.path(), "b.md", "# B\n");
    git(work.path(), &["add", "-A"]);
    git(
        work.path(),
        &["-c", &format!("user.name=Bob {token}"), "commit", "-q", "-m", "note"],
    );
    git(work.path(), &["push", "-q", "origin", "main"]);
    let url = remote.url();
    let server = Server::start_with(&[], |it| it.sources.push(clone_of(&url, it))).await;
    until(&server, "/v1/search?q=openclaw", is_found).await;
    for target in ["/v1/changes?source=config", "/v1/history/b.md?source=config"] {
        let answer = server.get(target).await;
        assert!(
            answer.text().contains("Bob") && !answer.text().contains(&token),
            "{}",
            answer.text()
        );
    }
}
