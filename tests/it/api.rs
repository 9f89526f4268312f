//! The API through the real router over a real index: what api.md promises, and what hostile requests get.

use axum::{
    body::Body,
    http::{Request, header},
};
use membridge::config::tokens::{Scope, Secret, Token};
use serde_json::json;
use tower::ServiceExt;

use crate::harness::Server;

const COPPER: &str =
    "---\ntags: [project]\n---\n# Copper\nintro\n## Plan\n### Ledger\nthe copper ledger ^b1\n## Log\n### Ledger\nnothing yet\n";

fn notes() -> Vec<(&'static str, &'static str)> {
    vec![
        ("Projects/Copper.md", COPPER),
        ("Work/Open.md", "the zebra is public\n"),
        ("Private/Secret.md", "the okapi is private\n"),
        ("Long.md", "one\ntwo\nthree\nfour\n"),
    ]
}

#[tokio::test]
async fn a_search_leads_to_the_lines_that_it_cites() {
    let server = Server::start(&notes()).await;
    let answer = server.get("/v1/search?q=copper+ledger").await.json();
    assert_eq!(answer["total"], 1, "{answer}");
    let hit = &answer["hits"][0];
    assert_eq!(
        (&hit["path"], &hit["title"], &hit["origin"]),
        (&json!("Projects/Copper.md"), &json!("Copper"), &json!("human"))
    );
    let citation = hit["citation"].as_str().unwrap();
    let read = server.get(&format!("/v1/notes/{}", citation.replace('#', "%23"))).await.json();
    assert_eq!(read["lines"]["start"], hit["lines"]["start"]);
    assert!(read["content"].as_str().unwrap().contains("the copper ledger"));
    assert_eq!(read["hash"], hit["hash"]);
}

#[tokio::test]
async fn both_ways_of_asking_give_the_same_answer() {
    let server = Server::start(&notes()).await;
    let asked = server.get("/v1/search?query=zebra&k=1").await.json();
    let sent = server.post("/v1/search", &json!({"query": "zebra", "k": 1})).await.json();
    assert_eq!((&asked["hits"], asked["total"].as_u64()), (&sent["hits"], Some(1)));
}

#[tokio::test]
async fn conditions_alone_select() {
    let server = Server::start(&notes()).await;
    let paths = |answer: serde_json::Value| {
        answer["hits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["path"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        paths(server.get("/v1/search?path=Pr*/**&sort=path").await.json()),
        ["Private/Secret.md", "Projects/Copper.md"]
    );
    assert_eq!(paths(server.get("/v1/search?tag=%23project").await.json()), ["Projects/Copper.md"]);
    assert!(paths(server.get("/v1/search?until=2001-01-01").await.json()).is_empty());
}

#[tokio::test]
async fn explain_tells_how_the_query_was_read() {
    let server = Server::start(&notes()).await;
    let answer = server.get("/v1/search?q=zebra&explain=true").await.json();
    assert!(answer["explain"]["parse"].as_str().unwrap().contains("zebra"), "{answer}");
    assert!(!answer["hits"][0]["why"].as_str().unwrap().is_empty());
    assert!(server.get("/v1/search?q=zebra").await.json().get("explain").is_none());
}

#[tokio::test]
async fn a_note_is_its_bytes_or_json() {
    let server = Server::start(&notes()).await;
    let raw = server
        .get_with("/v1/notes/Projects/Copper.md", &[(header::ACCEPT, "text/markdown")])
        .await;
    assert_eq!(
        (raw.text(), raw.headers["content-type"].to_str().unwrap()),
        (COPPER, "text/markdown; charset=utf-8")
    );
    assert!(raw.headers["membridge-generation"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    let etag = raw.headers["etag"].to_str().unwrap();
    let again = server
        .get_with(
            "/v1/notes/Projects%2FCopper",
            &[(header::ACCEPT, "text/markdown"), (header::IF_NONE_MATCH, etag)],
        )
        .await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));

    let json = server.get("/v1/notes/Projects/Copper").await;
    assert_eq!(json.headers["vary"], "accept");
    let json = json.json();
    assert_eq!((&json["content"], &json["path"]), (&json!(COPPER), &json!("Projects/Copper.md")));
    assert_eq!(
        (format!("\"{}\"", json["hash"].as_str().unwrap()), &json["properties"]),
        (etag.to_owned(), &json!({"tags": ["project"]}))
    );
    assert_eq!(
        (&json["lines"], &json["next"]),
        (&json!({"start": 1, "end": 11, "total": 11}), &json!(null))
    );
}

#[tokio::test]
async fn parts_are_named_by_lines_section_and_block() {
    let server = Server::start(&notes()).await;
    for (part, expected) in [
        ("?lines=6-7", "## Plan\n### Ledger\n"),
        ("?from=6&lines=1", "## Plan\n"),
        ("%23L5", "intro\n"),
        ("%23L5-L6", "intro\n## Plan\n"),
        ("?section=copper/plan", "## Plan\n### Ledger\nthe copper ledger ^b1\n"),
        ("?section=Log", "## Log\n### Ledger\nnothing yet\n"),
        ("?block=b1", "the copper ledger ^b1\n"),
    ] {
        assert_eq!(
            server.get(&format!("/v1/notes/Projects/Copper.md{part}")).await.json()["content"],
            expected,
            "{part}"
        );
    }
    let ambiguous = server.get("/v1/notes/Projects/Copper.md?section=Ledger").await;
    assert_eq!(ambiguous.problem(), (409, "ambiguous-section".into()));
    assert_eq!(ambiguous.json()["candidates"], json!(["Copper/Plan/Ledger", "Copper/Log/Ledger"]));
    let missing = server.get("/v1/notes/Projects/Copper.md?section=Budget").await;
    assert_eq!(
        (missing.problem(), missing.json()["candidates"][1].clone()),
        ((404, "section-not-found".into()), json!("Copper/Plan"))
    );
    assert_eq!(
        server.get("/v1/notes/Projects/Copper.md?block=b2").await.problem(),
        (404, "block-not-found".into())
    );
}

#[tokio::test]
async fn pages_follow_each_other() {
    let server = Server::start(&notes()).await;
    let (mut target, mut text) = ("/v1/notes/Long.md?max_bytes=9".to_owned(), String::new());
    loop {
        let page = server.get(&target).await.json();
        text += page["content"].as_str().unwrap();
        let Some(next) = page["next"].as_str() else { break };
        target = format!("/v1/notes/Long.md?max_bytes=9&{next}");
    }
    assert_eq!(text, "one\ntwo\nthree\nfour\n");
}

#[tokio::test]
async fn a_line_that_was_cut_was_answered_as_if_it_were_whole() {
    let server = Server::start(&[("Wide.md", "copper ledger\ntin\n")]).await;
    let page = server.get("/v1/notes/Wide.md?max_bytes=6").await.json();
    assert_eq!(page["content"], "copper");
    let whole = page["cut_line"].as_str().unwrap();
    let page = server.get(&format!("/v1/notes/Wide.md?{whole}")).await.json();
    assert_eq!(
        (&page["content"], page.get("cut_line")),
        (&serde_json::json!("copper ledger\n"), None)
    );
}

#[tokio::test]
async fn a_map_names_the_parts_without_the_text() {
    let server = Server::start(&notes()).await;
    let map = server.get("/v1/notes/Projects/Copper?view=map").await.json();
    assert_eq!(
        map["sections"][1],
        json!({"headings": ["Copper", "Plan"], "level": 2, "lines": {"start": 6, "end": 8}, "bytes": 41})
    );
    assert_eq!(
        (&map["blocks"], &map["properties"]),
        (&json!([{"id": "b1", "line": 8}]), &json!(["tags"]))
    );
    assert!(map.get("content").is_none());
}

#[tokio::test]
async fn a_batch_never_fails_whole() {
    let server = Server::start(&notes()).await;
    let batch = server
        .post(
            "/v1/notes:batch",
            &json!({"paths": ["Long.md#L2-L3", "nope.md", "../x"], "max_bytes": 4}),
        )
        .await
        .json();
    assert_eq!(
        (&batch["notes"][0]["content"], &batch["notes"][0]["next"]),
        (&json!("two\n"), &json!("lines=3-3"))
    );
    assert_eq!(
        (&batch["notes"][1]["path"], &batch["notes"][1]["error"]["type"]),
        (&json!("nope.md"), &json!("/problems/note-not-found"))
    );
    assert_eq!(batch["notes"][2]["error"]["type"], "/problems/invalid-path");
    assert_eq!(
        server.post("/v1/notes:batch", &json!({"paths": ["a"], "paht": 1})).await.problem(),
        (400, "invalid-body".into())
    );
}

#[tokio::test]
async fn a_note_that_is_not_there_has_candidates() {
    let server = Server::start(&notes()).await;
    let answer = server.get("/v1/notes/Copper.md").await;
    assert_eq!(
        (answer.problem(), &answer.json()["candidates"][0]),
        ((404, "note-not-found".into()), &json!("Projects/Copper.md"))
    );
}

/// Where the name says little the note that is there was not among them, and writes named none.
#[tokio::test]
async fn a_path_in_other_capitals_names_the_note_that_is_there() {
    let mut notes: Vec<(String, String)> = (0..9)
        .map(|it| (format!("Readme {it}/README.md"), "readme readme\n".to_owned()))
        .collect();
    notes.push(("Home Lab/Índex.md".to_owned(), "other words\n".to_owned()));
    notes.push(("Zoo/Readme.md".to_owned(), "a zoo\n".to_owned()));
    notes.push(("Agent/Topics/Tin.md".to_owned(), "tin\n".to_owned()));
    let notes: Vec<(&str, &str)> = notes.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let server = Server::start(&notes).await;
    let named = json!("Zoo/Readme.md");
    for path in ["zoo/readme.md", "ZOO/Readme"] {
        let answer = server.get(&format!("/v1/notes/{path}")).await;
        assert_eq!(answer.json()["candidates"][0], named, "{path}");
    }
    assert_eq!(server.get("/v1/notes/home%20lab/%C3%AEndex.md").await.problem().0, 404);
    assert_eq!(
        server.get("/v1/notes/home%20lab/%C3%ADndex.md").await.json()["candidates"][0],
        "Home Lab/Índex.md"
    );
    assert_eq!(server.get("/v1/links/zoo/readme.md").await.json()["candidates"][0], named);
    let answer = server
        .patch("Agent/topics/TIN", &json!({"edits": [{"op": "append", "text": "x"}]}))
        .await;
    assert_eq!(
        (answer.problem().0, &answer.json()["candidates"]),
        (404, &json!(["Agent/Topics/Tin.md"]))
    );
}

#[tokio::test]
async fn hostile_paths_and_parameters_are_refused_by_name() {
    let server = Server::start(&notes()).await;
    for (target, status, kind) in [
        ("/v1/notes/../x.md", 400, "invalid-path"),
        ("/v1/notes/..%2F..%2Fetc%2Fpasswd", 400, "invalid-path"),
        ("/v1/notes/%2e%2e/%2e%2e/etc/passwd", 400, "invalid-path"),
        ("/v1/notes/%252e%252e%252fetc", 404, "note-not-found"),
        ("/v1/notes//etc/passwd", 400, "invalid-path"),
        ("/v1/notes/a//b.md", 400, "invalid-path"),
        ("/v1/notes/a/../b.md", 400, "invalid-path"),
        ("/v1/notes/", 404, "route-not-found"),
        ("/v1/notes/a.md/", 400, "invalid-path"),
        ("/v1/notes/a%00.md", 400, "invalid-path"),
        ("/v1/notes/a%0d%0aX-Y:1.md", 400, "invalid-path"),
        ("/v1/notes/%ff%fe.md", 400, "invalid-path"),
        ("/v1/notes/%c0%ae%c0%ae/x", 400, "invalid-path"),
        ("/v1/notes/%", 400, "invalid-path"),
        ("/v1/notes/a%5c..%5cb.md", 400, "invalid-path"),
        ("/v1/notes/.obsidian/app.json", 400, "invalid-path"),
        ("/v1/notes/file:%2F%2F%2Fetc%2Fpasswd", 400, "invalid-path"),
        ("/v1/notes/redflag.md", 404, "note-not-found"),
        ("/v1/notes/Long.md?at=main", 400, "invalid-parameter"),
        ("/v1/notes/Long.md?lines=3-2", 400, "invalid-parameter"),
        ("/v1/notes/Long.md?max_bytes=0", 400, "invalid-parameter"),
        ("/v1/notes/Long.md?source=nowhere", 404, "source-not-found"),
        ("/V1/NOTES/a", 404, "route-not-found"),
        ("/v1/search?q=a&q=b", 400, "invalid-parameter"),
        ("/v1/search?q=%ff", 400, "invalid-parameter"),
        ("/v1/search?q=%00", 400, "invalid-parameter"),
        ("/v1/search?limit=1e9", 400, "invalid-parameter"),
        ("/v1/search?syntax=obsidian&q=%28", 400, "invalid-query"),
        ("/v1/search?q=a&min_generation=18446744073709551615&wait_ms=1", 503, "index-behind"),
    ] {
        assert_eq!(server.get(target).await.problem(), (status, kind.to_owned()), "{target}");
    }
    assert_eq!(
        server.get(&format!("/v1/notes/{}", "x/".repeat(2500))).await.problem(),
        (414, "uri-too-long".into())
    );
    let large = [(header::COOKIE, "x".repeat(17_000))];
    let answer = server.get_with("/v1/status", &[(large[0].0.clone(), &large[0].1)]).await;
    assert_eq!(answer.problem(), (431, "headers-too-large".into()));
}

#[tokio::test]
async fn hostile_queries_are_words() {
    let server = Server::start(&notes()).await;
    let deep = "(".repeat(2000);
    let nots = "NOT ".repeat(500);
    for query in [
        &deep,
        &nots,
        "+-+-+-",
        "/(.*a){20}/",
        "_hidden:1",
        "\"a b\"~4294967295",
        "x^999",
        "\u{202e}\u{feff}",
        "a:b:c:d",
        "-\"",
        "((\"[",
        "*",
    ] {
        let answer = server.post("/v1/search", &json!({"q": query})).await;
        assert_eq!(answer.status.as_u16(), 200, "{query}: {}", answer.text());
        let exact = server
            .post("/v1/search", &json!({"q": query, "syntax": "obsidian"}))
            .await
            .status
            .as_u16();
        assert!(matches!(exact, 200 | 400), "{query}: {exact}");
    }
}

#[tokio::test]
async fn methods_and_bodies_are_named_when_wrong() {
    let server = Server::start(&notes()).await;
    for (method, target) in [
        ("OPTIONS", "/v1/search"),
        ("DELETE", "/v1/status"),
        ("PUT", "/healthz"),
        ("PATCH", "/v1/notes:batch"),
    ] {
        assert_eq!(
            server.send(method, target, &[], Body::empty()).await.problem(),
            (405, "method-not-allowed".into()),
            "{method} {target}"
        );
    }
    let head = server.send("HEAD", "/v1/notes/Long.md", &[], Body::empty()).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    for kind in ["text/plain", "application/x-www-form-urlencoded", "text/html"] {
        let answer = server
            .send("POST", "/v1/search", &[(header::CONTENT_TYPE, kind)], Body::from("{}"))
            .await;
        assert_eq!(answer.problem(), (415, "unsupported-media-type".into()), "{kind}");
    }
}

#[tokio::test]
async fn an_array_is_no_body() {
    let server = Server::start(&notes()).await;
    for (target, body) in [("/v1/search", json!(["zebra"])), ("/v1/notes:batch", json!([["Long.md"]]))] {
        assert_eq!(server.post(target, &body).await.problem(), (400, "invalid-body".into()), "{target}");
    }
}

#[tokio::test]
async fn a_search_until_the_end_of_the_calendar_finds_all() {
    let server = Server::start(&notes()).await;
    assert_eq!(server.get("/v1/search?until=9999-12-31").await.json()["total"], 4);
}

#[tokio::test]
async fn answers_are_never_for_a_browser_to_interpret() {
    let server = Server::start(&notes()).await;
    for target in ["/v1/notes/Long.md", "/v1/search", "/nope", "/healthz"] {
        let headers = server.get(target).await.headers;
        assert_eq!(headers["x-content-type-options"], "nosniff", "{target}");
        assert!(
            !headers["content-type"].to_str().unwrap().contains("html") && headers.contains_key("x-request-id"),
            "{target}"
        );
    }
    for (name, value, kind) in [
        (header::HOST, "evil.example", "forbidden-host"),
        (header::ORIGIN, "https://evil.example", "forbidden-host"),
    ] {
        assert_eq!(server.get_with("/healthz", &[(name, value)]).await.problem(), (403, kind.into()));
    }
}

#[tokio::test]
async fn a_token_with_a_prefix_learns_nothing_beyond_it() {
    let server = Server::start_with(&notes(), |config| {
        let token = |name: &str, secret: &[u8], prefix: Option<&str>| Token {
            name: name.to_owned(),
            secret: Secret::parse(secret).unwrap(),
            file: None,
            scopes: [Scope::Read].into(),
            prefix: prefix.map(str::to_owned),
        };
        config.tokens = vec![
            token("all", b"0123456789abcdef", None),
            token("work", b"fedcba9876543210", Some("Work/")),
        ];
    })
    .await;
    let work = [(header::AUTHORIZATION, "Bearer fedcba9876543210")];
    assert_eq!(server.get("/nope").await.problem(), (401, "unauthorized".into()));
    assert_eq!(server.get_with("/nope", &work).await.problem(), (404, "route-not-found".into()));
    assert_eq!(server.get("/healthz").await.status.as_u16(), 200);

    let found = async |q: &str| server.get_with(&format!("/v1/search?q={q}"), &work).await.json()["total"].clone();
    assert_eq!(
        (found("zebra").await, found("okapi").await, found("path:Private").await),
        (json!(1), json!(0), json!(0))
    );
    let absent = server.get_with("/v1/notes/Private/Absent.md", &work).await;
    let forbidden = server.get_with("/v1/notes/Private/Secret.md", &work).await;
    assert_eq!(
        (forbidden.problem(), absent.problem()),
        ((404, "note-not-found".into()), (404, "note-not-found".into()))
    );
    assert_eq!(
        forbidden.text().replace("Secret", "Absent"),
        absent.text(),
        "the answers tell the two apart"
    );
    let headers = [work[0].clone(), (header::CONTENT_TYPE, "application/json")];
    let batch = server.send("POST", "/v1/notes:batch", &headers, Body::from(r#"{"paths":["Private/Secret"]}"#));
    assert_eq!(batch.await.json()["notes"][0]["error"]["status"], 404);
    let status = server.get_with("/v1/status", &work).await.json();
    assert_eq!((&status["index_bytes"], &status["queue"]["dirty"]), (&json!(null), &json!(null)));
}

#[tokio::test]
async fn a_note_is_read_as_it_lies_on_the_disk() {
    let server = Server::start(&notes()).await;
    server.write("Bytes.md", b"caf\xe9\nline two\n");
    let raw = server.get_with("/v1/notes/Bytes.md", &[(header::ACCEPT, "text/markdown")]).await;
    assert_eq!(raw.body, b"caf\xe9\nline two\n");
    assert_eq!(server.get("/v1/notes/Bytes.md?lines=2").await.json()["content"], "line two\n");
}

#[tokio::test]
async fn the_probes_and_the_status_tell_how_it_is() {
    let server = Server::start(&notes()).await;
    assert_eq!(server.get("/healthz").await.json()["status"], "alive");
    assert_eq!(server.get("/readyz").await.json()["status"], "ready");
    let status = server.get("/v1/status").await.json();
    assert_eq!(
        (&status["ready"], &status["sources"][0]["indexed"]),
        (&json!(true), &json!(4)),
        "{status}"
    );
    assert_eq!(server.get("/openapi.json").await.json()["info"]["title"], "membridge");
}

#[test]
fn the_document_says_which_calls_need_a_token() {
    let document = serde_json::to_value(membridge::http::openapi()).unwrap();
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"],
        json!({"type": "http", "scheme": "bearer"})
    );
    assert_eq!(document["security"], json!([{"bearer": []}]));
    let of = |path: &str| document["paths"][path]["get"]["security"].clone();
    assert_eq!(
        [of("/healthz"), of("/readyz"), of("/v1/status")],
        [json!([{}]), json!([{}]), json!(null)]
    );
}

#[tokio::test]
async fn the_listener_for_probes_needs_no_host_and_serves_nothing_else() {
    let server = Server::start(&notes()).await;
    let status = async |target: &str| {
        let request = Request::builder().uri(target).body(Body::empty()).unwrap();
        server.ops.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!(
        [
            status("/healthz").await,
            status("/readyz").await,
            status("/metrics").await,
            status("/v1/status").await
        ],
        [200, 200, 200, 404]
    );
    assert_eq!(
        server
            .send("GET", "/healthz", &[(header::HOST, "10.0.0.7:7980")], Body::empty())
            .await
            .status
            .as_u16(),
        403
    );
}
