//! Hits of a checkout carry the commit that holds what they show, and say when none does.

use super::*;

pub(super) fn escaped(citation: &str) -> String {
    citation.replace('#', "%23").replace('@', "%40")
}

#[tokio::test(flavor = "multi_thread")]
async fn hits_of_a_checkout_carried_no_commit() {
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["init", "-q", "-b", "main"]);
    put(work.path(), "app/values.yaml", "name: copperline\npassword: Kestrel81xQ\n");
    put(work.path(), "app/other.yaml", "name: tinline\n");
    commit(work.path(), "first");
    let first = git(work.path(), &["rev-parse", "HEAD"]).trim().to_owned();
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    let cited = |commit: &str| json!(format!("config@{}:app/values.yaml#L1-L2", &commit[..12]));
    let found = until(&server, "/v1/search?q=copperline", |it| it["hits"][0]["citation"] == cited(&first)).await;
    assert_eq!(found["hits"][0].get("uncommitted"), None, "{found}");

    // What is on the disk alone has no commit, and the hit says so; the others keep theirs.
    put(work.path(), "app/values.yaml", "name: silverline\npassword: Kestrel81xQ\n");
    put(work.path(), "app/new.yaml", "name: goldline\n");
    let found = until(&server, "/v1/search?q=silverline", is_found).await;
    let hit = &found["hits"][0];
    assert_eq!(
        (&hit["citation"], &hit["uncommitted"]),
        (&json!("config:app/values.yaml#L1-L2"), &json!(true))
    );
    let found = until(&server, "/v1/search?q=goldline", is_found).await;
    assert_eq!(found["hits"][0]["uncommitted"], true, "{found}");
    let found = server.get("/v1/search?q=tinline").await.json();
    assert_eq!(found["hits"][0].get("uncommitted"), None, "{found}");

    // The citation from before is still read as it was, without its secret.
    let before = server.get(&format!("/v1/notes/{}", escaped(cited(&first).as_str().unwrap()))).await;
    assert!(
        before.text().contains("copperline") && !before.text().contains("Kestrel81xQ"),
        "{}",
        before.text()
    );
    let at = server.get(&format!("/v1/notes/app/values.yaml?source=config&at={first}")).await;
    assert!(at.text().contains("copperline"), "{}", at.text());

    commit(work.path(), "second");
    let second = git(work.path(), &["rev-parse", "HEAD"]).trim().to_owned();
    until(&server, "/v1/search?q=silverline", |it| it["hits"][0]["citation"] == cited(&second)).await;

    // After a restart nothing was read yet, and what is committed is known all the same.
    let server = server.restart().await;
    until(&server, "/v1/search?q=silverline", |it| it["hits"][0]["citation"] == cited(&second)).await;
    let context = server
        .post("/v1/context", &json!({"question": "silverline"}))
        .await
        .text()
        .to_owned();
    assert!(context.contains(&format!("config@{}:app/values.yaml", &second[..12])), "{context}");
}

/// What a hit in `values.yaml` is where there is no git.
pub(super) fn says_nothing_of_commits(hit: &Value) {
    assert_eq!(
        (&hit["citation"], hit.get("uncommitted")),
        (&json!("config:values.yaml#L1-L1"), None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_git_says_nothing_of_commits() {
    let work = tempfile::tempdir().unwrap();
    put(work.path(), "values.yaml", "name: copperline\n");
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    let found = until(&server, "/v1/search?q=copperline", is_found).await;
    says_nothing_of_commits(&found["hits"][0]);
}

/// git-sync makes a new work tree for each commit, switches the link, and removes the one before.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_link_switched_to_another_work_tree_no_citation_could_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let (main, link) = (folder.path().join("main"), folder.path().join("current"));
    fs::create_dir(&main).unwrap();
    git(&main, &["init", "-q", "-b", "main"]);
    let publish = |name: &str, text: &str| {
        put(&main, "values.yaml", text);
        commit(&main, name);
        let tree = folder.path().join(name);
        git(&main, &["worktree", "add", "-q", "--detach", tree.to_str().unwrap()]);
        std::os::unix::fs::symlink(name, folder.path().join("next")).unwrap();
        fs::rename(folder.path().join("next"), &link).unwrap();
        git(&main, &["rev-parse", "HEAD"]).trim().to_owned()
    };
    let first = publish("one", "name: copperline\n");
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(&link))).await;
    let cited = |commit: &str| format!("config@{}:values.yaml#L1-L1", &commit[..12]);
    until(&server, "/v1/search?q=copperline", |it| it["hits"][0]["citation"] == cited(&first)).await;
    let second = publish("two", "name: silverline\n");
    git(
        &main,
        &["worktree", "remove", "--force", folder.path().join("one").to_str().unwrap()],
    );
    until(&server, "/v1/search?q=silverline", |it| it["hits"][0]["citation"] == cited(&second)).await;
    for (commit, text) in [(&second, "silverline"), (&first, "copperline")] {
        let read = server.get(&format!("/v1/notes/{}", escaped(&cited(commit)))).await;
        assert!(read.text().contains(text), "{}", read.text());
    }
    let changes = server.get("/v1/changes?source=config").await;
    assert!(changes.text().contains("values.yaml"), "{}", changes.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_the_line_ends_that_git_gave_it_was_called_uncommitted() {
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["init", "-q", "-b", "main"]);
    put(work.path(), ".gitattributes", "* text=auto eol=crlf\n");
    put(work.path(), "values.yaml", "name: copperline\r\nkind: A\r\n");
    put(work.path(), "copperline.bin", "a\0b");
    commit(work.path(), "first");
    let head = git(work.path(), &["rev-parse", "HEAD"]).trim()[..12].to_owned();
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    let is_cited = |it: &Value| {
        it["hits"]
            .as_array()
            .is_some_and(|it| it.len() == 2 && it.iter().all(|it| it["citation"].as_str().is_some_and(|it| it.contains(&head))))
    };
    let found = until(&server, "/v1/search?q=copperline", is_cited).await;
    assert!(!found.to_string().contains("uncommitted"), "{found}");
    // What git would call modified is.
    put(work.path(), "copperline.bin", "a\0c\0");
    until(&server, "/v1/search?q=file:copperline", |it| it["hits"][0]["uncommitted"] == true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_repository_without_a_commit_were_not_called_uncommitted() {
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["init", "-q", "-b", "main"]);
    put(work.path(), "values.yaml", "name: copperline\n");
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    until(&server, "/v1/search?q=copperline", |it| it["hits"][0]["uncommitted"] == true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_told_the_times_of_the_disk_until_the_commits_were_known() {
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["init", "-q", "-b", "main"]);
    put(work.path(), "values.yaml", "name: copperline\n");
    git(work.path(), &["add", "-A"]);
    git(work.path(), &["commit", "-q", "-m", "first"]);
    let file = fs::File::options().write(true).open(work.path().join("values.yaml")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    let found = until(&server, "/v1/search?q=copperline", |it| {
        it["hits"][0]["citation"].as_str().is_some_and(|it| it.contains('@'))
    })
    .await;
    let (before, generation) = (found["hits"][0]["modified"].clone(), found["index"]["generation"].clone());
    let server = server.restart().await;
    let found = until(&server, "/v1/search?q=copperline", |it| {
        it["hits"][0]["citation"].as_str().is_some_and(|it| it.contains('@'))
    })
    .await;
    assert_eq!(
        (&found["hits"][0]["modified"], &found["index"]["generation"]),
        (&before, &generation)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_very_first_start_of_a_checkout_indexed_twice_and_told_disk_times_meanwhile() {
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["init", "-q", "-b", "main"]);
    put(work.path(), "values.yaml", "name: copperline\n");
    commit(work.path(), "first");
    let time = git(work.path(), &["log", "-1", "--format=%ct"]).trim().parse().unwrap();
    let committed = jiff::Timestamp::from_second(time).unwrap().to_string();
    let file = fs::File::options().write(true).open(work.path().join("values.yaml")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    let found = until(&server, "/v1/search?q=copperline", is_found).await;
    assert_eq!(found["hits"][0]["modified"], json!(committed), "{found}");
    assert!(found["hits"][0]["citation"].as_str().unwrap().contains('@'), "{found}");
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let later = server.get("/v1/search?q=copperline").await.json();
    assert_eq!(later["index"]["generation"], found["index"]["generation"], "{later}");
}
