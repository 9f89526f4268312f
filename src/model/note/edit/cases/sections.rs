//! Edits of sections and of the body.

use super::{append, check, check_refused, check_warning, place, prepend, refused};
use crate::model::note::edit::{Edit, EditRefusal};

fn section(name: &str, text: &str, include_heading: bool) -> Edit {
    Edit::ReplaceSection {
        section: name.to_owned(),
        text: text.to_owned(),
        include_heading,
    }
}

fn delete(name: &str) -> Edit {
    Edit::DeleteSection { section: name.to_owned() }
}

fn create(name: &str, text: &str) -> Edit {
    Edit::Append {
        text: text.to_owned(),
        place: place(name),
        create_section: true,
    }
}

fn insert(before: bool, name: &str, text: &str) -> Edit {
    let (section, text) = (name.to_owned(), text.to_owned());
    if before {
        Edit::InsertBefore { section, text }
    } else {
        Edit::InsertAfter { section, text }
    }
}

#[test]
fn a_text_is_appended_to_a_sections_own_text() {
    check("# A\none\n\n# B\n", &append("A", "two"), "# A\none\n\ntwo\n\n# B\n");
    check("# A\none\n# B\n", &append("A", "two\n"), "# A\none\n\ntwo\n# B\n");
    check("# A\n- one\n\n# B\n", &append("A", "- two"), "# A\n- one\n- two\n\n# B\n");
    check("# A\n- one\n\n# B\n", &append("A", "two"), "# A\n- one\n\ntwo\n\n# B\n");
    check(
        "# A\n- one\n  more\n# B\n",
        &append("A", "- two"),
        "# A\n- one\n  more\n- two\n# B\n",
    );
    check("# A\n|a|\n|-|\n", &append("A", "|b|"), "# A\n|a|\n|-|\n|b|\n");
    check("# A\none\n## In\nx\n# B\n", &append("A", "two"), "# A\none\n\ntwo\n## In\nx\n# B\n");
    check("# A", &append("a", "one"), "# A\none");
    check("# A\n\n\n# B\n", &append("A", "one"), "# A\none\n\n\n# B\n");
    check("A\n===\nx\n\nB\n---\ny\n", &append("A", "z"), "A\n===\nx\n\nz\n\nB\n---\ny\n");
    check("# A\nB\n===\n", &append("A", "x"), "# A\nx\n\nB\n===\n");
    check(
        "# A  \r\none  \r\n\r\n# B\r\n",
        &append("A", "x\ny"),
        "# A  \r\none  \r\n\r\nx\r\ny\r\n\r\n# B\r\n",
    );
    check("# A\n<div>\n</div>\n", &append("A", "x"), "# A\n<div>\n</div>\n\nx\n");
    check_refused("# A\n", &append("A", " \n"), "empty");
}

#[test]
fn what_only_looks_like_a_heading_is_none() {
    let text = "---\n# A: x\n---\n```\n# A\n```\n<!--\n# A\n-->\n# A\none\n";
    check(text, &append("A", "two"), &format!("{text}\ntwo\n"));
    check_refused("```\n# A\n```\n", &append("A", "x"), "SectionNotFound");
}

#[test]
fn nothing_is_written_into_an_open_block() {
    check_refused("# A\n```\ncode\n", &append("A", "x"), "line 2");
    check_refused("<!-- open\n", &append("", "x"), "HTML");
    check("```\na\n```\n", &append("", "x"), "```\na\n```\n\nx\n");
    check_refused("# A\n\n# B\n", &append("A", "```\nx"), "close it");
    check_refused("# A\n\n# B\n", &append("A", "<!-- x"), "close it");
    check("# A\n```\nopen\n", &section("A", "x", false), "# A\nx\n");
}

#[test]
fn a_section_that_is_not_one_is_refused_with_candidates() {
    assert_eq!(
        refused("# A\n## S\n# B\n## S\n", &append("S", "x")),
        EditRefusal::AmbiguousSection {
            section: "S".to_owned(),
            candidates: vec!["A/S".to_owned(), "B/S".to_owned()]
        }
    );
    assert_eq!(
        refused("# S\nx\n# S\n", &append("S", "x")),
        EditRefusal::AmbiguousSection {
            section: "S".to_owned(),
            candidates: vec!["S (lines 1-2)".to_owned(), "S (lines 3-3)".to_owned()]
        }
    );
    assert_eq!(
        refused("# A\n## S\n", &delete("X")),
        EditRefusal::SectionNotFound {
            section: "X".to_owned(),
            candidates: vec!["A".to_owned(), "A/S".to_owned()]
        }
    );
    check("# A\n## S\n# B\n## S\n", &append("B/S", "x"), "# A\n## S\n# B\n## S\nx\n");
}

#[test]
fn a_text_is_appended_to_the_body() {
    check("", &append("", "x"), "x\n");
    check("\u{feff}", &append("", "x"), "\u{feff}x\n");
    check("one", &append("", "two\n"), "one\n\ntwo");
    check("one\n\n\n", &append("", "two"), "one\n\ntwo\n\n\n");
    check("---\na: 1\n---\n", &append("", "x"), "---\na: 1\n---\nx\n");
    check("---\na: 1\n---", &append("", "x"), "---\na: 1\n---\nx");
    check("- a\r\n", &append("", "- b"), "- a\r\n- b\r\n");
    check("1. a\n", &append("", "2. b"), "1. a\n2. b\n");
    check_refused("", &append("", "---\na: 1\n---\n"), "properties");
}

#[test]
fn a_text_is_prepended() {
    check("one\n", &prepend("", "zero"), "zero\n\none\n");
    check("- one\n", &prepend("", "- zero"), "- zero\n- one\n");
    check("# A\n", &prepend("", "zero"), "zero\n# A\n");
    check("---\na: 1\n---\none\n", &prepend("", "zero"), "---\na: 1\n---\nzero\n\none\n");
    check("\u{feff}one\r\n", &prepend("", "zero"), "\u{feff}zero\r\n\r\none\r\n");
    check("# A\n2. one\n", &prepend("A", "- zero\n\nx"), "# A\n- zero\n\nx\n\n2. one\n");
    check("# A\n# B\n", &append("A", "x\n\n<p>"), "# A\nx\n\n<p>\n\n# B\n");
    check("# A\none\n", &prepend("A", "zero"), "# A\nzero\n\none\n");
    check("# A\n\none\n", &prepend("A", "zero"), "# A\nzero\n\none\n");
    check("# A\n- one\n", &prepend("A", "- zero"), "# A\n- zero\n- one\n");
    check("# A", &prepend("A", "zero"), "# A\nzero");
    check("A\n===\none\n", &prepend("A", "zero"), "A\n===\nzero\n\none\n");
    check_refused("one\n", &prepend("", "---\na: 1\n---"), "properties");
}

#[test]
fn a_missing_section_is_made() {
    check("# T\none\n", &create("Log", "x"), "# T\none\n\n## Log\nx\n");
    check("# T\n## A\n\n# U\n", &create("T/Log", "x"), "# T\n## A\n\n## Log\nx\n\n# U\n");
    check("", &create("Log/Day", "x"), "## Log\n### Day\nx\n");
    check("---\na: 1\n---\n", &create("## Log", "x"), "---\na: 1\n---\n## Log\nx\n");
    check("a\r\n", &create(r"TCP\/IP", "x"), "a\r\n\r\n## TCP/IP\r\nx\r\n");
    check("# Log\n", &create("log", "x"), "# Log\nx\n");
    check_refused("# S\n# S\n", &create("S", "x"), "AmbiguousSection");
    check_refused("# S\n# S\n", &create("S/T", "x"), "AmbiguousSection");
    check_refused("", &create("a\nb", "x"), "called");
    check_refused("###### A\n", &create("A/B", "x"), "level 7");
    check_refused("```\n", &create("A", "x"), "line 1");
}

#[test]
fn a_section_is_replaced_below_its_heading() {
    check("# A\n\none\ntwo\n\n# B\n", &section("A", "x\n", false), "# A\n\nx\n\n# B\n");
    check("# A\none\n# B\n", &section("A", "x", false), "# A\nx\n# B\n");
    check("# A\n# B\n", &section("A", "x", false), "# A\nx\n# B\n");
    check("# A\none\n## In\n\n# B\n", &section("A", "", false), "# A\n\n# B\n");
    check("# A\none", &section("A", "x\n", false), "# A\nx");
    check("A\n---\none\n", &section("A", "x", false), "A\n---\nx\n");
    check("# A\r\none\r\n", &section("A", "x\ny", false), "# A\r\nx\r\ny\r\n");
    check("# A\none\n", &section("A", "# A\n\nx", false), "# A\nx\n");
    check_warning("# A\none\n", &section("A", "# A\n\nx", false), "repeated");
    check_warning("# A\none\n", &section("A", "x\n## In", false), "");
    check_warning("# A\none\n", &section("A", "x\n# B", false), "`B`");
    check_refused("# A\none\n# B\n", &section("A", "```\nx", false), "close it");
}

#[test]
fn a_section_is_replaced_with_its_heading() {
    check("x\n# A\none\n\n# B\n", &section("A", "# C\ntwo", true), "x\n# C\ntwo\n\n# B\n");
    check_warning("# A\none\n", &section("A", "# C\ntwo", true), "");
    check_warning("# A\none\n", &section("A", "two", true), "no heading");
    check_warning("# A\none\n", &section("A", "## A\ntwo", true), "level");
    check_warning("# A\none\n", &section("A", "# A\n# B", true), "`B`");
    check_refused("# A\none\n", &section("A", "", true), "empty");
}

#[test]
fn a_section_is_deleted_with_all_inside() {
    check("# A\none\n## In\n\n# B\n", &delete("A"), "# B\n");
    check("# A\none\n\n# B\ntwo\n", &delete("B"), "# A\none\n");
    check("# A\none\n\n# B\ntwo", &delete("B"), "# A\none");
    check("# A\none\r\n\r\n# B\r\n", &delete("B"), "# A\none\r\n");
    check("# A\none\n", &delete("A"), "");
    check("---\na: 1\n---\n\n# A\n", &delete("A"), "---\na: 1\n---\n");
    check("\u{feff}# A\n", &delete("A"), "\u{feff}");
}

#[test]
fn a_text_is_put_beside_a_section() {
    check("# A\none\n# B\n", &insert(true, "B", "## In\nx"), "# A\none\n\n## In\nx\n\n# B\n");
    check("# A\none\n\n# B\n", &insert(true, "B", "x"), "# A\none\n\nx\n\n# B\n");
    check("# A\n", &insert(true, "A", "x"), "x\n\n# A\n");
    check("---\na: 1\n---\n# A\n", &insert(true, "A", "x"), "---\na: 1\n---\nx\n\n# A\n");
    check(
        "# A\n## In\none\n\n# B\n",
        &insert(false, "A", "# X"),
        "# A\n## In\none\n\n# X\n\n# B\n",
    );
    check("# A\none", &insert(false, "A", "# X\n"), "# A\none\n\n# X");
}
