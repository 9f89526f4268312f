//! Where the lines, blocks, sections and tasks of a note lie, for conditions that are confined to one of them. Knows ranges; decides
//! nothing.

use std::ops::Range;

use memchr::{memchr, memrchr};

use crate::model::query::{Scope, TaskState, candidate::Candidate, outline::Span, pattern::Finder};

/// The parts of one note, found when first asked for.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    text: &'a str,
    file: &'a Candidate<'a>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(file: &'a Candidate<'a>) -> Parts<'a> {
        Parts { text: file.text, file }
    }

    /// Returns the whole note as a part.
    pub(super) fn whole(&self) -> Span {
        Span::of(0..self.text.len())
    }

    /// Says whether a text of this part passes. It is one text, but for the `query` fences, which would find themselves.
    pub(super) fn any_text(&self, span: &Span, mut passes: impl FnMut(&str) -> bool) -> bool {
        // Without a sign of a fence the note need not be parsed to know that it has none.
        let hidden = if self.file.may_have_fence() {
            &*self.file.parts().fences
        } else {
            &[]
        };
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

    /// Says whether one line of the note passes, where none can without this plain text. Of a note that is one line the path may have it instead.
    pub(super) fn any_line_with(&self, text: &Finder, mut passes: impl FnMut(&Span) -> bool) -> bool {
        let bytes = self.text.as_bytes();
        if memchr(b'\n', bytes).is_none() {
            return self.any(Scope::Line, &self.whole(), passes);
        }
        let mut from = 0;
        while let Some(found) = text.next(self.text, from) {
            let start = memrchr(b'\n', &bytes[..found]).map_or(0, |it| it + 1);
            let end = memchr(b'\n', &bytes[found..]).map_or(bytes.len(), |it| found + it);
            let line = self.slice(start..end).trim_end_matches('\r').len();
            if passes(&Span::of(start..start + line)) {
                return true;
            }
            from = end + 1;
            if from > bytes.len() {
                break;
            }
        }
        false
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
            Scope::Block => {
                let blocks = inside(&self.file.parts().blocks, |it| it, &within.own);
                blocks.cloned().map(Span::of).any(|it| passes(&it))
            }
            Scope::Section => inside(&self.file.parts().sections, |it| &it.own, &within.reach).any(passes),
            Scope::Task(state) if !has_box(self.slice(within.own.clone()), state) => false,
            Scope::Task(state) => {
                let items = &self.file.parts().tasks;
                let first = items.partition_point(|(it, _)| it.start < within.own.start);
                let mut tasks = items[first..].iter().take_while(|(it, _)| it.start < within.own.end);
                tasks.any(|(it, mark)| is_in(state, *mark) && passes(&Span::of(self.after_box(it))))
            }
        }
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

/// Returns the parts, sorted by start, that lie within a range.
fn inside<'s, T>(parts: &'s [T], own: impl Fn(&T) -> &Range<usize> + 's, within: &Range<usize>) -> impl Iterator<Item = &'s T> {
    let (start, end) = (within.start, within.end);
    let first = parts.partition_point(|it| own(it).start < start);
    parts[first..]
        .iter()
        .map(move |it| (it, own(it).clone()))
        .take_while(move |(_, own)| own.start < end)
        .filter(move |(_, own)| own.end <= end)
        .map(|(it, _)| it)
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
