//! Block ids: ` ^id` at the end of a block or list item, or alone below a block that cannot hold one.

use crate::model::note::{BlockKind, Diagnostic, DiagnosticKind, Note};

/// Gives blocks and list items their ids, and reports ids that are there twice.
pub(super) fn assign(text: &str, note: &mut Note) {
    for item in &mut note.list_items {
        item.id = trailing(&text[item.range.clone()]).map(str::to_owned);
    }
    for at in 0..note.blocks.len() {
        let block = &note.blocks[at];
        let own = &text[block.range.clone()];
        let found = match block.kind {
            BlockKind::Paragraph | BlockKind::Heading | BlockKind::Blockquote | BlockKind::Callout => trailing(own),
            _ => None,
        };
        let Some(id) = found.map(str::to_owned) else { continue };
        let alone = own.trim().len() == id.len() + 1;
        let target = if alone && at > 0 && takes_id_below(note.blocks[at - 1].kind) {
            at - 1
        } else {
            at
        };
        note.blocks[target].id = Some(id);
    }
    duplicates(note);
}

/// Says whether an id on a line of its own below this block names it.
fn takes_id_below(kind: BlockKind) -> bool {
    !matches!(
        kind,
        BlockKind::Yaml | BlockKind::Heading | BlockKind::Paragraph | BlockKind::ThematicBreak
    )
}

/// Returns the id that a block's text ends with: letters, digits and `-`, after white space or alone.
fn trailing(text: &str) -> Option<&str> {
    let line = text.trim_end();
    let id = line.trim_end_matches(|it: char| it.is_ascii_alphanumeric() || it == '-');
    let before = id.strip_suffix('^')?;
    // The help itself writes an id right behind an embed: `![[image.png]]^id`.
    let separate = before.is_empty() || before.ends_with(char::is_whitespace) || before.ends_with("]]");
    (separate && id.len() < line.len()).then(|| &line[id.len()..])
}

fn duplicates(note: &mut Note) {
    let blocks = note.blocks.iter().map(|it| (&it.id, &it.range));
    let items = note.list_items.iter().map(|it| (&it.id, &it.range));
    let mut all: Vec<_> = blocks
        .chain(items)
        .filter_map(|(id, range)| Some((id.as_deref()?, range)))
        .collect();
    all.sort_by_key(|(_, range)| range.start);
    let lower = |at: usize| all[at].0.bytes().map(|it| it.to_ascii_lowercase());
    let mut by_id: Vec<usize> = (0..all.len()).collect();
    by_id.sort_by(|&a, &b| lower(a).cmp(lower(b)));
    let equal = by_id.windows(2).filter(|it| all[it[0]].0.eq_ignore_ascii_case(all[it[1]].0));
    let mut twice: Vec<usize> = equal.map(|it| it[1]).collect();
    twice.sort_unstable();
    let found: Vec<_> = twice
        .into_iter()
        .map(|at| all[at])
        .map(|(id, range)| Diagnostic {
            kind: DiagnosticKind::DuplicateBlock,
            range: range.clone(),
            detail: ["the block id `^", id, "` is there more than once: links reach the first"].concat(),
        })
        .collect();
    note.diagnostics.extend(found);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e15_e17_an_id_stands_alone_at_the_end() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(trailing(text), expected, "{text:?}");
        check("Paragraph ^block-id", Some("block-id"));
        check("Paragraph ^block-id  \n", Some("block-id"));
        check("^agent-2026-01", Some("agent-2026-01"));
        check("Paragraph ^block-id trailing", None);
        check("`^block-id`", None);
        check("x^2", None);
        check("a ^b_c", None);
        check("a ^", None);
        check("😀 ^id", Some("id"));
    }
}
