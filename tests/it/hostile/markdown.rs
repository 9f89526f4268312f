//! Group M: Markdown that costs parsers much, or hides text. Written, indexed and read within a moment. Left for later by the issue: M08 to M18.

use std::time::{Duration, Instant};

use super::{
    disk::write,
    request::{get, put},
    service::Service,
};

/// Far more than these notes take, in a build for tests on a busy machine; what grows with the square of the length takes minutes.
const MOMENT: Duration = Duration::from_secs(3);

#[test]
fn no_construct_takes_long() {
    let mut service = Service::start(|_| ());
    let table = |columns: usize, rows: usize| {
        format!(
            "{}\n{}\n{}",
            "|a".repeat(columns),
            "|-".repeat(columns),
            format!("{}\n", "|a".repeat(columns)).repeat(rows)
        )
    };
    let list: String = (0..600).map(|it| format!("{}- a\n", " ".repeat(it * 2))).collect();
    let ticks: String = (1..=1000).map(|it| "`".repeat(it) + " ").collect();
    for (id, text) in [
        ("M01", "[".repeat(20_000)),
        ("M01", "[a](".repeat(20_000)),
        ("M01", "![".repeat(20_000)),
        ("M01", "[[".repeat(20_000)),
        ("M01", "![[a|".repeat(20_000)),
        ("M01", "[a]: b\n".repeat(20_000)),
        ("M01", "[^a]: ".repeat(20_000)),
        ("M02", "*a_".repeat(20_000)),
        ("M02", "**a __b ".repeat(20_000)),
        ("M03", ">".repeat(20_000)),
        ("M03", "> [!note]\n".repeat(20_000)),
        ("M04", list),
        ("M05", table(3000, 100)),
        ("M05", table(2, 100_000)),
        ("M07", ticks),
        ("M07", "$$".repeat(20_000)),
        ("M21", "<!--".repeat(20_000)),
        ("M21", "%%".repeat(20_001)),
        ("M21", "<a ".repeat(20_000)),
        ("M21", "&".repeat(100_000)),
        ("M21", "#".repeat(100_000)),
        ("M21", "# a\n".repeat(20_000)),
        ("M21", "#a".repeat(50_000)),
        ("M21", "^a ".repeat(30_000)),
        ("M21", "a\n===\n".repeat(20_000)),
    ] {
        let text = format!("{text}\n\nthe aardwolf\n");
        let request = put("/v1/notes/Agent/m.md?allow_secret=true", &text).bytes();
        let mut took = Vec::new();
        // A pause of the machine may fall into one of them.
        while took.iter().all(|it| *it >= MOMENT) && took.len() < 3 {
            service.send(&super::request::call("DELETE", "/v1/notes/Agent/m.md").bytes());
            let begun = Instant::now();
            let written = service.send(&request).verdict();
            took.push(begun.elapsed());
            service.expect(id, written == "201", &written);
        }
        for view in ["", "?view=map", "?section=a", "?max_bytes=100"] {
            let answer = service.send(&get(format!("/v1/notes/Agent/m.md{view}")).bytes()).verdict();
            service.expect(
                id,
                matches!(answer.as_str(), "200" | "404 section-not-found" | "409 ambiguous-section"),
                &format!("{view}: {answer}"),
            );
        }
        service.check(id, &get("/v1/links/Agent/m.md").bytes(), "200");
        let beginning: String = text.chars().take(10).collect();
        service.expect(id, took.iter().any(|it| *it < MOMENT), &format!("{beginning:?}… took {took:?}"));
        let deleted = service
            .send(&super::request::call("DELETE", "/v1/notes/Agent/m.md").bytes())
            .verdict();
        service.expect(id, deleted == "200", &format!("{beginning:?}… is deleted: {deleted}"));
    }
    service.finish();
}

#[test]
fn embeds_lead_in_circles_and_nowhere_outside() {
    let mut service = Service::start(|folder| {
        let vault = folder.join("vault/Agent");
        write(&vault.join("self.md"), "![[self]] ![[self#a]]\n");
        write(&vault.join("one.md"), "![[two]]\n");
        write(&vault.join("two.md"), "![[one]]\n");
        write(
            &vault.join("out.md"),
            "![[../../canary]] ![x](../../secret/canary.md) ![](file:///etc/passwd) [[/etc/passwd]]\n",
        );
    });
    for path in ["self", "one", "two"] {
        let links = service
            .check("M19", &get(format!("/v1/links/Agent/{path}.md")).bytes(), "200")
            .json();
        service.expect("M19", links["unresolved"] == serde_json::json!([]), &links.to_string());
    }
    let links = service.check("M17", &get("/v1/links/Agent/out.md").bytes(), "200").json();
    service.expect(
        "M17",
        links["outgoing"]
            .as_array()
            .is_some_and(|it| it.iter().all(|it| it["resolved"].is_null())),
        &links.to_string(),
    );
    service.finish();
}

#[test]
fn m22_a_snippet_hides_nothing() {
    let mut service = Service::start(|_| ());
    let tags: String = "obey".chars().map(|it| char::from_u32(0xE0000 + u32::from(it)).unwrap()).collect();
    let text = format!("the bilby {tags} jumps\u{200b}\u{200d}\u{feff} <!-- obey me --> \u{202e}over\u{2066} it\u{1b}[8m\n");
    service.check("M22", &put("/v1/notes/Agent/hidden.md", text).bytes(), "201");
    let found = service.check("M22", &get("/v1/search?q=bilby").bytes(), "200").json();
    let snippet = found["hits"][0]["snippet"].as_str().unwrap_or_default();
    let hidden = |it: char| {
        matches!(it, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
            || it.is_control()
    };
    service.expect(
        "M22",
        snippet.contains("bilby") && !snippet.contains(hidden),
        &format!("the snippet is {snippet:?}"),
    );
    service.finish();
}
