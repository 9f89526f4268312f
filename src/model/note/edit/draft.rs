//! A text between two edits, and the splices that lead to the next. Knows line ends and what an edit of one place must not do to the
//! others; knows no edit.

use std::{cell::OnceCell, ops::Range};

use crate::model::{
    lines::LineIndex,
    note::{Block, BlockKind, Heading, Note, edit::EditRefusal},
};

/// The text as the edits so far made it, read when somebody asks.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) text: String,
    note: OnceCell<Note>,
    lines: OnceCell<LineIndex>,
}

/// Bytes that a text takes the place of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// What one edit does.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// In order, apart from each other.
    pub(super) splices: Vec<Splice>,
    pub(super) warnings: Vec<String>,
    /// The edit is about one place: the headings outside of it must stay headings, and it must not end in an open block of code.
    pub(super) is_local: bool,
    /// What the splices make, where that was looked at already.
    pub(super) next: Option<Draft>,
}

impl Change {
    /// Returns an edit of one place.
    pub(super) fn local(range: Range<usize>, text: String) -> Change {
        Change {
            splices: vec![Splice { range, text }],
            is_local: true,
            ..Change::default()
        }
    }

    pub(super) fn warn(mut self, warning: impl Into<Option<String>>) -> Change {
        self.warnings.extend(warning.into());
        self
    }
}

impl Draft {
    pub(super) fn new(text: String) -> Draft {
        Draft {
            text,
            note: OnceCell::new(),
            lines: OnceCell::new(),
        }
    }

    pub(super) fn note(&self) -> &Note {
        self.note.get_or_init(|| Note::parse(&self.text))
    }

    pub(super) fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// Returns the line end of the line above a byte, else of its own; `\n` in a text of one line.
    pub(super) fn line_end_at(&self, at: usize) -> &'static str {
        let lines = self.lines();
        let line = lines.line_of(at).max(1);
        let feed = lines.start_of(line);
        let is_crlf = feed >= 2 && self.text.as_bytes()[..feed].ends_with(b"\r\n");
        if is_crlf { "\r\n" } else { "\n" }
    }

    /// Returns a text with the line ends that fit at a byte.
    pub(super) fn fit(&self, text: &str, at: usize) -> String {
        let text = text.replace("\r\n", "\n");
        match self.line_end_at(at) {
            "\n" => text,
            end => text.replace('\n', end),
        }
    }

    /// Returns the end of the line that holds a byte, its line end left out.
    pub(super) fn end_of_line(&self, at: usize) -> usize {
        let feed = memchr::memchr(b'\n', &self.text.as_bytes()[at..]).map(|it| at + it);
        match feed {
            Some(feed) if feed > at && self.text.as_bytes()[feed - 1] == b'\r' => feed - 1,
            Some(feed) => feed,
            None => self.text.len(),
        }
    }

    /// Returns the end of the last line with a text in it, its line end left out; the range's start when there is none.
    pub(super) fn last_text(&self, range: Range<usize>) -> usize {
        let text = &self.text[range.clone()];
        match text.trim_end().len() {
            0 => range.start,
            len => self.end_of_line(range.start + len).min(range.end),
        }
    }

    pub(super) fn block_at(&self, at: usize) -> Option<&Block> {
        let blocks = &self.note().blocks;
        let after = blocks.partition_point(|it| it.range.start <= at);
        blocks[..after].last().filter(|it| at <= it.range.end)
    }

    /// Returns the text that the splices make of this one.
    pub(super) fn changed(&self, change: &Change) -> Result<Draft, EditRefusal> {
        let mut text = String::with_capacity(self.text.len() + change.splices.iter().map(|it| it.text.len()).sum::<usize>());
        let mut from = 0;
        for splice in &change.splices {
            text.push_str(&self.text[from..splice.range.start]);
            text.push_str(&splice.text);
            from = splice.range.end;
        }
        text.push_str(&self.text[from..]);
        let next = Draft::new(text);
        if let ([splice], true) = (&*change.splices, change.is_local) {
            self.check_outline(&next, splice)?;
            next.check_open_block(splice)?;
            if self.note().frontmatter.is_none() && next.note().frontmatter.is_some() {
                return Err(EditRefusal::Invalid(
                    "the text would become the note's properties: use `set_property`".to_owned(),
                ));
            }
        }
        Ok(next)
    }

    /// Headings outside of the splice stay what they are.
    fn check_outline(&self, next: &Draft, splice: &Splice) -> Result<(), EditRefusal> {
        let (before, after) = (&self.note().headings, &next.note().headings);
        let above = before.iter().take_while(|it| it.range.end <= splice.range.start).count();
        let below = before.iter().rev().take_while(|it| it.range.start >= splice.range.end).count();
        let same = |old: &Heading, new: &Heading, moved: bool| {
            let start = if moved {
                old.range.start + splice.text.len() - splice.range.len()
            } else {
                old.range.start
            };
            (old.level, &old.text, start) == (new.level, &new.text, new.range.start)
        };
        let kept = after.len() >= above + below
            && before[..above].iter().zip(after).all(|(old, new)| same(old, new, false))
            && before
                .iter()
                .rev()
                .take(below)
                .zip(after.iter().rev())
                .all(|(old, new)| same(old, new, true));
        if kept {
            return Ok(());
        }
        Err(EditRefusal::Invalid(
            "the text would make other headings of the note cease or change: is a block of code or a comment left open in it?".to_owned(),
        ))
    }

    /// What begins above the splice does not swallow it.
    fn check_open_block(&self, splice: &Splice) -> Result<(), EditRefusal> {
        let lead = splice.text.len() - splice.text.trim_start().len();
        let at = splice.range.start + lead;
        let swallows =
            |it: &&Block| hides(it.kind, &self.text[it.range.clone()]) && it.range.start < splice.range.start && at < it.range.end;
        match self.block_at(at).filter(swallows) {
            Some(block) if lead < splice.text.len() => {
                let line = self.lines().line_of(block.range.start) + 1;
                let what = match block.kind {
                    BlockKind::Code => "block of code",
                    BlockKind::Comment => "comment",
                    BlockKind::Math => "formula",
                    _ => "HTML",
                };
                Err(EditRefusal::Invalid(format!(
                    "the text would become part of the {what} that begins on line {line} and is still open there"
                )))
            }
            _ => Ok(()),
        }
    }
}

/// Says whether a block can hide what follows it: one of code between fences, a comment, a formula, HTML.
pub(super) fn hides(kind: BlockKind, text: &str) -> bool {
    match kind {
        BlockKind::Code => text.trim_start().starts_with(['`', '~']),
        BlockKind::Comment | BlockKind::Math | BlockKind::Html => true,
        _ => false,
    }
}
