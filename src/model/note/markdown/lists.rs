//! List items as Obsidian places them. Knows how its parser (remark 8) strips containers line by line, which decides where an item begins.

use std::{mem, ops::Range};

use super::indent::{box_len, columns, columns_of, is_bullet, strip_columns};
use crate::model::{lines::LineIndex, note::ListItem};

/// Deeper nesting keeps its items but not the exact positions: the work stays linear whatever a note holds.
const MAX_DEPTH: usize = 32;

/// Collects the list items of a note.
pub(super) struct Lists<'t> {
    text: &'t str,
    lines: &'t LineIndex,
    /// Where the body begins.
    start: usize,
    /// For each line, where its text begins once the open containers are stripped; filled by the first list.
    content: Vec<usize>,
    items: Vec<ListItem>,
    open: Vec<Open>,
}

/// An open list, with its item that is open or came last.
struct Open {
    first_line: usize,
    item: Option<usize>,
    item_open: bool,
    /// The last line of that item that is not blank.
    last_line: usize,
    /// Whose text the next line belongs to: the item, or the last one after its box on the same line; none after a list inside it.
    text_of: Option<usize>,
    /// The item ended before a list inside it.
    cut: bool,
}

impl<'t> Lists<'t> {
    pub(super) fn new(text: &'t str, lines: &'t LineIndex, start: usize) -> Lists<'t> {
        Lists {
            text,
            lines,
            start,
            content: Vec::new(),
            items: Vec::new(),
            open: Vec::new(),
        }
    }

    pub(super) fn open_list(&mut self, start: usize) {
        self.prepare();
        let line = self.lines.line_of(self.marker(start));
        self.end_own_text(line);
        self.open.push(Open {
            first_line: line,
            item: None,
            item_open: false,
            last_line: line,
            text_of: None,
            cut: false,
        });
    }

    pub(super) fn close_list(&mut self) {
        self.open.pop();
    }

    pub(super) fn close_item(&mut self) {
        if let Some(list) = self.open.last_mut() {
            list.item_open = false;
            list.text_of = None;
        }
    }

    pub(super) fn finish(&mut self) -> Vec<ListItem> {
        mem::take(&mut self.items)
    }

    /// Strips `>` and one space from the lines of a quote.
    pub(super) fn open_quote(&mut self, range: &Range<usize>) {
        if self.open.len() > MAX_DEPTH {
            return;
        }
        self.prepare();
        for line in self.lines.line_of(self.marker(range.start))..=self.last_line(range) {
            let start = self.content[line];
            let rest = self.text[start..self.line_end(line)].trim_start_matches([' ', '\t']);
            if let Some(quoted) = rest.strip_prefix('>') {
                let end = self.line_end(line);
                self.content[line] = end - quoted.strip_prefix(' ').unwrap_or(quoted).len();
            }
        }
    }

    /// Strips the label of a footnote from its first line and four columns from the others.
    pub(super) fn open_footnote(&mut self, range: &Range<usize>) {
        if self.open.len() > MAX_DEPTH {
            return;
        }
        self.prepare();
        let first = self.lines.line_of(range.start);
        for line in first..=self.last_line(range) {
            let text = &self.text[self.content[line]..self.line_end(line)];
            let label = text.find("]:").map_or(0, |it| it + 2);
            self.content[line] += if line == first { label } else { strip_columns(text, 4) };
        }
    }

    pub(super) fn open_item(&mut self, range: &Range<usize>) {
        let marker = self.marker(range.start);
        let line = self.lines.line_of(marker);
        let parent = self.open.iter().rev().skip(1).find(|it| it.item_open).and_then(|it| it.item);
        let deep = self.open.len() > MAX_DEPTH;
        let last_line = if deep { line } else { self.last_line(range).max(line) };
        let start = if deep { marker } else { self.content[line].min(marker) };
        let parent = parent.map(|it| self.lines.line_of(self.items[it].range.start));
        let Some(first_line) = self.open.last().map(|it| it.first_line) else {
            return;
        };
        self.end_previous(line);
        let (task, body) = self.strip_bullet(marker);
        self.items.push(ListItem {
            range: start..self.line_end(last_line),
            parent: parent.map_or_else(|| -signed(first_line.max(1)), signed),
            task,
            id: None,
        });
        let item = self.items.len() - 1;
        if !deep {
            self.strip_indentation(start, marker, body, line..last_line + 1);
        }
        if task.is_some() {
            self.items_after_task(self.content[line], line, last_line);
        }
        let text_of = Some(self.items.len() - 1);
        if let Some(list) = self.open.last_mut() {
            *list = Open {
                first_line,
                item: Some(item),
                item_open: true,
                last_line,
                text_of,
                cut: false,
            };
        }
    }

    /// What follows a task's box is read as blocks again: `- [ ] 1. x` holds an item on the same line, which the library does not see.
    fn items_after_task(&mut self, mut start: usize, line: usize, last_line: usize) {
        while is_bullet(&self.text[start..self.line_end(line)]) {
            let (task, body) = self.strip_bullet(start);
            self.items.push(ListItem {
                range: start..self.line_end(last_line),
                parent: signed(line),
                task,
                id: None,
            });
            start = body + box_len(task);
        }
    }

    /// An item ends before the first list inside it.
    fn end_own_text(&mut self, list_line: usize) {
        let Some(open) = self.open.last_mut() else { return };
        let Some(item) = open.text_of.take() else { return };
        open.cut = open.item == Some(item);
        let first = self.lines.line_of(self.items[item].range.start);
        let last = (first..list_line).rev().find(|&line| !self.is_blank(line));
        if let Some(last) = last {
            self.items[item].range.end = self.line_end(last);
        }
    }

    /// A blank line between two items belongs to the first, up to its line feed.
    fn end_previous(&mut self, line: usize) {
        let Some((item, last_line)) = self.open.last().filter(|it| !it.cut).and_then(|it| Some((it.item?, it.last_line))) else {
            return;
        };
        if last_line + 1 < line && self.open.len() <= MAX_DEPTH {
            self.items[item].range.end = self.content[last_line + 1];
        }
    }

    /// Returns the task character after the bullet, and the byte at which the item's own text begins.
    fn strip_bullet(&self, marker: usize) -> (Option<char>, usize) {
        let rest = &self.text[marker..self.line_end(self.lines.line_of(marker))];
        let body = rest.trim_start_matches(|it: char| it.is_ascii_digit());
        let body = body.get(1..).unwrap_or("");
        let spaces = body.len() - body.trim_start_matches(' ').len();
        let gap = match spaces {
            1..=4 => spaces,
            0 => usize::from(body.starts_with('\t')),
            _ => 1,
        };
        let body = &body[gap..];
        let start = marker + rest.len() - body.len();
        let mut characters = body.chars();
        let (Some('['), Some(task), Some(']'), Some(' ' | '\t')) =
            (characters.next(), characters.next(), characters.next(), characters.next())
        else {
            return (None, start);
        };
        (Some(task), start)
    }

    /// Strips the item's indentation from its lines: the smallest one of all, at most that of the bullet; nothing when a line has none.
    fn strip_indentation(&mut self, start: usize, marker: usize, body: usize, lines: Range<usize>) {
        let bullet = &self.text[marker..body];
        let digits = bullet.trim_end();
        // remark 8 lets `1.` to `9.` indent one space further when the bullet has an odd length; `Number("1)")` is none.
        let odd = (body - start) % 2 == 1 && digits.len() == 2 && digits.ends_with('.');
        let mut indent = columns_of(self.text[start..body].chars().map(|it| if it.is_whitespace() { it } else { ' ' })) + usize::from(odd);
        for line in lines.clone().skip(1).filter(|&line| !self.is_blank(line)) {
            let found = columns(&self.text[self.content[line]..self.line_end(line)]);
            if found == 0 {
                indent = 0;
                break;
            }
            indent = indent.min(found);
        }
        for line in lines.clone().skip(1) {
            let text = &self.text[self.content[line]..self.line_end(line)];
            self.content[line] += strip_columns(text, indent);
        }
        let task = self.items.last().and_then(|it| it.task);
        self.content[lines.start] = body + box_len(task);
    }

    fn prepare(&mut self) {
        if self.content.is_empty() {
            self.content = (0..=self.lines.line_of(self.text.len()))
                .map(|it| self.lines.start_of(it).max(self.start))
                .collect();
        }
    }

    /// Returns where the bullet or `>` of a container stands. The library counts a half-used tab as spaces, so its start may lie before the
    /// indentation, even on the line above.
    fn marker(&self, start: usize) -> usize {
        let mut line = self.lines.line_of(start);
        if self.open.len() > MAX_DEPTH {
            return start;
        }
        let content = self.content[line];
        if start > content && !self.text[content..start].trim().is_empty() {
            line += 1;
        }
        while line + 1 < self.content.len() && self.is_blank(line) {
            line += 1;
        }
        let Some(&content) = self.content.get(line) else { return start };
        let rest = &self.text[content..self.line_end(line)];
        content + rest.len() - rest.trim_start().len()
    }

    fn line_end(&self, line: usize) -> usize {
        let end = self.lines.start_of(line + 1);
        let text = &self.text[self.lines.start_of(line)..end];
        let text = text.strip_suffix('\n').unwrap_or(text);
        self.lines.start_of(line) + text.strip_suffix('\r').unwrap_or(text).len()
    }

    fn is_blank(&self, line: usize) -> bool {
        self.text[self.content[line]..self.line_end(line)].trim().is_empty()
    }

    fn last_line(&self, range: &Range<usize>) -> usize {
        let first = self.lines.line_of(range.start);
        let last = self.lines.line_of(range.end.saturating_sub(1).max(range.start));
        (first..=last).rev().find(|&line| !self.is_blank(line)).unwrap_or(first)
    }
}

fn signed(line: usize) -> i64 {
    i64::try_from(line).expect("a text in memory has fewer than 2^63 lines")
}
