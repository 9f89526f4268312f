//! Group B: bodies and their JSON. What is taken is kept to the byte, what becomes a name is made harmless. B13 asks for a limit of writes, which the
//! contract does not have.

use std::fs;

use super::{
    check_all,
    request::{get, json, put},
    service::Service,
};

const BODY: &str = "400 invalid-body";

#[test]
fn json_is_one_object_of_the_known_shape() {
    let mut service = Service::start(|_| ());
    let note = |text: &str| json("PUT", "/v1/notes/Agent/x.md", text);
    let edits = |text: &str| json("PATCH", "/v1/notes/Agent/n.md", text);
    let property = |value: &str| note(&format!(r#"{{"content":"x","properties":{{"a":{value}}}}}"#));
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    check_all(
        &mut service,
        [
            ("B01", property(&deep(100_000)), BODY),
            ("B01", property(&deep(200)), BODY),
            ("B01", property(&r#"{"a":"#.repeat(100_000)), BODY),
            ("B01", json("POST", "/v1/search", format!(r#"{{"q":{}}}"#, deep(30_000))), BODY),
            (
                "B01",
                json("POST", "/v1/search", format!(r#"{{"q":{}}}"#, deep(100_000))),
                "413 too-large",
            ),
            ("B02", note(r#"{"content":"a","content":"b"}"#), BODY),
            ("B02", note(r#"{"content":"a","properties":{"a":1,"a":2}}"#), BODY),
            ("B02", note(r#"{"content":"a","properties":{"a":{"b":1,"b":2}}}"#), BODY),
            ("B02", edits(r#"{"edits":[],"edits":[]}"#), BODY),
            ("B02", edits(r#"{"edits":[{"op":"append","op":"prepend","text":"x"}]}"#), BODY),
            ("B02", edits(r#"{"edits":[{"op":"append","text":"x","text":"y"}]}"#), BODY),
            ("B02", json("POST", "/v1/search", r#"{"q":"a","query":"b"}"#), BODY),
            ("B03", property("1e999"), BODY),
            ("B03", property(&"9".repeat(400)), BODY),
            ("B03", property("-"), BODY),
            ("B03", property("01"), BODY),
            ("B03", property("NaN"), BODY),
            ("B03", property("Infinity"), BODY),
            ("B05", note(r#"{"content":"\ud800"}"#), BODY),
            ("B05", note(r#"{"content":"\udc00\ud800"}"#), BODY),
            ("B05", note("{\"content\":\"\u{feff}"), BODY),
            ("B05", note("{\"content\":\"a\nb\"}"), BODY),
            ("B05", json("PUT", "/v1/notes/Agent/x.md", b"{\"content\":\"\xff\"}"), BODY),
            ("B05", note("\u{feff}{\"content\":\"a\"}"), BODY),
            ("B05", note(r#"{"content":"a"} {"content":"b"}"#), BODY),
            ("B05", note(r#"{"content":"a","owner":"b"}"#), BODY),
            ("B05", note(r#"{"content":["a"]}"#), BODY),
            ("B05", edits(r#"{"edits":[]}"#), BODY),
            ("B05", edits(r#"{"edits":[{"op":"format_disk"}]}"#), BODY),
        ],
    );
    service.finish();
}

#[test]
fn a_text_is_kept_to_the_byte_or_refused() {
    let mut service = Service::start(|_| ());
    let new = "/v1/notes/Agent/x.md";
    check_all(
        &mut service,
        [
            ("B07", put(new, ""), BODY),
            ("B07", json("PUT", new, r#"{"content":""}"#), BODY),
            ("B07", put("/v1/notes/Agent/n.md", ""), BODY),
            ("B07", put("/v1/notes/Agent/n.md?allow_empty=true", ""), "428 precondition-required"),
            ("B10", put(new, b"text \xff\xfe\n"), "422 unsupported-encoding"),
            ("B10", put(new, b"\xff\xfet\0e\0x\0t\0"), "422 unsupported-encoding"),
            ("B10", put(new, b"\xed\xa0\x80"), "422 unsupported-encoding"),
        ],
    );
    let line = "zirconium ".repeat((1 << 20) / 10);
    for (id, name, text) in [
        ("B08", "line", line.as_str()),
        ("B11", "bom", "\u{feff}# Title\r\n\r\nline\r\n"),
        ("B11", "lone", "one\rtwo\rthree"),
        ("B11", "mixed", "one\r\ntwo\nthree\n\r\n\r"),
        ("B11", "end", "no final newline"),
        ("B11", "control", "a\0b\u{7f}\u{1b}[31m\n"),
        ("B12", "merge", "<<<<<<< ours\nmine\n=======\ntheirs\n>>>>>>> theirs\n"),
        ("B03", "zero", "---\nn: -0\n---\n"),
    ] {
        let target = format!("/v1/notes/Agent/{name}.md");
        let receipt = service.check(id, &put(&target, text).bytes(), "201").json();
        let on_disk = fs::read(service.folder().join(format!("vault/Agent/{name}.md"))).unwrap_or_default();
        service.expect(id, on_disk == text.as_bytes(), "other bytes lie on the disk");
        let read = service.check(id, &get(&target).and("Accept", "text/markdown").bytes(), "200");
        let etag = format!("\"{}\"", receipt["hash"].as_str().unwrap_or_default());
        service.expect(
            id,
            read.body == text.as_bytes() && read.header("etag") == etag,
            "other bytes, or another hash, are read",
        );
    }
    let found = service
        .check("B08", &get("/v1/search?q=zirconium&snippet_chars=240").bytes(), "200")
        .json();
    let snippet = found["hits"][0]["snippet"].as_str().unwrap_or_default();
    service.expect(
        "B08",
        (1..=300).contains(&snippet.len()),
        &format!("the snippet has {} bytes", snippet.len()),
    );
    service.finish();
}

#[test]
fn b14_a_title_becomes_a_name_below_the_folder_or_nothing() {
    let mut service = Service::start(|_| ());
    let memory = |title: &str, topic: &str| {
        let text = serde_json::json!({"text": "learned", "title": title, "topic": topic}).to_string();
        json("POST", "/v1/memories", text)
    };
    let long = "x".repeat(10_000);
    check_all(
        &mut service,
        [
            ("B14", memory(&long, ""), BODY),
            ("B14", memory("two\nlines", ""), BODY),
            ("B14", memory("a\0b", ""), BODY),
            ("B14", memory("fine", &long), BODY),
            ("B14", memory("fine", &"deep/".repeat(50)), "400 invalid-path"),
            ("B14", json("POST", "/v1/memories", r#"{"text":""}"#), BODY),
            ("B14", json("POST", "/v1/journal", r#"{"text":"x","date":"../../x"}"#), BODY),
            ("B14", json("POST", "/v1/journal", r#"{"text":"x","date":"99999-01-01"}"#), BODY),
        ],
    );
    let pile = format!("a{}", "\u{301}".repeat(60));
    for (title, topic) in [
        ("../../../canary", "../.."),
        ("/etc/passwd", "/etc"),
        (".obsidian", ".git/hooks"),
        ("CON", "nul"),
        ("a\u{202e}b\u{200b}c", "\u{feff}"),
        ("C:\\x", "\\\\host\\share"),
        ("[[x]] #y ^z | %%w%%", "a|b"),
        ("...", "   "),
        (&pile, "-rf"),
        ("%2e%2e%2fx", "~"),
        (&"ß".repeat(150), "redflag.md"),
    ] {
        let path = service.check("B14", &memory(title, topic).bytes(), "201").json()["path"].clone();
        let path = path.as_str().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_there = service.folder().join("vault").join(path).is_file();
        service.expect(
            "B14",
            path.starts_with("Agent/Memories/") && name.len() <= 124 && is_there,
            &format!("{title:?} became {path:?}"),
        );
    }
    service.finish();
}
