//! Headings, blocks, lists, ids.

use super::{check_blocks, check_tags, diagnostics};
use crate::model::note::{BlockKind, DiagnosticKind, Note};

fn check_headings(text: &str, expected: &[(u8, &str)]) {
    let note = Note::parse(text);
    assert_eq!(
        note.headings.iter().map(|it| (it.level, &*it.text)).collect::<Vec<_>>(),
        expected,
        "{text:?}"
    );
}

/// Expects each list item as text, parent and task.
fn check_items(text: &str, expected: &[(&str, i64, Option<char>)]) {
    let note = Note::parse(text);
    let items: Vec<_> = note
        .list_items
        .iter()
        .map(|it| (&text[it.range.clone()], it.parent, it.task))
        .collect();
    assert_eq!(items, expected, "{text:?}");
}

#[test]
fn e5_e6_headings() {
    check_headings("## Log ##", &[(2, "Log")]);
    check_headings("# Heading ^head", &[(1, "Heading ^head")]);
    check_headings("Set\n===\n\ntext\n\nText\n---", &[(1, "Set"), (2, "Text")]);
    check_headings("# C#\n#\n# #", &[(1, "C#"), (1, ""), (1, "")]);
    check_headings("```\n# a\n```\n<!--\n# b\n-->\n> # c\n\n%%\n# d\n%%", &[]);
}

#[test]
fn e7_a_change_of_marker_starts_a_list() {
    let text = "- [ ] a\n* [ ] b\n+ [ ] c\n1. [ ] d\n1) [ ] e";
    let note = Note::parse(text);
    assert_eq!(note.list_items.iter().map(|it| it.parent).collect::<Vec<_>>(), [-1, -1, -2, -3, -4]);
    assert_eq!(note.blocks.len(), 5);
}

#[test]
fn e9_a_zero_width_space_is_no_indentation() {
    check_items("- Root\n\u{200b}\t- [ ] #task", &[("- Root\n\u{200b}\t- [ ] #task", -1, None)]);
    check_tags("- Root\n\u{200b}\t- [ ] #task", &["task"]);
}

#[test]
fn e10_any_one_character_is_a_status() {
    check_items(
        "- [/] a\n- [✓] b\n- [xx] c\n- [x](y)",
        &[
            ("- [/] a", -1, Some('/')),
            ("- [✓] b", -1, Some('✓')),
            ("- [xx] c", -1, None),
            ("- [x](y)", -1, None),
        ],
    );
}

#[test]
fn e11_e14_an_item_keeps_its_lines_and_ends_before_a_list_in_it() {
    check_items(
        "- a\n  more\n\n  ```\n  # x\n  ```\n- b",
        &[("- a\n  more\n\n  ```\n  # x\n  ```", -1, None), ("- b", -1, None)],
    );
    check_items(
        "- a\n\n- b\n    - c\n\n\n- d",
        &[("- a\n", -1, None), ("- b", -1, None), ("  - c", 2, None), ("- d", -1, None)],
    );
    check_blocks("- a\n  ```\n  x\n  ```\n\n", &[(BlockKind::List, "- a\n  ```\n  x\n  ```")]);
}

#[test]
fn items_begin_where_the_parents_indentation_is_stripped() {
    check_items(
        "- a\n    - b\n        - c",
        &[("- a", -1, None), ("  - b", 0, None), ("  - c", 1, None)],
    );
    check_items("1. a\n    1. b", &[("1. a", -1, None), ("1. b", 0, None)]);
    check_items("1) a\n    1) b", &[("1) a", -1, None), (" 1) b", 0, None)]);
    check_items("- a\n\t- b\n\t\t- c", &[("- a", -1, None), ("- b", 0, None), ("- c", 1, None)]);
    check_items("> - a\n>     - b", &[("- a", -1, None), ("  - b", 0, None)]);
    check_items(
        "- [ ] 1. x\n- y",
        &[("- [ ] 1. x", -1, Some(' ')), ("1. x", 0, None), ("- y", -1, None)],
    );
}

#[test]
fn e13_nested_callouts_are_one_block_whose_tasks_are_items() {
    let text = " > [!Calendar]+ M\n >> [!Check]+ G\n >>> - [ ] x";
    check_blocks(text, &[(BlockKind::Callout, text)]);
    check_items(text, &[("- [ ] x", -2, Some(' '))]);
    check_blocks("> quote\nlazy", &[(BlockKind::Blockquote, "> quote\nlazy")]);
}

#[test]
fn e15_e17_e18_ids_address_what_they_end_or_follow() {
    let check = |text: &str, id: &str, expected: &str| {
        let range = Note::parse(text).block_by_id(id);
        assert_eq!(range.map(|it| &text[it]), Some(expected).filter(|it| !it.is_empty()), "{text:?}");
    };
    check("Paragraph ^block-id", "block-id", "Paragraph ^block-id");
    check("Paragraph ^Agent-2026-01", "agent-2026-01", "Paragraph ^Agent-2026-01");
    check("Paragraph ^block-id trailing", "block-id", "");
    check("`^block-id`", "block-id", "");
    check("x 😀 ^id", "id", "x 😀 ^id");
    check("- a ^one\n    - b ^two", "two", "  - b ^two");
    check("| a |\n| - |\n| b |\n\n^tab", "tab", "| a |\n| - |\n| b |");
    check("> q\n\n^quote\n", "quote", "> q");
    check("# Heading ^head", "head", "# Heading ^head");
    assert_eq!(diagnostics("a ^x\n\nb ^X"), [DiagnosticKind::DuplicateBlock]);
}

#[test]
fn e19_a_comment_hides_the_code_in_it() {
    let text = "%% kanban:settings\n```\n{}\n```\n%%";
    check_blocks(text, &[(BlockKind::Comment, text)]);
    check_blocks(
        "a\n%%\n- b\n%%\nc",
        &[
            (BlockKind::Paragraph, "a"),
            (BlockKind::Comment, "%%\n- b\n%%"),
            (BlockKind::Paragraph, "c"),
        ],
    );
    check_items("%%\n- b\n%%", &[]);
}

#[test]
fn all_kinds_of_blocks_take_whole_lines() {
    check_blocks(
        "  text  \n\n***\n$$\nx\n\ny\n$$\n[^1]: note\n\n[a]: b\n",
        &[
            (BlockKind::Paragraph, "  text  "),
            (BlockKind::ThematicBreak, "***"),
            (BlockKind::Math, "$$\nx\n\ny\n$$"),
            (BlockKind::FootnoteDefinition, "[^1]: note"),
            (BlockKind::Definition, "[a]: b"),
        ],
    );
    check_blocks(
        "| a |\n| - |\n| b |\ntext\n",
        &[(BlockKind::Table, "| a |\n| - |\n| b |"), (BlockKind::Paragraph, "text")],
    );
    check_blocks("a\r\n\r\n# b\r\n", &[(BlockKind::Paragraph, "a"), (BlockKind::Heading, "# b")]);
}

#[test]
fn a_title_is_a_property_or_the_heading_on_top() {
    let check = |text: &str, expected: Option<&str>| assert_eq!(Note::parse(text).title(), expected, "{text:?}");
    check("---\ntitle: P\n---\n# H", Some("P"));
    check("---\ntitle: ''\n---\n\n# H", Some("H"));
    check("text\n# H", None);
    check("## H", None);
    check("", None);
}

#[test]
fn mixed_line_ends_are_reported() {
    assert_eq!(diagnostics("a\r\nb\n"), [DiagnosticKind::MixedLineEnds]);
    assert_eq!(diagnostics("a\r\nb\r\n"), []);
}
