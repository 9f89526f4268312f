//! Secrets in the tables of Markdown: in the cell after a telling one, or below a telling header. Knows rows and cells; a value must look made up,
//! for tables explain as often as they tell.

use std::ops::Range;

use super::{
    super::{Found, keyed},
    key,
};

/// Returns the values beside and below telling names.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    let mut header: Vec<Option<&'static str>> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if !line.trim_start().starts_with('|') {
            header.clear();
            continue;
        }
        let cells = cells(start, line.trim_end());
        let kinds: Vec<Option<&'static str>> = cells.iter().map(|it| key::kind_of(&text[it.clone()])).collect();
        for (column, cell) in cells.iter().enumerate() {
            let beside = column.checked_sub(1).and_then(|it| kinds[it]);
            let kind = beside.or_else(|| header.get(column).copied().flatten());
            let value = &text[cell.clone()];
            if let Some(kind) = kind.filter(|it| value.is_ascii() && keyed::is_secret(value, it) && !key::is_harmless(value)) {
                all.push(Found { range: cell.clone(), kind });
            }
        }
        if header.is_empty() {
            header = kinds;
        }
    }
    all
}

/// Returns where the cells of a row stand, without what emphasizes them.
fn cells(start: usize, line: &str) -> Vec<Range<usize>> {
    let mut at = start;
    let cells = line.split('|').map(|cell| {
        let bare = cell.trim_matches([' ', '\t', '`', '*', '"', '\'']);
        let from = at + cell.find(bare).unwrap_or(0);
        at += cell.len() + 1;
        from..from + bare.len()
    });
    // What stands before the first bar is no cell.
    cells.skip(1).collect()
}
