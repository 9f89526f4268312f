//! Links, names, tags and oddities through the real router, on the fixture `links`; and the graph through restarts and renames.

use axum::{
    body::Body,
    http::{StatusCode, header},
};
use membridge::{
    config::tokens::{Scope, Secret, Token},
    model::path::NotePath,
};
use serde_json::{Value, json};

use crate::{
    engine::{Bench, graph},
    harness::Server,
};

async fn server() -> Server {
    Server::start_over("links", |_| ()).await
}

fn texts<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|it| it[member].as_str().unwrap_or("-"))
        .collect()
}

#[tokio::test]
async fn links_are_told_in_both_directions() {
    let server = server().await;
    let links = server.get("/v1/links/Hub").await.json();
    assert_eq!((&links["path"], &links["source"]), (&json!("Hub.md"), &json!("vault")));
    assert_eq!(
        texts(&links["outgoing"], "resolved"),
        [
            "Work/Plan.md",
            "Private/P/Twin.md",
            "-",
            "Assets/diagram.png",
            "Assets/ledger.pdf",
            "Archive/Old.md",
            "Board.canvas"
        ]
    );
    assert_eq!(
        links["outgoing"][1],
        json!({"target": "Twin", "resolved": "Private/P/Twin.md", "ambiguous": true, "line": 7, "kind": "link"})
    );
    assert_eq!(
        (&links["outgoing"][3]["kind"], &links["outgoing"][3]["line"]),
        (&json!("embed"), &json!(8))
    );
    assert_eq!(texts(&links["unresolved"], "target"), ["Nowhere#Later"]);
    assert_eq!(
        texts(&links["incoming"], "path"),
        [
            "Archive/Old.md",
            "Board.canvas",
            "Log.md",
            "Log.md",
            "Log.md",
            "Templates/Daily.md",
            "Work/Plan.md"
        ]
    );
    assert_eq!(
        links["incoming"][2],
        json!({"path": "Log.md", "line": 5, "kind": "link", "context": "Back to [[hub#Hub|the hub]] on line five."})
    );
    assert_eq!(
        links["incoming"][4],
        json!({"path": "Log.md", "line": 2, "kind": "property", "context": "up: \"[[Hub]]\""})
    );
    assert!(links["index"]["generation"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn attachments_are_found_by_the_notes_that_embed_them() {
    let server = server().await;
    let links = server.get("/v1/links/Assets/diagram.png").await.json();
    assert_eq!(
        (texts(&links["incoming"], "path"), &links["outgoing"]),
        (vec!["Hub.md", "Sketch.md"], &json!([]))
    );
    assert_eq!(
        links["incoming"][1]["context"], "diagram.png",
        "the machine data of a drawing is not shown"
    );
    let missing = server.get("/v1/links/Hubb").await;
    assert_eq!(missing.problem(), (404, "note-not-found".into()));
    assert_eq!(
        server.get("/v1/links/Hub?lines=3").await.problem(),
        (400, "invalid-parameter".into())
    );
    assert_eq!(server.get("/v1/links/..%2FHub").await.problem(), (400, "invalid-path".into()));
}

#[tokio::test]
async fn a_name_is_resolved_by_the_link_rule_and_remembered_by_alias_and_likeness() {
    let server = server().await;
    let resolve = async |query: &str| server.get(&format!("/v1/resolve?{query}")).await.json();
    let twin = resolve("name=twin&from=Work/Plan.md").await;
    assert_eq!((&twin["path"], &twin["ambiguous"]), (&json!("Private/P/Twin.md"), &json!(true)));
    assert_eq!(texts(&twin["candidates"], "path"), ["Private/P/Twin.md", "Work/Team/Twin.md"]);
    let beside = resolve("name=Twin&from=Work/Team/Other").await;
    assert_eq!(
        (&beside["path"], &beside["ambiguous"]),
        (&json!("Work/Team/Twin.md"), &json!(false))
    );
    let alias = resolve("name=the+middle").await;
    assert_eq!(
        (&alias["path"], &alias["candidates"][0]),
        (&json!(null), &json!({"path": "Hub.md", "by": "alias"}))
    );
    let fuzzy = resolve("name=lgr").await;
    assert_eq!(fuzzy["candidates"][0], json!({"path": "Assets/ledger.pdf", "by": "fuzzy"}));
    assert_eq!(resolve("name=%5B%5BHub%23Hub%7Cx%5D%5D").await["path"], "Hub.md");
    assert_eq!(resolve("name=%23Hub&from=Hub").await["path"], "Hub.md");
    assert_eq!(resolve("name=%23Hub&from=Nope").await["path"], json!(null));
    assert_eq!(
        resolve("name=Old").await["path"],
        "Archive/Old.md",
        "excluded notes are there for links"
    );
    for query in ["", "name=", "name=Hub&to=x", "name=Hub&from=../x"] {
        assert_eq!(
            server.get(&format!("/v1/resolve?{query}")).await.status,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_note_counts_once_for_each_tag_and_each_parent() {
    let server = server().await;
    let tags = server.get("/v1/tags").await.json();
    assert_eq!(
        tags["tags"],
        json!([
            {"tag": "project", "notes": 3},
            {"tag": "project/copper", "notes": 2},
            {"tag": "Project/Tin", "notes": 1},
            {"tag": "daily", "notes": 1},
            {"tag": "private", "notes": 1},
            {"tag": "project/copper/ore", "notes": 1},
        ]),
        "those of excluded notes and templates do not count"
    );
    assert_eq!(server.get("/v1/tags?source=nope").await.problem(), (404, "source-not-found".into()));
}

#[tokio::test]
async fn oddities_are_listed_by_kind_path_and_line() {
    let server = Server::start_with(
        &[
            ("a.md", "---\ntags: x, y\n---\n[[nowhere]]\r\n[[Tie]]\n\nOne ^b\n\nTwo ^b\n"),
            ("aa/Tie.md", ""),
            ("bb/Tie.md", "---\na: ]\n---\n"),
            ("Twin.md", ""),
            ("TWIN.md", ""),
            ("a.sync-conflict-20260102-153000-ABCDEFG.md", "[[nowhere]]"),
            ("T/t.md", "[[{{title}}]]"),
            (".obsidian/templates.json", "{\"folder\":\"T\"}"),
        ],
        |_| (),
    )
    .await;
    let lint = server.get("/v1/lint").await.json();
    let found: Vec<String> = lint["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{}:{} {}", it["path"], it["line"], it["kind"]).replace('"', ""))
        .collect();
    assert_eq!(
        found,
        [
            "TWIN.md:1 twin-names",
            "Twin.md:1 twin-names",
            "a.md:2 comma-tags",
            "a.md:4 unresolved-link",
            "a.md:4 mixed-line-ends",
            "a.md:5 ambiguous-link",
            "a.md:9 duplicate-block",
            "a.sync-conflict-20260102-153000-ABCDEFG.md:1 conflict-copy",
            "bb/Tie.md:2 invalid-frontmatter",
        ]
    );
    assert_eq!(
        (&lint["counts"]["twin-names"], &lint["counts"]["unresolved-link"]),
        (&json!(2), &json!(1))
    );
    let links = server.get("/v1/lint?kind=unresolved-link&limit=1").await.json();
    assert_eq!(
        (texts(&links["findings"], "path"), &links["counts"]["twin-names"]),
        (vec!["a.md"], &json!(0))
    );
    assert_eq!(server.get("/v1/lint?kind=typo").await.problem(), (400, "invalid-parameter".into()));
    assert_eq!(server.get("/v1/lint?limit=0").await.problem(), (400, "invalid-parameter".into()));
}

/// What a token of `Work/` is told must be what a vault tells that holds nothing else.
#[tokio::test]
async fn a_token_of_a_folder_learns_nothing_beyond_it() {
    let token = |name: &str, prefix: &str| Token {
        name: name.to_owned(),
        secret: Secret::parse(format!("{name}-0123456789abcdef").as_bytes()).unwrap(),
        file: None,
        scopes: [Scope::Read].into(),
        prefix: Some(prefix.to_owned()),
    };
    let whole = Server::start_over("links", |config| config.tokens = vec![token("work", "Work/")]).await;
    let plan = include_str!("../../vault-fixtures/links/Work/Plan.md");
    let alone = Server::start(&[("Work/Plan.md", plan), ("Work/Team/Twin.md", "One of two twins.\n")]).await;
    let bearer = [(header::AUTHORIZATION, "Bearer work-0123456789abcdef")];
    for target in [
        "/v1/links/Work/Plan",
        "/v1/links/Work/Team/Twin",
        "/v1/links/Hub",
        "/v1/links/Assets/diagram.png",
        "/v1/resolve?name=Twin",
        "/v1/resolve?name=Hub",
        "/v1/resolve?name=Secret&from=Private/Secret",
        "/v1/resolve?name=%23H&from=Hub",
        "/v1/resolve?name=the+middle",
        "/v1/resolve?name=e",
        "/v1/tags",
        "/v1/lint",
        "/v1/search?q=twins+furnace+diagram",
        "/v1/search?q=png&syntax=obsidian",
        "/v1/search?q=file%3Apng&syntax=obsidian",
    ] {
        let mut told = whole.send("GET", target, &bearer, Body::empty()).await.json();
        let mut expected = alone.get(target).await.json();
        for answer in [&mut told, &mut expected] {
            answer.as_object_mut().unwrap().remove("index");
            if let Some(hits) = answer.get_mut("hits") {
                hits.as_array_mut().unwrap().iter_mut().for_each(|it| it["modified"] = json!(null));
            }
        }
        assert_eq!(told, expected, "{target}");
    }
}

#[tokio::test]
async fn canvases_bases_and_drawings_are_found_by_their_words() {
    let server = server().await;
    let find = async |query: &str| {
        let answer = server.get(&format!("/v1/search?{query}")).await.json();
        texts(&answer["hits"], "path").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(find("q=smelting").await, ["Board.canvas"]);
    assert_eq!(find("q=furnace&sort=path").await, ["Board.canvas", "Stock.base"]);
    assert_eq!(find("q=urnace+melt&syntax=obsidian").await, ["Board.canvas"]);
    assert_eq!(find("q=anode").await, ["Sketch.md"]);
    assert_eq!(
        find("q=N4KAkARALgngDgUwgLg&syntax=obsidian").await,
        [""; 0],
        "machine data is no text"
    );
    let hit = server.get("/v1/search?q=smelting").await.json()["hits"][0].clone();
    assert_eq!((&hit["title"], &hit["citation"]), (&json!("Board.canvas"), &json!("Board.canvas")));
    assert_eq!(
        hit["lines"],
        json!({"start": 1, "end": 7}),
        "the whole file: JSON has no lines worth citing"
    );
    let drawing = server.get("/v1/search?q=anode").await.json()["hits"][0].clone();
    assert!(!drawing["snippet"].as_str().unwrap().contains("N4K"), "{drawing}");

    let raw = server
        .get_with("/v1/notes/Board.canvas", &[(header::ACCEPT, "text/markdown")])
        .await;
    assert_eq!(raw.text(), include_str!("../../vault-fixtures/links/Board.canvas"));
    assert_eq!(
        format!("\"{}\"", hit["hash"].as_str().unwrap()),
        raw.headers["etag"].to_str().unwrap()
    );
    assert_eq!(server.get("/v1/notes/Stock.base").await.json()["title"], "Stock.base");
}

#[tokio::test]
async fn attachments_are_found_by_name_alone_and_only_when_asked_for() {
    let server = server().await;
    let find = async |query: &str| {
        let answer = server.get(&format!("/v1/search?{query}")).await.json();
        texts(&answer["hits"], "path").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(find("q=file%3A.png&syntax=obsidian").await, ["Assets/diagram.png"]);
    assert_eq!(find("q=path%3Aassets+-file%3Apng&syntax=obsidian").await, ["Assets/ledger.pdf"]);
    assert_eq!(
        find("q=.pdf&syntax=obsidian").await,
        ["Hub.md"],
        "G6: a bare word is looked for in texts"
    );
    assert_eq!(find("q=image&syntax=obsidian").await, [""; 0], "its bytes are not read");
    assert_eq!(
        find("q=-hub+-copper+-twin&syntax=obsidian&sort=path")
            .await
            .iter()
            .find(|it| it.contains("Assets")),
        None
    );
    assert_eq!(
        find("q=diagram").await,
        ["Hub.md", "Assets/diagram.png"],
        "after the notes that hold as much"
    );
    assert_eq!(find("q=ledger.pdf+diagram.png").await.len(), 3);
    assert!(
        !find("sort=path&limit=100").await.iter().any(|it| it.contains("Assets")),
        "nobody asked for names"
    );

    let hit = server.get("/v1/search?q=file%3Apng").await.json()["hits"][0].clone();
    assert_eq!(
        (hit.get("hash"), &hit["citation"], &hit["title"]),
        (None, &json!("Assets/diagram.png"), &json!("diagram.png"))
    );
    let read = server.get("/v1/notes/Assets/diagram.png").await;
    assert_eq!(
        (read.text(), read.headers["content-type"].to_str().unwrap()),
        ("not an image, and not read", "application/octet-stream")
    );
    let batch = server
        .post("/v1/notes:batch", &json!({"paths": ["Assets/diagram.png"]}))
        .await
        .json();
    assert_eq!(batch["notes"][0]["error"]["status"], 415);
    let status = server.get("/v1/status").await.json();
    assert_eq!(
        (&status["sources"][0]["indexed"], &status["sources"][0]["on_disk"]),
        (&json!(10), &json!(10)),
        "notes are counted alone"
    );
}

#[test]
fn a_start_fills_the_graph_from_the_index_and_opens_it_when_it_is_whole() {
    let mut bench = Bench::new();
    for (path, text) in [
        ("Hub.md", "---\naliases: Zed\n---\n[[a]] ![[pic.png]]"),
        ("a.md", "\n[[Hub]] [[gone]]"),
        ("b.canvas", "{\"nodes\":[{\"type\":\"file\",\"file\":\"Hub.md\"}]}"),
        ("pic.png", ""),
        (
            "d.md",
            "---\nexcalidraw-plugin: raw\n---\n# Text Elements\nx\n# Embedded files\n1: [[pic.png]]\n",
        ),
    ] {
        bench.write(path, text);
    }
    (0..1500).for_each(|it| bench.write(&format!("n/{it}.md"), "[[Hub]]"));
    bench.run();
    let before = graph(&bench);
    bench.restart();
    assert!(!bench.handle.sources()[0].graph().is_whole());
    bench.step();
    assert!(
        !bench.handle.sources()[0].graph().is_whole(),
        "one step takes a slice, so that others get their turn"
    );
    bench.run();
    assert_eq!(graph(&bench), before);
}

#[test]
fn what_changes_while_the_graph_is_filled_is_not_lost() {
    let mut bench = Bench::new();
    (0..1500).for_each(|it| bench.write(&format!("n/{it}.md"), "[[Hub]]"));
    bench.run();
    bench.restart();
    bench.write("n/1499.md", "[[Other]]");
    bench.remove("n/1498.md");
    bench.write("Hub.md", "");
    bench.run();
    let hub = NotePath::parse("Hub.md").unwrap();
    assert_eq!(bench.handle.sources()[0].graph().links(None).incoming(&hub).len(), 1498);
    let lived = graph(&bench);
    bench.restart();
    bench.run();
    assert_eq!(graph(&bench), lived);
}

#[test]
fn a_renamed_hub_takes_no_backlink_along_and_a_new_one_finds_them_all() {
    let mut bench = Bench::new();
    bench.write("Hub.md", "");
    (0..300).for_each(|it| bench.write(&format!("{it}.md"), "[[Hub]] and [[Centre]]"));
    bench.settle();
    let incoming = |bench: &Bench, name: &str| {
        let path = NotePath::parse(name).unwrap();
        bench.handle.sources()[0].graph().links(None).incoming(&path).len()
    };
    assert_eq!(incoming(&bench, "Hub.md"), 300);
    bench.write("Centre.md", "");
    bench.remove("Hub.md");
    bench.settle();
    assert_eq!((incoming(&bench, "Hub.md"), incoming(&bench, "Centre.md")), (0, 300));
    bench.write("deep/hub.md", "");
    bench.settle();
    assert_eq!(incoming(&bench, "deep/hub.md"), 300);
}

#[test]
fn a_note_that_is_too_large_is_there_for_links() {
    let mut bench = Bench::with(|config| config.limits.note_read_bytes = 100);
    bench.write("Big.md", "x".repeat(200));
    bench.write("a.md", "[[Big]]");
    bench.settle();
    let big = NotePath::parse("Big.md").unwrap();
    let incoming = |bench: &Bench| bench.handle.sources()[0].graph().links(None).incoming(&big).len();
    assert_eq!((incoming(&bench), bench.search("")), (1, vec!["a.md".to_owned()]));
    assert_eq!(bench.handle.status().sources[0].indexed, 1);
    bench.restart();
    bench.settle();
    assert_eq!(incoming(&bench), 1);
    bench.remove("Big.md");
    bench.settle();
    assert!(!bench.handle.sources()[0].graph().holds(&big));
    bench.write("Big.md", "small now");
    bench.settle();
    assert_eq!(bench.search("small"), ["Big.md"]);
}
