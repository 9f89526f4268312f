//! Group Y: frontmatter that is expensive, broken or lies. It costs a moment, is kept to the byte, and the text below it is found; `lint` tells what
//! is wrong with it. Each row is sent as a note and lies on the disk of another vault at the start.

use std::fs;

use super::{
    disk::write,
    request::{get, put},
    service::Service,
};

/// Rows: the id, the lines between the fences, whether they are in error.
fn rows() -> Vec<(&'static str, String, bool)> {
    let bomb = (1..=9).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, level| {
        let below = format!("*a{}", level - 1);
        format!("{text}a{level}: &a{level} [{}]\n", [below.as_str(); 9].join(","))
    });
    let nested: String = (0..1000).map(|it| format!("{}a:\n", " ".repeat(it))).collect();
    let anchors: String = (0..50_000).map(|it| format!("a{it}: &a{it} x\n")).collect();
    vec![
        ("Y01", bomb, true),
        ("Y02", "a: ".to_owned() + &"{a: ".repeat(50_000) + "\n", true),
        ("Y03", "a: ".to_owned() + &"[".repeat(100_000) + "\n", true),
        ("Y04", nested, true),
        ("Y06", "a: *nope\n".to_owned(), true),
        ("Y08", "a: 1\na: 2\n".to_owned(), true),
        (
            "Y10",
            "a: 0x7fffffffffffffffff\nb: 1e400\nc: .nan\nd: .inf\ne: 99999999999999999999999999\n".to_owned(),
            false,
        ),
        ("Y11", "tags: [no, on, 012, 1:30, 2026-01-01]\ntitle: no\n".to_owned(), false),
        ("Y12", (0..50_000).map(|it| format!("k{it}: {it}\n")).collect(), true),
        ("Y13", anchors, true),
        ("Y14", "? ".repeat(20_000) + "\n", true),
        ("Y15", "a: 1\n--- # another\nb: 2\n".to_owned(), true),
        ("Y17", "a:\n\tb: 1\n".to_owned(), true),
        ("Y18", "a: \"x\0y\"\n".to_owned(), true),
        ("Y18", "a: \u{1}\u{7f}\n".to_owned(), true),
        ("Y19", "tags: [\"../../x\", \"<script>\", \"a\\nb\"]\n".to_owned(), false),
        ("Y20", "author: human\ntrust: high\norigin: human\n".to_owned(), false),
        ("Y22", "a: 1   # kept\nb: [unclosed\n".to_owned(), true),
    ]
}

fn note(number: usize, yaml: &str) -> (String, String) {
    (
        format!("Agent/y{number}.md"),
        format!("---\n{yaml}---\nthe body of numbat{number}\n"),
    )
}

#[test]
fn hostile_frontmatter_is_kept_and_its_note_is_found() {
    let mut service = Service::start(|_| ());
    for (number, (id, yaml, _)) in rows().into_iter().enumerate() {
        let (path, text) = note(number, &yaml);
        service.check(id, &put(format!("/v1/notes/{path}"), &text).bytes(), "201");
        let kept = fs::read(service.folder().join("vault").join(path)).is_ok_and(|it| it == text.as_bytes());
        service.expect(id, kept, "the bytes were not kept");
    }
    check_what_is_read(&mut service);
    service.finish();
}

#[test]
fn hostile_frontmatter_on_the_disk_stops_nothing() {
    // Y16: a fence that is never closed makes all of it the body.
    let open = format!("---\na: 1\n{}zorilla\n", "word word word\n".repeat((2 << 20) / 15));
    let mut service = Service::start(|folder| {
        for (number, (_, yaml, _)) in rows().into_iter().enumerate() {
            let (path, text) = note(number, &yaml);
            write(&folder.join("vault").join(path), text);
        }
        write(&folder.join("vault/Agent/open.md"), open);
    });
    check_what_is_read(&mut service);
    let found = service.check("Y16", &get("/v1/search?q=zorilla").bytes(), "200").json();
    service.expect("Y16", found["hits"][0]["path"] == "Agent/open.md", &found.to_string());
    service.finish();
}

fn check_what_is_read(service: &mut Service) {
    let findings = service
        .check("Y01", &get("/v1/lint?kind=invalid-frontmatter").bytes(), "200")
        .json();
    let findings: Vec<&str> = findings["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|it| it["path"].as_str())
        .collect();
    for (number, (id, _, is_wrong)) in rows().into_iter().enumerate() {
        let (path, _) = note(number, "");
        service.expect(
            id,
            findings.contains(&path.as_str()) == is_wrong,
            &format!("{path}: the findings are {findings:?}"),
        );
        let found = service
            .check(id, &get(format!("/v1/search?q=numbat{number}")).bytes(), "200")
            .json();
        service.expect(id, found["hits"][0]["path"] == path.as_str(), &found.to_string());
        let read = service.check(id, &get(format!("/v1/notes/{path}")).bytes(), "200").json();
        let properties = &read["properties"];
        let holds = match id {
            "Y10" => ["a", "b", "c", "d", "e"].iter().all(|it| properties[it].is_string()),
            // A number alone is no tag, nor is what holds a colon.
            "Y11" => read["tags"] == serde_json::json!(["2026-01-01", "no", "on"]) && properties["title"] == "no",
            "Y19" => properties["tags"][0] == "../../x",
            "Y20" => read["origin"] == "agent" && properties["origin"] == "human",
            _ => !is_wrong || properties == &serde_json::json!({}),
        };
        service.expect(
            id,
            holds,
            &format!("it is read as {properties}, {}, {}", read["tags"], read["origin"]),
        );
    }
}
