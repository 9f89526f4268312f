//! The body of a note: from the library's events to blocks, list items, links and tags. The only door to the Markdown library.

use std::ops::Range;

use pulldown_cmark::{Event, OffsetIter, Options, Parser, Tag, TagEnd};

use crate::model::{
    lines::LineIndex,
    note::{Block, BlockKind, Diagnostic, DiagnosticKind, Note},
};

mod blocks;
mod hidden;
mod ids;
mod indent;
mod inline;
mod lists;

use self::{blocks::Blocks, hidden::Hidden, inline::Marks, lists::Lists};

/// Reads everything below the frontmatter into the note.
pub(super) fn read(text: &str, note: &mut Note) {
    let lines = LineIndex::new(text);
    let start = note.body_start;
    let (masked, hidden) = hidden::mask(text, start);
    let (blocks, lists) = (Blocks::new(text, &lines, start), Lists::new(text, &lines, start));
    let mut body = Body {
        text,
        lines: &lines,
        start,
        depth: 0,
        hidden,
        marks: Marks::default(),
        lists,
        blocks,
    };
    body.read(&masked[start..]);
    note.list_items = body.lists.finish();
    body.blocks.join_lazy_lines(&mut note.list_items);
    note.headings = body.blocks.headings;
    note.blocks = body.blocks.found;
    if let Some(frontmatter) = &note.frontmatter {
        note.blocks.insert(
            0,
            Block {
                kind: BlockKind::Yaml,
                range: frontmatter.range.clone(),
                id: None,
            },
        );
    }
    inline::scan(text, start, body.marks, note);
    ids::assign(text, note);
    mixed_line_ends(text, note);
}

/// Obsidian's parser is not CommonMark's newest: footnotes, tables and math are what both know. Wikilinks and frontmatter are ours, the
/// library reads them differently (a line feed inside a link, `---` in the middle of a note).
fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH
}

struct Body<'t> {
    text: &'t str,
    lines: &'t LineIndex,
    start: usize,
    /// Open tags of the library.
    depth: usize,
    /// Comments and math blocks, which the library sees as HTML.
    hidden: Vec<Hidden>,
    marks: Marks,
    lists: Lists<'t>,
    blocks: Blocks<'t>,
}

impl Body<'_> {
    fn read(&mut self, masked: &str) {
        let mut events = Parser::new_ext(masked, options()).into_offset_iter();
        for (event, range) in events.by_ref() {
            // The library ends an empty footnote definition before it begins.
            self.take(&event, self.start + range.start..self.start + range.end.max(range.start));
        }
        self.definitions(&events);
    }

    fn take(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => {
                if self.depth == 0 {
                    self.block(tag, &range);
                }
                self.depth += 1;
                match tag {
                    Tag::BlockQuote(_) => self.lists.open_quote(&range),
                    Tag::List(_) => self.lists.open_list(range.start),
                    Tag::Item => self.lists.open_item(&range),
                    Tag::FootnoteDefinition(_) => self.lists.open_footnote(&range),
                    Tag::HtmlBlock => self.html(&range),
                    _ => {}
                }
            }
            Event::End(tag) => {
                self.depth -= 1;
                match tag {
                    TagEnd::Item => self.lists.close_item(),
                    TagEnd::List(_) => self.lists.close_list(),
                    _ => {}
                }
            }
            Event::Rule if self.depth == 0 => self.blocks.add(BlockKind::ThematicBreak, &range),
            _ => {}
        }
        self.marks.take(event, range);
    }

    /// Takes a block that no other contains.
    fn block(&mut self, tag: &Tag<'_>, range: &Range<usize>) {
        let kind = match tag {
            Tag::Heading { level, .. } => return self.blocks.add_heading(*level as u8, range),
            Tag::Table(_) => return self.blocks.add_table(range),
            Tag::Paragraph => BlockKind::Paragraph,
            Tag::CodeBlock(_) => BlockKind::Code,
            Tag::FootnoteDefinition(_) => BlockKind::FootnoteDefinition,
            Tag::List(_) => BlockKind::List,
            Tag::BlockQuote(_) if is_callout(&self.text[range.clone()]) => BlockKind::Callout,
            Tag::BlockQuote(_) => BlockKind::Blockquote,
            Tag::HtmlBlock => self.hidden_at(range.start).map_or(BlockKind::Html, |it| it.kind),
            _ => return,
        };
        self.blocks.add(kind, range);
    }

    fn hidden_at(&self, start: usize) -> Option<&Hidden> {
        let line = self.lines.start_of(self.lines.line_of(start));
        self.hidden
            .binary_search_by_key(&line, |it| it.range.start)
            .ok()
            .map(|at| &self.hidden[at])
    }

    /// HTML and math hide their text; in a comment, links and tags count.
    fn html(&mut self, range: &Range<usize>) {
        let comment = self
            .hidden_at(range.start)
            .filter(|it| it.kind == BlockKind::Comment)
            .map(|it| it.range.clone());
        let Some(comment) = comment else {
            return self.marks.skip(range.clone());
        };
        for (event, inner) in Parser::new_ext(&self.text[comment.clone()], options()).into_offset_iter() {
            self.marks
                .take(&event, comment.start + inner.start..comment.start + inner.end.max(inner.start));
        }
    }

    /// The library keeps link reference definitions apart from its events.
    fn definitions(&mut self, events: &OffsetIter<'_>) {
        let spans = events
            .reference_definitions()
            .iter()
            .map(|(_, it)| self.start + it.span.start..self.start + it.span.end);
        let mut spans: Vec<Range<usize>> = spans.collect();
        spans.sort_by_key(|it| it.start);
        self.blocks.insert_definitions(&spans);
        spans.into_iter().for_each(|it| self.marks.skip(it));
    }
}

/// Says whether a quote begins with `[!type]`.
fn is_callout(quote: &str) -> bool {
    let first = quote.trim_start().strip_prefix('>').unwrap_or(quote).trim_start();
    first
        .strip_prefix("[!")
        .and_then(|it| it.lines().next()?.find(']'))
        .is_some_and(|at| at > 0)
}

/// Complains about a note that has both kinds of line end: an edit of the note must pick one.
fn mixed_line_ends(text: &str, note: &mut Note) {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return;
    }
    let mut ends = memchr::memchr_iter(b'\n', text.as_bytes());
    let crlf = |at: usize| at > 0 && text.as_bytes()[at - 1] == b'\r';
    let Some(first) = ends.next() else { return };
    let Some(other) = ends.find(|&at| crlf(at) != crlf(first)) else {
        return;
    };
    let detail = "the note has both CRLF and LF line ends".to_owned();
    note.diagnostics.push(Diagnostic {
        kind: DiagnosticKind::MixedLineEnds,
        range: other..other + 1,
        detail,
    });
}
