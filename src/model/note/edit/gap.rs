//! What stands between a text and its neighbours: a line end, or a blank line where Markdown would otherwise take them for one. Knows
//! blocks; knows no edit.

use crate::model::note::{
    BlockKind, Note,
    edit::{
        EditRefusal,
        draft::{Draft, hides},
    },
};

/// Returns a text without blank lines around it. There must be something left, and it must end what it begins, so that later edits
/// have a place below it.
pub(super) fn body_of(text: &str) -> Result<&str, EditRefusal> {
    match trimmed(text) {
        "" => Err(EditRefusal::Invalid("`text` is empty".to_owned())),
        text => ended(text),
    }
}

/// Refuses a text that leaves a block open.
pub(super) fn ended(text: &str) -> Result<&str, EditRefusal> {
    // What looks like properties is none in the middle of a note.
    let probe = format!("\n{text}\n\nx");
    let open = Note::parse(&probe).blocks.pop();
    match open.filter(|it| it.range.end == probe.len() && hides(it.kind, &probe[it.range.clone()])) {
        Some(_) => Err(EditRefusal::Invalid(
            "`text` leaves a block of code, a comment or a formula open: close it".to_owned(),
        )),
        None => Ok(text),
    }
}

/// Returns a text without blank lines around it; indentation of its first line stays.
pub(super) fn trimmed(text: &str) -> &str {
    let text = text.trim_end();
    let lead = text.len() - text.trim_start().len();
    let start = text[..lead].rfind('\n').map_or(0, |it| it + 1);
    &text[start..]
}

/// Returns a text to be put below the line that ends at `at` (before its line end), in the same line as nothing else.
pub(super) fn below(draft: &Draft, at: usize, text: &str) -> String {
    let end = draft.line_end_at(at);
    let above = if needs_gap_above(draft, at, text) { end } else { "" };
    let gap = if needs_gap_below(draft, at, text) { end } else { "" };
    format!("{end}{above}{}{gap}", draft.fit(text, at))
}

fn needs_gap_above(draft: &Draft, at: usize, text: &str) -> bool {
    match draft.block_at(at).map(|it| it.kind) {
        Some(BlockKind::List) => !begins_item(text),
        Some(BlockKind::Table) => !text.trim_start().starts_with('|'),
        Some(BlockKind::Heading | BlockKind::Yaml) => false,
        _ => at > draft.note().body_start() && !draft.text[..at].ends_with('\n'),
    }
}

/// Returns what must stand between the line above `at`, where a line begins, and a text that is put there.
pub(super) fn lead(draft: &Draft, at: usize, text: &str) -> &'static str {
    let start = draft.note().body_start();
    let above = draft.last_text(start..at);
    let has_gap = above == start || draft.text[above..at].matches('\n').count() > 1;
    if has_gap || !needs_gap_above(draft, above, text) {
        ""
    } else {
        draft.line_end_at(at)
    }
}

/// Says whether a blank line must follow a text that is put above the line after `at`.
pub(super) fn needs_gap_below(draft: &Draft, at: usize, text: &str) -> bool {
    let rest = &draft.text[at..];
    let Some(feed) = memchr::memchr(b'\n', rest.as_bytes()) else {
        return false;
    };
    needs_gap_to(draft, at + feed + 1, text)
}

/// The same for a line by its first byte.
pub(super) fn needs_gap_to(draft: &Draft, line: usize, text: &str) -> bool {
    let rest = &draft.text[line..];
    let first = &rest[..memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len())];
    if first.trim().is_empty() {
        return false;
    }
    match draft.block_at(line).map(|it| it.kind) {
        // Only `#` ends a paragraph or a list; HTML goes on to a blank line.
        Some(BlockKind::Heading) => !first.trim_start().starts_with('#') || ends_in_html(text),
        Some(BlockKind::List) => !ends_in_item(text) || !begins_item(first),
        _ => true,
    }
}

/// Says whether a text begins with the marker of a list item.
pub(super) fn begins_item(text: &str) -> bool {
    marker_len(text.trim_start()).is_some()
}

fn ends_in_item(text: &str) -> bool {
    begins_item(text) && text.lines().last().is_some_and(|it| begins_item(it) || it.starts_with([' ', '\t']))
}

fn ends_in_html(text: &str) -> bool {
    let mut last = text.lines().rev().take_while(|it| !it.trim().is_empty());
    last.any(|it| it.trim_start().starts_with('<'))
}

/// Returns the length of a list item's marker and the spaces after it.
pub(super) fn marker_len(line: &str) -> Option<usize> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let marker = match digits {
        0 => line.starts_with(['-', '*', '+']).then_some(1),
        1..=9 => line[digits..].starts_with(['.', ')']).then_some(digits + 1),
        _ => None,
    }?;
    let rest = &line[marker..];
    let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    (spaces > 0 || rest.is_empty() || rest.starts_with(['\n', '\r'])).then_some(marker + spaces)
}
