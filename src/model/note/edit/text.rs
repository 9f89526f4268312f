//! Edits that name a text or lines. Knows line ends; knows no Markdown but where a section lies.

use std::{borrow::Cow, ops::Range};

use crate::model::{
    lines::LineRange,
    note::edit::{
        EditRefusal,
        draft::{Change, Draft, Splice},
        section,
    },
};

/// Lines that a refusal names.
const LINES_MOST: usize = 50;

pub(super) fn replace(draft: &Draft, old: &str, new: &str, expect: usize, within: Option<&str>) -> Result<Change, EditRefusal> {
    if old.is_empty() {
        return Err(EditRefusal::Invalid("`old` is empty".to_owned()));
    }
    if expect == 0 {
        return Err(EditRefusal::Invalid(
            "`expect` is 0: it is how often `old` must stand there".to_owned(),
        ));
    }
    let range = match within {
        Some(path) => section::find(draft, path)?.range,
        None => 0..draft.text.len(),
    };
    let found = occurrences(&draft.text[range.clone()], old);
    let found: Vec<Range<usize>> = found.into_iter().map(|it| range.start + it.start..range.start + it.end).collect();
    if found.is_empty() {
        return Err(EditRefusal::TextNotFound);
    }
    if found.len() != expect {
        let line = |it: &Range<usize>| draft.lines().line_of(it.start) + 1;
        return Err(EditRefusal::TextAmbiguous {
            found: found.len(),
            lines: found.iter().take(LINES_MOST).map(line).collect(),
        });
    }
    let splice = |range: Range<usize>| Splice {
        text: draft.fit(new, range.start),
        range,
    };
    Ok(Change {
        splices: found.into_iter().map(splice).collect(),
        ..Change::default()
    })
}

/// Returns where `old` stands; every line end of it stands for either kind.
fn occurrences(text: &str, old: &str) -> Vec<Range<usize>> {
    let old: Cow<'_, str> = if old.contains("\r\n") {
        old.replace("\r\n", "\n").into()
    } else {
        old.into()
    };
    if !old.contains('\n') || !text.contains("\r\n") {
        return text.match_indices(&*old).map(|(at, it)| at..at + it.len()).collect();
    }
    let plain = text.replace("\r\n", "\n");
    // Where `plain` lacks a carriage return.
    let mut lacking = Vec::new();
    for (at, _) in text.match_indices("\r\n") {
        lacking.push(at - lacking.len());
    }
    let original = |at: usize| at + lacking.partition_point(|&it| it < at);
    plain
        .match_indices(&*old)
        .map(|(at, it)| original(at)..original(at + it.len()))
        .collect()
}

pub(super) fn replace_lines(draft: &Draft, lines: LineRange, text: &str) -> Result<Change, EditRefusal> {
    let count = draft.lines().count();
    if lines.start == 0 || lines.end < lines.start || lines.end > count {
        return Err(EditRefusal::Invalid(format!(
            "the note has {count} lines, so there are no lines {}-{}",
            lines.start, lines.end
        )));
    }
    let range = draft.lines().bytes_of(lines);
    let mut text = draft.fit(text, range.start);
    let ends_line = draft.text[range.clone()].ends_with('\n');
    if !text.is_empty() && ends_line && !text.ends_with('\n') {
        text.push_str(draft.line_end_at(range.start));
    }
    if !ends_line && text.ends_with('\n') {
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
    }
    Ok(Change {
        splices: vec![Splice { range, text }],
        ..Change::default()
    })
}
