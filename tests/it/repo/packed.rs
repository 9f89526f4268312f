//! A clone that fetches for a long time stays in few files, and is read all the while.

use super::*;
use crate::harness::files_below;

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_that_fetched_for_a_year_had_thousands_of_packs() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    fill(&remote, work.path());
    let first = remote.head().trim().to_owned();
    let url = remote.url();
    let server = Server::start_with(&[], |it| it.sources.push(clone_of(&url, it))).await;
    until(&server, "/v1/search?q=openclaw", is_found).await;
    let clone = server.folder().join("data/clones/config.git");
    // Else small fetches leave loose objects, of which it takes more.
    git(&clone, &["config", "fetch.unpackLimit", "1"]);
    let packs = || {
        let files = files_below(&clone.join("objects/pack"));
        files.iter().filter(|it| it.extension().is_some_and(|it| it == "pack")).count()
    };
    // A commit that no branch holds any more stays, for it was cited.
    put(work.path(), "gone.yaml", "name: tinline\n");
    commit(work.path(), "soon gone");
    git(work.path(), &["push", "-q", "origin", "main"]);
    let gone = remote.head().trim().to_owned();
    server.handle().fetch();
    until(&server, "/v1/search?q=tinline", is_found).await;
    git(work.path(), &["reset", "-q", "--hard", "HEAD~1"]);
    let mut most = 0;
    for number in 0..56 {
        put(work.path(), "count.yaml", &format!("name: copperline-{number}\n"));
        commit(work.path(), &format!("commit {number}"));
        git(work.path(), &["push", "-q", "-f", "origin", "main"]);
        server.handle().fetch();
        let wanted = format!("copperline-{number}");
        let is_read = |it: &Value| it["content"].as_str().is_some_and(|it| it.contains(&wanted));
        until(&server, "/v1/notes/count.yaml?source=config", is_read).await;
        let history = server.get("/v1/history/count.yaml?source=config&limit=500").await.json();
        assert_eq!(history["commits"].as_array().map(Vec::len), Some(number + 1), "{history}");
        most = most.max(packs());
    }
    assert!(most > 40 && packs() < 20, "{most} and then {}", packs());
    for (commit, path, text) in [(&first, "clusters/home/openclaw.yaml", "20Gi"), (&gone, "gone.yaml", "tinline")] {
        let read = server.get(&format!("/v1/notes/{path}?source=config&at={commit}")).await;
        assert!(read.text().contains(text), "{}", read.text());
    }
    git(&clone, &["fsck", "--connectivity-only"]);
}
