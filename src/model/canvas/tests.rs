use std::time::Duration;

use proptest::prelude::*;

use crate::model::{
    canvas::{Canvas, CardKind},
    note::Note,
    quickly::quickly,
};

fn check(json: &str, text: &str, links: &[&str]) {
    let canvas = Canvas::parse(json);
    assert_eq!(canvas.problem, None, "{json}");
    assert_eq!(canvas.as_text(), text, "{json}");
    assert_eq!(canvas.links().iter().map(|it| &*it.target).collect::<Vec<_>>(), links, "{json}");
}

#[test]
fn f10_words_are_text_and_file_cards_are_links() {
    let json = r##"{
        "nodes": [
            {"id": "1", "type": "text", "text": "Copper [[Ledger]]\nsecond line\n", "x": -5, "y": 1.5},
            {"id": "2", "type": "file", "file": "Projects/Copper.md", "subpath": "#Plan"},
            {"id": "3", "type": "file", "file": "image.png"},
            {"id": "4", "type": "group", "label": "Metals"},
            {"id": "5", "type": "link", "url": "https://example.org/"},
            {"id": "6", "type": "text", "text": " \n"}],
        "edges": [{"fromNode": "1", "toNode": "2", "label": "pays for"}, {"fromNode": "1", "toNode": "3"}]
    }"##;
    let text = "Copper [[Ledger]]\nsecond line\n\nMetals\n\npays for\n\nhttps://example.org/";
    check(json, text, &["Projects/Copper.md#Plan", "image.png"]);
    let kinds: Vec<CardKind> = Canvas::parse(json).cards.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [CardKind::Text, CardKind::Group, CardKind::Text, CardKind::Label]);
}

#[test]
fn f10_what_is_missing_or_unknown_costs_nothing_else() {
    check("", "", &[]);
    check("\u{feff} \n", "", &[]);
    check("{}", "", &[]);
    check(r#"{"edges": []}"#, "", &[]);
    check(r#"{"nodes": null, "edges": 3}"#, "", &[]);
    check(r#"{"metadata": {"version": "1.0-1.0"}, "nodes": []}"#, "", &[]);
    let odd = r#"{"nodes": [1, null, "x", [[]], {}, {"type": "poll", "text": "no"}, {"type": "text"}, {"type": "text", "text": {"a": [1]}},
        {"type": "file", "file": 7}, {"type": "file", "file": "A.md", "subpath": false}, {"text": "kept", "type": "text", "new": [{}]}]}"#;
    check(odd, "kept", &["A.md"]);
}

#[test]
fn a_broken_canvas_keeps_what_stands_before_the_fault() {
    let check = |json: &str, text: &str, part: &str| {
        let canvas = Canvas::parse(json);
        assert_eq!(canvas.as_text(), text, "{json}");
        assert!(
            canvas.problem.as_ref().is_some_and(|it| it.contains(part)),
            "{json}: {:?}",
            canvas.problem
        );
    };
    check(r#"{"nodes": [{"type": "text", "text": "one"}, {"type": "te"#, "one", "EOF");
    check(r#"{"nodes": [{"type": "text", "text": "one"}]} x"#, "one", "trailing");
    check("not JSON", "", "line 1");
    check("[]", "", "no JSON object");
    check("7", "", "no JSON object");
    check("<<<<<<< HEAD\n{}", "", "line 1");
}

#[test]
fn a_card_that_begins_with_a_rule_is_no_frontmatter() {
    let text = Canvas::parse(r#"{"nodes": [{"type": "text", "text": "---\ntags: [a]\n---"}]}"#).as_text();
    assert_eq!(Note::parse(&text).frontmatter, None);
}

#[test]
fn hostile_canvases_are_read_in_linear_time() {
    let check = |name: &str, json: String| {
        // The tests run unoptimised and beside others; quadratic work on these texts takes minutes.
        quickly(Duration::from_secs(8), name, || {
            assert!(Canvas::parse(&json).as_text().len() <= json.len());
        });
    };
    check("open lists", "[".repeat(10 << 20));
    check("open objects", r#"{"a":"#.repeat(2 << 20));
    check("deep nodes", format!(r#"{{"nodes":{}"#, "[".repeat(10 << 20)));
    check("deep text", format!(r#"{{"nodes":[{{"text":{}"#, r#"{"text":["#.repeat(1 << 20)));
    check(
        "deep and closed",
        format!(r#"{{"x":{}{}}}"#, "[".repeat(5 << 20), "]".repeat(5 << 20)),
    );
    check("numbers", format!(r#"{{"nodes":[{}0]}}"#, "0,".repeat(5 << 20)));
    check(
        "cards",
        format!(r#"{{"nodes":[{}0]}}"#, r#"{"type":"text","text":"a"},"#.repeat(400_000)),
    );
    check(
        "same key",
        format!(r#"{{"nodes":[{{{}"type":"text"}}]}}"#, r#""text":"abc","#.repeat(900_000)),
    );
    check(
        "one text",
        format!(r#"{{"nodes":[{{"type":"text","text":"{}"}}]}}"#, r"\u4e2d".repeat(1_700_000)),
    );
    check("quotes", "\"".repeat(10 << 20));
}

proptest! {
    #[test]
    fn any_text_is_a_canvas(text in "\\PC*") {
        Canvas::parse(&text).as_text();
    }

    #[test]
    fn any_json_is_a_canvas(parts in prop::collection::vec(prop::sample::select(PARTS), 0..40)) {
        let canvas = Canvas::parse(&parts.concat());
        prop_assert_eq!(Note::parse(&canvas.as_text()).frontmatter, None);
    }

    #[test]
    fn every_text_card_is_found(texts in prop::collection::vec("[^\\s]\\PC{0,20}", 0..8)) {
        let nodes: Vec<_> = texts.iter().map(|it| serde_json::json!({"type": "text", "text": it})).collect();
        let text = Canvas::parse(&serde_json::json!({"nodes": nodes}).to_string()).as_text();
        prop_assert_eq!(text.trim_start_matches('\n'), texts.join("\n\n"));
    }
}

const PARTS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"nodes\":",
    "\"nodes\":[",
    "\"edges\":[",
    "{\"type\":\"text\",",
    "\"type\":",
    "\"text\"",
    "\"text\":",
    "\"file\":",
    "\"group\"",
    "\"label\":\"x\"",
    "\"---\\n---\"",
    "null",
    "1e999",
    "-",
    "\"\\ud800\"",
    "\\",
    "\"",
    "\u{feff}",
    "\n",
];

#[test]
fn a_real_canvas_is_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/obsidian-vault/Manual Testing/Frontmatter");
    let Ok(json) = std::fs::read_to_string(folder.join("Frontmatter code.canvas")) else {
        println!("skipped: ../shared/corpora is missing");
        return;
    };
    let canvas = Canvas::parse(&json);
    assert_eq!(canvas.problem, None);
    assert!(
        canvas
            .as_text()
            .starts_with("Sample frontmatter in Markdown - from the file [[Tags in Frontmatter]]:\n\n```yaml")
    );
    assert!(canvas.links().iter().all(|it| it.target != "Tags in Frontmatter"));
}
