//! Any text is a natural query, and an Obsidian query or an error with its range; what is a query can be asked of any note. The first line
//! is the query, the rest the note.

#![no_main]

use libfuzzer_sys::fuzz_target;
use membridge::model::{
    path::NotePath,
    query::{self, Query, candidate::Candidate, evaluate::Matcher, explain::explain},
};

/// What the server takes.
const MAX_QUERY: usize = 2048;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (asked, note) = text.split_once('\n').unwrap_or((&text, "# A\n- [ ] a #b\n"));
    if asked.len() > MAX_QUERY {
        return;
    }
    ask(asked, &query::natural(asked), note);
    match query::obsidian(asked) {
        Ok(query) => ask(asked, &query, note),
        Err(error) => {
            assert!(asked.get(error.range.clone()).is_some(), "{error:?}");
            assert!(!error.message.is_empty());
        }
    }
});

fn ask(asked: &str, query: &Query, note: &str) {
    for evidence in &query.evidence {
        assert!(asked.get(evidence.range.clone()).is_some(), "{evidence:?}");
    }
    explain(query);
    let matcher = Matcher::new(&query.condition).expect("a query holds valid patterns");
    let path = NotePath::parse("Area/Näme.md").expect("a path");
    let first = Candidate::note(&path, note);
    let meets = matcher.matches(&first);
    // The outline of an earlier question gives the same answer.
    let mut second = Candidate::note(&path, note);
    if let Some(outline) = first.outline() {
        second.set_outline(outline.clone());
    }
    assert_eq!(matcher.matches(&second), meets);
}
