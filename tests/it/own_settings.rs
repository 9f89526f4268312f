//! The vault's own settings (`.obsidian`): what they leave out of results, that a change needs no restart, and that a broken one is reported.

use axum::http::StatusCode;
use membridge::model::path::NotePath;
use serde_json::{Value, json};

use crate::{
    engine::{Bench, graph},
    harness::Server,
};

const FILTERS: &str = "{\"userIgnoreFilters\": [\"Archive/\", \"/^secret/\"]}";

#[test]
fn ignored_notes_and_templates_are_no_results_until_the_settings_change() {
    let mut bench = Bench::new();
    bench.write(".obsidian/app.json", FILTERS);
    bench.write(".obsidian/templates.json", "{\"folder\": \"T\"}");
    for path in ["A.md", "Archive/B.md", "secret plan.md", "T/C.md", "Archive/pic copper.png"] {
        bench.write(path, "copper [[A]]");
    }
    bench.settle();
    assert_eq!(
        (bench.search("copper"), bench.search("")),
        (vec!["A.md".to_owned()], vec!["A.md".to_owned()])
    );
    assert_eq!(bench.search("path:Archive/"), Vec::<String>::new(), "a path filter reveals nothing");
    let a = NotePath::parse("A.md").unwrap();
    assert_eq!(
        bench.handle.sources()[0].graph().links(None).incoming(&a).len(),
        3,
        "their links count"
    );

    bench.write(".obsidian/app.json", "{}");
    bench.settle();
    assert_eq!(
        bench.search("copper"),
        ["A.md", "Archive/B.md", "Archive/pic copper.png", "secret plan.md"]
    );
    bench.write(".obsidian/templates.json", "{\"folder\": \"Archive\"}");
    bench.settle();
    assert_eq!(bench.search("copper"), ["A.md", "T/C.md", "secret plan.md"]);
    let lived = graph(&bench);

    bench.restart();
    assert_eq!(bench.search("copper"), ["A.md", "T/C.md", "secret plan.md"], "the index remembers");
    bench.settle();
    assert_eq!(graph(&bench), lived);
}

#[test]
fn settings_that_changed_between_two_runs_hold_after_the_first_scan() {
    let mut bench = Bench::new();
    bench.write("Archive/B.md", "copper");
    bench.settle();
    bench.write(".obsidian/app.json", FILTERS);
    bench.restart();
    bench.settle();
    assert_eq!(bench.search("copper"), Vec::<String>::new());
    bench.remove(".obsidian/app.json");
    bench.settle();
    assert_eq!(bench.search("copper"), ["Archive/B.md"]);
}

#[test]
fn broken_settings_are_reported_and_change_nothing_else() {
    let mut bench = Bench::new();
    bench.write("A.md", "copper");
    bench.write(
        ".obsidian/app.json",
        "{\"newLinkFormat\": \"sideways\", \"userIgnoreFilters\": [\"B\"]}",
    );
    bench.write(".obsidian/types.json", "[1,");
    std::os::unix::fs::symlink("/etc/passwd", bench.vault().join(".obsidian/templates.json")).unwrap();
    bench.settle();
    assert_eq!(bench.search("copper"), ["A.md"]);
    let problems = bench.handle.status().sources[0].settings_problems.clone();
    for part in [
        "templates.json: behind a symbolic link",
        "app.json: ",
        "types.json: the file is not valid JSON",
    ] {
        assert!(problems.iter().any(|it| it.starts_with(part)), "{part}: {problems:?}");
    }
    assert_eq!(problems.len(), 3, "{problems:?}");
    bench.write(".obsidian/types.json", "{}");
    bench.settle();
    assert_eq!(bench.handle.status().sources[0].settings_problems.len(), 2);
}

#[tokio::test]
async fn what_is_left_out_of_results_can_be_read_and_resolved() {
    let server = Server::start_over("links", |_| ()).await;
    for query in [
        "q=archived",
        "q=template&syntax=obsidian",
        "tag=archived",
        "q=path%3AArchive&syntax=obsidian",
        "q=was",
    ] {
        let answer = server.get(&format!("/v1/search?{query}")).await.json();
        let shows = |hit: &Value| hit["path"].as_str().unwrap().starts_with(['A', 'T']);
        assert!(!answer["hits"].as_array().unwrap().iter().any(shows), "{query}: {answer}");
    }
    assert_eq!(server.get("/v1/notes/Archive/Old").await.status, StatusCode::OK);
    assert_eq!(server.get("/v1/links/Archive/Old").await.json()["incoming"][0]["path"], "Hub.md");
    let problems = server.get("/v1/status").await.json()["sources"][0]["settings_problems"].clone();
    assert!(
        problems.as_array().is_some_and(|it| it.len() == 1) && problems[0].as_str().unwrap().contains("newLinkFormat"),
        "{problems}"
    );
    assert_eq!(
        server.get("/v1/lint").await.json()["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["path"] == json!("Templates/Daily.md")),
        None
    );
}
