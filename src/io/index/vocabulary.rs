//! All terms of a segment's texts in one buffer, to be searched by any part of a term: a thousandth of a second where walking the
//! dictionary takes twenty. Knows terms; knows nothing of queries.

use anyhow::Result;
use memchr::{memchr, memmem, memrchr};
use tantivy::InvertedIndexReader;

/// Stands around every term; no term holds it, for it separates words.
const BOUND: u8 = b'\n';

/// The terms of one field of one segment: a bound, then each term with a bound after it.
pub(super) struct Vocabulary(Vec<u8>);

impl Vocabulary {
    /// Reads the dictionary through once.
    pub(super) fn of(inverted: &InvertedIndexReader) -> Result<Vocabulary> {
        let mut text = vec![BOUND];
        let mut stream = inverted.terms().stream()?;
        while stream.advance() {
            text.extend_from_slice(stream.key());
            text.push(BOUND);
        }
        text.shrink_to_fit();
        Ok(Vocabulary(text))
    }

    /// Returns the terms that hold a text: anywhere, or where they start, where they end, or both.
    pub(super) fn holding(&self, part: &str, starts: bool, ends: bool) -> Vec<&[u8]> {
        let bound = |at: bool| at.then_some(BOUND);
        let pattern: Vec<u8> = bound(starts).into_iter().chain(part.bytes()).chain(bound(ends)).collect();
        let finder = memmem::Finder::new(&pattern);
        let mut held = Vec::new();
        let mut from = 0;
        while let Some(at) = finder.find(&self.0[from..]).map(|it| from + it + usize::from(starts)) {
            let start = memrchr(BOUND, &self.0[..at]).map_or(0, |it| it + 1);
            let end = memchr(BOUND, &self.0[at..]).map_or(self.0.len(), |it| at + it);
            held.push(&self.0[start..end]);
            // The bound is where the next term may start.
            from = end;
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(part: &str, starts: bool, ends: bool, expected: &[&str]) {
        let vocabulary = Vocabulary(b"\na\naa\nba\nbanana\nbananas\n".to_vec());
        let held = vocabulary.holding(part, starts, ends);
        assert_eq!(
            held.iter().map(|it| str::from_utf8(it).unwrap()).collect::<Vec<_>>(),
            expected,
            "{part} {starts} {ends}"
        );
    }

    #[test]
    fn terms_are_found_by_any_part() {
        check("an", false, false, &["banana", "bananas"]);
        check("a", false, false, &["a", "aa", "ba", "banana", "bananas"]);
        check("ba", true, false, &["ba", "banana", "bananas"]);
        check("na", false, true, &["banana"]);
        check("a", true, true, &["a"]);
        check("aa", true, true, &["aa"]);
        check("nan", true, false, &[]);
    }
}
