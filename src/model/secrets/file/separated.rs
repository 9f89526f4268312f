//! Secrets in tables of separated values: what stands below a telling header. Knows fields and quotes; must not know other tables.

use std::ops::Range;

use memchr::memchr2;

use super::{super::Found, key};

/// Returns the fields below telling headers.
pub(super) fn find(text: &str) -> Vec<Found> {
    let head = text.lines().next().unwrap_or_default();
    let separator = [b';', b'\t', b'|']
        .into_iter()
        .find(|it| head.as_bytes().contains(it))
        .unwrap_or(b',');
    let mut all = Vec::new();
    let (mut at, mut column, mut row, mut has_quotes) = (0, 0, 0, true);
    let mut kinds: Vec<Option<&'static str>> = Vec::new();
    while at < text.len() {
        let (field, end) = field(text, at, separator, &mut has_quotes);
        let value = text[field.clone()].trim();
        if row == 0 {
            kinds.push(key::kind_of(value));
        } else if let Some(kind) = kinds.get(column).copied().flatten().filter(|_| !key::is_harmless(value)) {
            all.push(Found { range: field, kind });
        }
        let is_end = text.as_bytes().get(end) == Some(&b'\n');
        (column, row) = if is_end { (0, row + 1) } else { (column + 1, row) };
        at = end + 1;
        // Nothing tells: the rest need not be read.
        if row == 1 && kinds.iter().all(Option::is_none) {
            break;
        }
    }
    all
}

/// Returns a field without its quotes, and where it ends.
fn field(text: &str, at: usize, separator: u8, has_quotes: &mut bool) -> (Range<usize>, usize) {
    let bytes = text.as_bytes();
    if *has_quotes && bytes[at] == b'"' {
        let mut end = at + 1;
        while end < bytes.len() && (bytes[end] != b'"' || bytes.get(end + 1) == Some(&b'"')) {
            end += if bytes[end] == b'"' { 2 } else { 1 };
        }
        if end < bytes.len() {
            let after = memchr2(separator, b'\n', &bytes[end..]).map_or(bytes.len(), |it| end + it);
            return (at + 1..end, after);
        }
        // Where one never closes, none is looked for again.
        *has_quotes = false;
    }
    let end = memchr2(separator, b'\n', &bytes[at..]).map_or(bytes.len(), |it| at + it);
    let trimmed = at + text[at..end].trim_end_matches('\r').len();
    (at..trimmed, end)
}
