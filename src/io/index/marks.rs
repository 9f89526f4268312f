//! The terms of the field `property`: the properties of a note, their values, and marks of the note as a whole. Knows how they are spelled,
//! so that conditions are decided without reading notes; knows no postings.

use std::collections::HashSet;

use crate::{
    io::index::pieces::is_opaque,
    model::{note::Note, passage::Passage, yaml::Value},
};

/// Longer property values are not listed.
const MAX_VALUE: usize = 500;

/// Stands between a name and a value, and before every mark; names and values that hold it are not listed.
pub(super) const SEPARATOR: char = '\u{1f}';

/// The note's terms do not show all of its text.
pub(super) const OPAQUE: &str = "\u{1f}opaque";
/// The note has an open task, or one with any other mark.
pub(super) const TODO: &str = "\u{1f}todo";
pub(super) const DONE: &str = "\u{1f}done";

/// In the place of a value: there are values that are not listed; the value is nothing; it is nothing, an empty text or an empty list.
pub(super) const UNLISTED: &str = "\u{1f}unlisted";
pub(super) const NULL: &str = "\u{1f}null";
pub(super) const EMPTY: &str = "\u{1f}empty";

/// Returns the terms of a note.
pub(super) fn marks(text: &str, note: &Note, passages: &[Passage]) -> Vec<String> {
    let mut marks = Vec::new();
    let mut add = |holds: bool, mark: &str| marks.extend(holds.then(|| mark.to_owned()));
    add(is_opaque(text, passages.iter().map(|it| it.range.start)), OPAQUE);
    let mut boxes = note.list_items.iter().filter_map(|it| it.task);
    add(boxes.clone().any(|it| it == ' '), TODO);
    add(boxes.any(|it| it != ' '), DONE);
    let mut known = HashSet::new();
    for (name, value) in note.frontmatter.iter().flat_map(|it| &it.properties) {
        let name = name.to_lowercase();
        // Of names that differ in case only, the first is the property.
        if name.contains(SEPARATOR) || !known.insert(name.clone()) {
            continue;
        }
        let mut value_mark = |value: &str| marks.push(value_term(&name, value));
        if *value == Value::Null {
            value_mark(NULL);
        }
        if is_empty(value) {
            value_mark(EMPTY);
        }
        values(value, &mut value_mark);
        marks.push(name);
    }
    marks
}

/// Returns the term of a value in lower case, or of what stands in its place.
pub(super) fn value_term(name: &str, value: &str) -> String {
    format!("{name}{SEPARATOR}{value}")
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn values(value: &Value, emit: &mut impl FnMut(&str)) {
    match value {
        Value::Null => {}
        Value::List(items) => items.iter().for_each(|it| values(it, emit)),
        Value::Map(_) => emit(UNLISTED),
        scalar => {
            let text = scalar.scalar_text().unwrap_or_default().to_lowercase();
            // The dot is what `İ` leaves, the one letter that lower case makes longer.
            let listed = text.len() <= MAX_VALUE && !text.contains([SEPARATOR, '\u{307}']);
            emit(if listed { &text } else { UNLISTED });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found = marks(text, &Note::parse(text), &[]);
        assert_eq!(
            found.iter().map(|it| it.replace(SEPARATOR, "|")).collect::<Vec<_>>(),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn properties_are_listed_by_name_and_value() {
        check(
            "---\nStatus: Draft\nn: [1, true]\n---\n",
            &["status|draft", "status", "n|1", "n|true", "n"],
        );
        check(
            "---\na:\nb: \"\"\nc: []\n---\n",
            &["a||null", "a||empty", "a", "b||empty", "b|", "b", "c||empty", "c"],
        );
        check("---\na: {b: c}\nA: second\n---\n", &["a||unlisted", "a"]);
        check(
            &format!("---\na: {}\n\"b\\x1fc\": d\n---\n", "x".repeat(501)),
            &["|opaque", "a||unlisted", "a"],
        );
    }

    #[test]
    fn tasks_and_hidden_text_are_marked() {
        check("- [ ] a\n- [/] b\n", &["|todo", "|done"]);
        check("`- [ ]` and [ ] are no tasks", &[]);
        check("cafe\u{301}", &["|opaque"]);
    }
}
