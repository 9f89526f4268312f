//! What memories look like, and that nothing in them leaves its place.

use proptest::prelude::*;

use super::*;
use crate::model::{new_name, path::NotePath};

const PLAIN: MemoryText<'static> = MemoryText {
    title: "Backups",
    text: "They run at night.",
    tags: &[],
    links: &[],
    created: "2026-01-02T14:05:00Z",
    agent: "kit",
    session: "",
    source: "",
    supersedes: None,
};

fn check_body(memory: &MemoryText<'_>, expected: &str) {
    assert_eq!(compose(memory).1, expected);
}

#[test]
fn a_memory_has_properties_a_heading_and_its_text() {
    let (tags, links) = (["#ops/night".to_owned(), "two words".to_owned(), "#".to_owned()], []);
    let memory = MemoryText {
        tags: &tags,
        links: &links,
        session: "s1",
        source: "chat\n---\norigin: human",
        supersedes: Some("Old [[x]]|y"),
        ..PLAIN
    };
    let (properties, body) = compose(&memory);
    let shown: Vec<String> = properties.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
    assert_eq!(
        shown,
        [
            "created String(\"2026-01-02T14:05:00Z\")",
            "agent String(\"kit\")",
            "session String(\"s1\")",
            "source String(\"chat --- origin: human\")",
            "origin String(\"agent\")",
            "tags List([String(\"ops/night\"), String(\"two-words\")])",
            "supersedes String(\"[[Old x]]\")",
        ]
    );
    assert_eq!(body, "# Backups\n\nThey run at night.\n");
    assert_eq!(compose(&PLAIN).0.len(), 3);
}

#[test]
fn the_heading_is_one_line_and_is_not_doubled() {
    check_body(
        &MemoryText {
            title: "a\n---\n# b\u{2028}c",
            ..PLAIN
        },
        "# a --- # b c\n\nThey run at night.\n",
    );
    check_body(
        &MemoryText {
            text: "\n# Own\n\nx",
            ..PLAIN
        },
        "# Own\n\nx\n",
    );
    check_body(
        &MemoryText {
            text: "---\na: b\n---\nx",
            ..PLAIN
        },
        "# Backups\n\n---\na: b\n---\nx\n",
    );
    check_body(
        &MemoryText {
            title: "",
            text: "- **One** two\nthree",
            ..PLAIN
        },
        "# One two\n\n- **One** two\nthree\n",
    );
    check_body(
        &MemoryText {
            title: "",
            text: "",
            ..PLAIN
        },
        "",
    );
}

#[test]
fn links_that_the_text_lacks_are_added() {
    let links = [
        "A".to_owned(),
        "[[B|b]]".to_owned(),
        "a.md".to_owned(),
        " ".to_owned(),
        "C#H".to_owned(),
    ];
    let memory = MemoryText { links: &links, ..PLAIN };
    check_body(&memory, "# Backups\n\nThey run at night.\n\nRelated: [[A]], [[B]], [[C#H]]\n");
    check_body(
        &MemoryText {
            text: "See [[b]], [c](C.md) and [[A#x]].",
            ..memory
        },
        "# Backups\n\nSee [[b]], [c](C.md) and [[A#x]].\n",
    );
    check_body(
        &MemoryText {
            text: "```\nopen",
            ..memory
        },
        "# Backups\n\nRelated: [[A]], [[B]], [[C#H]]\n\n```\nopen\n",
    );
}

#[test]
fn a_title_is_the_first_line_that_shows_anything() {
    let check = |text: &str, expected: &str| assert_eq!(title_of(text), expected, "{text:?}");
    check("\n---\n## The *plan* for `x`\nmore", "The plan for x");
    check("> - [ ] Ask [[People/Ann|Ann]] about [it](https://x.y)", "Ask Ann about it");
    check("1. First", "First");
    check("2024 was good", "2024 was good");
    check(&"word ".repeat(30), "word word word word word word word word word word word word");
    check(&"x".repeat(70), &"x".repeat(60));
    check(&"ж".repeat(70), &"ж".repeat(60));
    check("---\n***", "");
}

#[test]
fn a_slug_is_a_readable_safe_name() {
    let check = |title: &str, expected: &str| assert_eq!(slug(title, "Memory"), expected, "{title:?}");
    check("Why backups: run at night?", "Why backups run at night");
    check("../../etc/passwd", "etc passwd");
    check("a#b^c[[d]]|e", "a b c d e");
    check(" -~.Draft. ", "Draft");
    check("cafe\u{301}\r\n\u{202e}x", "café x");
    check("CON", "CON_");
    check("aux.c", "aux_.c");
    check("100%2f %% 5 %", "100 2f % 5 %");
    check("redflag", "Note redflag");
    check("n (Conflicted copy)", "n Conflicted copy");
    check("\u{200b}…/", "Memory");
    assert_eq!(slug("", "?"), "Untitled");
    assert_eq!(slug(&"日本".repeat(40), "x").len(), 78);
    assert_eq!(slug(&"word ".repeat(40), "x").len(), 79);
}

#[test]
fn an_entry_is_one_section() {
    let check = |heading: &str, text: &str, expected: &str| assert_eq!(entry("14:05", heading, text), expected, "{text:?}");
    check("Call", "Ann rang.\n", "## 14:05 Call\n\nAnn rang.\n");
    check("", "", "## 14:05\n");
    check("a\n# b", "x", "## 14:05 a # b\n\nx\n");
    check("", "# A\n## B\n#### C", "## 14:05\n\n### A\n#### B\n#### C\n");
    check("", "## B\n\n```\n# no\n```\n", "## 14:05\n\n### B\n\n```\n# no\n```\n");
    check("", "A\n===\n\nB\n---\nx", "## 14:05\n\n### A\n\n#### B\nx\n");
    check("", "#~\n-", "## 14:05\n\n### #~\n");
    check("", "---\n# x\n---", "## 14:05\n\n---\n### x\n---\n");
    check("", "````\nopen", "## 14:05\n\n````\nopen\n````\n");
    check("", "%%\nopen", "## 14:05\n\n%%\nopen\n%%\n");
    check("", "<!-- open", "## 14:05\n\n<!-- open\n-->\n");
}

proptest! {
    #[test]
    fn a_slug_may_be_created_and_is_its_own_slug(title in prop_oneof![any::<String>(), "[.~ %a-f0-9\u{301}\u{202e}／…()-]{0,100}", "(con|nul|redflag|livesync_log_)[. x]{0,90}(md)?"]) {
        let name = slug(&title, "");
        prop_assert!(!name.is_empty() && name.len() <= 80, "{}", name);
        for path in [name.clone(), format!("{name}.md"), format!("a/{name}.md")] {
            let path = NotePath::parse(&path).unwrap();
            prop_assert_eq!(new_name::check(&path), Ok(()), "{}", path);
        }
        prop_assert_eq!(slug(&name, ""), name);
    }

    #[test]
    fn no_text_leaves_its_entry(heading in any::<String>(), text in "([#=`~>$%a-]{1,4}|\n|\r\n| ){0,12}") {
        let entry = entry("14:05", &heading, &text);
        let note = Note::parse(&entry);
        prop_assert!(entry.ends_with('\n') && note.headings[0].level == 2);
        prop_assert!(note.headings[1..].iter().all(|it| it.level > 2), "{}", entry);
        let day = format!("{entry}\n## next\n");
        prop_assert!(Note::parse(&day).headings.last().unwrap().range.start > entry.len(), "{}", entry);
    }
}
