//! Cuts a note into passages: the pieces that are ranked, quoted and cited. Knows headings and lines; knows nothing of an index.
//!
//! About 900 characters, led by a heading where there is one: measured best among 500 characters, single turns and whole notes
//! (reference/search.md 2). The passages of a note tile its body, so that together they hold the whole text.

use std::ops::Range;

use crate::model::note::Note;

/// What a passage aims at, in bytes, and what it never exceeds (a single line without a break is cut there).
const TARGET: usize = 900;
const MOST: usize = 1800;

/// A heading's section smaller than this does not stand alone: the next section joins it.
const LEAST: usize = 300;

/// One piece of a note's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Bytes of the source. Passages follow each other without a gap, from the end of the frontmatter to the end of the note.
    pub range: Range<usize>,
    /// Indices into [`Note::headings`], outermost first: the section in which the passage begins.
    pub headings: Vec<usize>,
}

/// Returns the passages of a note in order; none for a note without a body.
pub fn passages(text: &str, note: &Note) -> Vec<Passage> {
    let mut passages = Vec::new();
    let mut group: Option<Passage> = None;
    for section in sections(text, note) {
        match &mut group {
            // A small section takes the next one in; while it is but a heading, the deeper heading names the passage.
            Some(open) if open.range.len() < LEAST && !note.parts_apart => {
                if is_bare(&text[open.range.clone()]) && section.headings.starts_with(&open.headings) {
                    open.headings = section.headings;
                }
                open.range.end = section.range.end;
            }
            _ => {
                if let Some(full) = group.replace(section) {
                    cut(text, &full, &mut passages);
                }
            }
        }
    }
    if let Some(last) = group {
        cut(text, &last, &mut passages);
    }
    passages
}

/// Returns the text before the first heading, then each heading's own text up to the next heading.
fn sections(text: &str, note: &Note) -> Vec<Passage> {
    let mut sections = vec![Passage {
        range: note.body_start()..text.len(),
        headings: Vec::new(),
    }];
    let mut path: Vec<usize> = Vec::new();
    for (index, heading) in note.headings.iter().enumerate() {
        path.retain(|&it| note.headings[it].level < heading.level);
        path.push(index);
        let open = sections.last_mut().expect("the list begins with one section");
        let start = line_start(text, heading.range.start).max(open.range.start);
        open.range.end = start;
        sections.push(Passage {
            range: start..text.len(),
            headings: path.clone(),
        });
    }
    sections.retain(|it| !it.range.is_empty());
    sections
}

/// Says whether a stretch holds headings and white space only.
fn is_bare(stretch: &str) -> bool {
    stretch.lines().all(|line| line.trim().is_empty() || line.starts_with('#'))
}

/// Splits a stretch of text into passages of about the target size, at blank lines, else at lines, else at spaces.
fn cut(text: &str, stretch: &Passage, passages: &mut Vec<Passage>) {
    let Range { mut start, end } = stretch.range.clone();
    while start < end {
        let until = if end - start > TARGET + LEAST {
            break_near(text, start, end)
        } else {
            end
        };
        passages.push(Passage {
            range: start..until,
            headings: stretch.headings.clone(),
        });
        start = until;
    }
}

/// Returns the best place to end a passage that begins at `start`: after the target where a line ends, at the latest at the most.
fn break_near(text: &str, start: usize, end: usize) -> usize {
    let bytes = text.as_bytes();
    let most = end.min(start + MOST);
    let from = start + TARGET * 2 / 3;
    let mut line_break = None;
    for at in memchr::memchr_iter(b'\n', &bytes[from..most]).map(|it| from + it + 1) {
        let blank_before = bytes[start..at].ends_with(b"\n\n") || bytes[start..at].ends_with(b"\n\r\n");
        if blank_before {
            return at;
        }
        if at >= start + TARGET && line_break.is_none() {
            line_break = Some(at);
        }
        if at > start + TARGET + LEAST {
            break;
        }
    }
    if let Some(at) = line_break.or_else(|| memchr::memrchr(b'\n', &bytes[start..most]).map(|it| start + it + 1)) {
        return at;
    }
    let space = memchr::memrchr(b' ', &bytes[from..most]).map(|it| from + it + 1);
    space.unwrap_or_else(|| (start + 1..=most).rev().find(|&it| text.is_char_boundary(it)).unwrap_or(end))
}

fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |it| it + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[(&str, &[&str])]) {
        let note = Note::parse(text);
        let found: Vec<(String, Vec<String>)> = passages(text, &note)
            .into_iter()
            .map(|it| {
                (
                    text[it.range].to_owned(),
                    it.headings.iter().map(|&at| note.headings[at].text.clone()).collect(),
                )
            })
            .collect();
        let expected: Vec<(String, Vec<String>)> = expected
            .iter()
            .map(|(text, path)| ((*text).to_owned(), path.iter().map(|&it| it.to_owned()).collect()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_small_note_is_one_passage() {
        check("---\na: 1\n---\n# One\ntext\n", &[("# One\ntext\n", &["One"])]);
        check("", &[]);
        check("---\na: 1\n---\n", &[]);
    }

    #[test]
    fn a_heading_leads_the_passage_of_its_section() {
        let long = "word ".repeat(80);
        let text = format!("# Top\n{long}\n## Inner\n{long}\n# Next\nend\n");
        let inner = format!("## Inner\n{long}\n");
        check(
            &text,
            &[
                (&format!("# Top\n{long}\n"), &["Top"]),
                (&inner, &["Top", "Inner"]),
                ("# Next\nend\n", &["Next"]),
            ],
        );
    }

    proptest! {
        #[test]
        fn passages_tile_the_body_and_stay_bounded(text in "([a-z#é\n \r-]{0,40}\n){0,60}") {
            let note = Note::parse(&text);
            let mut at = note.body_start();
            for passage in passages(&text, &note) {
                prop_assert_eq!(passage.range.start, at);
                prop_assert!(passage.range.end > at && passage.range.len() <= MOST + LEAST);
                at = passage.range.end;
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
