//! MCP as a client sees it: the five tools at `/mcp`, message by message, and over the standard streams of the real binary (see `stdio`).

use axum::{
    body::Body,
    http::{HeaderName, header},
};
use membridge::config::tokens::{Scope, Secret, Token};
use serde_json::{Value, json};

use crate::harness::{Answer, Server};

mod stdio;
mod wire;

const NOTES: [(&str, &str); 3] = [
    ("Projects/Copper.md", "# Copper\n## Ledger\nthe copper ledger\n"),
    ("Agent/Tin.md", "# Tin\nbuy tin\n## Log\n- one\n"),
    ("Private/Zinc.md", "# Zinc\nzirconium is private\n"),
];

pub(crate) fn message(id: u32, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

pub(crate) fn initialize(version: &str) -> Value {
    let client = json!({"name": "test", "version": "1"});
    message(
        1,
        "initialize",
        &json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client}),
    )
}

async fn send(server: &Server, message: &Value, headers: &[(HeaderName, &str)]) -> Answer {
    let accept = [(header::ACCEPT, "application/json, text/event-stream")];
    server.post_with("/mcp", message, &[&accept, headers].concat()).await
}

async fn ask(server: &Server, method: &str, params: Value) -> Value {
    let answer = send(server, &message(7, method, &params), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    let json = answer.json();
    assert_eq!((&json["jsonrpc"], &json["id"]), (&json!("2.0"), &json!(7)), "{json}");
    json
}

/// Calls a tool and returns its text, `!` before that of an error.
async fn call_with(server: &Server, tool: &str, arguments: Value, headers: &[(HeaderName, &str)]) -> String {
    let params = json!({"name": tool, "arguments": arguments});
    text(&send(server, &message(7, "tools/call", &params), headers).await.json())
}

async fn call(server: &Server, tool: &str, arguments: Value) -> String {
    call_with(server, tool, arguments, &[]).await
}

pub(crate) fn text(answer: &Value) -> String {
    let result = &answer["result"];
    let blocks = result["content"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let texts: Vec<&str> = blocks.iter().map(|it| it["text"].as_str().unwrap()).collect();
    let mark = if result["isError"] == true { "!" } else { "" };
    format!("{mark}{}", texts.join("\n"))
}

#[tokio::test]
async fn a_client_begins_and_lists_the_tools() {
    let server = Server::start(&NOTES).await;
    let answer = send(&server, &initialize("2025-11-25"), &[]).await;
    assert!(!answer.headers.contains_key("mcp-session-id"), "there is no session to lose");
    let result = &answer.json()["result"];
    assert_eq!(result["protocolVersion"], "2025-11-25");
    assert_eq!(result["serverInfo"]["name"], "membridge");
    assert_eq!(result["capabilities"], json!({"tools": {}}));
    let version = [(HeaderName::from_static("mcp-protocol-version"), "2025-11-25")];
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let answer = send(&server, &initialized, &version).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (202, ""));
    let answer = send(&server, &message(2, "tools/list", &json!({})), &version).await;
    let tools = answer.json()["result"]["tools"].clone();
    let told = |it: &Value| {
        let hints = &it["annotations"];
        let set = |name: &'static str| if hints[name].as_bool().unwrap() { name } else { "-" };
        let words = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"].map(set);
        format!("{} {}", it["name"].as_str().unwrap(), words.join(" "))
    };
    assert_eq!(
        tools.as_array().unwrap().iter().map(told).collect::<Vec<_>>(),
        [
            "search readOnlyHint - idempotentHint -",
            "get readOnlyHint - idempotentHint -",
            "context readOnlyHint - idempotentHint -",
            "remember - - - -",
            "edit - destructiveHint - -",
        ]
    );
    // What a model is told of the tools, it pays for in every conversation.
    insta::assert_json_snapshot!("tools", tools);
    assert!(tools.to_string().len() < 6000, "{} bytes", tools.to_string().len());
}

#[tokio::test]
async fn every_version_that_is_known_is_spoken() {
    let server = Server::start(&NOTES).await;
    for (asked, agreed) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2099-01-01", "2025-11-25"),
    ] {
        let answer = send(&server, &initialize(asked), &[]).await;
        assert_eq!(answer.json()["result"]["protocolVersion"], agreed, "{}", answer.text());
    }
    let version = [(HeaderName::from_static("mcp-protocol-version"), "1999-01-01")];
    let answer = send(&server, &message(2, "tools/list", &json!({})), &version).await;
    assert_eq!(answer.problem(), (400, "invalid-request".to_owned()));
    assert!(answer.text().contains("2025-11-25"), "{}", answer.text());
}

#[tokio::test]
async fn search_tells_citations_and_get_reads_them() {
    let server = Server::start(&NOTES).await;
    assert_eq!(
        call(&server, "search", json!({"query": "copper ledger"})).await,
        "Projects/Copper.md#L1-L3  Copper > Ledger\n  Copper Ledger the copper ledger\n"
    );
    assert_eq!(call(&server, "search", json!({"query": "okapi"})).await, "nothing found\n");
    assert!(
        call(&server, "search", json!({"path": "**", "limit": 1, "sort": "path"}))
            .await
            .ends_with("1 of 3 notes\n")
    );
    let read = call(&server, "get", json!({"path": "Projects/Copper.md#L2-L3"})).await;
    let (head, content) = read.split_once('\n').unwrap();
    assert!(
        head.starts_with("Projects/Copper.md  ") && head.ends_with("  human  lines 2-3 of 3"),
        "{head}"
    );
    assert_eq!(content, "## Ledger\nthe copper ledger\n");
    let short = call(&server, "get", json!({"path": "Projects/Copper", "max_bytes": 10})).await;
    assert!(short.contains("lines 1-1 of 3; more with lines=2-3"), "{short}");
    assert!(
        call(&server, "get", json!({"path": "Projects/Copper", "view": "map"}))
            .await
            .contains("L2-L3  Copper/Ledger  ")
    );
}

#[tokio::test]
async fn context_answers_passages_within_the_budget() {
    let server = Server::start(&NOTES).await;
    let told = call(
        &server,
        "context",
        json!({"question": "what does the copper ledger say?", "budget": 500}),
    )
    .await;
    assert!(
        told.contains("Projects/Copper.md#L") && told.contains("the copper ledger"),
        "{told}"
    );
    assert_eq!(call(&server, "context", json!({"question": "okapi"})).await, "nothing found\n");
    let refused = call(&server, "context", json!({"question": "copper", "budget": 1})).await;
    assert!(refused.starts_with('!') && refused.contains("\nhint: "), "{refused}");
}

#[tokio::test]
async fn remember_and_edit_answer_receipts() {
    let server = Server::start(&NOTES).await;
    let agent = [(HeaderName::from_static("membridge-agent"), "bot")];
    let made = call_with(
        &server,
        "remember",
        json!({"text": "The NAS reboots at 3.", "topic": "homelab"}),
        &agent,
    )
    .await;
    assert!(made.starts_with("created Agent/Memories/homelab/"), "{made}");
    assert!(call(&server, "search", json!({"query": "NAS reboots"})).await.contains("[agent]"));
    let edits = json!([{"op": "replace_text", "old": "buy tin", "new": "buy zinc"}, {"op": "append", "section": "Log", "text": "- two"}]);
    let tried = call(&server, "edit", json!({"path": "Agent/Tin.md", "edits": edits, "dry_run": true})).await;
    assert!(tried.starts_with("not written") && tried.contains("+buy zinc"), "{tried}");
    let edited = call(
        &server,
        "edit",
        json!({"path": "Agent/Tin.md", "edits": edits, "reason": "sold out"}),
    )
    .await;
    assert!(edited.starts_with("written Agent/Tin.md  "), "{edited}");
    assert_eq!(
        server
            .get_with("/v1/notes/Agent/Tin.md", &[(header::ACCEPT, "text/markdown")])
            .await
            .text(),
        "# Tin\nbuy zinc\n## Log\n- one\n- two\n"
    );
    let history = server.get("/v1/changes?since=1d").await.text().to_owned();
    assert!(history.contains("\"bot\"") && history.contains("sold out"), "{history}");
}

#[tokio::test]
async fn the_same_key_remembers_once() {
    let server = Server::start(&NOTES).await;
    let key = [(HeaderName::from_static("idempotency-key"), "k1")];
    let first = call_with(&server, "remember", json!({"text": "Ada likes tea."}), &key).await;
    let second = call_with(&server, "remember", json!({"text": "Ada likes tea."}), &key).await;
    assert_eq!(first, second);
    let other = call_with(&server, "remember", json!({"text": "Ada likes milk."}), &key).await;
    assert!(other.starts_with('!') && other.contains("hint: "), "{other}");
}

#[tokio::test]
async fn what_the_api_refuses_the_model_reads_with_what_to_do() {
    let server = Server::start(&NOTES).await;
    let check = async |tool, arguments: Value, expected: &[&str]| {
        let told = call(&server, tool, arguments).await;
        assert!(told.starts_with('!') && told.contains("\nhint: "), "{told}");
        assert!(expected.iter().all(|it| told.contains(it)), "{told}");
    };
    check("get", json!({"path": "Projects/Coper"}), &["candidates: Projects/Copper.md"]).await;
    check("get", json!({"path": "../x"}), &["path"]).await;
    check("get", json!({"path": "Agent/Tin", "section": "Plan"}), &["`Plan`", "candidates: "]).await;
    check(
        "get",
        json!({"path": "Agent/Tin", "colour": "red"}),
        &["`colour`", "valid: section, "],
    )
    .await;
    check("search", json!({"query": "copper", "limit": 1000}), &["between 1 and 100"]).await;
    check(
        "search",
        json!({"query": "copper", "colour": "red"}),
        &["`colour`", "valid: query, "],
    )
    .await;
    check("remember", json!({}), &["`text`"]).await;
    check("remember", json!({"text": "key AKIAIOSFODNN7EXAMPL2"}), &["secret"]).await;
    let edits = json!([{"op": "replace_text", "old": "lead", "new": "gold"}]);
    check(
        "edit",
        json!({"path": "Agent/Tin.md", "edits": edits}),
        &["the old text does not stand there"],
    )
    .await;
    check(
        "edit",
        json!({"path": "Projects/Copper.md", "edits": [{"op": "append", "text": "x"}]}),
        &["outside of what may be written"],
    )
    .await;
    check("edit", json!({"path": "Agent/Tin.md", "edits": [{"op": "shout"}]}), &["shout"]).await;
    let old = json!([{"op": "append", "text": "x"}]);
    let hash = "0123456789012345678901234567890123456789";
    check(
        "edit",
        json!({"path": "Agent/Tin.md", "edits": old, "if_match": hash}),
        &["current hash: "],
    )
    .await;
    check(
        "edit",
        json!({"path": "Agent/Tin.md", "edits": old, "if_match": "a\nb"}),
        &["plain text"],
    )
    .await;
}

#[tokio::test]
async fn a_token_of_a_folder_reaches_no_further_than_in_the_api() {
    let server = Server::start_with(&NOTES, |config| {
        let token = |name: &str, secret: &[u8], scopes: &[Scope], prefix: Option<&str>| Token {
            name: name.to_owned(),
            secret: Secret::parse(secret).unwrap(),
            file: None,
            scopes: scopes.iter().copied().collect(),
            prefix: prefix.map(str::to_owned),
        };
        config.tokens = vec![
            token("agent", b"0123456789abcdef", &Scope::ALL, Some("Agent/")),
            token("reader", b"fedcba9876543210", &[Scope::Read], None),
        ];
    })
    .await;
    let agent = [(header::AUTHORIZATION, "Bearer 0123456789abcdef")];
    let reader = [(header::AUTHORIZATION, "Bearer fedcba9876543210")];
    assert_eq!(
        call_with(&server, "search", json!({"query": "zirconium"}), &agent).await,
        "nothing found\n"
    );
    let absent = call_with(&server, "get", json!({"path": "Private/Absent.md"}), &agent).await;
    let hidden = call_with(&server, "get", json!({"path": "Private/Zinc.md"}), &agent).await;
    assert_eq!(absent.replace("Absent", "Zinc"), hidden);
    let edit = json!({"path": "Private/Zinc.md", "edits": [{"op": "append", "text": "x"}]});
    assert!(
        call_with(&server, "edit", edit, &agent)
            .await
            .contains("confined to another folder")
    );
    assert!(
        call_with(&server, "search", json!({"query": "tin"}), &agent)
            .await
            .contains("Agent/Tin.md")
    );

    assert!(
        call_with(&server, "search", json!({"query": "zirconium"}), &reader)
            .await
            .contains("Private/Zinc.md")
    );
    let refused = call_with(&server, "remember", json!({"text": "x"}), &reader).await;
    assert!(refused.contains("lacks the scope `write`"), "{refused}");

    let answer = send(&server, &initialize("2025-11-25"), &[]).await;
    assert_eq!(answer.problem(), (401, "unauthorized".to_owned()));
    assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
}

#[tokio::test]
async fn two_clients_do_not_know_each_other() {
    let server = Server::start(&NOTES).await;
    let session = [(HeaderName::from_static("mcp-session-id"), "somebody-elses")];
    for version in ["2025-03-26", "2025-11-25"] {
        send(&server, &initialize(version), &[]).await;
    }
    let search = message(3, "tools/call", &json!({"name": "search", "arguments": {"query": "copper"}}));
    let (one, other) = tokio::join!(send(&server, &search, &session), send(&server, &search, &[]));
    assert_eq!(one.json(), other.json());
}

#[tokio::test]
async fn pages_of_others_and_strange_hosts_are_refused() {
    let server = Server::start(&NOTES).await;
    for (name, value) in [
        (header::ORIGIN, "https://evil.example"),
        (header::ORIGIN, "null"),
        (header::ORIGIN, "http://localhost:3000"),
        (HeaderName::from_static("sec-fetch-site"), "cross-site"),
        (header::HOST, "evil.example"),
    ] {
        let answer = send(&server, &initialize("2025-11-25"), &[(name.clone(), value)]).await;
        assert_eq!(answer.problem(), (403, "forbidden-host".to_owned()), "{name}: {value}");
    }
    let own = [(header::ORIGIN, "http://localhost")];
    assert_eq!(send(&server, &initialize("2025-11-25"), &own).await.status, 200);
}

#[tokio::test]
async fn what_is_no_message_is_a_problem_and_what_is_no_method_an_error() {
    let server = Server::start(&NOTES).await;
    let check = async |method: &str, kind: Option<&str>, body: &str, expected: (u16, &str)| {
        let headers: Vec<(HeaderName, &str)> = kind.map(|it| (header::CONTENT_TYPE, it)).into_iter().collect();
        let answer = server.send(method, "/mcp", &headers, Body::from(body.to_owned())).await;
        assert_eq!(answer.problem(), (expected.0, expected.1.to_owned()), "{method} {body:.100}");
    };
    let json = Some("application/json");
    check("POST", json, "[]", (400, "invalid-body")).await;
    check(
        "POST",
        json,
        &json!([message(1, "ping", &json!({}))]).to_string(),
        (400, "invalid-body"),
    )
    .await;
    check("POST", json, "{", (400, "invalid-body")).await;
    check("POST", json, "{}", (400, "invalid-body")).await;
    check(
        "POST",
        json,
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
        (400, "invalid-body"),
    )
    .await;
    check("POST", json, &format!("{}{}", "[".repeat(100_000), "]"), (400, "invalid-body")).await;
    check("POST", Some("text/plain"), "{}", (415, "unsupported-media-type")).await;
    check("POST", None, "{}", (415, "unsupported-media-type")).await;
    let large = json!({"text": "a".repeat(4 << 20)}).to_string();
    check("POST", json, &large, (413, "too-large")).await;
    for method in ["GET", "DELETE", "PUT"] {
        check(method, None, "", (405, "method-not-allowed")).await;
    }

    let code = async |method: &str, params: Value| ask(&server, method, params).await["error"]["code"].clone();
    assert_eq!(code("notes/list", json!({})).await, -32601);
    assert_eq!(code("tools/call", json!({"name": "delete", "arguments": {}})).await, -32602);
    assert_eq!(ask(&server, "ping", json!({})).await["result"], json!({}));
}
