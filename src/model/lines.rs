//! From byte offsets to lines and columns of a text. Knows `\n`; knows nothing of Markdown.

use std::ops::Range;

/// Where each line of a text begins. A line ends with `\n`; `\r\n` belongs to the line it ends.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<usize>,
    len: usize,
}

/// A range of lines, counted from 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineRange {
    pub start: usize,
    pub end: usize,
}

impl LineIndex {
    /// Returns the index of a text, in one pass.
    pub fn new(text: &str) -> LineIndex {
        // Lines of notes are rarely shorter.
        let mut starts = Vec::with_capacity(text.len() / 24 + 2);
        starts.push(0);
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        LineIndex { starts, len: text.len() }
    }

    /// Returns how many lines the text has, as an editor counts: a final line feed opens no further line; an empty text has none.
    pub fn count(&self) -> usize {
        match self.starts.last() {
            Some(&last) if last == self.len => self.starts.len() - 1,
            _ => self.starts.len(),
        }
    }

    /// Returns the line (from 0) that holds this byte.
    pub fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset) - 1
    }

    /// Returns the byte at which a line (from 0) begins; the text's end for lines past the last.
    pub fn start_of(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.len)
    }

    /// Returns the lines (from 1) that a byte range touches. A range that ends just after a line feed does not touch the next line.
    pub fn lines_of(&self, range: &Range<usize>) -> LineRange {
        let start = self.line_of(range.start) + 1;
        let end = if range.end > range.start {
            self.line_of(range.end - 1) + 1
        } else {
            start
        };
        LineRange { start, end }
    }

    /// Returns the bytes of a line range (from 1, both ends), its last line feed included, cut at the text's end.
    pub fn bytes_of(&self, lines: LineRange) -> Range<usize> {
        let start = self.start_of(lines.start.saturating_sub(1));
        start..self.start_of(lines.end).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_as_an_editor_does() {
        let count = |text: &str| LineIndex::new(text).count();
        assert_eq!(
            [count(""), count("a"), count("a\n"), count("a\nb"), count("a\n\n")],
            [0, 1, 1, 2, 2]
        );
    }

    #[test]
    fn a_range_that_ends_with_its_line_feed_does_not_touch_the_next_line() {
        let lines = LineIndex::new("one\ntwo\nthree\n");
        assert_eq!(lines.lines_of(&(0..4)), LineRange { start: 1, end: 1 });
        assert_eq!(lines.lines_of(&(4..9)), LineRange { start: 2, end: 3 });
        assert_eq!(lines.bytes_of(LineRange { start: 2, end: 3 }), 4..14);
    }
}
