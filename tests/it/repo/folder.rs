//! Checkouts that are a folder of a work tree, below a link that switches, or of a repository that cannot be read.

use super::{
    committed::{escaped, says_nothing_of_commits},
    *,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_that_is_a_folder_of_a_repository_had_neither_commits_nor_history() {
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["init", "-q", "-b", "main"]);
    put(work.path(), ".gitignore", "*.tmp.yaml\n");
    put(
        work.path(),
        "clusters/home/values.yaml",
        "name: copperline\npassword: Kestrel81xQ\n",
    );
    put(work.path(), "clusters/copperline.bin", "a\0b");
    put(work.path(), "values.yaml", "name: beside\n");
    commit(work.path(), "first (#7)");
    let first = git(work.path(), &["rev-parse", "HEAD"]).trim().to_owned();
    put(work.path(), "values.yaml", "name: beside it\n");
    commit(work.path(), "elsewhere");
    let head = git(work.path(), &["rev-parse", "HEAD"]).trim().to_owned();
    put(work.path(), "clusters/a.tmp.yaml", "name: ignoredline\n");
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(&work.path().join("clusters")))).await;
    let cited = |commit: &str| json!(format!("config@{}:home/values.yaml#L1-L2", &commit[..12]));
    let found = until(&server, "/v1/search?q=copperline", |it| it["total"] == 2).await;
    let citations: Vec<&str> = found["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["citation"].as_str().unwrap())
        .collect();
    assert!(citations.iter().all(|it| it.contains(&head[..12])), "{citations:?}");
    assert!(citations.contains(&cited(&head).as_str().unwrap()), "{citations:?}");
    assert!(!is_found(&server.get("/v1/search?q=ignoredline").await.json()));

    put(
        work.path(),
        "clusters/home/values.yaml",
        "name: silverline\npassword: Kestrel81xQ\n",
    );
    until(&server, "/v1/search?q=silverline", |it| it["hits"][0]["uncommitted"] == true).await;
    let before = server.get(&format!("/v1/notes/{}", escaped(cited(&first).as_str().unwrap()))).await;
    assert!(
        before.text().contains("copperline") && !before.text().contains("Kestrel81xQ"),
        "{}",
        before.text()
    );
    let history = server.get("/v1/history/home/values.yaml?source=config").await.json();
    assert_eq!(history["commits"][0]["commit"], json!(first), "{history}");
    let diff = server.get("/v1/diff/home/values.yaml?source=config").await.json();
    assert!(diff["diff"].as_str().unwrap().contains("+name: silverline"), "{diff}");
    let changes = server.get("/v1/changes?source=config").await.json();
    let paths: Vec<&str> = changes["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        (changes["commits"].as_array().unwrap().len(), paths),
        (1, vec!["copperline.bin", "home/values.yaml"])
    );
    let skipped = server.get("/v1/status").await.json();
    assert_eq!(skipped["sources"][1]["problem"], "", "{skipped}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_merely_lies_in_a_repository_says_nothing_of_commits() {
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["init", "-q", "-b", "main"]);
    put(work.path(), "a.yaml", "a: 1\n");
    commit(work.path(), "first");
    put(work.path(), "mine/values.yaml", "name: copperline\n");
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(&work.path().join("mine")))).await;
    let found = until(&server, "/v1/search?q=copperline", is_found).await;
    says_nothing_of_commits(&found["hits"][0]);
}

/// Of a folder below a link that switches neither the path nor the folder before tells that it is another one.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_a_commit_removed_below_a_link_that_switched_stayed_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let (main, link) = (folder.path().join("main"), folder.path().join("current"));
    fs::create_dir(&main).unwrap();
    git(&main, &["init", "-q", "-b", "main"]);
    let publish = |name: &str| {
        commit(&main, name);
        let tree = folder.path().join(name);
        git(&main, &["worktree", "add", "-q", "--detach", tree.to_str().unwrap()]);
        std::os::unix::fs::symlink(name, folder.path().join("next")).unwrap();
        fs::rename(folder.path().join("next"), &link).unwrap();
    };
    for number in 0..60 {
        put(&main, &format!("clusters/old/{number}.yaml"), "name: copperline\n");
    }
    publish("one");
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(&link.join("clusters")))).await;
    until(&server, "/v1/search?q=copperline", |it| it["total"] == 60).await;
    git(&main, &["rm", "-rq", "clusters/old"]);
    put(&main, "clusters/new.yaml", "name: silverline\n");
    publish("two");
    git(
        &main,
        &["worktree", "remove", "--force", folder.path().join("one").to_str().unwrap()],
    );
    until(&server, "/v1/search?q=silverline", is_found).await;
    until(&server, "/v1/search?q=copperline", |it| it["total"] == 0).await;
}

/// So it is with git-sync under another user, and with partial clones.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_whose_repository_cannot_be_read_did_not_say_so() {
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["init", "-q", "-b", "main"]);
    put(work.path(), "values.yaml", "name: copperline\n");
    commit(work.path(), "first");
    git(work.path(), &["config", "core.repositoryFormatVersion", "1"]);
    git(work.path(), &["config", "extensions.partialclone", "origin"]);
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    let is_whole = |it: &Value| is_found(it) && it["index"]["stale"] == false;
    until(&server, "/v1/search?q=copperline", is_whole).await;
    let status = server.get("/v1/status").await.json();
    let skipped = &status["sources"][1]["skipped"][0];
    assert_eq!(skipped["path"], ".git", "{status}");
    assert!(skipped["reason"].as_str().unwrap().contains("partialclone"), "{status}");
    let history = server.get("/v1/history/values.yaml?source=config").await;
    assert!(
        history.status == 404 && history.text().contains("partialclone"),
        "{}",
        history.text()
    );
    git(work.path(), &["config", "--unset", "extensions.partialclone"]);
    until(&server, "/v1/search?q=copperline", |it| {
        it["hits"][0]["citation"].as_str().is_some_and(|it| it.contains('@'))
    })
    .await;
    until(&server, "/v1/status", |it| it["sources"][1]["skipped"] == json!([])).await;
}
