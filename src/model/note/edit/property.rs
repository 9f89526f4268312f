//! Edits of one property. Knows which lines a value takes; knows no tag.

use crate::model::{
    note::edit::{
        EditRefusal,
        draft::{Change, Draft, Splice},
        head::{self, Head, verified},
        render,
    },
    yaml::Value,
};

pub(super) fn set(draft: &Draft, name: &str, value: &Value) -> Result<Change, EditRefusal> {
    let head = Head::read(draft)?;
    let written = render::name(name)?;
    let rendered = render::value(value);
    let mut expected = head.properties.clone();
    let Some(index) = head.index_of(name)? else {
        expected.push((name.to_owned(), value.clone()));
        let line = format!("{written}:{rendered}\n");
        let (at, text) = match head.end {
            Some(at) => (at, line),
            None => (if draft.text.starts_with('\u{feff}') { 3 } else { 0 }, format!("---\n{line}---\n")),
        };
        let text = draft.fit(&text, at);
        return verified(draft, Splice { range: at..at, text }, &expected);
    };
    if expected[index].1 == *value {
        return Ok(Change::default());
    }
    expected[index].1 = value.clone();
    let entry = &head.entries[index];
    let old = &draft.text[entry.value..entry.range.end];
    let text = draft.fit(&rendered, entry.value);
    if let Some(comment) = comment_of(old) {
        // A comment beside the name or behind the value stays.
        let text = if text.contains('\n') {
            format!("{comment}{text}")
        } else {
            format!("{text}{comment}")
        };
        let range = entry.value..entry.range.end;
        if let Ok(change) = verified(draft, Splice { range, text }, &expected) {
            return Ok(change);
        }
    }
    let range = entry.value..entry.range.end;
    verified(draft, Splice { range, text }, &expected)
}

pub(super) fn remove(draft: &Draft, name: &str) -> Result<Change, EditRefusal> {
    let head = Head::read(draft)?;
    let Some(index) = head.index_of(name)? else {
        return Ok(Change::default().warn(format!("the note has no property `{name}`")));
    };
    let mut expected = head.properties;
    expected.remove(index);
    let range = &head.entries[index].range;
    let end = draft.lines().start_of(draft.lines().line_of(range.end) + 1);
    let splice = Splice {
        range: range.start..end,
        text: String::new(),
    };
    verified(draft, splice, &expected).or_else(|_| head::refuse(&format!("the property `{name}` cannot be taken away alone")))
}

/// Returns the comment on the first line of a value with the white space before it, unless the line is part of a longer value.
fn comment_of(value: &str) -> Option<&str> {
    let first = value.lines().next()?;
    let mut quote = None;
    let mut before = ' ';
    for (at, character) in first.char_indices() {
        match (quote, character) {
            (None, '"' | '\'') if before == ' ' => quote = Some(character),
            (Some(open), it) if open == it => quote = None,
            (None, '#') if before == ' ' || before == '\t' => {
                let start = first[..at].trim_end().len();
                return (start == 0 || !value.contains('\n')).then_some(&first[start..]);
            }
            _ => {}
        }
        before = character;
    }
    None
}
