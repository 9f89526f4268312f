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
    if !old.contains('\n')
        && !rendered.contains('\n')
        && let Some(comment) = comment_at(old)
    {
        // A comment behind the value stays.
        let range = entry.value..entry.value + comment;
        if let Ok(change) = verified(draft, Splice { range, text: text.clone() }, &expected) {
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

/// Returns where the white space before a comment begins in a value of one line.
fn comment_at(value: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (at, character) in value.char_indices() {
        match (quote, character) {
            (None, '"' | '\'') if before == ' ' => quote = Some(character),
            (Some(open), it) if open == it => quote = None,
            (None, '#') if before == ' ' || before == '\t' => return Some(value[..at].trim_end().len()),
            _ => {}
        }
        before = character;
    }
    None
}
