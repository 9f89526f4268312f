//! Edits that name a block or a list item by its id. Knows markers and ids; knows no section.

use std::ops::Range;

use crate::model::note::{
    BlockKind,
    edit::{
        EditRefusal,
        draft::{Change, Draft},
        gap::{self, begins_item, body_of, marker_len},
        section::{put_above, put_below},
    },
    place::{self, NoPlace},
};

/// A block that was found: its bytes, and what stands before it on its first line.
struct Found<'d> {
    range: Range<usize>,
    line: usize,
    indent: &'d str,
}

fn find<'d>(draft: &'d Draft, id: &str) -> Result<Found<'d>, EditRefusal> {
    let range = place::block(draft.note(), id).map_err(|why| {
        let (NoPlace::NotFound { candidates } | NoPlace::Ambiguous { candidates, .. }) = why;
        EditRefusal::BlockNotFound {
            block: id.to_owned(),
            candidates,
        }
    })?;
    let line = draft.lines().start_of(draft.lines().line_of(range.start));
    let text = &draft.text[line..];
    let indent = &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
    if !draft.text[line..range.start].trim().is_empty() {
        return Err(EditRefusal::Invalid(format!(
            "the block `{id}` lies inside a quote or another item: use `replace_text`"
        )));
    }
    Ok(Found { range, line, indent })
}

pub(super) fn append(draft: &Draft, id: &str, text: &str) -> Result<Change, EditRefusal> {
    let found = find(draft, id)?;
    let text = beside(&found, body_of(text)?);
    let mut end = found.range.end;
    let blocks = &draft.note().blocks;
    let below = blocks.get(blocks.partition_point(|it| it.range.start < end));
    if let Some(below) = below {
        // An id on a line of its own stays with its block.
        let is_id = draft.text[below.range.clone()].trim().strip_prefix('^') == Some(id.trim_start_matches('^'));
        let goes_on = begins_item(&text) && draft.block_at(found.line).is_some_and(|it| it.kind == BlockKind::List);
        end = if is_id && !goes_on { below.range.end } else { end };
    }
    Ok(put_below(draft, draft.end_of_line(end), &text))
}

pub(super) fn prepend(draft: &Draft, id: &str, text: &str) -> Result<Change, EditRefusal> {
    let found = find(draft, id)?;
    let text = beside(&found, body_of(text)?);
    Ok(put_above(draft, found.line, &text))
}

/// A list item beside another is indented as that is.
fn beside(found: &Found<'_>, text: &str) -> String {
    if found.indent.is_empty() || !begins_item(text) || text.starts_with([' ', '\t']) {
        return text.to_owned();
    }
    let lines: Vec<String> = text
        .lines()
        .map(|it| {
            if it.is_empty() {
                String::new()
            } else {
                format!("{}{it}", found.indent)
            }
        })
        .collect();
    lines.join("\n")
}

/// Puts a text in the place of a block.
pub(super) fn replace(draft: &Draft, id: &str, text: &str) -> Result<Change, EditRefusal> {
    let found = find(draft, id)?;
    let text = gap::trimmed(text);
    body_of(text)?;
    let start = found.line + found.indent.len();
    let old = &draft.text[start..found.range.end];
    let mut new = text.trim_end().to_owned();
    if let (Some(len), false) = (marker_len(old), begins_item(text)) {
        new = format!("{}{}", &old[..len + box_len(&old[len..])], text.trim_start());
    } else if draft.block_at(start).is_some_and(|it| it.kind == BlockKind::Heading) && old.starts_with('#') && !text.starts_with('#') {
        let marks = old.len() - old.trim_start_matches('#').len();
        new = format!("{} {}", &old[..marks], text.trim_start());
    } else if !found.indent.is_empty() {
        new = text.trim_start().to_owned();
    }
    let id = id.trim_start_matches('^');
    let written = old.lines().find_map(|line| {
        let (_, last) = line.trim_end().rsplit_once('^')?;
        last.eq_ignore_ascii_case(id).then_some(last)
    });
    if let Some(written) = written
        && !new.lines().any(|line| line.trim_end().ends_with(&format!("^{written}")))
    {
        let first = if begins_item(&new) { own_len(&new) } else { new.len() };
        let last_line = new[..first].lines().last().unwrap_or_default().trim_start();
        let id = if last_line.starts_with(['|', '`', '~', '$']) {
            format!("\n\n^{written}")
        } else {
            format!(" ^{written}")
        };
        new.insert_str(first, &id);
    }
    let mut change = Change::local(start..found.range.end, draft.fit(&new, start));
    let next = draft.changed(&change)?;
    match place::block(next.note(), id) {
        Ok(_) => {
            change.next = Some(next);
            Ok(change)
        }
        Err(_) => Err(EditRefusal::Invalid(format!("the text cannot carry the block's id `^{id}`"))),
    }
}

/// Returns the length of an item's own text, above the items inside it: an item's id ends that.
fn own_len(item: &str) -> usize {
    let mut at = 0;
    for line in item.split_inclusive('\n') {
        if at > 0 && begins_item(line) {
            break;
        }
        at += line.len();
    }
    item[..at].trim_end().len()
}

/// Returns the length of a task's box and the space after it.
fn box_len(text: &str) -> usize {
    let mut characters = text.chars();
    let (open, mark, close, space) = (characters.next(), characters.next(), characters.next(), characters.next());
    match (open, mark, close, space) {
        (Some('['), Some(mark), Some(']'), Some(' ')) => 3 + mark.len_utf8(),
        _ => 0,
    }
}
