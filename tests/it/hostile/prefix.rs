//! Group A, the rows on prefixes: beyond its folder a token finds, learns and changes nothing, whichever way it asks.

use std::fs;

use super::{
    check_all,
    request::{call, get, json, put},
    service::{CONFINED, READER, Service},
};

const NO_SCOPE: &str = "403 forbidden-scope";
const ABSENT: &str = "404 note-not-found";

#[test]
fn beyond_its_prefix_a_token_finds_no_trace() {
    let mut service = Service::start(|_| ());
    let written = service.send(
        &put(
            "/v1/notes/Private/Secret2.md",
            "---\ntags: [okapitag]\n---\nthe okapi [[Open]] [[Nowhere]]\n",
        )
        .bytes(),
    );
    assert_eq!(written.verdict(), "201");
    let hash = written.json()["hash"].as_str().unwrap().to_owned();
    let commit = written.json()["commit"].as_str().unwrap().to_owned();
    for (id, target) in [
        ("A20", "/v1/search?q=okapi&snippet_chars=100"),
        ("A20", "/v1/search?q=tag:okapitag"),
        ("A20", "/v1/search?syntax=obsidian&q=okapi"),
        ("A21", "/v1/search?sort=path&limit=100"),
        ("A21", "/v1/search?q=okapy"),
        ("A22", "/v1/search?q=path:Priv&explain=true"),
        ("A22", "/v1/search?path=Private/**"),
        ("A21", "/v1/tags"),
        ("A21", "/v1/lint"),
        ("A21", "/v1/links/Work/Open.md"),
        ("A21", "/v1/resolve?name=Secre"),
        ("A21", "/v1/changes"),
        ("A21", "/v1/status"),
    ] {
        let answer = service.check(id, &get(target).token(CONFINED).bytes(), "200");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let found = answer.json()["total"].as_u64().unwrap_or(0);
        let told = ["Private/", "Secret2", "the okapi", "\"okapitag\"", &hash, &commit]
            .into_iter()
            .find(|it| text.contains(it));
        service.expect(id, told.is_none(), &format!("{target} tells {told:?}: {text}"));
        service.expect(
            id,
            found == 0 || target.contains("sort=path") && found == 1,
            &format!("{target} counts {found}"),
        );
    }
    for (id, absent, forbidden) in [
        ("A22", get("/v1/notes/Private/Absent2.md"), get("/v1/notes/Private/Secret2.md")),
        ("A22", get("/v1/links/Private/Absent2.md"), get("/v1/links/Private/Secret2.md")),
        ("A22", get("/v1/history/Private/Absent2.md"), get("/v1/history/Private/Secret2.md")),
        ("A22", get("/v1/diff/Private/Absent2.md"), get("/v1/diff/Private/Secret2.md")),
        (
            "A22",
            get("/v1/notes/Private/Absent2.md?at=HEAD"),
            get("/v1/notes/Private/Secret2.md?at=HEAD"),
        ),
        (
            "A23",
            get("/v1/notes/Private/Absent2.md").and("If-None-Match", "*"),
            get("/v1/notes/Private/Secret2.md").and("If-None-Match", format!("\"{hash}\"")),
        ),
        (
            "A23",
            put("/v1/notes/Private/Absent2.md", "x\n").if_match(&hash),
            put("/v1/notes/Private/Secret2.md", "x\n").if_match(&hash),
        ),
        (
            "A23",
            call("DELETE", "/v1/notes/Private/Absent2.md").if_match(&hash),
            call("DELETE", "/v1/notes/Private/Secret2.md"),
        ),
    ] {
        let absent = service.send(&absent.token(CONFINED).bytes());
        let verdict = if id == "A23" && !absent.verdict().starts_with("404") {
            "403 forbidden-path"
        } else {
            ABSENT
        };
        let at_head = absent.verdict().starts_with("400");
        let forbidden = service.check(
            id,
            &forbidden.token(CONFINED).bytes(),
            if at_head { "400 invalid-parameter" } else { verdict },
        );
        let told = String::from_utf8_lossy(&forbidden.body).replace("Secret2", "Absent2");
        service.expect(id, told.as_bytes() == absent.body, &format!("the two are told apart: {told}"));
    }
    service.finish();
}

#[test]
fn a21_a_move_neither_tells_of_nor_writes_beyond_the_prefix() {
    let mut service = Service::start(|_| ());
    let secret = service.folder().join("vault/Private/Secret.md");
    let before = fs::read(&secret).unwrap();
    let read = service.send(&get("/v1/notes/Work/Open.md").bytes()).json();
    let request = json("POST", "/v1/move/Work/Open.md", r#"{"to":"Work/Opened.md"}"#).token(CONFINED);
    let answer = service.check("A21", &request.if_match(read["hash"].as_str().unwrap()).bytes(), "200");
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    service.expect("A21", !text.contains("Private") && !text.contains("Secret"), &text);
    service.expect("A21", fs::read(&secret).unwrap() == before, "a note beyond the prefix was written");
    check_all(
        &mut service,
        [
            (
                "A21",
                json("POST", "/v1/move/Work/Opened.md", r#"{"to":"Private/x.md"}"#).token(CONFINED),
                "403 forbidden-path",
            ),
            (
                "A21",
                json("POST", "/v1/move/Private/Secret.md", r#"{"to":"Work/x.md"}"#).token(CONFINED),
                "403 forbidden-path",
            ),
            (
                "A21",
                json("POST", "/v1/restore/Private/Secret.md", r#"{"at":"1d"}"#).token(CONFINED),
                "403 forbidden-path",
            ),
            (
                "A21",
                json("POST", "/v1/memories", r#"{"text":"x"}"#).token(CONFINED),
                "403 forbidden-path",
            ),
            (
                "A21",
                json("POST", "/v1/journal", r#"{"text":"x"}"#).token(CONFINED),
                "403 forbidden-path",
            ),
            ("A19", json("POST", "/v1/memories", r#"{"text":"x"}"#).token(READER), NO_SCOPE),
            ("A19", json("POST", "/v1/journal", r#"{"text":"x"}"#).token(READER), NO_SCOPE),
            (
                "A19",
                json("POST", "/v1/move/Agent/n.md", r#"{"to":"x.md"}"#).token(READER),
                NO_SCOPE,
            ),
            (
                "A19",
                json("POST", "/v1/restore/Agent/n.md", r#"{"at":"1d"}"#).token(READER),
                NO_SCOPE,
            ),
            ("A19", call("POST", "/v1/flush").token(READER), NO_SCOPE),
        ],
    );
    service.finish();
}
