//! Makes findings fit the text's structure, so that a masked text is as valid as it was: each within a scalar, a bare one whole where a mask
//! would not be one. Knows how YAML and JSON are written; must not know why something was found.

use std::ops::Range;

use super::{
    super::Found,
    outline::{Scalar, Style},
};

/// Returns the findings within the scalars. Keys are left alone where only what stands in values was looked for.
pub(super) fn fit(text: &str, scalars: &[Scalar], found: Vec<Found>, with_keys: bool) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    for Found { range, kind } in found {
        // The keys of a Secret tell what it is for.
        let with_keys = with_keys && kind != "kubernetes-secret";
        let hit: Vec<&Scalar> = hit(scalars, &range).collect();
        if hit.is_empty() {
            // The head of a block is no secret, nor is an alias; a token may be the name of one.
            if with_keys && text[range.clone()].contains(char::is_alphabetic) {
                all.push(Found { range, kind });
            }
            continue;
        }
        for it in hit.into_iter().filter(|it| with_keys || !it.is_key) {
            let piece = range.start.max(it.range.start)..range.end.min(it.range.end);
            let piece = match it.style {
                Style::Plain if it.is_flow || piece.start == it.range.start => it.range.clone(),
                Style::Double | Style::Single => escapes(text, piece, it.range.clone(), it.style),
                Style::Comment => comment(text, piece, &it.range),
                Style::Plain | Style::Block => {
                    let spaces = text[piece.clone()].len() - text[piece.clone()].trim_start().len();
                    piece.start + spaces..piece.end
                }
            };
            if !piece.is_empty() {
                all.push(Found { range: piece, kind });
            }
        }
    }
    all
}

/// Tells whether a finding is a bare value.
pub(super) fn is_bare(scalars: &[Scalar], found: &Found) -> bool {
    hit(scalars, &found.range).next().is_some_and(|it| it.style == Style::Plain)
}

fn hit<'s>(scalars: &'s [Scalar], range: &Range<usize>) -> impl Iterator<Item = &'s Scalar> {
    let end = range.end;
    let first = scalars.partition_point(|it| it.range.end <= range.start);
    scalars[first..].iter().take_while(move |it| it.range.start < end)
}

/// Leaves a comment its marks, without which it would be none.
fn comment(text: &str, piece: Range<usize>, whole: &Range<usize>) -> Range<usize> {
    let marks = |it: &str| it.len() - it.trim_start_matches(['#', '/', '*', ' ', '\t']).len();
    let start = piece.start.max(whole.start + marks(&text[whole.clone()]));
    let end = if text[whole.clone()].ends_with("*/") {
        whole.end - 2
    } else {
        whole.end
    };
    start..piece.end.min(end).max(start)
}

/// Widens a piece of a quoted text to whole escapes: `\"`, `\u0041`, `''`.
fn escapes(text: &str, mut piece: Range<usize>, whole: Range<usize>, style: Style) -> Range<usize> {
    let bytes = text.as_bytes();
    let n_before = |at: usize, mark: u8| bytes[whole.start..at].iter().rev().take_while(|it| **it == mark).count();
    if style == Style::Single {
        let is_cut = |at: usize| at < whole.end && bytes[at] == b'\'' && n_before(at, b'\'') % 2 == 1;
        if is_cut(piece.start) {
            piece.start -= 1;
        }
        if is_cut(piece.end) {
            piece.end += 1;
        }
        return piece;
    }
    let is_cut = |at: usize| n_before(at, b'\\') % 2 == 1;
    let n_digits = bytes[whole.start..piece.start]
        .iter()
        .rev()
        .take_while(|it| it.is_ascii_hexdigit())
        .take(8)
        .count();
    let code = piece.start - n_digits;
    if is_cut(piece.start) {
        piece.start -= 1;
    } else if code > whole.start + 1 && b"xuU".contains(&bytes[code - 1]) && is_cut(code - 1) {
        piece.start = code - 2;
    }
    if piece.end < whole.end && is_cut(piece.end) {
        piece.end += text[piece.end..].chars().next().map_or(0, char::len_utf8);
    }
    piece
}

/// Leaves a line the mark that it goes on in the next.
pub(super) fn in_lines(text: &str, mut found: Found) -> Found {
    let goes_on = text[found.range.end..].starts_with(['\n', '\r']);
    let secret = text[found.range.clone()].trim_end_matches('\\');
    if goes_on && !secret.is_empty() {
        found.range.end = found.range.start + secret.len();
    }
    found
}

/// Makes a finding fit TOML, where a bare value is a number or a date.
pub(super) fn in_toml(text: &str, found: Found) -> (Found, bool) {
    let before = &text.as_bytes()[found.range.start.saturating_sub(MAX_KEY)..found.range.start];
    let line = memchr::memrchr(b'\n', before).map_or(0, |it| it + 1);
    let before = before[line..].trim_ascii_end();
    let is_assigned = before.contains(&b'=') && before.last().is_some_and(|it| b"=[,".contains(it));
    let is_bare = is_assigned && !before.iter().any(|it| b"\"'#".contains(it));
    (found, is_bare)
}

/// So far before a value of TOML its key is looked for.
const MAX_KEY: usize = 300;
