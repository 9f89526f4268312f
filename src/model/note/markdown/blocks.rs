//! The top-level blocks, which Obsidian calls sections. Knows how they differ from CommonMark's: whole lines, tables, lines that belong
//! to the block above (rules of remark 8, which Obsidian's cache follows).

use std::ops::Range;

use crate::model::{
    lines::LineIndex,
    note::{Block, BlockKind, Heading, ListItem},
};

/// Collects the blocks and headings of a note in order.
pub(super) struct Blocks<'t> {
    text: &'t str,
    lines: &'t LineIndex,
    /// Where the body begins.
    start: usize,
    pub(super) found: Vec<Block>,
    pub(super) headings: Vec<Heading>,
}

impl<'t> Blocks<'t> {
    pub(super) fn new(text: &'t str, lines: &'t LineIndex, start: usize) -> Blocks<'t> {
        Blocks {
            text,
            lines,
            start,
            found: Vec::new(),
            headings: Vec::new(),
        }
    }

    /// Adds a block; on a line that a block has already there is no further one.
    pub(super) fn add(&mut self, kind: BlockKind, range: &Range<usize>) {
        let taken = self.found.last().map(|it| it.range.end);
        let range = self.whole_lines(range, taken);
        if taken.is_none_or(|it| range.start > it) {
            self.found.push(Block { kind, range, id: None });
        }
    }

    pub(super) fn add_heading(&mut self, level: u8, range: &Range<usize>) {
        self.add(BlockKind::Heading, range);
        let Some(block) = self.found.last().filter(|it| it.kind == BlockKind::Heading) else {
            return;
        };
        let raw = self.text[block.range.clone()].trim();
        let text = if raw.starts_with('#') {
            atx_text(raw)
        } else {
            raw.rsplit_once('\n').map_or("", |(text, _)| text.trim())
        };
        self.headings.push(Heading {
            level,
            text: text.to_owned(),
            range: block.range.clone(),
        });
    }

    /// Adds a table, which ends above the first line without `|` (GitHub's would take that line in).
    pub(super) fn add_table(&mut self, range: &Range<usize>) {
        let whole = self.whole_lines(range, None);
        let mut at = whole.start;
        for line in self.text[whole.clone()].split_inclusive('\n') {
            if memchr::memchr(b'|', &line.as_bytes()[1..]).is_none() && at > whole.start {
                self.add(BlockKind::Table, &(whole.start..at));
                return self.add(BlockKind::Paragraph, &(at..whole.end));
            }
            at += line.len();
        }
        self.add(BlockKind::Table, range);
    }

    /// Adds the definitions, given in order, that lie in no other block.
    pub(super) fn insert_definitions(&mut self, spans: &[Range<usize>]) {
        let known = self.found.len();
        for span in spans {
            let next = self.found[..known].partition_point(|it| it.range.start <= span.start);
            if next == 0 || self.found[next - 1].range.end <= span.start {
                let range = self.whole_lines(span, None);
                self.found.push(Block {
                    kind: BlockKind::Definition,
                    range,
                    id: None,
                });
            }
        }
        self.found.sort_by_key(|it| it.range.start);
        self.found.dedup_by(|next, block| next.range.start < block.range.end);
    }

    /// Text right below a list or quote belongs to it, whatever its last line is; so does a quote right below such text.
    pub(super) fn join_lazy_lines(&mut self, items: &mut [ListItem]) {
        let text = self.text;
        self.found.dedup_by(|next, block| {
            let below = text[block.range.end..next.range.start].bytes().filter(|&it| it == b'\n').count() == 1;
            let quote = is_quote(block.kind);
            let joins = next.kind == BlockKind::Paragraph || quote && is_quote(next.kind);
            let lazy = below && joins && (quote || block.kind == BlockKind::List);
            if lazy {
                let last = items.partition_point(|it| it.range.start < next.range.start).checked_sub(1);
                if let Some(item) = last.map(|it| &mut items[it]).filter(|it| it.range.end == block.range.end) {
                    item.range.end = next.range.end;
                }
                block.range.end = next.range.end;
            }
            lazy
        });
    }

    /// Returns the lines of a range, from the first that is not `taken`, to the end of its last text: indentation and trailing spaces
    /// belong to a block, line feeds do not.
    fn whole_lines(&self, range: &Range<usize>, taken: Option<usize>) -> Range<usize> {
        let line = self.lines.line_of(range.start);
        // The library counts a half-used tab as spaces: its start may lie on the line above.
        let above = taken.is_some_and(|it| self.lines.start_of(line) < it);
        let start = self.lines.start_of(if above { line + 1 } else { line }).max(self.start);
        let end = range.start + self.text[range.clone()].trim_end().len();
        let line_end = memchr::memchr(b'\n', &self.text.as_bytes()[end..]).map_or(self.text.len(), |it| end + it);
        start.min(end)..if self.text[end..line_end].ends_with('\r') {
            line_end - 1
        } else {
            line_end
        }
    }
}

fn is_quote(kind: BlockKind) -> bool {
    matches!(kind, BlockKind::Blockquote | BlockKind::Callout)
}

/// Returns the text of a heading line: what stands between the hashes.
fn atx_text(line: &str) -> &str {
    let text = line.trim_start_matches('#').trim();
    let open = text.trim_end_matches('#');
    // Closing hashes need a space before them, or nothing.
    if open.is_empty() || open.ends_with([' ', '\t']) {
        open.trim_end()
    } else {
        text
    }
}
