//! Group P: paths in the URL and in bodies, for every method that takes one.

use super::{
    Row, check_all,
    request::{call, get, json, patch, put},
    service::{CONFINED, Service},
};

const INVALID: &str = "400 invalid-path";
const ABSENT: &str = "404 note-not-found";

/// A way up, a control character, an encoding trick: refused whatever is asked for.
const NEVER: [(&str, &str); 28] = [
    ("P01", "../x.md"),
    ("P02", "..%2F..%2Fetc%2Fpasswd"),
    ("P03", "%2e%2e/%2e%2e/etc/passwd"),
    ("P06", "/etc/passwd"),
    ("P08", "a//b.md"),
    ("P09", "./a.md"),
    ("P10", "a/./b.md"),
    ("P11", "a/../b.md"),
    ("P16", "Agent/n.md/"),
    ("P17", "a%00.md"),
    ("P18", "a.md%00.png"),
    ("P20", "a%0d%0aX-Y:1.md"),
    ("P22", "a%7f.md"),
    ("P24", "a%1b%5b31m.md"),
    ("P25", "%ff%fe.md"),
    ("P26", "%c0%ae%c0%ae/x"),
    ("P27", "%ed%a0%80.md"),
    ("P28", "%"),
    ("P28", "a%4"),
    ("P28", "a%zz.md"),
    ("P30", "a%5c..%5cb.md"),
    ("P31", r"..\..\x"),
    ("P32", "C:%5cx.md"),
    ("P33", "%5c%5chost%5cshare%5cx.md"),
    ("P34", "file:%2F%2F%2Fetc%2Fpasswd"),
    ("P30", "Agent/..%2f..%2fcanary.md"),
    ("P22", "a%c2%85.md"),
    ("P08", "Agent%2F%2Fn.md"),
];

/// Names that no new note gets; a note that has one all the same is read.
const NOT_NEW: [(&str, &str); 7] = [
    ("P04", "%252e%252e%252fetc.md"),
    ("P05", "%25252e%25252e/x.md"),
    ("P32", "C:x.md"),
    ("P34", "file:x.md"),
    ("P37", "-rf.md"),
    ("P38", "--upload-pack=x.md"),
    ("P49", "a%3Fb.md"),
];

#[test]
fn paths_that_lead_elsewhere_are_refused_by_every_method() {
    let mut service = Service::start(|_| ());
    for (id, path) in NEVER {
        let target = format!("/v1/notes/{path}");
        check_all(
            &mut service,
            [
                (id, get(&target), INVALID),
                (id, put(&target, "text\n"), INVALID),
                (id, patch(&target), INVALID),
                (id, call("DELETE", &target), INVALID),
                (id, get(format!("/v1/links/{path}")), INVALID),
                (id, get(format!("/v1/history/{path}")), INVALID),
                (id, get(format!("/v1/diff/{path}")), INVALID),
                (id, json("POST", format!("/v1/move/{path}"), r#"{"to":"Agent/x.md"}"#), INVALID),
                (id, json("POST", format!("/v1/restore/{path}"), r#"{"at":"1d"}"#), INVALID),
            ],
        );
    }
    service.finish();
}

#[test]
fn names_that_would_harm_are_given_to_no_new_note() {
    let mut service = Service::start(|_| ());
    let long = format!("{}.md", "x".repeat(198));
    let deep = format!("{}/x.md", vec!["0123456789"; 40].join("/"));
    for (id, path) in NOT_NEW.into_iter().chain([("P43", long.as_str()), ("P46", deep.as_str())]) {
        let target = format!("/v1/notes/{path}");
        check_all(
            &mut service,
            [
                (id, get(&target), ABSENT),
                (id, put(&target, "text\n"), INVALID),
                (id, patch(&target), ABSENT),
                (id, call("DELETE", &target), ABSENT),
            ],
        );
    }
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let with = |target: String| call(method, target).with("Content-Type", "text/markdown").body("text\n");
        let rows: [Row<'_>; 8] = [
            ("P15", with("/v1/notes/".to_owned()), "404 route-not-found"),
            ("P41", with(format!("/v1/notes/{}.md", "x".repeat(253))), INVALID),
            ("P44", with(format!("/v1/notes/{}x.md", "abcd/".repeat(1000))), "414 uri-too-long"),
            ("P44", with(format!("/v1/notes/{}x.md", "a/".repeat(600))), INVALID),
            ("P45", with(format!("/v1/notes/{}", "x".repeat(60_000))), "414 uri-too-long"),
            // hyper's own bound.
            ("P45", with(format!("/v1/notes/{}", "x".repeat(70_000))), "414"),
            (
                "P51",
                with("http://evil.example/v1/notes/Agent/n.md".to_owned()),
                "403 forbidden-host",
            ),
            ("P52", with("/V1/NOTES/a".to_owned()), "404 route-not-found"),
        ];
        check_all(&mut service, rows);
    }
    check_all(
        &mut service,
        [
            ("P53", put("/v1/notes/a.MD", "text\n"), INVALID),
            ("P53", put("/v1/notes/a.md.exe", "text\n"), "415 unsupported-media-type"),
            ("P53", put("/v1/notes/a", "text\n"), "415 unsupported-media-type"),
            ("P36", get("/v1/notes/$HOME%2Fx.md"), ABSENT),
            ("P36", put("/v1/notes/$HOME%2Fx.md", "text\n"), "201"),
        ],
    );
    let literal = service.folder().join("vault/$HOME/x.md").is_file();
    service.expect("P36", literal, "the name is not taken literally");
    service.finish();
}

#[test]
fn a_path_in_a_body_is_held_to_the_same_rule() {
    let mut service = Service::start(|_| ());
    let batch = |paths: &str| json("POST", "/v1/notes:batch", format!(r#"{{"paths":{paths}}}"#));
    for (id, path) in [
        ("P55", "../x.md"),
        ("P55", r"a\u0000.md"),
        ("P56", "/etc/passwd"),
        ("P55", ".obsidian/app.json"),
    ] {
        let answer = service.check(id, &batch(&format!(r#"["{path}"]"#)).bytes(), "200");
        let kind = answer.json()["notes"][0]["error"]["type"].clone();
        service.expect(id, kind == "/problems/invalid-path", &format!("{path}: {kind}"));
    }
    for (id, path) in [
        ("P54", "../x.md"),
        ("P54", "/x.md"),
        ("P54", "a//b.md"),
        ("P54", "a/../b.md"),
        ("P54", r"..\\x.md"),
        ("P54", "C:x.md"),
        ("P54", "-rf.md"),
        ("P54", "%2e%2e%2fx.md"),
        ("P54", "a\u{202e}.md"),
        ("P54", ""),
        ("P56", r"a\u0000.md"),
        ("P56", r"a\nb.md"),
    ] {
        let to = format!(r#"{{"to":"{path}"}}"#);
        let memory = format!(r#"{{"text":"x","supersedes":"{path}"}}"#);
        let supersedes = if matches!(path, "C:x.md" | "-rf.md" | "%2e%2e%2fx.md" | "a\u{202e}.md") {
            ABSENT
        } else {
            INVALID
        };
        check_all(
            &mut service,
            [
                (id, json("POST", "/v1/move/Agent/n.md", &to), INVALID),
                (id, json("POST", "/v1/memories", &memory), supersedes),
            ],
        );
    }
    let move_to = |to: &str| json("POST", "/v1/move/Agent/n.md", format!(r#"{{"to":{to}}}"#));
    check_all(
        &mut service,
        [
            ("P57", move_to(r#"["..","x"]"#), "400 invalid-body"),
            ("P57", move_to("{}"), "400 invalid-body"),
            ("P57", move_to("null"), "400 invalid-body"),
            ("P57", batch(r#"[["..","x"]]"#), "400 invalid-body"),
            ("P57", batch("[{}]"), "400 invalid-body"),
            ("P57", batch("[null]"), "400 invalid-body"),
            ("P57", batch("{}"), "400 invalid-body"),
            ("P57", batch("null"), "400 invalid-body"),
            (
                "P54",
                call("MOVE", "/v1/notes/Agent/n.md").and("Destination", "..%2Fx.md"),
                "405 method-not-allowed",
            ),
            (
                "P54",
                call("MOVE", "/v1/notes/Agent/n.md").and("Destination", "/x.md"),
                "405 method-not-allowed",
            ),
            (
                "P54",
                call("COPY", "/v1/notes/Agent/n.md").and("Destination", "/x.md"),
                "405 method-not-allowed",
            ),
        ],
    );
    service.finish();
}

#[test]
fn a_prefix_ends_at_its_folder() {
    let mut service = Service::start(|_| ());
    for (id, path) in [
        ("P58", "WorkEvil/x.md"),
        ("P58", "work/x.md"),
        ("P59", "Work"),
        ("P59", "Work.md"),
        ("P58", "Private/Secret.md"),
    ] {
        let target = format!("/v1/notes/{path}");
        check_all(
            &mut service,
            [
                (id, get(&target).token(CONFINED), ABSENT),
                (id, put(&target, "text\n").token(CONFINED), "403 forbidden-path"),
                (id, patch(&target).token(CONFINED), "403 forbidden-path"),
                (id, call("DELETE", &target).token(CONFINED), "403 forbidden-path"),
            ],
        );
    }
    check_all(&mut service, [("P58", put("/v1/notes/Work/x.md", "text\n").token(CONFINED), "201")]);
    service.finish();
}
