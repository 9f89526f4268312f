//! Block style: what stands above what is told by columns. Knows lines; braces and brackets are read elsewhere.

use super::{Outline, Style};

impl Outline<'_> {
    /// Reads from the beginning of a line, which stands at `before` columns, to where it ends or braces open.
    pub(super) fn line(&mut self, before: usize) {
        let start = self.at;
        while matches!(self.byte(self.at), b' ' | b'\t') && self.at < self.text.len() {
            self.at += 1;
        }
        let column = before + self.at - start;
        if column == 0 && !self.is_json {
            let rest = &self.text[self.at..];
            if (rest.starts_with("---") || rest.starts_with("...")) && self.is_space(self.at + 3) {
                self.levels.clear();
                self.at += 3;
                self.skip_spaces();
            }
        }
        self.node(column, start.wrapping_sub(before));
    }

    /// Reads items, keys and values from a column of a line that begins at `line`.
    fn node(&mut self, mut column: usize, line: usize) {
        loop {
            let is_mark = self.is_space(self.at + 1);
            match self.byte(self.at) {
                b'-' if is_mark => {
                    self.close(|it| it.column > column || it.column == column && it.is_map && it.last.is_none());
                    if !self.levels.last().is_some_and(|it| it.column == column && !it.is_map) {
                        self.open(column, false, false);
                    }
                }
                b'?' if is_mark => {
                    self.open_map(column);
                    self.at += 1;
                    self.skip_spaces();
                    self.explicit_key();
                    return;
                }
                b':' if is_mark => {
                    self.close(|it| it.column > column);
                    self.at += 1;
                    self.skip_spaces();
                    return self.value();
                }
                _ => break,
            }
            self.at += 1;
            self.skip_spaces();
            column = self.at.wrapping_sub(line);
        }
        self.skip_properties();
        if self.is_space(self.at) || self.byte(self.at) == b'#' {
            return self.finish_line();
        }
        let from = self.at;
        if matches!(self.byte(self.at), b'"' | b'\'')
            && let Some((inner, style)) = self.quoted()
        {
            let after = self.at;
            self.skip_spaces();
            if self.byte(self.at) == b':' && (self.is_space(self.at + 1) || self.is_json) {
                self.open_map(column);
                self.push_key(inner, style);
                self.at += 1;
                self.skip_spaces();
                return self.value();
            }
            self.at = after;
            self.close(|it| it.column >= column);
            self.push(inner, style);
            return self.finish_line();
        }
        let is_flow = matches!(self.byte(from), b'{' | b'[') && self.after_braces(from).is_none();
        let (end, is_key) = if is_flow { (from, false) } else { self.plain_end(from, true) };
        if is_key {
            self.open_map(column);
            self.push_key(from..self.trimmed(from, end), Style::Plain);
            self.at = end + 1;
            self.skip_spaces();
            return self.value();
        }
        self.close(|it| it.column >= column);
        self.value();
    }

    /// The key after `? `: where it is no map or list itself.
    fn explicit_key(&mut self) {
        self.skip_properties();
        let from = self.at;
        if matches!(self.byte(from), b'"' | b'\'')
            && let Some((inner, style)) = self.quoted()
        {
            self.push_key(inner, style);
        } else if !matches!(self.byte(from), b'{' | b'[' | b'|' | b'>') {
            let (end, _) = self.plain_end(from, false);
            self.push_key(from..self.trimmed(from, end), Style::Plain);
            self.at = end;
        }
        self.finish_line();
    }

    /// Closes levels of blocks as long as they are such.
    fn close(&mut self, is_over: impl Fn(&super::Level) -> bool) {
        while self.levels.last().is_some_and(|it| !it.is_flow && is_over(it)) {
            self.levels.pop();
        }
    }

    fn open_map(&mut self, column: usize) {
        self.close(|it| it.column > column || it.column == column && !it.is_map);
        if self.levels.last().is_none_or(|it| it.column != column) {
            self.open(column, true, false);
        }
    }

    /// Reads a value that begins here: the rest of the line, quotes or a block over many, braces.
    fn value(&mut self) {
        self.skip_properties();
        let from = self.at;
        match self.byte(from) {
            b'"' | b'\'' => {
                if let Some((inner, style)) = self.quoted() {
                    self.push(inner, style);
                    return self.finish_line();
                }
            }
            b'{' | b'[' if self.after_braces(from).is_none() => return self.open_flow(),
            b'|' | b'>' if self.is_block_head() => return self.block(),
            b'*' => {
                self.word(true);
                return self.finish_line();
            }
            b'#' | b'\n' | b'\r' => return self.finish_line(),
            _ => (),
        }
        let (end, _) = self.plain_end(from, false);
        let mut end = self.trimmed(from, end);
        self.at = end;
        // The lines that go on with it.
        let column = self.levels.last().map(|it| it.column);
        while let Some(column) = column
            && let Some((start, line_end)) = self.continuation(column)
        {
            end = self.trimmed(start, line_end);
            self.at = end;
        }
        self.push(from..end, Style::Plain);
        self.finish_line();
    }

    /// Returns the next line that has text, if it goes on with the value that has ended here.
    fn continuation(&self, column: usize) -> Option<(usize, usize)> {
        let mut line = self.line_end(self.at);
        if !self.text[self.at..line].trim().is_empty() {
            return None;
        }
        loop {
            let start = line + 1;
            let rest = self.text.get(start..)?;
            let indent = rest.bytes().take_while(|it| matches!(it, b' ' | b'\t')).count();
            let at = start + indent;
            if at < self.text.len() && self.is_space(at) {
                line = self.line_end(at);
                continue;
            }
            let is_over = at >= self.text.len() || indent <= column || self.byte(at) == b'#' || self.text[at..].starts_with("{{");
            let (end, is_key) = if is_over { (at, true) } else { self.plain_end(at, true) };
            return (!is_key).then_some((at, end));
        }
    }

    /// Returns where plain text ends in its line, and whether a colon ends it that makes it a key.
    pub(super) fn plain_end(&self, from: usize, may_be_key: bool) -> (usize, bool) {
        let end = self.line_end(from);
        let mut at = from;
        while at < end {
            match self.byte(at) {
                b'{' | b'[' => {
                    if let Some(after) = self.after_braces(at) {
                        at = after;
                        continue;
                    }
                }
                b':' if may_be_key && self.is_space(at + 1) => return (at, true),
                b'#' if at > from && self.is_space(at - 1) => return (at, false),
                _ => (),
            }
            at += 1;
        }
        (end, false)
    }

    pub(super) fn trimmed(&self, from: usize, end: usize) -> usize {
        from + self.text[from..end].trim_end_matches([' ', '\t', '\r']).len()
    }

    /// Tells whether a block begins here: `|`, `>-`, `|2 # text`.
    fn is_block_head(&self) -> bool {
        let line = &self.text[self.at + 1..self.line_end(self.at)];
        let rest = line.trim_start_matches(['+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        line.len() - rest.len() <= 2 && (rest.trim().is_empty() || rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#'))
    }

    fn block(&mut self) {
        let line_end = self.line_end(self.at);
        if let Some(comment) = memchr::memchr(b'#', &self.text.as_bytes()[self.at..line_end]) {
            self.push(self.at + comment..self.trimmed(self.at, line_end), Style::Comment);
        }
        self.at = (line_end + 1).min(self.text.len());
        let column = self.levels.last().map(|it| it.column);
        let (mut first, mut end) = (None, self.at);
        for line in self.text[self.at..].split_inclusive('\n') {
            let content = line.trim_start_matches([' ', '\t']);
            let indent = line.len() - content.len();
            if !content.trim_end().is_empty() {
                let is_border = indent == 0 && (line.starts_with("---") || line.starts_with("..."));
                if column.is_some_and(|it| indent <= it) || is_border {
                    break;
                }
                first.get_or_insert(self.at + indent);
                end = self.at + line.trim_end().len();
            }
            self.at += line.len();
        }
        if let Some(first) = first {
            self.push(first..end, Style::Block);
        }
    }

    /// Passes to the next line; what still stands in this one is a comment, or a scalar that should not be there.
    pub(super) fn finish_line(&mut self) {
        self.skip_spaces();
        let end = self.line_end(self.at);
        let style = if self.byte(self.at) == b'#' { Style::Comment } else { Style::Plain };
        self.push(self.at..self.trimmed(self.at, end).max(self.at), style);
        self.at = (end + 1).min(self.text.len());
    }
}
