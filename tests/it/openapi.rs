//! The whole OpenAPI document as a snapshot: every change of a promise shows in the diff.

use membridge::http;

#[test]
fn the_document_is_what_was_promised() {
    let mut document = http::openapi();
    document.info.version = "[version]".to_owned();
    insta::assert_json_snapshot!(document);
}

#[test]
fn paths_have_plain_parameters() {
    let document = serde_json::to_value(http::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(
        paths,
        [
            "/healthz",
            "/metrics",
            "/readyz",
            "/v1/brief",
            "/v1/changes",
            "/v1/context",
            "/v1/diff/{path}",
            "/v1/flush",
            "/v1/history/{path}",
            "/v1/journal",
            "/v1/links/{path}",
            "/v1/lint",
            "/v1/memories",
            "/v1/move/{path}",
            "/v1/notes/{path}",
            "/v1/notes:batch",
            "/v1/pull-requests",
            "/v1/pull-requests/sync",
            "/v1/resolve",
            "/v1/restore/{path}",
            "/v1/search",
            "/v1/skills",
            "/v1/status",
            "/v1/tags",
            "/v1/webhooks/{kind}"
        ]
    );
}
