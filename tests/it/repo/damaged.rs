//! What breaks below our own data folder is made again from the remote, and keeps nobody from answering meanwhile.

use super::*;
use crate::engine::Bench;

fn clone_in(data: &Path) -> std::path::PathBuf {
    data.join("clones/config.git")
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    crate::harness::files_below(folder)
}

/// As a disk that was full or a power cut leaves them.
fn empty_objects(clone: &Path) {
    for file in files_below(&clone.join("objects")) {
        fs::remove_file(&file).unwrap();
        fs::write(&file, "").unwrap();
    }
}

async fn whole_again(server: &Server) {
    until(server, "/v1/search?q=openclaw", |it| it["index"]["stale"] == false).await;
    let read = server.get("/v1/notes/clusters/home/openclaw.yaml?source=config").await;
    assert!(read.text().contains("20Gi"), "{}", read.text());
    let clones = server.folder().join("data/clones");
    let left = || {
        let mut left: Vec<String> = fs::read_dir(&clones)
            .unwrap()
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        left
    };
    // The new clone answers a moment before the old one is removed.
    let begun = Instant::now();
    while left() != ["config.git", "config.past.json"] {
        assert!(begun.elapsed() < Duration::from_secs(30), "left beside it: {:?}", left());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_whose_objects_were_emptied_answered_503_for_ever() {
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
    let server = server.restart_with(|it| empty_objects(&clone_in(&it.data_dir))).await;
    // With neither clone nor remote what was indexed answers, by the name of the source, too.
    let found = until(&server, "/v1/search?q=openclaw&source=config", |it| it["index"]["stale"] == true).await;
    assert!(is_found(&found), "{found}");
    let damaged = |it: &Value| {
        it["sources"][1]["problem"]
            .as_str()
            .is_some_and(|it| it.contains("the clone is damaged") && it.contains("could not be cloned again"))
    };
    until(&server, "/v1/status", damaged).await;
    let ready = server.get("/readyz").await.json();
    assert_eq!(ready["degraded"], json!(["clone-damaged"]), "{ready}");
    // So does a file by its path; what only the clone knows says what goes on, and when to ask again.
    let read = server.get("/v1/notes/clusters/home/openclaw.yaml?source=config").await;
    assert!(read.status == 200 && read.text().contains("20Gi"), "{}", read.text());
    assert_eq!(read.json()["as_indexed"], true);
    let history = server.get("/v1/history/clusters/home/openclaw.yaml?source=config").await;
    assert_eq!(history.problem(), (503, "not-ready".to_owned()));
    let told = history.text();
    assert!(
        told.contains("the clone is damaged")
            && told.contains("could not be cloned again: timed out")
            && told.contains("\"retry_after_ms\":30000"),
        "{told}"
    );
    assert!(is_found(&server.get("/v1/search?q=openclaw").await.json()));

    remote.be_silent(false);
    server.handle().fetch();
    whole_again(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_that_is_torn_while_the_service_runs_is_met_by_a_reader_and_the_clone_made_again() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    fill(&remote, work.path());
    let url = remote.url();
    let server = Server::start_with(&[], |it| it.sources.push(clone_of(&url, it))).await;
    until(&server, "/v1/search?q=openclaw", is_found).await;
    let clone = clone_in(&server.folder().join("data"));
    git(&clone, &["repack", "-adq"]);
    for pack in files_below(&clone.join("objects/pack"))
        .iter()
        .filter(|it| it.extension().is_some_and(|it| it == "pack"))
    {
        let bytes = fs::read(pack).unwrap();
        fs::remove_file(pack).unwrap();
        fs::write(pack, &bytes[..bytes.len() / 2]).unwrap();
    }
    // What was indexed answers until the clone is made again, by the citation of a hit, too.
    let read = server.get("/v1/notes/clusters/home/openclaw.yaml?source=config").await;
    assert!(read.status == 200 && read.text().contains("20Gi"), "{}", read.text());
    let head = remote.head();
    let cited = format!("/v1/notes/config%40{}:clusters/home/openclaw.yaml", &head.trim()[..12]);
    let read = server.get(&cited).await;
    assert!(read.status == 200 && read.text().contains("20Gi"), "{}", read.text());
    let begun = Instant::now();
    while server.get("/v1/history/clusters/home/openclaw.yaml?source=config").await.status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    whole_again(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_that_cannot_be_opened_stopped_the_whole_start() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    fill(&remote, work.path());
    let url = remote.url();
    let breaks: [fn(&Path); 4] = [
        |clone| fs::write(clone, "no repository").unwrap(),
        |clone| {
            git(clone.parent().unwrap(), &["init", "-q", "--bare", "config.git"]);
            fs::write(clone.join("config"), "[core\n").unwrap();
        },
        |clone| {
            git(clone.parent().unwrap(), &["init", "-q", "--bare", "config.git"]);
            fs::write(clone.join("HEAD"), "").unwrap();
        },
        |clone| {
            git(clone.parent().unwrap(), &["init", "-q", "--bare", "config.git"]);
            fs::write(clone.join("HEAD"), "ref: refs/heads/followed\n").unwrap();
            fs::create_dir_all(clone.join("refs/heads")).unwrap();
            fs::write(clone.join("refs/heads/followed"), "0123\n").unwrap();
        },
    ];
    for break_it in breaks {
        let server = Server::start_with(&[("a.md", "copperline\n")], |it| {
            fs::create_dir_all(it.data_dir.join("clones")).unwrap();
            break_it(&clone_in(&it.data_dir));
            it.sources.push(clone_of(&url, it));
        })
        .await;
        assert!(is_found(&server.get("/v1/search?q=copperline").await.json()));
        until(&server, "/v1/search?q=openclaw", is_found).await;
        whole_again(&server).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_fetch_left_does_not_pile_up() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    fill(&remote, work.path());
    let url = remote.url();
    let server = Server::start_with(&[], |it| {
        let clone = clone_in(&it.data_dir);
        fs::create_dir_all(clone.parent().unwrap()).unwrap();
        git(clone.parent().unwrap(), &["init", "-q", "--bare", "config.git"]);
        fs::create_dir_all(clone.join("objects/pack")).unwrap();
        fs::write(clone.join("objects/pack/tmp_pack_a1B2c3"), "half of it").unwrap();
        fs::write(clone.join("packed-refs.lock"), "").unwrap();
        it.sources.push(clone_of(&url, it));
    })
    .await;
    until(&server, "/v1/search?q=openclaw", is_found).await;
    let clone = clone_in(&server.folder().join("data"));
    assert!(!clone.join("objects/pack/tmp_pack_a1B2c3").exists() && !clone.join("packed-refs.lock").exists());
}

#[test]
fn a_checkout_that_is_not_there_yet_stopped_the_whole_start() {
    let folder = tempfile::tempdir().unwrap();
    let checkout = folder.path().join("checkout");
    let mut bench = Bench::with(|it| it.sources.push(checkout_at(&checkout)));
    bench.write("A.md", "copper");
    bench.settle();
    assert_eq!(bench.search("copper"), ["A.md"]);
    let status = bench.handle.status();
    assert_eq!(status.not_ready, [], "a checkout that was missing made the whole service not ready");
    assert!(status.sources[1].is_gone && !status.sources[1].problem.is_empty());
    put(&checkout, "values.yaml", "name: copperline\n");
    bench.settle();
    let status = bench.handle.status();
    assert_eq!((status.not_ready, status.sources[1].indexed), (vec![], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_source_with_a_problem_made_the_answers_of_every_other_stale() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(&[("A.md", "copper #tin")], |it| {
        it.sources.push(checkout_at(&folder.path().join("nowhere")));
    })
    .await;
    for (target, is_stale) in [
        ("/v1/search?q=nothing", true),
        ("/v1/search?q=nothing&source=vault", false),
        ("/v1/search?q=copper&source=vault", false),
        ("/v1/tags", true),
        ("/v1/tags?source=vault", false),
        ("/v1/notes/A.md", false),
    ] {
        let json: Value = server.get(target).await.json();
        assert_eq!(json["index"]["stale"], is_stale, "{target}: {json}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_checkout_that_is_gone_for_a_while_answered_503_though_searches_did_not() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("work");
    fs::create_dir(&work).unwrap();
    git(&work, &["init", "-q", "-b", "main"]);
    put(&work, "values.yaml", "name: copperline\n");
    commit(&work, "first");
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(&work))).await;
    until(&server, "/v1/search?q=copperline", is_found).await;
    fs::rename(&work, folder.path().join("elsewhere")).unwrap();
    until(&server, "/v1/search?q=copperline", |it| {
        it["index"]["stale"] == true && is_found(it)
    })
    .await;
    let read = server.get("/v1/notes/values.yaml?source=config").await;
    assert!(read.status == 200 && read.text().contains("copperline"), "{}", read.text());
    let history = server.get("/v1/history/values.yaml?source=config").await;
    assert_eq!(history.problem(), (503, "not-ready".to_owned()));
    assert!(history.text().contains("is not there at the moment"), "{}", history.text());
    fs::rename(folder.path().join("elsewhere"), &work).unwrap();
    until(&server, "/v1/search?q=copperline", |it| it["index"]["stale"] == false).await;
    assert_eq!(server.get("/v1/history/values.yaml?source=config").await.status, 200);
}
