//! Secrets in the tables of Markdown: in the cell after a telling one, or below a telling header. Knows rows and cells; a value must look made up
//! or, below a header, be a single word: tables explain as often as they tell.

use std::ops::Range;

use super::{
    super::{Found, keyed},
    key, role, word,
};

/// Returns the values beside and below telling names.
pub(super) fn find(text: &str, is_prose: bool) -> Vec<Found> {
    let mut all = Vec::new();
    let mut header: Vec<Telling> = Vec::new();
    let mut previous = 0..0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let whole = at..at + line.trim_end().len();
        at += line.len();
        // A table may be written without bars at its edges: the line below the header tells.
        let is_rule = is_prose && line.contains('|') && line.bytes().all(|it| b"|:- \t\r\n".contains(&it)) && line.contains("--");
        if is_rule && header.is_empty() {
            header = kinds(text, &cells(text, previous.clone()));
        }
        let is_row = line.trim_start().starts_with('|') || is_prose && !header.is_empty() && line.contains('|');
        previous = whole.clone();
        if !is_row {
            header.clear();
            continue;
        }
        let cells = cells(text, whole);
        let kinds = kinds(text, &cells);
        for (column, cell) in cells.iter().enumerate() {
            let value = &text[cell.clone()];
            let beside = column.checked_sub(1).and_then(|it| kinds[it].kind);
            let above = header.get(column).copied().unwrap_or_default();
            let is_made_up = |it: &&'static str| value.is_ascii() && keyed::is_secret(value, it) && !key::is_harmless(value);
            // The first column says what its row is about.
            let is_word = |it: &&'static str| is_prose && column > 0 && !above.is_weak && word::is_secret(value, it);
            // `| Key | Value |`, `| Name | Type | Default |`
            let of_row = kinds[0].kind.filter(|_| above.is_value && !kinds[0].is_weak);
            let kind = beside.or(above.kind).filter(is_made_up);
            let kind = kind.or_else(|| above.kind.filter(is_word)).or_else(|| of_row.filter(is_word));
            if let Some(kind) = kind {
                all.push(Found { range: cell.clone(), kind });
            }
        }
        if header.is_empty() {
            header = kinds;
        }
    }
    all
}

/// What a cell says of those below and beside it.
#[derive(Debug, Clone, Copy, Default)]
struct Telling {
    kind: Option<&'static str>,
    is_weak: bool,
    /// What stands below are values of what the first column names.
    is_value: bool,
}

/// Headers above values.
const VALUES: [&str; 6] = ["value", "values", "default", "wert", "standard", "valeur"];

fn kinds(text: &str, cells: &[Range<usize>]) -> Vec<Telling> {
    let telling = |name: &str| Telling {
        kind: key::kind_of(name),
        is_weak: role::is_weak(name),
        is_value: VALUES.iter().any(|it| name.eq_ignore_ascii_case(it)),
    };
    cells.iter().map(|it| telling(&text[it.clone()])).collect()
}

/// Returns where the cells of a row stand, without what emphasizes them.
fn cells(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    let mut at = line.start;
    let line = &text[line];
    let has_edge = line.trim_start().starts_with('|');
    let cells = line.split('|').map(|cell| {
        let bare = cell.trim_matches([' ', '\t', '`', '*', '"', '\'']);
        let from = at + cell.find(bare).unwrap_or(0);
        at += cell.len() + 1;
        from..from + bare.len()
    });
    // What stands before the bar at the edge is no cell.
    cells.skip(usize::from(has_edge)).collect()
}
