use super::*;

fn asked(tool: Tool, arguments: Value) -> Result<Asked, String> {
    let Value::Object(arguments) = arguments else {
        panic!("{arguments}")
    };
    tool.asked(arguments).map_err(|it| it.detail)
}

/// `METHOD path?parameters headers body`, as one would write it by hand.
fn check(tool: Tool, arguments: Value, expected: &str) {
    let asked = asked(tool, arguments).unwrap();
    let pairs = |pairs: &[(&str, String)]| {
        pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("&")
    };
    let told = [
        format!("{} {}?{}", asked.method, asked.path, pairs(&asked.parameters)),
        pairs(&asked.headers),
        String::from_utf8(asked.body).unwrap(),
    ];
    assert_eq!(told.join(" ").trim_end(), expected);
}

#[test]
fn a_call_is_a_request_of_the_api() {
    check(
        Tool::Search,
        json!({"query": "copper", "limit": 3}),
        r#"POST /v1/search?  {"query":"copper","limit":3}"#,
    );
    check(
        Tool::Context,
        json!({"question": "copper?", "budget": 500}),
        r#"POST /v1/context?  {"question":"copper?","budget":500}"#,
    );
    check(Tool::Remember, json!({"text": "tin"}), r#"POST /v1/memories?  {"text":"tin"}"#);
    // The hint named it, and it was refused.
    check(
        Tool::Remember,
        json!({"text": "tin", "allow_secret": true}),
        r#"POST /v1/memories?allow_secret=true  {"text":"tin"}"#,
    );
    check(
        Tool::Get,
        json!({"path": "Home Lab.md#L1-L3"}),
        "GET /v1/notes/Home%20Lab.md%23L1-L3?max_bytes=20000",
    );
    check(
        Tool::Get,
        json!({"citation": "A", "section": "Plan", "max_bytes": 9}),
        "GET /v1/notes/A?section=Plan&max_bytes=9",
    );
    check(
        Tool::Get,
        json!({"path": "A", "view": "map", "lines": null}),
        "GET /v1/notes/A?view=map",
    );
    check(
        Tool::Edit,
        json!({"path": "A", "edits": [{"op": "append", "text": "b"}], "reason": "why", "if_match": "3b18", "dry_run": true}),
        r#"PATCH /v1/notes/A?dry_run=true&diff=true if-match="3b18" {"edits":[{"op":"append","text":"b"}],"reason":"why"}"#,
    );
}

#[test]
fn a_call_that_is_no_request_says_what_would_be() {
    let refused = |tool, arguments| asked(tool, arguments).unwrap_err();
    assert!(refused(Tool::Get, json!({})).contains("`path`"));
    assert!(refused(Tool::Get, json!({"path": ["a"]})).contains("`path`"));
    assert_eq!(
        refused(Tool::Get, json!({"path": "A", "colour": 1})),
        "there is no argument `colour` here"
    );
    assert!(refused(Tool::Edit, json!({"path": "A", "edits": [], "if_match": ["x"]})).contains("`if_match`"));
    let arguments = json!({"path": "A", "colour": 1});
    let problem = Tool::Get.asked(arguments.as_object().unwrap().clone()).unwrap_err();
    assert_eq!(problem.more.valid, PARTS);
}

/// The hint was the API's: its names for things, or fields that no answer listed.
#[test]
fn a_wrong_argument_was_answered_in_the_words_of_http() {
    let check = |tool: Tool, arguments: Value, detail: &str, valid: &[&str]| {
        let problem = tool.asked(arguments.as_object().unwrap().clone()).unwrap_err();
        assert_eq!(
            (problem.detail.as_str(), &problem.more.valid[..]),
            (detail, &valid.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..])
        );
        assert!(
            !problem.hint.contains("parameter") && !problem.hint.contains("body"),
            "{}",
            problem.hint
        );
    };
    check(
        Tool::Search,
        json!({"query": "tin", "colour": 1}),
        "there is no argument `colour` here",
        &SEARCH[..15],
    );
    check(
        Tool::Edit,
        json!({"path": "A", "edits": [{"op": "paint"}]}),
        "edit 1 has the `op` `paint`, which is none",
        &OPERATIONS,
    );
    check(
        Tool::Edit,
        json!({"path": "A", "edits": ["append"]}),
        "edit 1 has no `op`",
        &OPERATIONS,
    );
    check(
        Tool::Get,
        json!({"path": " "}),
        "the parameter `path` has a wrong value: it is empty",
        &[],
    );
}

#[test]
fn every_argument_that_is_told_of_has_a_meaning() {
    for (tool, taken) in [(Tool::Get, &PARTS[..]), (Tool::Edit, &EDIT[..])] {
        let schema = tool.schema();
        let told = schema["properties"].as_object().unwrap().keys().filter(|it| *it != "path");
        let unknown: Vec<&String> = told.filter(|it| !taken.contains(&it.as_str())).collect();
        assert!(unknown.is_empty(), "{tool:?}: {unknown:?}");
    }
}
