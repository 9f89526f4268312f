//! Tokens that a line end parts in two: folded by YAML, or with a backslash. Knows how lines go on; the shapes of tokens are asked elsewhere.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::super::{Found, find};

/// How tokens begin.
macro_rules! beginnings {
    () => {
        concat!(
            r"(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|sk-|[sr]k_live_|AKIA|ASIA|AIza|eyJ|hvs\.|npm_|pypi-|hf_|do[opr]_v1_|glsa_|SG\.|ya29\.|tskey-",
            r"|whsec_|dckr_pat_|lin_api_|ntn_|syt_|AGE-SECRET-KEY-|LS0tLS1CRUdJTi)"
        )
    };
}

/// What a text must hold for the search to be worth it: the beginning of a token that reaches to the end of its line.
pub(super) const TRIGGER: &str = concat!(beginnings!(), r"[A-Za-z0-9_.+/=-]*\\?[ \t\r]*\n");

static BEGINNING: LazyLock<Regex> = LazyLock::new(|| Regex::new(concat!("^", beginnings!())).expect("the pattern is constant"));

/// How many lines a token may go on for: a key of 16,384 bits in Base64, 64 letters a line.
const MAX_LINES: usize = 300;

/// How many lines a value may take that goes on after backslashes.
const MAX_CONTINUED: usize = 5;

/// No line of a token is longer.
const MAX_LINE: usize = 4_096;

/// A shorter piece at the end of a line begins nothing.
const MIN: usize = 4;

/// Returns the pieces of tokens that are such only together.
pub(super) fn tokens(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    let mut done = 0;
    for end in memchr::memchr_iter(b'\n', text.as_bytes()) {
        if end < done {
            continue;
        }
        let first = last_word(text, end);
        if first.len() < MIN || first.start < done || !BEGINNING.is_match(&text[first.clone()]) {
            continue;
        }
        // Behind a whole token a word is a word.
        let is_whole = !find(&text[first.clone()]).is_empty();
        let goes_on = |it: &str| !is_whole || it.bytes().any(|it| !it.is_ascii_lowercase());
        let pieces = pieces(text, first, MAX_LINES, |_, it| goes_on(it));
        let whole: String = pieces.iter().map(|it| &text[it.clone()]).collect();
        for Found { range, kind } in find(&whole) {
            let mut before = 0;
            for piece in &pieces {
                let from = range.start.max(before);
                let to = range.end.min(before + piece.len());
                if from < to {
                    let start = piece.start + from - before;
                    all.push(Found {
                        range: start..start + to - from,
                        kind,
                    });
                }
                before += piece.len();
            }
        }
        done = pieces.last().map_or(end, |it| it.end);
    }
    all
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.+/=-".contains(&byte)
}

/// Returns the word before a line end, and before the backslash there.
fn last_word(text: &str, end: usize) -> Range<usize> {
    let from = end.saturating_sub(MAX_LINE);
    let line = text.as_bytes()[from..end].trim_ascii_end();
    let line = line.strip_suffix(b"\\").unwrap_or(line);
    let length = line.iter().rev().take_while(|it| is_letter(**it)).count();
    let end = from + line.len();
    // `token=x`: the word begins after the sign.
    let word = &text[end - length..end];
    let start = word.trim_end_matches('=').rfind('=').map_or(0, |it| it + 1);
    end - length + start..end
}

/// Returns a word with those that go on with it, each alone on its line but for the last, which may close quotes. What stands between two, and the
/// second, must be accepted.
fn pieces(text: &str, first: Range<usize>, most: usize, accepts: impl Fn(&str, &str) -> bool) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut pieces = vec![first];
    while pieces.len() < most
        && let Some(last) = pieces.last()
    {
        let mut at = last.end;
        let is_end = |it: &u8| matches!(it, b'\\' | b' ' | b'\t' | b'\r');
        at += bytes[at..].iter().take_while(|it| is_end(it)).count();
        if bytes.get(at) != Some(&b'\n') {
            break;
        }
        at += 1;
        at += bytes[at..].iter().take_while(|it| matches!(it, b' ' | b'\t')).count();
        let length = bytes[at..].iter().take(MAX_LINE).take_while(|it| is_letter(**it)).count();
        // A key or a sentence is no piece of a token.
        let is_alone = matches!(bytes.get(at + length), None | Some(b'\n' | b'\r' | b'\\' | b'"' | b'\''));
        let piece = &text[at..at + length];
        if length == 0 || !is_alone || piece.starts_with("---") || !accepts(&text[last.end..at], piece) {
            break;
        }
        pieces.push(at..at + length);
    }
    pieces
}

/// Adds what goes on after a backslash with what was found before it.
pub(super) fn continued(text: &str, all: &mut Vec<Found>) {
    let mut more = Vec::new();
    for it in all.iter() {
        let rest = &text.as_bytes()[it.range.end..];
        if rest.starts_with(b"\\\n") || rest.starts_with(b"\\\r\n") {
            let pieces = pieces(text, it.range.clone(), MAX_CONTINUED, |between, _| between.starts_with('\\'));
            more.extend(pieces.into_iter().skip(1).map(|range| Found { range, kind: it.kind }));
        }
    }
    all.append(&mut more);
}
