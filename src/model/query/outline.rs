//! Where the blocks, sections and tasks of a note lie, kept apart from the note: it outlives one question. Knows ranges and parsed notes; knows no
//! condition.

use std::ops::Range;

use crate::model::note::{BlockKind, Note};

/// A part of a note that a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// Bytes of the text.
    pub(super) own: Range<usize>,
    /// Where sections within this part may lie: a section reaches over its sub-headings.
    pub(super) reach: Range<usize>,
}

/// Where the lines of a note's structure lie. Small beside the text, and dear to find: whoever reads a text again may keep it.
#[derive(Debug)]
pub struct Outline {
    /// Fences of the language `query`: searches that Obsidian shows in the note.
    pub(super) fences: Box<[Range<usize>]>,
    pub(super) blocks: Box<[Range<usize>]>,
    pub(super) sections: Box<[Span]>,
    /// The items with a box, and what it holds.
    pub(super) tasks: Box<[(Range<usize>, char)]>,
}

impl Outline {
    pub(super) fn of(text: &str, note: &Note) -> Outline {
        Outline {
            fences: query_fences(text, note),
            blocks: blocks(note),
            sections: sections(text, note),
            tasks: note.list_items.iter().filter_map(|it| Some((it.range.clone(), it.task?))).collect(),
        }
    }

    /// Returns about how much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Outline>()
            + size_of_val(&*self.fences)
            + size_of_val(&*self.blocks)
            + size_of_val(&*self.sections)
            + size_of_val(&*self.tasks)
    }
}

impl Span {
    pub(super) fn of(own: Range<usize>) -> Span {
        Span { reach: own.clone(), own }
    }
}

/// Paragraphs, fences, tables ... and each list item by itself: what Obsidian lets carry a block id.
fn blocks(note: &Note) -> Box<[Range<usize>]> {
    let blocks = note.blocks.iter().filter(|it| it.kind != BlockKind::List).map(|it| &it.range);
    let items = note.list_items.iter().map(|it| &it.range);
    let mut all: Vec<Range<usize>> = blocks.chain(items).cloned().collect();
    all.sort_by_key(|it| it.start);
    all.into()
}

/// The text before the first heading, then each heading with its text up to the next one.
fn sections(text: &str, note: &Note) -> Box<[Span]> {
    let headings = &note.headings;
    let start_of = |index: usize| headings.get(index).map_or(text.len(), |it| it.range.start);
    let mut spans: Vec<Span> = vec![Span::of(0..start_of(0))];
    spans.extend((0..headings.len()).map(|it| Span::of(start_of(it)..start_of(it + 1))));
    let mut open: Vec<usize> = Vec::new();
    for (index, heading) in headings.iter().enumerate() {
        while let Some(last) = open.pop_if(|it| headings[*it].level >= heading.level) {
            spans[last + 1].reach.end = start_of(index);
        }
        open.push(index);
    }
    open.into_iter().for_each(|it| spans[it + 1].reach.end = text.len());
    spans.into()
}

fn query_fences(text: &str, note: &Note) -> Box<[Range<usize>]> {
    if !may_have_query_fence(text) {
        return Box::default();
    }
    let code = note
        .blocks
        .iter()
        .filter(|it| it.kind == BlockKind::Code)
        .map(|it| it.range.clone());
    let is_query = |it: &Range<usize>| {
        let first = text
            .get(it.clone())
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start();
        let info = first.trim_start_matches(['`', '~']);
        info.len() < first.len() && info.split_whitespace().next() == Some("query")
    };
    code.filter(is_query).collect()
}

/// Says whether `query` stands right behind what looks like a fence: only then can the text have a fence that a search does not look into.
pub fn may_have_query_fence(text: &str) -> bool {
    memchr::memmem::find_iter(text.as_bytes(), "query").any(|at| text[..at].trim_end().ends_with(['`', '~']))
}
