//! Flow style: braces and brackets, as in JSON. Knows one token at a time, so that no depth is too deep.

use super::{Outline, Style};

impl Outline<'_> {
    /// Reads a token within braces or brackets.
    pub(super) fn flow(&mut self) {
        let at = self.at;
        let next = self.byte(at + 1);
        match self.byte(at) {
            b'\n' if self.is_left() => self.levels.retain(|it| !it.is_flow),
            b' ' | b'\t' | b'\r' | b'\n' => (),
            b'{' | b'[' if self.after_braces(at).is_none() => return self.open_flow(),
            b'}' | b']' => {
                self.levels.pop();
                self.at += 1;
                if !self.is_in_flow() {
                    self.after_flow();
                }
                return;
            }
            b',' => {
                if let Some(top) = self.levels.last_mut() {
                    top.last = None;
                }
            }
            b':' => (),
            b'?' if self.is_space(at + 1) => (),
            b'#' if at == 0 || self.is_space(at - 1) => return self.comment(self.line_end(at)),
            b'/' if self.is_json && next == b'/' => return self.comment(self.line_end(at)),
            b'/' if self.is_json && next == b'*' => {
                let end = self.text[at..].find("*/").map_or(self.text.len(), |it| at + it + 2);
                return self.comment(end);
            }
            b'&' | b'!' if !self.is_json && !self.is_reference() => return self.skip_properties(),
            b'*' if !self.is_json => return self.word(true),
            b'"' | b'\'' => {
                if let Some((inner, style)) = self.quoted() {
                    return self.flow_scalar(inner, style);
                }
                self.flow_plain();
                return;
            }
            _ => {
                self.flow_plain();
                return;
            }
        }
        self.at += 1;
    }

    /// Tells whether the next line is none of these braces: they were never closed.
    fn is_left(&self) -> bool {
        let Some(column) = self.levels.last().map(|it| it.column).filter(|it| *it != usize::MAX) else {
            return false;
        };
        let rest = &self.text[self.at + 1..];
        let indent = rest.bytes().take_while(|it| *it == b' ').count();
        let at = self.at + 1 + indent;
        indent <= column && (rest[indent..].starts_with("- ") || self.byte(at).is_ascii_alphabetic() && self.plain_end(at, true).1)
    }

    fn comment(&mut self, end: usize) {
        self.push(self.at..self.trimmed(self.at, end), Style::Comment);
        self.at = end;
    }

    fn flow_plain(&mut self) {
        let from = self.at;
        while !matches!(self.byte(self.at), b',' | b']' | b'}' | b'\n') {
            let next = self.byte(self.at + 1);
            match self.byte(self.at) {
                b'{' | b'[' => {
                    let Some(after) = self.after_braces(self.at) else { break };
                    self.at = after;
                    continue;
                }
                b':' if self.is_space(self.at + 1) || b",[]{}".contains(&next) => break,
                b':' if self.is_json => break,
                b'#' if self.is_space(self.at - 1) => break,
                b'/' if self.is_json && matches!(next, b'/' | b'*') => break,
                _ => self.at += 1,
            }
        }
        let end = self.trimmed(from, self.at);
        if end == from {
            // A sign that should not be here.
            self.at = (from + 1).max(self.at).min(self.text.len());
            while !self.text.is_char_boundary(self.at) {
                self.at += 1;
            }
            return self.push(from..self.trimmed(from, self.at), Style::Plain);
        }
        self.flow_scalar(from..end, Style::Plain);
    }

    /// Adds what was read as a key, where a colon follows, or as a value.
    fn flow_scalar(&mut self, inner: std::ops::Range<usize>, style: Style) {
        let rest = &self.text.as_bytes()[self.at..];
        let spaces = rest.iter().take_while(|it| it.is_ascii_whitespace()).count();
        if rest.get(spaces) == Some(&b':') {
            self.at += spaces + 1;
            return self.push_key(inner, style);
        }
        self.push(inner, style);
    }

    /// What stands after the last brace: a comma of a line of JSON, a colon where the whole was a key.
    fn after_flow(&mut self) {
        self.skip_spaces();
        while matches!(self.byte(self.at), b',' | b':' | b';') {
            self.at += 1;
            self.skip_spaces();
        }
        if matches!(self.byte(self.at), b'{' | b'[') && self.after_braces(self.at).is_none() {
            return self.open_flow();
        }
        self.finish_line();
    }
}
