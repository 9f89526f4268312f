//! Private keys in PEM and PGP armour, over many lines or in one with `\n` written out. Knows the armour; must not know other secrets.

use std::sync::LazyLock;

use memchr::memmem;
use regex::Regex;

use super::Found;

static BEGIN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----").expect("the pattern is constant"));

/// How many characters of a key must follow the first line: prose that only names it has none.
const MIN_KEY: usize = 16;

/// No word of prose is as long.
const MIN_WORD: usize = 40;

/// How the last line begins.
const END: &str = "-----END ";

/// An RSA key of 16,384 bits in PEM has about 13 kB.
const MAX_KEY: usize = 20_000;

pub(super) fn find(text: &str) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    let mut ends = memmem::find_iter(text.as_bytes(), END).peekable();
    for begin in BEGIN.find_iter(text) {
        if all.last().is_some_and(|it| begin.start() < it.range.end) {
            continue;
        }
        let key = key_end(text, begin.end());
        if key < begin.end() + MIN_KEY {
            continue;
        }
        while ends.next_if(|it| *it < begin.end()).is_some() {}
        // A key that was cut off has no end of its own: only what looks like it goes.
        let end = match ends.peek() {
            Some(end) if *end <= key => closing(text, *end),
            _ => key,
        };
        all.push(Found {
            range: begin.start()..end,
            kind: "private-key",
        });
    }
    all
}

/// Returns where the lines end that can belong to a key.
fn key_end(text: &str, from: usize) -> usize {
    let is_key = |it: char| it.is_ascii_alphanumeric() || "+/=\\:,.-_ \t\r\n>".contains(it);
    // The next key begins another one, and no key is longer than this: so many beginnings take linear time.
    let mut limit = (from + MAX_KEY).min(text.len());
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let rest = &text[from..limit];
    let rest = &rest[..memmem::find(rest.as_bytes(), b"-----BEGIN ").unwrap_or(rest.len())];
    let length = rest.find(|it| !is_key(it)).unwrap_or(rest.len());
    let block = &rest[..length];
    // Any word could be a piece of a key; two in a row are prose, except in the headers of an encrypted one (`Proc-Type: 4,ENCRYPTED`).
    let mut end = 0;
    for line in block.split_inclusive('\n') {
        let closed = line.find(END);
        let words = line[..closed.unwrap_or(line.len())].trim_matches(|it: char| it.is_whitespace() || it == '>');
        if words.contains(' ') && !words.contains(": ") {
            // A key written in one line, and prose after it.
            let word = line.find(' ').filter(|it| *it >= MIN_WORD);
            end += word.unwrap_or(0);
            break;
        }
        if let Some(closed) = closed {
            end += closed + END.len();
            break;
        }
        end += line.len();
    }
    from + block[..end].trim_end().len()
}

/// Returns the end of the closing line's dashes, or of the line.
fn closing(text: &str, end: usize) -> usize {
    let line = &text[end..];
    let line = &line[..line.find('\n').unwrap_or(line.len())];
    let dashes = line[5..].find("-----").map(|it| it + 10);
    end + dashes.unwrap_or(line.trim_end().len())
}
