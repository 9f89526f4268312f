//! Places inside a note as callers name them: a section by its headings (`Plan/Ledger`), a block by its id. Knows spelling and order of
//! headings; knows nothing of files.

use std::ops::Range;

use crate::model::{
    note::{Note, outline::Section},
    path::path_key,
};

/// Candidates that an error names; more would cost the reader more than they tell.
const CANDIDATES_MOST: usize = 50;

/// Why a name gives no single place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPlace {
    /// Nothing is called so; these are the places that exist, in order, the first of them.
    NotFound { candidates: Vec<String> },
    /// Several sections are called so: their full paths, and their bytes because even full paths can be equal.
    Ambiguous {
        candidates: Vec<String>,
        ranges: Vec<Range<usize>>,
    },
}

/// Returns the bytes of a section, from its heading to the next of its level or above. `path` is the headings from the top, separated by `/`
/// (`\/` is a slash inside a heading), in any case; the last headings alone do when no other section ends so.
pub fn section(note: &Note, text_len: usize, path: &str) -> Result<Range<usize>, NoPlace> {
    let sections = note.sections(text_len);
    let keys: Vec<String> = note.headings.iter().map(|it| heading_key(&it.text)).collect();
    let whole = vec![heading_key(path)];
    let parts = split(path).iter().map(|it| heading_key(it)).collect();
    // A heading `TCP/IP` is also found as it stands, without the escape.
    for wanted in [parts, whole] {
        let ends_so = |it: &&Section| {
            it.path.len() >= wanted.len() && it.path[it.path.len() - wanted.len()..].iter().map(|&at| &keys[at]).eq(&wanted)
        };
        let ending: Vec<&Section> = sections.iter().filter(ends_so).collect();
        let from_the_top: Vec<&Section> = ending.iter().copied().filter(|it| it.path.len() == wanted.len()).collect();
        match if from_the_top.is_empty() { &ending[..] } else { &from_the_top[..] } {
            [] => {}
            [one] => return Ok(one.range.clone()),
            several => {
                return Err(NoPlace::Ambiguous {
                    candidates: several.iter().take(CANDIDATES_MOST).map(|it| section_path(note, it)).collect(),
                    ranges: several.iter().take(CANDIDATES_MOST).map(|it| it.range.clone()).collect(),
                });
            }
        }
    }
    Err(NoPlace::NotFound {
        candidates: sections.iter().take(CANDIDATES_MOST).map(|it| section_path(note, it)).collect(),
    })
}

/// Returns the path by which [`section`] finds a section.
pub fn section_path(note: &Note, section: &Section) -> String {
    let escaped: Vec<String> = section.path.iter().map(|&at| note.headings[at].text.replace('/', "\\/")).collect();
    escaped.join("/")
}

/// Returns the bytes of the block or list item with this id, with or without `^`.
pub fn block(note: &Note, id: &str) -> Result<Range<usize>, NoPlace> {
    note.block_by_id(id.strip_prefix('^').unwrap_or(id)).ok_or_else(|| {
        let candidates = block_ids(note).into_iter().take(CANDIDATES_MOST).map(|(id, _)| id).collect();
        NoPlace::NotFound { candidates }
    })
}

/// Returns every block id of a note, without `^`, with the bytes that it names, in order.
pub fn block_ids(note: &Note) -> Vec<(String, Range<usize>)> {
    let blocks = note.blocks.iter().filter_map(|it| Some((it.id.clone()?, it.range.clone())));
    let items = note.list_items.iter().filter_map(|it| Some((it.id.clone()?, it.range.clone())));
    let mut ids: Vec<(String, Range<usize>)> = blocks.chain(items).collect();
    ids.sort_by_key(|(_, range)| (range.start, range.end));
    ids
}

/// Returns the headings that a section's path names, from the top, each as it is written.
pub fn split(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = path.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&'/') => {
                parts.last_mut().expect("the list begins with one part").push('/');
                characters.next();
            }
            '/' => parts.push(String::new()),
            other => parts.last_mut().expect("the list begins with one part").push(other),
        }
    }
    parts
}

/// Models write the `##` of a heading along.
fn heading_key(text: &str) -> String {
    path_key(text.trim().trim_start_matches('#').trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# Copper\n## Plan\n### Ledger\none\n## Log\n### Ledger\ntwo ^b1\n## TCP/IP\nthree\n- item ^b2\n## Same\na\n## Same\nb\n";

    fn check(path: &str, expected: &str) {
        let range = section(&Note::parse(TEXT), TEXT.len(), path).unwrap();
        assert_eq!(TEXT[range].lines().next(), Some(expected), "{path}");
    }

    fn candidates(path: &str) -> (&'static str, Vec<String>) {
        match section(&Note::parse(TEXT), TEXT.len(), path).unwrap_err() {
            NoPlace::NotFound { candidates } => ("not found", candidates),
            NoPlace::Ambiguous { candidates, ranges } => {
                assert_eq!(candidates.len(), ranges.len());
                ("ambiguous", candidates)
            }
        }
    }

    #[test]
    fn a_section_is_found_from_the_top_or_by_its_last_headings() {
        check("Copper/Plan/Ledger", "### Ledger");
        check("Plan/Ledger", "### Ledger");
        check("copper", "# Copper");
        check("## LOG", "## Log");
        check(r"TCP\/IP", "## TCP/IP");
        check(r"Copper/TCP\/IP", "## TCP/IP");
        check("TCP/IP", "## TCP/IP");
    }

    #[test]
    fn a_section_goes_on_to_the_next_heading_of_its_level() {
        let range = section(&Note::parse(TEXT), TEXT.len(), "Plan").unwrap();
        assert_eq!(&TEXT[range], "## Plan\n### Ledger\none\n");
    }

    #[test]
    fn what_is_not_there_is_answered_with_what_is() {
        assert_eq!(
            candidates("Ledger"),
            ("ambiguous", vec!["Copper/Plan/Ledger".into(), "Copper/Log/Ledger".into()])
        );
        assert_eq!(candidates("Same").0, "ambiguous");
        let (why, all) = candidates("Plan/Budget");
        assert_eq!((why, all.len(), all[5].as_str()), ("not found", 8, r"Copper/TCP\/IP"));
        assert_eq!(candidates("").0, "not found");
        assert_eq!(candidates("/").0, "not found");
    }

    #[test]
    fn every_candidate_that_is_alone_in_its_name_finds_its_section() {
        let note = Note::parse(TEXT);
        for found in note
            .sections(TEXT.len())
            .iter()
            .filter(|it| !TEXT[it.range.clone()].starts_with("## Same"))
        {
            assert_eq!(section(&note, TEXT.len(), &section_path(&note, found)), Ok(found.range.clone()));
        }
    }

    #[test]
    fn a_block_is_found_by_its_id() {
        let note = Note::parse(TEXT);
        assert_eq!(&TEXT[block(&note, "^b1").unwrap()], "two ^b1");
        assert_eq!(TEXT[block(&note, "b2").unwrap()].trim_end(), "- item ^b2");
        assert!(matches!(block(&note, "b3"), Err(NoPlace::NotFound { candidates }) if candidates == ["b1", "b2"]));
    }
}
