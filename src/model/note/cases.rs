//! What Obsidian makes of tricky notes; the ids are those of the collected cases.

use crate::model::note::{BlockKind, DiagnosticKind, Link, LinkKind, Note};

mod blocks;
mod links;

fn check_tags(text: &str, expected: &[&str]) {
    let note = Note::parse(text);
    for tag in &note.tags {
        assert_eq!(text[tag.range.clone()], format!("#{}", tag.name), "{text:?}");
    }
    assert_eq!(note.all_tags(), expected, "{text:?}");
}

fn check_blocks(text: &str, expected: &[(BlockKind, &str)]) {
    let note = Note::parse(text);
    let blocks: Vec<_> = note.blocks.iter().map(|it| (it.kind, &text[it.range.clone()])).collect();
    assert_eq!(blocks, expected, "{text:?}");
}

fn diagnostics(text: &str) -> Vec<DiagnosticKind> {
    Note::parse(text).diagnostics.iter().map(|it| it.kind).collect()
}

#[test]
fn a1_an_empty_frontmatter_is_one() {
    let note = Note::parse("---\n---\n\n# t");
    assert_eq!(
        note.frontmatter.as_ref().map(|it| (it.range.clone(), it.properties.len())),
        Some((0..7, 0))
    );
    assert_eq!((note.headings[0].range.start, note.body_start()), (9, 8));
}

#[test]
fn a2_a_blank_first_line_makes_it_text() {
    check_tags("\n---\ntags: [a]\n---", &[]);
}

#[test]
fn a3_byte_order_mark_crlf_and_trailing_spaces_are_fine() {
    check_tags("\u{feff}---\ntags: [a]\n---", &["a"]);
    check_tags("---\r\ntags: [a]\r\n---\r\n# x #b", &["a", "b"]);
    check_tags("---\ntags: [a]\n---  \nx", &["a"]);
    assert_eq!(Note::parse("\u{feff}---\na: 1\n---\nx").body_start(), 16);
    assert_eq!(Note::parse("\u{feff}x").body_start(), 3);
}

#[test]
fn a5_to_a7_a10_tags_of_properties() {
    check_tags("---\ntags: v1, v2\n---\n", &[]);
    check_tags("---\ntags: v1\n---\n", &["v1"]);
    check_tags("---\ntags:\n---\n", &[]);
    check_tags("---\ntags: ~\n---\n", &[]);
    check_tags("---\ntags: []\n---\n", &[]);
    check_tags("---\ntags:\n  - sample/tag/value\n---\n#body", &["sample/tag/value", "body"]);
    check_tags("---\ntags: [\"#pkm\", hype]\n---\n", &["pkm", "hype"]);
    check_tags("---\nTAG:\n  - a\ntag: b\n---\n", &[]);
    assert_eq!(diagnostics("---\ntags: a, b\n---\n"), [DiagnosticKind::CommaTags]);
}

#[test]
fn a9_a14_property_names_have_no_case_but_keep_it() {
    check_tags("---\nTags: [a]\n---\n", &["a"]);
    let note = Note::parse("---\ncreation date: x\nCAPITAL_property: y\n---\n");
    assert!(note.property("Creation Date").is_some() && note.property("capital_property").is_some());
    assert_eq!(note.frontmatter.unwrap().properties[1].0, "CAPITAL_property");
}

#[test]
fn a11_aliases_are_a_list_or_one_text() {
    let check = |yaml: &str, expected: &[&str]| assert_eq!(Note::parse(&format!("---\n{yaml}\n---\n")).aliases(), expected, "{yaml}");
    check("aliases: a, b", &["a, b"]);
    check("aliases: [a, b, 2024]", &["a", "b", "2024"]);
    check("ALIAS: [a]", &[]);
    check("aliases:", &[]);
}

#[test]
fn a17_a18_only_quoted_links_count_and_hashtags_never() {
    assert_eq!(Note::parse("---\nl: [[X]]\n---\n").links, []);
    check_tags("---\nt: \"has #hashtag\"\n---\n", &[]);
    let text = "---\nup: \"[[A|x]]\"\nrelated:\n  - \"[[B#c]]\"\n  - see [[D]]\n---\n[[E]]";
    let links = Note::parse(text).links;
    let found: Vec<_> = links
        .iter()
        .map(|it| (it.kind, it.key.as_deref(), &*it.target, &text[it.range.clone()]))
        .collect();
    assert_eq!(
        found,
        [
            (LinkKind::Link, None, "E", "[[E]]"),
            (LinkKind::Property, Some("up"), "A", "[[A|x]]"),
            (LinkKind::Property, Some("related.0"), "B#c", "[[B#c]]"),
        ]
    );
}

#[test]
fn a19_a21_a23_where_the_block_begins_and_ends() {
    assert_eq!(Note::parse("---\n# not a heading\na: 1\n---\n").headings, []);
    assert_eq!(Note::parse("text\n\n---\na: 1\n---\n").frontmatter, None);
    assert_eq!(Note::parse("---\nnever: closed\n").frontmatter, None);
    assert_eq!(
        Note::parse("---\n\nkanban-plugin: basic\n\n---\n").frontmatter.unwrap().range,
        0..30
    );
}

#[test]
fn a22_a_tag_in_both_places_is_there_twice() {
    check_tags("---\ntags: [a]\n---\n#a #a", &["a", "a", "a"]);
}

#[test]
fn y_broken_frontmatter_is_a_diagnostic_and_the_body_is_read() {
    let note = Note::parse("---\na: 1\na: 2\n---\n# T #x");
    assert_eq!((note.headings.len(), note.tags.len()), (1, 1));
    assert_eq!(diagnostics("---\na: *x\n---\n"), [DiagnosticKind::InvalidFrontmatter]);
    assert_eq!(diagnostics("---\njust text\n---\n"), [DiagnosticKind::InvalidFrontmatter]);
}

#[test]
fn b1_b7_b9_where_a_tag_begins() {
    check_tags("#1984 #y1984 #2024/q1 #f0f0f0", &["y1984", "2024/q1", "f0f0f0"]);
    check_tags("foobar#notatag &#NOT_A_TAG; ##no", &[]);
    check_tags("foo bar #tag", &["tag"]);
    check_tags("https://e.com/p#section (https://e.com/?a=(#no) [r](README#installation)", &[]);
    check_tags("[r](wiki_(x)#NOT_A_TAG) <https://e.com/#no>", &[]);
    check_tags("- #3344: text\n# heading\n#heading", &["heading"]);
}

#[test]
fn b2_b3_b5_b6_b18_b19_what_a_tag_is_made_of() {
    check_tags("#📷 #🌱/🌿 #⚙️ #début", &["📷", "🌱/🌿", "⚙️", "début"]);
    check_tags(
        "#你好 #タグ #mañana #день #项目_计划",
        &["你好", "タグ", "mañana", "день", "项目_计划"],
    );
    check_tags("#one;;;#two; #three", &["one", "two", "three"]);
    check_tags("[#one]]#two;;#four()() #three", &["one", "two", "four", "three"]);
    check_tags("#tag/ #tag’s #a–b #a-b", &["tag", "tag", "a", "a-b"]);
}

#[test]
fn b10_b11_b14_b15_b21_what_hides_a_tag() {
    check_tags("<!-- #region -->\n\na <!-- #x --> b", &[]);
    check_tags("text %% #seen %%", &["seen"]);
    check_tags("%%\n#seen `#code`\n%%", &["seen"]);
    check_tags("```\n#x\n```\n`#x`\n- a\n  ```\n  #x\n  ```\n", &[]);
    check_tags("[[link#not a tag]] \\#no $#no$", &[]);
    check_tags("\\[\\[#Escaped Links\\]\\]", &["Escaped"]);
    check_tags("| #a | #b |\n| -- | -- |\n| x | y |\n\n> [!note] #c", &["a", "b", "c"]);
}

fn links(text: &str) -> Vec<(Link, &str)> {
    Note::parse(text)
        .links
        .into_iter()
        .map(|it| (it.clone(), &text[it.range]))
        .collect()
}
