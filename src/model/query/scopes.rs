//! Where the lines, blocks, sections and tasks of a note lie, for conditions that are confined to one of them. Knows ranges; decides
//! nothing.

use std::{cell::OnceCell, ops::Range};

use crate::model::{
    note::{BlockKind, Note},
    query::{Scope, TaskState, candidate::Candidate},
};

/// A part of a note that a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// Bytes of the text.
    pub(super) own: Range<usize>,
    /// Where sections within this part may lie: a section reaches over its sub-headings.
    reach: Range<usize>,
}

/// The parts of one note, found when first asked for.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    text: &'a str,
    file: &'a Candidate<'a>,
    hidden: OnceCell<Vec<Range<usize>>>,
    blocks: OnceCell<Vec<Span>>,
    sections: OnceCell<Vec<Span>>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(file: &'a Candidate<'a>) -> Parts<'a> {
        Parts {
            text: file.text,
            file,
            hidden: OnceCell::new(),
            blocks: OnceCell::new(),
            sections: OnceCell::new(),
        }
    }

    fn note(&self) -> &'a Note {
        self.file.parsed()
    }

    /// Returns the whole note as a part.
    pub(super) fn whole(&self) -> Span {
        Span::of(0..self.text.len())
    }

    /// Says whether a text of this part passes. It is one text, but for the `query` fences, which would find themselves.
    pub(super) fn any_text(&self, span: &Span, mut passes: impl FnMut(&str) -> bool) -> bool {
        let hidden = self.hidden.get_or_init(|| self.query_fences());
        let mut start = span.own.start;
        let first = hidden.partition_point(|it| it.end <= span.own.start);
        for fence in hidden[first..].iter().take_while(|it| it.start < span.own.end) {
            if start < fence.start && passes(self.slice(start..fence.start)) {
                return true;
            }
            start = fence.end;
        }
        start < span.own.end && passes(self.slice(start..span.own.end)) || span.own.is_empty() && start == span.own.start && passes("")
    }

    /// Says whether one line, block, section or task within the span passes.
    pub(super) fn any(&self, scope: Scope, within: &Span, mut passes: impl FnMut(&Span) -> bool) -> bool {
        match scope {
            Scope::Line => {
                let mut start = within.own.start;
                self.slice(within.own.clone()).split_inclusive('\n').any(|line| {
                    let content = line.trim_end_matches(['\n', '\r']).len();
                    let own = start..start + content;
                    start += line.len();
                    passes(&Span::of(own))
                })
            }
            Scope::Block => inside(self.blocks.get_or_init(|| self.find_blocks()), &within.own).any(passes),
            Scope::Section => inside(self.sections.get_or_init(|| self.find_sections()), &within.reach).any(passes),
            Scope::Task(state) if !has_box(self.slice(within.own.clone()), state) => false,
            Scope::Task(state) => {
                let items = &self.note().list_items;
                let first = items.partition_point(|it| it.range.start < within.own.start);
                let mut tasks = items[first..].iter().take_while(|it| it.range.start < within.own.end);
                tasks.any(|it| it.task.is_some_and(|mark| is_in(state, mark)) && passes(&Span::of(self.after_box(&it.range))))
            }
        }
    }

    /// Paragraphs, fences, tables ... and each list item by itself: what Obsidian lets carry a block id.
    fn find_blocks(&self) -> Vec<Span> {
        let blocks = self
            .note()
            .blocks
            .iter()
            .filter(|it| it.kind != BlockKind::List)
            .map(|it| &it.range);
        let mut spans: Vec<Span> = blocks
            .chain(self.note().list_items.iter().map(|it| &it.range))
            .cloned()
            .map(Span::of)
            .collect();
        spans.sort_by_key(|it| it.own.start);
        spans
    }

    /// The text before the first heading, then each heading with its text up to the next one.
    fn find_sections(&self) -> Vec<Span> {
        let headings = &self.note().headings;
        let start_of = |index: usize| headings.get(index).map_or(self.text.len(), |it| it.range.start);
        let mut spans: Vec<Span> = (0..headings.len()).map(|it| Span::of(start_of(it)..start_of(it + 1))).collect();
        let mut open: Vec<usize> = Vec::new();
        for (index, heading) in headings.iter().enumerate() {
            while let Some(last) = open.pop_if(|it| headings[*it].level >= heading.level) {
                spans[last].reach.end = start_of(index);
            }
            open.push(index);
        }
        open.into_iter().for_each(|it| spans[it].reach.end = self.text.len());
        spans.insert(0, Span::of(0..start_of(0)));
        spans
    }

    /// Fences of the language `query`: searches that Obsidian shows in the note.
    fn query_fences(&self) -> Vec<Range<usize>> {
        if !self.text.contains("query") {
            return Vec::new();
        }
        let code = self
            .note()
            .blocks
            .iter()
            .filter(|it| it.kind == BlockKind::Code)
            .map(|it| it.range.clone());
        let is_query = |it: &Range<usize>| {
            let first = self.slice(it.clone()).lines().next().unwrap_or_default().trim_start();
            let info = first.trim_start_matches(['`', '~']);
            info.len() < first.len() && info.split_whitespace().next() == Some("query")
        };
        code.filter(is_query).collect()
    }

    /// Returns the range of a task without its marker and box: `task:x` does not find `- [x]`.
    fn after_box(&self, item: &Range<usize>) -> Range<usize> {
        let text = self.slice(item.clone());
        let mut after_mark = text.find('[').map_or("", |it| &text[it + 1..]).chars();
        after_mark.next();
        let rest = after_mark.as_str().strip_prefix(']').unwrap_or(text);
        item.end - rest.len()..item.end
    }

    /// Ranges come from the parser of this very text; should they not, there is nothing to find.
    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }
}

impl Span {
    fn of(own: Range<usize>) -> Span {
        Span { reach: own.clone(), own }
    }
}

/// Returns the spans, sorted by start, that lie within a range.
fn inside<'s>(spans: &'s [Span], within: &Range<usize>) -> impl Iterator<Item = &'s Span> {
    let first = spans.partition_point(|it| it.own.start < within.start);
    let end = within.end;
    spans[first..]
        .iter()
        .take_while(move |it| it.own.start < end)
        .filter(move |it| it.own.end <= end)
}

/// Says whether a text holds what looks like the box of such a task: without one it need not be parsed.
fn has_box(text: &str, state: TaskState) -> bool {
    memchr::memchr_iter(b'[', text.as_bytes()).any(|at| {
        let mut inside = text[at + 1..].chars();
        inside.next().is_some_and(|mark| is_in(state, mark)) && inside.next() == Some(']')
    })
}

fn is_in(state: TaskState, mark: char) -> bool {
    match state {
        TaskState::Any => true,
        TaskState::Todo => mark == ' ',
        TaskState::Done => mark != ' ',
    }
}
