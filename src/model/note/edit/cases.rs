//! What each edit makes of a note, case by case.

use crate::model::{
    lines::LineRange,
    note::edit::{Edit, EditError, EditPlace, EditRefusal, plan},
};

mod blocks;
mod properties;
mod sections;

fn check(before: &str, edit: &Edit, after: &str) {
    let made = plan(before, std::slice::from_ref(edit)).map(|it| it.text);
    assert_eq!(made.as_deref(), Ok(after), "{before:?} {edit:?}");
}

fn refused(before: &str, edit: &Edit) -> EditRefusal {
    plan(before, std::slice::from_ref(edit)).expect_err(before).why
}

/// `part` stands in the reason.
fn check_refused(before: &str, edit: &Edit, part: &str) {
    let why = refused(before, edit);
    assert!(format!("{why:?}").contains(part), "{before:?}: {why:?}");
}

/// `part` stands in the only warning; empty for none.
fn check_warning(before: &str, edit: &Edit, part: &str) {
    let warnings = plan(before, std::slice::from_ref(edit)).expect(before).warnings;
    assert_eq!(warnings.len(), usize::from(!part.is_empty()), "{before:?}: {warnings:?}");
    assert!(warnings.iter().all(|it| it.contains(part)), "{before:?}: {warnings:?}");
}

/// A place is empty for the body, `^id` for a block, else a section.
fn place(name: &str) -> EditPlace {
    match name.strip_prefix('^') {
        Some(id) => EditPlace::Block(id.to_owned()),
        None if name.is_empty() => EditPlace::Body,
        None => EditPlace::Section(name.to_owned()),
    }
}

fn append(name: &str, text: &str) -> Edit {
    Edit::Append {
        text: text.to_owned(),
        place: place(name),
        create_section: false,
    }
}

fn prepend(name: &str, text: &str) -> Edit {
    Edit::Prepend {
        text: text.to_owned(),
        place: place(name),
        create_section: false,
    }
}

fn replace(old: &str, new: &str, expect: usize) -> Edit {
    Edit::ReplaceText {
        old: old.to_owned(),
        new: new.to_owned(),
        expect,
        within: None,
    }
}

fn lines(start: usize, end: usize, text: &str) -> Edit {
    Edit::ReplaceLines {
        lines: LineRange { start, end },
        text: text.to_owned(),
    }
}

#[test]
fn a_text_is_replaced_where_it_stands_as_often_as_expected() {
    check("one two\n", &replace("two", "2", 1), "one 2\n");
    check("a b a", &replace("a", "x", 2), "x b x");
    check("aaa", &replace("aa", "b", 1), "ba");
    check("a\n\nb\n", &replace("\n\nb", "", 1), "a\n");
    check("\u{feff}a", &replace("a", "b", 1), "\u{feff}b");
    assert_eq!(
        refused("a\nb\na\n", &replace("a", "x", 1)),
        EditRefusal::TextAmbiguous {
            found: 2,
            lines: vec![1, 3]
        }
    );
    assert_eq!(
        refused("a", &replace("a", "x", 2)),
        EditRefusal::TextAmbiguous { found: 1, lines: vec![1] }
    );
    assert_eq!(refused("a", &replace("b", "x", 1)), EditRefusal::TextNotFound);
    check_refused("a", &replace("", "x", 1), "empty");
    check_refused("a", &replace("a", "x", 0), "expect");
}

#[test]
fn a_line_feed_stands_for_the_notes_line_end() {
    check("a\r\nb\r\n", &replace("a\nb", "c\nd\ne", 1), "c\r\nd\r\ne\r\n");
    check("a\nb\n", &replace("a\r\nb", "c\r\nd", 1), "c\nd\n");
    check("x\r\na\nb\r\nc\n", &replace("a\nb\nc", "d\ne", 1), "x\r\nd\r\ne\n");
    check("a\r\nb\r\n", &replace("\nb", "", 1), "a\r\n");
    check("a\r\nb", &replace("a", "c\nd", 1), "c\r\nd\r\nb");
    check("a\r\n", &replace("a\n", "a", 1), "a");
}

#[test]
fn a_section_narrows_where_a_text_is_looked_for() {
    let within = |section: &str| Edit::ReplaceText {
        old: "x".to_owned(),
        new: "y".to_owned(),
        expect: 1,
        within: Some(section.to_owned()),
    };
    check("# A\nx\n# B\nx\n", &within("B"), "# A\nx\n# B\ny\n");
    check_refused("# A\nx\n## C\nx\n# B\nx\n", &within("A"), "TextAmbiguous");
    check_refused("# A\nx\n# B\n", &within("B"), "TextNotFound");
    check_refused("# A\nx\n# B\n", &within("C"), "SectionNotFound");
}

#[test]
fn lines_are_replaced() {
    check("a\nb\nc\n", &lines(2, 2, "x"), "a\nx\nc\n");
    check("a\nb\nc\n", &lines(2, 2, "x\n\n"), "a\nx\n\nc\n");
    check("a\nb\nc\n", &lines(1, 2, ""), "c\n");
    check("a\nb", &lines(2, 2, "x\n"), "a\nx");
    check("a\r\nb\r\n", &lines(1, 1, "x\ny"), "x\r\ny\r\nb\r\n");
    check_refused("a\nb\n", &lines(2, 3, "x"), "2 lines");
    check_refused("", &lines(1, 1, "x"), "0 lines");
    check_refused("a", &lines(0, 1, "x"), "lines");
}

#[test]
fn edits_follow_each_other_and_all_or_none_are_made() {
    let edits = [replace("a", "b", 1), replace("b", "c", 1), append("", "d")];
    assert_eq!(plan("a\n", &edits).map(|it| it.text), Ok("c\n\nd\n".to_owned()));
    let edits = [replace("a", "b", 1), replace("a", "c", 1)];
    let why = EditRefusal::TextNotFound;
    assert_eq!(plan("a\n", &edits), Err(EditError { at: 1, why }));
    assert_eq!(plan("a\n", &[]).map(|it| it.text), Ok("a\n".to_owned()));
}

#[test]
fn properties_that_a_text_edit_breaks_are_told() {
    check_warning("---\na: 1\n---\n", &replace("1", "[", 1), "not valid any more");
    check_warning("---\na: 1\n---\n", &lines(3, 3, ""), "no properties any more");
    check_warning("---\na: [\n---\nx\n", &replace("x", "y", 1), "");
}
